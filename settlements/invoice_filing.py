"""Who issues an invoice: a person with the tax office's service, or this exchange as a paper of its own.

A provider takes a requested invoice and returns its number where it issues at once; otherwise somebody enters the
number later. What is handed on can be handed on again: the file of an invoice is named after it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils import timezone

from accounts.models import Organization
from kernel.money import format_amount
from settlements.models import Invoice
from settlements.models.taxes import MAINLAND


class InvoiceProvider(Protocol):
    """One way to have an invoice issued."""

    def hand_on(self, invoice: Invoice) -> str | None:
        """Hand a requested invoice on; return its official number where that issues it."""


class Folder:
    """Leaves a document in INVOICE_FOLDER/<venue>/ for somebody who issues the fapiao (数电票) by hand."""

    def hand_on(self, invoice: Invoice) -> str | None:
        folder = Path(settings.INVOICE_FOLDER) / invoice.venue.code
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{invoice.number}.part"
        unfinished.write_text(json.dumps(document_of(invoice), ensure_ascii=False, indent=2), encoding="utf-8")
        unfinished.replace(folder / f"{invoice.number}.json")
        return None


class OwnPaper:
    """Issues a commercial invoice under the exchange's own number: places without a tax office's service for it."""

    def hand_on(self, invoice: Invoice) -> str | None:
        return invoice.number


BY_JURISDICTION: Mapping[str, InvoiceProvider] = {MAINLAND: Folder()}
ELSEWHERE: InvoiceProvider = OwnPaper()


def provider_for(seller: Organization) -> InvoiceProvider:
    """Return how invoices of this seller are issued, by where it is registered."""
    return BY_JURISDICTION.get(seller.jurisdiction, ELSEWHERE)


def document_of(invoice: Invoice) -> dict[str, object]:
    """Return what whoever issues it must know; a red letter has negative amounts and names what it corrects."""
    sign = -1 if invoice.corrects else 1
    return {
        "request": invoice.number,
        "kind": "red-letter" if invoice.corrects else "invoice",
        "corrects": invoice.corrects.official_number if invoice.corrects else None,
        "reason": invoice.reason,
        "form": invoice.form,
        "seller": {"name": invoice.organization.legal_name, "tax_number": invoice.organization.identifier},
        "buyer": {"title": invoice.title, "tax_number": invoice.tax_number, "address": invoice.address},
        "lines": [
            {
                "item": invoice.item,
                "net": format_amount(sign * invoice.net.minor),
                "rate": f"{invoice.rate_ppm / 10_000:g}%",
                "tax": format_amount(sign * invoice.tax_minor),
                "gross": format_amount(sign * invoice.amount_minor),
            }
        ],
        "currency": invoice.currency,
        "requested_on": timezone.localdate(invoice.created_at, invoice.venue.zone).isoformat(),
    }
