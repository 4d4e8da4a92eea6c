"""A payment abroad waits for its papers and carries them: proof of the trade, clearance, above a line the filing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from lxml import etree

from accounts.models import Capacity, Organization, Person
from accounts.permissions import Permission
from kernel.money import Currency, Money
from settlements import cross_border
from settlements.cross_border import missing_papers, note_earnings, prove_trade
from settlements.fees import FeeLine
from settlements.models import CrossBorderPayment, Payee, Payout, PayoutPart, TaxFiling
from settlements.payout_batches import check_batch, gather_batch, produce_file
from settlements.payouts import approve_payout, confirm_paid, reject_payout, request_payout, retry_payout
from settlements.tax_filings import confirm_tax_filing, enter_tax_filing, refuse_tax_filing
from tests.refusals import refused
from tests.settlements.banking import custody, officers, payee
from tests.settlements.exchanging import CNY, rate
from tests.settlements.purse import Kind, assert_books_balance, give, yuan
from tests.settlements.test_console import console
from tests.settlements.test_payout_batches import NS
from tests.world import actor, api, make_client, make_member, person_of, venue

pytestmark = pytest.mark.django_db
DIGEST = "ab" * 32


@pytest.fixture
def abroad(guangzhou: Any, officer: Person) -> Organization:
    """A provider of Hong Kong at the Guangzhou exchange, with a verified account; a dollar costs 7.1 yuan."""
    provider = make_member("gzdex", Capacity.PROVIDER, name="香港数据", jurisdiction="HK")
    payee(provider, bank_code="012", bank_name="Bank of China (Hong Kong)", number="012-875-1-234567-8")
    rate("USD/CNY", "7.1")
    return provider


def earned(
    provider: Organization, amount: Money, *, clearance: str | None = "GZ-B-2026-000001", proven: bool = True
) -> UUID:
    """Let a contract bring the provider money, and close it; returns its order."""
    order_id = uuid4()
    give(provider, amount, Kind.PAYABLE)
    noted(provider, order_id, amount.minor)
    if proven:
        prove(order_id, clearance)
    return order_id


def noted(provider: Organization, order_id: UUID, minor: int, *, given_back: bool = False) -> None:
    note_earnings(
        order_id=order_id,
        venue_id=venue().id,
        currency=CNY,
        lines=[FeeLine(Payee.PROVIDER, 0, minor, None)],
        owners={Payee.PROVIDER: provider.id},
        reference=f"test:{uuid4()}",
        given_back=given_back,
    )


def prove(order_id: UUID, clearance: str | None = "GZ-B-2026-000001") -> None:
    prove_trade(
        order_id=order_id,
        venue_id=venue().id,
        agreement=("GZ-A-2026-000007", "a" * 64),
        certificate=("GZ-C-2026-000007", "c" * 64),
        clearance=clearance,
    )


def asked(provider: Organization, amount: Money) -> Payout:
    return request_payout(venue=venue(), amount=amount, actor=actor(person_of(provider)))


def approve(payout: Payout) -> Payout:
    return approve_payout(payout_id=payout.id, actor=officers()[0])


def reasons(payout: Payout) -> list[tuple[str, UUID | None]]:
    return [(missing.reason, missing.order_id) for missing in missing_papers(Payout.objects.get(id=payout.id))]


def filed(provider: Organization, order_id: UUID, number: str = "5440115202600001", **fields: Any) -> TaxFiling:
    maker, checker = officers()
    said = {"document_sha256": DIGEST, "filed_on": timezone.localdate(), "number": number} | fields
    made = enter_tax_filing(venue=venue(), organization=provider, order_id=order_id, actor=maker, **said)
    return confirm_tax_filing(filing_id=made.id, actor=checker)


def test_a_payment_at_home_needs_none_of_this(provider: Organization, officer: Person) -> None:
    payee(provider)
    give(provider, yuan(1_000_000), Kind.PAYABLE)
    payout = approve(asked(provider, yuan(1_000_000)))
    assert (reasons(payout), PayoutPart.objects.count()) == ([], 0)
    confirm_paid(payout_id=payout.id, bank_reference="HOME-1", actor=officers()[1])
    assert not CrossBorderPayment.objects.exists()


def test_a_payment_abroad_waits_for_each_paper_with_a_reason(abroad: Organization) -> None:
    unproven = earned(abroad, yuan(100), proven=False)
    uncleared = earned(abroad, yuan(100), clearance="")
    at_home = earned(abroad, yuan(100), clearance=None)  # its data crossed no border
    give(abroad, yuan(5), Kind.PAYABLE)  # of which no contract is known
    payout = asked(abroad, yuan(305))
    assert reasons(payout) == [
        ("trade_proof_missing", unproven),
        ("clearance_missing", uncleared),
        ("trade_proof_missing", None),
    ]
    with refused("cross_border_papers_missing") as caught:
        approve(payout)
    assert caught.value.extensions["missing"][0] == {"reason": "trade_proof_missing", "order_id": str(unproven)}
    assert at_home not in {order_id for _reason, order_id in reasons(payout)}
    shown = api(make_client(person_of(abroad))).get(f"/api/v1/payouts/{payout.id}/papers").json()
    assert (shown["abroad"], shown["sent"], len(shown["parts"]), len(shown["missing"])) == (True, False, 4, 3)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutPart.objects.filter(payout=payout).update(amount_minor=1)


def test_the_line_is_exact_and_splitting_a_contract_slips_nothing_below_it(abroad: Organization) -> None:
    order_id = earned(abroad, yuan(355_000.01))  # 50,000 dollars are 355,000.00 yuan
    at_the_line = approve(asked(abroad, yuan(355_000)))
    assert reasons(at_the_line) == []
    rest = asked(abroad, yuan(0.01))
    assert reasons(rest) == reasons(at_the_line) == [("tax_filing_missing", order_id)]
    with refused("cross_border_papers_missing"):
        approve(rest)
    custody()
    with refused("nothing_to_pay"):
        gather_batch(venue=venue(), currency=Currency.CNY, actor=officers()[0])
    with refused("cross_border_papers_missing"):
        confirm_paid(payout_id=at_the_line.id, bank_reference="EARLY", actor=officers()[0])
    filed(abroad, order_id)
    assert reasons(rest) == reasons(at_the_line) == []


def test_a_payment_above_the_line_needs_a_filing_for_each_of_its_contracts(abroad: Organization) -> None:
    first, second = (earned(abroad, yuan(200_000)) for _each in range(2))
    payout = asked(abroad, yuan(400_000))
    assert reasons(payout) == [("tax_filing_missing", first), ("tax_filing_missing", second)]
    filed(abroad, first)
    assert reasons(payout) == [("tax_filing_missing", second)]


def test_what_came_back_is_asked_for_again_and_what_was_given_back_is_not_paid(abroad: Organization) -> None:
    first = earned(abroad, yuan(100))
    second = earned(abroad, yuan(50))
    noted(abroad, first, 4_000, given_back=True)
    custody()
    payout = approve(asked(abroad, yuan(80)))
    parts = dict(PayoutPart.objects.filter(payout=payout).values_list("order_id", "amount_minor"))
    assert parts == {first: 6_000, second: 2_000}
    maker, checker = officers()
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    check_batch(batch_id=batch.id, actor=checker)
    produce_file(batch.id)
    reject_payout(payout_id=payout.id, bank_reason="closed", actor=maker)
    again = retry_payout(payout_id=payout.id, actor=actor(person_of(abroad)))
    assert dict(PayoutPart.objects.filter(payout=again).values_list("order_id", "amount_minor")) == parts


def test_the_bank_file_carries_what_the_bank_must_report(abroad: Organization, provider: Organization) -> None:
    order_id = earned(abroad, yuan(400_000))
    payout = asked(abroad, yuan(400_000))
    filing = filed(abroad, order_id)
    approve(payout)
    payee(provider)
    give(provider, yuan(7), Kind.PAYABLE)
    approve(request_payout(venue=venue(), amount=yuan(7), actor=actor(person_of(provider))))
    custody()
    maker, checker = officers()
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    check_batch(batch_id=batch.id, actor=checker)
    tree = etree.fromstring(bytes(produce_file(batch.id).content))

    carried = CrossBorderPayment.objects.get()
    assert (carried.usd_minor, carried.rate.rate if carried.rate else None) == (5_633_803, "7.1")
    assert carried.papers[0]["proof"]["certificate_sha256"] == "c" * 64
    assert carried.papers[0]["tax_filing"] == {"number": filing.number, "document_sha256": DIGEST}
    reports = tree.findall(".//p:RgltryRptg", NS)
    assert len(reports) == 1
    assert reports[0].findtext("p:Authrty/p:Ctry", namespaces=NS) == "CN"
    assert reports[0].findtext("p:Dtls/p:Amt", namespaces=NS) == "400000.00"
    assert [each.text for each in reports[0].iterfind("p:Dtls/p:Inf", NS)] == [
        "AGR GZ-A-2026-000007",
        "CLR GZ-B-2026-000001",
        f"TAX {filing.number}",
    ]
    confirm_paid(payout_id=payout.id, bank_reference="OUT-1", actor=maker)
    shown = api(make_client(person_of(abroad))).get(f"/api/v1/payouts/{payout.id}/papers").json()
    assert (shown["sent"], shown["missing"], shown["parts"][0]["proof"]["clearance_number"]) == (
        True,
        [],
        "GZ-B-2026-000001",
    )
    page = console(person_of_officer()).get(f"/console/settlements/crossborderpayment/{carried.id}/change/")
    assert "GZ-B-2026-000001" in page.content.decode()
    for model in ("crossborderpayment", "payoutpart", "taxfiling", "exchangerate", "exchangequote", "revaluation"):
        words = {"q": f"香港 {order_id} %_'"}
        shown = console(person_of_officer()).get(f"/console/settlements/{model}/", words)
        assert shown.status_code == 200, model
    assert_books_balance()


def person_of_officer() -> Person:
    return Person.objects.get(id=officers()[0].person_id)


def test_the_csv_has_a_column_for_it(abroad: Organization) -> None:
    order_id = earned(abroad, yuan(100))
    approve(asked(abroad, yuan(100)))
    custody(layout="BANK_CSV")
    maker, checker = officers()
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    check_batch(batch_id=batch.id, actor=checker)
    text = bytes(produce_file(batch.id).content).decode("gb18030")
    assert text.splitlines()[0].endswith("监管申报信息")
    assert text.splitlines()[1].endswith("AGR GZ-A-2026-000007; CLR GZ-B-2026-000001")
    assert order_id


def test_without_a_fresh_dollar_rate_nothing_leaves(abroad: Organization) -> None:
    earned(abroad, yuan(100))
    payout = asked(abroad, yuan(100))
    late = cross_border.database_now() + timedelta(hours=97)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_border, "database_now", lambda: late)
        assert reasons(payout) == [("exchange_rate_stale", None)]
        with refused("cross_border_papers_missing"):
            approve(payout)
    assert reasons(payout) == []


def test_a_filing_is_entered_by_one_and_confirmed_by_another(abroad: Organization, officer: Person) -> None:
    order_id, (maker, checker) = earned(abroad, yuan(400_000)), officers()
    payout = asked(abroad, yuan(400_000))
    staffed = api(make_client(officer))
    wish = {
        "venue": "gzdex",
        "organization_id": str(abroad.id),
        "order_id": str(order_id),
        "number": "5440115202600001",
        "document_sha256": DIGEST,
        "filed_on": timezone.localdate().isoformat(),
    }
    for wrong, pointer in (
        ({"order_id": str(uuid4())}, "/order_id"),
        ({"number": "税务 1"}, "/number"),
        ({"document_sha256": DIGEST[:-1]}, "/document_sha256"),
        ({"document_sha256": DIGEST.upper()}, "/document_sha256"),
        ({"filed_on": "9999-12-31"}, "/filed_on"),
        ({"organization_id": str(uuid4())}, "/organization_id"),
    ):
        answer = staffed.post("/api/v1/tax-filings", wish | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    owner = api(make_client(person_of(abroad)))
    assert owner.post("/api/v1/tax-filings", wish).status_code == 403
    made = staffed.post("/api/v1/tax-filings", wish)
    assert made.status_code == 201, made.json()
    filing_id = made.json()["id"]
    assert staffed.post("/api/v1/tax-filings", wish).json()["code"] == "tax_filing_known"
    assert reasons(payout) == [("tax_filing_missing", order_id)]
    assert staffed.post(f"/api/v1/tax-filings/{filing_id}/confirm", {}).json()["code"] == "same_person"
    with refused("forbidden"):
        confirm_tax_filing(filing_id=UUID(filing_id), actor=actor(person_of(abroad)))
    refuse_tax_filing(filing_id=UUID(filing_id), reason="another contract", actor=checker)
    with refused("illegal_state"):
        confirm_tax_filing(filing_id=UUID(filing_id), actor=checker)
    filed(abroad, order_id)
    assert reasons(payout) == []
    assert [each["state"] for each in owner.get("/api/v1/tax-filings").json()["items"]] == ["CONFIRMED", "REFUSED"]
    assert api(make_client(person_of(make_member("gzdex")))).get(f"/api/v1/tax-filings/{filing_id}").status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxFiling.objects.filter(state="CONFIRMED").update(number="1")
    pages = console(officer)
    part = PayoutPart.objects.get(payout=payout)
    assert pages.get(f"/console/settlements/payoutpart/{part.id}/enter-filing").status_code in (200, 301)
    assert maker.may(Permission.PAYOUT_APPROVE)
