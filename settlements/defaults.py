"""The fee schedules that a venue starts with, until it announces its own (settlements/data/fee_schedules.json)."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "fee_schedules.json"


def default_schedules(venue_code: str) -> Iterator[dict[str, Any]]:
    """Return the fields of the venue's first FeeSchedule rows, none for a venue that the file does not know."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    for row in document["schedules"].get(venue_code, []):
        for currency in document["currencies"]:
            yield {
                **row,
                "currency": currency,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "source": document["source"],
                "verified": False,
            }
