"""What a listing rests on may end: a right, a certificate, a registration, a licence; then it is suspended.

Once all of it holds again, what the watch suspended is put back; staff may do so earlier (listings/listing.py).
"""

from uuid import UUID

from django.db import transaction
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.states import advance
from listings.grade_confirmation import grading_errors
from listings.lapse_reasons import lapses_of
from listings.listing import locked_listing
from listings.models import DatasetParent, ImportedCertificate, Listing
from listings.registry.standing import products_in_question


def watch_lapses() -> int:
    """Suspend what rests on what has ended, and put back what rests on it no more; return how many. Sent by beat."""
    suspended = sum(_suspend(listing_id) for listing_id in list(_in_question().values_list("pk", flat=True)))
    return suspended + sum(_put_back(listing_id) for listing_id in list(_suspended().values_list("pk", flat=True)))


def _in_question() -> QuerySet[Listing]:
    """Return the listings whose rights, certificates, registrations or organization's licences may have ended."""
    today, now = timezone.localdate(), timezone.now()
    expired = ImportedCertificate.objects.standing().filter(valid_until__lt=today).values("product")
    ended = DatasetParent.objects.licences().filter(Q(licence_ended_at__isnull=False) | Q(licensed_until__lte=now))
    return Listing.objects.filter(
        Q(rights_until__lt=today)
        | Q(product__in=expired)
        | Q(organization__in=ended.values("organization"))
        | products_in_question(),
        state=Listing.State.LISTED,
    ).order_by("id")


def _suspended() -> QuerySet[Listing]:
    """Return the listings that this watch suspended last, by the log; what an officer suspended is not its own."""
    moves = AuditEvent.objects.filter(
        subject_type="listing", subject_id=Cast(OuterRef("pk"), CharField()), action="listing.suspended"
    ).order_by("-id")
    return (
        Listing.objects.filter(state=Listing.State.SUSPENDED)
        .annotate(lapses=Subquery(moves.values("details__lapses")[:1]))
        .filter(lapses__isnull=False)
        .order_by("id")
    )


@transaction.atomic
def _suspend(listing_id: UUID) -> bool:
    listing = locked_listing(listing_id, SYSTEM)
    lapses = list(lapses_of(listing.product))
    if listing.state != Listing.State.LISTED or not lapses:
        return False

    reason = " ".join(dict.fromkeys(str(lapse.detail) for lapse in lapses))
    codes = sorted({lapse.code for lapse in lapses})
    advance(listing, to=Listing.State.SUSPENDED, actor=SYSTEM, reason=reason, details={"lapses": codes})
    return True


@transaction.atomic
def _put_back(listing_id: UUID) -> bool:
    listing = locked_listing(listing_id, SYSTEM)
    kept_from = [*lapses_of(listing.product), *grading_errors(listing.version, listing.product)]
    if listing.state != Listing.State.SUSPENDED or kept_from:
        return False
    advance(listing, to=Listing.State.LISTED, actor=SYSTEM, reason=_("What the listing rests on holds again."))
    return True
