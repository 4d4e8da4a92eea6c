"""Account statements from the custodian bank: ISO 20022 camt.053 of any version, and CSV as mainland banks give it.

A statement is taken whole or not at all: it must add up from its opening to its closing balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from lxml import etree

from settlements.bank_files.reading import (
    amount_of,
    columns_of,
    day_of,
    refusal,
    rows_of,
    short,
    signed_amount_of,
    text_of,
    xml_of,
)

# How banks label the lines above the table, and its columns.
LABELS: Mapping[str, Sequence[str]] = {
    "statement_id": ("对账单编号", "对账单号", "Statement ID"),
    "account": ("账号", "本方账号", "账户号码", "Account number"),
    "currency": ("币种", "Currency"),
    "opens_on": ("起始日期", "开始日期", "From"),
    "closes_on": ("终止日期", "截止日期", "结束日期", "To"),
    "opening": ("期初余额", "上期余额", "Opening balance"),
    "closing": ("期末余额", "本期余额", "Closing balance"),
    "count": ("总笔数", "合计笔数", "Number of entries"),
}
COLUMNS: Mapping[str, Sequence[str]] = {
    "booked_on": ("交易日期", "记账日期", "入账日期", "Date"),
    "debit": ("借方发生额", "借方金额", "支出", "支出金额", "Debit"),
    "credit": ("贷方发生额", "贷方金额", "收入", "收入金额", "Credit"),
    "balance": ("余额", "账户余额", "Balance"),
    "bank_reference": ("流水号", "交易流水号", "银行流水号", "Bank reference"),
    "end_to_end": ("客户流水号", "企业流水号", "End-to-end reference"),
    "party_name": ("对方户名", "对方名称", "Counterparty"),
    "party_account": ("对方账号", "Counterparty account"),
    "text": ("摘要", "附言", "用途", "Text"),
    "returned": ("退汇标志", "冲正标志", "Returned"),
}
NEEDED = ("booked_on", "debit", "credit", "balance", "bank_reference")
YES = frozenset({"是", "Y", "y", "1", "退汇"})
CURRENCY_NAMES = {"人民币": "CNY", "港币": "HKD", "港元": "HKD", "澳门元": "MOP"}


@dataclass(frozen=True)
class Line:
    """One booking; `amount_minor` is positive when money came in. `place` is the line of the file."""

    place: int
    booked_on: date
    amount_minor: int
    bank_reference: str
    end_to_end: str = ""
    party_name: str = ""
    party_account: str = ""
    text: str = ""
    is_return: bool = False


@dataclass(frozen=True)
class Statement:
    """What happened on one account between two balances, in minor units of one currency."""

    statement_id: str
    account: str
    currency: str
    opens_on: date
    closes_on: date
    opening_minor: int
    closing_minor: int
    lines: tuple[Line, ...]


def statements_in(content: bytes, encoding: str = "") -> list[Statement]:
    """Return the statements of a file; raises Problem `bank_file_unreadable` with the line and field of the reason."""
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return _camt_053(content) if is_xml else [_csv(text_of(content, encoding))]


# --- camt.053 --------------------------------------------------------------------------------------------------------


def _camt_053(content: bytes) -> list[Statement]:
    root, names = xml_of(content, "camt.053.001")
    statements = [_statement(each, names) for each in root.iterfind("n:BkToCstmrStmt/n:Stmt", names)]
    if not statements:
        raise refusal(1, "file", "no_statement", _("The file has no statement."))
    return statements


def _statement(stmt: etree._Element, names: Mapping[str, str]) -> Statement:
    balances = {_found(each, names, "n:Tp/n:CdOrPrtry/n:Cd"): each for each in stmt.iterfind("n:Bal", names)}
    opening, closing = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
    if opening is None or closing is None:
        raise refusal(stmt.sourceline, "Bal", "required", _("A statement has its opening and closing balance."))
    currency = _found(stmt, names, "n:Acct/n:Ccy") or opening.find("n:Amt", names).get("Ccy", "")
    lines = [
        line
        for entry in stmt.iterfind("n:Ntry", names)
        if _found(entry, names, "n:Sts/n:Cd", "n:Sts") == "BOOK"
        for line in _bookings(entry, names, currency)
    ]
    closes_on = day_of(_found(closing, names, "n:Dt/n:Dt", "n:Dt/n:DtTm"), closing.sourceline, "Dt")
    begins, booked = _found(stmt, names, "n:FrToDt/n:FrDtTm"), [line.booked_on for line in lines]
    return _whole(
        Statement(
            statement_id=_required(stmt, names, "n:Id"),
            account=_required(stmt, names, "n:Acct/n:Id/n:IBAN", "n:Acct/n:Id/n:Othr/n:Id"),
            currency=currency,
            # The opening balance may bear the day before: without FrToDt the first booking begins the statement.
            opens_on=day_of(begins, stmt.sourceline, "FrDtTm") if begins else min((*booked, closes_on)),
            closes_on=closes_on,
            opening_minor=_amount(opening, names, currency),
            closing_minor=_amount(closing, names, currency),
            lines=tuple(lines),
        ),
        closing.sourceline,
    )


def _bookings(entry: etree._Element, names: Mapping[str, str], currency: str) -> list[Line]:
    """Return one line per entry, or per transaction where the bank booked several as one and gives each amount."""
    total = _amount(entry, names, currency)
    details = entry.findall("n:NtryDtls/n:TxDtls", names)
    if len(details) < 2:
        return [_booking(entry, details[0] if details else entry, total, names)]
    sign = 1 if total > 0 else -1
    lines = [_booking(entry, each, sign * _plain_amount(each, names, currency), names) for each in details]
    if sum(line.amount_minor for line in lines) != total:
        raise refusal(entry.sourceline, "Amt", "does_not_add_up", _("The transactions do not sum to their entry."))
    return lines


def _booking(entry: etree._Element, detail: etree._Element, amount: int, names: Mapping[str, str]) -> Line:
    # Who paid, when money came in; who was paid, when it went out. Since version 8 the party is one level deeper.
    side = "Dbtr" if amount > 0 else "Cdtr"
    party = [f"n:RltdPties/n:{side}/n:Nm", f"n:RltdPties/n:{side}/n:Pty/n:Nm"]
    number = [f"n:RltdPties/n:{side}Acct/n:Id/n:IBAN", f"n:RltdPties/n:{side}Acct/n:Id/n:Othr/n:Id"]
    reference = _found(detail, names, "n:Refs/n:AcctSvcrRef") or _found(entry, names, "n:AcctSvcrRef", "n:NtryRef")
    if not reference:
        raise refusal(entry.sourceline, "AcctSvcrRef", "required", _("An entry has the bank's reference."))
    returned = detail.find("n:RtrInf", names) is not None or _found(entry, names, "n:RvslInd") in ("true", "1")
    return Line(
        place=entry.sourceline,
        booked_on=day_of(_found(entry, names, "n:BookgDt/n:Dt", "n:BookgDt/n:DtTm"), entry.sourceline, "BookgDt"),
        amount_minor=amount,
        bank_reference=short(reference, 64),
        end_to_end=short(_found(detail, names, "n:Refs/n:EndToEndId"), 64),
        party_name=short(_found(detail, names, *party), 200),
        party_account=short(_found(detail, names, *number), 64),
        text=short(_found(detail, names, "n:RmtInf/n:Ustrd") or _found(entry, names, "n:AddtlNtryInf"), 400),
        is_return=returned,
    )


def _amount(element: etree._Element, names: Mapping[str, str], currency: str) -> int:
    direction = _found(element, names, "n:CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise refusal(element.sourceline, "CdtDbtInd", "invalid", _("An amount is CRDT or DBIT."))
    return _plain_amount(element, names, currency) * (1 if direction == "CRDT" else -1)


def _plain_amount(element: etree._Element, names: Mapping[str, str], currency: str) -> int:
    amount = element.find("n:Amt", names)
    if amount is None:
        amount = element.find("n:AmtDtls/n:TxAmt/n:Amt", names)
    if amount is None:
        raise refusal(element.sourceline, "Amt", "required", _("The amount is missing."))
    if amount.get("Ccy") != currency:
        raise refusal(amount.sourceline, "Amt", "other_currency", _("The account is kept in %s.") % currency)
    return amount_of((amount.text or "").strip(), amount.sourceline, "Amt")


def _found(element: etree._Element, names: Mapping[str, str], *paths: str) -> str:
    texts = ((element.findtext(path, "", names) or "").strip() for path in paths)
    return next((text for text in texts if text), "")


def _required(element: etree._Element, names: Mapping[str, str], *paths: str) -> str:
    text = _found(element, names, *paths)
    if not text:
        field = paths[0].replace("n:", "").replace("/", ".")
        raise refusal(element.sourceline, field, "required", _("%(field)s is missing.") % {"field": field})
    return short(text, 64)


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv(text: str) -> Statement:
    """Read lines of `label,value` pairs, then a table with a heading; the balances and the count make it whole."""
    rows = rows_of(text)
    labelled: dict[str, tuple[int, str]] = {}
    names = {alias: name for name, aliases in LABELS.items() for alias in aliases}
    heading = next(
        (at for at, (_line, cells) in enumerate(rows) if set(NEEDED) <= columns_of(cells, COLUMNS).keys()), None
    )
    if heading is None:
        columns = ", ".join(COLUMNS[name][0] for name in NEEDED)
        raise refusal(rows[-1][0], "file", "no_table", _("There is no table with the columns %s.") % columns)
    columns_at = columns_of(rows[heading][1], COLUMNS)
    table: list[tuple[int, list[str]]] = []
    below: list[tuple[int, list[str]]] = []
    for place, cells in rows[heading + 1 :]:
        (below if cells[0].rstrip(":：") in names else table).append((place, cells))
    for place, cells in [*rows[:heading], *below]:
        for label, value in zip(cells[::2], cells[1::2], strict=False):
            if (name := names.get(label.rstrip(":："))) is not None:
                labelled[name] = (place, value)
    last = rows[-1][0]
    for name, aliases in LABELS.items():
        if not labelled.get(name, (0, ""))[1]:
            raise refusal(last, name, "required", _("The file does not say its %s; is it whole?") % aliases[0])
    lines = [_row(place, cells, columns_at, len(rows[heading][1])) for place, cells in table]
    opening, closing = (
        signed_amount_of(value, place, name) for name in ("opening", "closing") for place, value in [labelled[name]]
    )
    _running(table, columns_at, lines, opening)
    if labelled["count"][1] != str(len(lines)):
        detail = _("The file names %(count)s bookings and has %(found)s.")
        raise refusal(last, "count", "not_whole", detail % {"count": labelled["count"][1], "found": len(lines)})
    currency = labelled["currency"][1]
    return _whole(
        Statement(
            statement_id=short(labelled["statement_id"][1], 64),
            account=labelled["account"][1].replace(" ", ""),
            currency=CURRENCY_NAMES.get(currency, currency.upper()),
            opens_on=day_of(labelled["opens_on"][1], labelled["opens_on"][0], "opens_on"),
            closes_on=day_of(labelled["closes_on"][1], labelled["closes_on"][0], "closes_on"),
            opening_minor=opening,
            closing_minor=closing,
            lines=tuple(lines),
        ),
        last,
    )


def _row(place: int, cells: Sequence[str], columns: Mapping[str, int], width: int) -> Line:
    if len(cells) != width:
        raise refusal(
            place,
            "file",
            "not_whole",
            _("The line has %(found)s cells instead of %(width)s.") % {"found": len(cells), "width": width},
        )

    def cell(name: str) -> str:
        return cells[columns[name]] if name in columns else ""

    debit, credit = (amount_of(cell(name) or "0", place, name) for name in ("debit", "credit"))
    if bool(debit) == bool(credit):
        raise refusal(place, "credit", "one_side", _("A booking has either a debit or a credit."))
    if not cell("bank_reference"):
        raise refusal(place, "bank_reference", "required", _("An entry has the bank's reference."))
    return Line(
        place=place,
        booked_on=day_of(cell("booked_on"), place, "booked_on"),
        amount_minor=credit - debit,
        bank_reference=short(cell("bank_reference"), 64),
        end_to_end=short(cell("end_to_end"), 64),
        party_name=short(cell("party_name"), 200),
        party_account=short(cell("party_account"), 64),
        text=short(cell("text"), 400),
        is_return=cell("returned") in YES,
    )


def _running(
    table: Sequence[tuple[int, Sequence[str]]], columns: Mapping[str, int], lines: Sequence[Line], opening: int
) -> None:
    balance = opening
    for (place, cells), line in zip(table, lines, strict=True):
        balance += line.amount_minor
        if signed_amount_of(cells[columns["balance"]], place, "balance") != balance:
            raise refusal(place, "balance", "does_not_add_up", _("The balance does not follow from the line before."))


def _whole(statement: Statement, place: int) -> Statement:
    """Return a statement that adds up and whose bookings are of its days."""
    if statement.opening_minor + sum(line.amount_minor for line in statement.lines) != statement.closing_minor:
        raise refusal(place, "closing", "does_not_add_up", _("The bookings do not lead to the closing balance."))
    if statement.opens_on > statement.closes_on:
        raise refusal(place, "closes_on", "before_begin", _("The statement ends before it begins."))
    for line in statement.lines:
        if not statement.opens_on <= line.booked_on <= statement.closes_on:
            raise refusal(line.place, "booked_on", "other_day", _("The booking is not of the statement's days."))
    return statement
