"""Staff run a voucher programme in the console, two people for each act that promises or moves money."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Organization, Person, Role
from listings.models import Listing
from marketplace.ordering import place_order
from settlements.models import VoucherClawback, VoucherGrant, VoucherProgramme, VoucherUse
from tests.marketplace.trading import PURPOSE, closed, fund
from tests.settlements.vouching import applied
from tests.world import actor, make_member, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db


def console(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(row: object, act: str = "") -> str:
    model = type(row)._meta.model_name
    name = f"settlements_{model}_{act.replace('-', '_')}" if act else f"settlements_{model}_change"
    return reverse(f"admin:{name}", args=[row.pk])


def test_a_programmes_whole_life_in_the_console(listing: Listing, buyer: Organization) -> None:
    first = console(staff("gzdex", Role.SETTLEMENT_OFFICER))
    second = console(make_person(operator_of("gzdex"), Role.VENUE_ADMIN))
    funder, today = make_member("gzdex", Capacity.BUYER), timezone.localdate()
    fund(funder, "1000.00")
    terms = {
        "venue": venue("gzdex").pk,
        "funder": funder.identifier,
        "name_zh": "语料券",
        "source": "深圳市",
        "currency": "CNY",
        "budget": "1000.00",
        "rate": "30.5",
        "applicant_cap": "500",
        "order_cap": "600",
        "product_types": ["DATASET", "CORPUS"],
        "payment": "AT_SETTLEMENT",
        "opens_on": str(today),
        "closes_on": str(today + timedelta(days=9)),
        "grant_days": "30",
    }
    address = reverse("admin:settlements_voucherprogramme_draft")
    assert first.get(address).status_code == 200
    assert "One order gets no more than one applicant" in first.post(address, terms).content.decode()
    first.post(address, terms | {"order_cap": "200"})
    programme = VoucherProgramme.objects.get()
    assert (programme.rate_ppm, programme.order_cap_minor) == (305_000, 20_000)

    first.post(page(programme, "open"))
    programme.refresh_from_db()
    assert programme.state == "DRAFTED"  # the same person may not
    second.post(page(programme, "open"))
    programme.refresh_from_db()
    assert programme.state == "OPEN"

    grant = applied(programme, buyer, 40_000)
    first.post(page(grant, "approve"), {"amount": "400.00", "why": "Fits"})
    second.post(page(grant, "issue"))
    grant.refresh_from_db()
    assert (grant.state, grant.amount_minor) == (VoucherGrant.State.ISSUED, 40_000)

    order = closed(
        place_order(
            listing_id=listing.pk,
            plan_id=listing.plans.get().pk,
            purpose=PURPOSE,
            voucher_id=grant.pk,
            actor=actor(person_of(buyer)),
        )
    )
    use = VoucherUse.objects.get(order_id=order.pk)
    first.post(page(use, "claw-back"), {"amount": "10.00", "why": "Too much"})
    clawback = VoucherClawback.objects.get()
    second.post(page(clawback, "approve"))
    clawback.refresh_from_db()
    assert (clawback.state, clawback.collected_minor) == ("PAID", 1_000)

    for row in (programme, grant, use, clawback):
        shown = first.get(page(row))
        assert shown.status_code == 200
        listed = first.get(reverse(f"admin:settlements_{type(row)._meta.model_name}_changelist"))
        assert len(listed.context["cl"].result_list) == 1
    shown = first.get(page(programme)).content.decode()
    assert "<title>redeemed: 26.60</title>" in shown
    assert f"programme__id__exact={programme.pk}" in shown
    entries = first.get(reverse("admin:settlements_transfer_changelist"), {"q": str(order.pk)})
    assert {transfer.kind for transfer in entries.context["cl"].result_list} == {
        "VOUCHER_RESERVED",
        "HOLD",
        "SETTLEMENT",
    }
    uses = reverse("admin:settlements_voucheruse_changelist")
    found = first.get(uses, {"q": order.number})
    assert [each.pk for each in found.context["cl"].result_list] == [use.pk]
    assert f">{order.number}<" in found.content.decode()
    assert not first.get(uses, {"q": order.number + "9"}).context["cl"].result_list
    report = second.get(reverse("money-report-csv", args=["voucher-programmes"])).getvalue().decode()
    assert report.splitlines()[1] == (f"gzdex,{programme.number},CNY,1000.00,400.00,0.00,26.60,10.00,0.00,973.40")
