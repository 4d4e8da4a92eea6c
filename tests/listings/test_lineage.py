"""Lineage: own parents, no circles, no wider rights than the parents allow, and a graph that is read both ways."""

import threading
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Role
from kernel.models import AuditEvent, Certificate
from kernel.problems import Problem
from listings.lineage import add_own_parent, lineage_of, remove_parent
from listings.models import Dataset, DatasetParent
from listings.registration import amend_product, register_product
from listings.review import submit
from tests.listings.offers import (
    approved,
    draft_listing,
    draft_product,
    listed,
    make_dataset,
    make_version,
    provider_actor,
    registered_product,
    submitted,
)
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

API = "/api/v1"
DERIVED = {
    "source_kind": "DERIVED",
    "evidence": {"RIGHT_TO_ORIGINALS": "自有数据", "DERIVATION": "按街道汇总并建立指标"},
}


@pytest.fixture
def provider(db):
    return make_member()


def errors_of(problem: Problem) -> dict[str, str]:
    return {error.pointer: error.code for error in problem.errors}


def made_from(child: Dataset, parent: Dataset) -> DatasetParent:
    return add_own_parent(dataset_id=child.pk, parent_id=parent.pk, actor=provider_actor(child.organization))


def chain(provider, length: int) -> list[Dataset]:
    """Return datasets, each made from the one before."""
    datasets = [make_dataset(provider) for _ in range(length)]
    for parent, child in pairwise(datasets):
        made_from(child, parent)
    return datasets


# --- edges -----------------------------------------------------------------------------------------------------------


def test_a_parent_is_recorded_with_an_audit_event(provider):
    parent, child = make_dataset(provider), make_dataset(provider)
    edge = made_from(child, parent)
    assert (edge.basis, edge.organization, edge.parent_organization) == ("OWN", provider, provider)
    assert AuditEvent.objects.get(action="datasetparent.added").details["parent"] == str(parent.pk)


def test_a_parent_is_named_once(provider):
    parent, child = chain(provider, 2)
    with refused("parent_exists"):
        made_from(child, parent)


def test_a_dataset_of_somebody_else_is_no_own_parent(provider):
    with refused("invalid") as caught:
        made_from(make_dataset(provider), make_dataset(make_member()))
    assert errors_of(caught.value) == {"/parent_id": "unknown"}


def test_nobody_else_says_what_a_dataset_was_made_from(provider):
    parent, child = make_dataset(provider), make_dataset(provider)
    with refused("not_found"):
        add_own_parent(dataset_id=child.pk, parent_id=parent.pk, actor=provider_actor(make_member()))


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_any_length_is_refused(provider, length):
    datasets = chain(provider, length)
    with pytest.raises(IntegrityError), transaction.atomic():
        made_from(datasets[0], datasets[-1])
    http = api(make_client(person_of(provider)))
    answer = http.post(f"{API}/datasets/{datasets[0].pk}/parents", {"parent_id": str(datasets[-1].pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "lineage_cycle")
    assert DatasetParent.objects.count() == length - 1


@pytest.mark.django_db(transaction=True)
def test_two_who_would_close_a_circle_together_do_not(provider):
    one, other = make_dataset(provider), make_dataset(provider)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def add(child: Dataset, parent: Dataset) -> None:
        start.wait()
        try:
            made_from(child, parent)
            outcomes.append("added")
        except IntegrityError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", "refused"]


def test_two_ways_to_one_ancestor_are_no_circle(provider):
    top, left, right, bottom = (make_dataset(provider) for _ in range(4))
    for child, parent in ((left, top), (right, top), (bottom, left), (bottom, right)):
        made_from(child, parent)
    assert lineage_of(bottom, "ancestors", provider_actor(provider)).count() == 4


def test_lineage_does_not_change_under_a_reviewer(provider):
    listing = submitted(draft_listing(registered_product(provider)))
    with refused("product_in_use"):
        made_from(listing.product.dataset, make_dataset(provider))


def test_a_parent_is_removed_with_a_reason_that_stays(provider):
    parent, child = chain(provider, 2)
    who = provider_actor(provider)
    with refused("invalid"):
        remove_parent(dataset_id=child.pk, parent_id=parent.pk, reason=" ", actor=who)
    remove_parent(dataset_id=child.pk, parent_id=parent.pk, reason="Named by mistake", actor=who)
    assert not DatasetParent.objects.exists()
    event = AuditEvent.objects.get(action="datasetparent.removed")
    assert (event.reason, event.details["parent"]) == ("Named by mistake", str(parent.pk))
    with refused("not_found"):
        remove_parent(dataset_id=child.pk, parent_id=parent.pk, reason="Again", actor=who)


# --- rights ----------------------------------------------------------------------------------------------------------


def child_of(parent_rights: list[str], **changes):
    """Return a draft of a product whose dataset was made from a registered one with these rights."""
    provider = make_member()
    crawled = {
        "source_kind": "CRAWLED_PUBLIC",
        "processing": "RAW",
        "evidence": {"PUBLIC_SOURCE": "公开", "NO_INTRUSION": "未绕过"},
    }
    parent = registered_product(provider, rights=parent_rights, **crawled)
    product = draft_product(provider, **changes)
    made_from(product.dataset, parent.dataset)
    return product


def test_derived_data_may_have_rights_that_their_originals_lack(db):
    product = child_of(["HOLD", "USE"], **DERIVED)
    assert register_product(product_id=product.pk, actor=provider_actor(product.organization)).state == "REGISTERED"


def test_derived_data_need_the_right_to_use_their_originals(db):
    product = child_of(["HOLD"], **DERIVED)
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(product.organization))
    assert errors_of(caught.value) == {"/rights/1": "wider_than_parents"}


def test_what_is_not_derived_has_no_right_that_its_parents_lack(db):
    product = child_of(["HOLD", "USE"])
    who = provider_actor(product.organization)
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=who)
    assert errors_of(caught.value) == {"/rights/2": "wider_than_parents"}
    amend_product(product_id=product.pk, changes={"rights": ["HOLD", "USE"]}, actor=who)
    assert register_product(product_id=product.pk, actor=who).state == "REGISTERED"


def test_a_parent_named_after_registration_is_looked_at_when_the_listing_is_submitted(provider):
    crawled = registered_product(
        provider,
        source_kind="CRAWLED_PUBLIC",
        processing="RAW",
        rights=["HOLD", "USE"],
        evidence={"PUBLIC_SOURCE": "公开", "NO_INTRUSION": "未绕过"},
    )
    draft = draft_listing(registered_product(provider))
    made_from(draft.product.dataset, crawled.dataset)
    with refused("invalid") as caught:
        submit(listing_id=draft.pk, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/product/rights/2": "wider_than_parents"}


def test_the_registration_certificate_says_what_the_data_were_made_from(provider):
    parent = make_dataset(provider)
    product = draft_product(provider, **DERIVED)
    made_from(product.dataset, parent)
    register_product(product_id=product.pk, actor=provider_actor(provider))
    product.refresh_from_db()
    approved(draft_listing(product))
    content = Certificate.objects.get(kind="registration").statement["content"]
    assert content["made_from"] == [{"dataset": str(parent.pk), "basis": "OWN", "agreement": ""}]


# --- over HTTP -------------------------------------------------------------------------------------------------------


def ends(answer) -> set[tuple[str, str]]:
    return {(edge["dataset"]["id"], edge["made_from"]["id"]) for edge in answer.json()["items"]}


def test_the_graph_is_read_both_ways_and_page_by_page(provider, django_assert_num_queries):
    datasets = chain(provider, 5)
    ids = [str(dataset.pk) for dataset in datasets]
    http = api(make_client(person_of(provider)))
    up = http.get(f"{API}/datasets/{ids[3]}/lineage")
    down = http.get(f"{API}/datasets/{ids[3]}/lineage", {"direction": "descendants"})
    assert ends(up) == {(ids[3], ids[2]), (ids[2], ids[1]), (ids[1], ids[0])}
    assert ends(down) == {(ids[4], ids[3])}

    first = http.get(f"{API}/datasets/{ids[4]}/lineage", {"limit": "3"}).json()
    second = http.get(f"{API}/datasets/{ids[4]}/lineage", {"limit": "3", "cursor": first["next"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 1, None)
    assert {edge["id"] for edge in first["items"]}.isdisjoint(edge["id"] for edge in second["items"])


def test_a_dataset_without_lineage_has_an_empty_graph(provider):
    answer = api(make_client(person_of(provider))).get(f"{API}/datasets/{make_dataset(provider).pk}/lineage")
    assert answer.json() == {"items": [], "next": None}


def test_an_unknown_direction_is_refused(provider):
    http = api(make_client(person_of(provider)))
    answer = http.get(f"{API}/datasets/{make_dataset(provider).pk}/lineage", {"direction": "sideways"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/direction"


def test_staff_read_the_lineage_of_what_is_at_their_venue(provider):
    listing = listed(provider)
    other = make_dataset(provider)
    DatasetParent.objects.create(
        dataset=listing.product.dataset,
        parent=other,
        organization=provider,
        parent_organization=provider,
        basis="OWN",
        note="sums",
    )
    clerk = actor(staff("gzdex", Role.CLERK))
    stranger = actor(staff("szdex", Role.CLERK))
    assert lineage_of(listing.product.dataset, "ancestors", clerk).count() == 1
    assert lineage_of(listing.product.dataset, "ancestors", stranger).count() == 0


def test_a_version_is_no_dataset(provider):
    version = make_version(make_dataset(provider))
    http = api(make_client(person_of(provider)))
    assert http.post(f"{API}/datasets/{version.pk}/parents", {"parent_id": str(version.pk)}).status_code == 404
