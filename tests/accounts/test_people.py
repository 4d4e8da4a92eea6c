"""Signing up, inviting, roles, and the administrator that every organization keeps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import IntegrityError, close_old_connections, connections, transaction
from django.utils import timezone

from accounts import people
from accounts.models import Affiliation, Invitation, Person, Role
from accounts.operating import appoint_operator
from accounts.registering import OrganizationFacts, PersonFacts, sign_up, update_organization
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.problems import Problem
from tests.refusals import refused
from tests.world import (
    PASSWORD,
    actor,
    affiliate,
    make_client,
    make_member,
    make_organization,
    make_person,
    operator_of,
    person_of,
    staff,
    valid_uscc,
    venue,
)

pytestmark = pytest.mark.django_db


def person_facts(**changes):
    return PersonFacts(**({"email": "Li.Na@Example.com", "name": "李娜", "password": PASSWORD} | changes))


def organization_facts(**changes):
    facts = {
        "name": {"zh-Hans": "南沙气象", "en": "Nansha Weather"},
        "legal_name": "南沙气象数据有限公司",
        "jurisdiction": "CN",
        "identifier": valid_uscc(90_000_001),
        "division_code": "440115",
    }
    return OrganizationFacts(**(facts | changes))


class TestSignUp:
    def test_it_makes_a_person_and_the_organization_they_administer(self):
        affiliation = sign_up(person=person_facts(), organization=organization_facts())
        assert affiliation.role == Role.ADMIN
        assert affiliation.person.email == "li.na@example.com"
        assert affiliation.person.check_password(PASSWORD)
        assert affiliation.organization.in_gba
        assert affiliation.organization.in_gba_city
        actions = AuditEvent.objects.filter(organization_id=affiliation.organization_id).values_list(
            "action", flat=True
        )
        assert set(actions) == {"organization.registered", "person.signed_up"}

    def test_a_hong_kong_organization_has_no_division_code(self):
        facts = organization_facts(jurisdiction="HK", identifier="52345678-000-04-23-7", division_code="")
        organization = sign_up(person=person_facts(), organization=facts).organization
        assert (organization.identifier_kind, organization.identifier) == ("HKBR", "52345678")
        assert organization.in_gba
        assert not organization.in_gba_city

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"identifier": "914403007084611360"}, "/organization/identifier", "wrong_check_digit"),
            ({"division_code": "440199"}, "/organization/division_code", "unknown_place"),
            ({"division_code": ""}, "/organization/division_code", "unknown_place"),
            ({"jurisdiction": "XX"}, "/organization/jurisdiction", "unknown_jurisdiction"),
        ],
    )
    def test_wrong_facts_leave_nothing_behind(self, changes, pointer, code):
        with refused("invalid") as caught:
            sign_up(person=person_facts(), organization=organization_facts(**changes))
        assert [(error.pointer, error.code) for error in caught.value.errors] == [(pointer, code)]
        assert not Person.objects.exists()

    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("short", "password_too_short"),
            ("password1234", "password_too_common"),
            ("li.na@example.com", "password_too_similar"),
        ],
    )
    def test_weak_passwords_are_refused(self, password, code):
        with refused("invalid") as caught:
            sign_up(person=person_facts(password=password), organization=organization_facts())
        assert code in {error.code for error in caught.value.errors}
        assert {error.pointer for error in caught.value.errors} == {"/person/password"}

    def test_an_email_address_is_taken_once_whatever_its_capitals(self):
        make_person(email="li.na@example.com")
        with pytest.raises(IntegrityError, match="person_email_is_unique"), transaction.atomic():
            sign_up(person=person_facts(email="LI.NA@example.com"), organization=organization_facts())

    def test_an_organization_is_registered_once(self):
        sign_up(person=person_facts(), organization=organization_facts())
        with pytest.raises(IntegrityError, match="organization_identifier_is_unique"), transaction.atomic():
            sign_up(person=person_facts(email="another@example.com"), organization=organization_facts())


class TestUpdating:
    def test_the_shown_name_and_the_place_can_change(self, applicant):
        someone = actor(person_of(applicant))
        changed = update_organization(
            organization_id=applicant.pk, actor=someone, name={"en": "New"}, division_code="440304"
        )
        changed.refresh_from_db()
        assert (changed.name, changed.division_code) == ({"en": "New"}, "440304")
        assert AuditEvent.objects.get(action="organization.updated").details["before"]["division_code"] == "440115"

    def test_others_cannot_change_it(self, applicant, clerk):
        make_member_of = actor(make_person(applicant, Role.OPERATOR))
        with refused("forbidden"):
            update_organization(organization_id=applicant.pk, actor=make_member_of, name={"en": "x"})
        with refused("not_found"):
            update_organization(organization_id=applicant.pk, actor=actor(clerk), name={"en": "x"})

    def test_staff_see_a_member_but_cannot_change_it(self, clerk):
        with refused("forbidden"):
            update_organization(organization_id=make_member().pk, actor=actor(clerk), name={"en": "x"})

    def test_the_mainland_keeps_a_division_code(self, applicant):
        with refused("invalid"):
            update_organization(organization_id=applicant.pk, actor=actor(person_of(applicant)), division_code="")


class TestInviting:
    def invite(self, organization, email="new@example.com", role=Role.OPERATOR):
        return people.invite(
            organization_id=organization.pk, email=email, role=role, actor=actor(person_of(organization))
        )

    def test_an_invited_person_gets_the_role(self, applicant):
        invitation, token = self.invite(applicant, "New@Example.com")
        assert token not in str(invitation.__dict__)
        newcomer = make_person(email="new@example.com")
        accepted = people.accept_invitation(invitation=people.open_invitation(token), person=newcomer)
        assert (accepted.role, accepted.organization) == (Role.OPERATOR, applicant)
        assert AuditEvent.objects.filter(action="invitation.accepted").exists()

    def test_a_token_works_once(self, applicant):
        _invitation, token = self.invite(applicant)
        newcomer = make_person(email="new@example.com")
        people.accept_invitation(invitation=people.open_invitation(token), person=newcomer)
        with refused("invitation_expired"):
            people.open_invitation(token)

    def test_a_token_ends_after_a_week(self, applicant):
        _invitation, token = self.invite(applicant)
        with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)), refused("invitation_expired"):
            people.open_invitation(token)

    def test_an_unknown_token_finds_nothing(self):
        with refused("not_found"):
            people.open_invitation("guess")

    def test_nobody_else_can_accept(self, applicant):
        _invitation, token = self.invite(applicant)
        with refused("forbidden"):
            people.accept_invitation(invitation=people.open_invitation(token), person=make_person())

    def test_an_invitation_can_be_taken_back(self, applicant):
        invitation, token = self.invite(applicant)
        people.revoke_invitation(invitation_id=invitation.pk, actor=actor(person_of(applicant)))
        with refused("invitation_expired"):
            people.open_invitation(token)
        with refused("illegal_state"):
            people.revoke_invitation(invitation_id=invitation.pk, actor=actor(person_of(applicant)))

    def test_one_open_invitation_per_address_and_expired_ones_make_way(self, applicant):
        first, _token = self.invite(applicant)
        with pytest.raises(IntegrityError, match="invitation_is_unique_while_open"), transaction.atomic():
            self.invite(applicant)
        Invitation.objects.filter(pk=first.pk).update(expires_at=timezone.now())
        self.invite(applicant)
        first.refresh_from_db()
        assert first.state == Invitation.State.REVOKED

    def test_a_colleague_is_not_invited_again(self, applicant):
        with refused("affiliation_exists"):
            self.invite(applicant, person_of(applicant).email)

    def test_members_have_no_staff_roles_and_staff_no_members_roles(self, applicant, venue_admin):
        with refused("invalid"):
            self.invite(applicant, role=Role.CLERK)
        with refused("invalid"):
            people.invite(
                organization_id=operator_of().pk, email="x@example.com", role=Role.ADMIN, actor=actor(venue_admin)
            )

    def test_only_administrators_invite_and_only_into_their_own(self, applicant):
        with refused("forbidden"):
            people.invite(
                organization_id=applicant.pk,
                email="x@example.com",
                role=Role.VIEWER,
                actor=actor(make_person(applicant, Role.OPERATOR)),
            )
        with refused("not_found"):
            people.invite(
                organization_id=make_organization().pk,
                email="x@example.com",
                role=Role.VIEWER,
                actor=actor(person_of(applicant)),
            )


class TestRolesChange:
    def test_an_administrator_changes_and_ends_roles(self, applicant):
        chief = actor(person_of(applicant))
        colleague = Affiliation.objects.get(person=make_person(applicant, Role.VIEWER))
        assert people.change_role(affiliation_id=colleague.pk, role=Role.OPERATOR, actor=chief).role == Role.OPERATOR
        people.remove(affiliation_id=colleague.pk, actor=chief)
        assert not Affiliation.objects.filter(pk=colleague.pk).exists()
        assert AuditEvent.objects.filter(action="affiliation.ended").exists()

    def test_the_last_administrator_stays(self, applicant):
        chief = actor(person_of(applicant))
        own = Affiliation.objects.get(person=chief.person_id)
        with refused("last_administrator"):
            people.remove(affiliation_id=own.pk, actor=chief)
        with refused("last_administrator"):
            people.change_role(affiliation_id=own.pk, role=Role.VIEWER, actor=chief)

    def test_a_deactivated_administrator_does_not_count(self, applicant):
        make_person(applicant, Role.ADMIN, is_active=False)
        chief = actor(person_of(applicant))
        with refused("last_administrator"):
            people.remove(affiliation_id=Affiliation.objects.get(person=chief.person_id).pk, actor=chief)

    def test_a_venue_keeps_its_administrator_too(self, venue_admin):
        own = Affiliation.objects.get(person=venue_admin)
        with refused("last_administrator"):
            people.change_role(affiliation_id=own.pk, role=Role.CLERK, actor=actor(venue_admin))

    def test_another_organizations_people_are_out_of_reach(self, applicant):
        stranger = Affiliation.objects.get(person=make_person(make_organization(), Role.VIEWER))
        with refused("not_found"):
            people.remove(affiliation_id=stranger.pk, actor=actor(person_of(applicant)))

    def test_staff_see_their_members_people_but_cannot_change_them(self, venue_admin):
        member = make_member()
        theirs = Affiliation.objects.get(person=person_of(member))
        with refused("forbidden"):
            people.remove(affiliation_id=theirs.pk, actor=actor(venue_admin))


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_administrators_only_one_can_leave():
    organization = make_organization()
    pair = [make_person(organization, Role.ADMIN) for _ in range(2)]
    barrier = Barrier(2)

    def leave(person):
        try:
            own = Affiliation.objects.get(person=person)
            someone = actor(person)
            barrier.wait()
            people.remove(affiliation_id=own.pk, actor=someone)
        except Problem as problem:
            return problem.code
        finally:
            connections.close_all()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, pair)) == ["last_administrator", "left"]
    close_old_connections()
    assert Affiliation.objects.filter(organization=organization).count() == 1


class TestDeactivating:
    def test_the_deployments_operator_shuts_a_person_out_with_a_reason(self, deployment_operator, applicant):
        person = person_of(applicant)
        client = make_client(person)
        people.set_active(person_id=person.pk, active=False, reason="left in anger", actor=actor(deployment_operator))
        client.refresh_from_db()
        with refused("invalid_token"):
            actor(client)
        assert AuditEvent.objects.get(action="person.deactivated").reason == "left in anger"

    def test_nobody_else_can(self, venue_admin, applicant):
        with refused("forbidden"):
            people.set_active(person_id=person_of(applicant).pk, active=False, reason="x", actor=actor(venue_admin))


class TestAppointing:
    def test_an_organization_without_members_roles_becomes_operator(self, deployment_operator):
        operator = make_organization()
        officer = make_person(operator, Role.CLERK)
        appoint_operator(venue_code="szdex", organization_id=operator.pk, actor=actor(deployment_operator))
        assert actor(officer).venue_ids == {venue("szdex").pk}

    def test_a_member_cannot_become_operator(self):
        with refused("conflict_of_interest"):
            appoint_operator(venue_code="szdex", organization_id=make_member().pk, actor=SYSTEM)

    def test_people_with_members_roles_do_not_come_by_a_venue(self, applicant):
        with refused("conflict_of_interest"):
            appoint_operator(venue_code="szdex", organization_id=applicant.pk, actor=SYSTEM)

    def test_a_venue_administrator_cannot_appoint(self):
        with refused("forbidden"):
            appoint_operator(
                venue_code="szdex",
                organization_id=make_organization().pk,
                actor=actor(staff("gzdex", Role.VENUE_ADMIN)),
            )

    def test_a_former_operators_people_lose_the_venue_at_once(self, clerk):
        appoint_operator(venue_code="gzdex", organization_id=make_organization().pk, actor=SYSTEM)
        assert not actor(clerk).is_staff


def test_a_person_may_belong_to_an_organization_once(applicant):
    with pytest.raises(IntegrityError, match="affiliation_is_unique"), transaction.atomic():
        affiliate(person_of(applicant), applicant, Role.VIEWER)


def test_the_deployments_operator_helps_an_organization_that_cannot_help_itself(deployment_operator, applicant):
    stuck = Affiliation.objects.get(person=make_person(applicant, Role.VIEWER))
    chief = actor(deployment_operator)
    people.invite(organization_id=applicant.pk, email="new@example.com", role=Role.ADMIN, actor=chief)
    people.remove(affiliation_id=stuck.pk, actor=chief)
    assert not Affiliation.objects.filter(pk=stuck.pk).exists()
