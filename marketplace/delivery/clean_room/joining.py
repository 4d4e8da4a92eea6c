"""A table of the buyer's own in the room: taken in, agreed as an input, and decrypted for one query at a time.

    SELECT mine.segment, count(*), avg(amount) FROM data JOIN mine USING (patient) GROUP BY ALL

Each identifier stands there once, so that a person of the provider's meets one row at most and the gate's arithmetic
holds as without a join; what comes out are groups of the provider's persons, never the buyer's rows.
"""

import hashlib
import os
import re
from io import BytesIO
from typing import NoReturn
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.problems import Problem, Text, field_problem
from kernel.states import advance
from listings.encryption import NONCE_BYTES, key_ring
from marketplace.delivery.clean_room.queries import locked_room
from marketplace.delivery.clean_room.rules import MATCH_KEY, rules_of
from marketplace.models import RoomTable

LARGEST_TABLE = 16 * 1024 * 1024  # bytes of CSV
MOST_COLUMNS = 50
_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]{0,62}")
State = RoomTable.State


@transaction.atomic
def send_table(*, room_id: UUID, content: bytes, actor: Actor) -> RoomTable:
    """Take a CSV of the buyer's in, in the place of the one before; where results need approval, it needs it too.

    One column is named as the room's match column and holds each identifier once. Raises Problem `not_found`,
    `forbidden`, `entitlement_not_active`, `matching_not_offered`, or `invalid` at `/table`.
    """
    room = locked_room(room_id, actor)
    rules = rules_of(room)
    if not rules.match_column:
        raise Problem("matching_not_offered")
    table = _read(content, rules.match_column)
    taken = {name.casefold() for columns in rules.tables.values() for name in columns} | {MATCH_KEY}
    for name in table.column_names[1:]:
        if name.casefold() in taken or not _NAME.fullmatch(name):
            _refuse("column", _("Give this column another name, in letters and digits: %s.") % name[:100])
    for before in room.buyer_tables.filter(state__in=(State.PROPOSED, State.AGREED)):
        advance(before, to=State.REPLACED, actor=actor, sealed=None)
    out = BytesIO()
    pq.write_table(table, out)
    number, nonce = uuid7(), os.urandom(NONCE_BYTES)
    key, wrapped = key_ring().new_data_key(owner=number)
    made = RoomTable.objects.create(
        id=number,
        room=room,
        organization_id=room.organization_id,
        provider_id=room.provider_id,
        venue_id=room.venue_id,
        state=State.PROPOSED if rules.needs_approval else State.AGREED,
        columns=[{"name": name, "type": _type_of(table.schema.field(name).type)} for name in table.column_names[1:]],
        rows=table.num_rows,
        sha256=hashlib.sha256(content).hexdigest(),
        wrapped_key=wrapped.wrapped,
        key_id=wrapped.key_id,
        sealed=nonce + AESGCM(key).encrypt(nonce, out.getvalue(), number.bytes),
        sent_by=actor.person_id,
    )
    audit.record("roomtable.sent", subject=made, actor=actor, details={"sha256": made.sha256, "rows": made.rows})
    return made


@transaction.atomic
def agree(*, table_id: UUID, actor: Actor) -> RoomTable:
    """Let the buyer join its table, as the provider. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    table = _of_provider(table_id, actor)
    advance(table, to=State.AGREED, actor=actor)
    return table


@transaction.atomic
def decline(*, table_id: UUID, reason: str, actor: Actor) -> RoomTable:
    """Keep the buyer's table out, and say why; it is forgotten. Raises as `agree`."""
    table = _of_provider(table_id, actor)
    advance(table, to=State.REFUSED, actor=actor, reason=require_reason(reason), sealed=None)
    return table


def _of_provider(table_id: UUID, actor: Actor) -> RoomTable:
    table = find(RoomTable.objects.visible_to(actor).select_for_update(of=("self",)), pk=table_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=table.provider_id)
    return table


def _read(content: bytes, match_column: str) -> pa.Table:
    """Return the table with its identifiers first, as text; raises Problem `invalid` at `/table`."""
    options = pa_csv.ConvertOptions(
        column_types={match_column: pa.string()}, null_values=[""], strings_can_be_null=True
    )
    try:
        content.decode()
        table = pa_csv.read_csv(BytesIO(content), convert_options=options)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        _refuse("malformed", _("It cannot be read as CSV in UTF-8 with a line of names."))
    names = table.column_names
    if len({name.casefold() for name in names}) < len(names) or names.count(match_column) != 1:
        _refuse("columns", _("Give each column its own name, and one that of the identifiers: %s.") % match_column)
    if not 1 < len(names) <= MOST_COLUMNS or table.num_rows == 0:
        _refuse("empty", _("Send at least one row, of the identifier and up to 49 columns more."))
    identifiers = table[match_column]
    if identifiers.null_count or pc.count_distinct(identifiers).as_py() < table.num_rows:
        _refuse("repeated", _("Each row has an identifier, and none has it twice."))
    others = [name for name in names if name != match_column]
    for name in others:
        if pa.types.is_null(table[name].type):
            _refuse("column", _("Give this column another name, in letters and digits: %s.") % name[:100])
    return table.select([match_column, *others]).rename_columns([MATCH_KEY, *others])


def _type_of(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "long"
    if pa.types.is_floating(kind):
        return "double"
    if pa.types.is_boolean(kind):
        return "boolean"
    return "date" if pa.types.is_date(kind) else "timestamp" if pa.types.is_timestamp(kind) else "string"


def _refuse(code: str, text: Text) -> NoReturn:
    raise field_problem("/table", code, text)
