"""VAT and withholding by the dated tables: taken apart to the cent, withheld of payments abroad, put on record."""

import json
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Capacity, Organization, Venue
from kernel.actors import SYSTEM
from settlements import escrow, fees
from settlements.models import FeePayer, Payee, Supply, Tax, TaxRate, Withholding
from settlements.settlement import SettlementDraft, give_back, settle
from settlements.taxes import TaxTable, first_table, load_rates, part_of
from settlements.vat import supplies_of
from tests.settlements.purse import Kind, assert_books_balance, deal, give, holds, yuan
from tests.world import api, make_member, make_organization, person_of, staff

TODAY = date(2026, 11, 24)


@given(gross=st.integers(1, 10**13), rate=st.integers(0, 999_999), included=st.integers(0, 999_999))
def test_a_tax_is_the_exact_quotient_rounded_half_up(gross: int, rate: int, included: int) -> None:
    tax, whole = part_of(gross, rate, included_ppm=included), 1_000_000 + included

    assert 2 * abs(tax * whole - gross * rate) <= whole
    assert 2 * (gross * rate - tax * whole) != whole
    assert 0 <= part_of(gross, rate, included_ppm=rate) < gross or gross == 1


@pytest.mark.django_db
def test_the_table_is_read_by_place_type_and_day(tmp_path: Path) -> None:
    def vat(seller: str, buyer: str, day: date = TODAY, product_type: str = "DATASET") -> tuple[int, int]:
        taken = TaxTable(day).contained(10_600, Supply.PRICE, seller=seller, buyer=buyer, product_type=product_type)
        assert taken.net_minor + taken.tax_minor == 10_600
        return taken.rate_ppm, taken.tax_minor

    assert vat("CN", "CN") == vat("CN", "CN", date(2020, 1, 1)) == (60_000, 600)
    assert vat("CN", "HK") == vat("HK", "CN") == vat("SG", "SG") == vat("CN", "CN", date(2016, 4, 30)) == (0, 0)
    assert not TaxRate.objects.filter(verified=True).exists()
    assert all(TaxRate.objects.values_list("source", flat=True))

    row = {"tax": "VAT", "supply": "PRICE", "seller": "CN", "buyer": "CN", "product_type": "COMPUTE"}
    newer = {
        "rates": [*first_table()["rates"], {**row, "rate_ppm": 130_000, "valid_from": "2027-01-01", "source": "N"}]
    }
    file = tmp_path / "rates.json"
    file.write_text(json.dumps(newer))
    call_command("load_tax_rates", str(file))
    assert load_rates(newer) == 0
    assert vat("CN", "CN", date(2027, 1, 1), "COMPUTE")[0] == 130_000
    assert vat("CN", "CN", date(2027, 1, 1)) == (60_000, 600)
    for wrong in ("{", '{"rates": [{"tax": "SALT"}]}', '{"rates": [{"valid_from": "tomorrow"}]}', "[]"):
        file.write_text(wrong)
        with pytest.raises(CommandError):
            call_command("load_tax_rates", str(file))
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRate.objects.update(rate_ppm=1)
    assert api().get("/api/v1/tax-rates", {"tax": "INCOME_WITHHELD"}).json()["items"][0]["verified"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seller", "buyer", "vat", "income"),
    [("HK", "CN", 600, 700), ("MO", "CN", 600, 700), ("SG", "CN", 600, 1_000), ("HK", "HK", 0, 0), ("CN", "HK", 0, 0)],
)
def test_what_is_paid_abroad_is_paid_less_tax(guangzhou: Venue, seller: str, buyer: str, vat: int, income: int) -> None:
    asked = deal(make_organization(jurisdiction=seller), make_organization(jurisdiction=buyer))
    lines = fees.quote(venue=guangzhou, gross=yuan(106), on=TODAY, deal=asked)

    assert fees.total_of(lines) == 10_600
    taxes = {line.tax: line.amount_minor for line in lines if line.payee is Payee.TAX}
    assert taxes == {tax: amount for tax, amount in (("VAT_WITHHELD", vat), ("INCOME_WITHHELD", income)) if amount}
    provider = next(line.amount_minor for line in lines if line.payee is Payee.PROVIDER)
    assert provider == 10_600 - 265 - vat - income
    assert [fees.FeeLine.from_json(line.as_json()) for line in lines] == lines
    [price, *_fees] = supplies_of(lines, deal=asked, venue=guangzhou, table=TaxTable(TODAY))
    assert price.contained.gross_minor == 10_600


@pytest.mark.django_db
def test_a_broker_abroad_is_taxed_on_its_commission_alone(guangzhou: Venue) -> None:
    asked = deal(broker=make_organization(jurisdiction="SG"))
    lines = fees.quote(venue=guangzhou, gross=yuan(1_060), on=TODAY, deal=asked)

    assert {(line.payee, line.tax, line.taxed): line.amount_minor for line in lines} == {
        (Payee.PROVIDER, "", ""): 106_000 - 2_650 - 5_300,
        (Payee.VENUE, "", ""): 2_650,
        (Payee.BROKER, "", ""): 5_000,
        (Payee.TAX, "VAT_WITHHELD", "BROKER"): 300,
    }
    supplies = supplies_of(lines, deal=asked, venue=guangzhou, table=TaxTable(TODAY))
    assert [(each.payee, each.payer, each.contained.gross_minor, each.contained.tax_minor) for each in supplies] == [
        (Payee.PROVIDER, FeePayer.BUYER, 106_000, 6_000),
        (Payee.VENUE, FeePayer.PROVIDER, 2_650, 150),
        (Payee.BROKER, FeePayer.PROVIDER, 5_300, 0),
    ]


@pytest.mark.django_db
def test_it_is_kept_for_the_tax_office_put_on_record_and_given_back_in_proportion(
    guangzhou: Venue, buyer: Organization
) -> None:
    abroad = make_member("gzdex", Capacity.PROVIDER, jurisdiction="HK")
    give(buyer, yuan(106))
    order_id, gross = uuid4(), yuan(106)
    held = escrow.hold(order_id=order_id, venue=guangzhou, payer=buyer, amount=gross, actor=SYSTEM)
    lines = fees.quote(venue=guangzhou, gross=gross, on=TODAY, deal=deal(abroad, buyer))
    draft = SettlementDraft(order_id, guangzhou.id, held, gross, lines, abroad.id, None)
    for _again in range(2):
        settle([draft], actor=SYSTEM)

    assert (holds(Kind.TAX), holds(Kind.PAYABLE, abroad)) == (1_300, 10_600 - 265 - 1_300)
    rows = Withholding.objects.order_by("id")
    assert [(row.tax, row.amount_minor, row.rate.source != "") for row in rows if row.rate] == [
        (Tax.VAT_WITHHELD, 600, True),
        (Tax.INCOME_WITHHELD, 700, True),
    ]
    client = api(person_of(abroad))
    shown = client.get("/api/v1/withholdings").json()["items"]
    assert [row["amount"]["amount"] for row in shown] == ["7.00", "6.00"]
    pdf = client.get(f"/api/v1/withholdings/{shown[0]['id']}/statement.pdf")
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]
    stranger = api(person_of(make_member("gzdex")))
    assert stranger.get("/api/v1/withholdings").json()["items"] == []
    assert stranger.get(f"/api/v1/withholdings/{shown[0]['id']}/statement.pdf").status_code == 404
    assert len(api(staff("gzdex")).get("/api/v1/withholdings").json()["items"]) == 2

    give_back(order_id=order_id, amount=gross, earlier=[], reference="award:1", actor=SYSTEM, reason="D-1")
    assert (holds(Kind.TAX), holds(Kind.PAYABLE, abroad), holds(Kind.CLIENT, buyer)) == (0, 0, 10_600)
    assert sum(rows.values_list("amount_minor", flat=True)) == 0
    assert_books_balance()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
