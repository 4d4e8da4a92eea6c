"""Nobody decides about their own organization, in whatever role they act; nobody learns of rows they may not see."""

from datetime import date

import pytest
from django.utils import timezone

from accounts import onboarding
from accounts.models import Capacity, Membership, Organization, Role
from kernel.actors import Actor
from kernel.models import Job
from kernel.money import Currency, Money
from listings import review
from settlements.deposits import credit_deposit, enter_deposit
from settlements.payouts import approve_payout, request_payout
from tests.listings.offers import all_ok, draft_listing, in_compliance, registered_product, submitted
from tests.marketplace.trading import closed, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import (
    actor,
    affiliate,
    api,
    make_member,
    make_membership,
    make_organization,
    make_person,
    operator_of,
    person_of,
    staff,
    venue,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(db: None) -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


def also_of(organization: Organization, role: Role) -> Actor:
    """Return a member of the venue's staff, acting as such, who belongs to the organization too."""
    person = make_person(operator_of("gzdex"), role)
    affiliate(person, organization, Role.VIEWER)
    return actor(person, operator_of("gzdex"))


def test_staff_who_belong_to_the_provider_review_none_of_its_listings(provider: Organization) -> None:
    listing = draft_listing(registered_product(provider))
    submitted(listing)
    with refused("conflict_of_interest"):
        review.start_review(listing_id=listing.pk, actor=also_of(provider, Role.CLERK))

    review.start_review(listing_id=listing.pk, actor=actor(staff("gzdex", Role.CLERK)))
    with refused("conflict_of_interest"):
        review.reject(listing_id=listing.pk, reason="No", actor=also_of(provider, Role.CLERK))


def test_staff_who_belong_to_the_provider_approve_none_of_its_listings(provider: Organization) -> None:
    listing = in_compliance(draft_listing(registered_product(provider)))
    with refused("conflict_of_interest"):
        review.approve(
            listing_id=listing.pk,
            answers=all_ok(listing, "PUBLICATION"),
            actor=also_of(provider, Role.COMPLIANCE_REVIEWER),
        )


def test_staff_who_belong_to_the_applicant_do_not_let_it_in(db: None) -> None:
    applicant = make_organization()
    membership = make_membership(applicant, state=Membership.State.APPROVED)
    with refused("conflict_of_interest"):
        onboarding.activate(membership_id=membership.id, actor=also_of(applicant, Role.COMPLIANCE_REVIEWER))


def test_staff_who_belong_to_the_organization_credit_it_nothing(provider: Organization) -> None:
    deposit = enter_deposit(
        venue=venue(),
        organization=provider,
        amount=Money(100, Currency.CNY),
        bank_reference="BANK-OF-A-FRIEND",
        received_on=date(2026, 11, 2),
        actor=actor(staff("gzdex", Role.SETTLEMENT_OFFICER)),
    )
    with refused("conflict_of_interest"):
        credit_deposit(deposit_id=deposit.id, actor=also_of(provider, Role.SETTLEMENT_OFFICER))


def test_staff_who_belong_to_the_organization_let_no_money_out_to_it(provider: Organization) -> None:
    closed(placed(listed_dataset(provider), make_buyer()))
    earned = Money(100, Currency.CNY)
    payout = request_payout(venue=venue(), amount=earned, actor=actor(person_of(provider)))
    with refused("conflict_of_interest"):
        approve_payout(payout_id=payout.id, actor=also_of(provider, Role.SETTLEMENT_OFFICER))


def test_filters_answer_alike_for_strangers_and_for_nobody(provider: Organization) -> None:
    stranger = make_member("gzdex", Capacity.BUYER)
    client = api(person_of(provider))
    known, unknown = str(stranger.id), "01a20ecc-f158-7213-8274-aa767692011e"
    person = str(person_of(stranger).id)
    for resource, name, one, other in (
        ("affiliations", "organization", known, unknown),
        ("api-clients", "person", person, unknown),
        ("memberships", "organization", known, unknown),
        ("balances", "organization", known, unknown),
        ("orders", "buyer", known, unknown),
    ):
        answers = [client.get(f"/api/v1/{resource}", {name: value}) for value in (one, other)]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"items": [], "next": None})] * 2


def test_what_went_wrong_inside_is_shown_to_staff_alone(provider: Organization) -> None:
    job = Job.objects.create(
        kind="delivery.fulfil",
        key="1",
        due_at=timezone.now(),
        state=Job.State.FAILED,
        last_error="OSError: /var/lib/dawan/storage is full",
        organization_id=provider.id,
        venue_id=venue().id,
    )
    path = f"/api/v1/jobs/{job.id}"
    assert api(person_of(provider)).get(path).json()["last_error"] == ""
    assert api(staff("gzdex", Role.SETTLEMENT_OFFICER)).get(path).json()["last_error"] == job.last_error
