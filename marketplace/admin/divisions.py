"""How money is divided, as a table on a page of the console."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kernel.console_display import NOTHING
from kernel.money import grouped
from settlements.fees import FeeLine


def divided(lines: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """Return who gets which part, of what whom is charged, at which rate; nothing before it is divided."""
    if not lines:
        return NOTHING
    read = [FeeLine.from_json(line) for line in lines]
    rows = (
        (line.payee.label, line.payer.label, _rate(line.rate_ppm), grouped(line.amount_minor), line.tax)
        for line in read
    )
    cells = '<td>{} {}</td><td>{}</td><td class="console-number">{}</td><td class="console-number">{}</td>'
    body = format_html_join("", f"<tr>{cells}</tr>", ((payee, tax, *rest) for payee, *rest, tax in rows))
    titles = format_html_join("", '<th scope="col">{}</th>', ((title,) for title in (_("payee"), _("taken from"))))
    numbers = format_html_join(
        "", '<th scope="col" class="console-number">{}</th>', ((title,) for title in (_("rate"), _("amount")))
    )
    return format_html(
        '<table class="console-table"><thead><tr>{}{}</tr></thead><tbody>{}</tbody></table>', titles, numbers, body
    )


def _rate(ppm: int) -> str:
    return f"{ppm / 10_000:g} %" if ppm else NOTHING
