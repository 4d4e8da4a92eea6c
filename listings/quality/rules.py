"""The rules by which data loses quality points: sentences here, weights and points in dated data files.

The dimensions are those of GB/T 36344-2018. Each edition (listings/data/quality) says how much a rule can take, and at
which share of the values it takes that much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listings.editions import Edition, edition_on, editions

FILES = "quality/quality-rules-*.json"
DIMENSIONS = ("normativity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")

GRADES = ("A", "B", "C", "D")  # the best first

# Placeholders are filled from the parameters that a deduction keeps.
SENTENCES: Mapping[str, Promise] = {
    "missing_values": _("%(count)s of %(of)s values are missing in %(column)s."),
    "stand_ins": _("%(count)s values of %(column)s are not values but say that there is none (such as N/A or 无)."),
    "required_missing": _("%(count)s values are missing in %(column)s, which the provider declares as required."),
    "surrounding_space": _("%(count)s values of %(column)s begin or end with spaces."),
    "fullwidth_characters": _("%(count)s values of %(column)s have digits or Latin letters of full width."),
    "invisible_characters": _("%(count)s values of %(column)s have invisible characters."),
    "other_time_shapes": _("%(count)s times in %(column)s are written in another way than the rest: %(shapes)s."),
    "ambiguous_dates": _("%(count)s dates in %(column)s do not tell the day from the month."),
    "pattern_broken": _("%(count)s values of %(column)s do not have the declared pattern."),
    "format_misfits": _("%(count)s values of %(column)s are not what the others are (%(format)s)."),
    "check_digit_fails": _("%(count)s values of %(column)s have a wrong check digit (%(format)s)."),
    "unknown_codes": _("%(count)s values of %(column)s are no codes of GB/T 2260 although the others are."),
    "coordinates_out_of_range": _("%(count)s values of %(column)s cannot be coordinates (%(format)s)."),
    "impossible_dates": _("%(count)s dates in %(column)s do not exist."),
    "replacement_characters": _("%(count)s values of %(column)s have lost characters."),
    "garbled": _("%(count)s values of %(column)s are garbled: UTF-8 that was read as Latin text."),
    "misread": _("%(count)s values of %(column)s are garbled: UTF-8 that was read as GBK."),
    "outliers": _("%(count)s numbers in %(column)s lie far outside the others."),
    "type_broken": _("%(count)s values of %(column)s are not of the declared type %(declared)s."),
    "range_broken": _("%(count)s values of %(column)s lie outside the declared range."),
    "not_allowed": _("%(count)s values of %(column)s are not among those declared as allowed."),
    "unique_broken": _("%(count)s values of %(column)s occur again, although they are declared as unique."),
    "variants": _("%(count)s values of %(column)s differ from others only in case, width, spaces or script."),
    "mixed_scripts": _("About %(count)s values of %(column)s are in the other of the two Chinese scripts, or in both."),
    "mixed_types": _("%(column)s has values of different types."),
    "no_rows": _("There is no row."),
    "duplicate_rows": _("%(count)s rows are the same as earlier ones."),
    "repeated_identifiers": _("%(count)s values of %(column)s occur again, although the column looks like a key."),
    "swapped_coordinates": _("Longitude and latitude are swapped (%(column)s)."),
    "duplicate_columns": _("Column names are used more than once: %(names)s."),
    "blank_columns": _("Columns without a name: %(positions)s."),
    "no_header": _("The columns have no names."),
    "schema_columns_missing": _("Declared columns are not there: %(names)s."),
    "schema_columns_extra": _("Columns are not declared: %(names)s."),
    "late": _("The data end on %(last)s and were due again on %(due)s: %(days)s days late."),
    "period_not_covered": _("The data end on %(last)s, before the declared end of their period, %(declared)s."),
    "other_encoding": _("The text is in %(encoding)s instead of UTF-8."),
    "encoding_uncertain": _("The encoding cannot be told for certain."),
    "other_format": _("The file is %(format)s, not %(declared)s as declared."),
}


@dataclass(frozen=True)
class Rule:
    """One rule of an edition: at most `most` points of a dimension, all of them from the share `full_at` on."""

    code: str
    dimension: str
    most: float
    full_at: float
    ignored_above: float = float("inf")

    def points(self, share: float) -> float:
        """Return the points of the dimension that a share (0 or more) of the values takes."""
        return 0.0 if share > self.ignored_above else self.most * min(1.0, share / self.full_at)


def rules_on(day: date | None) -> Edition:
    """Return the edition in force on `day`; without a day, the newest."""
    return edition_on(FILES, day) if day else editions(FILES)[-1]


def rule(edition: Edition, code: str) -> Rule:
    """Return a rule of the edition. Raises KeyError if it has none of that code."""
    row = edition["column_rules"].get(code) or edition["table_rules"][code]
    return Rule(code=code, **row)


def grade_of(edition: Edition, score: float) -> str:
    """Return the grade of a score from 0 to 100."""
    return next(str(row["grade"]) for row in edition["grades"] if score >= row["from"])
