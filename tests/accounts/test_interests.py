"""Related parties: roles, declared interests and ties of organizations keep one from deciding, and for a while."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.interests import (
    COOLING_OFF,
    declare_interest,
    declare_tie,
    end_interest,
    end_tie,
    related_organizations,
    relation_between,
    require_unrelated,
)
from accounts.models import Affiliation, Interest, OrganizationTie, Role
from accounts.people import remove
from kernel.models import AuditEvent
from kernel.problems import Problem
from tests.refusals import refused
from tests.world import actor, affiliate, api, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def officer():
    return staff("gzdex", Role.LEGAL_REVIEWER)


def related(person, organization) -> str:
    """Return why the person may not decide about the organization, "" if they may."""
    who = actor(person, operator_of("gzdex"))
    try:
        require_unrelated(who, organization.pk)
    except Problem as problem:
        return problem.extensions["relation"]
    return ""


def test_who_has_nothing_to_do_with_it_decides(officer, provider):
    assert related(officer, provider) == ""


def test_a_role_in_the_organization_or_in_its_affiliate_relates(officer, provider):
    parent = make_member()
    affiliate(officer, parent, Role.VIEWER)
    assert related(officer, parent) == "role"
    assert related(officer, provider) == ""
    declare_tie(organization_id=provider.pk, other_id=parent.pk, kind="PARENT", actor=actor(person_of(provider)))
    assert related(officer, provider) == "role_in_affiliate"


def test_a_tie_to_the_venues_operator_bars_its_staff(officer, provider):
    operator = operator_of("gzdex")
    declare_tie(organization_id=provider.pk, other_id=operator.pk, kind="SHAREHOLDER", actor=actor(person_of(provider)))
    assert related(officer, provider) == "employer_is_affiliate"


@pytest.mark.parametrize("kind", Interest.Kind.values)
def test_a_declared_interest_relates(officer, provider, kind):
    declare_interest(organization_id=provider.pk, kind=kind, actor=actor(officer))
    assert related(officer, provider) == kind.lower()


def test_past_employment_counts_for_the_cooling_off_and_no_longer(officer, provider):
    today = timezone.localdate()
    declare_interest(organization_id=provider.pk, kind="EMPLOYMENT", ended_on=today, actor=actor(officer))
    with time_machine.travel(timezone.now() + COOLING_OFF):
        assert related(officer, provider) == "employment"
    with time_machine.travel(timezone.now() + COOLING_OFF + timedelta(days=1)):
        assert related(officer, provider) == ""


def test_whoever_leaves_an_organization_does_not_at_once_decide_about_it(officer, provider):
    role = affiliate(officer, provider, Role.VIEWER)
    remove(affiliation_id=role.pk, actor=actor(person_of(provider)))
    assert not Affiliation.objects.filter(person=officer, organization=provider).exists()
    assert related(officer, provider) == "employment"


def test_what_ended_is_ended_once_and_still_counts(officer, provider):
    interest = declare_interest(organization_id=provider.pk, kind="ADVICE", actor=actor(officer))
    assert end_interest(interest_id=interest.pk, actor=actor(officer)).ended_on == timezone.localdate()
    with refused("illegal_state"):
        end_interest(interest_id=interest.pk, actor=actor(officer))
    assert related(officer, provider) == "advice"
    assert AuditEvent.objects.filter(action__in=["interest.declared", "interest.ended"]).count() == 2


def test_a_day_to_come_and_an_unknown_organization_are_refused(officer, provider):
    tomorrow = timezone.localdate() + timedelta(days=1)
    for fields, pointer in (
        ({"organization_id": provider.pk, "ended_on": tomorrow}, "/ended_on"),
        ({"organization_id": officer.pk}, "/organization_id"),
    ):
        with refused("invalid") as caught:
            declare_interest(kind="EMPLOYMENT", actor=actor(officer), **fields)
        assert [error.pointer for error in caught.value.errors] == [pointer]


def test_ties_are_the_administrators_and_hold_both_ways(provider):
    other = make_member()
    admin = actor(person_of(provider))
    tie = declare_tie(organization_id=provider.pk, other_id=other.pk, kind="PARENT", actor=admin)
    assert related_organizations(provider.pk) == {other.pk}
    assert related_organizations(other.pk) == {provider.pk}
    with refused("invalid"):
        declare_tie(organization_id=provider.pk, other_id=provider.pk, kind="PARENT", actor=admin)
    with refused("forbidden"):
        declare_tie(organization_id=other.pk, other_id=provider.pk, kind="PARENT", actor=admin)
    with refused("forbidden"):
        end_tie(tie_id=tie.pk, actor=actor(make_person(provider, Role.OPERATOR)))
    end_tie(tie_id=tie.pk, actor=admin)
    with refused("illegal_state"):
        end_tie(tie_id=tie.pk, actor=admin)
    with time_machine.travel(timezone.now() + COOLING_OFF + timedelta(days=2)):
        assert related_organizations(provider.pk) == set()


def test_interests_and_ties_are_declared_over_http(officer, provider):
    http = api(officer)
    made = http.post("/api/v1/interests", {"organization_id": str(provider.pk), "kind": "FAMILY"})
    assert made.status_code == 201, made.json()
    assert http.post(f"/api/v1/interests/{made.json()['id']}/end").json()["ended_on"]
    assert len(http.get("/api/v1/interests").json()["items"]) == 1
    assert api(person_of(provider)).get("/api/v1/interests").json()["items"] == []

    admin, body = api(person_of(provider)), {"organization_id": str(provider.pk), "other_id": str(make_member().pk)}
    tie = admin.post("/api/v1/organization-ties", body | {"kind": "PARENT"})
    assert tie.status_code == 201, tie.json()
    assert admin.post("/api/v1/organization-ties", body | {"kind": "PARENT"}).json()["code"] == "tie_exists"
    assert admin.post(f"/api/v1/organization-ties/{tie.json()['id']}/end").json()["ended_on"]
    assert OrganizationTie.objects.get().ended_on


def test_organizations_are_related_by_a_tie_an_affiliate_or_a_person_they_share(provider):
    other, parent = make_member(), make_member()
    assert relation_between(provider.pk, other.pk) == ""
    assert relation_between(provider.pk, provider.pk) == "same_organization"

    affiliate(make_person(provider, Role.VIEWER), other, Role.VIEWER)
    assert relation_between(other.pk, provider.pk) == "common_person"
    for subsidiary in (provider, other):
        declare_tie(
            organization_id=subsidiary.pk, other_id=parent.pk, kind="PARENT", actor=actor(person_of(subsidiary))
        )
    assert relation_between(provider.pk, other.pk) == "common_affiliate"
    declare_tie(organization_id=other.pk, other_id=provider.pk, kind="SHAREHOLDER", actor=actor(person_of(other)))
    assert relation_between(provider.pk, other.pk) == "tie"
