"""For whom a listing is: one rule for the catalogue, every face of it, and the order."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from listings.audience import Audience, Named, set_audience
from listings.invitations import expire_invitations, invite, revoke_invitation
from listings.models import Listing, ListingInvitation, Visibility
from tests.listings.offers import listed, provider_actor
from tests.marketplace.trading import listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db
CATALOGUE = "/api/v1/catalogue"
FACES = ("", "/croissant.json", "/datapackage.json", "/dcat.jsonld", "/dcat.ttl", "/schema-org.jsonld")
BULK = (f"{CATALOGUE}/dcat.jsonld", f"{CATALOGUE}/dcat.ttl", f"{CATALOGUE}/newest.atom", "/sitemap.xml")
STREAMS = (f"{CATALOGUE}/export.jsonl", f"{CATALOGUE}/export.ttl")


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def streets(provider: Organization) -> Listing:
    return listed(provider)


ANYBODY = Named()


def limit(
    listing: Listing, visibility: str = Visibility.PUBLIC, *, allow: Named = ANYBODY, deny: Named = ANYBODY
) -> Listing:
    return set_audience(
        listing_id=listing.pk,
        audience=Audience(visibility, allow, deny),
        actor=provider_actor(listing.organization),
    )


def asking(organization: Organization) -> Api:
    return api(make_client(person_of(organization)))


def found_by(client: Api) -> list[dict]:
    return client.get(CATALOGUE, {"q": "街道"}).json()["items"]


def invited(listing: Listing, guest: Organization, days: int = 30) -> ListingInvitation:
    return invite(listing_id=listing.pk, invitee_id=guest.pk, days=days, actor=provider_actor(listing.organization))


# --- private: nobody knows ------------------------------------------------------------------------------------------


def test_a_private_listing_is_nowhere_for_strangers(streets: Listing) -> None:
    limit(streets, Visibility.PRIVATE)
    stranger = asking(make_member("gzdex", Capacity.BUYER))
    for client in (api(), stranger):
        assert found_by(client) == []
        assert client.get(f"{CATALOGUE}/facets").json()["counted"] == 0
        assert client.get(f"{CATALOGUE}/suggestions", {"q": "街道"}).json() == []
        for face in FACES:
            answer = client.get(f"{CATALOGUE}/{streets.pk}{face}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), face


def test_what_harvesters_read_holds_nothing_that_is_not_public(provider: Organization, streets: Listing) -> None:
    for visibility in (Visibility.PRIVATE, Visibility.BY_INVITATION):
        limit(streets, visibility)
        guest = make_member("gzdex", Capacity.BUYER)
        invited(streets, guest)
        for client in (api(), asking(guest)):
            for address in BULK:
                assert str(streets.pk) not in client.get(address).content.decode(), address
            for address in STREAMS:
                assert str(streets.pk) not in client.get(address).getvalue().decode(), address
        ckan = api().get("/api/3/action/package_search").json()["result"]
        assert ckan["count"] == 0
        assert api().get("/api/3/action/package_list?limit=9").json()["result"] == []
        assert api().get("/api/3/action/organization_list").json()["result"] == []
        assert api().get(f"/api/3/action/package_show?id={streets.pk}").status_code == 404
        venues = api().get("/api/3/action/group_list?all_fields=true").json()["result"]
        assert {venue["package_count"] for venue in venues} == {0}


def test_the_invited_find_read_and_order_a_private_listing(provider: Organization) -> None:
    listing = listed_dataset(provider)
    limit(listing, Visibility.PRIVATE)
    guest = make_buyer()
    with refused("listing_not_available"):
        placed(listing, guest)
    invited(listing, guest)
    client = asking(guest)
    assert [item["id"] for item in found_by(client)] == [str(listing.pk)]
    assert client.get(f"{CATALOGUE}/facets").json()["counted"] == 1
    assert client.get(f"{CATALOGUE}/suggestions", {"q": "街道"}).json()[0]["id"] == str(listing.pk)
    for face in FACES:
        assert client.get(f"{CATALOGUE}/{listing.pk}{face}").status_code == 200, face
    assert placed(listing, guest).listing_id == listing.pk


def test_a_named_organization_needs_no_invitation(streets: Listing) -> None:
    friend = make_member("gzdex", Capacity.BUYER)
    limit(streets, Visibility.PRIVATE, allow=Named(organizations=(friend.pk,)))
    assert [item["refusal"] for item in found_by(asking(friend))] == [""]
    assert found_by(asking(make_member("gzdex", Capacity.BUYER))) == []


def test_the_provider_and_the_venues_staff_always_see_it(provider: Organization, streets: Listing) -> None:
    limit(streets, Visibility.PRIVATE, deny=Named(places=("CN",)))
    for who in (person_of(provider), staff("gzdex", Role.CLERK)):
        assert [item["refusal"] for item in found_by(api(who))] == [""]
        assert api(who).get(f"{CATALOGUE}/{streets.pk}").status_code == 200
    assert found_by(api(staff("szdex", Role.CLERK))) == []


# --- by invitation: found by all, read by the invited -----------------------------------------------------------------


def test_a_listing_by_invitation_is_found_by_all_and_read_by_the_invited(streets: Listing) -> None:
    limit(streets, Visibility.BY_INVITATION)
    guest, stranger = make_member("gzdex", Capacity.BUYER), make_member("gzdex", Capacity.BUYER)
    invited(streets, guest)
    for client in (api(), asking(stranger)):
        (item,) = found_by(client)
        assert (item["visibility"], item["refusal"]) == ("BY_INVITATION", "not_invited")
        for face in FACES:
            answer = client.get(f"{CATALOGUE}/{streets.pk}{face}")
            assert (answer.status_code, answer.json()["code"]) == (403, "not_invited"), face
    assert asking(guest).get(f"{CATALOGUE}/{streets.pk}").json()["refusal"] == ""


def test_an_invitation_ends_at_its_moment_and_when_it_is_revoked(streets: Listing) -> None:
    limit(streets, Visibility.BY_INVITATION)
    guest = make_member("gzdex", Capacity.BUYER)
    client = api(person_of(guest))
    first = invited(streets, guest, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        assert client.get(f"{CATALOGUE}/{streets.pk}").json()["code"] == "not_invited"
        assert expire_invitations() == 1
        assert expire_invitations() == 0
        first.refresh_from_db()
        assert first.state == "EXPIRED"
        second = invited(streets, guest)
        assert client.get(f"{CATALOGUE}/{streets.pk}").status_code == 200
        revoke_invitation(invitation_id=second.pk, reason="No more", actor=provider_actor(streets.organization))
        assert client.get(f"{CATALOGUE}/{streets.pk}").json()["code"] == "not_invited"
    events = AuditEvent.objects.filter(subject_type="listinginvitation").order_by("id")
    assert [event.action.partition(".")[2] for event in events] == ["open", "expired", "open", "revoked"]


def test_a_lapsed_invitation_does_not_hinder_a_new_one(streets: Listing) -> None:
    guest = make_member("gzdex", Capacity.BUYER)
    lapsed = invited(streets, guest, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert invited(streets, guest).state == "OPEN"
    lapsed.refresh_from_db()
    assert lapsed.state == "EXPIRED"


# --- places, sectors, organizations -----------------------------------------------------------------------------------

HONG_KONG = {"jurisdiction": "HK"}
SHENZHEN = {"division_code": "440304"}
BEIJING = {"division_code": "110101"}


@pytest.mark.parametrize(
    ("allow", "deny", "facts", "reason"),
    [
        (Named(), Named(places=("HK",)), HONG_KONG, "denied_place"),
        (Named(), Named(places=("440300",)), SHENZHEN, "denied_place"),
        (Named(), Named(places=("440000",)), SHENZHEN, "denied_place"),
        (Named(), Named(places=("GBA",)), HONG_KONG, "denied_place"),
        (Named(), Named(places=("440300",)), BEIJING, ""),
        (Named(places=("GBA",)), Named(), BEIJING, "place_not_allowed"),
        (Named(places=("GBA",)), Named(), HONG_KONG, ""),
        (Named(places=("GBA",)), Named(places=("HK",)), HONG_KONG, "denied_place"),
        (Named(sectors=("J",)), Named(), {"sector": "J"}, ""),
        (Named(sectors=("J",)), Named(), {"sector": "I"}, "sector_not_allowed"),
        (Named(sectors=("J",)), Named(), {}, "sector_unknown"),
        (Named(), Named(sectors=("J",)), {"sector": "J"}, "denied_sector"),
        (Named(), Named(sectors=("J",)), {}, "sector_unknown"),
    ],
)
def test_a_public_listing_tells_why_it_is_not_for_an_organization(
    streets: Listing, allow: Named, deny: Named, facts: dict[str, str], reason: str
) -> None:
    limit(streets, allow=allow, deny=deny)
    client = asking(make_member("gzdex", Capacity.BUYER, **facts))
    assert [item["refusal"] for item in found_by(client)] == [reason]
    assert client.get(f"{CATALOGUE}/{streets.pk}").json()["refusal"] == reason
    assert api().get(f"{CATALOGUE}/{streets.pk}").status_code == 200


def test_what_is_denied_is_denied_to_the_invited_too(streets: Listing) -> None:
    rival = make_member("gzdex", Capacity.BUYER)
    limit(streets, Visibility.BY_INVITATION, deny=Named(organizations=(rival.pk,)))
    invited(streets, rival)
    assert asking(rival).get(f"{CATALOGUE}/{streets.pk}").json()["code"] == "denied_organization"


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"deny": Named(places=("CN",))}, "denied_place"),
        ({"allow": Named(sectors=("J",))}, "sector_unknown"),
        ({"visibility": Visibility.BY_INVITATION}, "not_invited"),
    ],
)
def test_nobody_orders_what_is_not_for_them(provider: Organization, rules: dict, reason: str) -> None:
    listing = listed_dataset(provider)
    limit(listing, **rules)
    with refused(reason):
        placed(listing, make_buyer())


def test_an_organization_outside_the_allowed_is_told_so(provider: Organization) -> None:
    listing = listed_dataset(provider)
    buyer, other = make_buyer(), make_buyer()
    limit(listing, allow=Named(organizations=(buyer.pk,)))
    with refused("not_invited"):
        placed(listing, other)
    assert placed(listing, buyer).buyer_id == buyer.pk


# --- saying it ------------------------------------------------------------------------------------------------------


def test_a_provider_says_for_whom_a_listing_is(provider: Organization, streets: Listing) -> None:
    client, address = asking(provider), f"/api/v1/listings/{streets.pk}/audience"
    assert client.get(address).json() == {
        "visibility": "PUBLIC",
        "allow": {"organizations": [], "places": [], "sectors": []},
        "deny": {"organizations": [], "places": [], "sectors": []},
    }
    said = {"visibility": "BY_INVITATION", "deny": {"places": ["HK", "440300", "HK"]}}
    assert client.put(address, said).json()["deny"]["places"] == ["440300", "HK"]
    event = AuditEvent.objects.get(action="listing.audience_set")
    assert event.details["before"]["visibility"] == "PUBLIC"
    assert client.put(address, {"visibility": "PUBLIC"}).json()["deny"]["places"] == []


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"visibility": "SECRET"}, "/visibility", "invalid_choice"),
        ({"visibility": "PUBLIC", "deny": {"places": ["CN", "XX"]}}, "/deny/places/1", "unknown"),
        ({"visibility": "PUBLIC", "deny": {"places": ["449999"]}}, "/deny/places/0", "unknown"),
        ({"visibility": "PUBLIC", "allow": {"sectors": ["Z"]}}, "/allow/sectors/0", "unknown"),
        (
            {"visibility": "PUBLIC", "allow": {"organizations": ["00000000-0000-7000-8000-000000000000"]}},
            "/allow/organizations/0",
            "unknown",
        ),
        (
            {"visibility": "PUBLIC", "allow": {"places": ["HK"]}, "deny": {"places": ["HK"]}},
            "/deny/places",
            "contradiction",
        ),
        ({"visibility": "PUBLIC", "deny": {"people": []}}, "/deny/people", "unknown_field"),
    ],
)
def test_an_audience_that_makes_no_sense_is_refused(
    provider: Organization, streets: Listing, body: dict, pointer: str, code: str
) -> None:
    answer = asking(provider).put(f"/api/v1/listings/{streets.pk}/audience", body)
    assert answer.status_code == 400
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    streets.refresh_from_db()
    assert streets.is_for_everybody


def test_invitations_over_http(provider: Organization, streets: Listing) -> None:
    guest = make_member("gzdex", Capacity.BUYER)
    giving, getting = asking(provider), asking(guest)
    made = giving.post(f"/api/v1/listings/{streets.pk}/invitations", {"invitee_id": str(guest.pk), "message": "请看"})
    assert made.status_code == 201
    assert made.json()["listing"]["number"] == streets.number
    again = giving.post(f"/api/v1/listings/{streets.pk}/invitations", {"invitee_id": str(guest.pk)})
    assert (again.status_code, again.json()["code"]) == (409, "listing_invitation_exists")
    assert [item["id"] for item in getting.get("/api/v1/listing-invitations").json()["items"]] == [made.json()["id"]]
    revoke = f"/api/v1/listing-invitations/{made.json()['id']}/revoke"
    assert getting.post(revoke, {"reason": "x"}).status_code == 403
    assert giving.post(revoke, {}).status_code == 400
    assert giving.post(revoke, {"reason": "Sold elsewhere"}).json()["state"] == "REVOKED"
    assert giving.post(revoke, {"reason": "Again"}).json()["code"] == "illegal_state"
    assert giving.get("/api/v1/listing-invitations", {"state": "OPEN"}).json()["items"] == []


@pytest.mark.parametrize("days", [0, 367, "soon"])
def test_an_invitation_lasts_from_a_day_to_a_year(provider: Organization, streets: Listing, days: object) -> None:
    guest = make_member("gzdex", Capacity.BUYER)
    body = {"invitee_id": str(guest.pk), "days": days}
    answer = asking(provider).post(f"/api/v1/listings/{streets.pk}/invitations", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/days")


def test_nobody_invites_themselves_or_a_stranger(provider: Organization, streets: Listing) -> None:
    for invitee in (provider.pk, streets.pk):
        answer = asking(provider).post(f"/api/v1/listings/{streets.pk}/invitations", {"invitee_id": str(invitee)})
        assert answer.json()["errors"][0]["pointer"] == "/invitee_id"


def test_a_sector_is_declared_once() -> None:
    buyer = make_member("gzdex", Capacity.BUYER)
    client, address = asking(buyer), f"/api/v1/organizations/{buyer.pk}"
    assert client.patch(address, {"sector": "J"}).json()["sector"] == "J"
    assert client.patch(address, {"sector": "J"}).status_code == 200
    assert client.patch(address, {"sector": "I"}).json()["errors"][0]["code"] == "fixed"
    assert client.patch(address, {"sector": "Z"}).status_code == 400


# --- cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [CATALOGUE, f"{CATALOGUE}/facets", f"{CATALOGUE}/suggestions?q=街道"])
def test_looking_costs_a_member_the_same_queries_whatever_there_is(provider: Organization, address: str) -> None:
    buyer = make_member("gzdex", Capacity.BUYER)
    client = asking(buyer)
    costs = set()
    for visibility in (Visibility.PUBLIC, Visibility.PRIVATE, Visibility.BY_INVITATION):
        listing = listed(provider)
        limit(listing, visibility)
        invited(listing, buyer)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs.add(len(queries))
    assert len(costs) == 1


def test_staff_read_the_invitations_of_their_venue(streets: Listing) -> None:
    invitation = invited(streets, make_member("gzdex", Capacity.BUYER))
    seen = ListingInvitation.objects.visible_to
    assert invitation in seen(actor(staff("gzdex", Role.CLERK)))
    assert invitation not in seen(actor(staff("szdex", Role.CLERK)))
