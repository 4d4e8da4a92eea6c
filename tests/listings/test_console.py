"""The console: the review queue, its acts on pages that ask first, and four eyes shown."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from listings.models import Listing, Product, Review
from listings.review import submit
from tests.listings.offers import (
    all_ok,
    draft_listing,
    in_compliance,
    in_review,
    listed,
    officer_of,
    provider_actor,
    registered_product,
    submitted,
)
from tests.world import make_member, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def draft(provider):
    return draft_listing(registered_product(provider))


def console(person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def clerk() -> Client:
    return console(staff("gzdex", Role.CLERK))


def reviewer() -> Client:
    return console(staff("gzdex", Role.COMPLIANCE_REVIEWER))


def page(obj) -> str:
    return reverse(f"admin:listings_{obj._meta.model_name}_change", args=[obj.pk])


def act(client: Client, obj, name: str, **body):
    """Confirm an act on the row's page and return the page that follows."""
    address = reverse(f"admin:listings_{obj._meta.model_name}_{name}", args=[obj.pk])
    return client.post(address, body, follow=True)


def state(listing) -> str:
    return Listing.objects.get(pk=listing.pk).state


def test_the_queue_shows_what_waits_and_how_long_still(draft):
    listing = submitted(draft)
    address = reverse("admin:listings_listing_changelist")
    assert listing.number in clerk().get(address, {"state__exact": "SUBMITTED"}).text
    assert listing.number not in clerk().get(address, {"clock": "overdue"}).text
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert listing.number in clerk().get(address, {"clock": "overdue"}).text
        clocks = reverse("admin:listings_reviewclock_changelist")
        assert listing.number in clerk().get(clocks, {"clock": "overdue"}).text


@pytest.mark.parametrize("model", ["product", "listing", "plan", "terms", "submission", "review", "reviewclock"])
def test_every_row_can_be_found_and_opened(provider, model):
    listing = listed(provider)
    rows = {
        "product": listing.product,
        "listing": listing,
        "plan": listing.plans.get(),
        "terms": listing.terms,
        "submission": listing.submissions.get(),
        "review": listing.reviews.first(),
        "reviewclock": listing.clocks.first(),
    }
    client = reviewer()
    answer = client.get(reverse(f"admin:listings_{model}_changelist"), {"q": listing.number})
    assert answer.status_code == 200
    assert client.get(page(rows[model])).status_code == 200


def test_the_list_costs_the_same_whatever_its_length(provider, django_assert_max_num_queries):
    def queries() -> int:
        client = clerk()
        with django_assert_max_num_queries(30) as captured:
            client.get(reverse("admin:listings_listing_changelist"))
        return len(captured.captured_queries)

    submitted(draft_listing(registered_product(provider)))
    before = queries()
    for _ in range(3):
        submitted(draft_listing(registered_product(provider)))
    assert queries() == before


def test_a_listing_goes_through_its_review_on_the_console(provider, draft):
    submit(listing_id=draft.pk, actor=provider_actor(provider))
    act(clerk(), draft, "start_review")
    assert state(draft) == "IN_REVIEW"
    act(clerk(), draft, "pass_stage", **dict.fromkeys(all_ok(draft, "COMPLETENESS"), "on"))
    assert state(draft) == "COMPLIANCE"
    for stage in ("SOURCE_RIGHTS", "GRADE", "QUALITY", "PRICE"):
        officer = console(officer_of(Listing.objects.get(pk=draft.pk)))
        act(officer, draft, "pass_stage", **dict.fromkeys(all_ok(draft, stage), "on"))
    shown = reviewer().get(page(draft)).text
    assert str(staff("gzdex", Role.CLERK)) in shown
    act(reviewer(), draft, "approve", **dict.fromkeys(all_ok(draft, "PUBLICATION"), "on"))
    assert state(draft) == "LISTED"
    act(reviewer(), draft, "suspend", reason="complaint")
    act(reviewer(), draft, "relist", reason="settled")
    act(reviewer(), draft, "delist", reason="end of life")
    assert state(draft) == "DELISTED"


def test_an_unticked_item_keeps_the_form_open(draft):
    in_review(draft)
    answer = act(clerk(), draft, "pass_stage", scenario_is_concrete="on")
    assert state(draft) == "IN_REVIEW"
    assert not answer.context["form"].is_valid()


def test_opening_an_acts_page_changes_nothing(draft):
    in_compliance(draft)
    for name in ("approve", "request_correction", "reject"):
        address = reverse(f"admin:listings_listing_{name}", args=[draft.pk])
        assert reviewer().get(address).status_code == 200
    assert state(draft) == "COMPLIANCE"


def test_corrections_are_asked_for_line_by_line(draft):
    in_review(draft)
    act(clerk(), draft, "request_correction", scenario_is_concrete="say who checks what", files_match_description="")
    assert state(draft) == "CORRECTION"
    assert Review.objects.get().corrections == [
        {"code": "scenario_is_concrete", "reason": "say who checks what", "pointer": ""}
    ]


def test_a_refused_act_says_why(draft):
    in_compliance(draft, staff("gzdex", Role.COMPLIANCE_REVIEWER))
    answer = act(reviewer(), draft, "approve", **dict.fromkeys(all_ok(draft, "PUBLICATION"), "on"))
    assert state(draft) == "COMPLIANCE"
    assert "refused" in answer.text.lower() or "拒绝" in answer.text


def test_rows_of_another_venue_are_not_there(provider, draft):
    submitted(draft)
    client = console(staff("szdex", Role.CLERK))
    assert client.get(page(draft), follow=True).redirect_chain
    assert (
        draft.__class__.objects.get(pk=draft.pk).number
        not in client.get(reverse("admin:listings_listing_changelist")).text
    )


def test_nothing_is_added_changed_or_deleted_by_hand(provider):
    listing = listed(provider)
    client = reviewer()
    assert client.get(reverse("admin:listings_product_add")).status_code == 403
    client.post(page(listing.product), {"industry": "A01"})
    assert client.post(reverse("admin:listings_product_delete", args=[listing.product_id])).status_code == 403
    assert Product.objects.get().industry == "I65"
