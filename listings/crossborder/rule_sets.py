"""The rule sets by which this exchange decides: shipped or proposed, compared, and switched on by a second person.

The engine (`rules.py`, `route.py`) knows no database; here are its rules as rows. A decision names its rule set and the
digest over it, so nothing here changes a rule set that is switched on, and none is switched on for days gone by.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder.changes import Change, Difference, changed_by, differences
from listings.crossborder.conditions import BadRuleSet
from listings.crossborder.facts import day_of, read_facts
from listings.crossborder.rule_form import check_form
from listings.crossborder.rules import FOLDER, RuleSet, amended, read_files, read_rule_set, resolved
from listings.models import RouteCase, RouteDecision, RouteRuleSet

State = RouteRuleSet.State
# Decided once and for all, or over: no rule changes these any more.
ENDED = frozenset(state for state in RouteCase.State if not RouteCase.MOVES.get(state))


def rules_in_force(day: date) -> RuleSet:
    """Return the rule set by which this exchange decides on `day` (of Asia/Shanghai). Raises LookupError for none."""
    found = RouteRuleSet.objects.switched_on().filter(effective_from__lte=day).order_by("-effective_from")
    row = found.values_list("name", "digest").first()
    if row is None:
        raise LookupError(f"no rule set is in force on {day}")
    return _built(*row)


def rules_named(name: str) -> RuleSet:
    """Return the rule set that a decision names. Raises LookupError when this exchange has none of that name."""
    digest = RouteRuleSet.objects.filter(name=name).values_list("digest", flat=True).first()
    if digest is None:
        raise LookupError(f"there is no rule set {name}")
    return _built(name, digest)


@transaction.atomic
def propose_rule_set(*, body: Mapping[str, Any], actor: Actor) -> RouteRuleSet:
    """Keep a rule set, whole or amending one that is switched on, for another person to switch on.

    Raises Problem `forbidden`, `invalid` with the place in the body that is wrong, or `rule_set_exists`.
    """
    require(actor, Permission.BORDER_RULES)
    rules = read_body(body)
    if RouteRuleSet.objects.filter(name=rules.name).exists():
        raise Problem("rule_set_exists")
    row = RouteRuleSet.objects.create(
        name=rules.name,
        effective_from=rules.effective_from,
        body=dict(body),
        digest=rules.digest,
        proposed_by=actor.person_id,
    )
    audit.record("routeruleset.proposed", subject=row, actor=actor, details=_told(row))
    return row


@transaction.atomic
def revise_rule_set(*, rule_set_id: UUID, body: Mapping[str, Any], actor: Actor) -> RouteRuleSet:
    """Put another text in the place of a proposed one. Whoever revises it counts as who proposed it.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or what `propose_rule_set` says of a body.
    """
    row = _proposed(rule_set_id, actor)
    rules = read_body(body)
    if RouteRuleSet.objects.filter(name=rules.name).exclude(pk=row.pk).exists():
        raise Problem("rule_set_exists")
    row.name, row.effective_from, row.body, row.digest = rules.name, rules.effective_from, dict(body), rules.digest
    row.proposed_by = actor.person_id
    row.save(update_fields=["name", "effective_from", "body", "digest", "proposed_by"])
    audit.record("routeruleset.revised", subject=row, actor=actor, details=_told(row))
    return row


@transaction.atomic
def switch_on_rule_set(*, rule_set_id: UUID, reason: str, actor: Actor) -> RouteRuleSet:
    """Let a proposed rule set decide from its day on; the audit event keeps how many open cases it would change.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `same_person` for whoever proposed it, or
    `rule_set_too_early` unless it comes into force later than every other and not before today.
    """
    row = _proposed(rule_set_id, actor)
    require_different_person(actor, made_by=row.proposed_by)
    said = require_reason(reason)
    others = RouteRuleSet.objects.switched_on()
    list(others.select_for_update().values_list("pk"))  # of two that are switched on at once, the second sees the first
    newest = others.aggregate(newest=Max("effective_from"))["newest"] or date.min
    if row.effective_from < day_of(timezone.now()) or row.effective_from <= newest:
        raise Problem("rule_set_too_early")
    changes = sum(1 for _change in impact_of(row))
    advance(
        row,
        to=State.SWITCHED_ON,
        actor=actor,
        reason=said,
        finding=said,
        details=_told(row) | {"open_cases_decided_otherwise": changes},
        switched_on_by=actor.person_id,
        switched_on_at=timezone.now(),
    )
    return row


@transaction.atomic
def withdraw_rule_set(*, rule_set_id: UUID, reason: str, actor: Actor) -> RouteRuleSet:
    """Take back a proposed rule set. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    row = _proposed(rule_set_id, actor)
    said = require_reason(reason)
    advance(row, to=State.WITHDRAWN, actor=actor, reason=said, finding=said)
    return row


def impact_of(row: RouteRuleSet) -> Iterator[Change[RouteCase]]:
    """Yield the open cases that a rule set would decide otherwise than the one before it, by the facts they rest on.

    Nothing is written: their decisions keep the rule set that made them, and an officer has them assessed anew.
    """
    before = rules_before(row)
    if before is None:
        return
    decisions = (
        RouteDecision.objects.exclude(case__state__in=ENDED)
        .select_related("case__organization", "case__recipient", "case__venue")
        .order_by("case_id", "-id")
        .distinct("case_id")
    )
    known = (
        (decision.case, read_facts(decision.body["facts"], undated=row.effective_from))
        for decision in decisions.iterator(chunk_size=500)
    )
    yield from changed_by(known, before, _built(row.name, row.digest))


def differences_of(row: RouteRuleSet) -> list[Difference]:
    """Return what a rule set changes in the text of the one before it, part by part."""
    before = rules_before(row)
    return differences(before.source if before else {}, _built(row.name, row.digest).source)


def rules_before(row: RouteRuleSet) -> RuleSet | None:
    """Return the rules in force on the day before a rule set, or None for the first."""
    try:
        return rules_in_force(row.effective_from - timedelta(days=1))
    except LookupError:
        return None


@transaction.atomic
def load_rule_sets() -> list[RouteRuleSet]:
    """Take the rule sets that come with this release into the rows, and return those that were new.

    An empty table takes them all as switched on: an exchange that opens decides by what it was opened with. Later
    releases only propose; a person of this exchange switches on what it decides by.
    """
    if RouteRuleSet._meta.db_table not in connection.introspection.table_names():
        return []  # the migrations were undone
    files = read_files(FOLDER)
    known = set(RouteRuleSet.objects.values_list("name", flat=True))
    new = {file["rule_set"]: file for file in files if file["rule_set"] not in known}
    if not new:
        return []
    state = State.PROPOSED if known else State.SWITCHED_ON
    rows = [
        RouteRuleSet(
            name=rules.name,
            effective_from=rules.effective_from,
            body=new[rules.name],
            digest=rules.digest,
            state=state,
            switched_on_at=None if known else timezone.now(),
        )
        for rules in map(read_rule_set, resolved(files))
        if rules.name in new
    ]
    RouteRuleSet.objects.bulk_create(rows)
    for row in rows if known else ():  # before an exchange opens there is nobody to tell
        audit.record("routeruleset.loaded", subject=row, actor=SYSTEM, details=_told(row))
    return rows


def _proposed(rule_set_id: UUID, actor: Actor) -> RouteRuleSet:
    row = find(RouteRuleSet.objects.visible_to(actor).select_for_update(), pk=rule_set_id)
    require(actor, Permission.BORDER_RULES)
    if row.state != State.PROPOSED:
        raise Problem("illegal_state", _("Only a proposed rule set can be changed, switched on or withdrawn."))
    return row


def read_body(body: Mapping[str, Any]) -> RuleSet:
    """Read a body as it is sent, with what it amends. Raises Problem `invalid` with the place that is wrong."""
    check_form(body)
    source: Mapping[str, Any] = body
    if "amends" in body:
        try:
            amends = RouteRuleSet.objects.switched_on().get(name=body["amends"])
        except RouteRuleSet.DoesNotExist as error:
            detail = _("No rule set of that name is switched on.")
            raise field_problem("/body/amends", "unknown", detail) from error
        if amends.effective_from >= date.fromisoformat(body["effective_from"]):
            detail = _("A rule set amends an earlier one.")
            raise field_problem("/body/effective_from", "too_early", detail)
        source = _built(amends.name, amends.digest).source
    try:
        return read_rule_set(amended(source, body) if "amends" in body else body)
    except BadRuleSet as bad:
        raise field_problem("/body", "bad_rule_set", str(bad)) from bad


@lru_cache(maxsize=32)
def _built(name: str, digest: str) -> RuleSet:
    """Return the rules of a row, read once by each process. Raises RuntimeError when its text is not what it was."""
    row = RouteRuleSet.objects.get(name=name)
    earlier = (
        RouteRuleSet.objects.switched_on().filter(effective_from__lt=row.effective_from).order_by("effective_from")
    )
    rules = read_rule_set(resolved([*earlier.values_list("body", flat=True), row.body])[-1])
    if rules.digest != digest:
        raise RuntimeError(f"rule set {name} is not the text that was switched on: {rules.digest}, not {digest}")
    return rules


def _told(row: RouteRuleSet) -> dict[str, Any]:
    return {"name": row.name, "effective_from": row.effective_from, "digest": row.digest}
