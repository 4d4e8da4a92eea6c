"""A statement as CSV, as a workbook and as pages to print; none of them is held whole."""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.fonts import chinese_font
from kernel.money import Money, format_amount
from kernel.problems import field_problem
from kernel.spreadsheets import plain_cell
from settlements.models import Entry
from settlements.statements import Statement

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

COLUMNS = ("posted_at", "kind", "reference", "memo", "amount", "balance", "currency")
# Beyond these a file is not for a request, nor for the eye; the CSV has no bound.
MOST_ROWS = {"xlsx": 100_000, "pdf": 10_000}
LINES_PER_PAGE = 52


def require_moderate_length(statement: Statement, form: str) -> None:
    """Raise Problem `invalid` at /first_day when the statement is too long for a workbook or for paper."""
    if statement.count > MOST_ROWS[form]:
        told = _("There are more than %d entries: choose fewer days, or take the CSV.") % MOST_ROWS[form]
        raise field_problem("/first_day", "too_many_entries", told)


def csv_lines(statement: Statement) -> Iterator[str]:
    """Yield the statement line by line (RFC 4180): a header, what was held before, the entries, what was held then."""
    currency = str(statement.opening.currency)
    yield _line(COLUMNS)
    yield _line(["", "OPENING", "", "", "", format_amount(statement.opening.minor), currency])
    held = statement.opening
    for entry, held in statement.rows():
        transfer = entry.transfer
        words = [_moment(entry, statement), transfer.kind, plain_cell(transfer.reference), plain_cell(transfer.memo)]
        yield _line([*words, format_amount(entry.amount_minor), format_amount(held.minor), currency])
    yield _line(["", "CLOSING", "", "", "", format_amount(held.minor), currency])


def workbook(statement: Statement) -> IO[bytes]:
    """Return a temporary file with an Excel workbook of one sheet; it goes when it is closed."""
    from openpyxl import Workbook  # noqa: PLC0415 - few requests need it
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(statement.account.currency)

    def text(words: str) -> str:
        return plain_cell(ILLEGAL_CHARACTERS_RE.sub("", words))

    def amount(money: Money) -> Any:
        cell = WriteOnlyCell(sheet, Decimal(money.minor).scaleb(-2))
        cell.number_format = "#,##0.00"
        return cell

    sheet.append([text(title_of(statement))])
    sheet.append(_headings())
    sheet.append(["", _("brought forward"), "", "", "", amount(statement.opening)])
    held = statement.opening
    for entry, held in statement.rows():
        transfer = entry.transfer
        words = [_moment(entry, statement), transfer.get_kind_display(), text(transfer.reference), text(transfer.memo)]
        sheet.append([*words, amount(entry.amount), amount(held)])
    sheet.append(["", _("carried forward"), "", "", "", amount(held)])
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def pages(statement: Statement) -> IO[bytes]:
    """Return a temporary file with a PDF of numbered pages, drawn one after the other."""
    from reportlab.lib.pagesizes import A4, landscape  # noqa: PLC0415 - few requests need it
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    canvas = Canvas(file, pagesize=landscape(A4), pageCompression=1, invariant=1)
    canvas.setTitle(title_of(statement))
    font = chinese_font(get_language() or "")
    for number, lines in enumerate(_sheets(statement), start=1):
        _draw_page(canvas, font, [title_of(statement), str(number)], [_headings(), *lines])
        canvas.showPage()
    canvas.save()
    file.seek(0)
    return file


def title_of(statement: Statement) -> str:
    """Return whose statement of which account and days it is."""
    account, span = statement.account, statement.span
    owner = account.organization or account.venue
    days = f"{span.first_day or '…'} – {span.last_day or '…'}"
    return f"{owner} · {account.venue} · {account} · {days}"


def _headings() -> list[str]:
    return [_("posted at"), _("kind"), _("reference"), _("memo"), _("amount"), _("balance")]


def _moment(entry: Entry, statement: Statement) -> str:
    return entry.created_at.astimezone(statement.account.venue.zone).isoformat(sep=" ", timespec="seconds")


def _line(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(row)
    return text.getvalue()


def _sheets(statement: Statement) -> Iterator[list[list[str]]]:
    """Yield the lines of each page."""
    lines = [["", _("brought forward"), "", "", "", format_amount(statement.opening.minor)]]
    held = statement.opening
    for entry, held in statement.rows():
        if len(lines) == LINES_PER_PAGE:
            yield lines
            lines = []
        transfer = entry.transfer
        words = [_moment(entry, statement), str(transfer.get_kind_display()), transfer.reference, transfer.memo]
        lines.append([*words, format_amount(entry.amount_minor), format_amount(held.minor)])
    lines.append(["", _("carried forward"), "", "", "", format_amount(held.minor)])
    yield lines


# Where each column stands on the page, in points: its left edge, or its right edge for the two amounts.
LEFT_EDGES = (30, 140, 220, 460)
RIGHT_EDGES = (705, 810)
ROOM = (108, 78, 236, 165)


def _draw_page(canvas: "Canvas", font: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    canvas.setFont(font, 10)
    canvas.drawString(LEFT_EDGES[0], 565, _shortened(canvas, font, 10, head[0], 720))
    canvas.drawRightString(RIGHT_EDGES[1], 565, head[1])
    canvas.setFont(font, 7.5)
    for place, line in enumerate(lines):
        height = 548 - place * 10
        for left, room, words in zip(LEFT_EDGES, ROOM, line, strict=False):
            canvas.drawString(left, height, _shortened(canvas, font, 7.5, words, room))
        for right, words in zip(RIGHT_EDGES, line[len(LEFT_EDGES) :], strict=True):
            canvas.drawRightString(right, height, words)


def _shortened(canvas: "Canvas", font: str, size: float, words: str, room: float) -> str:
    while words and canvas.stringWidth(words, font, size) > room:
        words = words[:-2] + "…" if len(words) > 2 else ""
    return words
