"""A clerk and a compliance reviewer bring a listing into the catalogue by clicking, and send another one back."""

from accounts.models import Role
from listings.models import Listing, ReviewStage
from tests.listings.offers import draft_listing, in_review, passed, registered_product, submitted


def tick_everything(desk) -> None:
    for tick in desk.page.locator("form input[type=checkbox]").all():
        tick.check()


def test_two_people_bring_a_listing_into_the_catalogue(sit, employ, provider):
    listing = submitted(draft_listing(registered_product(provider)))

    clerk = sit(employ(Role.CLERK, "Chen Jie"))
    clerk.follow("Completeness check")
    clerk.open_row(listing.number)
    clerk.reads("may not approve this: it takes a different person.")
    assert not clerk.offers("Approve")
    clerk.does("Take up the review")
    clerk.reads("Take up the review: done.")
    clerk.page.get_by_role("link", name="Pass the stage", exact=True).click()
    assert clerk.violations() == []
    tick_everything(clerk)
    clerk.page.get_by_label("Remark: ").first.fill("Seen on paper")
    clerk.confirm("Pass the stage")
    clerk.reads("source and rights")
    assert not clerk.offers("Pass the stage")
    listing.refresh_from_db()
    while listing.stage != ReviewStage.PUBLICATION:
        listing = passed(listing)

    reviewer = sit(employ(Role.COMPLIANCE_REVIEWER, "Liang Ying"))
    reviewer.follow("Publication")
    reviewer.open_row(listing.number)
    reviewer.reads("Chen Jie")
    assert reviewer.violations() == []
    reviewer.page.get_by_role("link", name="Approve", exact=True).click()
    tick_everything(reviewer)
    reviewer.confirm("Approve")
    reviewer.reads("Approve: done.")

    listing.refresh_from_db()
    assert listing.state == Listing.State.LISTED
    notes = [answer["note"] for answer in listing.reviews.get(stage=ReviewStage.COMPLETENESS).checklist.values()]
    assert "Seen on paper" in notes


def test_who_found_it_complete_is_refused_the_approval(sit, employ, provider):
    both = employ(Role.COMPLIANCE_REVIEWER, "Liang Ying")
    listing = in_review(draft_listing(registered_product(provider)), both)

    desk = sit(both)
    desk.follow("Completeness check")
    desk.open_row(listing.number)
    desk.page.get_by_role("link", name="Pass the stage", exact=True).click()
    tick_everything(desk)
    desk.confirm("Pass the stage")
    desk.reads("Liang Ying")
    listing.refresh_from_db()
    while listing.stage != ReviewStage.PUBLICATION:
        listing = passed(listing)
    desk.follow("Publication")
    desk.open_row(listing.number)
    desk.page.get_by_role("link", name="Approve", exact=True).click()
    tick_everything(desk)
    desk.confirm("Approve")
    desk.reads("Approve: refused.")

    listing.refresh_from_db()
    assert listing.state == Listing.State.COMPLIANCE


def test_a_clerk_asks_for_corrections_and_rejects_another(sit, employ, provider):
    clerk = employ(Role.CLERK, "Chen Jie")
    first = in_review(draft_listing(registered_product(provider)), clerk)
    second = in_review(draft_listing(registered_product(provider)), clerk)

    desk = sit(clerk)
    desk.follow("Completeness check")
    desk.open_row(first.number)
    desk.page.get_by_role("link", name="Ask for corrections", exact=True).click()
    desk.page.locator("form textarea").first.fill("The evidence is not readable.")
    desk.confirm("Ask for corrections")
    desk.reads("to be corrected")
    desk.reads("The evidence is not readable.")

    desk.follow("Completeness check")
    desk.open_row(second.number)
    desk.does("Reject", reason="The provider does not hold the data.")
    desk.reads("Reject: done.")
    second.refresh_from_db()
    assert second.state == Listing.State.REJECTED
