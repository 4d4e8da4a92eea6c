"""Decide routes for facts on standard input, one JSON object a line, with the engine alone."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, no_translations
from django.utils.translation import gettext as _

from kernel.digests import Json, canonical_json
from listings.crossborder.facts import BadFacts, day_of, read_facts
from listings.crossborder.lines import numbered_lines, read_line
from listings.crossborder.route import decide_route
from listings.crossborder.rule_sets import rules_in_force
from listings.crossborder.rules import GBA_VOLUME_POLICY, RuleSet, rules_on, with_parameter


class Command(BaseCommand):
    """Needs no database, no Redis and no network, but for `--in-force`, which reads the rules of this exchange."""

    help = (
        "Read the facts of transfers, one JSON object a line, and write a decision or an error for each. "
        "A decision names the rule set that decided; it does not vouch that the transfer is lawful."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="DATE",
            help="decide as on this day (YYYY-MM-DD) in Asia/Shanghai: facts without effective_date are taken to be "
            "of it, and no rules that came into force later are used. Without it: today for facts without a date",
        )
        parser.add_argument(
            "--in-force",
            action="store_true",
            help="decide by the rule sets that are switched on in this exchange's database, "
            "instead of those that came with this release",
        )
        parser.add_argument(
            "--gba-volume-policy", choices=("strict", "waived"), help="set the parameter of that name in the rule set"
        )

    @no_translations
    def handle(self, *, as_of: date | None, in_force: bool, gba_volume_policy: str | None, **_options: Any) -> None:
        undated = as_of or day_of(datetime.now(UTC))
        latest = as_of or date.max
        rules_of = rules_in_force if in_force else rules_on
        try:
            for number, line in numbered_lines(sys.stdin.buffer):
                try:
                    facts = read_facts(read_line(line), undated=undated)
                    rules = _rules(rules_of, min(facts.effective_date, latest), gba_volume_policy)
                    answer = decide_route(facts, rules).canonical()
                except BadFacts as error:
                    shown: dict[str, Json] = {
                        "code": error.code,
                        "field": error.field,
                        "detail": str(error.detail),
                        "line": number,
                    }
                    answer = canonical_json({"error": shown})
                sys.stdout.buffer.write(answer + b"\n")
                sys.stdout.buffer.flush()  # whoever feeds us line by line waits for each answer
        except BrokenPipeError:
            # The reader has seen enough; without this Python complains once more while it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rules(rules_of: Callable[[date], RuleSet], day: date, volume_policy: str | None) -> RuleSet:
    try:
        rules = rules_of(day)
    except LookupError as error:
        raise BadFacts("no_rule_set", "effective_date", _("No rule set was in force on that day.")) from error
    return with_parameter(rules, GBA_VOLUME_POLICY, volume_policy) if volume_policy else rules
