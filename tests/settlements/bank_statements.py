"""Statements and answers of a bank, as bytes: camt.053, the CSV of mainland banks, pain.002."""

from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from django.utils import timezone

from kernel.money import Currency, format_amount
from settlements.bank_days import close_bank_day
from settlements.breaks import approve_explanation, propose_explanation
from settlements.models import BankBreak
from settlements.reconciliation import import_statement
from tests.settlements.banking import CUSTODY_NUMBER, custody, officers
from tests.world import venue

HEADINGS = "交易日期,流水号,摘要,借方发生额,贷方发生额,余额,对方户名,对方账号,客户流水号,退汇标志"


@dataclass(frozen=True)
class Booked:
    """One booking, in minor units, positive when money comes in."""

    minor: int
    reference: str
    end_to_end: str = ""
    party: str = ""
    text: str = ""
    is_return: bool = False


def camt_053(day: date, *bookings: Booked, opening: int = 0, number: str = "", currency: str = "CNY") -> bytes:
    """Return a camt.053.001.08 of one day."""
    entries = "".join(
        f"""
  <Ntry><Amt Ccy="{currency}">{format_amount(abs(each.minor))}</Amt>
   <CdtDbtInd>{"CRDT" if each.minor > 0 else "DBIT"}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
   <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{each.reference}</AcctSvcrRef><NtryDtls><TxDtls>
    <Refs><EndToEndId>{each.end_to_end or "NOTPROVIDED"}</EndToEndId></Refs>
    <RltdPties><{"Dbtr" if each.minor > 0 else "Cdtr"}><Pty><Nm>{escape(each.party)}</Nm></Pty>
    </{"Dbtr" if each.minor > 0 else "Cdtr"}></RltdPties><RmtInf><Ustrd>{escape(each.text)}</Ustrd></RmtInf>
    {"<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if each.is_return else ""}</TxDtls></NtryDtls></Ntry>"""
        for each in bookings
    )
    closing = opening + sum(each.minor for each in bookings)
    balances = "".join(
        f"""
  <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{format_amount(abs(minor))}</Amt>
   <CdtDbtInd>{"CRDT" if minor >= 0 else "DBIT"}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"""
        for code, minor in (("OPBD", opening), ("CLBD", closing))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
 <GrpHdr><MsgId>M</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr>
 <Stmt><Id>{number or f"S{day}"}</Id>
  <Acct><Id><Othr><Id>{CUSTODY_NUMBER}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>{balances}{entries}
 </Stmt></BkToCstmrStmt></Document>
""".encode()


def csv_text(day: date, *bookings: Booked, opening: int = 0, number: str = "", currency: str = "人民币") -> str:
    """Return a statement as mainland banks export it, with its balances above and its count below the table."""
    balance, rows = opening, []
    for each in bookings:
        balance += each.minor
        sides = ["", format_amount(each.minor)] if each.minor > 0 else [format_amount(-each.minor), ""]
        returned = "是" if each.is_return else ""
        cells = [f"{day:%Y%m%d}", each.reference, each.text, *sides, format_amount(balance)]
        rows.append(",".join([*cells, each.party, "", each.end_to_end, returned]))
    above = [
        f"对账单编号：,{number or f'C{day}'},账号：,{CUSTODY_NUMBER},币种：,{currency}",
        f"起始日期：,{day},终止日期：,{day}",
        f"期初余额：,{format_amount(opening)},期末余额：,{format_amount(balance)}",
    ]
    return "\r\n".join([*above, HEADINGS, *rows, f"总笔数：,{len(rows)}", ""])


def pain_002(batch_number: str, *answers: tuple[str, str, str, str], group: str = "PART") -> bytes:
    """Return a pain.002.001.10 with (our reference, status, bank reference, reason) of each payment."""
    transactions = "".join(
        f"""
  <TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>
   {f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""}
   {f"<AcctSvcrRef>{bank}</AcctSvcrRef>" if bank else ""}</TxInfAndSts>"""
        for reference, status, bank, reason in answers
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
 <GrpHdr><MsgId>A</MsgId><CreDtTm>2026-11-28T10:00:00</CreDtTm></GrpHdr>
 <OrgnlGrpInfAndSts><OrgnlMsgId>{batch_number}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
  <GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>
 <OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch_number}</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>
""".encode()


def told_by_the_bank() -> BankBreak:
    """Return an open break at Guangzhou; when there is none, a day is told, explained and closed, and another told."""
    found = BankBreak.objects.filter(venue=venue(), state=BankBreak.State.OPEN).first()
    if found is not None:
        return found
    custody()
    maker, checker = officers()
    yesterday = timezone.now().astimezone(venue().zone).date() - timedelta(days=1)
    for day, opening in ((yesterday - timedelta(days=1), 0), (yesterday, 500)):
        content = camt_053(day, Booked(500, f"B-{day}"), opening=opening)
        import_statement(venue=venue(), name="day.xml", content=content, actor=maker)
        found = BankBreak.objects.get(booking__bank_reference=f"B-{day}")
        if day < yesterday:
            propose_explanation(break_id=found.id, way="POST", target="SUSPENSE", reason="Unknown.", actor=maker)
            approve_explanation(break_id=found.id, actor=checker)
            close_bank_day(venue=venue(), currency=Currency.CNY, day=day, actor=maker)
    assert found is not None
    return found
