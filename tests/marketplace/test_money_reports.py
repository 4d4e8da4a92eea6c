"""Reports about money: what they sum, who may read them, where each row leads, and what a provider books from."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Capacity, Role
from kernel.jobs import run_due_jobs
from kernel.models import Certificate
from marketplace.reports.of_money import REPORTS
from marketplace.statistics.quarter import Quarter
from marketplace.statistics.returns import file_return
from settlements.books import standings
from settlements.models import Account
from settlements.payouts import approve_payout, request_payout
from tests.marketplace.trading import accepted, closed, delivered, listed_dataset, make_buyer, placed
from tests.settlements.banking import payee
from tests.settlements.purse import yuan
from tests.world import actor, api, make_member, person_of, staff, venue

pytestmark = pytest.mark.django_db


def table(client, name: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/reports/{name}", query).json()
    columns = [column["name"] for column in answer["columns"]]
    assert answer["complete"]
    return [dict(zip(columns, row["cells"], strict=True)) | {"account_id": row["account_id"]} for row in answer["rows"]]


def test_reports_sum_what_the_ledger_says_and_lead_back_to_it() -> None:
    seller = make_member("gzdex", Capacity.PROVIDER)
    listing = listed_dataset(seller, price="120.00")
    for _each in range(2):
        closed(placed(listing, make_buyer()))
    waiting = delivered(placed(listing, make_buyer()))
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        placed(listing, make_buyer())
    payee(seller)
    payout = request_payout(venue=venue(), amount=yuan(50), actor=actor(person_of(seller)))
    approve_payout(payout_id=payout.pk, actor=actor(staff("gzdex", Role.VENUE_ADMIN)))
    officer = api(staff("gzdex", Role.SETTLEMENT_OFFICER))
    held = {str(row.kind): row.minor for row in standings()}

    fees = table(officer, "fee-income")
    assert [(row["product_type"], row["count"], row["amount"]) for row in fees] == [("dataset", "2", "6.00")]
    assert held["FEES"] == 600
    account_id = fees[0]["account_id"]
    assert len(officer.get(f"/api/v1/balances/{account_id}/entries").json()["items"]) == 2
    ageing = {row["age"]: (row["count"], row["amount"], row["frozen"]) for row in table(officer, "escrow-ageing")}
    assert ageing == {"0 to 7 days": ("1", "120.00", "0.00"), "30 to 90 days": ("1", "120.00", "0.00")}
    parties = table(officer, "party-balances")
    assert sum(round(float(row["amount"]) * 100) for row in parties) == -held["BANK"] - held["FEES"]
    [top] = table(officer, "top-providers")
    assert (top["organization"], top["orders"], top["gross"], top["amount"]) == (
        seller.legal_name,
        "2",
        "240.00",
        "234.00",
    )
    due = {row["what"]: row for row in table(officer, "settlement-calendar")}
    assert due["to be paid out"]["amount"] == "50.00"
    assert waiting.accept_by is not None
    assert due["accepted in silence"]["day"] == f"{waiting.accept_by.astimezone(venue().zone):%Y-%m-%d}"

    console = Client(headers={"accept-language": "en"})
    console.force_login(staff("gzdex", Role.AUDITOR), backend="django.contrib.auth.backends.ModelBackend")
    for name in REPORTS:
        with CaptureQueriesContext(connection) as asked:
            page = console.get("/console/reports/", {"report": name})
        assert len(asked) <= 8, name
        assert "<svg" in page.content.decode()
        for _cells, address in page.context["rows"]:
            behind = console.get(address).context
            assert behind["rows"] if name == "top-providers" else behind["cl"].result_list, (name, address)
        assert officer.get(f"/api/v1/reports/{name}/picture.svg")["Content-Type"] == "image/svg+xml"
        whole = b"".join(officer.get(f"/api/v1/reports/{name}/table.csv").streaming_content).decode()
        assert len(list(csv.reader(io.StringIO(whole)))) == 1 + len(page.context["rows"])
    earnings = reverse("provider-earnings", args=[seller.pk])
    page = console.get(earnings)
    assert seller.legal_name in page.content.decode()
    [(cells, address)] = page.context["rows"]
    assert ("234.00", True) in cells
    assert console.get(address).context["cl"].result_list
    assert console.get(earnings + page.context["csv"]).content.decode().splitlines()[1].endswith("240.00,234.00")
    assert console.get(earnings, {"last_day": "1999-01-01"}).context["rows"] == []
    assert console.get(reverse("provider-earnings", args=[venue().pk])).status_code == 404
    there = Client()
    there.force_login(staff("szdex", Role.AUDITOR), backend="django.contrib.auth.backends.ModelBackend")
    assert there.get(earnings).context["rows"] == []
    backwards = console.get("/console/reports/", {"first_day": "2026-02-02", "last_day": "2026-02-01"})
    assert "from one day to ten years" in backwards.content.decode()


def test_reports_are_for_those_who_may_read_the_ledger_and_of_their_venue() -> None:
    closed(placed(listed_dataset(make_member("gzdex", Capacity.PROVIDER)), make_buyer()))
    there = api(staff("szdex", Role.SETTLEMENT_OFFICER))
    for name in REPORTS:
        assert table(there, name) == []
        assert table(there, name, venue="gzdex") == []
        for stranger in (make_buyer(), None):
            who = api(person_of(stranger)) if stranger else api(staff("gzdex", Role.CLERK))
            assert who.get(f"/api/v1/reports/{name}").status_code == 404
    assert there.get("/api/v1/reports/nothing").status_code == 404
    wrong = there.get("/api/v1/reports/fee-income", {"first_day": "2026-02-02", "last_day": "2026-02-01"})
    assert wrong.json()["errors"][0]["pointer"] == "/last_day"
    clerk = Client()
    clerk.force_login(staff("gzdex", Role.CLERK), backend="django.contrib.auth.backends.ModelBackend")
    assert clerk.get("/console/reports/").status_code == 403
    assert clerk.get(reverse("provider-earnings", args=[venue().pk])).status_code == 403
    assert "Nothing in these days" in there.get("/api/v1/reports/fee-income/picture.svg").content.decode()


def test_a_provider_reads_its_earnings_and_books_its_data_assets() -> None:
    seller = make_member("gzdex", Capacity.PROVIDER)
    listing = listed_dataset(seller, price="120.00")
    order = closed(placed(listing, make_buyer()))
    accepted(placed(listing, make_buyer()))
    run_due_jobs()
    quarter = Quarter.at(timezone.localdate()).previous
    costs = dict.fromkeys(("acquisition", "cleaning", "labelling", "storage", "compliance"), 1_234)
    what = {"industry": "I", "product_type": "DATASET", "source_kind": "COLLECTED", "currency": "CNY"}
    filer = actor(person_of(seller))
    file_return(venue=venue(), quarter=str(quarter), **what, costs=costs, capitalised=5_000, actor=filer)
    owner, other = api(person_of(seller)), api(person_of(make_member("gzdex", Capacity.PROVIDER)))

    earned = owner.get("/api/v1/earnings").json()
    columns = [column["name"] for column in earned["columns"]]
    [row] = [dict(zip(columns, each["cells"], strict=True)) for each in earned["rows"]]
    assert (row["orders"], row["gross"], row["amount"]) == ("2", "240.00", "234.00")
    account = Account.objects.get(kind=Account.Kind.PAYABLE, organization=seller)
    assert earned["rows"][0]["account_id"] == str(account.id)
    assert owner.get("/api/v1/earnings", {"venue": "szdex"}).json()["rows"] == []
    assert other.get("/api/v1/earnings").json()["rows"] == []
    assert "234.00" in owner.get("/api/v1/earnings/picture.svg").content.decode()
    assert b"234.00" in b"".join(owner.get("/api/v1/earnings/table.csv").streaming_content)

    with CaptureQueriesContext(connection) as asked:
        answer = owner.get("/api/v1/earnings/assets.xlsx", headers={"accept-language": "en"})
    assert len(asked) <= 8
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheets = {sheet.title: [[cell.value for cell in line] for line in sheet.iter_rows()] for sheet in book.worksheets}
    assert list(sheets) == ["Costs as declared", "Certificates", "Trades", "Charges"]
    assert sheets["Costs as declared"][1][:2] == [str(quarter), "gzdex"]
    assert sheets["Costs as declared"][1][6:12] == [12.34] * 5 + [50]
    trade = next(line for line in sheets["Trades"] if line[2] == order.number)
    certificate = Certificate.objects.get(kind="trade", subject_id=str(order.id))
    assert trade[5:] == ["CNY", 120, 117, certificate.number]
    assert certificate.number in {line[0] for line in sheets["Certificates"]}
    strange = load_workbook(io.BytesIO(b"".join(other.get("/api/v1/earnings/assets.xlsx").streaming_content)))
    assert [sheet.max_row for sheet in strange.worksheets] == [1, 1, 1, 1]
