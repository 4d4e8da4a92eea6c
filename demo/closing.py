"""After the trade: earnings leave, the certificate is verified with no database, and the books sum to zero."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from demo.cast import Cast, staff_of
from demo.exchange import Api, Failed, Story, anonymous, signed_in
from demo.people import OPERATORS
from demo.trades import Trade

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nowhere",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "KEYS_DIR": "/nowhere",
}


def pay_out(trade: Trade, placed: dict[str, Any], people: Cast, story: Story) -> None:
    """Let the provider ask for its share, and two of the venue's staff send it off."""
    agreement = people.provider.get(f"orders/{placed['id']}/agreement")
    share = next(line for line in agreement["body"]["division"] if line["payee"] == "PROVIDER")["amount_minor"]
    amount = {"amount": f"{share // 100}.{share % 100:02d}", "currency": trade.plan["price"]["currency"]}
    verify_account(trade.venue, amount["currency"], people.provider, people.officer, story)
    payout = people.provider.post("payouts", {"venue": trade.venue, "amount": amount})
    story.step("provider asks for its share", f"{amount['amount']} {amount['currency']}")
    with story.refusal("provider approves its own payout", "forbidden"):
        people.provider.post(f"payouts/{payout['id']}/approve")
    people.venue_admin.post(f"payouts/{payout['id']}/approve")
    paid = people.officer.post(
        f"payouts/{payout['id']}/confirm-paid", {"bank_reference": f"OUT-{uuid.uuid4().hex[:12].upper()}"}
    )
    story.step("staff approve it and confirm the bank's payment", paid["state"])


def verify_account(venue: str, currency: str, member: Api, officer: Api, story: Story) -> None:
    """Let a member register its bank account and an officer verify it, unless that was done before."""
    verified = member.get("payee-accounts", venue=venue, state="VERIFIED")["items"]
    if any(account["currency"] == currency for account in verified):
        return
    account = member.post(
        "payee-accounts",
        {
            "venue": venue,
            "currency": currency,
            "number": str(uuid.uuid4().int)[:16],
            "bank_name": "演示银行广州分行",
            "bank_code": "102581000013",
        },
    )
    officer.post(f"payee-accounts/{account['id']}/verify", {"finding": "A payment of 0.01 came from it."})
    story.step("an officer verifies a member's bank account", account["number"])


def certify(placed: dict[str, Any], people: Cast, folder: Path, story: Story) -> None:
    """Download the trade's certificate and verify it in a process that can reach no server; then an altered one."""
    number = people.buyer.get(f"orders/{placed['id']}")["certificate"]
    certificate = folder / f"{number}.json"
    keys = folder / "public-keys.json"
    certificate.write_bytes(people.buyer.download(f"/api/v1/certificates/{number}/file").content)
    keys.write_bytes(people.public.download("/api/v1/log/public-keys").content)
    story.step("buyer downloads the certificate", certificate)

    done = verify_offline("verify_certificate", certificate, keys)
    if done.returncode:
        raise Failed(f"the certificate does not verify:\n{done.stdout}{done.stderr}")
    story.step("it verifies offline, with no database and no network", "VALID")
    for line in done.stdout.splitlines():
        if line.strip().startswith("holds"):
            story.note(line.strip())

    altered = folder / "altered.json"
    altered.write_text(certificate.read_text().replace(placed["number"], placed["number"][:-1] + "X"))
    if verify_offline("verify_certificate", altered, keys).returncode == 0:
        raise Failed("an altered certificate verifies")
    story.step("the same file with one character changed", "NOT VALID, as it must be")


def verify_offline(command: str, file: Path, keys: Path) -> "subprocess.CompletedProcess[str]":
    """Run a verifying command of `manage.py` with every server's address pointing nowhere."""
    return subprocess.run(
        [sys.executable, "manage.py", command, str(file.absolute()), "--key", str(keys.absolute())],
        cwd=ROOT,
        env=os.environ | NOWHERE,
        capture_output=True,
        text=True,
        check=False,
    )


def close_the_books(url: str, story: Story) -> None:
    """Print each venue's books and the trial balance, which must be zero in every currency."""
    for venue in OPERATORS:
        books = signed_in(url, staff_of(venue, "officer")).get("ledger/trial-balance")
        for line in books["accounts"]:
            story.note(f"{line['venue']}  {line['currency']}  {line['kind']:<8} {line['amount']:>16}")
        for total in books["totals"]:
            story.step(f"trial balance of {venue}", f"{total['amount']} {total['currency']}")
            if float(total["amount"]) != 0:
                raise Failed(f"the books of {venue} do not balance: {json.dumps(total)}")
    heads = anonymous(url).get("log/tree-heads", limit=1)["items"]
    story.step("the audit log is sealed and signed", f"{heads[0]['statement']['size']} events")
