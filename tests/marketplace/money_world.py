"""The world in which the money machine begins: who trades, what is sold, and the first money."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import Capacity, Organization, Role, Venue
from kernel.actors import Actor
from listings.listing import create_listing
from listings.models import Listing, Plan
from listings.registration import create_product, register_product
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.marketplace.money_model import BANK, CLIENT
from tests.marketplace.trading import stored_version
from tests.settlements.banking import custody, officers, payee
from tests.settlements.exchanging import CNY, HKD, purse, rate
from tests.settlements.purse import give, yuan
from tests.world import (
    Api,
    actor,
    api,
    make_client,
    make_member,
    make_person,
    make_token,
    operator_of,
    person_of,
    staff,
    venue,
)

PRICES = ("0.01", "1.01", "3.33", "120.00", "777.77")
FUNDS, FOREIGN_FUNDS = 500_000, 300_000
AGES = timedelta(days=1000)


def _broker() -> Organization:
    return make_member("gzdex", Capacity.BROKER, name="海珠经纪")


@dataclass
class World:
    """A provider with a listing of several plans, a buyer with money in two currencies, a broker, and the staff."""

    venue: Venue = field(default_factory=venue)
    provider: Organization = field(default_factory=lambda: make_member("gzdex", Capacity.PROVIDER))
    buyer: Organization = field(default_factory=lambda: make_member("gzdex", Capacity.BUYER, name="前海科技"))
    broker: Organization = field(default_factory=_broker)

    def __post_init__(self) -> None:
        parties = {"provider": self.provider, "buyer": self.buyer, "broker": self.broker}
        self.owners: dict[UUID | None, str] = {None: "venue"} | {party.id: name for name, party in parties.items()}
        self.actors: dict[str, Actor] = {name: actor(person_of(party)) for name, party in parties.items()}
        self.clerk, self.officer = officers()
        self.mediator = actor(staff(role=Role.DISPUTE_OFFICER))
        self.second_mediator = actor(make_person(operator_of(), Role.DISPUTE_OFFICER))
        self.client = _client_for_ages(self.buyer)
        self.listing, self.plans = _listed(self.provider)
        custody()
        payee(self.provider)
        payee(self.broker)
        rate("HKD/CNY", "0.9")
        give(self.buyer, yuan(FUNDS / 100))
        purse(self.buyer, f"{FOREIGN_FUNDS / 100:.2f}", HKD)
        self.money = {
            (*holder, currency.value): sign * amount
            for amount, currency in ((FUNDS, CNY), (FOREIGN_FUNDS, HKD))
            for holder, sign in ((BANK, -1), (CLIENT, 1))
        }


def _client_for_ages(owner: Organization) -> Api:
    client = make_client(person_of(owner), expires_at=timezone.now() + AGES)
    sends = api()
    sends.defaults["HTTP_AUTHORIZATION"] = f"Bearer {make_token(client, lifetime=AGES)}"
    return sends


def _listed(provider: Organization) -> tuple[Listing, list[Plan]]:
    version, who = stored_version(provider), actor(person_of(provider))
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    plans = [make_plan(product, price) for price in PRICES]
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product).pk,
        plan_ids=[plan.pk for plan in plans],
        actor=who,
    )
    return put_up(listing), plans
