"""The forms that reviewers fill in on the console: the checklist of a stage, and what is to be corrected."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import Affiliation
from accounts.permissions import ROLE_PERMISSIONS
from kernel.languages import in_language
from listings.checklists import Answer, ChecklistItem, Correction
from listings.models import Listing, ListingRevision
from listings.review_rules import case_of
from listings.revision_stages import questions_of

NOTE_LENGTH = 2000


def checklist_form(listing: Listing) -> type[forms.Form]:
    """Return a form with a tick and a remark for every item of the listing's present stage."""
    return _ticks_form(_items(listing))


def revision_form(revision: ListingRevision) -> type[forms.Form]:
    """Return the same form for the present stage of a revision."""
    return _ticks_form(questions_of(revision) if revision.state == ListingRevision.State.SUBMITTED else ())


def _ticks_form(items: Sequence[ChecklistItem]) -> type[forms.Form]:
    fields: dict[str, object] = {}
    for item in items:
        label = in_language(item.label)
        fields[item.code] = forms.BooleanField(label=label, widget=UnfoldBooleanWidget())
        fields[_note(item.code)] = forms.CharField(
            label=_("Remark"),
            required=False,
            max_length=NOTE_LENGTH,
            widget=UnfoldAdminTextInputWidget(
                attrs={"placeholder": _("Remark"), "aria-label": _now("Remark: %s") % label}
            ),
        )
    note = _("Every item must be met; otherwise ask for a correction or reject.")
    return type("ChecklistForm", (forms.Form,), {"note": note, **fields})


def corrections_form(listing: Listing) -> type[forms.Form]:
    """Return a form with a line for every item of the stage; what is left empty needs no correction."""
    fields: dict[str, object] = {
        item.code: forms.CharField(
            label=in_language(item.label),
            required=False,
            max_length=NOTE_LENGTH,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        )
        for item in _items(listing)
    }
    note = _(
        "Say everything at once: a later request of this stage may only repeat what is still open, or name what "
        "has changed."
    )
    return type("CorrectionsForm", (forms.Form,), {"note": note, **fields})


def answers_of(cleaned: dict[str, Any]) -> dict[str, Answer]:
    """Return what a filled-in checklist form says."""
    ticks = {code: ok for code, ok in cleaned.items() if isinstance(ok, bool)}
    return {code: Answer(ok=ok, note=cleaned[_note(code)]) for code, ok in ticks.items()}


def corrections_of(cleaned: dict[str, str]) -> list[Correction]:
    """Return what a filled-in corrections form asks for."""
    return [Correction(code, reason) for code, reason in cleaned.items() if reason.strip()]


def officers_form(listing: Listing) -> type[forms.Form]:
    """Return a form with the officers of the listing's present stage to choose from."""
    permission = case_of(listing).stage.permission
    roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
    officers = Affiliation.objects.filter(organization=listing.venue.operator_id, role__in=roles)
    chosen = [(str(each.person_id), str(each.person)) for each in officers.select_related("person")]
    field = forms.ChoiceField(label=_("Officer"), choices=chosen, widget=UnfoldAdminSelectWidget())
    note = _("Whoever submitted it, belongs to the provider or has decided a stage that bars them is refused.")
    return type("OfficersForm", (forms.Form,), {"note": note, "reason": field})


def _note(code: str) -> str:
    return f"{code}-note"


def _items(listing: Listing) -> Sequence[ChecklistItem]:
    return case_of(listing).items if listing.state in Listing.UNDER_REVIEW else ()
