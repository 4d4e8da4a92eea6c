"""The console: who may enter, what they see there, and that memberships move only through the acts."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiClient, Membership, Organization, Role
from kernel.models import AuditEvent
from tests.world import (
    PASSWORD,
    make_client,
    make_member,
    make_membership,
    make_organization,
    make_person,
    operator_of,
    person_of,
    staff,
)

pytestmark = pytest.mark.django_db
LOGIN = "/console/login/"
State = Membership.State


def console(person):
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(model, obj=None):
    name = model._meta.model_name
    return (
        reverse(f"admin:accounts_{name}_change", args=[obj.pk]) if obj else reverse(f"admin:accounts_{name}_changelist")
    )


def act_page(obj, name):
    return reverse(f"admin:accounts_{obj._meta.model_name}_{name}", args=[obj.pk])


def act(client, obj, name, **body):
    """Confirm an act on the row's page and return the page that follows."""
    return client.post(act_page(obj, name), body, follow=True)


class TestEntering:
    def test_staff_sign_in_by_email_whatever_its_capitals(self):
        person = make_person(operator_of(), Role.CLERK, email="clerk@example.com", password=PASSWORD)
        client = Client()
        answer = client.post(LOGIN, {"username": "Clerk@Example.com", "password": PASSWORD}, follow=True)
        assert answer.status_code == 200
        assert client.session["_auth_user_id"] == str(person.pk)

    def test_a_member_does_not_get_in(self, applicant):
        person = make_person(applicant, password=PASSWORD)
        answer = Client().post(LOGIN, {"username": person.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert not answer.context["form"].is_valid()
        assert console(person).get("/console/").status_code == 302

    def test_eight_failures_lock_an_address_out_of_the_console(self):
        person = make_person(operator_of(), Role.CLERK, password=PASSWORD)
        client = Client()
        for n in range(8):
            email = person.email.upper() if n % 2 else person.email
            answer = client.post(LOGIN, {"username": email, "password": "wrong"})
        assert answer.status_code == 429
        assert client.post(LOGIN, {"username": person.email, "password": PASSWORD}).status_code == 429

    def test_one_who_loses_the_role_loses_the_console_at_once(self, clerk):
        client = console(clerk)
        assert client.get("/console/").status_code == 200
        clerk.affiliations.all().delete()
        assert client.get("/console/").status_code == 302


class TestSeeing:
    @pytest.mark.parametrize("role", [Role.CLERK, Role.VENUE_ADMIN, Role.AUDITOR, Role.SETTLEMENT_OFFICER])
    @pytest.mark.parametrize(
        "name", ["venue", "organization", "person", "affiliation", "invitation", "apiclient", "membership"]
    )
    def test_every_list_opens_and_can_be_searched(self, name, role):
        client = console(staff("gzdex", role))
        path = reverse(f"admin:accounts_{name}_changelist")
        assert client.get(path).status_code == 200
        assert client.get(path, {"q": "南沙"}).status_code == 200

    @pytest.mark.parametrize("wanted", ["legal_name", "identifier", "shown name", "number"])
    def test_a_member_is_found_by_what_it_is_known_by(self, clerk, wanted):
        member = make_member("gzdex", name="珠江航运")
        make_member("gzdex", name="白云气象")
        words = {
            "legal_name": member.legal_name,
            "identifier": member.identifier,
            "shown name": member.name["zh-Hans"],
            "number": member.memberships.get().number,
        }
        found = console(clerk).get(page(Organization), {"q": words[wanted]}).content.decode()
        assert member.identifier in found
        assert "白云气象" not in found

    def test_staff_see_their_own_venues_rows(self, clerk):
        ours = Membership.objects.get(organization=make_member("gzdex"))
        theirs = Membership.objects.get(organization=make_member("szdex"))
        client = console(clerk)
        listed = client.get(page(Membership)).content.decode()
        assert ours.number in listed
        assert theirs.number not in listed
        assert client.get(page(Membership, ours)).status_code == 200
        assert client.get(page(Membership, theirs)).status_code == 302

    def test_the_deployments_operator_sees_all(self, deployment_operator):
        numbers = [Membership.objects.get(organization=make_member(code)).number for code in ("gzdex", "szdex")]
        listed = console(deployment_operator).get(page(Membership)).content.decode()
        assert all(number in listed for number in numbers)

    def test_every_rows_own_page_opens(self, clerk, deployment_operator):
        member = make_member("gzdex")
        person = person_of(member)
        client = make_client(person)
        membership = member.memberships.get()
        for obj in (member, person, membership, membership.venue, person.affiliations.get()):
            assert console(clerk).get(page(type(obj), obj)).status_code == 200
        shown = console(deployment_operator).get(page(ApiClient, client)).content.decode()
        assert client.client_id in shown
        assert client.client_secret not in shown
        assert "pbkdf2" not in shown

    def test_a_page_of_a_person_shows_no_password(self, clerk):
        person = make_person(make_member("gzdex"), password=PASSWORD)
        assert person.password not in console(clerk).get(page(type(person), person)).content.decode()

    def test_nothing_is_edited_by_hand(self, clerk, deployment_operator):
        membership = make_membership(make_organization())
        for person in (clerk, deployment_operator):
            client = console(person)
            assert client.get(f"{page(Membership)}add/").status_code == 403
            assert client.post(page(Membership, membership), {"state": "TERMINATED"}).status_code == 403
            assert client.post(f"{page(Membership)}{membership.pk}/delete/").status_code == 403
        membership.refresh_from_db()
        assert membership.state == State.ACTIVE

    def test_the_list_takes_as_many_queries_for_two_rows_as_for_six(self, clerk, django_assert_max_num_queries):
        make_member("gzdex")
        make_member("gzdex")
        client = console(clerk)
        counts = []
        for _ in range(2):
            with django_assert_max_num_queries(30) as captured:
                client.get(page(Membership))
            counts.append(len(captured))
            for _ in range(4):
                make_member("gzdex")
        assert counts[0] == counts[1]


class TestActing:
    def test_a_clerk_reviews_and_another_approves(self, applicant, clerk, reviewer):
        membership = make_membership(applicant, state=State.SUBMITTED)
        act(console(clerk), membership, "start_review")
        shown = console(reviewer).get(page(Membership, membership)).content.decode()
        assert clerk.name in shown
        act(console(reviewer), membership, "approve")
        act(console(reviewer), membership, "activate")
        membership.refresh_from_db()
        assert (membership.state, membership.decided_by) == (State.ACTIVE, reviewer)
        assert AuditEvent.objects.get(action="membership.approved").person_id == reviewer.pk

    def test_asking_changes_nothing(self, applicant, clerk):
        membership = make_membership(applicant, state=State.SUBMITTED)
        assert console(clerk).get(act_page(membership, "start_review")).status_code == 200
        membership.refresh_from_db()
        assert membership.state == State.SUBMITTED

    def test_the_reviewers_own_approval_is_refused_with_a_sentence(self, applicant, reviewer):
        membership = make_membership(applicant, state=State.SUBMITTED)
        act(console(reviewer), membership, "start_review")
        answer = act(console(reviewer), membership, "approve")
        assert "may not approve" in answer.content.decode()
        membership.refresh_from_db()
        assert membership.state == State.IN_REVIEW

    def test_corrections_are_one_per_line(self, applicant, clerk):
        membership = make_membership(applicant, state=State.SUBMITTED)
        act(console(clerk), membership, "start_review")
        act(console(clerk), membership, "request_correction", reason="licence is missing\r\nname differs")
        membership.refresh_from_db()
        assert membership.corrections == ["licence is missing", "name differs"]

    def test_a_suspension_needs_a_reason(self, applicant, reviewer):
        membership = make_membership(applicant)
        act(console(reviewer), membership, "suspend", reason="")
        membership.refresh_from_db()
        assert membership.state == State.ACTIVE
        act(console(reviewer), membership, "suspend", reason="licence expired")
        membership.refresh_from_db()
        assert (membership.state, membership.decision_reason) == (State.SUSPENDED, "licence expired")

    def test_only_acts_that_are_possible_are_offered(self, applicant, clerk, reviewer):
        membership = make_membership(applicant, state=State.SUBMITTED)
        to_clerk = console(clerk).get(page(Membership, membership)).content.decode()
        to_reviewer = console(reviewer).get(page(Membership, membership)).content.decode()
        assert act_page(membership, "start_review") in to_clerk
        assert act_page(membership, "approve") not in to_reviewer
        assert act_page(membership, "suspend") not in to_reviewer

    def test_the_other_venues_staff_cannot_act(self, applicant, shenzhen_reviewer):
        membership = make_membership(applicant)
        answer = act(console(shenzhen_reviewer), membership, "suspend", reason="rivalry")
        assert answer.status_code == 404
        membership.refresh_from_db()
        assert membership.state == State.ACTIVE

    def test_the_deployments_operator_deactivates_a_person(self, deployment_operator, applicant):
        person = person_of(applicant)
        act(console(deployment_operator), person, "deactivate", reason="left")
        person.refresh_from_db()
        assert not person.is_active

    def test_a_venue_administrator_ends_a_role(self, venue_admin, clerk):
        own = clerk.affiliations.get()
        act(console(venue_admin), own, "end")
        assert not clerk.affiliations.exists()
