"""Voucher programmes over HTTP: read by anybody, run by two officers, used by buyers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from listings.models import Listing
from settlements.models import VoucherProgramme, VoucherUse
from tests.marketplace.trading import PURPOSE, closed, fund
from tests.settlements.vouching import SOURCE, issued, opened, reserved
from tests.world import Api, api, make_client, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def draft(funder: Organization, **changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "venue": "gzdex",
        "funder_id": str(funder.pk),
        "name": {"zh-Hans": "语料券", "en": "Corpus vouchers"},
        "source": SOURCE,
        "budget": yuan("1000.00"),
        "rate_ppm": 300_000,
        "startup_rate_ppm": 600_000,
        "applicant_cap": yuan("500.00"),
        "order_cap": yuan("200.00"),
        "product_types": ["CORPUS", "DATASET"],
        "places": ["GBA"],
        "payment": "AT_SETTLEMENT",
        "opens_on": str(today),
        "closes_on": str(today + timedelta(days=30)),
        "grant_days": 60,
    } | changes


def officers() -> tuple[Api, Api]:
    return (
        api(make_client(staff("gzdex", Role.SETTLEMENT_OFFICER))),
        api(make_client(make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER))),
    )


def done(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.json()
    return dict(answer.json())


def test_from_a_draft_to_a_clawback(listing: Listing, buyer: Organization) -> None:
    first, second = officers()
    funder = make_member("gzdex", Capacity.BUYER)
    programme = done(first.post(f"{V1}/voucher-programmes", draft(funder)), 201)
    there = f"{V1}/voucher-programmes/{programme['id']}"
    assert programme["number"].startswith("GZ-VP-")
    assert (programme["left"], programme["state"]) == (yuan("1000.00"), "DRAFTED")
    assert api().get(there).status_code == 404

    assert first.post(f"{there}/open").json()["code"] == "same_person"
    assert second.post(f"{there}/open").json()["code"] == "insufficient_funds"
    fund(funder, "1000.00")
    done(second.post(f"{there}/open"))
    assert done(api().get(there))["state"] == "OPEN"
    [public] = done(api().get(f"{V1}/voucher-programmes", {"product_type": "CORPUS"}))["items"]
    assert public["funder"]["id"] == str(funder.pk)
    assert done(api().get(f"{V1}/voucher-programmes", {"product_type": "API"}))["items"] == []

    mine = api(make_client(person_of(buyer)))
    wish = {"programme_id": programme["id"], "wanted": yuan("400.00"), "reasons": "A model of addresses"}
    voucher = done(mine.post(f"{V1}/vouchers", wish), 201)
    assert mine.post(f"{V1}/vouchers", wish).json()["code"] == "voucher_applied_for"
    here = f"{V1}/vouchers/{voucher['id']}"
    said = {"amount": yuan("300.00"), "reason": "Fits"}
    assert mine.post(f"{here}/approve", said).status_code == 403
    assert done(first.post(f"{here}/approve", said | {"as_startup": True}))["rate_ppm"] == 600_000
    assert first.post(f"{here}/issue").json()["code"] == "same_person"
    assert done(second.post(f"{here}/issue"))["left"] == yuan("300.00")

    order = done(
        mine.post(
            f"{V1}/orders",
            {
                "listing_id": str(listing.pk),
                "plan_id": str(listing.plans.get().pk),
                "purpose": PURPOSE,
                "voucher_id": voucher["id"],
            },
        ),
        201,
    )
    [use] = done(mine.get(f"{V1}/voucher-uses", {"order": order["id"]}))["items"]
    assert (use["amount"], use["reserved"], use["state"]) == (yuan("72.00"), yuan("72.00"), "RESERVED")
    assert done(mine.get(f"{V1}/voucher-uses/{use['id']}")) == use
    funders = done(api(person_of(funder)).get(f"{V1}/voucher-uses"))["items"]
    assert [each["id"] for each in funders] == [use["id"]]

    owed = f"{V1}/voucher-uses/{use['id']}/claw-back"
    why = {"amount": yuan("72.00"), "reason": "The parties are one"}
    assert first.post(owed, why).json()["errors"][0]["pointer"] == "/amount/amount"
    closed_by_all(order["id"])
    clawback = done(first.post(owed, why), 201)
    assert first.post(owed, why).json()["code"] == "clawback_open"
    assert mine.post(owed, why).status_code == 403
    those = f"{V1}/voucher-clawbacks/{clawback['id']}"
    assert first.post(f"{those}/approve").json()["code"] == "same_person"
    assert done(second.post(f"{those}/approve"))["collected"] == yuan("72.00")
    assert done(mine.get(here))["state"] == "CLAWED_BACK"
    assert done(mine.get(f"{V1}/voucher-clawbacks"))["items"] == [done(mine.get(those))]

    done(first.post(f"{there}/suspend", {"reason": "Examined"}))
    done(second.post(f"{there}/resume"))
    ended = done(first.post(f"{there}/close", {"reason": "Year's end"}))
    assert (ended["left"], ended["returned"], ended["state"]) == (yuan("0.00"), yuan("1000.00"), "CLOSED")


def closed_by_all(order_id: str) -> None:
    from marketplace.models import Order

    closed(Order.objects.get(pk=order_id))


def test_a_rule_that_cannot_be_is_refused_by_its_field(db: None) -> None:
    funder = make_member("gzdex", Capacity.BUYER)
    officer = api(make_client(staff("gzdex", Role.SETTLEMENT_OFFICER)))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"rate_ppm": 1_000_000}, "/rate_ppm"),
        ({"rate_ppm": 0}, "/rate_ppm"),
        ({"startup_rate_ppm": 0}, "/startup_rate_ppm"),
        ({"order_cap": yuan("500.01")}, "/order_cap"),
        ({"order_cap": {"amount": "1.00", "currency": "HKD"}}, "/order_cap/currency"),
        ({"budget": yuan("0.00")}, "/budget"),
        ({"budget": yuan("1.001")}, "/budget/amount"),
        ({"budget": yuan("99999999999999.00")}, "/budget/amount"),
        ({"product_types": []}, "/product_types"),
        ({"product_types": ["CORPSE"]}, "/product_types/0"),
        ({"places": ["ZZ"]}, "/places"),
        ({"closes_on": "2020-01-01"}, "/closes_on"),
        ({"closes_on": "9999-12-31"}, "/closes_on"),
        ({"closes_on": "10000-01-01"}, "/closes_on"),
        ({"grant_days": 100_000}, "/grant_days"),
        ({"funder_id": str(uuid4())}, "/funder_id"),
        ({"source": ""}, "/source"),
        ({"name": {"xx": "?"}}, "/name"),
        ({"budgit": yuan("1.00")}, "/budgit"),
    ]
    for changes, pointer in wrong:
        answer = officer.post(f"{V1}/voucher-programmes", draft(funder, **changes))
        assert answer.status_code == 400, answer.json()
        assert pointer in {error["pointer"] for error in answer.json()["errors"]}, changes
    assert not VoucherProgramme.objects.exists()


def test_a_voucher_that_does_not_serve_refuses_the_order_whole(listing: Listing, buyer: Organization) -> None:
    mine = api(make_client(person_of(buyer)))
    wanted = {"listing_id": str(listing.pk), "plan_id": str(listing.plans.get().pk), "purpose": PURPOSE}
    of_another = issued(opened(), make_member("gzdex", Capacity.BUYER))
    for voucher_id, code in (
        (uuid4(), "not_found"),
        (of_another.pk, "not_found"),
        (issued(opened(product_types=["COMPUTE"]), buyer).pk, "voucher_not_usable"),
    ):
        answer = mine.post(f"{V1}/orders", wanted | {"voucher_id": str(voucher_id)})
        assert answer.json()["code"] == code
    assert answer.json()["why"] == "product_type"
    assert done(mine.get(f"{V1}/orders"))["items"] == []


def test_lists_are_paged_and_cost_the_same_for_many(
    buyer: Organization, provider: Organization, django_assert_max_num_queries: Any
) -> None:
    grant = issued(opened(), buyer)
    for _ in range(5):
        reserved(grant, provider, 1_000)
    mine = api(make_client(person_of(buyer)))
    first = done(mine.get(f"{V1}/voucher-uses", {"limit": "3"}))
    second = done(mine.get(f"{V1}/voucher-uses", {"limit": "3", "cursor": first["next"]}))
    assert [len(first["items"]), len(second["items"])] == [3, 2]
    assert VoucherUse.objects.count() == 5
    with django_assert_max_num_queries(6):
        mine.get(f"{V1}/voucher-uses")
