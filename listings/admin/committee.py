"""The compliance committee on the console: its ballots, voting, and the minutes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from listings import committee
from listings.models import Ballot, Vote


class VoteForm(forms.Form):
    note = _("A vote is cast once. Nobody sees it before the ballot is closed; then the committee's staff do.")
    choice = forms.ChoiceField(label=_("Choice"), choices=Vote.Choice.choices, widget=UnfoldAdminSelectWidget())
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class MinutesForm(forms.Form):
    note = _("The minutes are signed with the count and never changed; the provider reads them.")
    reason = forms.CharField(
        label=_("Minutes"), max_length=20_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 12})
    )


class VoteInline(ReadOnlyInline):
    model = Vote
    fields = ("member", "choice", "reason", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return Vote.objects.exclude(ballot__state=Ballot.State.OPEN)


@admin.register(Ballot)
class BallotAdmin(ConsoleAdmin):
    list_display = ("listing", "venue", "state", "closes_at", "closed_by", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("listing", "venue", "closed_by")
    search_fields = ("listing__number",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("listing", "submission", "organization", "venue", "state", "red_items", "members")}),
        (_("Rule"), {"fields": ("quorum", "majority", "opened_by", "closes_at")}),
        (_("Outcome"), {"fields": ("counts", "minutes", "closed_by", "closed_at")}),
    )
    inlines = (VoteInline,)
    actions_detail = ("cast_vote", "close_ballot")

    @act(_("Vote"), permission=Permission.LISTING_VOTE, states={Ballot.State.OPEN}, asks_reason=VoteForm)
    def cast_vote(self, request: HttpRequest, ballot: Ballot, actor: Actor, said: dict[str, str]) -> None:
        committee.cast_vote(ballot_id=ballot.pk, choice=said["choice"], reason=said["why"], actor=actor)

    @act(
        _("Count and close"), permission=Permission.LISTING_ASSIGN, states={Ballot.State.OPEN}, asks_reason=MinutesForm
    )
    def close_ballot(self, request: HttpRequest, ballot: Ballot, actor: Actor, minutes: str) -> None:
        committee.close_ballot(ballot_id=ballot.pk, minutes=minutes, actor=actor)
