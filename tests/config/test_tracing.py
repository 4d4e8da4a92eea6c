"""Ids of requests and traces: taken when well formed, made when not, and the same everywhere."""

import json
import logging
import re

import pytest
from django.test import Client

from config.tracing import request_id_from, trace_from

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_a_callers_trace_goes_on_and_comes_back_with_our_span(client: Client) -> None:
    answer = client.get("/healthz", headers={"traceparent": TRACEPARENT})

    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert re.fullmatch(r"[0-9a-f]{16}", span)
    assert span != "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        TRACEPARENT.upper(),
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-00f067aa0ba902b7",
        TRACEPARENT + "\n",
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(header: str) -> None:
    trace, flags = trace_from(header)

    assert re.fullmatch(r"[0-9a-f]{32}", trace)
    assert trace != TRACE
    assert flags == "00"


def test_a_later_version_of_the_header_with_more_fields_is_understood() -> None:
    assert trace_from(f"01-{TRACE}-00f067aa0ba902b7-01-more")[0] == TRACE


@pytest.mark.parametrize("header", ["", "a b", "x" * 129, "id\nforged log line", '"', "名字"])
def test_a_malformed_request_id_is_replaced(header: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", request_id_from(header))


def test_a_well_formed_request_id_comes_back(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "order-17.b"}).headers["X-Request-Id"] == "order-17.b"


def test_a_problem_carries_the_trace_id_of_the_response(client: Client) -> None:
    answer = client.get("/api/v1/no-such-thing", headers={"traceparent": TRACEPARENT})

    assert answer.status_code == 404
    assert answer.json()["trace_id"] == TRACE == answer.headers["traceparent"].split("-")[1]


@pytest.fixture
def formatter() -> logging.Formatter:
    """The formatter that production's log lines pass."""
    from config.logs import logging_config

    options = logging_config("INFO")["formatters"]["json"]
    made: logging.Formatter = options.pop("()")(**options)
    return made


@pytest.mark.django_db
def test_no_log_line_holds_the_address_by_which_a_file_may_be_read(
    client: Client, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert client.get("/api/v1/downloads/s3cret-token").status_code == 404
        logging.getLogger("django.request").error("Internal Server Error: %s", "/api/v1/downloads/s3cret-token")
    lines = [formatter.format(record) for record in caplog.records if "downloads" in record.getMessage()]
    assert len(lines) >= 2
    assert not [line for line in lines if "s3cret" in line]
    assert '"/api/v1/downloads/-"' in "".join(lines)


def test_the_request_log_line_carries_both_ids_and_not_the_query(
    client: Client, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    with caplog.at_level(logging.INFO, "dawan.request"):
        client.get("/api/v1/no-such-thing?q=secret", headers={"traceparent": TRACEPARENT, "X-Request-Id": "r-1"})

    [record] = [record for record in caplog.records if record.name == "dawan.request"]
    line = json.loads(formatter.format(record))
    assert line["trace_id"] == TRACE
    assert line["request_id"] == "r-1"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/no-such-thing", 404)
    assert "secret" not in json.dumps(line)
