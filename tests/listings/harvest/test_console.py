"""Bulk registration in the console: sources, runs and records with their differences, for the members' venues."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun, HarvestSource
from tests.listings.harvest.harvesting import bulk_registered
from tests.listings.harvest.test_manifests import STREETS, registered
from tests.listings.offers import listed
from tests.world import staff

pytestmark = pytest.mark.django_db
MODELS = ("harvestsource", "harvestrun", "harvestrecord", "harvestedproduct")


def console(code: str = "gzdex", role: Role = Role.COMPLIANCE_REVIEWER) -> Client:
    client = Client()
    client.force_login(staff(code, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(row: Any) -> str:
    return reverse(f"admin:listings_{row._meta.model_name}_change", args=[row.pk])


def rows(client: Client, model: str, **query: Any) -> list[Any]:
    return list(client.get(reverse(f"admin:listings_{model}_changelist"), query).context["cl"].result_list)


def test_staff_see_what_members_of_their_venue_have_registered(provider):
    run, source = bulk_registered(provider)
    assert [rows(console(), model) for model in MODELS] == [
        [source],
        [run],
        [run.records.get()],
        [HarvestedProduct.objects.get()],
    ]
    assert [rows(console("szdex"), model) for model in MODELS] == [[], [], [], []]


def test_an_empty_list_opens(db):
    assert [rows(console(), model) for model in MODELS] == [[], [], [], []]


def test_a_record_shows_its_difference_as_a_table(client):
    registered(client, [STREETS])
    run = registered(client, [STREETS | {"frequency": "MONTH", "title": {"en": "<b>x</b>"}}], dry_run="true")
    [record] = rows(console(), "harvestrecord", run__id__exact=run["id"])
    shown = console().get(page(record)).text
    assert '<td class="px-2">frequency</td><td class="px-2">YEAR</td><td class="px-2">MONTH</td>' in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<b>x</b>" not in shown


def test_a_refused_record_shows_why_and_a_run_what_it_came_to(client):
    run = registered(client, [STREETS, STREETS | {"source_id": "b", "industry": "X99"}])
    [refused] = rows(console(), "harvestrecord", outcome__exact="REFUSED")
    assert "unknown_industry" in console().get(page(refused)).text
    listed_runs = console().get(reverse("admin:listings_harvestrun_changelist")).text
    assert "created 1, refused 1" in listed_runs
    shown = console().get(page(HarvestRun.objects.get(pk=run["id"]))).text
    assert f"run__id__exact={run['id']}" in shown
    assert rows(console(), "harvestrecord", q="gd-str") == [HarvestRecord.objects.get(source_id="gd-streets")]


def test_what_is_gone_and_still_offered_is_found(provider):
    bulk_registered(provider)
    known = HarvestedProduct.objects.get()
    assert rows(console(), "harvestedproduct", gone="there") == [known]
    known.product, known.gone_at = listed(provider).product, known.created_at
    known.save()
    assert rows(console(), "harvestedproduct", gone="offered") == [known]
    assert rows(console(), "harvestedproduct", gone="gone") == [known]
    assert rows(console(), "harvestedproduct", gone="there") == []


def test_a_reviewer_pauses_a_source_with_a_reason_and_a_clerk_cannot(provider):
    _run, source = bulk_registered(provider)
    address = reverse("admin:listings_harvestsource_pause", args=[source.pk])
    console(role=Role.CLERK).post(address, {"reason": "no"})
    assert HarvestSource.objects.get().state == "ACTIVE"
    console().post(address, {"reason": "the portal complains"})
    assert HarvestSource.objects.get().state == "PAUSED"


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_for_few_rows_and_for_many(provider, model, django_assert_max_num_queries):
    def queries() -> int:
        client = console()
        with django_assert_max_num_queries(20) as captured:
            client.get(reverse(f"admin:listings_{model}_changelist"))
        return len(captured)

    bulk_registered(provider)
    few = queries()
    for _ in range(3):
        bulk_registered(provider)
    assert queries() == few
