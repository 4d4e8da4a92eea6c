"""Invoices: once per supply, for what was settled less what went back, issued by hand or on paper, corrected in red."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from marketplace.credit_notes import approve_credit, propose_credit
from marketplace.models import Order
from settlements.fees import Deal, FeeLine
from settlements.invoices import FILE_JOB, Payment, Title, correct, issue_invoice, request_invoice
from settlements.models import DealOrigin, Invoice, Payee
from settlements.taxes import TaxTable
from settlements.vat import supplies_of
from tests.marketplace.test_charges import delivery, run, used  # noqa: F401 - a fixture
from tests.marketplace.test_disputes import agreed, filed
from tests.marketplace.trading import closed, fund, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.settlements.purse import yuan
from tests.world import actor, api, make_member, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db
FAPIAO = "26440000000000000001"
USUAL = Title(Invoice.Form.ORDINARY, "", "")


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    settings.INVOICE_FOLDER = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def order(folder: Path) -> Order:
    operator_of("gzdex")
    return closed(placed(listed_dataset(make_member()), make_buyer()))


def asked(order: Order, **fields: object) -> dict[str, object]:
    return {"source": "ORDER", "source_id": str(order.id), **fields}


def numbered(client: object, invoice: str, number: str, **fields: object) -> object:
    body = {"official_number": number, "issued_on": timezone.localdate().isoformat(), **fields}
    return client.post(f"/api/v1/invoices/{invoice}/issue", body)  # type: ignore[attr-defined]


def test_the_provider_invoices_the_price_and_the_venue_its_fee(order: Order, folder: Path) -> None:
    buyer, provider = api(person_of(order.buyer)), api(person_of(order.provider))
    price = buyer.post("/api/v1/invoices", asked(order, form="SPECIAL", address="前海路1号"))
    assert price.status_code == 201, price.json()
    shown = price.json()
    assert [shown[name]["amount"] for name in ("net", "tax", "gross")] == ["113.21", "6.79", "120.00"]
    assert (shown["rate_ppm"], shown["title"]) == (60_000, order.buyer.legal_name)
    assert shown["tax_number"] == order.buyer.identifier
    assert buyer.post("/api/v1/invoices", asked(order)).json()["id"] == shown["id"]
    fee = provider.post("/api/v1/invoices", asked(order, payee="VENUE", payer="PROVIDER")).json()
    assert (fee["gross"]["amount"], fee["tax"]["amount"]) == ("3.00", "0.17")
    assert fee["seller"]["id"] == str(operator_of("gzdex").id)

    run_due_jobs(kinds=(FILE_JOB,))
    request = json.loads((folder / "gzdex" / f"{shown['number']}.json").read_text())
    assert request["seller"]["tax_number"] == order.provider.identifier
    assert request["lines"][0] | {"item": ""} == {
        "item": "",
        "net": "113.21",
        "rate": "6%",
        "tax": "6.79",
        "gross": "120.00",
    }
    assert len(list((folder / "gzdex").iterdir())) == 2

    assert numbered(buyer, shown["id"], FAPIAO).json()["code"] == "forbidden"
    for number, fields in (("123", {}), (FAPIAO[:-1] + "x", {}), (FAPIAO, {"issued_on": "9999-12-31"})):
        assert numbered(provider, shown["id"], number, **fields).json()["code"] == "invalid"
    issued = numbered(provider, shown["id"], FAPIAO)
    assert (issued.json()["state"], issued.json()["official_number"]) == ("ISSUED", FAPIAO)
    assert numbered(provider, shown["id"], FAPIAO[::-1]).json()["code"] in ("illegal_state", "invalid")
    assert buyer.get(f"/api/v1/invoices/{shown['id']}/invoice.pdf").json()["code"] == "illegal_state"

    desk = Client()
    desk.force_login(staff("gzdex", Role.SETTLEMENT_OFFICER), backend="django.contrib.auth.backends.ModelBackend")
    page = desk.get(reverse("admin:settlements_invoice_change", args=[fee["id"]])).content.decode()
    assert f'class="text-link">{order.number}</a>' in page
    page = reverse("admin:settlements_invoice_issue", args=[fee["id"]])
    assert desk.post(page, {"official_number": FAPIAO, "issued_on": timezone.localdate()}).status_code == 302
    assert Invoice.objects.get(id=fee["id"]).state == "ISSUED"
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(id=fee["id"]).update(official_number="2")
    assert api(person_of(make_member())).get(f"/api/v1/invoices/{fee['id']}").status_code == 404
    assert len(buyer.get("/api/v1/invoices").json()["items"]) == 1
    assert len(provider.get("/api/v1/invoices", {"source_id": str(order.id)}).json()["items"]) == 2


def test_what_cannot_be_invoiced_is_refused(order: Order) -> None:
    buyer = api(person_of(order.buyer))
    for fields, code in (
        ({"tax_number": order.buyer.identifier[:-1] + ("0" if order.buyer.identifier[-1] != "0" else "1")}, "invalid"),
        ({"tax_number": order.provider.identifier}, "invalid"),
        ({"payee": "TAX"}, "invalid"),
        ({"payee": "BROKER", "payer": "PROVIDER"}, "nothing_to_invoice"),
        ({"payee": "VENUE", "payer": "BUYER"}, "nothing_to_invoice"),
        ({"payee": "VENUE", "payer": "PROVIDER"}, "forbidden"),
        ({"source": "CHARGE"}, "not_found"),
        ({"source_id": str(order.buyer_id)}, "not_found"),
        ({"form": "COMMERCIAL"}, "invalid"),
    ):
        assert buyer.post("/api/v1/invoices", asked(order, **fields)).json()["code"] == code, fields
    unsettled = placed(order.listing, order.buyer)
    assert buyer.post("/api/v1/invoices", asked(unsettled)).json()["code"] == "nothing_to_invoice"
    assert api(person_of(order.provider)).post("/api/v1/invoices", asked(order)).json()["code"] == "forbidden"

    made = buyer.post("/api/v1/invoices", asked(order)).json()
    path = f"/api/v1/invoices/{made['id']}"
    assert api(person_of(order.provider)).post(f"{path}/take-back", {"reason": "x"}).json()["code"] == "illegal_state"
    assert api(person_of(order.provider)).post(f"{path}/refuse", {"reason": "Wrong address"}).status_code == 200
    again = buyer.post("/api/v1/invoices", asked(order)).json()
    assert again["id"] != made["id"]
    assert buyer.get(path).json()["refusal"] == "Wrong address"


def test_what_goes_back_is_put_right_in_red_and_never_by_an_edit(order: Order, folder: Path) -> None:
    provider = actor(person_of(order.provider))
    client = api(person_of(order.buyer))
    made = client.post("/api/v1/invoices", asked(order)).json()
    waiting = (
        api(person_of(order.provider)).post("/api/v1/invoices", asked(order, payee="VENUE", payer="PROVIDER")).json()
    )
    issue_invoice(invoice_id=made["id"], official_number=FAPIAO, issued_on=timezone.localdate(), actor=provider)

    agreed(filed(order, 4_000), 4_000)
    run_due_jobs()
    red = Invoice.objects.get(corrects=made["id"])
    assert (red.amount_minor, red.tax_minor, red.state) == (4_000, 226, "REQUESTED")
    request = json.loads((folder / "gzdex" / f"{red.number}.json").read_text())
    assert (request["corrects"], request["lines"][0]["gross"]) == (FAPIAO, "-40.00")
    assert Invoice.objects.get(id=waiting["id"]).state == "REFUSED"
    assert client.post("/api/v1/invoices", asked(order)).json()["id"] == made["id"]

    # What was wrong is taken back in full, and asked for anew: never more than what is left of the settlement.
    rest = api(person_of(order.provider)).post(f"/api/v1/invoices/{made['id']}/take-back", {"reason": "Wrong title"})
    assert (rest.status_code, rest.json()["gross"]["amount"], rest.json()["tax"]["amount"]) == (201, "80.00", "4.53")
    again = client.post("/api/v1/invoices", asked(order)).json()
    assert (again["gross"]["amount"], again["tax"]["amount"]) == ("80.00", "4.53")
    living = Invoice.objects.exclude(state="REFUSED").filter(payee="PROVIDER")
    assert sum(-row.amount_minor if row.corrects_id else row.amount_minor for row in living) == 8_000
    assert AuditEvent.objects.filter(action="invoice.red_letter_requested").count() == 2
    nothing = api(person_of(order.provider)).post(f"/api/v1/invoices/{made['id']}/take-back", {"reason": "Again"})
    assert nothing.json()["code"] == "nothing_to_correct"


def test_a_charge_is_invoiced_like_an_order_and_its_credit_notes_are_red_letters(
    delivery: object,  # noqa: F811
    folder: Path,
) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00"], units=10_000)  # type: ignore[attr-defined]
    fund(delivery.organization, "500.00")  # type: ignore[attr-defined]
    run("2026-10")
    charge = delivery.entitlement.charges.get()  # type: ignore[attr-defined]
    client = api(person_of(charge.organization))
    made = client.post("/api/v1/invoices", {"source": "CHARGE", "source_id": str(charge.id)})
    assert made.status_code == 201, made.json()
    assert made.json()["gross"]["amount"] == f"{charge.gross_minor / 100:.2f}"
    issue_invoice(
        invoice_id=made.json()["id"],
        official_number=FAPIAO,
        issued_on=timezone.localdate(),
        actor=actor(person_of(charge.provider)),
    )
    officers = [staff("gzdex", Role.SETTLEMENT_OFFICER), make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER)]
    note = propose_credit(
        charge_id=charge.id, amount=Money(1_000, Currency.CNY), reason="Wrong answers", actor=actor(officers[0])
    )
    approve_credit(note_id=note.id, actor=actor(officers[1]))
    red = Invoice.objects.get(corrects__isnull=False)
    assert (red.amount_minor, red.reason) == (1_000, "Wrong answers")


@pytest.mark.parametrize("jurisdiction", ["HK", "MO"])
def test_a_seller_of_hong_kong_or_macao_gives_a_paper(jurisdiction: str) -> None:
    seller = make_member("gzdex", Capacity.PROVIDER, jurisdiction=jurisdiction, name="環球數據")
    buyer = make_buyer(funds="0.00")
    deal = Deal(seller, buyer, None, "DATASET", DealOrigin.LIST_PRICE)
    lines = [FeeLine(Payee.PROVIDER, 0, 10_600, None)]
    [supply] = supplies_of(lines, deal=deal, venue=venue(), table=TaxTable(date(2026, 11, 24)))
    payment = Payment(Invoice.Source.ORDER, seller.id, venue(), Currency.CNY, seller, buyer, None, "街道 <數據> & 字典")
    invoice = request_invoice(payment=payment, supply=supply, title=USUAL, actor=actor(person_of(buyer)))
    assert (invoice.form, invoice.tax_minor) == ("COMMERCIAL", 0)
    run_due_jobs(kinds=(FILE_JOB,))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.official_number) == ("ISSUED", invoice.number)
    for language in ("zh-hans", "zh-hant", "en"):
        paper = api(person_of(buyer)).get(
            f"/api/v1/invoices/{invoice.id}/invoice.pdf", headers={"Accept-Language": language}
        )
        assert b"".join(paper.streaming_content).startswith(b"%PDF-")
    correct(source_id=seller.id, supplies=[], reason="Refund", actor=actor(person_of(seller)))
    run_due_jobs(kinds=(FILE_JOB,))
    red = Invoice.objects.get(corrects=invoice)
    assert (red.state, red.amount) == ("ISSUED", yuan(106))
    with refused("invalid"):
        title = Title(Invoice.Form.SPECIAL, "", "")
        mainland = make_member("gzdex")
        abroad = Deal(mainland, seller, None, "DATASET", DealOrigin.LIST_PRICE)
        [sold] = supplies_of(lines, deal=abroad, venue=venue(), table=TaxTable(date(2026, 11, 24)))
        paid = Payment(Invoice.Source.ORDER, buyer.id, venue(), Currency.CNY, mainland, seller, None, "街道")
        request_invoice(payment=paid, supply=sold, title=title, actor=actor(person_of(seller)))
