"""A small world for the evidence log: things that happen, people who do them, and somebody who cheats."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from kernel import audit
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.certificates import issue_certificate, state_certificate
from kernel.identifiers import uuid7
from kernel.keys import trusted_keys
from kernel.log_audit import LogAudit
from kernel.models import AuditEvent, Certificate, LogKey


def happened(action: str = "door.opened", *, subject: str = "front", **details: Any) -> AuditEvent:
    """Record an event about a made-up subject; any model will do, a number series is the smallest."""
    recorded = audit.record(action, subject=LogKey(key_id=subject), actor=SYSTEM, details=details)
    return AuditEvent.objects.get(id=recorded)


def somebody(organization_id: UUID | None = None, *venue_ids: UUID, permissions: tuple[str, ...] = ()) -> Actor:
    """Return a person of an organization, staff of the given venues."""
    person = uuid7()
    return Actor(
        kind=ActorKind.PERSON,
        id=person,
        person_id=person,
        organization_id=organization_id,
        venue_ids=frozenset(venue_ids),
        permissions=frozenset(permissions),
    )


def stated(subject: str = "GZ-O-2026-000001", **changes: Any) -> Certificate:
    """State a trade certificate about a made-up order."""
    price = {"amount": "1200.00", "currency": "CNY"}
    statement = {"price": price, "product": {"zh-Hans": "公交到站数据"}, "rows": 50_000}
    arguments: dict[str, Any] = {
        "kind": "trade",
        "subject": LogKey(key_id=subject),
        "number": f"C-{subject}",
        "statement": statement,
        "actor": SYSTEM,
        "organization_id": None,
        "venue_id": None,
    }
    return state_certificate(**arguments | changes)


def issued(subject: str = "GZ-O-2026-000001", **changes: Any) -> Certificate:
    """State a certificate and issue it at once, as the job does."""
    return issue_certificate(certificate_id=stated(subject, **changes).id)


def faults() -> list[str]:
    """Check the whole log and return what is wrong with it."""
    log = LogAudit(trusted_keys())
    log.run()
    return log.faults


@contextmanager
def a_cheat_with_the_database_password() -> Iterator[Any]:
    """Yield a cursor for which no trigger fires, as for somebody who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def leaves_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Walk over every value of a JSON document that has no members, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves_of(item, (*path, place))
    else:
        yield path, value


def with_changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return a copy of a JSON document with one value replaced."""
    copy = json.loads(json.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy
