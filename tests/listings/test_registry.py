"""The register of property in data: the way of an application, its clocks, publicity, objections, certificate."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.interests import declare_tie
from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Certificate
from kernel.problems import Problem
from kernel.sealing import seal_events
from listings.models import Product, PropertyRegistration, RegistrationClock
from listings.registry import applying, certifying, entries, examining, objections
from tests.listings.offers import draft_product, registered_product
from tests.marketplace.trading import make_buyer
from tests.world import Api, actor, affiliate, api, make_client, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
State = PropertyRegistration.State


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def product() -> Product:
    return registered_product(make_member("szdex", Capacity.PROVIDER))


def officer(role: Role = Role.CLERK):  # type: ignore[no-untyped-def]
    return actor(staff("szdex", role))


def applicant(product: Product):  # type: ignore[no-untyped-def]
    return actor(person_of(product.organization))


def applied(product: Product, kind: str = "FIRST") -> PropertyRegistration:
    return applying.apply_for_registration(product_id=product.pk, venue="szdex", kind=kind, actor=applicant(product))


def under_review(product: Product, kind: str = "FIRST") -> PropertyRegistration:
    entry = applied(product, kind)
    examining.accept_application(registration_id=entry.pk, actor=officer())
    return examining.start_review(registration_id=entry.pk, actor=officer())


def in_publicity(product: Product, kind: str = "FIRST") -> PropertyRegistration:
    entry = under_review(product, kind)
    return examining.make_public(registration_id=entry.pk, actor=officer(Role.COMPLIANCE_REVIEWER))


def certified(product: Product, kind: str = "FIRST") -> PropertyRegistration:
    entry = in_publicity(product, kind)
    assert entry.publicity_until
    with time_machine.travel(entry.publicity_until + timedelta(seconds=1), tick=False):
        let_jobs_run()
    entry.refresh_from_db()
    assert entry.state == State.CERTIFIED
    return entry


def let_jobs_run() -> None:
    run_due_jobs(kinds=(entries.SILENCE_JOB, entries.PUBLICITY_JOB))
    seal_events()
    run_due_jobs(kinds=(entries.CERTIFY_JOB,))


def clock(entry: PropertyRegistration, kind: str) -> RegistrationClock:
    return entry.clocks.get(kind=kind)


class TestTheWayThrough:
    def test_from_application_to_a_certificate_that_verifies(self, product: Product) -> None:
        entry = certified(product)
        assert entry.number == "SJ4412026110001"
        assert entry.valid_until == date(2031, 11, 9)
        certificate = Certificate.objects.get(kind="property")
        assert certificate.state == "ISSUED"
        said = certificate.statement["content"]
        assert said["holder"]["legal_name"] == product.organization.legal_name
        assert said["dossier"] == {"sha256": entry.sha256, "sm3": entry.sm3}

    def test_every_move_is_in_the_log(self, product: Product) -> None:
        entry = certified(product)
        moves = AuditEvent.objects.filter(subject_type="propertyregistration", subject_id=str(entry.pk))
        assert list(moves.order_by("id").values_list("action", flat=True)) == [
            f"propertyregistration.{name}"
            for name in ("applied", "accepted", "under_review", "publicity", "notarised", "certified")
        ]

    def test_the_dossier_is_what_it_was_when_it_was_applied_for(self, product: Product) -> None:
        entry = applied(product)
        from listings.registration import amend_product

        amend_product(product_id=product.pk, changes={"name": {"zh-Hans": "另一个名称"}}, actor=applicant(product))
        entry.refresh_from_db()
        assert entry.dossier["name"] == product.name

    def test_numbers_count_on_within_a_month(self, product: Product) -> None:
        certified(product)
        second = certified(registered_product(make_member("szdex", Capacity.PROVIDER)))
        assert second.number == "SJ4412026110002"


class TestClocks:
    def test_silence_for_three_working_days_is_acceptance(
        self, product: Product, on_monday: time_machine.Traveller
    ) -> None:
        entry = applied(product)
        on_monday.move_to(datetime(2026, 11, 5, 23, 59, tzinfo=SHANGHAI))
        let_jobs_run()
        entry.refresh_from_db()
        assert entry.state == State.APPLIED

        on_monday.move_to(datetime(2026, 11, 6, 0, 0, 1, tzinfo=SHANGHAI))
        let_jobs_run()
        entry.refresh_from_db()
        assert entry.state == State.ACCEPTED

    def test_ten_working_days_to_finish_stand_still_for_supplement_and_publicity(
        self, product: Product, on_monday: time_machine.Traveller
    ) -> None:
        entry = under_review(product)
        assert clock(entry, "DECISION").due_at.astimezone(SHANGHAI).date() == date(2026, 11, 16)
        on_monday.move_to(MONDAY + timedelta(days=2))
        examining.request_supplement(registration_id=entry.pk, supplements=["来源合同"], actor=officer())
        assert clock(entry, "DECISION").days_left == 8

        on_monday.move_to(MONDAY + timedelta(days=14))
        applying.supplement(registration_id=entry.pk, actor=applicant(product))
        assert clock(entry, "DECISION").due_at.astimezone(SHANGHAI).date() == date(2026, 11, 26)
        examining.make_public(registration_id=entry.pk, actor=officer(Role.COMPLIANCE_REVIEWER))
        assert clock(entry, "DECISION").days_left == 8

    def test_publicity_lasts_five_working_days(self, product: Product, on_monday: time_machine.Traveller) -> None:
        entry = in_publicity(product)
        on_monday.move_to(datetime(2026, 11, 9, 23, 59, tzinfo=SHANGHAI))
        let_jobs_run()
        entry.refresh_from_db()
        assert entry.state == State.PUBLICITY
        on_monday.move_to(datetime(2026, 11, 10, 0, 0, 1, tzinfo=SHANGHAI))
        let_jobs_run()
        entry.refresh_from_db()
        assert entry.state == State.CERTIFIED
        assert not entry.clocks.filter(stopped_at=None).exists()


class TestObjections:
    def test_an_upheld_objection_refuses_the_registration(self, product: Product) -> None:
        entry = in_publicity(product)
        objection = objections.object_to_registration(
            registration_id=entry.pk, grounds="数据由我司采集。", actor=actor(person_of(make_buyer("szdex")))
        )
        objections.decide_objection(
            objection_id=objection.pk, upheld=True, reason="采集合同属实。", actor=officer(Role.COMPLIANCE_REVIEWER)
        )
        entry.refresh_from_db()
        assert (entry.state, entry.ground, entry.reason) == (State.REFUSED, "OPEN_DISPUTE", "采集合同属实。")

    def test_a_dismissed_one_lets_publicity_go_on_to_its_end(
        self, product: Product, on_monday: time_machine.Traveller
    ) -> None:
        entry = in_publicity(product)
        objector = actor(person_of(make_buyer("szdex")))
        objection = objections.object_to_registration(registration_id=entry.pk, grounds="Ours", actor=objector)
        decide = {"objection_id": objection.pk, "upheld": False, "reason": "No proof was given."}
        objections.decide_objection(**decide, actor=officer(Role.COMPLIANCE_REVIEWER))
        entry.refresh_from_db()
        assert entry.state == State.PUBLICITY
        on_monday.move_to(MONDAY + timedelta(days=8))
        let_jobs_run()
        entry.refresh_from_db()
        assert entry.state == State.CERTIFIED

    def test_one_dismissed_after_publicity_lets_it_be_notarised_at_once(
        self, product: Product, on_monday: time_machine.Traveller
    ) -> None:
        entry = in_publicity(product)
        first, second = (actor(person_of(make_buyer("szdex"))) for _each in range(2))
        raised = [
            objections.object_to_registration(registration_id=entry.pk, grounds="Ours", actor=each)
            for each in (first, second)
        ]
        on_monday.move_to(MONDAY + timedelta(days=9))
        let_jobs_run()
        reviewer = officer(Role.COMPLIANCE_REVIEWER)
        objections.decide_objection(objection_id=raised[0].pk, upheld=False, reason="Unproven", actor=reviewer)
        entry.refresh_from_db()
        assert entry.state == State.OBJECTION
        objections.decide_objection(objection_id=raised[1].pk, upheld=False, reason="Unproven", actor=reviewer)
        entry.refresh_from_db()
        assert entry.state == State.NOTARISED

    @pytest.mark.parametrize("end", ["uphold", "refuse", "withdraw"])
    def test_what_is_not_decided_lapses_with_the_application(self, product: Product, end: str) -> None:
        entry = in_publicity(product)
        first, second, third = (
            objections.object_to_registration(
                registration_id=entry.pk, grounds="Ours", actor=actor(person_of(make_buyer("szdex")))
            )
            for _each in range(3)
        )
        reviewer = officer(Role.COMPLIANCE_REVIEWER)
        objections.decide_objection(objection_id=first.pk, upheld=False, reason="Unproven", actor=reviewer)
        acts = {
            "uphold": lambda: objections.decide_objection(
                objection_id=second.pk, upheld=True, reason="It ends", actor=reviewer
            ),
            "refuse": lambda: examining.refuse_registration(
                registration_id=entry.pk, ground="HARM", reason="It ends", actor=reviewer
            ),
            "withdraw": lambda: applying.withdraw_application(
                registration_id=entry.pk, reason="It ends", actor=applicant(product)
            ),
        }
        acts[end]()
        found = list(entry.objections.order_by("id").values_list("state", "decision"))
        of_second = "UPHELD" if end == "uphold" else "LAPSED"
        assert found == [("DISMISSED", "Unproven"), (of_second, "It ends"), ("LAPSED", "It ends")]
        event = AuditEvent.objects.get(action="registrationobjection.lapsed", subject_id=str(third.pk))
        entry.refresh_from_db()
        assert (event.reason, event.details["registration"]) == ("It ends", entry.state)
        with pytest.raises(Problem) as refusal:
            objections.decide_objection(objection_id=third.pk, upheld=False, reason="Late", actor=reviewer)
        assert refusal.value.code == "illegal_state"

    @pytest.mark.parametrize("late", [False, True])
    def test_nobody_objects_before_or_after(
        self, product: Product, late: bool, on_monday: time_machine.Traveller
    ) -> None:
        entry = in_publicity(product) if late else under_review(product)
        if late:
            on_monday.move_to(MONDAY + timedelta(days=9))
        with pytest.raises(Problem) as refusal:
            objections.object_to_registration(
                registration_id=entry.pk, grounds="Ours", actor=actor(person_of(make_buyer("szdex")))
            )
        assert refusal.value.code == ("illegal_state" if late else "not_found")

    def test_not_by_the_applicant_and_not_twice(self, product: Product) -> None:
        entry = in_publicity(product)
        with pytest.raises(Problem) as refusal:
            objections.object_to_registration(registration_id=entry.pk, grounds="?", actor=applicant(product))
        assert refusal.value.code == "own_registration"
        objector = actor(person_of(make_buyer("szdex")))
        objections.object_to_registration(registration_id=entry.pk, grounds="Ours", actor=objector)
        with pytest.raises(Problem) as refusal:
            objections.object_to_registration(registration_id=entry.pk, grounds="Ours", actor=objector)
        assert refusal.value.code == "objection_under_way"


class TestWhoDecides:
    def test_a_body_does_not_register_its_own_data(self) -> None:
        body = operator_of("szdex")
        product = registered_product(body)
        with pytest.raises(Problem) as refusal:
            applied(product)
        assert refusal.value.errors[0].code == "own_data"

    def test_a_venue_that_is_no_registration_body_registers_nothing(self, product: Product) -> None:
        with pytest.raises(Problem) as refusal:
            applying.apply_for_registration(
                product_id=product.pk, venue="gzdex", kind="FIRST", actor=applicant(product)
            )
        assert refusal.value.errors[0].code == "not_a_registration_body"

    def test_its_reviewer_neither_makes_it_public_nor_refuses_it(self, product: Product) -> None:
        reviewer = actor(make_person(operator_of("szdex"), Role.COMPLIANCE_REVIEWER))
        entry = applied(product)
        examining.accept_application(registration_id=entry.pk, actor=reviewer)
        examining.start_review(registration_id=entry.pk, actor=reviewer)
        for act in (
            lambda: examining.make_public(registration_id=entry.pk, actor=reviewer),
            lambda: examining.refuse_registration(
                registration_id=entry.pk, ground="HARM", reason="It does", actor=reviewer
            ),
        ):
            with pytest.raises(Problem) as refusal:
                act()
            assert refusal.value.code == "same_person"

    def test_an_officer_with_a_role_at_the_applicant_decides_nothing(self, product: Product) -> None:
        entry = applied(product)
        interested = make_person(operator_of("szdex"), Role.CLERK)
        affiliate(interested, product.organization, Role.VIEWER)
        with pytest.raises(Problem) as refusal:
            examining.accept_application(registration_id=entry.pk, actor=actor(interested, operator_of("szdex")))
        assert refusal.value.code == "conflict_of_interest"

    def test_nor_does_one_with_a_role_at_an_affiliate_of_the_applicant_or_of_the_objector(
        self, product: Product
    ) -> None:
        entry, objector, sister = in_publicity(product), make_buyer("szdex"), make_member("szdex", Capacity.BUYER)
        raised = objections.object_to_registration(
            registration_id=entry.pk, grounds="Ours", actor=actor(person_of(objector))
        )
        interested = make_person(operator_of("szdex"), Role.COMPLIANCE_REVIEWER)
        affiliate(interested, sister, Role.VIEWER)
        who = actor(interested, operator_of("szdex"))
        for party in (product.organization, objector):
            tie = declare_tie(
                organization_id=party.pk, other_id=sister.pk, kind="SUBSIDIARY", actor=actor(person_of(party))
            )
            with pytest.raises(Problem) as refusal:
                objections.decide_objection(objection_id=raised.pk, upheld=False, reason="No", actor=who)
            assert refusal.value.extensions["relation"] == "role_in_affiliate"
            tie.delete()
        objections.decide_objection(objection_id=raised.pk, upheld=False, reason="No", actor=who)


class TestLaterEntries:
    def test_a_change_takes_the_place_of_the_one_before_it(self, product: Product) -> None:
        first = certified(product)
        second = certified(product, "CHANGE")
        first.refresh_from_db()
        assert (first.state, second.follows) == (State.CHANGED, first)
        assert second.valid_until == first.valid_until
        revoked = Certificate.objects.get(number=first.number)
        assert (revoked.state, str(second.number) in revoked.revocation_reason) == ("REVOKED", True)

    def test_a_renewal_waits_for_its_window(self, product: Product, on_monday: time_machine.Traveller) -> None:
        first = certified(product)
        with pytest.raises(Problem) as refusal:
            applied(product, "RENEWAL")
        assert refusal.value.errors[0].code == "outside_renewal_window"
        on_monday.move_to(datetime(2031, 5, 9, 9, tzinfo=SHANGHAI))
        assert applied(product, "RENEWAL").follows == first

    def test_what_is_not_renewed_expires(self, product: Product, on_monday: time_machine.Traveller) -> None:
        entry = certified(product)
        on_monday.move_to(datetime(2031, 11, 9, 12, tzinfo=SHANGHAI))
        assert certifying.expire_registrations() == 0
        on_monday.move_to(datetime(2031, 11, 10, 12, tzinfo=SHANGHAI))
        assert certifying.expire_registrations() == 1
        entry.refresh_from_db()
        assert entry.state == State.EXPIRED

    @pytest.mark.parametrize(
        ("kind", "code"), [("CHANGE", "not_registered"), ("RENEWAL", "not_registered"), ("FIRST", "")]
    )
    def test_only_a_first_registration_follows_nothing(self, product: Product, kind: str, code: str) -> None:
        if not code:
            certified(product)
        with pytest.raises(Problem) as refusal:
            applied(product, kind)
        assert refusal.value.errors[0].code == (code or "registered_already")

    def test_one_application_is_open_at_a_time(self, product: Product) -> None:
        applied(product)
        with pytest.raises(Problem) as refusal:
            applied(product)
        assert refusal.value.code == "registration_under_way"

    def test_a_draft_is_not_registered(self) -> None:
        with pytest.raises(Problem) as refusal:
            applied(draft_product(make_member("szdex", Capacity.PROVIDER)))
        assert refusal.value.errors[0].code == "not_registered"


class TestOverHttp:
    def client(self, organization: Organization) -> Api:
        return api(make_client(person_of(organization)))

    def test_the_whole_way(self, product: Product) -> None:
        own = self.client(product.organization)
        clerk, reviewer = (api(make_client(staff("szdex", role))) for role in (Role.CLERK, Role.COMPLIANCE_REVIEWER))
        body = {"product_id": str(product.pk), "venue": "szdex", "kind": "FIRST"}
        answer = own.post("/api/v1/registrations", body)
        assert answer.status_code == 201, answer.json()
        address = f"/api/v1/registrations/{answer.json()['id']}"
        assert api().get("/api/v1/register").json()["items"] == []

        for client, act, sent, state in (
            (clerk, "accept", {}, "ACCEPTED"),
            (clerk, "start-review", {}, "UNDER_REVIEW"),
            (clerk, "request-supplement", {"supplements": ["Contract of the source"]}, "SUPPLEMENT"),
            (own, "supplement", {}, "UNDER_REVIEW"),
            (reviewer, "make-public", {}, "PUBLICITY"),
        ):
            answer = client.post(f"{address}/{act}", sent)
            assert (answer.status_code, answer.json().get("state")) == (200, state), answer.json()
        [entry] = api().get("/api/v1/register").json()["items"]
        assert (entry["state"], entry["number"]) == ("PUBLICITY", None)
        assert "dossier" not in entry

        objector = self.client(make_buyer("szdex"))
        raised = objector.post(f"{address}/object", {"grounds": "Ours"})
        assert raised.status_code == 201
        assert objector.get("/api/v1/registration-objections").json()["items"] == [raised.json()]
        answer = reviewer.post(
            f"/api/v1/registration-objections/{raised.json()['id']}/decide", {"upheld": True, "reason": "Proven"}
        )
        assert answer.json()["state"] == "UPHELD"
        assert own.get(address).json()["ground"] == "OPEN_DISPUTE"

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"venue": "nowhere"}, "/venue"),
            ({"venue": "gzdex"}, "/venue"),
            ({"kind": "RUMOUR"}, "/kind"),
            ({"kind": "CHANGE"}, "/kind"),
            ({"product_id": "x"}, "/product_id"),
        ],
    )
    def test_what_is_wrong_is_named(self, product: Product, change: dict[str, str], pointer: str) -> None:
        body = {"product_id": str(product.pk), "venue": "szdex", "kind": "FIRST"} | change
        answer = self.client(product.organization).post("/api/v1/registrations", body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert not PropertyRegistration.objects.exists()

    def test_a_ground_that_the_rules_do_not_know(self, product: Product) -> None:
        entry = under_review(product)
        reviewer = api(make_client(staff("szdex", Role.COMPLIANCE_REVIEWER)))
        address = f"/api/v1/registrations/{entry.pk}/refuse"
        answer = reviewer.post(address, {"ground": "WHIM", "reason": "Because"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/ground")
        answer = reviewer.post(address, {"ground": "UNLAWFUL_SOURCE", "reason": "No consent was shown"})
        assert answer.json()["state"] == "REFUSED"


def test_officers_work_in_the_console(product: Product) -> None:
    entry = applied(product)
    page = reverse("admin:listings_propertyregistration_change", args=[entry.pk]).removesuffix("change/")
    clerk, reviewer = Client(), Client()
    for client, role in ((clerk, Role.CLERK), (reviewer, Role.COMPLIANCE_REVIEWER)):
        client.force_login(staff("szdex", role), backend="django.contrib.auth.backends.ModelBackend")
    clerk.post(f"{page}accept/")
    clerk.post(f"{page}start-review/")
    clerk.post(f"{page}request-supplement/", {"reason": "Contract\n\n Consent "})
    entry.refresh_from_db()
    assert (entry.state, entry.supplements) == (State.SUPPLEMENT, ["Contract", "Consent"])
    applying.supplement(registration_id=entry.pk, actor=applicant(product))
    assert "the source of the data is unlawful" in reviewer.get(f"{page}refuse/").content.decode()
    reviewer.post(f"{page}refuse/", {"ground": "HARM", "said": "It harms."})
    entry.refresh_from_db()
    assert (entry.state, entry.ground, entry.reason) == (State.REFUSED, "HARM", "It harms.")
