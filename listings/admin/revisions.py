"""Material edits of offered listings on the console: only what changes, side by side, to approve or to refuse."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import four_eyes
from listings import revising, revision_stages
from listings.admin.review_forms import answers_of, revision_form
from listings.models import ListingRevision, Product, RevisionReview
from listings.release_words import change_sentence

State = ListingRevision.State


class RevisionReviewInline(ReadOnlyInline):
    model = RevisionReview
    fields = ("stage", "reviewer", "edition", "checklist", "created_at")
    show_change_link = False


@admin.register(ListingRevision)
class ListingRevisionAdmin(ConsoleAdmin):
    list_display = ("listing", "number", "organization", "venue", "state", "stage", "stage_due_at", "submitted_by")
    list_filter = ("state", "stage", "venue")
    list_select_related = ("listing", "organization", "venue", "submitted_by")
    search_fields = ("listing__number", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("listing", "number", "state", "organization", "venue", "reason", "due_at")}),
        (_("Review"), {"fields": ("edition", "stages", "stage", "stage_due_at")}),
        (_("What would change"), {"fields": ("side_by_side", "read_otherwise", "rule_set")}),
        (_("Four eyes"), {"fields": ("four_eyes", "submitted_by", "decided_by", "decided_at", "decision_note")}),
    )
    readonly_fields = ("side_by_side", "read_otherwise", "four_eyes")
    inlines = (RevisionReviewInline,)
    actions_detail = ("pass_stage", "approve", "refuse")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Offer the acts of its stage to the officers of that stage alone."""
        revision = self.get_object(request, object_id)
        offered = super().get_actions_detail(request, object_id)
        if revision is None or revision.state != State.SUBMITTED:
            return offered
        if not actor_in_console(request).may(revision_stages.stage_of(revision).permission):
            return []
        hidden = "pass_stage" if revision.stage == revision.stages[-1] else "approve"
        return [each for each in offered if each.method.__name__ != hidden]

    @admin.display(description=_("side by side"))
    def side_by_side(self, revision: ListingRevision) -> SafeString:
        """Lay out each changed field as it is offered and as it would be."""
        rows = format_html_join(
            "",
            '<tr><th class="px-2 text-left">{}{}</th><td class="px-2">{}</td><td class="px-2">{}</td></tr>',
            (
                (
                    label_of(change["field"]),
                    " *" if change["material"] else "",
                    shown(change["before"]),
                    shown(change["after"]),
                )
                for change in revision.changes
            ),
        )
        head = format_html_join(
            "", '<th class="px-2 text-left">{}</th>', ((name,) for name in (_("field"), _("offered"), _("proposed")))
        )
        note = _now("* why it is reviewed")
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p>{}</p>", head, rows, note)

    @admin.display(description=_("what readers find otherwise"))
    def read_otherwise(self, revision: ListingRevision) -> SafeString | str:
        sentences = ((change_sentence(change),) for change in revising.schema_changes_of(revision))
        return format_html_join("", "<div>{}</div>", sentences) or "–"

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, revision: ListingRevision) -> SafeString | str:
        return four_eyes((revision.submitted_by, *(each.reviewer for each in revision.reviews.all())))

    @act(_("Pass the stage"), permission=Permission.CONSOLE_USE, states={State.SUBMITTED}, asks_reason=revision_form)
    def pass_stage(
        self, request: HttpRequest, revision: ListingRevision, actor: Actor, checklist: dict[str, Any]
    ) -> None:
        revision_stages.pass_revision_stage(
            revision_id=revision.pk, stage=revision.stage, answers=answers_of(checklist), actor=actor
        )

    @act(_("Approve"), permission=Permission.LISTING_APPROVE, states={State.SUBMITTED}, asks_reason=revision_form)
    def approve(self, request: HttpRequest, revision: ListingRevision, actor: Actor, checklist: dict[str, Any]) -> None:
        revising.approve_revision(revision_id=revision.pk, answers=answers_of(checklist), actor=actor)

    @act(_("Refuse"), permission=Permission.CONSOLE_USE, states={State.SUBMITTED}, asks_reason=True, danger=True)
    def refuse(self, request: HttpRequest, revision: ListingRevision, actor: Actor, reason: str) -> None:
        revising.refuse_revision(revision_id=revision.pk, reason=reason, actor=actor)


PARTS = {"version_id": _("version"), "terms_id": _("terms"), "plan_ids": _("plans")}


def label_of(field: str) -> str:
    """Return what people call a part of a listing or a field of the dossier."""
    columns = {column.name: column.verbose_name for column in Product._meta.concrete_fields}
    return str(PARTS.get(field) or columns[field])


def shown(value: Any) -> SafeString | str:
    """Return a value as people read it: texts line by line, the rest as JSON."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and all(isinstance(each, str | int) for each in value.values()):
        return format_html_join("", "<div>{}: {}</div>", value.items())
    return json.dumps(value, ensure_ascii=False)
