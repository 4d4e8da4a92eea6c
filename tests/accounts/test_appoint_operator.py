"""The command that opens a venue on a fresh deployment."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, Person, Role, Venue
from kernel.models import AuditEvent
from tests.world import PASSWORD, Api, actor, make_member, valid_uscc, venue

pytestmark = pytest.mark.django_db
FACTS = ["--legal-name", "南沙数据交易有限公司", "--division", "440115", "--admin-email", "chief@example.com"]


def appoint(code="gzdex", identifier=None):
    out = StringIO()
    call_command("appoint_operator", code, *FACTS, "--identifier", identifier or valid_uscc(92_000_001), stdout=out)
    return out.getvalue()


def test_its_invitation_leads_to_the_venues_first_administrator():
    token = re.search(r": (\S+)$", appoint().strip())[1]
    joined = Api().post("/api/v1/invitations/accept", {"token": token, "name": "主任", "password": PASSWORD})
    assert joined.json()["role"] == Role.VENUE_ADMIN
    chief = actor(Person.objects.get(email="chief@example.com"))
    assert chief.venue_ids == {venue("gzdex").pk}
    assert chief.may("people.manage")
    assert AuditEvent.objects.filter(action="venue.operator_appointed").exists()


@pytest.mark.parametrize(
    ("code", "identifier", "why"),
    [
        ("bjdex", None, "nothing here"),
        ("gzdex", "914403007084611360", "does not fit"),
    ],
)
def test_mistakes_are_said_and_leave_nothing_behind(code, identifier, why):
    with pytest.raises(CommandError, match=why):
        appoint(code, identifier)
    assert not Organization.objects.exists()
    assert Venue.objects.filter(operator__isnull=False).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_registered_organization_is_not_registered_again():
    member = make_member()
    with pytest.raises(CommandError, match="registered already"):
        appoint("szdex", member.identifier)
