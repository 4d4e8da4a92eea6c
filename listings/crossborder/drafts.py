"""Drafts of a route case's papers: what the exchange knows, filled into dated templates, as DOCX or PDF in Chinese.

A draft is not a paper: the exporter completes what stands in 【】, signs it and hands it in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import find
from accounts.models import Organization
from accounts.places import divisions
from kernel import audit
from kernel.actors import Actor
from kernel.languages import in_language
from kernel.problems import Problem, field_problem
from listings.crossborder.border_dossier import border_dossier_of
from listings.crossborder.cases import require_exporter_or_officer
from listings.crossborder.deciding import latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.rendering import FORMS, Section
from listings.crossborder.route_sheets import papers_of
from listings.editions import Edition, edition_on
from listings.grade_confirmation import grading_of
from listings.models import RouteCase

BLANK = "【】"
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Draft:
    """A drafted paper: its file name, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


def drafts_of(case: RouteCase) -> list[str]:
    """Return the codes of the papers of a case's route for which there is a template."""
    templates = _templates()["papers"]
    return [code for code in papers_of(latest_decision(case), case.route) if code in templates] if case.route else []


def draft_paper(*, case_id: UUID, code: str, form: str, actor: Actor) -> Draft:
    """Return a draft of one of a case's papers as `docx` or `pdf`; that it was drawn up is recorded.

    Raises Problem `not_found`, `forbidden`, `illegal_state` before a route is chosen, or `invalid` for a paper that has
    no template or an unknown form.
    """
    related = ("organization", "recipient", "product", "version", "listing")
    case = find(RouteCase.objects.visible_to(actor).select_related(*related), pk=case_id)
    require_exporter_or_officer(case, actor)
    if not case.route:
        raise Problem("illegal_state", _("Choose the route first; it says which papers there are."), state=case.state)
    if code not in (drafted := drafts_of(case)):
        message = _("There are drafts of these papers: %(codes)s.") % {"codes": ", ".join(drafted)}
        raise field_problem("/code", "unknown_paper", message)
    if form not in FORMS:
        raise field_problem("/as", "unknown_value", _("Known values are: %(values)s.") % {"values": ", ".join(FORMS)})

    templates = _templates()
    template, values = templates["papers"][code], _values(case)
    writer = FORMS[form]
    content = writer.render(template["title"], list(_filled(template, values)), templates["note"])
    with transaction.atomic():
        details = {"code": code, "as": form, "edition": templates["edition"]}
        audit.record("routecase.paper_drafted", subject=case, actor=actor, details=details)
    return Draft(f"{case.number}-{template['title']}.{form}", writer.media_type, content)


def _templates() -> Edition:
    return edition_on("case-papers/case-papers-*.json", day_of(timezone.now()))


def _filled(template: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[Section]:
    def fill(text: str) -> str:
        return _SLOT.sub(lambda slot: values[slot[1]] or BLANK, text)

    for section in template["sections"]:
        yield Section(
            heading=fill(section["heading"]),
            paragraphs=tuple(map(fill, section.get("text", ()))),
            table=tuple((fill(label), fill(value)) for label, value in section.get("table", ())),
        )


def _values(case: RouteCase) -> dict[str, str]:
    decision = latest_decision(case)
    body, facts = decision.body, decision.body["facts"]
    hit = body["hits"][0]
    dossier = border_dossier_of(case.product)
    with translation.override("zh-Hans"):
        return {
            "case": case.number,
            "exporter": case.organization.legal_name,
            "exporter_identifier": _identifier(case.organization),
            "exporter_place": _place(case.organization),
            "recipient": case.recipient.legal_name,
            "recipient_identifier": _identifier(case.recipient),
            "recipient_place": _place(case.recipient),
            "product": f"{case.product.number} {in_language(case.product.name)}",
            "purpose": case.purpose,
            "scenario": dossier.get_scenario_display() if dossier else "",
            "grade": str(grading_of(case.version).grade.label),
            "n_general": f"{case.n_general or 0:,}",
            "n_sensitive": f"{case.n_sensitive or 0:,}",
            "total_general": f"{facts['n_general'] or 0:,}",
            "total_sensitive": f"{facts['n_sensitive'] or 0:,}",
            "counted_from": body["counted_from"],
            "fields": "、".join(_fields(case)) or "未发现个人信息字段",
            "onward": "是" if case.onward_transfer_outside_gba else "否",
            "route": case.route,
            "rule_set": decision.rule_set,
            "as_of": str(decision.as_of),
            "citation": hit["citation"],
            "reason": decision.reason or hit["reason"]["zh-Hans"],
            "sha256": decision.sha256,
            "port": str(case.get_port_display()) if case.port else "",
            "network": case.recipient_network,
            "effective_on": str(case.contract_effective_on or ""),
            "ends_on": str(case.valid_until or ""),
        }


def _identifier(organization: Organization) -> str:
    return f"{organization.identifier_kind} {organization.identifier}"


def _place(organization: Organization) -> str:
    division = divisions().get(organization.division_code, "")
    return " ".join(part for part in (organization.jurisdiction, division) if part)


def _fields(case: RouteCase) -> list[str]:
    """Return the columns in which the scan found personal data, each with its class."""
    profiles = [file.profile or {} for file in case.version.files.order_by("name")]
    found = [finding for profile in profiles for finding in profile.get("findings", [])]
    return [f"{finding['column']}（{finding['code']}）" for finding in found]
