"""A question from the asking to the reading: its budget, its job, who lets the result out, and the receipt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.jobs import cancel, enqueue, extend_lease
from kernel.models import Job
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.delivery.access import delivery_of, permit_for, require_in_force
from marketplace.delivery.clean_room import noise, sandbox
from marketplace.delivery.clean_room.questions import Question, read_parameters, read_question, refuse, statement
from marketplace.delivery.clean_room.rules import MINE, Rules, rules_of
from marketplace.delivery.clean_room.tables import decrypt, private_folder, unseal
from marketplace.delivery.metering import refuse_beyond_quota
from marketplace.delivery.results import deliver_result, lock_order_of, require_readable
from marketplace.delivery.tables import keeping
from marketplace.entitlements import has_ended
from marketplace.models import CleanRoom, Entitlement, Order, RoomQuery, RoomTable, UsageRecord

COMPUTE_JOB = "roomquery.compute"
LAPSE_JOB = "roomquery.lapse"
State, Reason = RoomQuery.State, RoomQuery.Reason


@transaction.atomic
def ask(
    *,
    room_id: UUID,
    epsilon: Decimal,
    actor: Actor,
    sql: str = "",
    template: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> RoomQuery:
    """Ask SQL, or a template of the provider's with its parameters, and spend `epsilon` of the room's budget on it.

    What is spent is spent whatever comes of the query, since a refusal of the sandbox tells something too. Raises
    Problem `not_found`, `forbidden`, `entitlement_not_active`, `query_not_allowed`, `invalid` at `/template` or
    `/parameters`, or `privacy_budget_exhausted`; then nothing has been spent.
    """
    room = locked_room(room_id, actor)
    query = RoomQuery(
        room=room,
        organization_id=room.organization_id,
        provider_id=room.provider_id,
        venue_id=room.venue_id,
        sql=sql,
        template=template,
        parameters=dict(parameters or {}),
        epsilon=epsilon,
        asked_by=actor.person_id,
    )
    question_of(query, rules_of(room))
    spend(room, query, actor)
    enqueue_step(COMPUTE_JOB, query)
    return query


def locked_room(room_id: UUID, actor: Actor) -> CleanRoom:
    """Lock a room of the buyer's in which something may be asked now. Raises as `ask`."""
    room = find(CleanRoom.objects.visible_to(actor).select_for_update(of=("self",)), pk=room_id)
    require(actor, Permission.DELIVERY_READ, organization_id=room.organization_id)
    locked = Entitlement.objects.select_related("agreement").select_for_update(of=("self",))
    entitlement = locked.get(pk=room.entitlement_id)
    require_in_force(entitlement)
    refuse_beyond_quota(entitlement)
    return room


def spend(room: CleanRoom, query: RoomQuery, actor: Actor) -> None:
    """Write a query down with its share of the locked room's budget. Raises Problem `privacy_budget_exhausted`."""
    if query.epsilon > room.epsilon_left:
        raise Problem("privacy_budget_exhausted", left=str(room.epsilon_left))
    CleanRoom.objects.filter(pk=room.pk).update(epsilon_spent=F("epsilon_spent") + query.epsilon)
    query.save(force_insert=True)
    UsageRecord.objects.create(
        entitlement_id=room.entitlement_id,
        organization_id=room.organization_id,
        provider_id=room.provider_id,
        venue_id=room.venue_id,
        kind=UsageRecord.Kind.ROOM_QUERY,
        nonce=str(query.pk),
        subject_id=query.pk,
    )
    details = {"kind": query.kind, "epsilon": str(query.epsilon)}
    audit.record("roomquery.asked", subject=query, actor=actor, details=details)


def enqueue_step(kind: str, query: RoomQuery, *, due_at: datetime | None = None) -> None:
    """Let a worker take the query's next step, now or when it is due."""
    enqueue(
        kind,
        key=str(query.pk),
        subject_id=query.pk,
        due_at=due_at,
        organization_id=query.organization_id,
        venue_id=query.venue_id,
    )


def question_of(query: RoomQuery, rules: Rules) -> Question:
    """Understand what a query asks. Raises Problem `query_not_allowed`, or `invalid` for a template's parameters."""
    if query.template == "":
        if rules.templates_only:
            refuse("templates_only", _("Only the provider's templates may be asked here."))
        return read_question(query.sql, rules)
    template = rules.templates.get(query.template)
    if template is None:
        raise field_problem("/template", "unknown", _("The room has no such template."))
    return read_question(template["sql"], rules, read_parameters(template, query.parameters))


def compute(*, query_id: UUID, job: Job) -> None:
    """Run a query in the sandbox, let its result through the gate, and hold or release it; safe to run again."""
    query = resumed(query_id)
    if query.state != State.QUEUED:
        return
    rules = rules_of(query.room)
    try:
        require_in_force(query.room.entitlement)
        question = question_of(query, rules)
    except Problem:
        close(query, Reason.REFUSED, [])
        return
    outcome = _run(query.room, question, rules, job)
    if outcome.reason:
        close(query, outcome.reason, outcome.walls)
        return
    answer = noise.gate(outcome.rows, question, rules, query.epsilon)
    extend_lease(job)
    keep(query, answer, outcome.walls, rules)


def resumed(query_id: UUID) -> RoomQuery:
    """Return a query whose step is to run, queued again where the step had failed and staff try it anew."""
    query = RoomQuery.objects.select_related("room__entitlement").get(pk=query_id)
    if query.state == State.FAILED:
        with transaction.atomic():
            advance(query, to=State.QUEUED, actor=SYSTEM)
    return query


def fail(*, query_id: UUID, reason: str) -> None:
    """Show on the query that its job has given up; staff may try it again."""
    query = RoomQuery.objects.select_for_update(of=("self",)).get(pk=query_id)
    if query.state == State.QUEUED:
        advance(query, to=State.FAILED, actor=SYSTEM, reason=reason)


@transaction.atomic
def approve(*, query_id: UUID, actor: Actor) -> RoomQuery:
    """Let a held result out as a delivery, by the provider.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `entitlement_not_active` where the right has ended.
    """
    seen = find(RoomQuery.objects.visible_to(actor).select_related("room"), pk=query_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=seen.provider_id)
    require_different_person(actor, made_by=seen.asked_by)
    order = lock_order_of(seen.room.entitlement_id)
    query = RoomQuery.objects.select_related("room__entitlement").select_for_update(of=("self",)).get(pk=query_id)
    if query.state != State.HELD:
        raise Problem("illegal_state", state=query.state)
    if has_ended(query.room.entitlement):
        raise Problem("entitlement_not_active", state=query.room.entitlement.state)
    _release(query, order, query.receipt, actor, decided_by=actor.person_id, decided_at=timezone.now())
    cancel(LAPSE_JOB, str(query.pk))
    return query


@transaction.atomic
def refuse_result(*, query_id: UUID, reason: str, actor: Actor) -> RoomQuery:
    """Keep a held result from the buyer, by the provider or the venue's staff, and say why; raises as `approve`."""
    query = find(RoomQuery.objects.visible_to(actor).select_for_update(of=("self",)), pk=query_id)
    if actor.organization_id == query.provider_id:
        require(actor, Permission.PRODUCT_MANAGE)
    else:
        require(actor, Permission.ENTITLEMENT_SUSPEND, venue_id=query.venue_id)
    _refuse(query, Reason.PROVIDER, require_reason(reason), actor)
    cancel(LAPSE_JOB, str(query.pk))
    return query


@transaction.atomic
def lapse(*, query_id: UUID) -> None:
    """Refuse a result that is held still when its day is over: silence lets nothing out."""
    query = RoomQuery.objects.select_for_update(of=("self",)).get(pk=query_id)
    if query.state == State.HELD:
        _refuse(query, Reason.LAPSED, "", SYSTEM)


def _refuse(query: RoomQuery, why_not: RoomQuery.Reason, reason: str, actor: Actor) -> None:
    advance(
        query,
        to=State.REFUSED,
        actor=actor,
        reason=reason,
        details={"why": why_not},
        why_not=why_not,
        result=None,
        decided_by=actor.person_id,
        decided_at=timezone.now(),
        decision_reason=reason,
    )


@transaction.atomic
def read_result(*, query_id: UUID, actor: Actor) -> RoomQuery:
    """Give the buyer a released result and write the reading down.

    Across a border the delivery's permit must be in force; its bytes are taken from it with the first reading alone,
    since the same bytes go again when an answer was lost. Raises Problem `not_found`, `forbidden`,
    `result_not_released`, `entitlement_not_active`, or what `use_permit` raises.
    """
    query = find(RoomQuery.objects.visible_to(actor).select_related("room", "delivery"), pk=query_id)
    require(actor, Permission.DELIVERY_READ, organization_id=query.organization_id)
    receipt = require_readable(query.delivery, query.state).receipt
    entitlement = Entitlement.objects.select_for_update(of=("self",)).get(pk=query.room.entitlement_id)
    require_in_force(entitlement)
    query.refresh_from_db(fields=["reads"])  # under the right's lock, which every reading takes
    permit_for(delivery_of(entitlement), bytes_wanted=0 if query.reads else receipt["bytes"], actor=actor)

    now = timezone.now()
    RoomQuery.objects.filter(pk=query.pk).update(
        reads=F("reads") + 1, first_read_at=Coalesce("first_read_at", now), last_read_at=now
    )
    audit.record("roomquery.read", subject=query, actor=actor, details={"sha256": receipt["sha256"]})
    return query


def _run(room: CleanRoom, question: Question, rules: Rules, job: Job) -> sandbox.Outcome:
    table = room.tables.get(name=question.table)
    with private_folder() as folder:
        files = decrypt(table, folder, keeping(job))
        tables = {table.name: files}
        if question.joins:
            mine = RoomTable.objects.filter(room=room, state=RoomTable.State.AGREED).first()
            if mine is None:  # refused or replaced since it was asked
                return sandbox.Outcome([], Reason.REFUSED, [])
            tables[MINE] = unseal(mine, folder)
        extend_lease(job)
        return sandbox.run(statement(question, rules, sandbox.MOST_GROUPS), folder=folder, tables=tables)


@transaction.atomic
def keep(query: RoomQuery, answer: noise.Answer, walls: list[str], rules: Rules) -> None:
    """Hold an answer for the provider or deliver it, with its receipt, unless another worker has done so."""
    result: dict[str, Any] = {"columns": answer.columns, "rows": answer.rows, "groups_left_out": answer.left_out}
    content = canonical_json(result)
    digests = Digests(content)
    receipt = {
        "room_query": str(query.pk),
        "sha256": digests.sha256,
        "sm3": digests.sm3,
        "rows": len(answer.rows),
        "bytes": len(content),
        "epsilon": str(query.epsilon),
        "delta": noise.DELTA,
        "walls": walls,
    }
    order = lock_order_of(query.room.entitlement_id)
    if not still_queued(query):
        return
    if has_ended(Entitlement.objects.get(pk=query.room.entitlement_id)):
        close(query, Reason.REFUSED, walls)
        return
    if not rules.needs_approval:
        _release(query, order, receipt, SYSTEM, result=result)
        return
    decide_by = timezone.now() + timedelta(days=rules.decision_days)
    details = {"sha256": receipt["sha256"], "rows": receipt["rows"]}
    held: dict[str, Any] = {"result": result, "receipt": receipt, "decide_by": decide_by}
    advance(query, to=State.HELD, actor=SYSTEM, details=details, **held)
    enqueue_step(LAPSE_JOB, query, due_at=decide_by)


def _release(query: RoomQuery, order: Order, receipt: Mapping[str, Any], actor: Actor, **changes: Any) -> None:
    """Let a result out: from now on it is a delivery, and the receipt is the delivery's."""
    delivery = deliver_result(order, query.room.entitlement_id, receipt)
    details = {"sha256": receipt["sha256"], "rows": receipt["rows"], "delivery": str(delivery.pk)}
    changes |= {"delivery_id": delivery.pk, "receipt": {}}
    advance(query, to=State.RELEASED, actor=actor, details=details, **changes)


@transaction.atomic
def close(query: RoomQuery, reason: str, walls: list[str]) -> None:
    """End a query without a result, unless another worker has ended it."""
    if still_queued(query):
        advance(
            query, to=State.REFUSED, actor=SYSTEM, details={"why": reason}, receipt={"walls": walls}, why_not=reason
        )


def still_queued(query: RoomQuery) -> bool:
    """Tell whether no other worker has answered the query meanwhile, and lock its row."""
    query.refresh_from_db(fields=["state"], from_queryset=RoomQuery.objects.select_for_update())
    return bool(query.state == State.QUEUED)
