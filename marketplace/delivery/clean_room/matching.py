"""How many of the buyer's identifiers the provider has too, without either seeing the other's (blinding.py).

    ask_intersection → (job) blind → read_blinded → send_setup, send_answer → (job) count → gate → approve → read

The buyer's side is a program that it runs itself: clients/intersect.py.
"""

from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.identifiers import uuid7
from kernel.jobs import extend_lease
from kernel.models import Job
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.encryption import WrappedKey, key_ring
from marketplace.delivery.access import delivery_of, permit_for, require_in_force
from marketplace.delivery.clean_room import noise, queries, sandbox
from marketplace.delivery.clean_room.questions import Item, Kind, Measure, Question, figures_of, persons_of, quoted
from marketplace.delivery.clean_room.rules import Rules, rules_of
from marketplace.delivery.clean_room.tables import decrypt, private_folder
from marketplace.delivery.tables import keeping
from marketplace.models import Entitlement, Intersection, RoomQuery

BLIND_JOB = "roomquery.blind"
COUNT_JOB = "roomquery.count"
PROGRAM = "blinding.py"
MOST_IDENTIFIERS = 200_000
POINT_BYTES = 33  # of P-256, compressed
LARGEST_MESSAGE = MOST_IDENTIFIERS * (POINT_BYTES + 2) + 100  # bytes, as protobuf frames each point
SECONDS = 600
State, Reason = RoomQuery.State, RoomQuery.Reason


@transaction.atomic
def ask_intersection(*, room_id: UUID, epsilon: Decimal, sums: Sequence[str] = (), actor: Actor) -> RoomQuery:
    """Ask how many identifiers the buyer has in common with the room, and sums over the common ones' rows.

    The budget is spent now, as with any query. Raises Problem `not_found`, `forbidden`, `entitlement_not_active`,
    `matching_not_offered`, `invalid` at `/sums`, or `privacy_budget_exhausted`; then nothing has been spent.
    """
    room = queries.locked_room(room_id, actor)
    rules = rules_of(room)
    table = room.tables.filter(name__in=_matchable(rules)).order_by("name").first()
    if table is None:
        raise Problem("matching_not_offered")
    query = RoomQuery(
        room=room,
        organization_id=room.organization_id,
        provider_id=room.provider_id,
        venue_id=room.venue_id,
        kind=RoomQuery.Kind.INTERSECTION,
        epsilon=epsilon,
        asked_by=actor.person_id,
    )
    _question(table.name, sums, rules)
    queries.spend(room, query, actor)
    number = uuid7()
    _key, wrapped = key_ring().new_data_key(owner=number)
    Intersection.objects.create(
        id=number, query=query, table=table, sums=list(sums), wrapped_key=wrapped.wrapped, key_id=wrapped.key_id
    )
    queries.enqueue_step(BLIND_JOB, query)
    return query


def blind(*, query_id: UUID, job: Job) -> None:
    """Blind the provider's identifiers in the locked-down process; safe to run again, the same key gives the same."""
    query = queries.resumed(query_id)
    if query.state != State.QUEUED or query.intersection.blinded is not None:
        return
    outcome = _run(query, job, step="blind")
    if outcome.reason:
        _end(query, lambda: queries.close(query, outcome.reason, outcome.walls))
        return
    blinded = b64decode(outcome.rows[0][0])
    with transaction.atomic():
        if queries.still_queued(query):
            elements = len(blinded) // (POINT_BYTES + 2)
            Intersection.objects.filter(query=query).update(blinded=blinded, elements=elements)
            advance(query, to=State.AWAITING, actor=SYSTEM, details={"elements": elements})


@transaction.atomic
def read_blinded(*, query_id: UUID, actor: Actor) -> bytes:
    """Give the buyer the provider's blinded identifiers (psi_proto.Request); across a border the permit pays for them.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `entitlement_not_active`, or what `use_permit` raises.
    """
    query = _awaiting(query_id, actor)
    blinded = bytes(query.intersection.blinded or b"")
    permit_for(delivery_of(query.room.entitlement), bytes_wanted=len(blinded), actor=actor)
    audit.record("roomquery.blinded_read", subject=query, actor=actor, details={"bytes": len(blinded)})
    return blinded


@transaction.atomic
def send_setup(*, query_id: UUID, content: bytes, actor: Actor) -> RoomQuery:
    """Take the buyer's own identifiers, blinded by its key (psi_proto.ServerSetup, raw).

    Raises Problem `invalid` at `/setup`, or as `read_blinded`.
    """
    query = _awaiting(query_id, actor)
    points = _points(content, "/setup")
    if len(points) > MOST_IDENTIFIERS:
        raise field_problem("/setup", "too_many", _("At most %d identifiers are matched at once.") % MOST_IDENTIFIERS)
    Intersection.objects.filter(query=query).update(setup=content)
    return query


@transaction.atomic
def send_answer(*, query_id: UUID, content: bytes, actor: Actor) -> RoomQuery:
    """Take the provider's identifiers, blinded by the buyer too (psi_proto.Response), and let a worker count.

    Raises Problem `invalid` at `/answer`, or `/setup` where that has not come yet, or as `read_blinded`.
    """
    query = _awaiting(query_id, actor)
    if query.intersection.setup is None:
        raise field_problem("/setup", "required", _("Send your own blinded identifiers first."))
    points = _points(content, "/answer")
    if len(points) != query.intersection.elements:
        text = _("Answer with as many as you were given: %d.") % query.intersection.elements
        raise field_problem("/answer", "wrong_count", text)
    Intersection.objects.filter(query=query).update(answer=content)
    advance(query, to=State.QUEUED, actor=actor, details={"elements": len(points)})
    queries.enqueue_step(COUNT_JOB, query)
    return query


def count(*, query_id: UUID, job: Job) -> None:
    """Count what is common in the locked-down process, and let it through the gate; safe to run again."""
    query = queries.resumed(query_id)
    if query.state != State.QUEUED:
        return
    rules = rules_of(query.room)
    try:
        require_in_force(query.room.entitlement)
    except Problem:
        _end(query, lambda: queries.close(query, Reason.REFUSED, []))
        return
    outcome = _run(query, job, step="count")
    if outcome.reason:
        _end(query, lambda: queries.close(query, outcome.reason, outcome.walls))
        return
    question = _question(query.intersection.table.name, query.intersection.sums, rules)
    # An identifier is a person here, so that its number is the size of the one group that there is.
    answer = noise.gate(outcome.rows, question, replace(rules, person_column=""), query.epsilon)
    extend_lease(job)
    _end(query, lambda: queries.keep(query, answer, outcome.walls, rules))


@transaction.atomic
def _end(query: RoomQuery, act: Callable[[], None]) -> None:
    """End the query and forget what was sent to and fro."""
    act()
    Intersection.objects.filter(query=query).update(blinded=None, setup=None, answer=None)


def _awaiting(query_id: UUID, actor: Actor) -> RoomQuery:
    visible = RoomQuery.objects.visible_to(actor).filter(kind=RoomQuery.Kind.INTERSECTION)
    query = find(visible.select_related("room").select_for_update(of=("self",)), pk=query_id)
    require(actor, Permission.DELIVERY_READ, organization_id=query.organization_id)
    require_in_force(Entitlement.objects.select_for_update(of=("self",)).get(pk=query.room.entitlement_id))
    if query.state != State.AWAITING:
        raise Problem("illegal_state", state=query.state)
    return query


def _run(query: RoomQuery, job: Job, *, step: str) -> sandbox.Outcome:
    work: Intersection = query.intersection
    rules = rules_of(query.room)
    key = key_ring().unwrap(WrappedKey(work.key_id, bytes(work.wrapped_key)), owner=work.pk)
    with private_folder() as folder:
        files = decrypt(work.table, folder, keeping(job))
        for name in ("setup", "answer") if step == "count" else ():
            (folder / name).write_bytes(bytes(getattr(work, name)))
        extend_lease(job)
        return sandbox.run(
            _statement(work, rules),
            folder=folder,
            tables={work.table.name: files},
            seconds=SECONDS,
            program=PROGRAM,
            arguments={"step": step, "key": key.hex(), "most": MOST_IDENTIFIERS},
        )


def _statement(work: Intersection, rules: Rules) -> str:
    """Write the statement that gives each identifier with its sums as whole numbers."""
    types = rules.tables[work.table.name]
    measures = [item.measure for item in _question(work.table.name, work.sums, rules).items if item.measure]
    sums = [figure for measure in measures[1:] for figure in figures_of(measure, types)]
    match = quoted(rules.match_column)
    chosen = ", ".join([f"CAST({match} AS VARCHAR) AS identifier", *sums])
    source = persons_of(work.table.name, rules)
    where = f"WHERE {match} IS NOT NULL GROUP BY 1 LIMIT {MOST_IDENTIFIERS + 1}"
    return f"SELECT {chosen} FROM {source} {where}"  # noqa: S608 - names of ours and of the rules


def _question(table: str, sums: Sequence[str], rules: Rules) -> Question:
    """Return what is asked, as the gate takes it. Raises Problem `invalid` at `/sums`."""
    items = [Item("size", measure=Measure(Kind.ROWS))]
    for number, name in enumerate(sums):
        column = rules.columns.get(name.casefold())
        if column is None or column.least is None or column.name not in rules.tables[table]:
            text = _("The values of %s may not be summed.") % name[:100]
            raise field_problem(f"/sums/{number}", "not_summed", text)
        items.append(Item(f"sum({column.name})", measure=Measure(Kind.SUM, column)))
    return Question(table, tuple(items), "", (), None)


def _matchable(rules: Rules) -> list[str]:
    return [name for name, columns in rules.tables.items() if rules.match_column in columns]


def _points(content: bytes, pointer: str) -> Sequence[bytes]:
    """Return the points of a message of the buyer's. Raises Problem `invalid` at the pointer."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - an extra (clean-room)
    from private_set_intersection.python import Response, ServerSetup  # noqa: PLC0415

    try:
        if pointer == "/setup":
            points: Sequence[bytes] = ServerSetup.FromString(content).raw.encrypted_elements
        else:
            points = Response.FromString(content).encrypted_elements
    except DecodeError as error:
        raise field_problem(pointer, "malformed", _("It cannot be read as the message of the protocol.")) from error
    if not points or len(set(points)) < len(points) or any(len(point) != POINT_BYTES for point in points):
        text = _("Send at least one point of P-256, compressed, and each once.")
        raise field_problem(pointer, "not_points", text)
    return points
