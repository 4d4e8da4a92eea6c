"""What happens to a registration in force: transfer, cancellation, annotation, dispute, and what then rests on it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Role
from kernel.actors import Actor
from kernel.models import AuditEvent, Certificate
from kernel.problems import Problem
from listings.imported_certificates import verify_imported
from listings.lapses import watch_lapses
from listings.listing import relist
from listings.models import Product, PropertyRegistration, RegistrationAnnotation
from listings.registry import annotating, applying, certifying, examining, objections
from listings.review import approve
from tests.listings.offers import all_ok, draft_listing, in_compliance, listed, registered_product
from tests.listings.papers import imported
from tests.listings.test_registry import (
    SHANGHAI,
    State,
    applicant,
    applied,
    certified,
    clock,
    let_jobs_run,
    officer,
    on_monday,
    under_review,
)
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db
__all__ = ["on_monday"]

REVIEWER = Role.COMPLIANCE_REVIEWER


@pytest.fixture
def product() -> Product:
    return listed(make_member("szdex", Capacity.PROVIDER), "szdex").product


@pytest.fixture
def taker() -> Product:
    """The product of who takes rights over."""
    return registered_product(make_member("szdex", Capacity.PROVIDER))


def taken_over(held: PropertyRegistration, by: Product, **changes: Any) -> PropertyRegistration:
    return applying.apply_for_registration(
        product_id=by.pk, venue="szdex", kind="TRANSFER", follows=str(held.number), actor=applicant(by), **changes
    )


def carried_through(entry: PropertyRegistration, holder: Actor) -> PropertyRegistration:
    applying.consent_to_transfer(registration_id=entry.pk, actor=holder)
    examining.accept_application(registration_id=entry.pk, actor=officer())
    examining.start_review(registration_id=entry.pk, actor=officer())
    public = examining.make_public(registration_id=entry.pk, actor=officer(REVIEWER))
    assert public.publicity_until
    with time_machine.travel(public.publicity_until + timedelta(seconds=1), tick=False):
        let_jobs_run()
    entry.refresh_from_db()
    return entry


def cancellation(product: Product, cause: str = "数据已销毁") -> PropertyRegistration:
    return applying.apply_for_registration(
        product_id=product.pk, venue="szdex", kind="CANCEL", cause=cause, actor=applicant(product)
    )


def annotated(entry: PropertyRegistration, kind: str = "SEIZURE", **changes: Any) -> RegistrationAnnotation:
    fields = {"kind": kind, "text": "查封", "basis": "（2026）粤03执1号"} | changes
    made = annotating.annotate(registration_id=entry.pk, fields=fields, actor=officer())
    return annotating.confirm_annotation(annotation_id=made.pk, actor=officer(REVIEWER))


def another() -> Actor:
    """Another compliance reviewer of the body than `officer(REVIEWER)`."""
    return actor(make_person(operator_of("szdex"), REVIEWER))


def state_of(product: Product) -> str:
    return str(product.listings.get().state)


class TestTransfers:
    def test_the_holder_consents_and_the_certificate_is_made_out_anew(self, product: Product, taker: Product) -> None:
        held = certified(product)
        entry = taken_over(held, taker)
        assert (entry.state, entry.clocks.count()) == (State.CONSENT, 0)
        stranger = actor(person_of(make_buyer("szdex")))
        for who, code in ((applicant(taker), "forbidden"), (stranger, "not_found")):
            with refused(code):
                applying.consent_to_transfer(registration_id=entry.pk, actor=who)

        entry = carried_through(entry, applicant(product))
        held.refresh_from_db()
        assert (entry.state, held.state, entry.valid_until) == (State.CERTIFIED, State.TRANSFERRED, held.valid_until)
        old, new = (Certificate.objects.get(number=each.number) for each in (held, entry))
        assert (old.state, new.state) == ("REVOKED", "ISSUED")
        assert str(entry.number) in Client().get(f"/certificates/{old.number}").content.decode()
        assert new.statement["content"]["holder"]["legal_name"] == taker.organization.legal_name
        assert new.statement["content"]["data"]["transferred_from"]["sha256"] == held.sha256

        assert watch_lapses() == 1
        assert state_of(product) == "SUSPENDED"
        with pytest.raises(Problem) as refusal:
            relist(listing_id=product.listings.get().pk, reason="Why not", actor=officer(REVIEWER))
        assert [error.code for error in refusal.value.errors] == ["registration_ended"]

    def test_of_some_of_the_rights_the_others_stay_registered(self, product: Product, taker: Product) -> None:
        held = certified(product)
        moved = carried_through(taken_over(held, taker, rights=["HOLD"]), applicant(product))
        rest = product.registrations.get(state=State.CERTIFIED)
        held.refresh_from_db()
        assert (held.state, rest.follows, rest.kind) == (State.CHANGED, held, "CHANGE")
        assert (moved.rights, rest.rights) == (["HOLD"], sorted(set(held.rights) - {"HOLD"}))
        assert Certificate.objects.get(number=rest.number).state == "ISSUED"
        assert watch_lapses() == 1
        move = AuditEvent.objects.filter(action="listing.suspended").latest("id")
        assert move.details["lapses"] == ["right_not_registered"]

    def test_what_cannot_be_taken_over(self, product: Product, taker: Product) -> None:
        held = certified(product)
        narrow = registered_product(taker.organization, rights=["HOLD", "USE"])
        for by, changes, pointer in (
            (taker, {"follows": "SJ4412026119999"}, "/follows"),
            (registered_product(product.organization), {}, "/follows"),
            (narrow, {"rights": ["OPERATE"]}, "/rights/0"),
            (product, {}, "/product_id"),
            (product, {"kind": "CHANGE"}, "/follows"),
            (product, {"kind": "CHANGE", "follows": "", "rights": ["HOLD"]}, "/rights"),
        ):
            body = {"product_id": by.pk, "venue": "szdex", "kind": "TRANSFER", "follows": str(held.number)} | changes
            with pytest.raises(Problem) as refusal:
                applying.apply_for_registration(**body, actor=applicant(by))
            assert refusal.value.errors[0].pointer == pointer
        # Who waits for consent keeps nobody from anything; what is open does.
        entry = taken_over(held, taker)
        under_review(product, "CHANGE")
        with refused("registration_under_way"):
            applying.consent_to_transfer(registration_id=entry.pk, actor=applicant(product))
        applying.withdraw_application(registration_id=entry.pk, reason="不同意", actor=applicant(product))


class TestCancellations:
    def test_a_holder_asks_and_two_officers_carry_it_out(self, product: Product) -> None:
        held = certified(product)
        with pytest.raises(Problem) as refusal:
            cancellation(product, cause=" ")
        assert refusal.value.errors[0].pointer == "/cause"
        entry = cancellation(product)
        examining.accept_application(registration_id=entry.pk, actor=officer())
        reviewing = another()
        examining.start_review(registration_id=entry.pk, actor=reviewing)
        for code, act, who in (
            ("same_person", examining.confirm_entry, reviewing),
            ("illegal_state", examining.make_public, officer(REVIEWER)),
        ):
            with refused(code):
                act(registration_id=entry.pk, actor=who)
        examining.confirm_entry(registration_id=entry.pk, actor=officer(REVIEWER))
        held.refresh_from_db()
        revoked = Certificate.objects.get(number=held.number)
        assert (held.state, revoked.state, "数据已销毁" in revoked.revocation_reason) == ("CANCELLED", "REVOKED", True)

        assert (watch_lapses(), state_of(product)) == (1, "SUSPENDED")
        certified(product)
        assert (watch_lapses(), state_of(product), watch_lapses()) == (1, "LISTED", 0)

    def test_the_body_cancels_on_a_ground_and_the_holder_cannot_stop_it(self, product: Product) -> None:
        held = certified(product)
        clerk = officer()
        pending = examining.begin_cancellation(
            registration_id=held.pk, ground="FALSE_STATEMENT", reason="合同系伪造", actor=clerk
        )
        with refused("forbidden"):
            applying.withdraw_application(registration_id=pending.pk, reason="No", actor=applicant(product))
        with refused("same_person"):
            examining.confirm_entry(
                registration_id=pending.pk, actor=Actor(**{**officer(REVIEWER).__dict__, "person_id": clerk.person_id})
            )
        examining.confirm_entry(registration_id=pending.pk, actor=officer(REVIEWER))
        held.refresh_from_db()
        assert held.state == State.CANCELLED

    def test_what_would_follow_ends_with_it(self, product: Product, taker: Product, on_monday: Any) -> None:
        held = certified(product)
        waiting = taken_over(held, taker)
        on_monday.move_to(datetime(2031, 11, 1, 9, tzinfo=SHANGHAI))
        renewing = applied(product, "RENEWAL")
        on_monday.move_to(datetime(2031, 11, 11, 9, tzinfo=SHANGHAI))
        certifying.expire_registrations()
        for each in (waiting, renewing):
            each.refresh_from_db()
        assert (waiting.state, renewing.state) == (State.TERMINATED, State.APPLIED)


class TestAnnotations:
    def test_a_seizure_stops_disposal_and_suspends_until_it_is_lifted(
        self, product: Product, taker: Product, on_monday: Any
    ) -> None:
        held = certified(product)
        waiting = taken_over(held, taker)
        seizure = annotated(held)
        waiting.refresh_from_db()
        assert waiting.state == State.TERMINATED
        for act in (lambda: taken_over(held, taker), lambda: cancellation(product)):
            with refused("registration_annotated"):
                act()
        [entry] = api().get("/api/v1/register", {"number": held.number}).json()["items"]
        assert [each["kind"] for each in entry["annotations"]] == ["SEIZURE"]
        assert (watch_lapses(), state_of(product)) == (1, "SUSPENDED")

        with refused("illegal_state"):
            annotating.lift_annotation(annotation_id=seizure.pk, reason="?", actor=officer(REVIEWER))
        asking = another()
        annotating.ask_to_lift(annotation_id=seizure.pk, reason="已解除查封", actor=asking)
        with refused("same_person"):
            annotating.lift_annotation(annotation_id=seizure.pk, reason="解除", actor=asking)
        annotating.lift_annotation(annotation_id=seizure.pk, reason="解除", actor=officer(REVIEWER))
        assert (watch_lapses(), state_of(product)) == (1, "LISTED")

        annotated(held, "CONTROL", until=datetime(2026, 11, 20).date())
        assert watch_lapses() == 1
        on_monday.move_to(datetime(2026, 11, 21, 1, tzinfo=SHANGHAI))
        assert (annotating.lift_ended_annotations(), watch_lapses(), state_of(product)) == (1, 1, "LISTED")

    def test_a_holder_proposes_what_was_agreed_and_it_goes_over_with_a_change(self, product: Product) -> None:
        held = certified(product)
        fields = {"kind": "AGREED", "text": "质押予银行", "basis": "质押合同1号"}
        made = annotating.annotate(registration_id=held.pk, fields=fields, actor=applicant(product))
        with refused("forbidden"):
            annotating.annotate(registration_id=held.pk, fields=fields | {"kind": "DISPUTE"}, actor=applicant(product))
        annotating.confirm_annotation(annotation_id=made.pk, actor=officer(REVIEWER))
        other = annotating.annotate(registration_id=held.pk, fields=fields, actor=officer())
        annotating.reject_annotation(annotation_id=other.pk, reason="重复", actor=officer(REVIEWER))
        assert watch_lapses() == 0
        changed = certified(product, "CHANGE")
        assert changed.annotations.standing().get() == made

    def test_an_objection_upheld_against_one_in_force_is_a_dispute(self, product: Product) -> None:
        held = certified(product)
        raised = objections.object_to_registration(
            registration_id=held.pk, grounds="数据由我司采集。", actor=actor(person_of(make_buyer("szdex")))
        )
        assert (clock(held, "NOTICE").working_days, state_of(product)) == (5, "LISTED")
        decide = {"objection_id": raised.pk, "upheld": True, "reason": "合同属实"}
        telling = another()
        with refused("illegal_state"):
            objections.decide_objection(**decide, actor=officer(REVIEWER))
        objections.notify_holder(objection_id=raised.pk, actor=telling)
        assert clock(held, "NOTICE").stopped_at
        objections.answer_objection(objection_id=raised.pk, answer="不属实", actor=applicant(product))
        with refused("same_person"):
            objections.decide_objection(**decide, actor=telling)
        objections.decide_objection(**decide, actor=officer(REVIEWER))
        assert held.annotations.standing().get().kind == "DISPUTE"
        assert (watch_lapses(), state_of(product)) == (1, "SUSPENDED")


def test_ten_working_days_are_extended_once(product: Product) -> None:
    entry = under_review(product)
    before = clock(entry, "DECISION").due_at
    extend = {"registration_id": entry.pk, "working_days": 10, "reason": "案情复杂"}
    with pytest.raises(Problem) as refusal:
        examining.extend_review(**extend | {"working_days": 11}, actor=officer(REVIEWER))
    assert refusal.value.errors[0].pointer == "/working_days"
    examining.extend_review(**extend, actor=officer(REVIEWER))
    assert clock(entry, "DECISION").due_at - before == timedelta(days=14)
    with refused("illegal_state"):
        examining.extend_review(**extend, actor=officer(REVIEWER))


class TestOverHttpAndInTheConsole:
    def test_over_http(self, product: Product, taker: Product) -> None:
        held = certified(product)
        own, other, clerk, reviewer = (
            api(make_client(who))
            for who in (
                person_of(product.organization),
                person_of(taker.organization),
                staff("szdex", Role.CLERK),
                staff("szdex", REVIEWER),
            )
        )

        def said(client: Api, address: str, body: dict[str, Any]) -> Any:
            answer = client.post(f"/api/v1/{address}", body)
            return (
                answer.json().get("state") if answer.status_code < 300 else (answer.status_code, answer.json()["code"])
            )

        body = {"product_id": str(taker.pk), "venue": "szdex", "kind": "TRANSFER", "follows": held.number}
        entry = other.post("/api/v1/registrations", body).json()["id"]
        assert own.get(f"/api/v1/registrations/{entry}").json()["follows"] == held.number
        assert said(own, f"registrations/{entry}/consent", {}) == "APPLIED"
        assert said(other, f"registrations/{entry}/withdraw", {"reason": "不再受让"}) == "TERMINATED"

        note = {"kind": "SEIZURE", "text": "查封", "basis": "1号"}
        past = clerk.post(f"/api/v1/registrations/{held.pk}/annotate", note | {"until": "2026-01-01"})
        assert (past.status_code, past.json()["errors"][0]["pointer"]) == (400, "/until")
        made = clerk.post(f"/api/v1/registrations/{held.pk}/annotate", note).json()["id"]
        assert said(clerk, f"registration-annotations/{made}/confirm", {}) == (403, "forbidden")
        assert said(reviewer, f"registration-annotations/{made}/confirm", {}) == "STANDING"
        assert said(own, f"registration-annotations/{made}/ask-to-lift", {"reason": "已和解"}) == "STANDING"
        assert said(reviewer, f"registration-annotations/{made}/lift", {"reason": "已和解"}) == "LIFTED"
        begun = clerk.post(f"/api/v1/registrations/{held.pk}/begin-cancellation", {"ground": "HARM", "reason": "有害"})
        assert (begun.status_code, begun.json()["state"]) == (201, "UNDER_REVIEW")
        assert said(reviewer, f"registrations/{begun.json()['id']}/confirm", {}) == "CARRIED_OUT"

    def test_in_the_console(self, product: Product) -> None:
        entry = certified(product)
        clerk, reviewer = Client(), Client()
        for client, role in ((clerk, Role.CLERK), (reviewer, REVIEWER)):
            client.force_login(staff("szdex", role), backend="django.contrib.auth.backends.ModelBackend")
        page = reverse("admin:listings_propertyregistration_change", args=[entry.pk]).removesuffix("change/")
        assert clerk.get(f"{page}annotate/").status_code == 200
        clerk.post(f"{page}annotate/", {"kind": "CONTROL", "text": "控制", "basis": "1号"})
        note = entry.annotations.get()
        its = reverse("admin:listings_registrationannotation_change", args=[note.pk]).removesuffix("change/")
        reviewer.post(f"{its}confirm/")
        clerk.post(f"{its}ask-to-lift/", {"reason": "期满"})
        reviewer.post(f"{its}lift/", {"reason": "期满"})
        clerk.post(f"{page}begin-cancellation/", {"ground": "HARM", "said": "有害"})
        note.refresh_from_db()
        [cancelling] = entry.followed_by.all()
        assert (note.state, cancelling.state) == ("LIFTED", "UNDER_REVIEW")
        ahead = reverse("admin:listings_propertyregistration_change", args=[cancelling.pk]).removesuffix("change/")
        reviewer.post(f"{ahead}extend/", {"working_days": "5", "said": "复杂"})
        reviewer.post(f"{ahead}confirm/")
        cancelling.refresh_from_db()
        assert (cancelling.state, clock(cancelling, "DECISION").extended_days) == (State.CARRIED_OUT, 5)


def test_a_certificate_of_this_register_is_watched_where_it_was_imported(product: Product) -> None:
    held = certified(product)
    elsewhere = registered_product(product.organization)
    draft = draft_listing(elsewhere, "szdex")
    certificate = imported(elsewhere, number=held.number, issued_on=timezone.localdate())
    submitted = in_compliance(draft)
    verify_imported(certificate_id=certificate.pk, reason="查询登记系统", actor=officer())
    rested = approve(listing_id=submitted.pk, answers=all_ok(submitted, submitted.stage), actor=officer(REVIEWER))
    assert watch_lapses() == 0
    annotated(held)
    assert watch_lapses() == 2
    rested.refresh_from_db()
    assert rested.state == "SUSPENDED"
