"""Fees by type of product, origin of the deal and payer; the rows that overlap; waivers with a reason."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, Person, Venue
from kernel.models import AuditEvent
from settlements import fees
from settlements.models import DealOrigin, FeePayer, FeeSchedule, FeeWaiver, Payee
from tests.refusals import refused
from tests.settlements.purse import CNY, deal, yuan
from tests.settlements.test_console import console
from tests.world import actor, api, person_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
PROVIDER, BUYER = FeePayer.PROVIDER, FeePayer.BUYER


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def announced(venue: Venue, who: Person, rate_ppm: int, **fields: object) -> FeeSchedule:
    usual = {"payee": Payee.VENUE, "currency": CNY, "valid_from": in_days(1), "source": "Notice 7"}
    return fees.announce(venue=venue, rate_ppm=rate_ppm, actor=actor(who), **(usual | fields))  # type: ignore[arg-type]


def test_the_most_specific_row_in_force_counts(guangzhou: Venue, venue_admin: Person) -> None:
    for rate, scope in (
        (10_000, {"origin": DealOrigin.AUCTION}),
        (20_000, {"product_type": "CORPUS"}),
        (30_000, {"product_type": "CORPUS", "origin": DealOrigin.AUCTION}),
        (0, {"product_type": "COMPUTE"}),
        (15_000, {"product_type": "COMPUTE", "payer": BUYER}),
        (5_000, {"valid_from": in_days(10), "valid_until": in_days(12)}),
    ):
        announced(guangzhou, venue_admin, rate, **scope)

    def fee(product_type: str, origin: DealOrigin = DealOrigin.LIST_PRICE, day: int = 1) -> dict[FeePayer, int]:
        asked = deal(product_type=product_type, origin=origin)
        lines = fees.quote(venue=guangzhou, gross=yuan(1_000), on=in_days(day), deal=asked)
        assert fees.total_of(line for line in lines if line.payer is PROVIDER) == 100_000
        return {line.payer: line.amount_minor for line in lines if line.payee is Payee.VENUE}

    assert fee("DATASET") == {PROVIDER: 2_500}
    assert fee("DATASET", DealOrigin.AUCTION) == {PROVIDER: 1_000}
    assert fee("CORPUS", DealOrigin.DEMAND) == {PROVIDER: 2_000}
    assert fee("CORPUS", DealOrigin.AUCTION) == {PROVIDER: 3_000}
    assert fee("CORPUS", DealOrigin.AUCTION, day=0) == {PROVIDER: 2_500}
    assert fee("COMPUTE") == {BUYER: 1_500}
    # A row with a last day stands in place of the open one for those days, which goes on afterwards.
    assert [fee("DATASET", day=day)[PROVIDER] for day in (9, 10, 12, 13)] == [2_500, 500, 500, 2_500]


def test_a_fee_on_reports_of_agencies_names_neither_a_product_nor_a_broker(
    guangzhou: Venue, venue_admin: Person
) -> None:
    for scope, pointer in (({"product_type": "CORPUS"}, "/product_type"), ({"payee": Payee.BROKER}, "/payee")):
        with refused("invalid") as caught:
            announced(guangzhou, venue_admin, 10_000, origin=DealOrigin.REPORT, **scope)
        assert caught.value.errors[0].pointer == pointer


def test_rows_of_one_scope_never_claim_the_same_days(guangzhou: Venue, venue_admin: Person) -> None:
    announced(guangzhou, venue_admin, 1, valid_from=in_days(10), valid_until=in_days(20))
    announced(guangzhou, venue_admin, 1, valid_from=in_days(40))

    for first, last, code in (
        (10, None, "fee_announced"),
        (15, None, "fee_schedules_overlap"),
        (20, 25, "fee_schedules_overlap"),
        (5, 10, "fee_schedules_overlap"),
        (5, 60, "fee_schedules_overlap"),
        (30, 45, "fee_schedules_overlap"),
        (30, 29, "invalid"),
    ):
        with refused(code):
            announced(guangzhou, venue_admin, 1, valid_from=in_days(first), valid_until=last and in_days(last))
    announced(guangzhou, venue_admin, 1, valid_from=in_days(21))
    announced(guangzhou, venue_admin, 1, valid_from=in_days(15), product_type="CORPUS")
    announced(guangzhou, venue_admin, 1, valid_from=in_days(15), payer=BUYER)
    with refused("invalid"):
        announced(guangzhou, venue_admin, 1, payee=Payee.TAX)


def test_a_waiver_takes_from_the_venues_fee_alone_and_stays_in_the_line(
    guangzhou: Venue, venue_admin: Person, provider: Organization, officer: Person
) -> None:
    client = api(venue_admin)
    body = {
        "venue": "gzdex",
        "organization_id": str(provider.id),
        "waived_ppm": 400_000,
        "valid_from": in_days(0).isoformat(),
        "valid_until": in_days(30).isoformat(),
        "reason": "Pilot of the first hundred trades",
    }
    granted = client.post("/api/v1/fee-waivers", body)
    assert granted.status_code == 201, granted.json()
    whole = client.post(
        "/api/v1/fee-waivers",
        {**body, "organization_id": None, "product_type": "CORPUS", "waived_ppm": 1_000_000},
    )
    assert whole.json()["code"] == "invalid"  # null is no id: it is left out
    del body["organization_id"]
    whole = client.post("/api/v1/fee-waivers", {**body, "product_type": "CORPUS", "waived_ppm": 1_000_000})

    def venue_line(product_type: str, on: date, **parties: Organization) -> fees.FeeLine:
        asked = deal(**parties, product_type=product_type)  # type: ignore[arg-type]
        lines = fees.quote(venue=guangzhou, gross=yuan(1_000), on=on, deal=asked)
        assert fees.total_of(lines) == 100_000
        return next(line for line in lines if line.payee is Payee.VENUE)

    of_provider = venue_line("DATASET", TODAY, provider=provider)
    assert (of_provider.amount_minor, str(of_provider.waiver_id)) == (1_500, granted.json()["id"])
    assert fees.FeeLine.from_json(of_provider.as_json()) == of_provider
    assert venue_line("DATASET", TODAY, buyer=provider).amount_minor == 2_500
    assert venue_line("DATASET", in_days(31), provider=provider).amount_minor == 2_500
    of_corpus = venue_line("CORPUS", TODAY, provider=provider)
    assert (of_corpus.amount_minor, str(of_corpus.waiver_id)) == (0, whole.json()["id"])

    assert [row["reason"] for row in api(person_of(provider)).get("/api/v1/fee-waivers").json()["items"]] == [
        body["reason"]
    ]
    for wrong, code in (
        ({"waived_ppm": 0}, "invalid"),
        ({"waived_ppm": 1_000_001}, "invalid"),
        ({"product_type": ""}, "invalid"),
        ({"product_type": "POEM"}, "invalid"),
        ({"valid_from": in_days(-1).isoformat()}, "invalid"),
        ({"valid_until": in_days(-1).isoformat()}, "invalid"),
        ({"reason": " "}, "invalid"),
        ({"venue": "nowhere"}, "invalid"),
    ):
        assert client.post("/api/v1/fee-waivers", {**body, "product_type": "CORPUS", **wrong}).json()["code"] == code
    assert api(officer).post("/api/v1/fee-waivers", {**body, "product_type": "CORPUS"}).json()["code"] == "forbidden"

    path = f"/api/v1/fee-waivers/{granted.json()['id']}/end"
    assert api(person_of(provider)).post(path, {"reason": "No"}).json()["code"] == "forbidden"
    assert client.post(path, {"reason": "The hundred are reached"}).json()["valid_until"] == in_days(0).isoformat()
    assert client.post(path, {"reason": "Again"}).json()["code"] == "invalid"
    assert set(AuditEvent.objects.filter(action__startswith="fee_waiver").values_list("action", flat=True)) == {
        "fee_waiver.granted",
        "fee_waiver.ended",
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        FeeWaiver.objects.filter(id=granted.json()["id"]).update(waived_ppm=1)


def test_a_waiver_is_granted_on_a_form_of_the_console(
    guangzhou: Venue, venue_admin: Person, provider: Organization, officer: Person
) -> None:
    desk = console(venue_admin)
    page = reverse("admin:settlements_feewaiver_grant")
    assert "In force until" in desk.get(page).content.decode()
    said = {
        "venue": guangzhou.pk,
        "identifier": "",
        "product_type": "CORPUS",
        "waived": "12.5",
        "valid_from": in_days(0).isoformat(),
        "valid_until": in_days(9).isoformat(),
        "reason": "Pilot",
    }
    for wrong, told in (
        ({"waived": "0"}, "A waiver waives something"),
        ({"waived": "101"}, "100"),
        ({"identifier": "nobody"}, "No single member"),
        ({"product_type": ""}, "Say for whom the fee is waived"),
        ({"valid_from": in_days(-1).isoformat()}, "A waiver begins today or later"),
    ):
        assert told in desk.post(page, said | wrong).content.decode(), wrong
    assert console(officer).post(page, said).status_code == 403
    assert not FeeWaiver.objects.exists()
    assert desk.post(page, said).status_code == 302
    waiver = FeeWaiver.objects.get()
    assert (waiver.waived_ppm, waiver.product_type, waiver.organization, waiver.granted_by) == (
        125_000,
        "CORPUS",
        None,
        venue_admin,
    )
    assert AuditEvent.objects.get(action="fee_waiver.granted").reason == "Pilot"
