"""Every list costs the same number of queries for few rows and for many, and takes nobody else's cursor."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.operations import Operation, is_problem
from tests.api.traded import Traded, grow
from tests.world import Api, api, make_client, person_of

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8  # whoever asks is one, a filter by another row may be one, each kind of nested rows is one
FIXED = {
    "/api/v1/venues",
    "/api/v1/exchange-rates",
    "/api/v1/fee-schedules",
    "/api/v1/tax-rates",
    "/api/v1/organizations",
    "/api/v1/listings/{listing_id}/reviews",
    "/api/v1/harvest-runs/{run_id}/records",
    "/api/v1/statistics/editions/{edition_id}/cells",
    "/api/v1/statistics/index",
    "/api/v1/listings/{listing_id}/submissions",
    "/api/v1/ballots",
    "/api/v1/custody-accounts",
    "/api/v1/bank-bookings",
    "/api/v1/bank-breaks",
    "/api/v1/bank-days",
    "/api/v1/bank-statements",
    "/api/v1/payout-batches",
    "/api/v1/ballots/{ballot_id}/votes",
    "/api/v1/exporter-standings",
    "/api/v1/route-cases/{case_id}/decisions",
    "/api/v1/splitting-alerts",
    "/api/v1/price-ceilings",
    "/api/v1/orders/{order_id}/milestones",
    "/api/v1/rule-sets",
    "/api/v1/accounting-periods",
    "/api/v1/period-balances",
    "/api/v1/corrections",
    "/api/v1/revaluations",
    "/api/v1/products/{product_id}/compute-pools",  # of a draft, which has none
    "/api/v1/charges/{charge_id}/records",
}


def measured(lists: list[Operation], client: Api, world: Traded) -> dict[str, tuple[int, int]]:
    """Return the number of rows and of queries of each list."""
    found = {}
    for operation in lists:
        with CaptureQueriesContext(connection) as queries:
            answer = operation.call(client, world.ids, limit="200")
        assert answer.status_code == 200, (operation.name, answer.json())
        found[operation.template] = (len(answer.json()["items"]), len(queries))
    return found


def test_a_list_costs_the_same_queries_for_few_rows_and_for_many(operations: list[Operation], world: Traded) -> None:
    client = api(make_client(person_of(world.member)))
    lists = [operation for operation in operations if operation.is_list]
    assert len(lists) > 20

    few = measured(lists, client, world)
    grow(world)
    many = measured(lists, client, world)

    assert {path for path in few if many[path][0] <= few[path][0]} == FIXED
    assert {path: (few[path], many[path]) for path in few if many[path][1] != few[path][1]} == {}
    assert {path: cost for path, cost in many.items() if cost[1] > MOST_QUERIES} == {}


def test_a_cursor_belongs_to_one_list_and_is_taken_as_it_was_given(operations: list[Operation], world: Traded) -> None:
    client = api(make_client(person_of(world.member)))
    lists = [operation for operation in operations if operation.is_list]
    cursor = client.get("/api/v1/orders", {"limit": "1"}).json()["next"]
    assert client.get("/api/v1/orders", {"cursor": cursor}).status_code == 200

    for operation in lists:
        of_another_list = [] if operation.template == "/api/v1/orders" else [cursor]
        for wrong in (cursor[:-1], cursor.swapcase(), "\x00", "数", *of_another_list):
            answer = operation.call(client, world.ids, cursor=wrong)
            assert is_problem(answer, 400), (operation.name, wrong)
            assert answer.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "1.5", "x", "\x00", "٣", "000000001999", "0" * 8 + "1" + "9" * 5000]
)
def test_a_page_has_from_one_to_two_hundred_rows(limit: str) -> None:
    answer = api().get("/api/v1/venues", {"limit": limit})
    assert is_problem(answer, 400)
    assert answer.json()["errors"][0]["pointer"] == "/limit"
