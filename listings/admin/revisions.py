"""Material edits of offered listings on the console: only what changes, side by side, to approve or to refuse."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.console_display import four_eyes
from listings import revising
from listings.models import ListingRevision, Product
from listings.release_words import change_sentence

State = ListingRevision.State


class NoteForm(forms.Form):
    """What the approver may add; the field is named as `act` expects it."""

    note = _("What changes takes the place of what is offered, at once.")
    reason = forms.CharField(
        label=_("Remark"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


@admin.register(ListingRevision)
class ListingRevisionAdmin(ConsoleAdmin):
    list_display = ("listing", "number", "organization", "venue", "state", "due_at", "submitted_by", "decided_by")
    list_filter = ("state", "venue")
    list_select_related = ("listing", "organization", "venue", "submitted_by", "decided_by")
    search_fields = ("listing__number", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("listing", "number", "state", "organization", "venue", "reason", "due_at")}),
        (_("What would change"), {"fields": ("side_by_side", "read_otherwise", "rule_set")}),
        (_("Four eyes"), {"fields": ("four_eyes", "submitted_by", "decided_by", "decided_at", "decision_note")}),
    )
    readonly_fields = ("side_by_side", "read_otherwise", "four_eyes")
    actions_detail = ("approve", "refuse")

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
        return four_eyes((revision.submitted_by,))

    @act(_("Approve"), permission=Permission.LISTING_APPROVE, states={State.SUBMITTED}, asks_reason=NoteForm)
    def approve(self, request: HttpRequest, revision: ListingRevision, actor: Actor, note: str) -> None:
        revising.approve_revision(revision_id=revision.pk, note=note, actor=actor)

    @act(_("Refuse"), permission=Permission.LISTING_APPROVE, states={State.SUBMITTED}, asks_reason=True, danger=True)
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
