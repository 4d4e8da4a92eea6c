"""Voucher programmes: who may do what, what the database refuses, and that every cent is where the counts say."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Capacity, Organization, Role, Venue
from config.celery import app as celery_app
from kernel.actors import SYSTEM
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from settlements import escrow
from settlements.models import VoucherClawback, VoucherGrant, VoucherProgramme, VoucherUse
from settlements.settlement import give_back
from settlements.vouchers import clawbacks, grants, programmes, uses
from tests.marketplace.trading import fund
from tests.refusals import refused
from tests.settlements.purse import Kind, assert_books_balance, give, holds
from tests.settlements.test_ledger_under_load import a_connection_each, at_once
from tests.settlements.vouching import (
    applied,
    division,
    drafted,
    fen,
    held,
    issued,
    officers,
    opened,
    reserved,
    settled,
)
from tests.world import actor, affiliate, make_member, make_person, operator_of, person_of, staff

celery_app.autodiscover_tasks(force=True)  # the handlers of jobs, as a worker knows them
__all__ = ["a_connection_each"]
State, Grant, Use = VoucherProgramme.State, VoucherGrant.State, VoucherUse.State
TODAY = timezone.localdate


@pytest.mark.django_db
class TestTwoPeople:
    def test_a_programme_is_opened_by_another_person_once_its_money_is_there(self, guangzhou: Venue) -> None:
        first, second = officers()
        programme = drafted()
        with refused("forbidden"):
            programmes.open_programme(programme_id=programme.pk, actor=actor(staff("gzdex", Role.AUDITOR)))
        with refused("not_found"):
            programmes.open_programme(programme_id=programme.pk, actor=actor(staff("szdex", Role.SETTLEMENT_OFFICER)))
        with refused("same_person"):
            programmes.open_programme(programme_id=programme.pk, actor=first)
        with refused("insufficient_funds"), transaction.atomic():
            programmes.open_programme(programme_id=programme.pk, actor=second)
        give(programme.funder, fen(100_000))
        programmes.open_programme(programme_id=programme.pk, actor=second)
        assert (holds(Kind.CLIENT, programme.funder), holds(Kind.VOUCHER, programme.funder)) == (0, 100_000)
        with refused("illegal_state"):
            programmes.open_programme(programme_id=programme.pk, actor=second)

        over = drafted(opens_on=TODAY() - timedelta(days=9), closes_on=TODAY() - timedelta(days=1))
        with refused("illegal_state"):
            programmes.open_programme(programme_id=over.pk, actor=second)
        with refused("invalid"):
            programmes.withdraw_programme(programme_id=over.pk, reason=" ", actor=first)
        assert programmes.withdraw_programme(programme_id=over.pk, reason="Late", actor=first).state == State.WITHDRAWN

    def test_an_application_is_approved_and_issued_by_two_who_are_not_the_applicants(self, buyer: Organization) -> None:
        first, second = officers()
        programme = opened()
        grant = applied(programme, buyer, 40_000, is_startup=True)
        insider = make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER)
        affiliate(insider, buyer, Role.VIEWER)
        said: dict[str, Any] = {"voucher_id": grant.pk, "as_startup": True, "reason": "A start-up of 2026."}
        with refused("conflict_of_interest"):
            grants.approve_voucher(amount=fen(1), actor=actor(insider, operator_of("gzdex")), **said)
        with refused("invalid"):
            grants.approve_voucher(amount=fen(40_001), actor=first, **said)
        with refused("illegal_state"):
            grants.issue_voucher(voucher_id=grant.pk, actor=second)
        grants.approve_voucher(amount=fen(30_000), actor=first, **said)
        with refused("same_person"):
            grants.issue_voucher(voucher_id=grant.pk, actor=first)
        grant = grants.issue_voucher(voucher_id=grant.pk, actor=second)
        assert (grant.rate_ppm, grant.left_minor) == (600_000, 30_000)
        assert grant.expires_on == TODAY() + timedelta(days=30)
        with refused("illegal_state"):
            grants.refuse_voucher(voucher_id=grant.pk, reason="Late", actor=first)
        actions = AuditEvent.objects.filter(subject_id=str(grant.pk)).order_by("id").values_list("action", flat=True)
        assert list(actions) == ["vouchergrant.applied", "vouchergrant.approved", "vouchergrant.issued"]


@pytest.mark.django_db
class TestApplying:
    def test_it_is_refused_by_the_rule(self, buyer: Organization, provider: Organization) -> None:
        near, hong_kong = opened(places=["HK", "440300"]), make_member("gzdex", Capacity.BUYER, jurisdiction="HK")
        with refused("buyer_not_in_programme"):
            applied(near, buyer)  # of Nansha, in Guangzhou
        assert applied(near, hong_kong).state == Grant.APPLIED
        with refused("voucher_applied_for"):
            applied(near, hong_kong, 1)
        programme = opened()
        with refused("membership_required"):
            applied(programme, provider)
        with refused("invalid"):
            applied(programme, buyer, 50_001)
        with refused("not_found"):
            applied(drafted(), buyer)
        for days in ({"opens_on": TODAY() + timedelta(days=1)}, {}):
            closed = opened(**days)
            if not days:
                programmes.suspend_programme(programme_id=closed.pk, reason="Examined", actor=officers()[0])
            with refused("illegal_state"):
                applied(closed, buyer)

    def test_the_rule_grants_what_it_can_and_never_more_than_the_cap(self, buyer: Organization) -> None:
        programme = opened(granted_by_rule=True)
        first = applied(programme, buyer, 30_000)
        assert (first.state, first.issued_by_id, first.amount_minor) == (Grant.ISSUED, None, 30_000)
        with refused("invalid"):
            applied(programme, buyer, 20_001)
        assert applied(programme, buyer, 20_000, is_startup=True).state == Grant.APPLIED  # officers look at that
        grant = programme.grants.get(state=Grant.APPLIED)
        with refused("forbidden"):
            grants.withdraw_application(voucher_id=grant.pk, reason="Not needed", actor=officers()[0])
        withdrawn = grants.withdraw_application(voucher_id=grant.pk, reason="Not needed", actor=actor(person_of(buyer)))
        assert withdrawn.state == Grant.WITHDRAWN

    def test_an_expired_voucher_frees_the_cap_of_what_was_not_used(
        self, buyer: Organization, provider: Organization
    ) -> None:
        give(buyer, fen(100_000))
        programme = opened(granted_by_rule=True)
        grant = applied(programme, buyer, 50_000)
        order_id = held(grant, provider)
        with time_machine.travel(timezone.now() + timedelta(days=32)):
            with refused("voucher_not_usable"):
                reserved(grant, provider)
            run_due_jobs(kinds=(grants.LAPSE_JOB,))
            grant.refresh_from_db()
            assert grant.state == Grant.EXPIRED
            settled(order_id, provider)  # what was reserved stays reserved
            assert VoucherUse.objects.get().state == Use.REDEEMED
            with refused("invalid"):
                applied(programme, buyer, 46_401)
            assert applied(programme, buyer, 46_400).state == Grant.ISSUED


@pytest.mark.django_db
def test_closing_returns_what_is_left_and_what_comes_back_later_follows(
    buyer: Organization, provider: Organization
) -> None:
    give(buyer, fen(100_000))
    programme = opened()
    grant = issued(programme, buyer)
    kept, back = held(grant, provider), held(grant, provider)
    undecided = applied(programme, make_member("gzdex", Capacity.BUYER))
    programmes.close_programme(programme_id=programme.pk, reason="Year's end", actor=officers()[0])
    assert (holds(Kind.VOUCHER, programme.funder), holds(Kind.CLIENT, programme.funder)) == (0, 92_800)
    with refused("voucher_not_usable"):
        reserved(grant, provider)

    run_due_jobs(kinds=(programmes.ENDED_JOB,))
    grant.refresh_from_db()
    undecided.refresh_from_db()
    assert (grant.state, undecided.state) == (Grant.EXPIRED, Grant.REFUSED)
    escrow.refund_order(order_id=back, actor=SYSTEM, reason="Cancelled")
    settled(kept, provider)
    programme.refresh_from_db()
    assert (programme.redeemed_minor, programme.returned_minor, programme.left_minor) == (3_600, 96_400, 0)
    assert (holds(Kind.CLIENT, programme.funder), holds(Kind.ESCROW, programme.funder)) == (96_400, 0)
    assert_books_balance()


@pytest.mark.django_db
def test_a_clawback_is_owed_until_a_deposit_pays_it(buyer: Organization, provider: Organization) -> None:
    first, second = officers()
    give(buyer, fen(8_400))
    programme = opened()
    order_id = held(issued(programme, buyer), provider)
    settled(order_id, provider)
    use = VoucherUse.objects.get(order_id=order_id)
    with refused("forbidden"):
        clawbacks.propose_clawback(use_id=use.pk, amount=fen(1), reason="x", actor=actor(staff("gzdex", Role.CLERK)))
    proposed = clawbacks.propose_clawback(use_id=use.pk, amount=fen(3_600), reason="Resold", actor=first)
    clawbacks.refuse_clawback(clawback_id=proposed.pk, reason="No proof", actor=second)
    proposed = clawbacks.propose_clawback(use_id=use.pk, amount=fen(3_600), reason="Resold", actor=first)
    with refused("same_person"):
        clawbacks.approve_clawback(clawback_id=proposed.pk, actor=first)
    assert clawbacks.approve_clawback(clawback_id=proposed.pk, actor=second).state == VoucherClawback.State.OWED
    assert holds(Kind.VOUCHER, programme.funder) == 96_400
    with refused("voucher_not_usable"):
        reserved(use.grant, provider)  # it has ended

    # A refund of half the price brings a half of the voucher back meanwhile; the rest is collected, no more.
    lines = division(12_000)
    given = give_back(order_id=order_id, amount=fen(6_000), earlier=[], reference="x", actor=SYSTEM, reason="Half")
    assert [line.amount_minor for line in given] == [line.amount_minor // 2 for line in lines]
    use.refresh_from_db()
    assert (use.returned_minor, use.kept_minor, holds(Kind.CLIENT, buyer)) == (1_800, 1_800, 4_200)
    fund(buyer, "1.00")
    run_due_jobs()
    proposed.refresh_from_db()
    use.refresh_from_db()
    assert (proposed.state, proposed.collected_minor) == (VoucherClawback.State.PAID, 1_800)
    assert (use.state, use.kept_minor, holds(Kind.CLIENT, buyer)) == (Use.CLAWED_BACK, 0, 2_500)
    assert holds(Kind.VOUCHER, programme.funder) == 100_000
    assert_books_balance()


@pytest.mark.django_db
def test_the_database_keeps_the_budget_and_the_terms_whoever_writes(
    buyer: Organization, provider: Organization
) -> None:
    programme = opened()
    use = reserved(issued(programme, buyer), provider)
    other = issued(opened(), make_member("gzdex", Capacity.BUYER))
    insert = (
        "INSERT INTO settlements_voucheruse (id, created_at, programme_id, grant_id, venue_id, organization_id,"
        " order_id, price_minor, amount_minor, currency, state, released_minor, redeemed_minor, returned_minor,"
        " clawed_back_minor, certificate, relation) SELECT uuidv7(), now(), {}, grant_id, venue_id, organization_id,"
        " uuidv7(), 1000000, {}, currency, 'RESERVED', 0, 0, 0, 0, '', '' FROM settlements_voucheruse"
    )
    for statement, word in (
        (insert.format("programme_id", 96_401), "voucher_programme_stays_within_its_budget"),
        (insert.format("programme_id", 46_401), "voucher_pays_no_more_than_was_granted"),
        (insert.format(f"'{other.programme_id}'", 1), "a use is of a voucher of its programme"),
        ("UPDATE settlements_voucherprogramme SET reserved_minor = 0", "append-only"),
        ("UPDATE settlements_voucherprogramme SET budget_minor = budget_minor + 1", "append-only"),
        ("UPDATE settlements_voucherprogramme SET rate_ppm = 999999", "append-only"),
        ("UPDATE settlements_vouchergrant SET redeemed_minor = 1", "append-only"),
        ("UPDATE settlements_vouchergrant SET amount_minor = amount_minor + 1", "append-only"),
        ("UPDATE settlements_voucheruse SET amount_minor = 1", "append-only"),
        ("UPDATE settlements_voucheruse SET released_minor = -1", "append-only"),
        ("UPDATE settlements_voucheruse SET redeemed_minor = 3601", "voucher_use_ends_in_parts_of_itself"),
        ("UPDATE settlements_voucheruse SET state = 'SETTLED'", "settled_voucher_use_names_its_certificate"),
        ("UPDATE settlements_voucherprogramme SET opened_by_id = drafted_by_id", "is_opened_by_another_person"),
        ("DELETE FROM settlements_voucheruse", "append-only"),
        ("DELETE FROM settlements_voucherprogramme", "append-only"),
    ):
        with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    programme.refresh_from_db()
    assert (programme.reserved_minor, use.reserved_minor) == (3_600, 3_600)


@pytest.mark.django_db(transaction=True)
def test_the_last_of_a_budget_goes_to_one_order_and_ends_do_not_wait_in_a_circle(a_connection_each: None) -> None:
    provider = make_member("gzdex", Capacity.PROVIDER)
    buyers = [make_member("gzdex", Capacity.BUYER) for _ in range(2)]
    programme = opened(20_000, applicant_cap_minor=20_000, order_cap_minor=20_000)
    vouchers = [issued(programme, buyer, 3 * 3_600) for buyer in buyers]  # six parts, of which the budget has five
    for buyer in buyers:
        give(buyer, fen(100_000))
    orders: list[UUID] = []

    outcomes = at_once([lambda grant=grant: orders.append(held(grant, provider)) for grant in vouchers * 6])
    assert sorted(outcomes) == ["ok"] * 5 + ["voucher_exhausted"] * 7

    def refund(order_id: UUID) -> None:
        escrow.refund_order(order_id=order_id, actor=SYSTEM, reason="Cancelled")

    ends = [lambda o=o: refund(o) for o in orders[:2]] + [lambda o=o: settled(o, provider) for o in orders[2:]]
    outcomes = at_once([*ends, *(lambda grant=grant: held(grant, provider) for grant in vouchers * 3)])
    assert outcomes[:5] == ["ok"] * 5
    programme.refresh_from_db()
    assert programme.redeemed_minor == 3 * 3_600
    assert programme.reserved_minor == outcomes[5:].count("ok") * 3_600 <= 2 * 3_600
    assert holds(Kind.VOUCHER, programme.funder) == programme.left_minor
    assert_books_balance()


def test_a_share_goes_whole_with_the_whole_and_overdraws_neither_side() -> None:
    assert uses.share(7, 10, 10) == 7
    for part, whole in ((0, 1), (3, 7), (99, 100), (7, 7)):
        left, rest = part, whole
        while rest:
            moved = uses.share(left, rest, 1)
            assert 0 <= moved <= 1
            left, rest = left - moved, rest - 1
            assert 0 <= left <= rest
        assert left == 0
