"""The lines that describe a table and its files (PROTOCOL.md, "Protocol", "Metadata", "File", "Table changes")."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from kernel.languages import in_language
from marketplace.models import SharedFile
from marketplace.protocols.delta_sharing.granting import IssuedTableGrant
from marketplace.protocols.delta_sharing.shares import Table, Version

Line = Mapping[str, Any]
PROTOCOL: Line = {"protocol": {"minReaderVersion": 1}}


def metadata_line(table: Table, version: Version) -> Line:
    """Describe a version of a table; its schema is JSON inside a string."""
    shown = version.table
    rows = [file for file in shown.files.all() if file.kind == SharedFile.Kind.ROWS]
    fields = [{**column, "nullable": True, "metadata": {}} for column in shown.columns]
    return {
        "metaData": {
            # The same for every version, so that a client knows the table again.
            "id": str(table.versions[0].table.id),
            "name": table.name,
            "description": in_language(table.product.name),
            "format": {"provider": "parquet"},
            "schemaString": json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False),
            "partitionColumns": shown.partition_by,
            "configuration": {"enableChangeDataFeed": "true"},
            "version": version.number,
            "size": sum(file.size for file in rows),
            "numFiles": len(rows),
        }
    }


def file_line(kind: str, file: SharedFile, version: Version, issued: IssuedTableGrant) -> Line:
    """Describe a file and where it may be read for a while; `kind` is file, add or remove."""
    address = settings.PUBLIC_URL + reverse("delta-sharing-file", args=[file.id])
    body: dict[str, Any] = {
        "url": f"{address}?grant={issued.token}",
        "id": file.id.hex,
        "partitionValues": file.partition,
        "size": file.size,
        "expirationTimestamp": milliseconds(issued.grant.expires_at),
        "version": version.number,
        "timestamp": milliseconds(version.sealed_at),
    }
    if kind != "remove":
        body["stats"] = json.dumps(file.stats, ensure_ascii=False)
    return {kind: body}


def end_line(issued: IssuedTableGrant) -> Line:
    """End the stream, for clients that asked for such a line; others take it for a file."""
    return {"endStreamAction": {"minUrlExpirationTimestamp": milliseconds(issued.grant.expires_at)}}


def in_lines(lines: Iterator[Line]) -> bytes:
    """Return lines as newline-delimited JSON."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def milliseconds(moment: datetime) -> int:
    """Return a moment as the protocol counts: milliseconds since 1970 in UTC."""
    return int(moment.timestamp() * 1000)
