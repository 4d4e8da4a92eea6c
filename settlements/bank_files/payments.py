"""Payment files to the bank: ISO 20022 pain.001.001.09, and CSV in GB18030 as mainland banks' portals take it.

Pure: the same instruction gives the same bytes, so that a file that is produced again after a crash is the same file.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree
from stdnum import iban

from kernel.money import format_amount

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA = Path(__file__).parent.parent / "data" / "iso20022" / "pain.001.001.09.xsd"
CSV_HEADINGS = (
    "序号",
    "付款账号",
    "收款账号",
    "收款户名",
    "收款银行",
    "收款行联行号",
    "金额",
    "币种",
    "用途",
    "客户流水号",
    "监管申报信息",
)


@dataclass(frozen=True)
class Party:
    """One side of a payment. `clearing` is the clearing system of the bank code, "" for a BIC."""

    name: str
    number: str
    bank_name: str
    bank_code: str
    clearing: str


@dataclass(frozen=True)
class ReportedContract:
    """What of a payment abroad is for which contract, and its papers' numbers; blank where there is none."""

    amount_minor: int
    agreement: str
    clearance: str
    tax_filing: str

    def lines(self) -> list[str]:
        """Return the numbers, each at most 35 characters with its sign."""
        named = {"AGR": self.agreement, "CLR": self.clearance, "TAX": self.tax_filing}
        return [f"{sign} {number}" for sign, number in named.items() if number]


@dataclass(frozen=True)
class Reporting:
    """What the paying bank reports of a payment abroad: to whom ("" where nobody is named), where, and of what."""

    authority: str
    country: str
    contracts: Sequence[ReportedContract]


@dataclass(frozen=True)
class Payment:
    """One payment; `reference` (at most 35 characters) comes back in the bank's answers and statements."""

    reference: str
    payee: Party
    amount_minor: int
    purpose: str
    reporting: Reporting | None = None


@dataclass(frozen=True)
class Instruction:
    """What the bank is to pay, in one currency, from one account. `made_at` is in the venue's time."""

    number: str
    made_at: datetime
    payer: Party
    currency: str
    payments: Sequence[Payment]


class PaymentFile(NamedTuple):
    """A file to the bank."""

    name: str
    media_type: str
    content: bytes


def pain_001(instruction: Instruction) -> PaymentFile:
    """Write an ISO 20022 customer credit transfer; raises ValueError when it does not fit the official schema."""
    document = etree.Element("Document", nsmap={None: NAMESPACE})
    initiation = etree.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(instruction.payments)), sum(payment.amount_minor for payment in instruction.payments)
    made_at = instruction.made_at.replace(microsecond=0).isoformat()
    _put(
        initiation,
        GrpHdr={
            "MsgId": instruction.number,
            "CreDtTm": made_at,
            "NbOfTxs": count,
            "CtrlSum": format_amount(total),
            "InitgPty": {"Nm": instruction.payer.name},
        },
    )
    information = etree.SubElement(initiation, "PmtInf")
    _put(
        information,
        PmtInfId=instruction.number,
        PmtMtd="TRF",
        # One booking per payment, so that each can be found in the statement.
        BtchBookg="false",
        NbOfTxs=count,
        CtrlSum=format_amount(total),
        ReqdExctnDt={"Dt": made_at[:10]},
        Dbtr={"Nm": instruction.payer.name},
        DbtrAcct={"Id": _account(instruction.payer.number), "Ccy": instruction.currency},
        DbtrAgt={"FinInstnId": _bank(instruction.payer)},
        ChrgBr="SHAR",
    )
    for payment in instruction.payments:
        transfer = etree.SubElement(information, "CdtTrfTxInf")
        _put(transfer, PmtId={"InstrId": payment.reference, "EndToEndId": payment.reference})
        amount = etree.SubElement(etree.SubElement(transfer, "Amt"), "InstdAmt", Ccy=instruction.currency)
        amount.text = format_amount(payment.amount_minor)
        _put(
            transfer,
            CdtrAgt={"FinInstnId": _bank(payment.payee)},
            Cdtr={"Nm": payment.payee.name},
            CdtrAcct={"Id": _account(payment.payee.number)},
        )
        if payment.reporting is not None:
            _put_reporting(transfer, payment.reporting, instruction.currency)
        _put(
            transfer,
            RmtInf={"Ustrd": payment.purpose},
        )
    content = etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    # Read again, for elements made without a namespace only get theirs in the text.
    if not _schema().validate(etree.fromstring(content)):
        raise ValueError(str(_schema().error_log.last_error))
    return PaymentFile(f"{instruction.number}.xml", "application/xml", content)


def _put_reporting(transfer: etree._Element, reporting: Reporting, currency: str) -> None:
    """Add what the debtor's bank reports (RgltryRptg), with one part for each contract."""
    report = etree.SubElement(transfer, "RgltryRptg")
    named: Branch = {"Nm": reporting.authority} if reporting.authority else {}
    _put(report, DbtCdtRptgInd="DEBT", Authrty={**named, "Ctry": reporting.country})
    for contract in reporting.contracts:
        part = etree.SubElement(report, "Dtls")
        etree.SubElement(part, "Amt", Ccy=currency).text = format_amount(contract.amount_minor)
        for line in contract.lines():
            etree.SubElement(part, "Inf").text = line


def bank_csv(instruction: Instruction) -> PaymentFile:
    """Write one line per payment in GB18030, the encoding that a mainland bank must take (GB 18030-2022)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_HEADINGS)
    for position, payment in enumerate(instruction.payments, start=1):
        payee = payment.payee
        writer.writerow(
            [
                position,
                instruction.payer.number,
                payee.number,
                payee.name,
                payee.bank_name,
                payee.bank_code,
                format_amount(payment.amount_minor),
                instruction.currency,
                payment.purpose,
                payment.reference,
                _reported(payment),
            ]
        )
    return PaymentFile(f"{instruction.number}.csv", "text/csv; charset=gb18030", text.getvalue().encode("gb18030"))


def _reported(payment: Payment) -> str:
    contracts = payment.reporting.contracts if payment.reporting else ()
    return "; ".join(line for contract in contracts for line in contract.lines())


Branch = Mapping[str, "str | Branch"]


def _put(parent: etree._Element, **members: "str | Branch") -> None:
    for tag, value in members.items():
        element = etree.SubElement(parent, tag)
        if isinstance(value, str):
            element.text = value
        else:
            _put(element, **value)


def _account(number: str) -> Branch:
    return {"IBAN": iban.compact(number)} if iban.is_valid(number) else {"Othr": {"Id": number}}


def _bank(party: Party) -> Branch:
    if not party.clearing:
        return {"BICFI": party.bank_code, "Nm": party.bank_name}
    member: Branch = {"ClrSysId": {"Cd": party.clearing}, "MmbId": party.bank_code}
    return {"ClrSysMmbId": member, "Nm": party.bank_name}


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))
