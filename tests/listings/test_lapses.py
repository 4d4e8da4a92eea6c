"""What is listed is suspended when what it rests on ends."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from listings.imported_certificates import verify_imported
from listings.lapses import watch_lapses
from listings.review import approve
from tests.listings.offers import all_ok, approved, draft_listing, in_compliance, listed, make_terms, registered_product
from tests.listings.papers import imported
from tests.world import Role, actor, make_member, staff

pytestmark = pytest.mark.django_db


def test_an_ended_right_or_certificate_suspends_what_rests_on_it_and_nothing_else():
    provider = make_member("gzdex")
    claims = [{"right": "USE"}, {"right": "OPERATE"}]
    claims[1]["valid_until"] = (timezone.localdate() + timedelta(days=40)).isoformat()
    claims[1]["sublicence_allowed"] = False
    limited = registered_product(provider, rights_claims=claims, rights=["USE", "OPERATE"])
    make_terms(limited, term_days=10)
    ending, lasting = approved(draft_listing(limited)), listed(provider)
    certified = draft_listing(registered_product(provider))
    certificate = imported(certified.product, valid_until=timezone.localdate() + timedelta(days=30))
    certified = in_compliance(certified)
    verify_imported(certificate_id=certificate.pk, reason="asked the registry", actor=actor(staff("gzdex", Role.CLERK)))
    certified = approve(
        listing_id=certified.pk,
        answers=all_ok(certified, certified.stage),
        actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)),
    )

    assert watch_lapses() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert (watch_lapses(), watch_lapses()) == (1, 0)
    with time_machine.travel(timezone.now() + timedelta(days=41)):
        assert (watch_lapses(), watch_lapses()) == (1, 0)
    for each in (ending, lasting, certified):
        each.refresh_from_db()
    assert (ending.state, certified.state, lasting.state) == ("SUSPENDED", "SUSPENDED", "LISTED")
