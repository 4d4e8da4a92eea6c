"""Trades across a border in tests: a listing that may go, its route case at any stage, and the customs' release.

Persons are declared, not made up row by row: the exchange counts what is declared where the scan finds fewer.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Organization, Person, Role
from kernel.digests import Digests, canonical_json
from kernel.jobs import run_due_jobs
from listings.crossborder import cases, customs, filings, reviewing
from listings.crossborder.border_dossier import declare_border_dossier
from listings.crossborder.cases import missing_papers
from listings.crossborder.deciding import latest_decision
from listings.crossborder.facts import day_of, read_facts
from listings.crossborder.parties import confirm_standing, declare_standing
from listings.crossborder.route import decide_route
from listings.crossborder.route_sheets import authorities_of
from listings.crossborder.rule_sets import rules_named
from listings.grade_confirmation import confirm_grade
from listings.listing import create_listing
from listings.models import CustomsDeclaration, Listing, RouteCase, RouteDecision
from listings.registration import create_product, register_product
from marketplace import ordering
from marketplace.models import Delivery, Order
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.listings.papers import PDF
from tests.marketplace.trading import STREETS, stored_version
from tests.world import actor, make_person, operator_of, person_of, staff

State = RouteCase.State
_numbers = count(1)


def exportable(
    provider: Organization,
    *,
    n_general: int = 0,
    n_sensitive: int = 0,
    reach: str = "ANYWHERE",
    price: str = "120.00",
    confirmed: bool = True,
    code: str = "gzdex",
    deliveries: Sequence[str] = (),
    content: bytes = STREETS,
    **fields: Any,
) -> Listing:
    """Return a listing in the catalogue that may cross the border; `fields` go into its cross-border dossier."""
    who = actor(person_of(provider))
    version = stored_version(provider, content)
    if confirmed:
        confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
    ways = {"deliveries": list(deliveries)} if deliveries else {}
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(**ways), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    border = {"reach": reach, "scenario": "OTHER", "n_general": n_general, "n_sensitive": n_sensitive}
    declare_border_dossier(product_id=product.pk, fields=border | fields, actor=who)
    listing = create_listing(
        product_id=product.pk,
        venue_code=code,
        version_id=version.pk,
        terms_id=make_terms(product).pk,
        plan_ids=[make_plan(product, price).pk],
        actor=who,
    )
    return put_up(listing)


def standing(provider: Organization, *, ciio: bool | None = False, **fields: Any) -> None:
    """Declare an exporter's standing and have an officer confirm it."""
    given = {"small": False, "ftz": ""} | fields
    profile = declare_standing(ciio=ciio, **given, actor=actor(person_of(provider)))
    confirm_standing(profile_id=profile.pk, reason="seen", actor=officer())


def officer(role: Role = Role.COMPLIANCE_REVIEWER, code: str = "gzdex") -> Any:
    return actor(staff(code, role))


def second_officer(role: Role = Role.CUSTOMS_OFFICER, code: str = "gzdex") -> Any:
    staff(code, role)
    people = Person.objects.filter(affiliations__organization=operator_of(code), affiliations__role=role)
    return actor(people.order_by("id")[1] if people.count() > 1 else make_person(operator_of(code), role))


def case_of(order: Order) -> RouteCase:
    return RouteCase.objects.get(order_id=order.pk)


def buy(listing: Listing, buyer: Organization, **fields: Any) -> Order:
    return ordering.place_order(
        listing_id=listing.pk,
        plan_id=listing.plans.get().pk,
        purpose="Checking delivery addresses",
        actor=actor(person_of(buyer)),
        **fields,
    )


def chosen(case: RouteCase, route: str) -> RouteCase:
    return cases.choose_route(case_id=case.pk, route=route, actor=actor(person_of(case.organization)))


def papered(case: RouteCase, **fields: Any) -> RouteCase:
    """Hand every paper of the case's route in."""
    exporter = actor(person_of(case.organization))
    case = RouteCase.objects.get(pk=case.pk)
    for code in missing_papers(case):
        cases.keep_paper(case_id=case.pk, code=code, name=f"{code}.pdf", body=[PDF], actor=exporter)
    today = day_of(timezone.now())
    contract = {"contract_effective_on": today, "contract_ends_on": today + timedelta(days=365)}
    return cases.submit_papers(case_id=case.pk, actor=exporter, **({"port": "NANSHA"} | contract | fields))


def reviewed(case: RouteCase) -> RouteCase:
    return reviewing.approve_papers(case_id=papered(case).pk, reason="complete", actor=officer())


def cleared(case: RouteCase) -> RouteCase:
    """Take a case whose route is chosen through papers, review and filings until data may go."""
    case = reviewed(case)
    if case.state == State.SIGNED:
        for authority in authorities_of(latest_decision(case), case.route):
            case = filings.record_filing(
                case_id=case.pk,
                authority=authority,
                number=f"备案{next(_numbers)}",
                on=day_of(timezone.now()),
                actor=officer(),
            )
    if case.state == State.SUBMITTED:
        for state in (State.AUTH_COMPLETENESS, State.ACCEPTED, State.AUTH_REVIEW, State.APPROVED):
            authority = authorities_of(latest_decision(case), case.route)[0]
            case = filings.record_reply(
                case_id=case.pk, to=state, authority=authority, on=day_of(timezone.now()), actor=officer()
            )
    assert case.cleared, case.state
    return case


def funded(order: Order, route: str = "") -> Order:
    """Clear the order's case, by `route` where there is a choice, and let the job fund it."""
    case = case_of(order)
    cleared(chosen(case, route) if route else case)
    run_due_jobs(kinds=("order.fund",))
    order.refresh_from_db()
    assert order.state == Order.State.FUNDED, order.state
    return order


def declared(order: Order) -> CustomsDeclaration:
    """Let the worker check the bytes and declare them."""
    run_due_jobs(kinds=("delivery.fulfil",))
    return CustomsDeclaration.objects.filter(case__order_id=order.pk).latest("id")


def released(order: Order) -> Delivery:
    """Let two officers release the declaration, and the worker open the delivery."""
    declaration = declared(order)
    if declaration.state == CustomsDeclaration.State.CONTENT_SAMPLING:
        customs.propose_release(declaration_id=declaration.pk, reason="rows seen", actor=officer(Role.CUSTOMS_OFFICER))
        customs.release_declaration(declaration_id=declaration.pk, reason="agreed", actor=second_officer())
    run_due_jobs(kinds=("delivery.cleared",))
    delivery = order.deliveries.get()
    assert delivery.state == Delivery.State.DELIVERED, declaration.findings
    return delivery


def is_reproduced(decision: RouteDecision) -> bool:
    """Tell whether the engine, asked again with the stored facts and rule set, gives the same bytes (I8)."""
    facts = read_facts(decision.body["facts"], undated=decision.as_of)
    again = decide_route(facts, rules_named(decision.rule_set))
    return (
        Digests(again.canonical()).sha256 == decision.sha256 == Digests(canonical_json(decision.body)).sha256
        and again.rule_set_digest == decision.rule_set_digest
    )
