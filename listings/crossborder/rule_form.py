"""The outer form of a rule set: which members it has and of what kind, before the engine reads what they mean."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from kernel.problems import FieldError, Problem, field_problem

SCHEMA = Path(__file__).parent.parent / "data" / "rule-set.schema.json"
MOST_ERRORS = 20


def check_form(body: Mapping[str, Any]) -> None:
    """Raise Problem `invalid`, with a pointer to each place (at most 20), unless a body has the form of a rule set."""
    errors = sorted(_validator().iter_errors(body), key=lambda error: list(map(str, error.absolute_path)))
    if errors:
        raise Problem(
            "invalid",
            errors=[
                FieldError("/".join(["/body", *map(str, error.absolute_path)]), "bad_rule_set", error.message[:300])
                for error in errors[:MOST_ERRORS]
            ],
        )
    try:
        date.fromisoformat(body["effective_from"])
    except ValueError as error:
        detail = _("Give a day as YYYY-MM-DD.")
        raise field_problem("/body/effective_from", "impossible_date", detail) from error


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
