"""Joining the exchange: a person signs up with the organization they administer; its facts are checked here."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import actor_for_person, find, require
from accounts.identifiers import check_identifier
from accounts.models import Affiliation, Organization, Person, Role
from accounts.permissions import Permission
from accounts.places import check_place
from kernel import audit
from kernel.actors import Actor
from kernel.languages import check_language_map
from kernel.problems import FieldError, Problem, field_problem


@dataclass(frozen=True)
class OrganizationFacts:
    """What an organization says of itself when it registers."""

    name: Mapping[str, str]
    legal_name: str
    jurisdiction: str
    identifier: str
    division_code: str = ""


@dataclass(frozen=True)
class PersonFacts:
    """What a person says of themselves when they sign up; the password is in the clear only here."""

    email: str
    name: str
    password: str
    language: str = Person.Language.SIMPLIFIED


@transaction.atomic
def sign_up(*, person: PersonFacts, organization: OrganizationFacts) -> Affiliation:
    """Create a person and the organization that they administer, and return their role in it.

    Whether they may speak for it is checked by a venue before it admits the organization as a member.
    Raises Problem `invalid` for a weak password or a wrong identifier; the database refuses a taken email address
    (`email_taken`) and an organization that is already registered (`organization_exists`).
    """
    newcomer = create_person(person, pointer="/person")
    registered = register_organization(organization, pointer="/organization")
    affiliation = Affiliation.objects.create(person=newcomer, organization=registered, role=Role.ADMIN)

    actor = actor_for_person(newcomer)
    audit.record("organization.registered", subject=registered, actor=actor, details=_facts(registered))
    audit.record("person.signed_up", subject=newcomer, actor=actor, organization_id=registered.pk)
    return affiliation


def create_person(facts: PersonFacts, *, pointer: str = "") -> Person:
    """Create a person with a password that passes the validators; raises Problem `invalid` at `pointer`/password."""
    check_password_strength(facts.password, Person(email=facts.email, name=facts.name), pointer=f"{pointer}/password")
    return Person.objects.create_user(facts.email, facts.password, name=facts.name, language=facts.language)


def check_password_strength(password: str, person: Person, *, pointer: str) -> None:
    """Raise Problem `invalid` with every reason why the validators refuse the password."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        reasons = [FieldError(pointer, each.code or "invalid", each.messages[0]) for each in error.error_list]
        raise Problem("invalid", errors=reasons) from error


def register_organization(facts: OrganizationFacts, *, pointer: str = "") -> Organization:
    """Create an organization after checking its place and its identifier by the rules of its jurisdiction.

    Raises Problem `invalid` with a pointer below `pointer`.
    """
    check_place(jurisdiction=facts.jurisdiction, division_code=facts.division_code, pointer=pointer)
    identifier = check_identifier(
        jurisdiction=facts.jurisdiction, value=facts.identifier, pointer=f"{pointer}/identifier"
    )
    return Organization.objects.create(
        name=dict(facts.name),
        legal_name=facts.legal_name,
        jurisdiction=facts.jurisdiction,
        identifier_kind=identifier.kind,
        identifier=identifier.value,
        division_code=facts.division_code,
    )


@transaction.atomic
def update_organization(
    *,
    organization_id: UUID,
    actor: Actor,
    name: Mapping[str, str] | None = None,
    division_code: str | None = None,
    sector: str | None = None,
) -> Organization:
    """Change an organization's shown name or its place, or declare its sector; its legal facts never change.

    A sector is declared once: listings are closed to sectors, and nobody may slip from one into another.

    Raises Problem `not_found`, `forbidden` or `invalid`.
    """
    organization = find(Organization.objects.visible_to(actor).select_for_update(), pk=organization_id)
    require(actor, Permission.ORGANIZATION_MANAGE, organization_id=organization.pk)
    before = _changeable(organization)

    if name is not None:
        check_language_map(dict(name), max_length=120)
        organization.name = dict(name)
    if division_code is not None:
        check_place(jurisdiction=organization.jurisdiction, division_code=division_code)
        organization.division_code = division_code
    if sector is not None:
        if organization.sector not in ("", sector):
            raise field_problem("/sector", "fixed", _("The sector was declared before and does not change."))
        organization.sector = sector
    organization.save(update_fields=["name", "division_code", "sector"])

    details = {"before": before, "after": _changeable(organization)}
    audit.record("organization.updated", subject=organization, actor=actor, details=details)
    return organization


def _changeable(organization: Organization) -> dict[str, object]:
    return {
        "name": organization.name,
        "division_code": organization.division_code,
        "sector": organization.sector,
    }


def _facts(organization: Organization) -> dict[str, str]:
    return {
        "legal_name": organization.legal_name,
        "jurisdiction": organization.jurisdiction,
        "identifier": f"{organization.identifier_kind} {organization.identifier}",
        "division_code": organization.division_code,
    }
