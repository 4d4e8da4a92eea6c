"""The fee of a report that a provider orders of an agency: held, paid, or given back at every stage."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.evidence_models import AuditEvent
from kernel.jobs import run_due_jobs
from listings import agency_reports
from listings.models import AgencyReport, Listing
from marketplace import ordered_reports
from settlements.models import Account, DealOrigin, EscrowHold, FeePayer, FeeSchedule, Payee, TradeProof, Withholding
from settlements.payouts import request_payout
from tests.listings.offers import draft_listing, registered_product
from tests.listings.papers import PDF
from tests.refusals import refused
from tests.settlements.purse import CNY, assert_books_balance, give, holds, yuan
from tests.world import actor, api, make_member, person_of, staff, venue

pytestmark = pytest.mark.django_db
State = AgencyReport.State
CLIENT, ESCROW, PAYABLE = Account.Kind.CLIENT, Account.Kind.ESCROW, Account.Kind.PAYABLE


@pytest.fixture
def agency(db: None) -> Organization:
    return make_member("gzdex", Capacity.SERVICE_AGENCY, name="珠江律所")


@pytest.fixture
def listing(db: None) -> Listing:
    """A draft of a provider with 1000.00 at a venue that takes 5 % of reports, and 1 % of whoever orders them."""
    for payer, rate in ((FeePayer.PROVIDER, 50_000), (FeePayer.BUYER, 10_000)):
        FeeSchedule.objects.create(
            venue=venue(),
            payee=Payee.VENUE,
            payer=payer,
            currency=CNY,
            origin=DealOrigin.REPORT,
            valid_from="2026-01-01",
            rate_ppm=rate,
            source="Notice 12",
        )
    provider = make_member("gzdex", Capacity.PROVIDER)
    give(provider, yuan(1_000), CLIENT)
    return draft_listing(registered_product(provider))


def ordered(listing: Listing, agency: Organization, fee: float | None = 800, **changes: Any) -> AgencyReport:
    asked: dict[str, Any] = {"kind": "VALUE_REPORT", "question": "What is it worth?", "working_days": 5} | changes
    price = {"fee": yuan(fee)} if fee is not None else {"fee_terms": "按时计费"}
    return ordered_reports.order_report(
        listing_id=listing.pk, agency_id=agency.pk, **asked, **price, actor=actor(person_of(listing.organization))
    )


def delivered(report: AgencyReport) -> AgencyReport:
    writer = actor(person_of(report.organization))
    if report.state == State.COMMISSIONED:
        agency_reports.undertake_report(report_id=report.pk, actor=writer)
    agency_reports.keep_report_paper(report_id=report.pk, name="report.pdf", body=[PDF], actor=writer)
    return agency_reports.deliver_report(
        report_id=report.pk, conclusion="FAVOURABLE", findings="Weighed.", actor=writer
    )


def money(report: AgencyReport) -> tuple[int, int, int]:
    """Return what the provider has, what is held of it, and what the agency has earned."""
    return holds(CLIENT, report.provider), holds(ESCROW, report.provider), holds(PAYABLE, report.organization)


WHOLE, HELD, PAID = (100_000, 0, 0), (19_200, 80_800, 0), (19_200, 0, 76_000)


def test_the_fee_is_held_and_goes_back_at_every_stage_that_comes_to_nothing(
    listing: Listing, agency: Organization
) -> None:
    provider, writer = actor(person_of(listing.organization)), actor(person_of(agency))
    with refused("insufficient_funds"):
        ordered(listing, agency, 990.20)  # 9.90 on top are more than there is
    assert not AgencyReport.objects.exists()

    def call_off(report: AgencyReport) -> None:
        ordered_reports.call_off_report(report_id=report.pk, reason="不再需要", actor=provider)

    def decline(report: AgencyReport) -> None:
        ordered_reports.decline_report(report_id=report.pk, reason="no capacity", actor=writer)

    def expire(report: AgencyReport) -> None:
        run_due_jobs()
        assert AgencyReport.objects.get(pk=report.pk).state == State.COMMISSIONED
        with time_machine.travel(report.due_at + timedelta(seconds=1)):
            run_due_jobs()
        assert AgencyReport.objects.get(pk=report.pk).state == State.EXPIRED

    def undertaken(report: AgencyReport) -> None:
        agency_reports.undertake_report(report_id=report.pk, actor=writer)
        ordered_reports.expire_report(report_id=report.pk)
        call_off(report)

    def disputed(report: AgencyReport) -> None:
        delivered(report)
        ordered_reports.dispute_report(report_id=report.pk, reason="未答复", actor=provider)
        assert money(report) == HELD
        settle(report, for_agency=False)

    for end in (call_off, decline, expire, undertaken, disputed):
        report = ordered(listing, agency)
        assert (money(report), report.fee_held) == (HELD, yuan(808))
        end(report)
        assert money(report) == WHOLE, end.__name__
        assert EscrowHold.objects.get(order_id=report.pk).state == "REFUNDED"
    assert_books_balance()


def settle(report: AgencyReport, *, for_agency: bool) -> None:
    reviewer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    ordered_reports.settle_report_dispute(report_id=report.pk, for_agency=for_agency, reason="heard", actor=reviewer)


def test_the_agency_is_paid_once_and_gives_it_back_only_where_the_venue_says_so(
    listing: Listing, agency: Organization
) -> None:
    own, writer = api(person_of(listing.organization)), api(person_of(agency))
    body = {"kind": "VALUE_REPORT", "agency_id": str(agency.pk), "question": "?", "working_days": 5}
    made = own.post(f"/api/v1/listings/{listing.pk}/order-report", body | {"fee": yuan(800).as_json()}).json()
    assert (made["fee_held"]["amount"], made["fee_paid_at"], made["number"][:5]) == ("808.00", None, "GZ-E-")
    report = delivered(AgencyReport.objects.get())
    received = own.post(f"/api/v1/agency-reports/{report.pk}/receive", {}).json()
    assert (received["state"], received["fee_paid_at"] is None, money(report)) == ("RECEIVED", False, PAID)
    assert holds(Account.Kind.FEES) == 4_800
    assert AuditEvent.objects.get(action="settlement.made").details["order"] == str(report.pk)
    for reader in (own, writer):
        [settled] = reader.get("/api/v1/settlements", {"order": str(report.pk)}).json()["items"]
        assert {(line["payee"], line["amount"]["amount"]) for line in settled["lines"]} == {
            ("PROVIDER", "760.00"),
            ("VENUE", "40.00"),
            ("VENUE", "8.00"),
        }
    balance = next(each for each in own.get("/api/v1/balances").json()["items"] if each["kind"] == "CLIENT")
    entries = own.get(f"/api/v1/balances/{balance['id']}/entries").json()["items"]
    assert f"hold:{report.pk}" in {entry["reference"] for entry in entries}

    # An officer gives it back, it is delivered anew and disputed: what was paid is still the agency's until settled.
    AgencyReport.objects.filter(pk=report.pk).update(state=State.RETURNED)
    report = delivered(AgencyReport.objects.get())
    ordered_reports.receive_report(report_id=report.pk, actor=actor(person_of(listing.organization)))
    assert money(report) == PAID
    AgencyReport.objects.filter(pk=report.pk).update(state=State.DISPUTED)
    give(agency, yuan(0.01), PAYABLE)
    with refused("insufficient_funds"):
        payee_has_taken(agency)
        settle(report, for_agency=False)
    give(agency, yuan(760), PAYABLE)
    settle(report, for_agency=False)
    assert holds(CLIENT, report.provider) == 100_000
    assert_books_balance()


def payee_has_taken(agency: Organization) -> None:
    from tests.settlements.banking import payee

    payee(agency)
    request_payout(venue=venue(), amount=yuan(760.01), actor=actor(person_of(agency)))


def test_silence_receives_a_report_and_one_for_nothing_or_for_words_moves_nothing(listing: Listing) -> None:
    abroad = make_member("gzdex", Capacity.SERVICE_AGENCY, name="香港律所", jurisdiction="HK")
    for fee in (0, None):
        free = ordered(listing, abroad, fee)
        assert free.fee_held is None
        ordered_reports.receive_report(report_id=delivered(free).pk, actor=actor(person_of(listing.organization)))
    assert not EscrowHold.objects.exists()

    report = delivered(ordered(listing, abroad))
    run_due_jobs()
    assert AgencyReport.objects.get(pk=report.pk).state == State.DELIVERED
    assert report.receive_by is not None
    assert report.receive_by > timezone.now() + timedelta(days=9)
    with time_machine.travel(report.receive_by + timedelta(seconds=1)):
        run_due_jobs()
    assert AgencyReport.objects.get(pk=report.pk).state == State.RECEIVED
    withheld = sum(Withholding.objects.filter(source_id=report.pk).values_list("amount_minor", flat=True))
    assert withheld > 0
    assert money(report) == (19_200, 0, 76_000 - withheld)
    assert TradeProof.objects.get(order_id=report.pk).agreement_number == report.number
    assert_books_balance()
