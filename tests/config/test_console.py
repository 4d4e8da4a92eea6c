"""The console as a whole: the sidebar and first page of each role, every list, every row's page, query counts."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.models import Membership, Person, Role
from accounts.permissions import STAFF_ROLES
from config.queues import QUEUES, count_waiting
from kernel.console import ConsoleAdmin
from kernel.jobs import enqueue
from kernel.models import AuditEvent, Job
from kernel.money import Currency
from listings.crossborder.clocks import watch_clocks
from listings.invitations import invite
from listings.revising import edit_listing
from marketplace.disputes import file_dispute
from marketplace.scenarios import create_scenario
from settlements.bank_accounts import register_payee_account
from settlements.deposits import enter_deposit
from settlements.models import SettlementLine, TaxFiling
from settlements.payout_batches import gather_batch
from settlements.payouts import request_payout
from tests.api.traded import invoiced, traded, waived, withheld
from tests.listings.guiding import entered_ceiling
from tests.listings.harvest.harvesting import bulk_registered
from tests.listings.offers import draft_listing, in_compliance, registered_product, submitted
from tests.listings.papers import imported
from tests.marketplace.crossing import buy, case_of, chosen, declared, exportable, funded, papered, reviewed, standing
from tests.marketplace.demanding import entry, handed_in, on_board, promised
from tests.marketplace.trading import closed, listed_dataset, make_buyer, placed
from tests.settlements.bank_statements import told_by_the_bank
from tests.settlements.banking import approved, custody, details, officers
from tests.settlements.purse import kept_books, yuan
from tests.world import actor, make_member, make_membership, make_organization, make_person, person_of, staff, venue

pytestmark = pytest.mark.django_db
STAFF = sorted(STAFF_ROLES)
OURS = [model for model, its in admin.site._registry.items() if isinstance(its, ConsoleAdmin)]
INDEX = "/console/"


def console(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def name(model) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def opened(address: str, person: Person) -> HttpResponse:
    """Return what the view at an address makes for a person, before it is written out as a page."""
    request = RequestFactory().get(address, secure=True)
    request.user, request.session = person, SessionStore()
    request._messages = CookieStorage(request)
    view, arguments, names = resolve(urlsplit(address).path)
    return view(request, *arguments, **names)


def sidebar(client: Client) -> dict[str, dict]:
    groups = client.get(INDEX).context["sidebar_navigation"]
    return {item["title"]: item for group in groups for item in group["items"]}


@pytest.fixture
def guangzhou():
    return venue("gzdex")


@pytest.fixture
def trade(guangzhou):
    """A whole trade at Guangzhou, from the upload to the certificate."""
    return closed(placed(listed_dataset(make_member()), make_buyer()))


@pytest.fixture(scope="module")
def work_of_all(django_db_setup, django_db_blocker):
    """One row in every queue at Guangzhou, and one failed job at Shenzhen: made once, it takes seconds."""
    with django_db_blocker.unblock(), transaction.atomic():
        work_in_every_queue(venue("gzdex"), closed(placed(listed_dataset(make_member()), make_buyer())))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def work(work_of_all, db) -> None:
    """What each test changes of it is rolled back."""


def work_in_every_queue(guangzhou, trade) -> None:
    bulk_registered(make_member())
    waiting = submitted(draft_listing(registered_product(make_member())))
    provider = actor(person_of(waiting.organization))
    invite(listing_id=waiting.pk, invitee_id=trade.buyer.pk, days=30, actor=provider)
    imported(waiting.product)
    with time_machine.travel(timezone.now() - timedelta(days=120)):
        in_compliance(draft_listing(registered_product(make_member())))
    edit_listing(
        listing_id=trade.listing_id,
        dossier={"scenario": {"en": "Elsewhere"}},
        reason="Clearer",
        actor=actor(person_of(trade.provider)),
    )
    handed_in(trade.buyer)
    promised(on_board(trade.buyer), trade.provider)
    create_scenario(venue_code="gzdex", entry=entry(), actor=actor(staff("gzdex", Role.CLERK)))
    make_membership(make_organization(), state=Membership.State.SUBMITTED)
    enter_deposit(
        venue=guangzhou,
        organization=trade.buyer,
        amount=yuan(5),
        bank_reference="CONSOLE-1",
        received_on=timezone.localdate(),
        actor=actor(staff("gzdex", Role.CLERK)),
    )
    file_dispute(
        order_id=trade.pk,
        kind="QUALITY",
        statement="Empty rows",
        claimed=yuan(1),
        actor=actor(person_of(trade.buyer)),
    )
    custody()
    approved(make_member())
    gather_batch(venue=guangzhou, currency=Currency.CNY, actor=officers()[0])
    told_by_the_bank()
    register_payee_account(venue=guangzhou, details=details(), actor=actor(person_of(trade.provider)))
    request_payout(venue=guangzhou, amount=yuan(3), actor=actor(person_of(trade.provider)))
    kept_books()
    waived(trade.provider)
    TaxFiling.objects.create(
        venue=guangzhou,
        organization=trade.provider,
        order_id=trade.pk,
        number="2026-7",
        document_sha256="a" * 64,
        filed_on=timezone.localdate(),
        entered_by=staff("gzdex", Role.CLERK),
    )
    withheld(trade.provider)
    entered_ceiling()
    invoiced(trade)
    for code in ("gzdex", "szdex"):
        enqueue("test.fails", key=code, venue_id=venue(code).pk)
        Job.objects.filter(key=code).update(state=Job.State.FAILED, last_error="No such file.")


@pytest.fixture
def work_at_the_border(work) -> None:
    """One row in every queue of the border."""
    exporter = make_member()
    standing(exporter)
    abroad = make_buyer(jurisdiction="HK")
    declared(funded(buy(exportable(exporter, n_general=60_000), abroad), "exempt_volume"))
    with time_machine.travel(timezone.now() - timedelta(days=30)):
        order = buy(exportable(exporter, n_general=50_000), abroad)
        reviewed(chosen(case_of(order), "standard_contract"))
    papered(case_of(buy(exportable(exporter), abroad)))
    watch_clocks()


class TestSidebar:
    def test_work_is_counted_for_those_whose_work_it_is(self, work_at_the_border):
        counts = {role: count_waiting(actor(staff("gzdex", role))) for role in STAFF}
        assert counts[Role.COMPLIANCE_REVIEWER] == counts[Role.CLERK] | {
            "compliance": 1,
            "revisions": 1,
            "route_cases": 1,
            "border_filings": 1,
            "border_clocks": 1,
            "splitting": 1,
            "rule_sets": 0,
            "above_ceilings": 0,
            "held_results": 0,
        }
        assert counts[Role.CUSTOMS_OFFICER] == {"border_filings": 1, "customs": 1, "border_clocks": 1}
        assert counts[Role.CLERK] == {"completeness": 1, "memberships": 1, "demands": 1, "overdue": 2}
        assert counts[Role.DISPUTE_OFFICER] == {"disputes": 1}
        assert counts[Role.SETTLEMENT_OFFICER] == {
            "deposits": 1,
            "payouts": 1,
            "payments": 0,
            "tax_filings": 1,
            "closings": 1,
            "corrections": 1,
            "failed_jobs": 1,
            "payee_accounts": 1,
            "payout_batches": 1,
            "bank_breaks": 1,
            "overdue_charges": 0,
            "late_revenue": 0,
            "credit_notes": 0,
            "voucher_programmes": 0,
            "vouchers": 0,
            "related_vouchers": 0,
            "voucher_clawbacks": 0,
        }
        assert counts[Role.VENUE_ADMIN] == {
            "memberships": 1,
            "disputes": 1,
            "overdue": 2,
            "deposits": 1,
            "payouts": 1,
            "tax_filings": 1,
            "closings": 1,
            "corrections": 1,
            "failed_jobs": 1,
            "payout_batches": 1,
            "bank_breaks": 1,
            "rule_sets": 0,
            "price_ceilings": 1,
            "above_ceilings": 0,
            "held_results": 0,
            "overdue_charges": 0,
            "late_revenue": 0,
            "credit_notes": 0,
            "voucher_programmes": 0,
            "vouchers": 0,
            "related_vouchers": 0,
            "voucher_clawbacks": 0,
        }
        assert counts[Role.LEGAL_REVIEWER] == {"rights": 0, "overdue": 2}
        assert counts[Role.AUDITOR] == {}

    def test_counting_takes_one_query(self, work, django_assert_num_queries):
        officer = actor(staff("gzdex", Role.SETTLEMENT_OFFICER))
        with django_assert_num_queries(1):
            count_waiting(officer)

    def test_work_shows_as_a_badge_and_leads_to_just_those_rows(self, work):
        client = console(staff("gzdex", Role.COMPLIANCE_REVIEWER))
        items = sidebar(client)
        for title, count in (
            ("Completeness check", 1),
            ("Publication", 1),
            ("Membership applications", 1),
            ("Overdue reviews", 2),
        ):
            assert items[title]["badge"] == count
            rows = client.get(items[title]["link"]).context["cl"].result_list
            assert len(rows) == count, title

    def test_each_queues_list_is_what_was_counted(self, work_at_the_border):
        for queue in QUEUES:
            role = next(role for role in STAFF if queue.is_for(actor(staff("gzdex", role))))
            client = console(staff("gzdex", role))
            counted = count_waiting(actor(staff("gzdex", role)))[queue.name]
            assert len(client.get(queue.address).context["cl"].result_list) == counted

    def test_nobody_waits_for_badges_of_another_venue(self, work):
        assert set(count_waiting(actor(staff("szdex", Role.CLERK))).values()) == {0}

    @pytest.mark.parametrize("role", STAFF)
    def test_every_item_shown_opens(self, role, guangzhou):
        person = staff("gzdex", role)
        for title, item in sidebar(console(person)).items():
            assert opened(item["link"], person).status_code == 200, title

    def test_money_is_for_those_who_may_read_the_ledger(self, guangzhou):
        assert "Trial balance" in sidebar(console(staff("gzdex", Role.AUDITOR)))
        clerk = sidebar(console(staff("gzdex", Role.CLERK)))
        assert "Trial balance" not in clerk
        assert "Deposits" in clerk  # where bank receipts are entered

    def test_only_the_page_on_show_is_lit(self, work):
        client = console(staff("gzdex", Role.COMPLIANCE_REVIEWER))
        items = sidebar(client)
        for title in ("Publication", "Listings", "Overdue reviews"):
            groups = client.get(items[title]["link"]).context["sidebar_navigation"]
            lit = [item["title"] for group in groups for item in group["items"] if item["active"]]
            assert lit == [title]


class TestFirstPage:
    def test_it_says_what_waits_what_is_late_and_that_the_books_balance(self, work):
        shown = console(staff("gzdex", Role.SETTLEMENT_OFFICER)).get(INDEX)
        [row] = shown.context["ledger"]["rows"]
        assert row["is_balanced"]
        assert shown.context["clocks"] is None
        [(there, cells)] = shown.context["trades"]["rows"]
        assert (there.code, dict(cells)["CERTIFIED"]) == ("gzdex", 1)

        reviewer = console(staff("gzdex", Role.COMPLIANCE_REVIEWER)).get(INDEX)
        stage, late, *others = reviewer.context["clocks"]
        assert (stage.is_overdue, late.is_overdue) == (True, True)
        assert not any(clock.is_overdue for clock in others)
        assert "overdue" in reviewer.content.decode()
        assert reviewer.context["ledger"] is None

    @pytest.mark.parametrize("role", STAFF)
    def test_it_takes_as_many_queries_for_an_idle_venue_as_for_a_busy_one(
        self, role, guangzhou, django_assert_max_num_queries, request
    ):
        client = console(staff("gzdex", role))
        client.get(INDEX)
        with django_assert_max_num_queries(12) as idle:
            client.get(INDEX)
        request.getfixturevalue("work")
        with django_assert_max_num_queries(12) as busy:
            client.get(INDEX)
        assert len(busy) == len(idle), [query["sql"] for query in busy.captured_queries]

    def test_one_without_a_venue_sees_an_empty_desk(self, db):
        assert console(make_person(is_superuser=True)).get(INDEX).status_code == 200


class TestEveryModel:
    def test_its_list_is_searched(self, trade):
        client = console(staff("gzdex", Role.VENUE_ADMIN))
        for model in OURS:
            its = admin.site._registry[model]
            assert its.search_fields, model
            assert its.show_full_result_count is False
            words = {"q": "广东 01a20ec5-65c0-73fd-9c9a-8699b6271a3d %_'\\"}  # each is looked for by itself
            assert client.get(reverse(f"{name(model)}_changelist"), words).status_code == 200, model

    def test_its_list_is_filtered_by_state_and_venue(self, work):
        client = console(staff("gzdex", Role.VENUE_ADMIN))
        for model in OURS:
            columns = {field.name: field for field in model._meta.fields}
            path = reverse(f"{name(model)}_changelist")
            if "state" in columns:
                assert "state" in admin.site._registry[model].list_filter, model
                [state, *_others] = dict(columns["state"].choices)
                assert client.get(path, {"state__exact": state}).status_code == 200
            if "venue" in columns and model is not SettlementLine:
                assert client.get(path, {"venue__id__exact": venue().pk}).status_code == 200, model
            if "venue_id" in columns:
                assert client.get(path, {"at": venue().pk}).status_code == 200, model

    def test_its_rows_page_opens(self, work):
        traded()
        client = console(make_person(is_superuser=True))
        opened = set()
        for model in OURS:
            for row in model._base_manager.all()[:1]:
                assert client.get(reverse(f"{name(model)}_change", args=[row.pk])).status_code == 200, model
                opened.add(model._meta.model_name)
        without_rows = {model._meta.model_name for model in OURS} - opened
        assert without_rows <= {"apiclient", "invitation", "markedfile", "periodbalance", "treehead", "logkey"}

    def test_its_list_opens_and_takes_the_same_queries_however_many_rows(self, trade, django_assert_max_num_queries):
        client = console(staff("gzdex", Role.VENUE_ADMIN))

        def queries() -> dict[str, int]:
            counts = {}
            for model in OURS:
                with django_assert_max_num_queries(20) as captured:
                    assert client.get(reverse(f"{name(model)}_changelist")).status_code == 200, model
                counts[model._meta.model_name] = len(captured)
            return counts

        ContentType.objects.get_for_models(*OURS)  # asked only once
        client.get(INDEX)
        few = queries()
        closed(placed(listed_dataset(make_member()), make_buyer()))
        assert queries() == few


class TestReading:
    def test_an_empty_list_says_whether_anything_is_there_and_offers_nothing_to_create(self, guangzhou):
        client = console(staff("szdex", Role.AUDITOR))
        address = reverse("admin:marketplace_negotiation_changelist")
        page = client.get(address).content.decode()
        assert "Nothing here yet" in page
        assert "Create a new item" not in page
        sought = client.get(address, {"q": "GZ-N-2026-999999"}).content.decode()
        assert "Nothing matches" in sought
        assert 'href="?"' in sought

    def test_an_event_is_found_by_its_subjects_number_and_names_who_did_it(self, trade):
        client = console(staff("gzdex", Role.AUDITOR))
        shown = client.get(reverse("admin:kernel_auditevent_changelist"), {"q": trade.number})
        events = shown.context["cl"].result_list
        assert {event.subject_id for event in events} == {str(trade.pk)}
        assert person_of(trade.buyer).name in shown.content.decode()

    def test_a_number_of_another_venue_finds_nothing(self, trade):
        client = console(staff("szdex", Role.AUDITOR))
        shown = client.get(reverse("admin:kernel_auditevent_changelist"), {"q": trade.number})
        assert not shown.context["cl"].result_list

    def test_an_events_page_links_what_it_speaks_of(self, trade):
        event = AuditEvent.objects.get(action="order.funded", subject_id=str(trade.pk))
        shown = console(staff("gzdex", Role.AUDITOR)).get(reverse("admin:kernel_auditevent_change", args=[event.pk]))
        page = shown.content.decode()
        assert reverse("admin:marketplace_order_change", args=[trade.pk]) in page
        assert reverse("admin:accounts_organization_change", args=[trade.buyer.pk]) in page
        assert "<dt>agreement_sha256</dt>" in page

    def test_texts_are_shown_in_their_languages_not_as_json(self, trade):
        product = trade.listing.product
        shown = console(staff("gzdex", Role.CLERK)).get(reverse("admin:listings_product_change", args=[product.pk]))
        page = shown.content.decode()
        assert f"<dt>Simplified Chinese</dt><dd>{product.name['zh-Hans']}</dd>" in page
        assert "&quot;zh-Hans&quot;" not in page

    def test_what_people_write_is_escaped(self, guangzhou):
        product = registered_product(make_member(), summary={"en": "<script>alert(1)</script>"})
        draft_listing(product)
        shown = console(staff("gzdex", Role.CLERK)).get(reverse("admin:listings_product_change", args=[product.pk]))
        assert "<script>alert(1)" not in shown.content.decode()
        assert "&lt;script&gt;alert(1)" in shown.content.decode()

    def test_times_are_those_of_the_venue_to_the_second(self, trade):
        event = AuditEvent.objects.latest("id")
        shown = console(staff("gzdex", Role.AUDITOR)).get(reverse("admin:kernel_auditevent_change", args=[event.pk]))
        assert f"{event.occurred_at.astimezone(venue('gzdex').zone):%Y-%m-%d %H:%M:%S}" in shown.content.decode()

    def test_the_key_that_encrypts_a_version_is_not_shown(self, trade):
        version = trade.listing.version
        shown = console(staff("gzdex", Role.VENUE_ADMIN)).get(
            reverse("admin:listings_datasetversion_change", args=[version.pk])
        )
        assert bytes(version.wrapped_key).hex() not in shown.content.decode()

    def test_every_asset_is_our_own(self, guangzhou):
        import re

        page = console(staff("gzdex", Role.CLERK)).get(INDEX).content.decode()
        for address in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert not urlsplit(address).netloc, address

    def test_the_language_of_the_page_can_be_chosen(self, guangzhou):
        client = console(staff("gzdex", Role.CLERK))
        client.post(reverse("set_language"), {"language": "zh-hans", "next": INDEX})
        assert 'lang="zh-hans"' in client.get(INDEX).content.decode()
