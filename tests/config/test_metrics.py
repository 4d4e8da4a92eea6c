"""Prometheus metrics: who may read them and what they say."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from kernel.actors import SYSTEM
from kernel.models import Job
from kernel.money import Currency
from settlements.chart import AccountKey, open_accounts
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Transfer
from tests.world import make_organization, venue

pytestmark = pytest.mark.django_db


def samples(client: Client, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Scrape, and return the values by name and labels."""
    text = client.get("/metrics", headers=headers).content.decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_requests_are_counted_by_route_method_and_status(client: Client) -> None:
    key = ("dawan_http_requests_total", labelled(method="GET", route="healthz", status="200"))
    before = samples(client).get(key, 0)

    client.get("/healthz")

    assert samples(client)[key] == before + 1


def test_unknown_addresses_share_one_series(client: Client) -> None:
    key = ("dawan_http_requests_total", labelled(method="GET", route="unmatched", status="404"))
    before = samples(client).get(key, 0)

    client.get("/api/v1/one-that-is-not")
    client.get("/api/v1/another-that-is-not")

    assert samples(client)[key] == before + 2


def test_durations_are_a_histogram_by_route(client: Client) -> None:
    client.get("/healthz")

    assert samples(client)["dawan_http_request_duration_seconds_count", labelled(method="GET", route="healthz")] >= 1


def test_jobs_are_counted_by_kind_and_state_with_the_age_of_the_oldest_due(client: Client) -> None:
    now = timezone.now()
    Job.objects.create(kind="delivery", key="a", due_at=now - timedelta(seconds=90))
    Job.objects.create(kind="delivery", key="b", due_at=now + timedelta(hours=1))
    Job.objects.create(kind="delivery", key="c", due_at=now, state=Job.State.FAILED)

    found = samples(client)

    assert found["dawan_jobs", labelled(kind="delivery", state="WAITING")] == 2
    assert found["dawan_jobs", labelled(kind="delivery", state="FAILED")] == 1
    age = found["dawan_jobs_oldest_due_seconds", labelled(kind="delivery", state="WAITING")]
    assert 90 <= age < 150


def test_the_ledger_is_summed_by_venue_currency_and_kind_of_account(client: Client) -> None:
    there = venue("gzdex")
    bank, owner = open_accounts(
        AccountKey(Account.Kind.BANK, there.id, Currency.CNY),
        AccountKey(Account.Kind.CLIENT, there.id, Currency.CNY, make_organization().id),
    )
    legs = (Leg(bank, -12_34), Leg(owner, 12_34))
    post([TransferDraft(Transfer.Kind.DEPOSIT, reference="d:1", venue_id=there.id, legs=legs)], actor=SYSTEM)

    found = samples(client)

    assert found["dawan_ledger_minor_units", labelled(venue="gzdex", currency="CNY", account="CLIENT")] == 12_34
    assert found["dawan_ledger_minor_units", labelled(venue="gzdex", currency="CNY", account="BANK")] == -12_34


@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", ""])
def test_another_machine_without_a_token_sees_nothing(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404


def test_what_a_proxy_on_this_machine_passes_on_is_not_local(client: Client) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_a_token_opens_the_metrics_from_anywhere_and_is_then_needed_everywhere(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    right, wrong = {"Authorization": "Bearer scrape-me"}, {"Authorization": "Bearer scrape-you"}

    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.7").status_code == 200
    assert client.get("/metrics", headers=wrong, REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics").status_code == 404
