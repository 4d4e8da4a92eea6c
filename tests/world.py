"""The world that tests trade in: venues and their staff, organizations and their people, memberships, API clients.

Plain functions that make rows as they would stand after the real acts; how a thing comes about through the public
functions is tested where that function lives.

    provider = make_member("gzdex", Capacity.PROVIDER)           # an organization with an active membership
    api(person_of(provider)).post("/api/v1/…", {...})            # a signed-in person; Idempotency-Key is sent by itself
    api(make_client(person_of(provider)))                        # the same through a bearer token
    officer = staff("gzdex", Role.SETTLEMENT_OFFICER)
    actor(officer)                                               # what capability functions want
"""

import secrets
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from oauth2_provider.models import get_access_token_model, set_token_value
from rest_framework.test import APIClient
from stdnum.cn import uscc

from accounts.access import actor_for_client, actor_for_person
from accounts.identifiers import KIND_OF_JURISDICTION, IdentifierKind, subject_check_digit
from accounts.models import Affiliation, ApiClient, Capacity, Membership, Organization, Person, Role, Venue
from accounts.permissions import SCOPE_PERMISSIONS
from kernel.actors import Actor

PASSWORD = "a-long-and-rare-passphrase"
ALL_SCOPES = sorted(SCOPE_PERMISSIONS)
_VENUES = {
    "gzdex": ("GZ", {"zh-Hans": "广州数据交易所", "zh-Hant": "廣州數據交易所", "en": "Guangzhou Data Exchange"}),
    "szdex": ("SZ", {"zh-Hans": "深圳数据交易所", "zh-Hant": "深圳數據交易所", "en": "Shenzhen Data Exchange"}),
}
_numbers = count(1)


def venue(code: str = "gzdex") -> Venue:
    """Return one of the two venues."""
    return Venue.objects.get(code=code)


def put_back_venues() -> None:
    """Make the two venues and their first fee schedules again, as the data migrations did."""
    from settlements.fees import adopt_defaults
    from settlements.taxes import first_table, load_rates

    for code, (prefix, name) in _VENUES.items():
        there, _made = Venue.objects.get_or_create(code=code, defaults={"number_prefix": prefix, "name": name})
        adopt_defaults(there)
    load_rates(first_table())


def valid_uscc(number: int, division_code: str = "440100") -> str:
    """Return a Unified Social Credit Code with right check digits, another for every number."""
    body = f"{number:08d}"
    front = f"91{division_code}{body}{subject_check_digit(body)}"
    return front + uscc.calc_check_digit(front)


def make_organization(
    name: str = "南沙数据", *, jurisdiction: str = "CN", division_code: str = "440115", **fields: Any
) -> Organization:
    """Make a registered organization, in Nansha unless told otherwise."""
    number = next(_numbers)
    kind = KIND_OF_JURISDICTION.get(jurisdiction, IdentifierKind.OTHER)
    identifier = {
        IdentifierKind.USCC: valid_uscc(number, division_code),
        IdentifierKind.HKBR: f"{50000000 + number}",
        IdentifierKind.MOCR: f"{number} SO",
        IdentifierKind.OTHER: f"REG {number}",
    }[kind]
    defaults = {
        "name": {"zh-Hans": f"{name}{number}", "en": f"Organization {number}"},
        "legal_name": f"{name}{number}有限公司",
        "jurisdiction": jurisdiction,
        "identifier_kind": kind,
        "identifier": identifier,
        "division_code": division_code if jurisdiction == "CN" else "",
    }
    return Organization.objects.create(**(defaults | fields))


def make_person(
    organization: Organization | None = None,
    role: Role = Role.ADMIN,
    *,
    email: str | None = None,
    password: str | None = None,
    **fields: Any,
) -> Person:
    """Make a person, with a role if an organization is given; hashing a password is slow, so only on demand."""
    number = next(_numbers)
    person = Person(email=email or f"person{number}@example.com", **({"name": f"Person {number}"} | fields))
    if password is None:
        person.set_unusable_password()
    else:
        person.set_password(password)
    person.save(force_insert=True)
    if organization is not None:
        affiliate(person, organization, role)
    return person


def affiliate(person: Person, organization: Organization, role: Role) -> Affiliation:
    return Affiliation.objects.create(person=person, organization=organization, role=role)


def person_of(organization: Organization, role: Role = Role.ADMIN) -> Person:
    """Return the organization's first person with that role, made when there is none."""
    found = Person.objects.filter(affiliations__organization=organization, affiliations__role=role).order_by("id")
    return found.first() or make_person(organization, role)


def operator_of(code: str = "gzdex") -> Organization:
    """Return the organization that operates a venue, appointed when there is none."""
    there = venue(code)
    if there.operator is None:
        there.operator = make_organization(f"{code}运营", division_code={"gzdex": "440115", "szdex": "440304"}[code])
        there.save(update_fields=["operator"])
    return there.operator


def staff(code: str = "gzdex", role: Role = Role.CLERK) -> Person:
    """Return the venue's staff person of that role; `make_person(operator_of(code), role)` makes a second one."""
    found = Person.objects.filter(
        affiliations__organization__operated_venues__code=code, affiliations__role=role
    ).order_by("id")
    return found.first() or make_person(operator_of(code), role)


def make_membership(
    organization: Organization,
    code: str = "gzdex",
    capacity: Capacity = Capacity.PROVIDER,
    *,
    state: str = Membership.State.ACTIVE,
) -> Membership:
    """Make a membership as it stands once it was applied for by the organization's administrator and decided."""
    there = venue(code)
    people: dict[str, Any] = {}
    if state != Membership.State.DRAFT:
        people = {"submitted_by": person_of(organization), "submitted_at": timezone.now()}
    if state not in (Membership.State.DRAFT, Membership.State.SUBMITTED):
        people |= {"reviewed_by": staff(code, Role.CLERK)}
    if state in (Membership.State.APPROVED, Membership.State.ACTIVE, Membership.State.SUSPENDED):
        people |= {"decided_by": staff(code, Role.COMPLIANCE_REVIEWER), "decided_at": timezone.now()}
    return Membership.objects.create(
        number=f"{there.number_prefix}-M-2000-{next(_numbers):06d}",
        organization=organization,
        venue=there,
        capacity=capacity,
        state=state,
        **people,
    )


def make_member(
    code: str = "gzdex", capacity: Capacity = Capacity.PROVIDER, *, name: str = "南沙数据", **fields: Any
) -> Organization:
    """Make an organization with an administrator and an active membership."""
    organization = make_organization(name, **fields)
    make_person(organization, Role.ADMIN)
    make_membership(organization, code, capacity)
    return organization


def make_client(
    person: Person,
    scopes: list[str] | None = None,
    *,
    organization: Organization | None = None,
    secret: str = "",
    **fields: Any,
) -> ApiClient:
    """Make an API client of the person's organization, with every scope unless told otherwise."""
    owner = organization or Organization.objects.get(affiliations__person=person)
    defaults = {
        "name": f"client {next(_numbers)}",
        "scopes": ALL_SCOPES if scopes is None else scopes,
        "expires_at": timezone.now() + timedelta(days=30),
        "client_secret": secret or secrets.token_urlsafe(24),
        "client_type": ApiClient.CLIENT_CONFIDENTIAL,
        "authorization_grant_type": ApiClient.GRANT_CLIENT_CREDENTIALS,
    }
    return ApiClient.objects.create(organization=owner, person=person, **(defaults | fields))


def make_token(client: ApiClient, scopes: list[str] | None = None, *, lifetime: timedelta | None = None) -> str:
    """Return a bearer token of the client, as POST /oauth/token would give it."""
    raw = secrets.token_urlsafe(24)
    token = get_access_token_model()(
        application=client,
        scope=" ".join(client.scopes if scopes is None else scopes),
        expires=timezone.now() + (lifetime or timedelta(minutes=30)),
    )
    set_token_value(token, raw)
    token.save()
    return raw


def actor(who: Person | ApiClient, organization: Organization | UUID | None = None) -> Actor:
    """Return the actor that capability functions want."""
    if isinstance(who, ApiClient):
        return actor_for_client(who, who.scopes)
    return actor_for_person(who, organization)


class Api(APIClient):
    """A client of the REST API: JSON both ways, a fresh Idempotency-Key on every POST unless the test gives one.

    `idempotency_key=None` sends none.
    """

    def post(self, path: str, data: Any = None, *, idempotency_key: Any = True, **extra: Any) -> Any:
        if idempotency_key is not None:
            key = str(uuid4()) if idempotency_key is True else idempotency_key
            extra["headers"] = {"Idempotency-Key": key, **(extra.get("headers") or {})}
        if "content_type" in extra:
            return super().post(path, data, **extra)
        return super().post(path, {} if data is None else data, **{"format": "json", **extra})

    def patch(self, path: str, data: Any = None, **extra: Any) -> Any:
        return super().patch(path, data, **{"format": "json", **extra})

    def put(self, path: str, data: Any = None, **extra: Any) -> Any:
        if "content_type" in extra:
            return super().put(path, data, **extra)
        return super().put(path, data, **{"format": "json", **extra})


def api(who: Person | ApiClient | None = None, organization: Organization | None = None) -> Api:
    """Return an API client: a bearer token for an ApiClient, a session for a Person, nobody for None."""
    client = Api()
    headers: dict[str, str] = {}
    if isinstance(who, ApiClient):
        headers["HTTP_AUTHORIZATION"] = f"Bearer {make_token(who)}"
    elif who is not None:
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    if organization is not None:
        headers["HTTP_DAWAN_ORGANIZATION"] = str(organization.pk)
    client.defaults.update(headers)
    return client
