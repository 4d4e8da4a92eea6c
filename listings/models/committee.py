"""The compliance committee's ballot on a listing with red items, and the votes in it."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.visibility import NOTHING, sees_everything
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.listings import Listing


class BallotQuerySet(models.QuerySet["Ballot"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the venue for its staff; the provider sees those on its own listings once they are closed."""
        if sees_everything(actor):
            return self.all()
        theirs = Q(venue__in=sorted(actor.venue_ids)) if actor.venue_ids else NOTHING
        return self.filter(theirs | (Q(organization=actor.organization_id) & ~Q(state=Ballot.State.OPEN)))


class Ballot(Identified, Stateful):
    """One ballot of the members who were seated when it opened, by the rule of the checklist edition.

    Fractions are pairs: `quorum` of the seats not recused must take part, `majority` of the votes for and against must
    be for. Once it is closed the database refuses any change.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        PASSED = "PASSED", _("passed")
        REFUSED = "REFUSED", _("refused")
        LAPSED = "LAPSED", _("without a quorum")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.OPEN: frozenset({State.PASSED, State.REFUSED, State.LAPSED}),
    }

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="ballots", verbose_name=_("listing"))
    submission = models.ForeignKey(
        "listings.Submission", models.PROTECT, related_name="ballots", verbose_name=_("submission")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    members = models.ManyToManyField("accounts.Person", related_name="+", verbose_name=_("members"))
    red_items = ArrayField(models.CharField(max_length=40), verbose_name=_("red items"), default=list, blank=True)
    quorum = ArrayField(models.PositiveSmallIntegerField(), size=2, verbose_name=_("quorum"))
    majority = ArrayField(models.PositiveSmallIntegerField(), size=2, verbose_name=_("majority"))
    opened_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("opened by"))
    closes_at = models.DateTimeField(_("closes at"))
    closed_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)
    counts = models.JSONField(_("votes counted"), default=dict)
    minutes = models.TextField(_("minutes"), blank=True)

    objects = BallotQuerySet.as_manager()

    class Meta:
        verbose_name = _("committee ballot")
        verbose_name_plural = _("committee ballots")
        constraints = [
            models.UniqueConstraint(fields=["listing"], condition=Q(state="OPEN"), name="one_open_ballot_by_listing"),
            models.CheckConstraint(
                condition=Q(state="OPEN") | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(minutes=""),
                name="closed_ballot_has_minutes",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="ballot_by_venue")]

    def __str__(self) -> str:
        return f"{self.listing}: {self.get_state_display()}"


class VoteQuerySet(models.QuerySet["Vote"]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own vote and, once the ballot is closed, those of the venue for its staff; secret until then."""
        closed = self.exclude(ballot__state=Ballot.State.OPEN)
        mine = Q(member=actor.person_id)
        if sees_everything(actor):
            return self.filter(mine | Q(pk__in=closed.values("pk")))
        if not actor.venue_ids:
            return self.none()
        return self.filter(mine | Q(pk__in=closed.values("pk")), ballot__venue__in=sorted(actor.venue_ids))


class Vote(Identified):
    """One member's vote; never changed."""

    class Choice(models.TextChoices):
        FOR = "FOR", _("for")
        AGAINST = "AGAINST", _("against")
        ABSTAIN = "ABSTAIN", _("abstains")
        RECUSED = "RECUSED", _("recused")

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="votes", verbose_name=_("ballot"))
    member = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("member"))
    choice = models.CharField(_("choice"), max_length=8, choices=Choice.choices)
    reason = models.TextField(_("reason"))

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("committee vote")
        verbose_name_plural = _("committee votes")
        constraints = [
            models.UniqueConstraint(fields=["ballot", "member"], name="one_vote_by_member"),
            models.CheckConstraint(condition=~Q(reason=""), name="vote_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.get_choice_display()}"
