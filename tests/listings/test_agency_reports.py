"""Reports of service agencies: asked for, undertaken, delivered, accepted; and what a stage makes of them."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Capacity, Organization, OrganizationTie, Role
from listings import agency_reports, committee, review
from listings.crossborder.border_dossier import declare_border_dossier
from listings.listing import delete_listing
from listings.models import AgencyReport, Listing
from marketplace import ordered_reports
from settlements.models import Account
from tests.listings.offers import all_ok, at_stage, draft_listing, officer_of, registered_product
from tests.listings.papers import PDF
from tests.refusals import refused
from tests.settlements.purse import give, yuan
from tests.world import (
    actor,
    affiliate,
    api,
    make_member,
    make_organization,
    make_person,
    person_of,
    staff,
)

pytestmark = pytest.mark.django_db
State = AgencyReport.State
OPINION = {
    "jurisdictions": ["HK"],
    "route": "gba_standard_contract",
    "rule_set": "crossborder-2026-09-01",
    "opinion_on": timezone.localdate(),
}


@pytest.fixture
def agency(db: None) -> Organization:
    return make_member("gzdex", Capacity.SERVICE_AGENCY, name="珠江律所")


@pytest.fixture
def listing(db: None) -> Listing:
    """A listing at the stage of source and rights, of personal data that may go to the bay area."""
    provider = make_member("gzdex", Capacity.PROVIDER)
    evidence = {"LAWFUL_COLLECTION": "a", "PERSONAL_INFORMATION_BASIS": "b"}
    product = registered_product(provider, personal_data="GENERAL", evidence=evidence)
    fields = {"reach": "GBA", "scenario": "OTHER", "n_general": 5, "n_sensitive": 0}
    declare_border_dossier(product_id=product.pk, fields=fields, actor=actor(person_of(provider)))
    return at_stage(draft_listing(product), "SOURCE_RIGHTS")


def asked(listing: Listing, agency: Organization, kind: str = "LEGAL_OPINION", **changes: Any) -> AgencyReport:
    given = {"agency_id": agency.pk, "question": "May it go?", "working_days": 5, "actor": actor(officer_of(listing))}
    return agency_reports.commission_report(listing_id=listing.pk, kind=kind, **(given | changes))


def delivered(report: AgencyReport, conclusion: str = "FAVOURABLE", **changes: Any) -> AgencyReport:
    writer = actor(person_of(report.organization))
    if report.state == State.COMMISSIONED:
        agency_reports.undertake_report(report_id=report.pk, actor=writer)
    agency_reports.keep_report_paper(report_id=report.pk, name="opinion.pdf", body=[PDF], actor=writer)
    said = {"conclusion": conclusion, "findings": "Read and weighed."} | OPINION | changes
    return agency_reports.deliver_report(report_id=report.pk, actor=writer, **said)


def accepted(report: AgencyReport, conclusion: str = "FAVOURABLE") -> AgencyReport:
    officer = actor(officer_of(report.listing))
    return agency_reports.accept_report(report_id=delivered(report, conclusion).pk, reason="sound", actor=officer)


def pass_it(listing: Listing) -> Listing:
    return review.pass_stage(
        listing_id=listing.pk,
        stage="SOURCE_RIGHTS",
        answers=all_ok(listing, "SOURCE_RIGHTS"),
        actor=actor(officer_of(listing)),
    )


def codes(caught: Any) -> list[str]:
    return [error.code for error in caught.value.errors]


def test_a_crossing_of_personal_data_is_not_passed_without_a_legal_opinion_that_names_it(
    listing: Listing, agency: Organization
) -> None:
    with refused("invalid") as caught:
        pass_it(listing)
    assert codes(caught) == ["report_wanted"]
    report = asked(listing, agency)
    with refused("invalid") as caught:
        pass_it(listing)
    assert codes(caught) == ["report_awaited", "report_wanted"]

    writer = actor(person_of(agency))
    agency_reports.undertake_report(report_id=report.pk, actor=writer)
    with refused("report_without_paper"):
        agency_reports.deliver_report(report_id=report.pk, conclusion="FAVOURABLE", findings="x", actor=writer)
    with refused("invalid") as caught:
        delivered(AgencyReport.objects.get(pk=report.pk), route="", jurisdictions=["XX"])
    assert [error.pointer for error in caught.value.errors] == ["/jurisdictions/0", "/route"]
    report = delivered(AgencyReport.objects.get(pk=report.pk))
    officer = actor(officer_of(listing))
    agency_reports.return_report(report_id=report.pk, reason="the day is missing", actor=officer)
    report = delivered(AgencyReport.objects.get(pk=report.pk))
    agency_reports.accept_report(report_id=report.pk, reason="sound", actor=officer)
    assert pass_it(listing).stage == "GRADE"


def test_an_adverse_report_lets_nobody_pass_but_the_committee(listing: Listing, agency: Organization) -> None:
    accepted(asked(listing, agency), "ADVERSE")
    with refused("invalid") as caught:
        pass_it(listing)
    assert codes(caught) == ["adverse_report"]
    committee.refer(listing_id=listing.pk, reason="an adverse opinion", actor=actor(officer_of(listing)))
    assert pass_it(Listing.objects.get(pk=listing.pk)).stage == "GRADE"


def test_only_an_independent_agency_of_the_venue_is_asked(listing: Listing, agency: Organization) -> None:
    for organization in (make_organization(), listing.organization):
        with refused("invalid") as caught:
            asked(listing, organization)
        assert codes(caught) == ["membership_required"]
    OrganizationTie.objects.create(organization=listing.organization, other=agency, kind="SUBSIDIARY")
    with refused("invalid") as caught:
        asked(listing, agency)
    assert codes(caught) == ["not_independent"]
    with refused("forbidden"):
        asked(listing, agency, actor=actor(person_of(listing.organization)))


def test_a_writer_related_to_the_provider_does_not_write(listing: Listing, agency: Organization) -> None:
    report = asked(listing, agency)
    related = make_person(agency, Role.ADMIN)
    affiliate(related, listing.organization, Role.VIEWER)
    with refused("conflict_of_interest"):
        agency_reports.undertake_report(report_id=report.pk, actor=actor(related, agency))


def test_a_declined_report_can_be_asked_of_another_agency(listing: Listing, agency: Organization) -> None:
    report = asked(listing, agency)
    agency_reports.decline_report(report_id=report.pk, reason="no capacity", actor=actor(person_of(agency)))
    other = asked(listing, make_member("gzdex", Capacity.SERVICE_AGENCY))
    agency_reports.cancel_report(report_id=other.pk, reason="withdrawn", actor=actor(officer_of(listing)))
    assert sorted(AgencyReport.objects.values_list("state", flat=True)) == [State.CANCELLED, State.DECLINED]


def test_what_the_provider_orders_counts_once_an_officer_accepts_it(listing: Listing, agency: Organization) -> None:
    own, writer, officer = (
        api(each) for each in (person_of(listing.organization), person_of(agency), officer_of(listing))
    )
    settling = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    order = f"/api/v1/listings/{listing.pk}/order-report"
    body = {"kind": "LEGAL_OPINION", "agency_id": str(agency.pk), "question": "May it go?", "working_days": 5}
    for changes, pointer in (
        ({}, "/fee"),
        ({"fee": {"amount": "-1.00", "currency": "CNY"}}, "/fee/amount"),
        ({"fee_terms": "按时计费", "working_days": 61}, "/working_days"),
        ({"fee_terms": "按时计费", "agency_id": str(listing.organization_id)}, "/agency_id"),
    ):
        answer = own.post(order, body | changes)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    body["fee"] = {"amount": "8000.00", "currency": "CNY"}
    give(listing.organization, yuan(8_000), Account.Kind.CLIENT)
    assert officer.post(order, body).status_code == 403
    path = f"/api/v1/agency-reports/{own.post(order, body).json()['id']}"
    assert writer.get(path).json()["fee"] == body["fee"]
    assert own.post(order, body).json()["code"] == "report_awaited"
    report = delivered(AgencyReport.objects.get())
    sound = {"reason": "sound"}
    assert (officer.post(f"{path}/accept", sound).status_code, officer.post(f"{path}/cancel", sound).status_code) == (
        409,
        403,
    )
    assert own.post(f"{path}/dispute", {"reason": "未答复第二问"}).json()["state"] == "DISPUTED"
    assert own.post(f"{path}/call-off", sound).status_code == 409
    delivered(AgencyReport.objects.get())
    own.post(f"{path}/dispute", {"reason": "仍未答复"})
    assert own.post(f"{path}/settle-dispute", {"for_agency": True} | sound).status_code == 403
    assert settling.post(f"{path}/settle-dispute", {"for_agency": True} | sound).json()["state"] == "RECEIVED"
    with refused("invalid") as caught:
        pass_it(listing)
    assert codes(caught) == ["report_wanted"]
    assert officer.post(f"{path}/accept", sound).json()["state"] == "ACCEPTED"
    assert pass_it(listing).stage == "GRADE"
    assert report.stage == ""


def test_an_adverse_opinion_cannot_be_kept_back_and_a_draft_with_a_report_stays(
    listing: Listing, agency: Organization
) -> None:
    provider = actor(person_of(listing.organization))
    ask: dict[str, Any] = {"kind": "LEGAL_OPINION", "question": "?", "working_days": 5, "fee_terms": "另行约定"}
    bad = ordered_reports.order_report(listing_id=listing.pk, agency_id=agency.pk, **ask, actor=provider)
    delivered(bad, "ADVERSE")
    accepted(asked(listing, make_member("gzdex", Capacity.SERVICE_AGENCY)))
    with refused("invalid") as caught:
        pass_it(listing)
    assert codes(caught) == ["adverse_report"]

    draft = draft_listing(registered_product(listing.organization))
    early = ordered_reports.order_report(listing_id=draft.pk, agency_id=agency.pk, **ask, actor=provider)
    assert delivered(early, jurisdictions=[], route="", rule_set="", opinion_on=None).state == State.DELIVERED
    with refused("illegal_state"):
        delete_listing(listing_id=draft.pk, actor=provider)
    with refused("illegal_state"):
        agency_reports.accept_report(report_id=early.pk, reason="?", actor=actor(officer_of(listing)))
    ordered_reports.receive_report(report_id=early.pk, actor=provider)
    other = ordered_reports.order_report(
        listing_id=draft.pk, agency_id=agency.pk, **ask | {"kind": "VALUE_REPORT"}, actor=provider
    )
    assert ordered_reports.call_off_report(report_id=other.pk, reason="不再需要", actor=provider).state == "CANCELLED"


def test_the_whole_way_over_http(listing: Listing, agency: Organization) -> None:
    officer, writer = api(officer_of(listing)), api(person_of(agency))
    body = {"kind": "LEGAL_OPINION", "agency_id": str(agency.pk), "question": "May it go?", "working_days": 5}
    report = officer.post(f"/api/v1/listings/{listing.pk}/reports", body)
    assert report.status_code == 201, report.json()
    path = f"/api/v1/agency-reports/{report.json()['id']}"
    assert writer.get("/api/v1/agency-reports").json()["items"][0]["state"] == "COMMISSIONED"
    assert writer.post(f"{path}/undertake", {}).json()["state"] == "UNDERTAKEN"
    kept = writer.post(f"{path}/papers?name=opinion.pdf", PDF, content_type="application/octet-stream")
    assert kept.status_code == 201, kept.json()
    said = {"conclusion": "FAVOURABLE", "findings": "Sound.", **OPINION, "opinion_on": str(OPINION["opinion_on"])}
    assert writer.post(f"{path}/deliver", said).json()["state"] == "DELIVERED"
    assert writer.post(f"{path}/accept", {"reason": "mine"}).status_code == 403
    assert officer.post(f"{path}/accept", {"reason": "sound"}).json()["state"] == "ACCEPTED"
    paper = officer.get(f"/api/v1/report-papers/{kept.json()['id']}/content")
    assert b"".join(paper.streaming_content) == PDF
    stranger = api(person_of(make_member()))
    assert stranger.get(path).status_code == 404
