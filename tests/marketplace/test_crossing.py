"""A trade across the border, from the order to the other side's receipt, and everything that stops it on the way."""

import hashlib
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from docx import Document

from accounts.models import Capacity, Organization, Role
from kernel.actors import SYSTEM, Actor
from kernel.jobs import run_due_jobs
from kernel.keys import trusted_keys
from kernel.models import AuditEvent, Job
from kernel.packs import verify_pack
from kernel.problems import Problem
from listings.crossborder import arrivals, cases, customs, filings, reviewing
from listings.crossborder.clocks import pause_clock, resume_clock, watch_clocks
from listings.crossborder.counting import Persons, exported
from listings.crossborder.customs import payload_digest
from listings.crossborder.deciding import latest_decision
from listings.crossborder.drafts import draft_paper, drafts_of
from listings.crossborder.facts import MAINLAND_TIME, day_of
from listings.crossborder.permits import use_permit
from listings.crossborder.subjects import supply_subjects
from listings.grade_confirmation import confirm_grade
from listings.models import (
    CustomsDeclaration,
    ExportEntry,
    RouteCase,
    SplittingAlert,
    StatutoryClock,
    TransferPermit,
)
from marketplace import ordering
from marketplace.acceptance import accept_delivery
from marketplace.delivery.access import grant_access, grant_of
from marketplace.evidence_pack import evidence_pack
from marketplace.models import Delivery, Entitlement, Order
from tests.marketplace.crossing import (
    buy,
    case_of,
    chosen,
    cleared,
    declared,
    exportable,
    funded,
    is_reproduced,
    officer,
    papered,
    released,
    reviewed,
    second_officer,
    standing,
)
from tests.marketplace.trading import fund, funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, affiliate, make_member, operator_of, person_of, staff

pytestmark = pytest.mark.django_db
State = RouteCase.State


@pytest.fixture
def hong_kong(db: None) -> Organization:
    return make_buyer(jurisdiction="HK")


def reader(buyer: Organization):
    return actor(person_of(buyer))


def test_data_without_persons_go_once_an_officer_has_confirmed(provider: Organization, hong_kong: Organization) -> None:
    order = buy(exportable(provider), hong_kong)
    assert order.state == Order.State.PLACED
    assert funds_of(hong_kong) == 100_000  # nothing is held before the border is clear
    case = case_of(order)
    assert (case.state, case.route) == (State.DOCS_PENDING, "exempt_no_pi")

    delivery = released(funded(order))
    declaration = CustomsDeclaration.objects.get()
    assert declaration.low_risk
    assert declaration.released_by is None
    file = delivery.receipt["files"][0]
    issued = grant_access(delivery_id=delivery.pk, file_id=file["id"], actor=reader(hong_kong))
    assert grant_of(issued.token).permit == TransferPermit.objects.get()
    assert ExportEntry.objects.get().state == ExportEntry.State.COMMITTED

    arrivals.report_arrival(
        delivery_id=delivery.pk, files=[{"id": file["id"], "sha256": file["sha256"]}], actor=reader(hong_kong)
    )
    declaration.refresh_from_db()
    assert declaration.state == CustomsDeclaration.State.CLOSED


def test_two_hundred_thousand_persons_go_to_hong_kong_by_the_bay_areas_contract(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    order = buy(exportable(provider, n_general=200_000), hong_kong)
    case = case_of(order)
    assert case.state == State.DECIDED
    decision = latest_decision(case)
    assert {decision.route, *decision.body["alternatives"]} == {
        "gba_standard_contract",
        "standard_contract",
        "certification",
    }
    assert is_reproduced(decision)
    with refused("route_not_offered"):
        chosen(case, "exempt_volume")

    case = reviewed(chosen(case, "gba_standard_contract"))
    assert case.state == State.SIGNED
    clocks = {clock.code: clock for clock in StatutoryClock.objects.running().filter(case=case)}
    assert {"file_guangdong", "file_hong_kong", "self_check"} == set(clocks)
    today = day_of(timezone.now())
    with refused("route_not_cleared"):
        ordering.fund_order(order_id=order.pk, actor=reader(hong_kong))
    one = {"case_id": case.pk, "on": today, "actor": officer()}
    filings.record_filing(authority="cac_guangdong", number="粤网信备1", **one)
    case.refresh_from_db()
    assert case.state == State.SIGNED  # the other side has not filed yet
    filings.record_filing(authority="dpo_hk", number="DPO-1", **one)
    case.refresh_from_db()
    assert case.state == State.FILED
    run_due_jobs(kinds=("order.fund",))

    declaration = declared(order)
    assert declaration.state == CustomsDeclaration.State.CONTENT_SAMPLING
    assert declaration.sampled_rows[0]["rows"] == [1, 2, 3]
    first = officer(Role.CUSTOMS_OFFICER)
    with refused("illegal_state"):
        customs.release_declaration(declaration_id=declaration.pk, reason="alone", actor=first)
    customs.propose_release(declaration_id=declaration.pk, reason="seen", actor=first)
    with refused("same_person"):
        customs.release_declaration(declaration_id=declaration.pk, reason="twice", actor=first)
    customs.release_declaration(declaration_id=declaration.pk, reason="agreed", actor=second_officer())
    run_due_jobs(kinds=("delivery.cleared",))
    assert order.deliveries.get().state == Delivery.State.DELIVERED
    assert ExportEntry.objects.get().n_general == 200_000


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reach": "DOMESTIC"}, "destination_not_allowed"),
        ({"reach": "NAMED", "places": ["SG", "MO"]}, "destination_not_allowed"),
        ({"restrictions": ["export_control"]}, "cross_border_forbidden"),
    ],
)
def test_what_may_not_go_is_refused_and_leaves_nothing(
    provider: Organization, hong_kong: Organization, fields: dict[str, object], code: str
) -> None:
    listing = exportable(provider, **fields)
    with refused(code):
        buy(listing, hong_kong)
    assert not Order.objects.exists()
    assert not RouteCase.objects.exists()


def test_a_bay_area_product_does_not_go_beyond_it(provider: Organization) -> None:
    listing = exportable(provider, reach="GBA")
    with refused("destination_not_allowed"):
        buy(listing, make_buyer(jurisdiction="SG"))
    assert buy(listing, make_buyer(jurisdiction="MO")).state == Order.State.PLACED


def test_what_nobody_has_graded_waits_to_be_classified_and_goes_on_when_it_is(
    provider: Organization, hong_kong: Organization
) -> None:
    order = buy(exportable(provider, confirmed=False), hong_kong)
    case = case_of(order)
    assert case.state == State.NEW
    exporter = reader(provider)
    with refused("illegal_state"):
        cases.submit_papers(case_id=case.pk, port="NANSHA", actor=exporter)
    confirm_grade(version_id=case.version_id, grade="GENERAL", personal_data="NONE", actor=exporter)
    assert cases.decide_again(case_id=case.pk, actor=exporter).state == State.DOCS_PENDING
    assert case.decisions.count() == 2


def test_an_unknown_critical_operator_waits_for_a_person_who_rules_with_a_reason(
    provider: Organization, hong_kong: Organization
) -> None:
    order = buy(exportable(provider, n_general=500), hong_kong)  # its standing was never confirmed
    case = case_of(order)
    assert case.state == State.CLASSIFIED
    with refused("forbidden"):
        reviewing.rule_on_case(case_id=case.pk, route="exempt_volume", reason="x", actor=reader(provider))
    ruled = reviewing.rule_on_case(case_id=case.pk, route="exempt_volume", reason="no CIIO: letter", actor=officer())
    assert (ruled.state, ruled.route) == (State.DOCS_PENDING, "exempt_volume")
    assert released(funded(order)).state == Delivery.State.DELIVERED
    assert latest_decision(case).reason == "no CIIO: letter"


def test_papers_are_asked_for_by_name_and_returned_with_a_reason(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    case = chosen(case_of(buy(exportable(provider, n_general=500), hong_kong)), "exempt_volume")
    exporter = reader(provider)
    with refused("papers_missing") as caught:
        cases.submit_papers(case_id=case.pk, port="NANSHA", actor=exporter)
    assert caught.value.extensions["missing"] == ["notice_and_consent", "pia_report"]
    with refused("invalid"):
        cases.keep_paper(case_id=case.pk, code="love_letter", name="a.pdf", body=[b"%PDF-1"], actor=exporter)
    with refused("document_type_unknown"):
        cases.keep_paper(case_id=case.pk, code="pia_report", name="a.pdf", body=[b"MZ"], actor=exporter)
    with refused("not_found"):  # a case for another's listing
        cases.keep_paper(
            case_id=case.pk, code="pia_report", name="a.pdf", body=[b"%PDF-1"], actor=reader(make_member())
        )
    with refused("invalid"):
        papered(case, recipient_network="300.1.1.1")
    case = papered(case)
    reviewing.return_papers(case_id=case.pk, reason="the assessment has no date", actor=officer())
    case = papered(case)
    assert reviewing.approve_papers(case_id=case.pk, reason="good", actor=officer()).state == State.EXEMPT_CONFIRMED


def test_a_filing_number_is_given_once_and_not_before_the_contract_takes_effect(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    today = day_of(timezone.now())
    first, second = (
        reviewed(chosen(case_of(buy(exportable(provider, n_general=150_000), hong_kong)), "standard_contract"))
        for _ in range(2)
    )
    filed = {"authority": "cac_provincial", "number": "粤备2026001", "actor": officer()}
    with refused("invalid"):
        filings.record_filing(case_id=first.pk, on=today - timedelta(days=1), **filed)
    with refused("invalid"):
        filings.record_filing(case_id=first.pk, on=today + timedelta(days=1), **filed)
    assert filings.record_filing(case_id=first.pk, on=today, **filed).state == State.FILED
    with pytest.raises(IntegrityError, match="filing_number_is_given_once"), transaction.atomic():
        filings.record_filing(case_id=second.pk, on=today, **filed)


def test_a_second_transfer_over_the_line_changes_the_way_of_both(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    first = funded(buy(exportable(provider, n_general=60_000), hong_kong), "exempt_volume")
    second = buy(exportable(provider, n_general=50_000), hong_kong)
    case = case_of(second)
    assert case.state == State.DECIDED  # 110,000 since 1 January: a contract or a certification
    alert = SplittingAlert.objects.get()
    assert (alert.sign, alert.line, alert.persons) == ("THIN_SLICES", 100_000, 110_000)

    funded(second, "standard_contract")
    stopped = case_of(first)
    assert stopped.state == State.REASSESS_REQUIRED  # held, but nothing of it has left
    run_due_jobs(kinds=("delivery.fulfil",))
    assert not CustomsDeclaration.objects.filter(case=stopped).exists()
    assert first.deliveries.get().state == Delivery.State.PREPARING
    again = cases.decide_again(case_id=stopped.pk, actor=reader(provider))
    assert again.state == State.DECIDED
    entries = ExportEntry.objects.filter(case=stopped)
    assert [entry.state for entry in entries] == [ExportEntry.State.RELEASED]
    cleared(chosen(again, "standard_contract"))
    run_due_jobs(kinds=("order.fund",))  # funded before: the delivery is taken up again
    assert released(first).state == Delivery.State.DELIVERED


def test_papers_are_drafted_with_what_is_known_as_docx_and_pdf(provider: Organization, hong_kong: Organization) -> None:
    standing(provider)
    case = case_of(buy(exportable(provider, n_general=200_000), hong_kong))
    ask = {"case_id": case.pk, "actor": reader(provider)}
    with refused("illegal_state"):
        draft_paper(code="pia_report", form="pdf", **ask)
    case = chosen(case, "standard_contract")
    assert drafts_of(case) == ["standard_contract", "pia_report", "agent_letter", "commitment_letter"]
    for code in drafts_of(case):
        document = Document(io.BytesIO(draft_paper(code=code, form="docx", **ask).content))
        words = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
        assert provider.legal_name in words
        assert hong_kong.identifier in words
        assert "{" not in words
        assert draft_paper(code=code, form="pdf", **ask).content.startswith(b"%PDF-")
    assert "200,000" in words or code == "commitment_letter"
    for wrong in ({"code": "uscc", "form": "pdf"}, {"code": "pia_report", "form": "odt"}):
        with refused("invalid"):
            draft_paper(**wrong, **ask)
    with refused("forbidden"):  # the recipient sees the case; its papers are the exporter's
        draft_paper(code="pia_report", form="pdf", case_id=case.pk, actor=reader(hong_kong))


# --- permits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def delivery(provider: Organization, hong_kong: Organization) -> Delivery:
    return released(funded(buy(exportable(provider), hong_kong)))


def asked(delivery: Delivery, **changes: object) -> TransferPermit:
    """Ask for the permit as the delivery path does."""
    wanted = {
        "delivery_id": delivery.pk,
        "recipient_id": delivery.organization_id,
        "payload_sha256": payload_digest(delivery.receipt.get("files", [])),
        "bytes_wanted": 10,
        "actor": reader(delivery.organization),
    }
    return use_permit(**(wanted | changes))


def file_of(delivery: Delivery) -> str:
    return str(delivery.receipt["files"][0]["id"])


def test_no_permit_no_byte(delivery: Delivery, provider: Organization, hong_kong: Organization) -> None:
    other = funded(buy(exportable(provider), hong_kong))  # not released yet
    with refused("permit_missing"):
        asked(other.deliveries.get(), payload_sha256="0" * 64)
    with refused("permit_not_yours"):
        asked(delivery, recipient_id=make_buyer(jurisdiction="HK").pk)
    with refused("permit_other_payload"):
        asked(delivery, payload_sha256="0" * 64)
    with refused("permit_exhausted"):
        asked(delivery, bytes_wanted=10**9)
    with time_machine.travel(timezone.now() + timedelta(days=8)), refused("permit_not_in_force"):
        asked(delivery)
    assert TransferPermit.objects.get().bytes_used == 0


def test_a_permit_is_used_up_by_its_readings_and_not_replayed(delivery: Delivery, hong_kong: Organization) -> None:
    for _reading in range(3):
        grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    with refused("permit_exhausted"):
        grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    assert ExportEntry.objects.filter(state=ExportEntry.State.COMMITTED).count() == 1  # counted once, however read


def test_a_revoked_case_stops_reading_at_once_and_shows_it(delivery: Delivery, hong_kong: Organization) -> None:
    issued = grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    case = case_of(delivery.order)
    reviewing.revoke_case(case_id=case.pk, reason="the consent was withdrawn", actor=officer())
    with refused("permit_not_in_force"):
        grant_of(issued.token)
    with refused("permit_not_in_force"):
        asked(delivery)
    run_due_jobs(kinds=("transfers.stop",))
    assert Entitlement.objects.get().state == Entitlement.State.SUSPENDED


def test_a_released_declaration_can_be_held_again_and_returned_and_declared_anew(
    provider: Organization, hong_kong: Organization
) -> None:
    order = funded(buy(exportable(provider), hong_kong))
    declaration = declared(order)
    customs_officer = officer(Role.CUSTOMS_OFFICER)
    act = {"declaration_id": declaration.pk, "actor": customs_officer}
    customs.hold_declaration(reason="a tip", **act)
    with refused("permit_not_in_force"):
        asked(order.deliveries.get())
    assert customs.check_again(**act).state == CustomsDeclaration.State.RELEASED
    customs.hold_declaration(reason="once more", **act)
    customs.return_declaration(reason="name the network", **act)
    with refused("illegal_state"):
        customs.release_declaration(reason="no", **act)
    fresh = customs.declare_again(declaration_id=declaration.pk, actor=reader(provider))
    assert fresh.pk != declaration.pk
    assert fresh.state == CustomsDeclaration.State.RELEASED
    with refused("declaration_stands"):
        customs.declare_again(declaration_id=declaration.pk, actor=reader(provider))
    run_due_jobs(kinds=("delivery.cleared",))
    assert order.deliveries.get().state == Delivery.State.DELIVERED


def test_a_quarantined_payload_never_leaves_and_the_buyer_gets_the_money_back(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    order = funded(buy(exportable(provider, n_general=500), hong_kong), "exempt_volume")
    declaration = declared(order)
    customs.quarantine_declaration(
        declaration_id=declaration.pk, reason="state secret suspected", actor=officer(Role.CUSTOMS_OFFICER)
    )
    assert funds_of(hong_kong) == 88_000
    ordering.cancel_order(order_id=order.pk, reason="quarantined", actor=reader(hong_kong))
    assert funds_of(hong_kong) == 100_000
    assert case_of(order).state == State.WITHDRAWN
    assert ExportEntry.objects.get().state == ExportEntry.State.RELEASED


def test_what_arrives_otherwise_than_sent_is_disputed_and_reading_stops(
    delivery: Delivery, hong_kong: Organization
) -> None:
    report = {"delivery_id": delivery.pk, "actor": reader(hong_kong)}
    with refused("permit_unused"):
        arrivals.report_arrival(files=[], **report)
    grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    with refused("invalid"):
        arrivals.report_arrival(files=[{"id": str(delivery.pk), "sha256": "0" * 64}], **report)
    arrivals.report_arrival(files=[{"id": file_of(delivery), "sha256": "0" * 64}], **report)
    assert CustomsDeclaration.objects.get().state == CustomsDeclaration.State.DISPUTED
    run_due_jobs(kinds=("transfers.stop",))
    assert Entitlement.objects.get().state == Entitlement.State.SUSPENDED
    with refused("illegal_state"):
        arrivals.report_arrival(files=[{"id": file_of(delivery), "sha256": "0" * 64}], **report)


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_forty_orders_racing_under_one_line_exactly_the_lawful_ones_pass() -> None:
    provider, buyer = make_member("gzdex", Capacity.PROVIDER), make_buyer(jurisdiction="HK", funds="0")
    standing(provider)
    listing = exportable(provider, n_general=3_000, price="0")
    orders = [buy(listing, buyer) for _ in range(40)]
    for order in orders:
        cleared(chosen(case_of(order), "exempt_volume"))

    def race(order: Order) -> bool:
        try:
            return ordering.fund_order(order_id=order.pk, actor=SYSTEM).state == Order.State.FUNDED
        except Problem as problem:
            return problem.code != "route_no_longer_open"  # any other refusal would be counted as passed
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as racers:
        passed = list(racers.map(race, orders))
    assert sum(passed) == 33  # 99,000 persons; one more transfer would be the 102,000th
    assert exported([provider.pk], day_of(timezone.now()).year) == Persons(99_000, 0)
    assert Order.objects.filter(state=Order.State.PLACED).count() == 7


# --- money, time and evidence ----------------------------------------------------------------------------------------


def test_a_buyer_without_funds_funds_the_order_after_the_deposit(provider: Organization) -> None:
    poor = make_buyer(jurisdiction="HK", funds="0")
    order = buy(exportable(provider), poor)
    cleared(case_of(order))
    run_due_jobs(kinds=("order.fund",))
    assert "enough money" in Job.objects.get(kind="order.fund").last_error
    fund(poor, "500.00")
    assert ordering.fund_order(order_id=order.pk, actor=reader(poor)).state == Order.State.FUNDED


def test_persons_held_in_december_count_in_the_year_in_which_they_leave(
    provider: Organization, hong_kong: Organization
) -> None:
    standing(provider)
    with time_machine.travel("2026-12-30T10:00:00+08:00", tick=False):
        delivery = released(funded(buy(exportable(provider, n_general=500), hong_kong), "exempt_volume"))
    with time_machine.travel("2027-01-01T00:30:00+08:00", tick=False):
        grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    states = ExportEntry.objects.order_by("year").values_list("year", "state")
    assert list(states) == [(2026, ExportEntry.State.RELEASED), (2027, ExportEntry.State.COMMITTED)]


def test_an_assessment_lasts_three_years_can_be_extended_and_ends_at_midnight(
    provider: Organization, hong_kong: Organization
) -> None:
    with time_machine.travel("2026-06-01T10:00:00+08:00", tick=False):
        standing(provider, ciio=True)
        order = funded(buy(exportable(provider, n_general=1), hong_kong))
        case = case_of(order)
        assert (case.route, str(case.valid_until)) == ("security_assessment", "2029-05-31")
        released(order)
    with time_machine.travel("2029-02-01T10:00:00+08:00", tick=False):
        assert filings.open_extensions() == 0
    with time_machine.travel("2029-05-30T10:00:00+08:00", tick=False):
        assert filings.open_extensions() == 1
        assert reviewing.expire_cases() == 0
    with time_machine.travel("2029-06-01T00:00:01+08:00", tick=False):
        assert not case_of(order).cleared  # before any sweep
        assert reviewing.expire_cases() == 1
        run_due_jobs(kinds=("transfers.stop",))
    assert case_of(order).state == State.EXPIRED
    assert Entitlement.objects.get().state == Entitlement.State.SUSPENDED


def test_both_filings_are_due_by_each_sides_own_calendar(provider: Organization, hong_kong: Organization) -> None:
    """DOMAIN §8.6 no. 16: in effect on the last working day before the National-Day break of 2026 (1 to 7 October)."""
    with time_machine.travel("2026-09-30T10:00:00+08:00", tick=False):
        standing(provider)
        order = buy(exportable(provider, n_general=200_000), hong_kong)
        case = reviewed(chosen(case_of(order), "gba_standard_contract"))
    clocks = StatutoryClock.objects.running().filter(case=case)
    due = {clock.code: str(clock.due_at.astimezone(MAINLAND_TIME).date()) for clock in clocks}
    # The mainland works on Saturday 10 October and rests from the 1st to the 7th; Hong Kong's calendar knows weekends.
    assert (due["file_hong_kong"], due["file_guangdong"]) == ("2026-10-14", "2026-10-20")
    with time_machine.travel("2026-10-15T00:01:00+08:00", tick=False):
        assert watch_clocks() >= 2  # one reminded of, one overdue
        assert watch_clocks() == 0
    assert AuditEvent.objects.filter(action="statutoryclock.overdue").count() == 1


def test_a_paused_clock_keeps_its_days(provider: Organization, hong_kong: Organization) -> None:
    with time_machine.travel("2026-11-02T10:00:00+08:00", tick=False):
        standing(provider)
        case = reviewed(chosen(case_of(buy(exportable(provider, n_general=200_000), hong_kong)), "standard_contract"))
        clock = case.clocks.get(code="file_contract")
    with time_machine.travel("2026-11-04T10:00:00+08:00", tick=False):
        assert pause_clock(clock_id=clock.pk, reason="the authority asked", actor=officer()).days_left == 8
        with refused("illegal_state"):
            pause_clock(clock_id=clock.pk, reason="again", actor=officer())
    with time_machine.travel("2026-11-16T10:00:00+08:00", tick=False):
        assert watch_clocks() == 0
        resumed = resume_clock(clock_id=clock.pk, reason="answered", actor=officer())
    assert str(resumed.due_at.astimezone(MAINLAND_TIME).date()) == "2026-11-26"


def test_persons_with_keyed_identifiers_count_once(provider: Organization, hong_kong: Organization) -> None:
    standing(provider)
    same = "".join(f"{number:064x}\n" for number in range(3)).encode()
    orders = []
    for _ in range(2):
        listing = exportable(provider, n_general=3)
        supply_subjects(version_id=listing.version_id, body=[same], actor=reader(provider))
        with refused("subjects_given"):
            supply_subjects(version_id=listing.version_id, body=[same], actor=reader(provider))
        orders.append(funded(buy(listing, hong_kong), "exempt_volume"))
    assert exported([provider.pk], day_of(timezone.now()).year) == Persons(3, 0)
    listing = exportable(provider, n_general=1)
    for wrong, code in ((b"xyz\n", "invalid"), (same + same, "invalid")):
        with refused(code):
            supply_subjects(version_id=listing.version_id, body=[wrong], actor=reader(provider))


def test_evidence_of_a_crossing_is_never_rewritten(delivery: Delivery) -> None:
    case = case_of(delivery.order)
    for change in (
        lambda: case.decisions.update(route="exempt_no_pi"),
        lambda: ExportEntry.objects.update(n_general=1),
        lambda: TransferPermit.objects.update(byte_ceiling=10**9),
        lambda: TransferPermit.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_related_officer_decides_nothing(provider: Organization, hong_kong: Organization) -> None:
    case = papered(case_of(buy(exportable(provider), hong_kong)))
    related = staff("gzdex", Role.COMPLIANCE_REVIEWER)
    affiliate(related, hong_kong, Role.VIEWER)
    with refused("conflict_of_interest"):
        reviewing.approve_papers(case_id=case.pk, reason="x", actor=actor(related, operator_of("gzdex")))


# --- the evidence pack -----------------------------------------------------------------------------------------------


def packed(order: Order, who: Actor) -> io.BytesIO:
    with evidence_pack(order_id=order.pk, actor=who) as pack:
        return io.BytesIO(pack.read())


def test_the_evidence_of_a_crossing_verifies_offline_and_an_altered_one_does_not(
    provider: Organization, hong_kong: Organization, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standing(provider)
    order = funded(buy(exportable(provider, n_general=500), hong_kong), "exempt_volume")
    delivery = released(order)
    grant_access(delivery_id=delivery.pk, file_id=file_of(delivery), actor=reader(hong_kong))
    accept_delivery(delivery_id=delivery.pk, actor=reader(hong_kong))
    run_due_jobs()

    pack = packed(order, reader(provider))
    file = tmp_path / "evidence.zip"
    file.write_bytes(pack.getvalue())
    call_command("verify_evidence_pack", file)
    assert "VALID" in capsys.readouterr().out
    with zipfile.ZipFile(pack) as opened:
        names = set(opened.namelist())
        case = json.loads(opened.read("border/case.json"))
        events = json.loads(opened.read("events.json"))["events"]
        ledger = json.loads(opened.read("ledger.json"))
        decision = opened.read("border/decision-1.json")
    assert {"agreement.json", "agreement.zh-Hant.txt", "certificate.json"} <= names
    assert "border/papers/001-notice_and_consent.pdf" in names
    assert [(entry["state"], entry["general"]) for entry in case["register"]] == [("COMMITTED", 500)]
    told = {each["event"]["action"] for each in events}
    assert {"order.funded", "transferpermit.used", "exportentry.committed"} <= told
    assert [transfer["kind"] for transfer in ledger] == ["HOLD", "SETTLEMENT"]
    assert hashlib.sha256(decision).hexdigest() == latest_decision(case_of(order)).sha256

    with zipfile.ZipFile(packed(order, reader(hong_kong))) as opened:
        assert "border/papers.json" in opened.namelist()  # digests alone: the papers are the exporter's
        assert not any(name.startswith("border/papers/") for name in opened.namelist())
    with refused("not_found"):
        evidence_pack(order_id=order.pk, actor=reader(make_member()))

    altered = io.BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(altered, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"500", b"499") if name == "border/case.json" else old.read(name))
    failed = [check.name for check in verify_pack(altered, trusted_keys()).checks if not check.passed]
    assert failed == ["border/case.json"]
    whole = pack.getvalue()
    assert not verify_pack(io.BytesIO(whole[:-40]), trusted_keys()).passed
    for place in range(0, len(whole), 997):  # wherever a byte is damaged, nothing is raised
        damaged = whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]
        verify_pack(io.BytesIO(damaged), trusted_keys())
    with zipfile.ZipFile(pack, "a") as grown:
        grown.writestr("more.txt", "added")
    assert [check.name for check in verify_pack(pack, trusted_keys()).checks if not check.passed] == ["files"]
