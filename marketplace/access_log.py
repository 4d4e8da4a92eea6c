"""The access log: who read what under which agreement, how much of it and with which digest, by every way.

It is no table of its own. Files, pushes, queries of tables, calls of interfaces, results of clean rooms and of compute
jobs are each written down where they are served, in the transaction without which nothing is served; here they are read
as one list, newest first. Each source is asked for one page by its own key, so the cost does not grow with the others.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, Person
from accounts.visibility import sees_everything
from kernel.actors import Actor
from kernel.digests import Digests
from kernel.spreadsheets import plain_cell
from marketplace.models import (
    AccessGrant,
    ComputeJob,
    GatewayCall,
    MarkedFile,
    PushedFile,
    RoomQuery,
    SharedFile,
    TableGrant,
)

BATCH = 500  # rows of an export that are held at a time


class Way(models.TextChoices):
    FILE = "FILE", _("file")
    PUSH = "PUSH", _("push to the buyer")
    TABLE = "TABLE", _("query of a table")
    CALL = "CALL", _("call of an interface")
    ROOM = "ROOM", _("result of a clean room")
    COMPUTE = "COMPUTE", _("result of a compute job")


@dataclass(frozen=True)
class Access:
    """One access. `reads` counts requests; `sha256` is of what was given, of several files over their digests."""

    id: UUID
    created_at: datetime
    way: str
    agreement: str
    entitlement_id: UUID
    buyer_id: UUID
    provider_id: UUID
    person_id: UUID | None
    client_id: UUID | None
    object: str
    bytes: int
    rows: int | None
    reads: int
    sha256: str
    first_read_at: datetime | None
    last_read_at: datetime | None


@dataclass(frozen=True)
class Source:
    """Where a way is written down: what leads to provider and entitlement, and its columns as `Access` has them.

    The last column are the files whose digests are looked up afterwards.
    """

    rows: Callable[[], QuerySet[Any]]
    provider: str
    entitlement: str
    columns: tuple[Any, ...]


@dataclass(frozen=True)
class AccessLog:
    """The accesses that an actor may see; it filters, orders and slices as a queryset does, so that pages are taken."""

    scopes: tuple[tuple[str, Any], ...]
    conditions: tuple[Q, ...] = ()
    ways: tuple[str, ...] = ()
    entitlement: UUID | None = None
    agreement: UUID | None = None

    def narrowed(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def filter(self, condition: Q) -> Self:
        return replace(self, conditions=(*self.conditions, condition))

    def order_by(self, *ordering: str) -> Self:
        """Newest first is the only order."""
        if ordering != ("-id",):
            raise ValueError(ordering)
        return self

    def __getitem__(self, page: slice) -> list[Access]:
        arms = [arm for source in SOURCES for arm in self._arms(source, page.stop)]
        if not arms:
            return []
        first, *others = arms
        # A party that sees a row on two grounds sees it once, hence no UNION ALL.
        found = first.union(*others).order_by("-id")[: page.stop] if others else first
        return _told(list(found))

    def _arms(self, source: Source, most: int) -> Iterator[QuerySet[Any]]:
        for lookup, value in self.scopes:
            rows = source.rows()
            if lookup:
                rows = rows.filter(**{source.provider if lookup == "provider" else lookup: value})
            if self.entitlement is not None:
                rows = rows.filter(**{source.entitlement: self.entitlement})
            if self.agreement is not None:
                rows = rows.filter(**{f"{source.entitlement}__agreement": self.agreement})
            for condition in self.conditions:
                rows = rows.filter(condition)
            if self.ways:
                rows = rows.alias(way=source.columns[0]).filter(way__in=self.ways)
            yield rows.order_by("-id").values_list("id", "created_at", *source.columns)[:most]


def access_log(actor: Actor) -> AccessLog:
    """Return what the actor may see: its organization's accesses as buyer and as provider, and those at its venues."""
    if sees_everything(actor):
        return AccessLog((("", None),))
    scopes: list[tuple[str, Any]] = []
    if actor.organization_id is not None:
        scopes += [("organization", actor.organization_id), ("provider", actor.organization_id)]
    if actor.venue_ids:
        scopes.append(("venue__in", sorted(actor.venue_ids)))
    return AccessLog(tuple(scopes))


def export_lines(log: AccessLog, form: str) -> Iterator[str]:
    """Yield the log as `csv` (RFC 4180; nothing in it runs as a formula) or `jsonl`, a batch at a time."""
    writers: Mapping[str, Callable[[Access], str]] = {"csv": _csv_line, "jsonl": _json_line}
    if form == "csv":
        yield _as_csv([field.name for field in fields(Access)])
    batch = log[:BATCH]
    while batch:
        yield from map(writers[form], batch)
        batch = log.filter(Q(id__lt=batch[-1].id))[:BATCH]


def shown_accesses(accesses: Sequence[Access]) -> list[dict[str, Any]]:
    """Return accesses as the console shows them, people by their names."""
    names = dict(Person.objects.filter(pk__in={each.person_id for each in accesses}).values_list("pk", "name"))
    return [
        {**asdict(each), "way_label": Way(each.way).label, "person": names.get(each.person_id, "–")}
        for each in accesses
    ]


def _told(rows: Sequence[tuple[Any, ...]]) -> list[Access]:
    """Return rows as accesses; the digests of tables' files are looked up at once for all of them."""
    wanted = {each for row in rows for each in row[-1] or ()}
    digests = dict(SharedFile.objects.filter(pk__in=wanted).values_list("pk", "sha256")) if wanted else {}
    accesses = []
    for *values, file_ids in rows:
        access = Access(*values)
        if file_ids:
            given = sorted(digests[each] for each in file_ids)
            whole = given[0] if len(given) == 1 else Digests("\n".join(given).encode()).sha256
            access = replace(access, sha256=whole)
        accesses.append(access)
    return accesses


def _csv_line(access: Access) -> str:
    return _as_csv([value if isinstance(value, int) else plain_cell(_text(value)) for value in _values(access)])


def _json_line(access: Access) -> str:
    return json.dumps(asdict(access), cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def _values(access: Access) -> list[Any]:
    return [getattr(access, field.name) for field in fields(access)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_csv(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


# --- the sources ----------------------------------------------------------------------------------------------------


def _text_of(expression: Any) -> Cast:
    return Cast(expression, CharField())


def _constant(value: Any, field: models.Field[Any, Any]) -> Cast:
    return Cast(Value(value, output_field=field), field)


NO_FILES = _constant([], ArrayField(UUIDField()))
NO_ROWS = _constant(None, BigIntegerField())
# Who asked for a file is a person, or an API client for which a person answers.
_CLIENT = ApiClient.objects.filter(pk=OuterRef("granted_to"))
_MARKED = MarkedFile.objects.filter(delivery=OuterRef("delivery"), file=OuterRef("file"))
_PUSHED = Exists(PushedFile.objects.filter(grant=OuterRef("pk")))


def _columns_of_result(title: str) -> tuple[Any, ...]:
    """Return the columns from the client on, of a row whose result is a delivery."""
    receipt = "delivery__receipt"
    return (
        _constant(None, UUIDField()),
        _text_of(Concat(Value(title), Cast("id", CharField()))),
        Cast(KeyTextTransform("bytes", receipt), BigIntegerField()) * F("reads"),
        Cast(KeyTextTransform("rows", receipt), BigIntegerField()),
        Cast("reads", BigIntegerField()),
        _text_of(KeyTextTransform("sha256", receipt)),
        F("first_read_at"),
        F("last_read_at"),
        NO_FILES,
    )


SOURCES = (
    Source(
        AccessGrant.objects.all,
        provider="entitlement__provider",
        entitlement="entitlement",
        columns=(
            Case(When(_PUSHED, then=Value(Way.PUSH.value)), default=Value(Way.FILE.value), output_field=CharField()),
            _text_of("entitlement__agreement__number"),
            F("entitlement_id"),
            F("organization_id"),
            F("entitlement__provider_id"),
            Coalesce(Subquery(_CLIENT.values("person")[:1]), F("granted_to"), output_field=UUIDField()),
            Subquery(_CLIENT.values("pk")[:1], output_field=UUIDField()),
            _text_of("file__name"),
            F("bytes_served"),
            NO_ROWS,
            Cast("reads", BigIntegerField()),
            _text_of(Coalesce(Subquery(_MARKED.values("sha256")[:1]), F("file__sha256"))),
            F("first_read_at"),
            F("last_read_at"),
            NO_FILES,
        ),
    ),
    Source(
        TableGrant.objects.all,
        provider="entitlement__provider",
        entitlement="entitlement",
        columns=(
            _constant(Way.TABLE.value, CharField()),
            _text_of("entitlement__agreement__number"),
            F("entitlement_id"),
            F("organization_id"),
            F("entitlement__provider_id"),
            Coalesce("recipient__person_id", "client__person_id", output_field=UUIDField()),
            F("client_id"),
            _text_of(Concat("table__name", Value(" v"), Cast("table__version__number", CharField()))),
            F("bytes_served"),
            F("rows"),
            Cast("reads", BigIntegerField()),
            _constant("", CharField()),
            F("first_read_at"),
            F("last_read_at"),
            F("file_ids"),
        ),
    ),
    Source(
        GatewayCall.objects.all,
        provider="provider",
        entitlement="entitlement",
        columns=(
            _constant(Way.CALL.value, CharField()),
            _text_of("entitlement__agreement__number"),
            F("entitlement_id"),
            F("organization_id"),
            F("provider_id"),
            F("person_id"),
            F("client_id"),
            _text_of(Concat("method", Value(" "), "path")),
            F("bytes_out"),
            NO_ROWS,
            _constant(1, BigIntegerField()),
            _text_of("sha256"),
            F("created_at"),
            F("ended_at"),
            NO_FILES,
        ),
    ),
    Source(
        lambda: RoomQuery.objects.filter(reads__gt=0),
        provider="provider",
        entitlement="room__entitlement",
        columns=(
            _constant(Way.ROOM.value, CharField()),
            _text_of("room__entitlement__agreement__number"),
            F("room__entitlement_id"),
            F("organization_id"),
            F("provider_id"),
            F("asked_by"),
            *_columns_of_result("query "),
        ),
    ),
    Source(
        lambda: ComputeJob.objects.filter(reads__gt=0),
        provider="provider",
        entitlement="entitlement",
        columns=(
            _constant(Way.COMPUTE.value, CharField()),
            _text_of("entitlement__agreement__number"),
            F("entitlement_id"),
            F("organization_id"),
            F("provider_id"),
            F("placed_by"),
            *_columns_of_result("compute job "),
        ),
    ),
)
