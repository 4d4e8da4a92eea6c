"""The bank and the tax office: invoices, a batch of payouts with the bank's answer, and two statements compared."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.core.management import call_command

from demo.cast import Cast, staff_of
from demo.closing import verify_account
from demo.exchange import Api, Failed, Story, until

CUSTODY = {
    "venue": "gzdex",
    "number": "3602000109200654321",
    "bank_name": "演示银行广州分行",
    "bank_code": "102581000013",
    "currency": "CNY",
    "holder_name": "广州数据交易所运营（演示）有限公司客户资金专户",
    "layout": "PAIN_001",
}
HEADINGS = "交易日期,流水号,摘要,借方发生额,贷方发生额,余额,对方户名,对方账号,客户流水号,退汇标志"


@dataclass(frozen=True)
class Booked:
    """A line of the bank's: above zero when money comes in."""

    amount: Decimal
    reference: str
    end_to_end: str = "NOTPROVIDED"


def bank(people: Cast, folder: Path, story: Story) -> None:
    """Invoice an order, pay earnings out through the bank's files, and compare the books with its statements."""
    story.chapter("The bank and the tax office")
    told = people.officer.get("bank-statements", venue="gzdex")["items"]
    if told:
        story.step("the bank's statements of an earlier run are still there", told[0]["statement_id"])
        return
    invoice(people, story)
    pay_in_a_batch(people, folder, story)
    reconcile(people, folder, story)


def invoice(people: Cast, story: Story) -> None:
    """Ask for the invoices of a settled order; the provider enters the number of its own, the venue's waits."""
    paid = (each for each in people.buyer.get("orders", state="CERTIFIED", venue="gzdex")["items"])
    order = next(each for each in paid if Decimal(each["price"]["amount"]))
    about = {"source": "ORDER", "source_id": order["id"]}
    asked = people.buyer.post("invoices", {**about, "form": "SPECIAL", "address": "广州市海珠区演示路1号"})
    told = {"official_number": f"2644{uuid.uuid4().int % 10**16:016d}", "issued_on": today().isoformat()}
    issued = people.provider.post(f"invoices/{asked['id']}/issue", told)
    gross, tax = issued["gross"]["amount"], issued["tax"]["amount"]
    story.step(
        "buyer asks for the invoice, provider enters its number", f"{issued['number']}, {gross} with {tax} of VAT"
    )
    fee = people.provider.post("invoices", {**about, "payee": "VENUE", "payer": "PROVIDER"})
    story.step("provider asks for that of the venue's fee", f"{fee['number']} {fee['state']}")


def pay_in_a_batch(people: Cast, folder: Path, story: Story) -> None:
    """Send two members' earnings off in one file of two people; the bank pays one and rejects the other."""
    proposed = people.officer.post("custody-accounts", CUSTODY)
    people.venue_admin.post(f"custody-accounts/{proposed['id']}/use")
    payouts = [earnings_out(member, people, story) for member in (people.provider, people.broker) if member]
    batch = people.officer.post("payout-batches", {"venue": "gzdex", "currency": "CNY"})
    path = f"payout-batches/{batch['id']}"
    with story.refusal("who gathered the batch releases it", "same_person"):
        people.officer.post(f"{path}/check")
    people.venue_admin.post(f"{path}/check")
    until("the payment file", lambda: people.officer.get(path), lambda seen: seen["state"] == "PRODUCED")
    file = folder / f"{batch['number']}.xml"
    file.write_bytes(people.officer.download(f"/api/v1/{path}/file").content)
    story.step("another person releases it; a worker writes pain.001", f"{file}, {batch['payments']} payments")
    answer = answer_of(batch["number"], [(payouts[0], "ACSC", ""), (payouts[1], "RJCT", "AC04")])
    decided = people.officer.post_bytes("bank-answers", answer, venue="gzdex", name="answer.xml")["payouts"]
    story.step("the bank's answer is taken", ", ".join(payout["state"] for payout in decided))


def earnings_out(member: Api, people: Cast, story: Story) -> dict[str, Any]:
    """Let a member ask for all that it has earned, and an officer approve it; return the payout."""
    [earned] = member.get("balances", venue="gzdex", kind="PAYABLE", currency="CNY")["items"]
    verify_account("gzdex", "CNY", member, people.officer, story)
    payout = member.post("payouts", {"venue": "gzdex", "amount": earned["balance"]})
    return dict(people.venue_admin.post(f"payouts/{payout['id']}/approve"))


def answer_of(batch_number: str, answers: Sequence[tuple[dict[str, Any], str, str]]) -> bytes:
    """Return a pain.002.001.10 with the status of each payment, and the reason of a rejection."""
    payments = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{uuid.UUID(payout['id']).hex}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else "")
        + f"<AcctSvcrRef>{reference_of(payout)}</AcctSvcrRef></TxInfAndSts>"
        for payout, status, reason in answers
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>A-{batch_number}</MsgId><CreDtTm>{today()}T18:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{batch_number}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch_number}</OrgnlPmtInfId>"
        f"{payments}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def reconcile(people: Cast, folder: Path, story: Story) -> None:
    """Take the bank's statements of two days: the first is closed, the second leaves one arrival unexplained."""
    yesterday = today() - timedelta(days=1)
    deposits = [
        Booked(Decimal(each["amount"]["amount"]), each["bank_reference"])
        for each in people.officer.get("deposits", venue="gzdex", state="CREDITED")["items"]
    ]
    opening = [each for each in deposits if each.reference.startswith("DEMO-GZ-")]
    first = folder / "statement.csv"
    first.write_bytes(bank_csv(yesterday, opening).encode("gb18030"))
    officer = staff_of("gzdex", "officer").email
    call_command("import_bank_statement", first, venue="gzdex", email=officer, stdout=StringIO())
    closed = people.officer.post("bank-days", {"venue": "gzdex", "currency": "CNY", "day": str(yesterday)})
    story.step("an officer imports a CSV in GB18030 and closes its day", f"{len(opening)} matched, {closed['day']}")

    paid = people.officer.get("payouts", venue="gzdex", state="PAID")["items"]
    out = [
        Booked(-Decimal(each["amount"]["amount"]), each["bank_reference"], uuid.UUID(each["id"]).hex) for each in paid
    ]
    nobodys = Booked(Decimal("8888.80"), f"ICBC{today():%Y%m%d}0042")
    lines = [*(each for each in deposits if each not in opening), *out, nobodys]
    content = camt_053(today(), lines, opening=sum((each.amount for each in opening), Decimal()))
    [told] = people.officer.post_bytes("bank-statements", content, venue="gzdex", name="today.xml")["statements"]
    found = people.officer.get("bank-breaks", venue="gzdex", state="OPEN")["items"]
    if len(found) != 1:
        raise Failed(f"one break was to be left, and not {len(found)}")
    story.step("the next day's camt.053 is matched line by line", f"{told['statement_id']}, {len(lines)} bookings")
    story.step("one arrival is nobody's yet: a break, to be explained", f"{found[0]['amount']['amount']} CNY")


def bank_csv(day: date, lines: Sequence[Booked]) -> str:
    """Return a statement as the portal of a mainland bank exports it, from a balance of nothing."""
    balance, rows = Decimal(), []
    for each in lines:
        balance += each.amount
        rows.append(f"{day:%Y%m%d},{each.reference},转账,,{each.amount},{balance},,,,")
    above = [
        f"对账单编号：,DZ{day:%Y%m%d},账号：,{CUSTODY['number']},币种：,人民币",
        f"起始日期：,{day},终止日期：,{day}",
        f"期初余额：,0.00,期末余额：,{balance}",
    ]
    return "\r\n".join([*above, HEADINGS, *rows, f"总笔数：,{len(rows)}", ""])


def camt_053(day: date, lines: Sequence[Booked], *, opening: Decimal) -> bytes:
    """Return a camt.053.001.08 of one day."""
    entries = "".join(
        f'<Ntry><Amt Ccy="CNY">{abs(each.amount)}</Amt><CdtDbtInd>{"CRDT" if each.amount > 0 else "DBIT"}</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{escape(each.reference)}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{each.end_to_end}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        for each in lines
    )
    closing = opening + sum(each.amount for each in lines)
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M{day:%Y%m%d}</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr><Stmt><Id>DZ{day:%Y%m%d}</Id>"
        f"<Acct><Id><Othr><Id>{CUSTODY['number']}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{balances}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def reference_of(payout: dict[str, Any]) -> str:
    """Return the reference under which the bank books a payment."""
    return f"OUT-{uuid.UUID(payout['id']).hex[-12:].upper()}"


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()
