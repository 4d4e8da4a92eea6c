"""API clients: make one, renew its secret, revoke it. A secret is shown when it is made and never again."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import get_access_token_model

from accounts.access import find, require, require_own_or_all
from accounts.models import ApiClient
from accounts.permissions import SCOPE_PERMISSIONS, Permission
from kernel import audit
from kernel.actors import Actor, ActorKind
from kernel.problems import Problem, field_problem

USUAL_LIFETIME = timedelta(days=365)
LONGEST_LIFETIME = timedelta(days=731)
SECRET_BYTES = 48


@transaction.atomic
def create_client(
    *, name: str, scopes: Sequence[str], actor: Actor, expires_at: datetime | None = None
) -> tuple[ApiClient, str]:
    """Make a client of the actor's organization, answered for by the actor's person; return it and its secret.

    Lives a year unless told otherwise, two at most. Raises Problem `forbidden`, or `invalid` for unknown scopes or a
    date that is past or too far. A client may make another one only within its own permissions.
    """
    organization_id, person_id = _who_answers(actor)
    wanted = _checked_scopes(scopes, actor)
    expiry = _checked_expiry(expires_at)
    secret = secrets.token_urlsafe(SECRET_BYTES)

    client = ApiClient.objects.create(
        name=name,
        organization_id=organization_id,
        person_id=person_id,
        scopes=wanted,
        expires_at=expiry,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )

    details = {"name": name, "scopes": wanted, "expires_at": expiry}
    audit.record("apiclient.made", subject=client, actor=actor, details=details)
    return client, secret


@transaction.atomic
def rotate_secret(*, client_id: UUID, actor: Actor) -> tuple[ApiClient, str]:
    """Give a client a new secret and end the tokens that the old one got; return the client and the secret.

    Only its responsible person may, signed in or with email and password: whoever holds the secret acts in that
    person's name, so nobody else may come by it. Raises Problem `forbidden`, or `illegal_state` when it is revoked.
    """
    client = _managed(client_id, actor)
    if actor.kind is not ActorKind.PERSON or actor.person_id != client.person_id:
        raise Problem("forbidden", _("Only the person responsible for a client may renew its secret."))
    if client.revoked_at is not None:
        raise Problem("illegal_state", _("The client is revoked."))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client.client_secret = secret
    client.save(update_fields=["client_secret", "updated"])
    ended = _end_tokens(client)

    audit.record("apiclient.secret_renewed", subject=client, actor=actor, details={"tokens_ended": ended})
    return client, secret


@transaction.atomic
def revoke_client(*, client_id: UUID, actor: Actor) -> ApiClient:
    """End a client and its tokens at once and for good; revoking it again changes nothing."""
    client = _managed(client_id, actor)
    if client.revoked_at is not None:
        return client
    client.revoked_at = timezone.now()
    client.save(update_fields=["revoked_at", "updated"])
    ended = _end_tokens(client)

    audit.record("apiclient.revoked", subject=client, actor=actor, details={"tokens_ended": ended})
    return client


def clear_dead_tokens() -> int:
    """Delete tokens that expired over a day ago and return how many; their audit events stay."""
    dead = get_access_token_model().objects.filter(expires__lt=timezone.now() - timedelta(days=1))
    deleted: int = dead.delete()[0]
    return deleted


def _managed(client_id: UUID, actor: Actor) -> ApiClient:
    client = find(ApiClient.objects.visible_to(actor).select_for_update(of=("self",)), pk=client_id)
    require_own_or_all(actor, Permission.CLIENT_MANAGE, organization_id=client.organization_id)
    return client


def _end_tokens(client: ApiClient) -> int:
    ended: int = get_access_token_model().objects.filter(application=client).delete()[0]
    return ended


def _who_answers(actor: Actor) -> tuple[UUID, UUID]:
    require(actor, Permission.CLIENT_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden", _("Only an organization's people have API clients."))
    return actor.organization_id, actor.person_id


def _checked_scopes(scopes: Sequence[str], actor: Actor) -> list[str]:
    wanted = sorted(set(scopes))
    if not wanted:
        raise field_problem("/scopes", "required", _("Name at least one scope."))
    for scope in wanted:
        if scope not in SCOPE_PERMISSIONS:
            raise field_problem("/scopes", "unknown_scope", _("There is no scope “%s”.") % scope)
    granted = frozenset().union(*(SCOPE_PERMISSIONS[scope] for scope in wanted))
    if actor.kind is ActorKind.CLIENT and not granted <= actor.permissions:
        raise Problem("forbidden", _("A client cannot make one that may do more than itself."))
    return wanted


def _checked_expiry(expires_at: datetime | None) -> datetime:
    now = timezone.now()
    expiry = expires_at or now + USUAL_LIFETIME
    if not now < expiry <= now + LONGEST_LIFETIME:
        raise field_problem("/expires_at", "out_of_range", _("Choose a moment within the next two years."))
    return expiry
