"""What the bank says of a payment file: ISO 20022 pain.002 of any version, and the CSV of mainland banks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from lxml import etree

from settlements.bank_files.reading import columns_of, refusal, rows_of, short, text_of, xml_of


class Outcome(StrEnum):
    PAID = "PAID"
    REJECTED = "REJECTED"
    UNDER_WAY = "UNDER_WAY"


# ISO 20022 ExternalPaymentTransactionStatus1Code: settled, refused; whatever else there is, the bank has not decided.
OUTCOMES = {"ACSC": Outcome.PAID, "ACCC": Outcome.PAID, "RJCT": Outcome.REJECTED, "CANC": Outcome.REJECTED}
CSV_OUTCOMES = {
    **dict.fromkeys(("成功", "交易成功", "已入账"), Outcome.PAID),
    **dict.fromkeys(("失败", "交易失败", "拒绝"), Outcome.REJECTED),
    **dict.fromkeys(("处理中", "已受理", "待处理"), Outcome.UNDER_WAY),
}
CSV_COLUMNS = {
    "reference": ("客户流水号", "企业流水号"),
    "outcome": ("交易状态", "处理状态", "状态"),
    "bank_reference": ("银行流水号", "流水号"),
    "reason": ("失败原因", "备注"),
}


@dataclass(frozen=True)
class Answer:
    """What became of one payment; `reference` is the one that the exchange gave it, "" for the file as a whole."""

    place: int
    batch_number: str
    reference: str
    outcome: Outcome
    bank_reference: str = ""
    reason: str = ""


def answers_in(content: bytes, encoding: str = "") -> list[Answer]:
    """Return the answers of a file; raises Problem `bank_file_unreadable` with the line and field of the reason."""
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    answers = list(_pain_002(content) if is_xml else _csv(text_of(content, encoding)))
    if not answers:
        raise refusal(1, "file", "no_answer", _("The file answers for no payment."))
    return answers


def _pain_002(content: bytes) -> Iterator[Answer]:
    root, names = xml_of(content, "pain.002.001")
    original = root.find("n:CstmrPmtStsRpt/n:OrgnlGrpInfAndSts", names)
    number = _text(original, names, "n:OrgnlMsgId") if original is not None else ""
    if original is None or not number:
        raise refusal(1, "OrgnlMsgId", "required", _("The file does not say which batch it answers."))
    transactions = root.findall("n:CstmrPmtStsRpt/n:OrgnlPmtInfAndSts/n:TxInfAndSts", names)
    if not transactions and OUTCOMES.get(_text(original, names, "n:GrpSts")) is Outcome.REJECTED:
        yield Answer(original.sourceline, number, "", Outcome.REJECTED, reason=_reason(original, names))
    for each in transactions:
        reference = _text(each, names, "n:OrgnlEndToEndId")
        if not reference:
            raise refusal(each.sourceline, "OrgnlEndToEndId", "required", _("The payment's reference is missing."))
        yield Answer(
            place=each.sourceline,
            batch_number=number,
            reference=reference,
            outcome=OUTCOMES.get(_text(each, names, "n:TxSts"), Outcome.UNDER_WAY),
            bank_reference=short(_text(each, names, "n:AcctSvcrRef"), 64),
            reason=_reason(each, names),
        )


def _reason(element: etree._Element, names: Mapping[str, str]) -> str:
    paths = ("n:StsRsnInf/n:Rsn/n:Cd", "n:StsRsnInf/n:Rsn/n:Prtry", "n:StsRsnInf/n:AddtlInf")
    return short(" ".join(filter(None, (_text(element, names, path) for path in paths))), 300)


def _text(element: etree._Element, names: Mapping[str, str], path: str) -> str:
    return (element.findtext(path, "", names) or "").strip()


def _csv(text: str) -> Iterator[Answer]:
    (first, heading), *rows = rows_of(text)
    columns = columns_of(heading, CSV_COLUMNS)
    if missing := [aliases[0] for name, aliases in CSV_COLUMNS.items() if name not in columns]:
        raise refusal(first, "file", "no_table", _("There is no column %s.") % ", ".join(missing))
    for place, cells in rows:
        if len(cells) != len(heading):
            wrong = {"found": len(cells), "width": len(heading)}
            raise refusal(place, "file", "not_whole", _("The line has %(found)s cells instead of %(width)s.") % wrong)
        told = {name: cells[index] for name, index in columns.items()}
        if told["outcome"] not in CSV_OUTCOMES:
            raise refusal(place, "outcome", "unknown", _("%s is no known state of a payment.") % told["outcome"])
        yield Answer(
            place=place,
            batch_number="",
            reference=told["reference"],
            outcome=CSV_OUTCOMES[told["outcome"]],
            bank_reference=short(told["bank_reference"], 64),
            reason=short(told["reason"], 300),
        )
