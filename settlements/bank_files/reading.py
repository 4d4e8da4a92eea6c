"""What reading any file from a bank needs: strict decoding, XML without entities, amounts, days, and clear refusals."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _
from lxml import etree

from kernel.money import parse_amount
from kernel.problems import FieldError, Problem, Text

LARGEST_FILE = 10 * 1024 * 1024
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
_DECLARED = re.compile(rb'\A\s*<\?xml[^>]*?encoding\s*=\s*["\']([A-Za-z0-9._-]+)["\']')
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")


def refusal(line: int, field: str, code: str, detail: Text) -> Problem:
    """Return the problem of a file that is refused as a whole, with the line and field of the reason."""
    errors = [FieldError(f"/lines/{line}/{field}", code, detail)]
    return Problem("bank_file_unreadable", _("Line %(line)s: %(why)s") % {"line": line, "why": detail}, errors=errors)


def text_of(content: bytes, encoding: str = "") -> str:
    """Decode strictly. Without a declared encoding UTF-8 is tried, then GB18030, of which GBK and GB 2312 are parts.

    Raises Problem `bank_file_unreadable` naming the line where the bytes are not what was declared.
    """
    if not content.strip():
        raise refusal(1, "file", "empty", _("The file is empty."))
    if encoding and encoding.lower() not in ENCODINGS:
        raise refusal(1, "file", "unknown_encoding", _("The encoding is UTF-8 or GB18030."))
    tried = [ENCODINGS[encoding.lower()]] if encoding else ["utf-8", "gb18030"]
    for name in tried:
        try:
            return content.decode("utf-8-sig" if name == "utf-8" else name)
        except UnicodeDecodeError as error:
            place = content[: error.start].count(b"\n") + 1
    detail = _("The bytes are not %(encoding)s, as was declared.") % {"encoding": tried[0].upper()}
    raise refusal(place, "file", "wrong_encoding", detail)


def xml_of(content: bytes, family: str) -> tuple[etree._Element, Mapping[str, str]]:
    """Return the root of an ISO 20022 document of a family such as `camt.053.001`, and its namespace as `n`.

    No entity is resolved, no DTD loaded, nothing fetched; lxml bounds depth and text by itself (`huge_tree` is off).
    Raises Problem `bank_file_unreadable`.
    """
    declared = _DECLARED.match(content)
    text = text_of(content, declared[1].decode() if declared else "utf-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refusal(1, "file", "has_dtd", _("A bank's file has no document type and no entities."))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    body = re.sub(r"\A\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL)
    # The declaration's own line is kept, so that errors name the file's lines.
    lines_cut = text[: len(text) - len(body)].count("\n")
    try:
        root = etree.fromstring(("\n" * lines_cut + body).encode(), parser)
    except etree.XMLSyntaxError as error:
        detail = _("The file is not whole: %(why)s") % {"why": error.msg}
        raise refusal(error.lineno or 1, "file", "not_whole", detail) from error
    name = etree.QName(root)
    if name.localname != "Document" or not (name.namespace or "").startswith(
        f"urn:iso:std:iso:20022:tech:xsd:{family}."
    ):
        raise refusal(1, "file", "another_message", _("This is not a message %(family)s.") % {"family": family})
    return root, {"n": str(name.namespace)}


def rows_of(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV with the line on which each ends, without blank ones; cells are stripped."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            cells = [cell.strip().strip("\t") for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        detail = _("The file is not whole: %(why)s") % {"why": error}
        raise refusal(reader.line_num, "file", "not_whole", detail) from error
    return rows


def columns_of(cells: Sequence[str], known: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return where each known column stands in a heading row."""
    names = {alias: name for name, aliases in known.items() for alias in aliases}
    return {names[cell]: index for index, cell in reversed(list(enumerate(cells))) if cell in names}


def amount_of(text: str, line: int, field: str) -> int:
    """Return minor units of an amount without sign; commas between thousands are taken. Raises the refusal."""
    plain = text.replace(",", "")
    try:
        return parse_amount(plain)
    except ValueError as error:
        whole, _dot, places = plain.partition(".")
        if whole.isascii() and whole.isdigit() and places.isascii() and places.isdigit() and len(places) > 2:
            code, detail = "too_many_decimals", _("%(amount)s has more than two decimal places.") % {"amount": text}
        elif plain.replace(".", "", 1).isdigit() and plain.isascii():
            code, detail = "too_large", _("%(amount)s is beyond what the ledger holds.") % {"amount": text}
        else:
            code, detail = "not_an_amount", _("%(amount)s is no amount.") % {"amount": text or "–"}
        raise refusal(line, field, code, detail) from error


def signed_amount_of(text: str, line: int, field: str) -> int:
    """Like `amount_of`, but a balance may be below zero."""
    return -amount_of(text[1:], line, field) if text.startswith("-") else amount_of(text, line, field)


def day_of(text: str, line: int, field: str) -> date:
    """Return the day of a date or of a date with time. Raises the refusal."""
    for form in _DAYS:
        try:
            return datetime.strptime(text[:10] if "-" in text or "/" in text else text[:8], form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise refusal(line, field, "not_a_day", _("%(text)s is no day.") % {"text": text or "–"})


def short(text: str, length: int) -> str:
    """Return text as a column of that length keeps it, without what PostgreSQL does not store."""
    return " ".join(text.replace("\x00", " ").split())[:length]
