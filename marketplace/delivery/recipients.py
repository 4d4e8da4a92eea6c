"""Recipients: who reads an organization's shared tables, the activation of their profile files, and its rotation.

An activation link is used once and gives the profile file with a new token, which nobody sees again. The tokens before
it go on for as long as was said when it was issued, so that a program can be changed over without a gap.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import find, require, require_own_or_all
from accounts.permissions import Permission
from kernel import audit
from kernel.actors import Actor, ActorKind
from kernel.problems import Problem, field_problem
from marketplace.models import Recipient, RecipientToken

ACTIVATION_LIFE = timedelta(hours=72)
LONGEST_DAYS = 365
LONGEST_OVERLAP_HOURS = 24 * 7
_WAITING = Q(activated_at__isnull=True, recipient__revoked_at__isnull=True)


@dataclass(frozen=True)
class Activation:
    """An issued profile and the secret of its link, which is shown this once."""

    token: RecipientToken
    secret: str


@dataclass(frozen=True)
class ActivatedProfile:
    """An activated profile and its bearer token, which is shown this once."""

    token: RecipientToken
    bearer: str


@transaction.atomic
def make_recipient(*, name: str, actor: Actor) -> Recipient:
    """Name a reader of the actor's organization; it reads what the organization's rights give, once it is activated."""
    require(actor, Permission.CLIENT_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden")
    recipient = Recipient.objects.create(organization_id=actor.organization_id, person_id=actor.person_id, name=name)
    audit.record("recipient.made", subject=recipient, actor=actor, details={"name": name})
    return recipient


@transaction.atomic
def issue_activation(*, recipient_id: UUID, days: int, overlap_hours: int, actor: Actor) -> Activation:
    """Issue a one-time link to a profile that reads for `days` after it is activated, within 72 hours.

    The recipient's tokens of before end `overlap_hours` after that. Raises Problem `not_found`, `forbidden`, `invalid`,
    or `illegal_state` for a revoked recipient.
    """
    recipient = _managed(recipient_id, actor)
    if recipient.revoked_at is not None:
        raise Problem("illegal_state", _("The recipient is revoked."))
    if not 1 <= days <= LONGEST_DAYS:
        raise field_problem("/days", "out_of_range", _("A profile is good for 1 to %d days.") % LONGEST_DAYS)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        message = _("The one before goes on for at most %d hours.") % LONGEST_OVERLAP_HOURS
        raise field_problem("/overlap_hours", "out_of_range", message)
    now, secret = timezone.now(), secrets.token_urlsafe(32)

    token = RecipientToken.objects.create(
        recipient=recipient,
        activation_sha256=_digest(secret),
        activate_by=now + ACTIVATION_LIFE,
        expires_at=now + timedelta(days=days),
        overlap=timedelta(hours=overlap_hours),
    )
    details = {"profile": str(token.id), "expires_at": token.expires_at, "overlap_hours": overlap_hours}
    audit.record("recipient.activation_issued", subject=recipient, actor=actor, details=details)
    return Activation(token, secret)


def waiting_activation(secret: str) -> RecipientToken:
    """Return the profile that a link would activate; raises Problem `not_found` once it is used, too old or revoked."""
    tokens = RecipientToken.objects.select_related("recipient__organization")
    return find(tokens.filter(_WAITING, activate_by__gt=timezone.now()), activation_sha256=_digest(secret))


@transaction.atomic
def activate(secret: str) -> ActivatedProfile:
    """Use up a link: make the token, and let those of before end after the overlap.

    Raises Problem `not_found` for a link that has been used, is too old, or whose recipient is revoked.
    """
    tokens = RecipientToken.objects.select_related("recipient").select_for_update(of=("self", "recipient"))
    token = find(tokens.filter(_WAITING, activate_by__gt=timezone.now()), activation_sha256=_digest(secret))
    now, bearer = timezone.now(), secrets.token_urlsafe(48)

    before = RecipientToken.objects.filter(recipient=token.recipient, expires_at__gt=now + token.overlap)
    ended = before.exclude(pk=token.pk).exclude(activated_at=None).update(expires_at=now + token.overlap)
    token.token_sha256, token.activated_at = _digest(bearer), now
    token.save(update_fields=["token_sha256", "activated_at"])
    holder = Actor(ActorKind.CLIENT, token.recipient_id, None, token.recipient.organization_id)
    details = {"profile": str(token.id), "tokens_ending": ended}
    audit.record("recipient.activated", subject=token.recipient, actor=holder, details=details)
    return ActivatedProfile(token, bearer)


@transaction.atomic
def revoke_recipient(*, recipient_id: UUID, actor: Actor) -> Recipient:
    """End a recipient at once and for good, its tokens and the addresses it was given; again changes nothing."""
    recipient = _managed(recipient_id, actor)
    if recipient.revoked_at is None:
        recipient.revoked_at = timezone.now()
        recipient.save(update_fields=["revoked_at"])
        audit.record("recipient.revoked", subject=recipient, actor=actor)
    return recipient


def _managed(recipient_id: UUID, actor: Actor) -> Recipient:
    recipient = find(Recipient.objects.visible_to(actor).select_for_update(of=("self",)), pk=recipient_id)
    require_own_or_all(actor, Permission.CLIENT_MANAGE, organization_id=recipient.organization_id)
    return recipient


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
