"""What a listing rests on may end: the right to operate, a certificate, a parent's licence; then it is suspended.

The venue puts it back (listings/listing.py) once its provider has renewed what ended.
"""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kernel.actors import SYSTEM
from kernel.problems import FieldError
from kernel.states import advance
from listings.certified import certificate_errors
from listings.lineage import lineage_errors
from listings.listing import locked_listing
from listings.models import DatasetParent, ImportedCertificate, Listing, Product
from listings.rights_matrix import standing_errors

ENDED = frozenset({"right_ended", "certificate_expired", "public_data_code_missing", "parent_licence_ended"})


def lapses_of(product: Product) -> Iterator[FieldError]:
    """Yield what a product rests on and has ended."""
    for error in (*standing_errors(product), *certificate_errors(product), *lineage_errors(product)):
        if error.code in ENDED:
            yield error


def watch_lapses() -> int:
    """Suspend what is listed and rests on what has ended, each with its reasons; return how many. Sent by beat."""
    return sum(_suspend(listing_id) for listing_id in list(_in_question().values_list("pk", flat=True)))


def _in_question() -> QuerySet[Listing]:
    """Return the listings whose rights, certificates or organization's licences have an end that is past."""
    today, now = timezone.localdate(), timezone.now()
    expired = ImportedCertificate.objects.standing().filter(valid_until__lt=today).values("product")
    ended = DatasetParent.objects.licences().filter(Q(licence_ended_at__isnull=False) | Q(licensed_until__lte=now))
    return Listing.objects.filter(
        Q(rights_until__lt=today) | Q(product__in=expired) | Q(organization__in=ended.values("organization")),
        state=Listing.State.LISTED,
    ).order_by("id")


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
