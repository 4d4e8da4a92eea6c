"""Reports of service agencies as tasks of a review: an officer asks for one, an independent agency answers.

    COMMISSIONED → UNDERTAKEN → DELIVERED → ACCEPTED
                 ↘ DECLINED            ↘ RETURNED → DELIVERED

A stage is passed when no report asked for at it is awaited any more, and those that its edition wants stand. An adverse
one lets nobody pass but the committee. Who is related to the provider neither writes nor accepts (I5). What providers
order themselves, and pay, is marketplace/ordered_reports.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_member, require_reason
from accounts.calendars import add_working_days
from accounts.interests import related_organizations, require_unrelated
from accounts.models import Capacity, Venue
from accounts.places import jurisdictions as known_jurisdictions
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import cancel, enqueue
from kernel.languages import in_language
from kernel.problems import FieldError, Problem, field_problem
from kernel.states import advance
from listings.listing import locked_listing
from listings.models import AgencyReport, Listing, ReportPaper, ReviewStage
from listings.papers import paper_bytes, stored
from listings.review_rules import Case, case_of, person_of, refuse_barred
from listings.submissions import facts_of
from listings.uploading import ABANDONED_JOB, checked_file_name

State = AgencyReport.State
MOST_PAPERS = 20  # of one report
LONGEST_ALLOWANCE = 60  # working days
SILENCE_JOB = "agencyreport.receive_in_silence"
SILENCE_DAYS = 10  # working days after which a delivered report counts as received by who ordered it


@transaction.atomic
def commission_report(
    *, listing_id: UUID, kind: str, agency_id: UUID, question: str, working_days: int, actor: Actor
) -> AgencyReport:
    """Ask a service agency for a report, by the officer of the stage at which the listing is.

    `working_days` of the venue's calendar are given from today. Raises Problem `not_found`, `forbidden`,
    `conflict_of_interest`, `same_person`, `illegal_state` unless the listing is under review, `report_awaited` where
    the agency owes one of this kind, or `invalid` at `/agency_id` for an organization that is no active agency of the
    venue or is related to the provider.
    """
    listing = locked_listing(listing_id, actor)
    case = case_of(listing)
    require(actor, case.stage.permission, venue_id=listing.venue_id)
    if listing.state not in Listing.UNDER_REVIEW:
        raise Problem("illegal_state", _("The listing is not under review."), state=listing.state)
    refuse_barred(case, actor)
    check_allowance(working_days)
    check_agency(agency_id, listing)

    venue = listing.venue
    report = AgencyReport.objects.create(
        listing=listing,
        venue=venue,
        provider_id=listing.organization_id,
        organization_id=agency_id,
        kind=kind,
        stage=case.stage.code,
        question=require_reason(question),
        due_at=add_working_days(timezone.now(), working_days, jurisdiction=venue.jurisdiction, tz=venue.zone),
        commissioned_by=person_of(actor),
    )
    details = {"kind": kind, "listing": str(listing.pk), "agency": str(agency_id), "due_at": report.due_at}
    audit.record("agencyreport.commissioned", subject=report, actor=actor, reason=question, details=details)
    return report


@transaction.atomic
def undertake_report(*, report_id: UUID, actor: Actor) -> AgencyReport:
    """Undertake to write a report, by somebody of the agency who is unrelated to the provider."""
    report = _of_agency(report_id, actor)
    advance(report, to=State.UNDERTAKEN, actor=actor)
    return report


@transaction.atomic
def decline_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Decline to write a report, saying why."""
    report = _of_agency(report_id, actor)
    said = require_reason(reason)
    advance(report, to=State.DECLINED, actor=actor, reason=said, note=said)
    return report


def keep_report_paper(
    *, report_id: UUID, name: str, body: Iterable[bytes], expected_sha256: str = "", actor: Actor
) -> ReportPaper:
    """Keep the signed report: a PDF, PNG or JPEG file. Must not run inside a transaction.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state` unless it is being written, or what
    listings/papers.py raises; then nothing of it stays.
    """
    report = _of_agency(report_id, actor)
    _refuse_settled(report)
    paper = ReportPaper(
        report=report,
        organization_id=report.organization_id,
        name=checked_file_name(name),
        uploaded_by=actor.person_id,
    )
    with stored(paper, body, folder="reports", expected_sha256=expected_sha256), transaction.atomic():
        _refuse_settled(AgencyReport.objects.select_for_update(of=("self",)).get(pk=report.pk))
        paper.save(force_insert=True)
        cancel(ABANDONED_JOB, paper.storage_name)
        details = {"name": paper.name, "sha256": paper.sha256, "sm3": paper.sm3}
        audit.record("reportpaper.kept", subject=paper, actor=actor, details=details)
    return paper


def read_report_paper(*, paper_id: UUID, actor: Actor) -> tuple[ReportPaper, Iterator[bytes]]:
    """Return a report's paper and its plain bytes; the reading is recorded. Raises Problem `not_found`."""
    paper = find(ReportPaper.objects.visible_to(actor), pk=paper_id)
    audit.record("reportpaper.read", subject=paper, actor=actor, details={"sha256": paper.sha256})
    return paper, paper_bytes(paper)


@transaction.atomic
def deliver_report(
    *,
    report_id: UUID,
    conclusion: str,
    findings: str,
    jurisdictions: Sequence[str] = (),
    route: str = "",
    rule_set: str = "",
    opinion_on: date | None = None,
    valid_until: date | None = None,
    actor: Actor,
) -> AgencyReport:
    """Deliver a report whose signed paper has been kept, with its conclusion in a form that rules can read.

    A legal opinion on a listing that may cross the border names jurisdictions, route, rule set and day (DOMAIN §3.5).
    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state`, `report_without_paper`, or
    `invalid` with the fields.
    """
    report = _of_agency(report_id, actor)
    if not report.papers.exists():
        raise Problem("report_without_paper")
    named: dict[str, Any] = {
        "jurisdictions": list(jurisdictions),
        "route": route,
        "rule_set": rule_set,
        "opinion_on": opinion_on,
    }
    if errors := list(_content_errors(report, named)):
        raise Problem("invalid", errors=errors)
    today = timezone.localdate()
    if opinion_on is not None and opinion_on > today:
        raise field_problem("/opinion_on", "in_the_future", _("Enter what has happened."))
    if valid_until is not None and valid_until < today:
        raise field_problem("/valid_until", "in_the_past", _("The report would have ended already."))

    advance(
        report,
        to=State.DELIVERED,
        actor=actor,
        details={"conclusion": conclusion, "paper": report.papers.latest("id").sha256},
        conclusion=conclusion,
        findings=require_reason(findings),
        valid_until=valid_until,
        written_by=person_of(actor),
        receive_by=_silence_ends(report.venue) if report.ordered_by_provider else None,
        **named,
    )
    if report.receive_by is not None:
        _start_clock(report, report.receive_by)
    return report


@transaction.atomic
def accept_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Accept a delivered report, by an officer of its stage who did not write it and is unrelated to the provider.

    One that the provider ordered has been received by it; the officer of the stage at which the listing is accepts it.
    """
    report = _of_officer(report_id, actor)
    _refuse_not_received(report)
    require_different_person(actor, made_by=report.written_by)
    advance(
        report,
        to=State.ACCEPTED,
        actor=actor,
        reason=require_reason(reason),
        details={"conclusion": report.conclusion, "ordered_by_provider": report.ordered_by_provider},
        accepted_by=person_of(actor),
        note=reason,
    )
    return report


@transaction.atomic
def return_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Give a delivered report back to its agency, saying what is missing."""
    report = _of_officer(report_id, actor)
    _refuse_not_received(report)
    said = require_reason(reason)
    advance(report, to=State.RETURNED, actor=actor, reason=said, note=said)
    return report


@transaction.atomic
def cancel_report(*, report_id: UUID, reason: str, actor: Actor) -> AgencyReport:
    """Call a report off that is not delivered, by an officer of its stage; what was ordered its provider calls off."""
    report = _of_officer(report_id, actor)
    if report.ordered_by_provider:
        raise Problem("forbidden", _("The provider ordered this report."))
    said = require_reason(reason)
    advance(report, to=State.CANCELLED, actor=actor, reason=said, note=said)
    return report


def silence_key(report: AgencyReport, ends_at: datetime) -> str:
    """Return the key of the job that ends a silence; a report that is delivered anew starts another one."""
    return f"{report.pk} {ends_at.astimezone(UTC).isoformat()}"


def report_errors(case: Case) -> Iterator[FieldError]:
    """Yield what reports keep a stage from being passed: awaited ones, wanted ones that do not stand, adverse ones."""
    reports = AgencyReport.objects.filter(listing=case.listing)
    for report in reports.awaited().filter(stage=case.stage.code):
        message = _("This report is still awaited: %(kind)s.") % {"kind": report.get_kind_display()}
        yield FieldError("/reports", "report_awaited", message)
    standing = list(reports.standing())
    for wanted in case.checklist.reports_of(case.facts):
        if wanted.stage == case.stage.code and wanted.kind not in {report.kind for report in standing}:
            message = _("This stage wants a report: %(label)s.") % {"label": in_language(wanted.label)}
            yield FieldError("/reports", "report_wanted", message)
    referred = ReviewStage.COMMITTEE in case.stages
    ordered = reports.filter(ordered_by_provider=True, state__in=AgencyReport.WRITTEN)
    if not referred and any(report.conclusion == AgencyReport.Conclusion.ADVERSE for report in [*standing, *ordered]):
        yield FieldError("/reports", "adverse_report", _("A report is adverse: refer the listing to the committee."))


def check_allowance(working_days: int) -> None:
    """Raise `invalid` unless an agency may be given so many working days."""
    if not 1 <= working_days <= LONGEST_ALLOWANCE:
        raise field_problem("/working_days", "out_of_range", _("Give 1 to %d working days.") % LONGEST_ALLOWANCE)


def check_agency(agency_id: UUID, listing: Listing) -> None:
    """Raise `invalid` at `/agency_id` unless it is an active agency of the venue and unrelated to the provider."""
    try:
        require_member(agency_id, listing.venue_id, Capacity.SERVICE_AGENCY)
    except Problem as problem:
        raise field_problem("/agency_id", problem.code, problem.detail) from problem
    if agency_id == listing.organization_id or agency_id in related_organizations(listing.organization_id):
        raise field_problem("/agency_id", "not_independent", _("The agency is related to the provider."))


def _content_errors(report: AgencyReport, named: Mapping[str, Any]) -> Iterator[FieldError]:
    for index, place in enumerate(named["jurisdictions"]):
        if place not in known_jurisdictions():
            yield FieldError(f"/jurisdictions/{index}", "unknown_jurisdiction", _("Give an ISO 3166 code, as HK."))
    if report.kind == AgencyReport.Kind.LEGAL_OPINION and facts_of(report.listing)["reach"] != "DOMESTIC":
        for field, value in named.items():
            if not value:
                message = _("An opinion on a crossing names jurisdictions, route, rule set and day.")
                yield FieldError(f"/{field}", "required", message)


def _silence_ends(venue: Venue) -> datetime:
    return add_working_days(timezone.now(), SILENCE_DAYS, jurisdiction=venue.jurisdiction, tz=venue.zone)


def _start_clock(report: AgencyReport, ends_at: datetime) -> None:
    enqueue(
        SILENCE_JOB,
        key=silence_key(report, ends_at),
        subject_id=report.pk,
        due_at=ends_at,
        organization_id=report.provider_id,
        venue_id=report.venue_id,
    )


def _refuse_settled(report: AgencyReport) -> None:
    if report.state not in (State.UNDERTAKEN, State.RETURNED, State.DISPUTED):
        raise Problem("illegal_state", _("This report is not being written."), state=report.state)


def _refuse_not_received(report: AgencyReport) -> None:
    if report.ordered_by_provider and report.state == State.DELIVERED:
        raise Problem("illegal_state", _("The provider has not received this report yet."), state=report.state)


def _of_agency(report_id: UUID, actor: Actor) -> AgencyReport:
    reports = AgencyReport.objects.visible_to(actor).select_related("listing__product", "venue")
    report = find(reports, pk=report_id)
    require(actor, Permission.REPORT_DELIVER, organization_id=report.organization_id)
    require_unrelated(actor, report.provider_id)
    return report


def _of_officer(report_id: UUID, actor: Actor) -> AgencyReport:
    report = find(AgencyReport.objects.visible_to(actor).select_related("listing__product"), pk=report_id)
    case = case_of(report.listing)
    if report.ordered_by_provider and report.listing.state not in Listing.UNDER_REVIEW:
        raise Problem("illegal_state", _("The listing is not under review."), state=report.listing.state)
    stage = case.stage if report.ordered_by_provider else case.checklist.stage(report.stage)
    require(actor, stage.permission, venue_id=report.venue_id)
    require_unrelated(actor, report.provider_id)
    return report
