"""A commercial invoice as a paper: for sellers of Hong Kong, Macao and elsewhere."""

from typing import IO

from django.utils.translation import gettext as _

from kernel.money import format_amount
from kernel.problems import Problem
from settlements.models import Invoice
from settlements.papers import paper


def invoice_pages(invoice: Invoice) -> IO[bytes]:
    """Return the PDF of an issued commercial invoice; raises Problem `illegal_state` for any other.

    A fapiao is had from the tax office's own service.
    """
    if invoice.state != Invoice.State.ISSUED or invoice.form != Invoice.Form.COMMERCIAL:
        told = _("Only an issued commercial invoice is a paper of this exchange.")
        raise Problem("illegal_state", told, state=invoice.state)
    sign = -1 if invoice.corrects else 1
    facts = [
        (_("number"), invoice.official_number),
        (_("issued on"), invoice.issued_on.isoformat() if invoice.issued_on else ""),
        (_("who issues it"), f"{invoice.organization.legal_name} {invoice.organization.identifier}"),
        (_("for whom"), f"{invoice.title} {invoice.tax_number} {invoice.address}"),
        (_("venue"), str(invoice.venue)),
        (_("payment"), f"{invoice.get_source_display()} {invoice.source_id}"),
        *([(_("red letter to"), invoice.corrects.official_number)] if invoice.corrects else []),
        *([(_("reason"), invoice.reason)] if invoice.reason else []),
    ]
    amounts = [format_amount(sign * minor) for minor in (invoice.net.minor, invoice.tax_minor, invoice.amount_minor)]
    head = (_("item"), _("net"), _("tax"), _("gross"), _("currency"))
    title = _("Credit note") if invoice.corrects else _("Invoice")
    return paper(title, facts, [head, (invoice.item, *amounts, invoice.currency)])
