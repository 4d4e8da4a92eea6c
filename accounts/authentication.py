"""How a request says who asks: a bearer token, a console session, or (for making API clients) email and password.

Each of them sets `request.actor`; nothing else in the house reads credentials.
"""

import binascii
import hashlib
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast
from uuid import UUID

from django.contrib.auth import authenticate as check_password
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from accounts.access import Standing, actor_for_person, client_actor
from accounts.models import Person
from accounts.models.people import normal_email
from accounts.permissions import Role
from kernel.actors import Actor
from kernel.problems import Problem, problem_page

ORGANIZATION_HEADER = "Dawan-Organization"
LOCKOUT_SECONDS = "900"


@dataclass(frozen=True)
class Principal:
    """What DRF keeps as `request.user` for an API client: somebody, and nothing more. Rights are in the actor."""

    pk: UUID
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with a token of POST /oauth/token (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Principal, Actor] | None:
        """Return the client and its actor; raises Problem `invalid_token` or `token_expired` (both 401)."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        actor = actor_of_token(token.strip())
        wanted = _wanted_organization(request)
        if wanted is not None and wanted != actor.organization_id:
            raise Problem("forbidden", _("You do not belong to that organization."))
        _set_actor(request, actor)
        return Principal(cast(UUID, actor.id)), actor

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="dawan"'


# Every request of every program asks this, so it is written out once instead of being built anew each time.
WHO_ASKS = """
SELECT token.scope, token.expires, client.id AS client_id, client.name, client.person_id, client.organization_id,
       client.revoked_at, client.expires_at, person.is_active, affiliation.role,
       ARRAY(SELECT venue.id FROM accounts_venue venue WHERE venue.operator_id = client.organization_id) AS venue_ids
  FROM oauth2_provider_accesstoken token
  JOIN accounts_apiclient client ON client.id = token.application_id
  JOIN accounts_person person ON person.id = client.person_id
  LEFT JOIN accounts_affiliation affiliation
         ON affiliation.person_id = client.person_id AND affiliation.organization_id = client.organization_id
 WHERE token.token_checksum = %s
"""


@dataclass(frozen=True)
class TokenRow:
    """What stands behind a token today."""

    scope: str
    expires: datetime
    client_id: UUID
    name: str
    person_id: UUID
    organization_id: UUID
    revoked_at: datetime | None
    client_expires_at: datetime
    person_is_active: bool
    role: str | None
    venue_ids: list[UUID]


def actor_of_token(token: str) -> Actor:
    """Return the actor that a raw access token stands for, with one query and by today's roles.

    Raises Problem `token_expired`, or `invalid_token` when the token is unknown, its client revoked or past its date,
    or its responsible person deactivated or gone from the organization.
    """
    now = timezone.now()
    row = _token_row(token)
    if row is None:
        _refuse("invalid_token")
    if row.expires <= now:
        _refuse("token_expired")
    if row.revoked_at or row.client_expires_at <= now or not row.person_is_active or row.role is None:
        _refuse("invalid_token")
    return client_actor(
        client_id=row.client_id,
        name=row.name,
        person_id=row.person_id,
        standing=Standing(row.organization_id, Role(row.role), frozenset(row.venue_ids)),
        scopes=row.scope.split(),
    )


def _token_row(token: str) -> TokenRow | None:
    checksum = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(WHO_ASKS, [checksum])
        found = cursor.fetchone()
    return TokenRow(*found) if found else None


def _refuse(code: str) -> NoReturn:
    # RFC 6750 §3.1 has one code for both; our `code` tells them apart.
    challenge = f'Bearer realm="dawan", error="invalid_token", error_description="{code}"'
    raise Problem(code, headers={"WWW-Authenticate": challenge})


class ConsoleSessionAuthentication(SessionAuthentication):
    """The console's own session, with its CSRF token, for people who try the API in a browser."""

    def authenticate(self, request: Request) -> tuple[Person, None] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        person = cast(Person, signed_in[0])
        _set_actor(request, actor_for_person(person, _wanted_organization(request)))
        return person, None


class PasswordAuthentication(BaseAuthentication):
    """HTTP Basic with email and password, only where API clients are made; failures count towards the lockout."""

    def authenticate(self, request: Request) -> tuple[Person, None] | None:
        """Return the person; raises Problem `wrong_credentials` (401) or `locked_out` (429)."""
        scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        person = person_of_password(request, *_decoded(encoded))
        _set_actor(request, actor_for_person(person, _wanted_organization(request)))
        return person, None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="dawan", charset="UTF-8"'


def person_of_password(request: Request, email: str, password: str) -> Person:
    """Return the active person with that email and password, counting failures per address and network address.

    Raises Problem `wrong_credentials` or, after too many failures, `locked_out`.
    """
    if "\x00" in email + password:
        raise Problem("wrong_credentials")
    person = check_password(request=request._request, username=normal_email(email), password=password)
    if getattr(request._request, "axes_locked_out", False):
        raise Problem("locked_out", headers={"Retry-After": LOCKOUT_SECONDS})
    if person is None:
        raise Problem("wrong_credentials", headers={"WWW-Authenticate": 'Basic realm="dawan", charset="UTF-8"'})
    return person


def _decoded(encoded: str) -> tuple[str, str]:
    try:
        email, _colon, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Problem("wrong_credentials") from error
    return email, password


def _wanted_organization(request: Request) -> UUID | None:
    value = request.headers.get(ORGANIZATION_HEADER)
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError as error:
        raise Problem("invalid", _("The header Dawan-Organization must be an organization's id.")) from error


def _set_actor(request: Request, actor: Actor) -> None:
    # Once for DRF's wrapper, once for the middlewares and logs that see Django's own request.
    request.actor = actor  # type: ignore[attr-defined]
    request._request.actor = actor  # type: ignore[attr-defined]


def lockout_response(request: HttpRequest, _response: HttpResponse, _credentials: Any) -> HttpResponse:
    """Answer someone who is locked out: a problem document for programs, a plain page in the console (django-axes)."""
    if request.path.startswith("/api/"):
        answer: HttpResponse = problem_page(request, Problem("locked_out"))
    else:
        answer = HttpResponse(str(_("Too many failed attempts; try again later.")), status=429)
    answer["Retry-After"] = LOCKOUT_SECONDS
    return answer


def lockout_name(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """Return the spelling of the email under which failures are counted, so that capitals do not start a new count."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return normal_email(name)
