"""Shared tables: what is cut, written, listed and handed out, asked for as the protocol asks."""

import io
import json
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from django.test import Client

from accounts.models import Organization
from tests.marketplace.sharing import SALES, bearer_of, bought, listed_tables

pytestmark = pytest.mark.django_db
ROOT = "/delta-sharing"


class Sharing:
    """A client that speaks the protocol by hand."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> Any:
        return Client().get(f"{ROOT}/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return Client().post(f"{ROOT}/{path}", body, content_type="application/json", headers=self.headers)


def lines_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in response.content.splitlines()]


def read(url: str) -> Any:
    answer = Client().get(urlsplit(url).path)
    assert answer.status_code == 200
    return pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))


def test_a_bought_table_is_listed_described_and_read(provider: Organization, buyer: Organization) -> None:
    delivery = bought(listed_tables(provider, {"sales.csv": SALES}), buyer)
    sharing = Sharing(bearer_of(buyer))
    share = delivery.order.listing.product.number.lower()

    assert [each["name"] for each in sharing.get("shares").json()["items"]] == [share]
    assert [each["name"] for each in sharing.get(f"shares/{share}/all-tables").json()["items"]] == ["data"]
    answer = sharing.post(f"shares/{share}/schemas/default/tables/data/query", {})
    protocol, metadata, file = lines_of(answer)
    fields = {each["name"]: each["type"] for each in json.loads(metadata["metaData"]["schemaString"])["fields"]}
    assert fields == {
        "日期": "date",
        "区": "string",
        "金額": "decimal(6,2)",
        "數量": "long",
        "备注": "string",
        "时刻": "timestamp",
    }
    assert (protocol, answer["Delta-Table-Version"]) == ({"protocol": {"minReaderVersion": 1}}, "1")
    rows = read(file["file"]["url"]).to_pylist()
    assert [(row["日期"].day, row["区"], str(row["金額"]), row["數量"]) for row in rows] == [
        (1, "越秀", "-0.05", 1),
        (2, "天河", "99.90", None),
        (3, "天河", "1200.50", 3),
    ]
