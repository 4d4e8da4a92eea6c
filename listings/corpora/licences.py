"""The licence chain of a corpus: each source with its licence, and whether the whole may be offered under another.

The table is a dated data file (listings/data/corpora); this module only looks rows up. It is a reading of licences, no
legal advice, and a verdict names the rule set that gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listings.editions import Edition, edition_on

REASONS: Mapping[str, Promise] = {
    "attribution_lost": _("The source must be named, which the offered licence does not ask for."),
    "share_alike": _("What is made from the source must be offered under the source's own licence."),
    "non_commercial": _("The source may not be used commercially."),
    "no_derivatives": _("What is made from the source may not be passed on."),
    "contract_only": _("The contract with the source's holder does not allow a public licence."),
    "no_licence": _("Nobody has given leave to pass the source on."),
    "unknown_licence": _("The licence is not in the table: name it by its SPDX identifier."),
}


@dataclass(frozen=True)
class Source:
    """A source of a corpus: its name, its licence (SPDX identifier, or OWN, PUBLIC-DOMAIN, CONTRACT …), its share."""

    name: str
    licence: str
    url: str = ""
    collected_on: str = ""
    documents: int | None = None
    synthetic: bool = False


@dataclass(frozen=True)
class SourceVerdict:
    """Whether a source may be part of what is offered, why not, and what it asks of those who pass it on."""

    name: str
    licence: str
    compatible: bool
    reason: str
    duties: tuple[str, ...]


@dataclass(frozen=True)
class ChainVerdict:
    """Whether all sources may be offered under a licence together, by which rule set."""

    rule_set: str
    offered: str
    compatible: bool
    sources: tuple[SourceVerdict, ...]

    @property
    def duties(self) -> list[str]:
        """All that the sources ask for together."""
        return sorted({duty for source in self.sources for duty in source.duties})

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as it is kept; sentences are made again from reasons in each reader's language."""
        return {**asdict(self), "sources": [asdict(source) for source in self.sources], "duties": self.duties}


def rules_on(day: date) -> Edition:
    """Return the table in force on a day: "offered" (code to labels), "groups", "licences" (code to group)."""
    return edition_on("corpora/licences-*.json", day)


def offered_licences(day: date) -> list[str]:
    """Return the codes under which a corpus may be offered."""
    return list(rules_on(day)["offered"])


def judge_chain(sources: Iterable[Source], *, offered: str, on: date) -> ChainVerdict:
    """Judge whether these sources may be offered together under a licence; raises LookupError for one not offered."""
    rules = rules_on(on)
    if offered not in rules["offered"]:
        raise LookupError(f"{offered} is not among the offered licences of {rules['rule_set']}")
    judged = tuple(_judge(source, offered, rules) for source in sources)
    return ChainVerdict(rules["rule_set"], offered, bool(judged) and all(each.compatible for each in judged), judged)


def _judge(source: Source, offered: str, rules: Edition) -> SourceVerdict:
    group = rules["groups"].get(rules["licences"].get(source.licence, ""))
    if group is None:
        return SourceVerdict(source.name, source.licence, False, "unknown_licence", ())
    compatible = offered in group["offered_under"]
    reason = "" if compatible else group["otherwise"]
    return SourceVerdict(source.name, source.licence, compatible, reason, tuple(group["duties"]))
