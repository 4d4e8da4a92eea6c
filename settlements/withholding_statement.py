"""The statement of tax withheld, as a paper."""

from typing import IO

from django.utils.translation import gettext as _

from settlements.models import Withholding
from settlements.papers import paper


def statement_pages(row: Withholding) -> IO[bytes]:
    """Return a PDF that says what was withheld from whom, by which rate. Not the tax office's own certificate."""
    facts = [
        (_("number"), row.number),
        (_("venue"), str(row.venue)),
        (_("from whom it was withheld"), f"{row.organization.legal_name} ({row.organization.jurisdiction})"),
        (_("payer"), f"{row.payer.legal_name} {row.payer.identifier}"),
        (_("payment"), f"{row.get_source_display()} {row.source_id}"),
        (_("withheld on"), row.created_at.astimezone(row.venue.zone).date().isoformat()),
        (_("tax"), str(row.get_tax_display())),
        (_("rate"), f"{row.rate_ppm / 10_000:g} %"),
        (_("amount"), str(row.amount)),
        (_("source"), row.rate.source if row.rate else ""),
    ]
    note = _("The venue keeps what is withheld for the tax office. This is not the tax office's own certificate.")
    return paper(_("Statement of tax withheld"), facts, notes=[note])
