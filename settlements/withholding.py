"""What is withheld of payments to non-residents: lines of the division, and a record of each for the payee."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from accounts.models import Venue
from kernel.money import Currency
from kernel.numbering import short_number
from settlements.fees import FeeLine
from settlements.models import Payee, Withholding

NUMBERED = "T"


def record(
    *,
    source: Withholding.Source,
    source_id: UUID,
    venue_id: UUID,
    payer_id: UUID,
    currency: Currency,
    lines: Sequence[FeeLine],
    owners: Mapping[Payee, UUID | None],
    sign: int = 1,
) -> None:
    """Write a record of each line of tax withheld; with `sign` -1 of what went back. Costs nothing where there is none.

    `owners` says who the payees are. The payer of a broker's commission is the organization that bears it.
    """
    withheld = [line for line in lines if line.tax and line.amount_minor]
    if not withheld:
        return
    venue = Venue.objects.get(id=venue_id)
    year = timezone.now().astimezone(venue.zone).year
    Withholding.objects.bulk_create(
        Withholding(
            number=short_number(venue.number_prefix, NUMBERED, year),
            venue=venue,
            organization_id=owner,
            payer_id=payer_id,
            source=source,
            source_id=source_id,
            tax=line.tax,
            rate_id=line.tax_rate_id,
            rate_ppm=line.rate_ppm,
            amount_minor=sign * line.amount_minor,
            currency=currency,
        )
        for line in withheld
        if (owner := owners[Payee(line.taxed)]) is not None
    )
