"""Statistics from real trades: what the table says, what it withholds, who may publish it, and the index."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from kernel.problems import Problem
from listings.models import Listing
from marketplace.models import IndexPoint, Order, ProductionReturn, StatisticCell, StatisticEdition
from marketplace.statistics import editions
from marketplace.statistics.exchange_index import chained
from marketplace.statistics.quarter import Quarter
from marketplace.statistics.returns import file_return
from tests.marketplace.trading import closed, listed_dataset, make_buyer, placed
from tests.world import Api, actor, api, make_client, make_member, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
SHANGHAI = ZoneInfo("Asia/Shanghai")
TRADED = "2026Q2"
COSTS = {"acquisition": 10_000, "cleaning": 2_000, "labelling": 0, "storage": 500, "compliance": 300}


@pytest.fixture(autouse=True)
def in_may() -> Iterator[None]:
    """Let the trades of these tests happen on one day of May 2026."""
    with time_machine.travel(datetime(2026, 5, 20, 10, tzinfo=SHANGHAI)):
        yield


def statistician() -> Api:
    return api(make_client(staff(role=Role.STATISTICIAN)))


def administrator() -> Api:
    return api(make_client(staff(role=Role.VENUE_ADMIN)))


def trade_of(number: int = 3, *, price: str = "120.00", industry_of: Listing | None = None) -> list[Order]:
    """Let that many buyers buy from that many sellers, one listing each."""
    orders = []
    for _each in range(number):
        listing = industry_of or listed_dataset(make_member("gzdex", Capacity.PROVIDER), price=price)
        orders.append(closed(placed(listing, make_buyer())))
    return orders


def compiled(quarter: str = TRADED) -> StatisticEdition:
    """Compile a quarter, on the tenth day after it."""
    with time_machine.travel(Quarter.of(quarter).span(SHANGHAI)[1] + timedelta(days=9)):
        edition = editions.compile_quarter(venue=venue(), quarter=quarter, actor=actor(staff(role=Role.STATISTICIAN)))
        run_due_jobs(kinds=(editions.COMPILE_JOB,))
    edition.refresh_from_db()
    assert edition.state == StatisticEdition.State.COMPILED
    return edition


def published(quarter: str = TRADED) -> StatisticEdition:
    edition = compiled(quarter)
    return editions.publish_edition(edition_id=edition.pk, actor=actor(staff(role=Role.VENUE_ADMIN)))


def total(edition: StatisticEdition, table: str = "TRADE", **dimensions: str) -> StatisticCell:
    every = dict.fromkeys(("industry", "product_type", "source_kind", "region", "flow"), "")
    return edition.cells.get(table=table, currency="CNY", **every | dimensions)


def test_the_table_counts_what_was_settled() -> None:
    trade_of(3)
    cell = total(compiled())
    assert (cell.trades, cell.value_minor, cell.buyers, cell.sellers, cell.withheld) == (3, 36_000, 3, 3, "")
    assert cell.volume_bytes == 3 * Listing.objects.all()[0].version.bytes  # type: ignore[operator]


def test_a_trade_belongs_to_the_quarter_in_which_it_was_settled_in_the_venue_s_time() -> None:
    with time_machine.travel(datetime(2026, 7, 1, 0, 0, 1, tzinfo=SHANGHAI)):  # still June in Greenwich
        trade_of(3)
    assert not compiled("2026Q2").cells.exists()
    assert total(compiled("2026Q3")).trades == 3


def test_two_sellers_are_withheld_in_every_sum_and_no_figure_of_theirs_is_stored() -> None:
    trade_of(2)
    edition = compiled()
    assert {cell.withheld for cell in edition.cells.all()} == {"PRIMARY"}
    assert edition.withheld == edition.cells.count() == 32
    assert not edition.cells.exclude(trades=None, value_minor=None, buyers=None, sellers=None).exists()


def test_the_database_refuses_a_figure_in_a_withheld_cell() -> None:
    edition = compiled()
    with pytest.raises(DatabaseError, match="withheld_cell_holds_no_figure"), transaction.atomic():
        StatisticCell.objects.create(edition=edition, table="TRADE", currency="CNY", withheld="PRIMARY", trades=1)


def test_what_is_written_is_never_changed() -> None:
    trade_of(3)
    edition = compiled()
    for table in ("statisticcell", "indexpoint"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE marketplace_{table} SET trades = 9")
    assert total(edition).trades == 3


def test_the_same_records_give_the_same_figures() -> None:
    trade_of(3)
    first = published()
    again = compiled()
    assert (first.revision, again.revision) == (1, 2)
    assert first.sha256 == again.sha256


def test_an_edition_takes_the_place_of_the_one_before_it() -> None:
    trade_of(3)
    first = published()
    second = published()
    first.refresh_from_db()
    assert (first.state, second.state) == ("SUPERSEDED", "PUBLISHED")
    assert AuditEvent.objects.get(action="statisticedition.superseded").details["by"] == str(second.pk)


class TestWhoMayDoWhat:
    def test_whoever_compiled_it_does_not_publish_it(self) -> None:
        edition = compiled()
        compiler = actor(make_person(operator_of(), Role.VENUE_ADMIN))
        StatisticEdition.objects.filter(pk=edition.pk).update(compiled_by=compiler.person_id)
        with pytest.raises(Problem) as refusal:
            editions.publish_edition(edition_id=edition.pk, actor=compiler)
        assert refusal.value.code == "same_person"

    def test_a_statistician_sees_sums_and_not_one_order(self) -> None:
        trade_of(1)
        client = statistician()
        for path in ("orders", "deliveries", "entitlements", "statistics/returns", "organizations"):
            rows = client.get(f"/api/v1/{path}").json()["items"]
            assert [row for row in rows if row.get("id") != str(operator_of().id)] == [], path
        compiled()
        assert len(client.get("/api/v1/statistics/editions").json()["items"]) == 1

    def test_staff_of_another_venue_neither_see_nor_publish_it(self) -> None:
        edition = compiled()
        other = actor(staff("szdex", Role.VENUE_ADMIN))
        with pytest.raises(Problem) as refusal:
            editions.publish_edition(edition_id=edition.pk, actor=other)
        assert refusal.value.code == "not_found"
        with pytest.raises(Problem) as refusal:
            editions.compile_quarter(venue=venue(), quarter="2026Q1", actor=actor(staff("szdex", Role.STATISTICIAN)))
        assert refusal.value.code == "forbidden"

    def test_everybody_reads_it_once_it_is_published(self) -> None:
        trade_of(3)
        edition = compiled()
        address = f"/api/v1/statistics/editions/{edition.pk}"
        for suffix in ("", "/cells", "/cells.csv", "/cells.xlsx"):
            assert api().get(address + suffix).status_code == 404
        assert api().get("/api/v1/statistics/index").json()["items"] == []

        editions.publish_edition(edition_id=edition.pk, actor=actor(staff(role=Role.VENUE_ADMIN)))
        for suffix in ("", "/cells", "/cells.csv", "/cells.xlsx"):
            assert api().get(address + suffix).status_code == 200
        assert api().get("/api/v1/statistics/index").json()["items"] != []


class TestOverHttp:
    def test_from_compiling_to_the_files(self) -> None:
        trade_of(3)
        with time_machine.travel(datetime(2026, 7, 5, tzinfo=SHANGHAI)):
            answer = statistician().post("/api/v1/statistics/editions", {"venue": "gzdex", "quarter": TRADED})
            assert (answer.status_code, answer.json()["state"]) == (202, "COMPILING")
            edition_id = answer.json()["id"]
            run_due_jobs(kinds=(editions.COMPILE_JOB,))
            answer = administrator().post(f"/api/v1/statistics/editions/{edition_id}/publish", {})
        assert answer.json()["state"] == "PUBLISHED"
        assert answer.json()["sha256"]
        assert "3" in answer.json()["statement"]["zh-Hans"]

        text = b"".join(api().get(f"/api/v1/statistics/editions/{edition_id}/cells.csv")).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 32
        [all_of_it] = [row for row in rows if {row[name] for name in list(row)[2:7]} == {"*"}]
        assert (all_of_it["trades"], all_of_it["value"]) == ("3", "360.00")

        book = load_workbook(io.BytesIO(api().get(f"/api/v1/statistics/editions/{edition_id}/cells.xlsx").content))
        assert [[str(value or "") for value in row] for row in book[TRADED].values][1:] == [
            list(row.values()) for row in rows
        ]

    def test_cells_are_paged_and_narrowed(self) -> None:
        trade_of(3)
        address = f"/api/v1/statistics/editions/{published().pk}/cells"
        first = api().get(address, {"limit": "20"}).json()
        second = api().get(address, {"limit": "20", "cursor": first["next"]}).json()
        assert (len(first["items"]), len(second["items"]), second["next"]) == (20, 12, None)
        totals = dict.fromkeys(("product_type", "source_kind", "region", "flow"), "*")
        by_industry = api().get(address, {**totals, "industry": "I"}).json()["items"]
        assert [cell["value"] for cell in by_industry] == ["360.00"]

    def test_withheld_cells_say_so_and_nothing_else(self) -> None:
        trade_of(2)
        cells = api().get(f"/api/v1/statistics/editions/{published().pk}/cells").json()["items"]
        assert {(cell["withheld"], cell["trades"], cell["value"]) for cell in cells} == {("PRIMARY", None, None)}

    @pytest.mark.parametrize("quarter", ["2026Q5", "26Q1", "2026q2", "", "２０２６Q2"])
    def test_a_quarter_that_is_none_is_named(self, quarter: str) -> None:
        answer = statistician().post("/api/v1/statistics/editions", {"venue": "gzdex", "quarter": quarter})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/quarter")

    def test_a_quarter_that_is_not_over_is_not_compiled(self) -> None:
        answer = statistician().post("/api/v1/statistics/editions", {"venue": "gzdex", "quarter": TRADED})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not_over")

    def test_one_edition_of_a_quarter_is_under_way_at_a_time(self) -> None:
        edition = compiled("2026Q1")
        body = {"venue": "gzdex", "quarter": "2026Q1"}
        answer = statistician().post("/api/v1/statistics/editions", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "edition_under_way")

        answer = statistician().post(
            f"/api/v1/statistics/editions/{edition.pk}/discard", {"reason": "Returns are late"}
        )
        assert answer.json()["state"] == "DISCARDED"
        assert statistician().post("/api/v1/statistics/editions", body).status_code == 202

    def test_a_published_edition_cannot_be_discarded(self) -> None:
        edition = published("2026Q1")
        answer = statistician().post(f"/api/v1/statistics/editions/{edition.pk}/discard", {"reason": "Regret"})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_state")


def test_a_job_that_fails_for_good_discards_its_edition_with_the_reason() -> None:
    edition = editions.compile_quarter(venue=venue(), quarter="2026Q1", actor=actor(staff(role=Role.STATISTICIAN)))
    Job.objects.filter(subject_id=edition.pk).update(attempts=8, last_error="disk full")
    run_due_jobs(kinds=(editions.COMPILE_JOB,))
    edition.refresh_from_db()
    assert edition.state == "DISCARDED"
    assert AuditEvent.objects.get(action="statisticedition.discarded").reason == "disk full"


class TestProductionReturns:
    def filed(self, provider: Organization, **changes: object) -> ProductionReturn:
        fields: dict[str, object] = {
            "venue": venue(),
            "quarter": "2026Q1",
            "industry": "I",
            "product_type": "DATASET",
            "source_kind": "COLLECTED",
            "currency": "CNY",
            "costs": COSTS,
            "capitalised": 5_000,
        }
        return file_return(**fields | changes, actor=actor(person_of(provider)))  # type: ignore[arg-type]

    def test_the_latest_return_of_a_line_counts(self) -> None:
        providers = [make_member("gzdex", Capacity.PROVIDER) for _each in range(3)]
        for provider in providers:
            self.filed(provider)
        self.filed(providers[0], capitalised=0)
        cell = total(compiled("2026Q1"), "PRODUCTION")
        assert (cell.sellers, cell.cost_minor, cell.capitalised_minor) == (3, 38_400, 10_000)

    def test_two_providers_are_withheld(self) -> None:
        for _each in range(2):
            self.filed(make_member("gzdex", Capacity.PROVIDER))
        assert {cell.withheld for cell in compiled("2026Q1").cells.all()} == {"PRIMARY"}

    def test_over_http(self) -> None:
        provider = make_member("gzdex", Capacity.PROVIDER)
        body = {
            "venue": "gzdex",
            "quarter": "2026Q1",
            "industry": "I",
            "product_type": "DATASET",
            "source_kind": "COLLECTED",
            "currency": "CNY",
            "costs": {"acquisition": "100.00", "cleaning": "20.5", "labelling": "0", "storage": "5", "compliance": "3"},
            "capitalised": "50.00",
        }
        client = api(make_client(person_of(provider)))
        answer = client.post("/api/v1/statistics/returns", body)
        assert answer.status_code == 201, answer.json()
        assert answer.json()["costs"]["cleaning"] == "20.50"
        assert client.get("/api/v1/statistics/returns").json()["items"] == [answer.json()]
        assert api(make_client(person_of(make_buyer()))).get("/api/v1/statistics/returns").json()["items"] == []

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"industry": "Z"}, "/industry"),
            ({"quarter": "2026Q2"}, "/quarter"),
            ({"capitalised": "128.51"}, "/capitalised"),
            ({"capitalised": "-1"}, "/capitalised"),
            ({"currency": "USD"}, "/currency"),
            ({"product_type": "RUMOUR"}, "/product_type"),
            ({"costs": {"acquisition": "1"}}, "/costs/cleaning"),
            ({"venue": "nowhere"}, "/venue"),
        ],
    )
    def test_what_is_wrong_is_named(self, change: dict[str, object], pointer: str) -> None:
        provider = make_member("gzdex", Capacity.PROVIDER)
        costs = dict.fromkeys(("acquisition", "cleaning", "labelling", "storage", "compliance"), "25.70")
        body = {
            "venue": "gzdex",
            "quarter": "2026Q1",
            "industry": "I",
            "product_type": "DATASET",
            "source_kind": "COLLECTED",
            "currency": "CNY",
            "costs": costs,
            "capitalised": "0",
        }
        answer = api(make_client(person_of(provider))).post("/api/v1/statistics/returns", body | change)
        assert answer.status_code == 400
        assert pointer in {error["pointer"] for error in answer.json()["errors"]}
        assert not ProductionReturn.objects.exists()

    def test_only_providers_of_the_venue_file(self) -> None:
        with pytest.raises(Problem) as refusal:
            self.filed(make_buyer())
        assert refusal.value.code == "membership_required"


class TestIndex:
    def point(self, edition: StatisticEdition, product_type: str = "") -> IndexPoint:
        return edition.points.get(product_type=product_type)

    def test_the_base_quarter_stands_at_a_thousand(self) -> None:
        trade_of(3)
        point = self.point(compiled())
        assert {point.listings, point.trades, point.prices, point.composite} == {100_000}

    def test_too_few_traders_have_no_index(self) -> None:
        trade_of(2)
        assert self.point(compiled()).composite is None

    def test_it_follows_listings_trades_and_matched_prices(self) -> None:
        orders = trade_of(3)
        with time_machine.travel(datetime(2026, 8, 1, tzinfo=SHANGHAI)):
            for order in (*orders, *orders):
                closed(placed(order.listing, make_buyer()))
            trade_of(3, price="960.00")
        point = self.point(compiled("2026Q3"))
        assert point.listings == 200_000
        assert point.trades == 300_000
        assert point.prices == 100_000  # the same products cost the same; new ones are compared with nothing
        assert point.composite == 195_000  # 25 % of 2000, 35 % of 3000, 40 % of 1000

    def test_prices_are_the_geometric_mean_of_matched_ratios(self) -> None:
        ours, theirs, gone = ((uuid4(), "CNY") for _each in range(3))
        before = {ours: Decimal(100), theirs: Decimal(100), gone: Decimal(1)}
        after = {ours: Decimal(200), theirs: Decimal(50), (uuid4(), "CNY"): Decimal(7)}
        assert round(chained([before, after]), 20) == 1
        assert round(chained([before, {ours: Decimal(400)}]), 20) == 4
        assert chained([before, {}, after]) == 1

    def test_the_picture_is_drawn_of_what_is_published(self) -> None:
        address = "/api/v1/statistics/index/gzdex/chart.svg"
        assert "No figures are published yet" in api().get(address).content.decode()
        trade_of(3)
        published()
        picture = ElementTree.fromstring(api().get(address).content.decode())
        assert len(picture.findall("{http://www.w3.org/2000/svg}circle")) == 4
        assert api().get(address, {"product_type": "RUMOUR"}).status_code == 400
        assert api().get("/api/v1/statistics/index/nowhere/chart.svg").status_code == 404


class TestConsole:
    def test_a_statistician_compiles_and_an_administrator_publishes(self, client) -> None:  # type: ignore[no-untyped-def]
        trade_of(3)
        with time_machine.travel(datetime(2026, 7, 5, tzinfo=SHANGHAI)):
            client.force_login(staff(role=Role.STATISTICIAN), backend=BACKEND)
            form = client.get("/console/marketplace/statisticedition/compile/")
            assert 'value="2026Q2"' in form.content.decode()
            answer = client.post(
                "/console/marketplace/statisticedition/compile/", {"venue": "gzdex", "quarter": TRADED}, follow=True
            )
            assert "another person publishes it" in answer.content.decode()
            run_due_jobs(kinds=(editions.COMPILE_JOB,))
            edition = StatisticEdition.objects.get()
            page = reverse("admin:marketplace_statisticedition_change", args=[edition.pk])
            assert "360.00" in client.get(page).content.decode()

        client.force_login(staff(role=Role.VENUE_ADMIN), backend=BACKEND)
        answer = client.post(f"{page.removesuffix('change/')}publish/", follow=True)
        edition.refresh_from_db()
        assert edition.state == "PUBLISHED"
        assert "<svg" in client.get(page).content.decode()

    def test_a_quarter_under_way_is_refused_with_its_reason(self, client) -> None:  # type: ignore[no-untyped-def]
        client.force_login(staff(role=Role.STATISTICIAN), backend=BACKEND)
        answer = client.post(
            "/console/marketplace/statisticedition/compile/", {"venue": "gzdex", "quarter": TRADED}, follow=True
        )
        assert "The quarter is not over yet." in answer.content.decode()
        assert not StatisticEdition.objects.exists()
