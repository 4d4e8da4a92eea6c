"""The rules of a clean room, as a provider declares them in the terms: what may be asked of data that never leave.

They are frozen with the terms and copied into the agreement; marketplace/delivery/clean_room obeys them.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from kernel.problems import FieldError
from listings.models import Product
from listings.product_types import OPEN_DELIVERIES

WAY = "PRIVACY_COMPUTING"
MOST_EPSILON = Decimal(100)
LEAST_EPSILON = Decimal("0.01")
MOST_COLUMNS = 500
MOST_TEMPLATES = 50
LONGEST_NAME = 200
LONGEST_SQL = 16_384  # characters
LARGEST_BOUND = 10**12
MOST_PLACES = 4
DECISION_DAYS = 10  # in which a provider decides on a held result, unless its rules say otherwise
MOST_DECISION_DAYS = 90


class Approval(models.TextChoices):
    """Who lets a result out."""

    RULE = "RULE", gettext_lazy("the rules alone")
    PROVIDER = "PROVIDER", gettext_lazy("the provider, each time")


class ParameterKind(models.TextChoices):
    """What a parameter of a template takes."""

    TEXT = "TEXT", gettext_lazy("text")
    INTEGER = "INTEGER", gettext_lazy("whole number")
    DATE = "DATE", gettext_lazy("date")


def room_errors(rules: Mapping[str, Any], product: Product) -> Iterator[FieldError]:
    """Yield what is wrong with the rules of a room for this product; their shape has been checked by the API."""
    if not rules:
        if OPEN_DELIVERIES.intersection(product.deliveries) == {WAY}:
            text = _("What is delivered by privacy computing alone needs the rules of its clean room.")
            yield FieldError("/clean_room", "required", text)
        return
    if WAY not in product.deliveries:
        yield FieldError("/clean_room", "not_delivered_so", _("The product is not delivered by privacy computing."))
    least = product.type_fields.get("smallest_group") or 0
    if rules["min_group"] < least:
        text = _("The product's dossier promises groups of at least %d.") % least
        yield FieldError("/clean_room/min_group", "smaller_than_promised", text)
    names = [column["name"].casefold() for column in rules["columns"]]
    if len(names) > MOST_COLUMNS or len(rules.get("templates", [])) > MOST_TEMPLATES:
        yield FieldError("/clean_room", "too_many", _("A room has at most 500 columns and 50 templates."))
    if len(set(names)) < len(names):
        yield FieldError("/clean_room/columns", "repeated", _("Give each value once."))
    for number, column in enumerate(rules["columns"]):
        if ("least" in column) != ("greatest" in column) or column.get("least", 0) > column.get("greatest", 0):
            text = _("A column that may be summed has a least and a greatest value, in this order.")
            yield FieldError(f"/clean_room/columns/{number}", "no_bounds", text)
    if rules.get("person_column", "").casefold() in names:
        text = _("The column that tells persons apart may not be asked for.")
        yield FieldError("/clean_room/person_column", "identifies", text)
    match = rules.get("match_column", "")
    if match and (match.casefold() in names or match != rules.get("person_column", match)):
        text = _("The column by which buyers match may not be asked for, and tells persons apart where one does.")
        yield FieldError("/clean_room/match_column", "identifies", text)
    if rules.get("templates_only") and not rules.get("templates"):
        yield FieldError("/clean_room/templates", "required", _("Without a template nothing could be asked."))
    yield from _template_errors(rules.get("templates", []))


def _template_errors(templates: list[Mapping[str, Any]]) -> Iterator[FieldError]:
    codes = [template["code"] for template in templates]
    if len(set(codes)) < len(codes):
        yield FieldError("/clean_room/templates", "repeated", _("Give each value once."))
    for number, template in enumerate(templates):
        try:
            statements = parse(template["sql"], dialect="duckdb")
        except (SqlglotError, RecursionError):
            statements = []
        if len(statements) != 1 or not isinstance(statements[0], exp.Select):
            text = _("A template is one SELECT.")
            yield FieldError(f"/clean_room/templates/{number}/sql", "not_a_select", text)
            continue
        wanted = {str(place.name) for place in statements[0].find_all(exp.Placeholder)}
        if wanted != {parameter["name"] for parameter in template.get("parameters", [])}:
            text = _("Declare every parameter of the template (:name), and no other.")
            yield FieldError(f"/clean_room/templates/{number}/parameters", "other_parameters", text)
