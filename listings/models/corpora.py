"""What is declared and found of a version that is sold as a corpus: its licence chain, and samples read by people."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.datasets import SHA256_HEX, DatasetVersion, owned_or_listed


class LicenceChainQuerySet(models.QuerySet["LicenceChain"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class LicenceChain(Identified):
    """The sources of a version with their licences, as declared; the last declaration counts, and none is changed."""

    version = models.ForeignKey(
        DatasetVersion, models.PROTECT, related_name="licence_chains", verbose_name=_("version")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    offered = models.CharField(_("offered licence"), max_length=40)
    sources = models.JSONField(_("sources"))
    verdict = models.JSONField(_("verdict"))
    compatible = models.BooleanField(_("compatible"))
    rule_set = models.CharField(_("rule set"), max_length=60)
    declared_by = models.UUIDField(_("declared by"))

    objects = LicenceChainQuerySet.as_manager()

    class Meta:
        verbose_name = _("licence chain")
        verbose_name_plural = _("licence chains")
        ordering = ["-id"]
        # The last one of a version is asked for whenever the version is offered.
        indexes = [models.Index(fields=["version", "-id"], name="licence_chain_by_version")]

    def __str__(self) -> str:
        return f"{self.version}: {self.offered}"


class CorpusSamplingQuerySet(models.QuerySet["CorpusSampling"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class CorpusSampling(Identified, Stateful):
    """A sample of a version's rows for people to read: which ones follows from its seed; and what they found."""

    class State(models.TextChoices):
        DRAWN = "DRAWN", _("drawn")
        PASSED = "PASSED", _("passed")
        FAILED = "FAILED", _("failed")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.DRAWN: frozenset({State.PASSED, State.FAILED})}

    version = models.ForeignKey(
        DatasetVersion, models.PROTECT, related_name="corpus_samplings", verbose_name=_("version")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAWN)
    seed = models.BigIntegerField(_("seed"))
    size = models.PositiveIntegerField(_("items"))
    population = models.BigIntegerField(_("rows of the version"))
    rule_set = models.CharField(_("rule set"), max_length=60)
    drawn_by = models.UUIDField(_("drawn by"))
    by_exchange = models.BooleanField(_("by the exchange"), default=False)
    result = models.JSONField(_("result"), null=True, blank=True)
    judged_by = models.UUIDField(_("judged by"), null=True, blank=True)
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    sheet_sha256 = models.CharField(
        _("SHA-256 of the filled sheet"), max_length=64, blank=True, validators=[SHA256_HEX]
    )

    objects = CorpusSamplingQuerySet.as_manager()

    class Meta:
        verbose_name = _("corpus sampling")
        verbose_name_plural = _("corpus samplings")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0) & Q(size__lte=F("population")), name="sample_fits_its_version"
            ),
            models.CheckConstraint(
                condition=Q(state="DRAWN") | (Q(result__isnull=False) & ~Q(sheet_sha256="")),
                name="judged_sample_has_a_result_and_its_sheet",
            ),
        ]
        # The list of a version's samplings, and the last one judged when the version is offered.
        indexes = [models.Index(fields=["version", "-id"], name="sampling_by_version")]

    def __str__(self) -> str:
        return f"{self.version} #{self.seed}"
