"""The exporter's side of a route case: opened with the order, its route chosen, its papers handed in, withdrawn."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.models import Organization
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import cancel
from kernel.languages import in_language
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder import problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.border_dossier import border_dossier_of, reaches
from listings.crossborder.clocks import stop_clocks
from listings.crossborder.deciding import WAITING_ROUTES, decide, latest_decision, offered_routes, own_persons
from listings.crossborder.facts import day_of
from listings.crossborder.register import release
from listings.crossborder.research_lane import research_papers
from listings.crossborder.route_sheets import AUTOMATIC_PAPERS, papers_of, rests_on_contract
from listings.crossborder.splitting import watch_splitting
from listings.models import CasePaper, Listing, RouteCase, RouteDecision
from listings.papers import paper_bytes, stored
from listings.uploading import ABANDONED_JOB, checked_file_name

State = RouteCase.State
MOST_PAPERS = 100  # of one case


def open_case(
    *,
    order_id: UUID,
    listing: Listing,
    recipient: Organization,
    purpose: str,
    onward_transfer_outside_gba: bool,
    actor: Actor,
) -> RouteCase:
    """Open the case of an order whose buyer sits in another jurisdiction, and decide its route as things stand.

    `listing` has its product, version, venue and organization loaded. The caller has asked for the buyer's permission
    and runs the transaction. Raises Problem `destination_not_allowed`, `cross_border_forbidden` with the reason, or
    `no_rules_in_force`.
    """
    if not reaches(border_dossier_of(listing.product), recipient):
        raise Problem("destination_not_allowed")
    today = day_of(timezone.now())
    case = RouteCase.objects.create(
        number=short_number(listing.venue.number_prefix, "X", today.year),
        venue=listing.venue,
        organization=listing.organization,
        recipient=recipient,
        product=listing.product,
        listing=listing,
        version=listing.version,
        order_id=order_id,
        purpose=purpose,
        onward_transfer_outside_gba=onward_transfer_outside_gba,
        year=today.year,
    )
    audit.record("routecase.opened", subject=case, actor=actor, details={"order": str(order_id)})
    follow(case, decide(case, on=today), actor=SYSTEM)
    watch_splitting(case)
    return case


def follow(case: RouteCase, decision: RouteDecision, *, actor: Actor) -> None:
    """Move a case to where its new decision leads; where one route is left, it is chosen.

    Raises Problem `cross_border_forbidden` with the deciding row's reason.
    """
    if decision.route == "forbidden":
        raise Problem("cross_border_forbidden", in_language(decision.body["hits"][0]["reason"]))
    own = own_persons(case)
    counted = {
        "year": decision.as_of.year,
        "n_general": own and own.general,
        "n_sensitive": own and own.sensitive,
        "route": "",
    }
    to = WAITING_ROUTES.get(decision.route, State.DECIDED)
    said = {"route": decision.route, "rule_set": decision.rule_set, "sha256": decision.sha256}
    if case.state == to:
        RouteCase.objects.filter(pk=case.pk).update(**counted)
        audit.record("routecase.decided", subject=case, actor=actor, details=said)
    else:
        advance(case, to=to, actor=actor, reason=decision.reason, details=said, **counted)
    routes = offered_routes(decision)
    if to == State.DECIDED and len(routes) == 1:
        advance(case, to=State.DOCS_PENDING, actor=actor, route=routes[0])


@transaction.atomic
def decide_again(*, case_id: UUID, actor: Actor) -> RouteCase:
    """Decide a case anew after what it waited for has been mended, by its exporter or an officer.

    Raises Problem `not_found`, `forbidden`, `illegal_state` once papers are being collected, or what `follow` raises.
    """
    case = locked_case(case_id, actor)
    require_exporter_or_officer(case, actor)
    if case.state not in (State.NEW, State.CLASSIFIED, State.DECIDED, State.REASSESS_REQUIRED):
        raise Problem("illegal_state", _("This case has its route."), state=case.state)
    release(case, actor=actor, reason=_("The case is decided anew."))
    follow(case, decide(case), actor=actor)
    return case


@transaction.atomic
def choose_route(*, case_id: UUID, route: str, actor: Actor) -> RouteCase:
    """Choose one of the routes that the decision leaves open, by the exporter.

    Raises Problem `not_found`, `forbidden`, `route_not_offered` or `illegal_state`.
    """
    case = locked_case(case_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=case.organization_id)
    if case.state == State.DECIDED and route not in (offered := offered_routes(latest_decision(case))):
        raise Problem("route_not_offered", offered=offered)
    advance(case, to=State.DOCS_PENDING, actor=actor, details={"route": route}, route=route)
    return case


def keep_paper(
    *, case_id: UUID, code: str, name: str, body: Iterable[bytes], expected_sha256: str = "", actor: Actor
) -> CasePaper:
    """Keep one of the papers that the case's route takes: a PDF, PNG or JPEG file. Must not run inside a transaction.

    A later paper of the same code replaces the earlier one, which is kept. Raises Problem `not_found`, `forbidden`,
    `illegal_state` unless papers are pending, `invalid` for a paper that the route does not take, or what
    listings/papers.py raises; then nothing of it stays.
    """
    case = find(RouteCase.objects.visible_to(actor), pk=case_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=case.organization_id)
    _refuse_paper(case, code)
    paper = CasePaper(
        case=case,
        organization_id=case.organization_id,
        code=code,
        name=checked_file_name(name),
        uploaded_by=actor.person_id,
    )
    with stored(paper, body, folder="papers", expected_sha256=expected_sha256), transaction.atomic():
        _refuse_paper(locked_case(case_id, actor), code)  # it may have moved on while the bytes arrived
        paper.save(force_insert=True)
        cancel(ABANDONED_JOB, paper.storage_name)
        details = {"code": code, "name": paper.name, "sha256": paper.sha256, "sm3": paper.sm3}
        audit.record("casepaper.kept", subject=paper, actor=actor, details=details)
    return paper


def read_paper(*, paper_id: UUID, actor: Actor) -> tuple[CasePaper, Iterator[bytes]]:
    """Return a paper and its plain bytes, piece by piece; the reading is recorded. Raises Problem `not_found`."""
    paper = find(CasePaper.objects.visible_to(actor), pk=paper_id)
    audit.record("casepaper.read", subject=paper, actor=actor, details={"sha256": paper.sha256})
    return paper, paper_bytes(paper)


@transaction.atomic
def submit_papers(
    *,
    case_id: UUID,
    port: str,
    recipient_network: str = "",
    contract_effective_on: date | None = None,
    contract_ends_on: date | None = None,
    actor: Actor,
) -> RouteCase:
    """Hand a case's papers in for review, with the port and, on a contract route, when the contract takes effect.

    `recipient_network` is an address or network (`203.0.113.0/24`) from which the recipient will fetch the data.
    Raises Problem `not_found`, `forbidden`, `papers_missing` with their codes, `illegal_state`, or `invalid`.
    """
    case = locked_case(case_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=case.organization_id)
    if case.state != State.DOCS_PENDING:
        raise Problem("illegal_state", _("No papers are awaited."), state=case.state)
    if missing := missing_papers(case):
        raise Problem("papers_missing", missing=missing)
    _check_network(recipient_network)
    _check_contract(case, contract_effective_on, contract_ends_on)

    advance(
        case,
        to=State.INTERNAL_REVIEW,
        actor=actor,
        details={"port": port, "contract_effective_on": contract_effective_on, "papers": _digests(case)},
        port=port,
        recipient_network=recipient_network,
        contract_effective_on=contract_effective_on,
        valid_until=contract_ends_on,
        submitted_by=actor.person_id,
    )
    return case


def withdraw_case(*, order_id: UUID, actor: Actor, reason: str) -> None:
    """End the case of an order that is cancelled, and give back what it holds in the register; none: does nothing."""
    case = RouteCase.objects.select_for_update(of=("self",)).filter(order_id=order_id).first()
    if case is None or State.WITHDRAWN not in RouteCase.MOVES.get(case.state, frozenset()):
        return
    advance(case, to=State.WITHDRAWN, actor=actor, reason=require_reason(reason))
    stop_clocks(case)
    release(case, actor=actor, reason=reason)


def missing_papers(case: RouteCase) -> list[str]:
    """Return the codes of the papers that a case's route takes and nobody has handed in."""
    there = set(case.papers.values_list("code", flat=True)) | AUTOMATIC_PAPERS
    return [code for code in wanted_papers(case) if code not in there]


def wanted_papers(case: RouteCase) -> list[str]:
    """Return the codes of the papers that a case takes: those of its route, and of the lane for research data."""
    return [*papers_of(latest_decision(case), case.route), *research_papers(case)]


def locked_case(case_id: UUID, actor: Actor) -> RouteCase:
    """Return a case under its row lock with what its facts are made of. Raises Problem `not_found`."""
    cases = RouteCase.objects.visible_to(actor).select_related(
        "venue", "organization", "recipient", "product", "version", "listing"
    )
    return find(cases.select_for_update(of=("self",)), pk=case_id)


def require_exporter_or_officer(case: RouteCase, actor: Actor) -> None:
    """Raise Problem `forbidden` unless the actor acts for the exporter or reviews route cases at the venue."""
    if actor.organization_id == case.organization_id:
        require(actor, Permission.PRODUCT_MANAGE, organization_id=case.organization_id)
    else:
        require(actor, Permission.BORDER_REVIEW, venue_id=case.venue_id)


def _refuse_paper(case: RouteCase, code: str) -> None:
    if case.state != State.DOCS_PENDING:
        raise Problem("illegal_state", _("No papers are awaited."), state=case.state)
    wanted = wanted_papers(case)
    if code not in wanted:
        message = _("The route takes these papers: %(codes)s.") % {"codes": ", ".join(wanted)}
        raise field_problem("/code", "unknown_paper", message)
    if case.papers.count() >= MOST_PAPERS:
        raise Problem("too_large", _("A case has at most %d papers.") % MOST_PAPERS)


def _check_network(network: str) -> None:
    if network:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            message = _("Give an IP address or network, such as 203.0.113.0/24.")
            raise field_problem("/recipient_network", "invalid", message) from error


def _check_contract(case: RouteCase, effective_on: date | None, ends_on: date | None) -> None:
    if not rests_on_contract(case.route):
        return
    if effective_on is None:
        message = _("Filing is counted from the day on which the contract takes effect.")
        raise field_problem("/contract_effective_on", "required", message)
    if ends_on is None or ends_on < effective_on:
        raise field_problem("/contract_ends_on", "ends_before_it_begins", _("Give the last day of the contract."))


def _digests(case: RouteCase) -> Mapping[str, Any]:
    rows = case.papers.order_by("id").values_list("code", "sha256")
    return dict(rows)  # the last one of a code counts
