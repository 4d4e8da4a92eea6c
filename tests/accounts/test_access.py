"""Actors, named permissions and visible rows."""

from itertools import combinations
from uuid import uuid4

import pytest

from accounts.access import (
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Permission,
    Role,
    actor_for_person,
    require,
    require_different_person,
    require_member,
)
from accounts.models import Affiliation, ApiClient, Capacity, Membership, Organization, Person
from accounts.permissions import MEMBER_ROLES, STAFF_ROLES
from kernel.actors import NOBODY, SYSTEM
from tests.refusals import refused
from tests.world import (
    actor,
    affiliate,
    make_client,
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


class TestRoles:
    def test_every_role_is_of_members_or_of_staff(self):
        assert MEMBER_ROLES | STAFF_ROLES == set(Role) == set(ROLE_PERMISSIONS)

    @pytest.mark.parametrize("role", sorted(MEMBER_ROLES))
    def test_members_never_hold_a_permission_of_staff(self, role):
        staff_only = frozenset().union(*(ROLE_PERMISSIONS[each] for each in STAFF_ROLES)) - ROLE_PERMISSIONS[Role.ADMIN]
        assert not ROLE_PERMISSIONS[role] & staff_only

    @pytest.mark.parametrize(
        ("making", "approving"),
        [
            ("deposit.enter", "deposit.credit"),
            ("listing.review", "listing.approve"),
            ("payout.request", "payout.approve"),
        ],
    )
    def test_making_and_approving_are_apart_for_most_roles(self, making, approving):
        assert any(making in held and approving not in held for held in ROLE_PERMISSIONS.values())

    def test_nobody_but_the_deployments_operator_sees_everything(self):
        assert not any(Permission.EVERYTHING_SEE in held for held in ROLE_PERMISSIONS.values())
        assert not any(Permission.EVERYTHING_SEE in granted for granted in SCOPE_PERMISSIONS.values())
        assert not any(Permission.CONSOLE_USE in granted for granted in SCOPE_PERMISSIONS.values())

    def test_scopes_do_not_overlap(self):
        for one, other in combinations(SCOPE_PERMISSIONS.values(), 2):
            assert not one & other

    def test_every_permission_but_two_is_in_a_scope(self):
        in_scopes = frozenset().union(*SCOPE_PERMISSIONS.values())
        assert set(Permission) - in_scopes == {Permission.CONSOLE_USE, Permission.EVERYTHING_SEE}


class TestActors:
    def test_a_person_acts_for_their_only_organization(self, applicant):
        someone = actor(person_of(applicant))
        assert someone.organization_id == applicant.pk
        assert someone.may("membership.apply")
        assert not someone.is_staff

    def test_staff_are_staff_of_the_venues_their_organization_operates(self, clerk):
        officer = actor(clerk)
        assert officer.venue_ids == {venue("gzdex").pk}
        assert officer.may("membership.review")
        assert not officer.may("membership.approve")

    def test_a_person_of_two_organizations_must_choose(self, applicant):
        other = make_organization()
        someone = person_of(applicant)
        affiliate(someone, other, Role.VIEWER)
        undecided = actor_for_person(someone)
        assert undecided.organization_id is None
        assert not undecided.permissions
        assert actor_for_person(someone, applicant).may("order.place")
        assert not actor_for_person(someone, other).may("order.place")

    def test_nobody_acts_for_an_organization_that_is_not_theirs(self, applicant):
        with refused("forbidden"):
            actor_for_person(person_of(applicant), make_organization())

    def test_a_deactivated_person_may_nothing(self, clerk):
        clerk.is_active = False
        shut_out = actor_for_person(clerk)
        assert not shut_out.permissions
        assert not shut_out.is_staff
        assert shut_out.organization_id is None

    def test_a_client_may_what_its_person_may_within_its_scopes(self, applicant):
        client = make_client(person_of(applicant), ["buy", "money"])
        someone = actor(client)
        assert someone.permissions == SCOPE_PERMISSIONS["buy"]
        assert someone.person_id == client.person_id
        assert someone.id == client.pk

    def test_a_client_loses_what_its_person_loses(self, applicant):
        person = person_of(applicant)
        client = make_client(person)
        Affiliation.objects.filter(person=person).update(role=Role.VIEWER)
        assert not actor(client).permissions
        Affiliation.objects.filter(person=person).delete()
        with refused("invalid_token"):
            actor(client)

    def test_the_deployments_operator_may_everything_everywhere(self, deployment_operator):
        operator_of("gzdex")
        chief = actor(deployment_operator)
        assert chief.permissions == set(Permission)
        assert chief.venue_ids == {venue("gzdex").pk, venue("szdex").pk}

    def test_making_an_actor_takes_one_query(self, applicant, django_assert_num_queries):
        person = person_of(applicant)
        with django_assert_num_queries(1):
            actor_for_person(person)


class TestRequire:
    def test_a_missing_permission_is_forbidden(self, applicant):
        with refused("forbidden"):
            require(actor(person_of(applicant)), "listing.approve")

    def test_a_misspelt_permission_is_our_mistake(self, applicant):
        with pytest.raises(ValueError, match=r"listing\.approbe"):
            require(actor(person_of(applicant)), "listing.approbe")

    def test_another_organization_is_forbidden(self, applicant):
        someone = actor(person_of(applicant))
        require(someone, "order.place", organization_id=applicant.pk)
        with refused("forbidden"):
            require(someone, "order.place", organization_id=uuid4())

    def test_another_venue_is_forbidden(self, clerk):
        require(actor(clerk), "listing.review", venue_id=venue("gzdex").pk)
        with refused("forbidden"):
            require(actor(clerk), "listing.review", venue_id=venue("szdex").pk)

    def test_the_system_may_everything_and_nobody_nothing(self):
        require(SYSTEM, "payout.approve", venue_id=uuid4())
        with refused("forbidden"):
            require(NOBODY, "payout.approve")

    def test_the_same_person_cannot_approve_even_through_a_client(self, clerk):
        client = make_client(clerk)
        for same in (actor(clerk), actor(client)):
            with refused("same_person"):
                require_different_person(same, made_by=clerk.pk)
        require_different_person(actor(clerk), made_by=uuid4())
        require_different_person(actor(clerk), made_by=None)

    def test_only_an_active_membership_in_the_capacity_counts(self):
        buyer = make_member("gzdex", Capacity.BUYER)
        gzdex, szdex = venue("gzdex"), venue("szdex")
        assert require_member(buyer.pk, gzdex.pk, Capacity.BUYER).organization_id == buyer.pk
        with refused("membership_required"):
            require_member(buyer.pk, gzdex.pk, Capacity.PROVIDER)
        with refused("membership_required"):
            require_member(buyer.pk, szdex.pk, Capacity.BUYER)
        Membership.objects.filter(organization=buyer).update(state=Membership.State.SUSPENDED)
        with refused("membership_required"):
            require_member(buyer.pk, gzdex.pk, Capacity.BUYER)


class TestVisibleRows:
    @pytest.fixture
    def world(self):
        """Members of both venues and an organization of none."""
        return {
            "guangzhou": make_member("gzdex"),
            "shenzhen": make_member("szdex"),
            "both": make_member("gzdex"),
            "none": make_organization(),
        }

    def test_a_member_sees_itself_alone(self, world):
        someone = actor(person_of(world["guangzhou"]))
        assert list(Organization.objects.visible_to(someone)) == [world["guangzhou"]]
        assert {each.organization_id for each in Membership.objects.visible_to(someone)} == {world["guangzhou"].pk}
        assert {each.organization_id for each in Affiliation.objects.visible_to(someone)} == {world["guangzhou"].pk}
        assert list(Person.objects.visible_to(someone)) == [person_of(world["guangzhou"])]

    def test_staff_see_their_own_venues_members(self, world, clerk):
        make_membership(world["both"], "szdex")
        seen = set(Organization.objects.visible_to(actor(clerk)))
        assert seen == {world["guangzhou"], world["both"], operator_of("gzdex")}
        assert {each.venue.code for each in Membership.objects.visible_to(actor(clerk))} == {"gzdex"}
        assert person_of(world["guangzhou"]) in Person.objects.visible_to(actor(clerk))
        assert person_of(world["shenzhen"]) not in Person.objects.visible_to(actor(clerk))

    def test_staff_do_not_see_their_members_clients(self, world, clerk):
        make_client(person_of(world["guangzhou"]))
        own = make_client(clerk)
        assert list(ApiClient.objects.visible_to(actor(clerk))) == [own]

    def test_the_deployments_operator_and_the_system_see_all(self, world, deployment_operator):
        for all_seeing in (actor(deployment_operator), SYSTEM):
            assert set(world.values()) <= set(Organization.objects.visible_to(all_seeing))
            assert Person.objects.visible_to(all_seeing).count() == Person.objects.count()
            assert Affiliation.objects.visible_to(all_seeing).count() == Affiliation.objects.count()

    def test_nobody_sees_nothing(self, world):
        for model in (Organization, Person, Affiliation, Membership, ApiClient):
            assert not model.objects.visible_to(NOBODY).exists()


def test_staff_of_one_venue_are_strangers_at_the_other():
    assert not actor(staff("szdex", Role.CLERK)).venue_ids & actor(staff("gzdex", Role.CLERK)).venue_ids


def test_a_second_person_of_a_role_is_another_person():
    first = staff("gzdex", Role.CLERK)
    assert make_person(operator_of(), Role.CLERK) != first == staff("gzdex", Role.CLERK)
