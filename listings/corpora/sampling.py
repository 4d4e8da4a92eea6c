"""Samples of a version for people to read: drawn by a seed, judged by a filled sheet, passed by share.

Which rows a sample has follows from its seed alone, so that anybody can draw it again and nobody can choose. The rules
are a dated data file (listings/data/corpora).
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem, field_problem
from kernel.states import advance
from listings.corpora.sheets import Judgement
from listings.editions import Edition, edition_on
from listings.models import CorpusSampling, DatasetVersion
from listings.profiling.arrow import arrow
from listings.profiling.statistics import scrambled

CHUNK_ROWS = 1 << 20
MOST_SEED = 2**63 - 1
MOST_TOLD = 20
NORMAL = {0.95: 1.959964}  # two-sided quantiles of the normal distribution


def rules_on(day: date) -> Edition:
    """Return the protocol in force on a day."""
    return edition_on("corpora/sampling-*.json", day)


@transaction.atomic
def draw_sample(*, version_id: UUID, seed: int | None = None, size: int | None = None, actor: Actor) -> CorpusSampling:
    """Draw a sample of a version's rows, by its provider or by staff who review it.

    Without a seed one is chosen by chance; without a size the sample has as many items as the protocol asks for, or all
    rows of a version that has fewer. Raises Problem `not_found`, `forbidden`, `illegal_state` before the version is
    ready, or `invalid` for fewer items than the protocol asks for.
    """
    version = find(DatasetVersion.objects.visible_to(actor), pk=version_id)
    by_exchange = require_reader(actor, version)
    if version.state != DatasetVersion.State.READY or not version.rows:
        raise Problem("illegal_state", _("Only a version that is ready and has rows is sampled."), state=version.state)
    rules = rules_on(timezone.localdate())
    least = min(rules["least_items"], version.rows)
    wanted = least if size is None else size
    most = min(rules["most_items"], version.rows)
    if not least <= wanted <= most:
        bounds = {"least": least, "most": most}
        raise field_problem("/size", "invalid", _("A sample has from %(least)d to %(most)d items.") % bounds)

    sampling = CorpusSampling.objects.create(
        version=version,
        organization_id=version.organization_id,
        seed=secrets.randbelow(MOST_SEED) if seed is None else seed,
        size=wanted,
        population=version.rows,
        rule_set=rules["rule_set"],
        drawn_by=_person_of(actor),
        by_exchange=by_exchange,
    )
    details = {"version": str(version.id), "seed": sampling.seed, "size": wanted}
    audit.record("corpussampling.drawn", subject=sampling, actor=actor, details=details)
    return sampling


def chosen_rows(sampling: CorpusSampling) -> list[int]:
    """Return the rows of a sample, in order, from 1 through all files of the version as they are ordered by name."""
    best_rows, best_order = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    offset = np.uint64(sampling.seed)
    for start in range(1, sampling.population + 1, CHUNK_ROWS):
        rows = np.arange(start, min(start + CHUNK_ROWS, sampling.population + 1), dtype=np.int64)
        mixed = scrambled(arrow.array(rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + offset))
        order = mixed.to_numpy(zero_copy_only=False)
        best_rows, best_order = np.concatenate((best_rows, rows)), np.concatenate((best_order, order))
        kept = np.argsort(best_order, kind="stable")[: sampling.size]
        best_rows, best_order = best_rows[kept], best_order[kept]
    return sorted(best_rows.tolist())


@transaction.atomic
def judge_sample(
    *, sampling_id: UUID, judgements: Sequence[Judgement], sheet_sha256: str, actor: Actor
) -> CorpusSampling:
    """Take what people found in the items of a sample; it passes or fails by the share that passed.

    Every item must be judged, each once. Raises Problem `not_found`, `forbidden`, `illegal_state` for a sample that is
    judged already, or `invalid` with a pointer for each line of the sheet that is wrong.
    """
    sampling = find(CorpusSampling.objects.visible_to(actor).select_for_update(of=("self",)), pk=sampling_id)
    require_reader(actor, sampling.version)
    if sampling.state != CorpusSampling.State.DRAWN:
        raise Problem("illegal_state", _("The sample is judged already."), state=sampling.state)
    rules = edition_on("corpora/sampling-*.json", timezone.localdate(sampling.created_at))
    if errors := list(_errors(judgements, chosen_rows(sampling), rules))[:MOST_TOLD]:
        raise Problem("invalid", errors=errors)

    result = _result(judgements, rules)
    advance(
        sampling,
        to=CorpusSampling.State.PASSED if result["pass_share"] >= result["least"] else CorpusSampling.State.FAILED,
        actor=actor,
        details={"pass_share": result["pass_share"], "sheet_sha256": sheet_sha256},
        result=result,
        judged_by=_person_of(actor),
        judged_at=timezone.now(),
        sheet_sha256=sheet_sha256,
    )
    return sampling


def require_reader(actor: Actor, version: DatasetVersion) -> bool:
    """Let the provider's people and reviewing staff read a sample; tell whether it is the exchange that does."""
    if actor.organization_id == version.organization_id:
        require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    else:
        require(actor, Permission.LISTING_REVIEW)
    return actor.organization_id != version.organization_id


def _person_of(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Problem("forbidden")
    return actor.person_id


def _errors(judgements: Sequence[Judgement], rows: Sequence[int], rules: Edition) -> Iterator[FieldError]:
    wanted, seen = set(rows), set[int]()
    for judgement in judgements:
        pointer = f"/lines/{judgement.line}"
        if judgement.row not in wanted:
            yield FieldError(pointer, "unknown_item", _("There is no such item in the sample."))
        elif judgement.row in seen:
            yield FieldError(pointer, "repeated_item", _("The item stands in the sheet twice."))
        elif judgement.passed is None:
            yield FieldError(pointer, "verdict_missing", _("Write PASS or FAIL."))
        elif not judgement.passed and judgement.reason not in rules["reasons"]:
            yield FieldError(pointer, "reason_missing", _("Give a reason: %s.") % ", ".join(rules["reasons"]))
        seen.add(judgement.row)
    if missing := sorted(wanted - seen):
        told = ", ".join(map(str, missing[:MOST_TOLD]))
        yield FieldError("/lines", "items_missing", _("Items are missing from the sheet: %s.") % told)


def _result(judgements: Sequence[Judgement], rules: Edition) -> dict[str, Any]:
    items, passed = len(judgements), sum(bool(judgement.passed) for judgement in judgements)
    low, high = wilson(passed, items, confidence=rules["confidence"])
    return {
        "items": items,
        "passed": passed,
        "pass_share": round(passed / items, 6),
        "interval": [round(low, 6), round(high, 6)],
        "confidence": rules["confidence"],
        "least": rules["least_pass_share"],
        "reasons": dict(sorted(Counter(each.reason for each in judgements if not each.passed).items())),
    }


def wilson(passed: int, items: int, *, confidence: float) -> tuple[float, float]:
    """Return the interval (Wilson's score) in which the share of the whole lies with that confidence."""
    z = NORMAL[confidence]
    share = passed / items
    middle = (share + z * z / (2 * items)) / (1 + z * z / items)
    half = z / (1 + z * z / items) * math.sqrt(share * (1 - share) / items + z * z / (4 * items * items))
    return max(0.0, middle - half), min(1.0, middle + half)
