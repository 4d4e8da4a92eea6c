"""The console shows the books and moves money only through acts that ask first."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import Client

from accounts.models import Organization, Person, Venue
from kernel.actors import SYSTEM
from kernel.identifiers import uuid7
from kernel.money import grouped
from settlements import escrow
from settlements.deposits import enter_deposit
from settlements.models import Account, Deposit, Entry, EscrowHold, Payout, Transfer
from settlements.payouts import approve_payout, request_payout
from tests.settlements.banking import payee
from tests.settlements.purse import Kind, give, holds, yuan
from tests.world import actor, person_of

pytestmark = pytest.mark.django_db


def console(who: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def receipt(guangzhou: Venue, buyer: Organization, clerk: Person) -> Deposit:
    return enter_deposit(
        venue=guangzhou,
        organization=buyer,
        amount=yuan(500),
        bank_reference="ICBC-1",
        received_on=date(2026, 11, 2),
        actor=actor(clerk),
    )


def test_every_page_of_money_opens(guangzhou: Venue, buyer: Organization, receipt: Deposit, officer: Person) -> None:
    purse = give(buyer, yuan(10))
    held = escrow.hold(order_id=purse, venue=guangzhou, payer=buyer, amount=yuan(3), actor=SYSTEM)
    pages = console(officer)

    for model, model_admin in site._registry.items():
        if model._meta.app_label == "settlements":
            assert pages.get(f"/console/settlements/{model._meta.model_name}/").status_code == 200, model_admin
    for row in (Account.objects.get(id=purse), Transfer.objects.first(), Entry.objects.first(), held, receipt):
        assert row is not None
        answer = pages.get(f"/console/settlements/{row._meta.model_name}/{row.pk}/change/")
        assert answer.status_code == 200


def test_the_trial_balance_stands_above_the_accounts(buyer: Organization, officer: Person) -> None:
    give(buyer, yuan(1234.56))

    page = console(officer).get("/console/settlements/account/").content.decode()

    assert "Trial balance" in page
    assert "-1,234.56" in page
    assert "balanced" in page


def test_every_figure_leads_to_its_entries(
    guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person
) -> None:
    account = give(buyer, yuan(1234.56))
    pages = console(officer)

    for page in ("/console/settlements/account/", "/console/"):
        shown = pages.get(page).content.decode()
        links = re.findall(r'href="(/console/settlements/entry/[?][^"]*)">(-?[0-9,.]+)</a>', shown)
        assert "1,234.56" in [figure for _link, figure in links], page
        for link, figure in links:
            listed = pages.get(unescape(link))
            sums = sum(entry.amount_minor for entry in listed.context["cl"].queryset)
            assert grouped(sums) == figure, link
    held = uuid7()
    escrow.hold(order_id=held, venue=guangzhou, payer=buyer, amount=yuan(3), actor=SYSTEM)
    page = pages.get(f"/console/settlements/escrowhold/{EscrowHold.objects.get().pk}/change/").content.decode()
    [address] = re.findall(r'href="(/console/settlements/transfer/[?]q=[^"]+)"', page)
    assert [each.reference for each in pages.get(address).context["cl"].queryset] == [f"hold:{held}"]
    paid_in = enter_deposit(
        venue=guangzhou,
        organization=buyer,
        amount=yuan(1),
        bank_reference="ICBC-2",
        received_on=date(2026, 11, 2),
        actor=actor(clerk),
    )
    links = [
        f"?q={paid_in.pk}" in console(who).get(f"/console/settlements/deposit/{paid_in.pk}/change/").content.decode()
        for who in (officer, clerk)
    ]
    assert links == [True, False]  # a clerk may not read the ledger
    mine = pages.get(f"/console/settlements/entry/?account__id__exact={account}").content.decode()
    main = mine[mine.index("result_list") :]
    assert "held in escrow" in main
    assert not re.search(r">[^<]*[0-9a-f]{8}-[0-9a-f]{4}-7", main)  # names, no ids


def test_a_receipt_is_entered_and_credited_by_two_people_in_the_console(
    guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person
) -> None:
    form = {
        "venue": str(guangzhou.id),
        "identifier": buyer.identifier,
        "amount": "500.00",
        "currency": "CNY",
        "bank_reference": "ICBC-9",
        "received_on": "2026-11-02",
    }
    answer = console(clerk).post("/console/settlements/deposit/enter/", form)
    deposit = Deposit.objects.get()
    path = f"/console/settlements/deposit/{deposit.pk}"
    assert answer.status_code == 302
    assert answer["Location"] == f"{path}/change/"

    assert "may not credit it" in console(officer).get(f"{path}/change/").content.decode()
    assert console(officer).get(f"{path}/credit/").status_code == 200  # asks first
    assert holds(Kind.CLIENT, buyer) == 0
    console(officer).post(f"{path}/credit/")

    assert holds(Kind.CLIENT, buyer) == 50_000


@pytest.mark.parametrize(
    "fields", [{"amount": "0.001"}, {"amount": "0"}, {"identifier": "nobody"}, {"venue": ""}, {"received_on": "soon"}]
)
def test_a_bad_receipt_is_shown_again(
    guangzhou: Venue, buyer: Organization, clerk: Person, fields: dict[str, Any]
) -> None:
    form = {
        "venue": str(guangzhou.id),
        "identifier": buyer.identifier,
        "amount": "500.00",
        "currency": "CNY",
        "bank_reference": "ICBC-9",
        "received_on": "2026-11-02",
    }

    assert console(clerk).post("/console/settlements/deposit/enter/", form | fields).status_code == 200
    assert Deposit.objects.count() == 0


def test_a_clerk_sees_deposits_and_nothing_else_of_the_ledger(receipt: Deposit, clerk: Person) -> None:
    assert console(clerk).get("/console/settlements/deposit/").status_code == 200
    assert console(clerk).get("/console/settlements/account/").status_code == 403


def test_the_same_person_is_refused_in_the_console_too(
    guangzhou: Venue, buyer: Organization, officer: Person, receipt: Deposit
) -> None:
    Deposit.objects.filter(id=receipt.id).update(entered_by=officer)

    page = console(officer).post(f"/console/settlements/deposit/{receipt.pk}/credit/", follow=True).content.decode()

    assert "may not approve it" in page
    assert holds(Kind.CLIENT, buyer) == 0


def test_staff_of_another_venue_find_no_such_row(receipt: Deposit, shenzhen_officer: Person) -> None:
    assert console(shenzhen_officer).post(f"/console/settlements/deposit/{receipt.pk}/credit/").status_code == 404


def test_a_refusal_asks_for_its_reason(receipt: Deposit, officer: Person) -> None:
    path = f"/console/settlements/deposit/{receipt.pk}/refuse/"

    assert console(officer).post(path, {"reason": " "}).status_code == 200
    console(officer).post(path, {"reason": "unknown payer"})

    receipt.refresh_from_db()
    assert (receipt.state, receipt.refusal) == ("REFUSED", "unknown payer")


def test_a_payment_is_confirmed_with_the_banks_reference(
    guangzhou: Venue, provider: Organization, officer: Person
) -> None:
    give(provider, yuan(5), Kind.PAYABLE)
    payee(provider)
    payout = request_payout(venue=guangzhou, amount=yuan(5), actor=actor(person_of(provider)))
    approve_payout(payout_id=payout.id, actor=actor(officer))
    path = f"/console/settlements/payout/{payout.pk}"

    assert "Bank reference" in console(officer).get(f"{path}/confirm-paid/").content.decode()
    console(officer).post(f"{path}/confirm-paid/", {"reason": "OUT-7"})

    payout = Payout.objects.get()
    assert (payout.state, payout.bank_reference) == ("PAID", "OUT-7")


def test_nothing_is_changed_by_hand(receipt: Deposit, officer: Person) -> None:
    for path in ("deposit/add/", f"deposit/{receipt.pk}/delete/", "account/add/", "entry/add/"):
        assert console(officer).post(f"/console/settlements/{path}", {}).status_code == 403
    console(officer).post(f"/console/settlements/deposit/{receipt.pk}/change/", {"state": "CREDITED"})
    receipt.refresh_from_db()
    assert receipt.state == "ENTERED"
