"""What an exporter group has exported in a year against each line of the law."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from listings.crossborder.counting import exported
from listings.crossborder.facts import day_of
from listings.crossborder.parties import exporter_group
from listings.crossborder.rule_sets import rules_in_force


def export_year(organization_id: UUID, year: int | None = None) -> dict[str, Any]:
    """Return the persons of an exporter's group and year, and how far each line still is. `year` None: this year."""
    today = day_of(timezone.now())
    year = year or today.year
    group = exporter_group(organization_id)
    total = exported(group, year)
    rules = rules_in_force(today)
    counts = (("n_general", total.general), ("n_sensitive", total.sensitive))
    return {
        "organization_id": organization_id,
        "year": year,
        "group": group,
        "n_general": total.general,
        "n_sensitive": total.sensitive,
        "rule_set": rules.name,
        "lines": [
            {"count": count, "line": line, "persons": persons, "left": max(0, line - 1 - persons)}
            for count, persons in counts
            for line in rules.bounds.get(count, ())
        ],
    }
