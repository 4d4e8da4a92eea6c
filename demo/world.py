"""Load the demo world through the capability functions, as its people would make it. Loading again adds nothing."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts import onboarding, people
from accounts.access import actor_for_person
from accounts.models import Membership, Organization, Person, Venue
from accounts.operating import appoint_operator
from accounts.registering import OrganizationFacts, PersonFacts, create_person, register_organization, sign_up
from demo.people import MEMBERS, MEMBERSHIPS, OPERATORS, PASSWORD, DemoOrganization, DemoPerson
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.money import Currency, Money
from settlements.deposits import credit_deposit, enter_deposit
from settlements.models import Deposit

OPENING_DEPOSIT = Money(500_000_00, Currency.CNY)
OPERATOR_EMAIL = "operator@dawan.example"  # of the deployment: sees every venue


def load() -> None:
    """Make whatever of the demo world is missing."""
    for venue_code, operator in OPERATORS.items():
        _open_venue(venue_code, operator)
    for member in MEMBERS:
        _register(member)
    for member, venue_code, capacity in MEMBERSHIPS:
        _admit(member, venue_code, capacity)
    for member, venue_code, capacity in MEMBERSHIPS:
        if capacity == "BUYER":
            _fund(member, venue_code)
    if not Person.objects.filter(email=OPERATOR_EMAIL).exists():
        Person.objects.create_superuser(OPERATOR_EMAIL, PASSWORD, name="平台运维（演示）")


def actor_of(email: str) -> Actor:
    """Return the actor of a demo person."""
    return actor_for_person(Person.objects.get(email=email))


@transaction.atomic
def _open_venue(venue_code: str, operator: DemoOrganization) -> None:
    if Venue.objects.get(code=venue_code).operator_id is not None:
        return
    organization = register_organization(_facts(operator))
    audit.record("organization.registered", subject=organization, actor=SYSTEM)
    appoint_operator(venue_code=venue_code, organization_id=organization.pk, actor=SYSTEM)
    for person in operator.people:
        _join(organization, person, inviter=SYSTEM)


@transaction.atomic
def _register(member: DemoOrganization) -> None:
    founder, *others = member.people
    if Person.objects.filter(email=founder.email).exists():
        return
    organization = sign_up(person=_person_facts(founder), organization=_facts(member)).organization
    for person in others:
        _join(organization, person, inviter=actor_of(founder.email))


def _join(organization: Organization, person: DemoPerson, *, inviter: Actor) -> None:
    invitation, _token = people.invite(
        organization_id=organization.pk, email=person.email, role=person.role, actor=inviter
    )
    people.accept_invitation(invitation=invitation, person=create_person(_person_facts(person)))


@transaction.atomic
def _admit(member: DemoOrganization, venue_code: str, capacity: str) -> None:
    applicant = actor_of(member.people[0].email)
    rows = Membership.objects.filter(organization=applicant.organization_id, venue__code=venue_code, capacity=capacity)
    if rows.exclude(state__in=[Membership.State.REJECTED, Membership.State.TERMINATED]).exists():
        return
    membership = onboarding.apply(
        venue_code=venue_code, capacity=capacity, actor=applicant, statement="演示会员申请 · demo application"
    )
    onboarding.submit(membership_id=membership.pk, actor=applicant)
    onboarding.start_review(membership_id=membership.pk, actor=actor_of(f"clerk@{venue_code}.example"))
    reviewer = actor_of(f"reviewer@{venue_code}.example")
    onboarding.approve(membership_id=membership.pk, actor=reviewer)
    onboarding.activate(membership_id=membership.pk, actor=reviewer)


@transaction.atomic
def _fund(member: DemoOrganization, venue_code: str) -> None:
    organization = Organization.objects.get(affiliations__person__email=member.people[0].email)
    venue = Venue.objects.get(code=venue_code)
    if Deposit.objects.filter(organization=organization, venue=venue).exists():
        return
    deposit = enter_deposit(
        venue=venue,
        organization=organization,
        amount=OPENING_DEPOSIT,
        bank_reference=f"DEMO-{venue.number_prefix}-{organization.identifier}",
        received_on=_today(venue),
        actor=actor_of(f"clerk@{venue_code}.example"),
    )
    credit_deposit(deposit_id=deposit.pk, actor=actor_of(f"officer@{venue_code}.example"))


def _facts(organization: DemoOrganization) -> OrganizationFacts:
    return OrganizationFacts(
        name=organization.name,
        legal_name=organization.legal_name,
        jurisdiction=organization.jurisdiction,
        identifier=organization.identifier,
        division_code=organization.division_code,
    )


def _person_facts(person: DemoPerson) -> PersonFacts:
    return PersonFacts(email=person.email, name=person.name, password=PASSWORD, language=person.language)


def _today(venue: Venue) -> date:
    return timezone.now().astimezone(venue.zone).date()
