"""Who reads: a recipient by the token of its profile, or an API client by a token of the authorization server."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authentication import actor_of_token
from accounts.permissions import Permission
from kernel.actors import Actor, ActorKind
from kernel.problems import Problem
from marketplace.models import Recipient, RecipientToken


@dataclass(frozen=True)
class Reader:
    """Whoever asks, the organization whose rights count, and the recipient, None for an API client."""

    actor: Actor
    organization_id: UUID
    recipient: Recipient | None


def reader_of(request: HttpRequest) -> Reader:
    """Return who asks. Raises Problem `invalid_token`, `token_expired` (401) or `forbidden` (403)."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    secret = given.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Problem("invalid_token", _("Send the bearer token of your profile file."))
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    found = RecipientToken.objects.select_related("recipient").filter(token_sha256=digest).first()
    return _recipient(found) if found else _client(secret)


def _recipient(token: RecipientToken) -> Reader:
    recipient = token.recipient
    if recipient.revoked_at is not None:
        raise Problem("invalid_token", _("This recipient has been revoked."))
    if token.expires_at <= timezone.now():
        raise Problem("token_expired")
    actor = Actor(
        kind=ActorKind.CLIENT,
        id=recipient.id,
        person_id=recipient.person_id,
        organization_id=recipient.organization_id,
        permissions=frozenset({Permission.DELIVERY_READ}),
        label=recipient.name,
    )
    return Reader(actor, recipient.organization_id, recipient)


def _client(secret: str) -> Reader:
    actor = actor_of_token(secret)
    if actor.organization_id is None or not actor.may(Permission.DELIVERY_READ):
        raise Problem("forbidden", _("The token's scopes do not include read-data."))
    return Reader(actor, actor.organization_id, None)
