"""Reports that a provider orders of a service agency for its listing, before the review or in it, at its own expense.

    COMMISSIONED → UNDERTAKEN → DELIVERED → RECEIVED → ACCEPTED (by an officer of the review)
                 ↘ DECLINED, EXPIRED   ↘ DISPUTED → DELIVERED, RECEIVED or CANCELLED

The agency writes and delivers as for an officer (listings/agency_reports.py). The price is what both agreed on: a sum
is held when the report is ordered, paid when it is received and given back when it comes to nothing
(marketplace/report_fees.py); what is agreed on in words alone is paid between the two. In a review the report counts
once an officer has accepted it, or as soon as it is adverse: nobody orders opinions until one is favourable.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.calendars import add_working_days
from accounts.interests import require_unrelated
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import cancel, enqueue
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings import agency_reports
from listings.agency_reports import SILENCE_JOB, check_agency, check_allowance, silence_key
from listings.listing import locked_listing
from listings.models import AgencyReport, Listing
from listings.models.agency_reports import AgencyReportQuerySet
from listings.review_rules import person_of
from marketplace.report_fees import give_fee_back, hold_fee, pay_fee, take_fee_back

State = AgencyReport.State
NUMBERED = "E"  # for expert opinion
EXPIRE_JOB = "agencyreport.expire"


@transaction.atomic
def order_report(
    *,
    listing_id: UUID,
    kind: str,
    agency_id: UUID,
    question: str,
    working_days: int,
    fee: Money | None = None,
    fee_terms: str = "",
    actor: Actor,
) -> AgencyReport:
    """Order a report on one's own listing of a service agency of its venue; the fee is a sum, terms in words, or both.

    Raises Problem `not_found`, `forbidden`, `illegal_state` for a listing that has ended, `report_awaited`, or
    `invalid`: at `/agency_id` for no active agency of the venue or a related one, at `/fee` without a price.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    if listing.state in Listing.ENDED:
        raise Problem("illegal_state", _("The listing has ended."), state=listing.state)
    check_allowance(working_days)
    check_agency(agency_id, listing)
    terms = fee_terms.strip()
    if fee is None and not terms:
        raise field_problem("/fee", "required", _("Give the fee that was agreed on, as a sum or in words."))

    venue = listing.venue
    report = AgencyReport.objects.create(
        number=short_number(venue.number_prefix, NUMBERED, timezone.now().astimezone(venue.zone).year),
        listing=listing,
        venue=venue,
        provider=listing.organization,
        organization_id=agency_id,
        kind=kind,
        ordered_by_provider=True,
        fee_minor=fee.minor if fee else None,
        fee_currency=fee.currency if fee else "",
        fee_terms=terms,
        question=require_reason(question),
        due_at=add_working_days(timezone.now(), working_days, jurisdiction=venue.jurisdiction, tz=venue.zone),
        commissioned_by=person_of(actor),
    )
    details = {
        "kind": kind,
        "listing": str(listing.pk),
        "agency": str(agency_id),
        "due_at": report.due_at,
        "fee": fee.as_json() if fee else None,
        "fee_terms": terms,
    }
    audit.record("agencyreport.ordered", subject=report, actor=actor, reason=question, details=details)
    hold_fee(report, actor=actor)
    enqueue(
        EXPIRE_JOB,
        key=str(report.pk),
        subject_id=report.pk,
        due_at=report.due_at,
        organization_id=report.provider_id,
        venue_id=report.venue_id,
    )
    return report


@transaction.atomic
def receive_report(*, report_id: UUID, actor: Actor) -> AgencyReport:
    """Receive a delivered report as what was ordered; its fee goes to the agency."""
    report = _ordered_by(report_id, actor)
    advance(report, to=State.RECEIVED, actor=actor, details=_paper_of(report))
    _stop_clock(report)
    pay_fee(report, actor=actor)
    return report


@transaction.atomic
def receive_in_silence(*, report_id: UUID) -> AgencyReport:
    """Receive a report to which its provider has not answered in the working days that it had; may run again."""
    report = _locked(report_id)
    if report.state != State.DELIVERED or report.receive_by is None or report.receive_by > timezone.now():
        return report
    advance(report, to=State.RECEIVED, actor=SYSTEM, reason=_("Not disputed in time."), details=_paper_of(report))
    pay_fee(report, actor=SYSTEM)
    return report


@transaction.atomic
def dispute_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Dispute that a delivered report is what was ordered, saying why; the agency mends it, or the venue settles it."""
    report = _ordered_by(report_id, actor)
    said = require_reason(reason)
    advance(report, to=State.DISPUTED, actor=actor, reason=said, details=_paper_of(report), note=said)
    _stop_clock(report)
    return report


@transaction.atomic
def call_off_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Call an ordered report off before it is delivered; a fee that was not paid yet is given back."""
    report = _ordered_by(report_id, actor)
    if report.state == State.DISPUTED:
        raise Problem("illegal_state", _("A dispute is settled by the venue."), state=report.state)
    said = require_reason(reason)
    advance(report, to=State.CANCELLED, actor=actor, reason=said, note=said)
    give_fee_back(report, actor=actor, reason=said)
    return report


@transaction.atomic
def decline_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Decline to write a report, by the agency; what a provider had ordered costs it nothing."""
    report = agency_reports.decline_report(report_id=report_id, reason=reason, actor=actor)
    give_fee_back(report, actor=actor, reason=reason)
    return report


@transaction.atomic
def expire_report(*, report_id: UUID) -> AgencyReport:
    """End an order that no agency has undertaken by the day on which the report was due; may run again."""
    report = _locked(report_id)
    if report.state != State.COMMISSIONED or report.due_at > timezone.now():
        return report
    reason = _("The agency has not answered by the day on which the report was due.")
    advance(report, to=State.EXPIRED, actor=SYSTEM, reason=reason, note=reason)
    give_fee_back(report, actor=SYSTEM, reason=reason)
    return report


@transaction.atomic
def settle_report_dispute(*, report_id: UUID, for_agency: bool, reason: str, actor: Actor) -> AgencyReport:
    """Settle a dispute, by an officer of the venue unrelated to either side: the report is received, or called off.

    The agency is paid, or the provider has its fee back, also one that was paid for an earlier delivery. Raises Problem
    `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state`, `insufficient_funds` where the agency has spent
    what it should give back, or `invalid` without a reason.
    """
    report = find(_rows().visible_to(actor).select_for_update(of=("self",)), pk=report_id)
    require(actor, Permission.LISTING_APPROVE, venue_id=report.venue_id)
    for organization_id in (report.provider_id, report.organization_id):
        require_unrelated(actor, organization_id)
    if report.state != State.DISPUTED:
        raise Problem("illegal_state", _("The report is not disputed."), state=report.state)
    said = require_reason(reason)
    advance(report, to=State.RECEIVED if for_agency else State.CANCELLED, actor=actor, reason=said, note=said)
    if for_agency:
        pay_fee(report, actor=actor)
    else:
        take_fee_back(report, actor=actor, reason=said)
    return report


def _ordered_by(report_id: UUID, actor: Actor) -> AgencyReport:
    """Return a report that the actor's organization ordered; raises Problem `not_found` or `forbidden`."""
    report = find(_rows().visible_to(actor).select_for_update(of=("self",)), pk=report_id)
    require(actor, Permission.LISTING_SUBMIT, organization_id=report.provider_id)
    if not report.ordered_by_provider:
        raise Problem("forbidden", _("An officer of the review asked for this report."))
    return report


def _rows() -> AgencyReportQuerySet:
    return AgencyReport.objects.select_related("venue", "provider", "organization")


def _locked(report_id: UUID) -> AgencyReport:
    return _rows().select_for_update(of=("self",)).get(pk=report_id)


def _stop_clock(report: AgencyReport) -> None:
    if report.receive_by is not None:
        cancel(SILENCE_JOB, silence_key(report, report.receive_by))


def _paper_of(report: AgencyReport) -> dict[str, str]:
    paper = report.papers.latest("id") if report.state == State.DELIVERED else None
    return {"sha256": paper.sha256, "sm3": paper.sm3} if paper else {}
