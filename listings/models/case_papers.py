"""What a route case takes: its papers, the filings made outside, and the clocks that the law sets."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from listings.models.papers import StoredPaper
from listings.models.route_cases import RouteCase


class OfCaseQuerySet(models.QuerySet["CasePaper"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(case__in=RouteCase.objects.visible_to(actor).values("pk"))


class CasePaper(StoredPaper):
    """One paper of a case, encrypted at rest; the last one of each code counts, and none is ever changed."""

    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="papers", verbose_name=_("route case"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("handed in for")
    )
    code = models.CharField(_("paper"), max_length=40)

    objects: ClassVar[OfCaseQuerySet] = OfCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("paper of a route case")
        verbose_name_plural = _("papers of route cases")
        ordering = ["-id"]
        indexes = [models.Index(fields=["case", "-id"], name="case_paper_by_case")]

    def __str__(self) -> str:
        return f"{self.code}: {self.name}"


class CaseFilingQuerySet(models.QuerySet["CaseFiling"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(case__in=RouteCase.objects.visible_to(actor).values("pk"))


class CaseFiling(Identified):
    """One filing with an authority, or one answer of it, as staff entered it from the paper; never changed."""

    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="filings", verbose_name=_("route case"))
    authority = models.CharField(_("authority"), max_length=40)
    step = models.CharField(_("step"), max_length=40)
    number = models.CharField(_("number given by the authority"), max_length=80, blank=True)
    on = models.DateField(_("on"))
    note = models.TextField(_("what the authority said"), blank=True)
    entered_by = models.UUIDField(_("entered by"))

    objects: ClassVar[CaseFilingQuerySet] = CaseFilingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        ordering = ["-id"]
        constraints = [
            # Of one authority a filing number is given once; an answer to it repeats the number under another step.
            models.UniqueConstraint(
                fields=["authority", "number", "step"], condition=~Q(number=""), name="filing_number_is_given_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.number}"


class StatutoryClockQuerySet(models.QuerySet["StatutoryClock"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(case__in=RouteCase.objects.visible_to(actor).values("pk"))

    def running(self) -> Self:
        return self.filter(stopped_at__isnull=True)


class StatutoryClock(Identified):
    """One time limit of a case: from which day, by whose calendar, until when (I9)."""

    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="clocks", verbose_name=_("route case"))
    code = models.CharField(_("time limit"), max_length=40)
    name = LanguageMapField(_("what must be done"), text_length=200)
    by = models.CharField(_("by whom"), max_length=40)
    calendar = models.CharField(_("calendar"), max_length=2, blank=True)
    count = models.PositiveSmallIntegerField(_("how many"))
    unit = models.CharField(_("unit"), max_length=12)
    started_on = models.DateField(_("started on"))
    due_at = models.DateTimeField(_("due at"))
    # Some counted day is in no published calendar: the date may still move.
    verified = models.BooleanField(_("by published calendars"))
    days_left = models.PositiveSmallIntegerField(_("days left while paused"), null=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True)
    overdue_at = models.DateTimeField(_("found overdue at"), null=True)

    objects: ClassVar[StatutoryClockQuerySet] = StatutoryClockQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("statutory clock")
        verbose_name_plural = _("statutory clocks")
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "code"], condition=Q(stopped_at__isnull=True), name="one_running_clock_by_case_and_code"
            )
        ]
        # The sweep looks for what is due soon among all that run.
        indexes = [
            models.Index(fields=["due_at"], condition=Q(stopped_at__isnull=True), name="statutory_clock_by_due_time")
        ]

    def __str__(self) -> str:
        return in_language(self.name)
