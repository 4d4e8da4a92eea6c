"""What relates people and organizations: declared interests of a person, declared ties between two organizations."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.models.people import Person
from accounts.visibility import sees_everything
from kernel.actors import Actor
from kernel.models import Identified


class InterestQuerySet(models.QuerySet["Interest"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return one's own interests and, for staff, those of their colleagues."""
        if sees_everything(actor):
            return self.all()
        mine = Q(person=actor.person_id)
        if actor.venue_ids:
            mine |= Q(person__affiliations__organization=actor.organization_id)
        return self.filter(mine).distinct()


class Interest(Identified):
    """A person's relation to an organization: declared by the person, or kept when a role in it ends."""

    class Kind(models.TextChoices):
        EMPLOYMENT = "EMPLOYMENT", _("employment")
        SHAREHOLDING = "SHAREHOLDING", _("shareholding")
        FAMILY = "FAMILY", _("family")
        ADVICE = "ADVICE", _("advice or other business")

    person = models.ForeignKey(Person, models.PROTECT, related_name="interests", verbose_name=_("person"))
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name=_("organization"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)

    objects = InterestQuerySet.as_manager()

    class Meta:
        verbose_name = _("declared interest")
        verbose_name_plural = _("declared interests")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.person} – {self.organization}: {self.get_kind_display()}"


class OrganizationTieQuerySet(models.QuerySet["OrganizationTie"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return what the actor's organization declared and, for staff, what the members of their venues declared."""
        return self.filter(organization__in=Organization.objects.visible_to(actor).order_by().values("pk"))


class OrganizationTie(Identified):
    """An organization's declaration that another one is its affiliate; it holds in both directions until it ends."""

    class Kind(models.TextChoices):
        PARENT = "PARENT", _("parent")
        SUBSIDIARY = "SUBSIDIARY", _("subsidiary")
        COMMON_CONTROL = "COMMON_CONTROL", _("under common control")
        SHAREHOLDER = "SHAREHOLDER", _("shareholder")

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="ties", verbose_name=_("organization"))
    other = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name=_("affiliate"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = OrganizationTieQuerySet.as_manager()

    class Meta:
        verbose_name = _("tie between organizations")
        verbose_name_plural = _("ties between organizations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "other", "kind"],
                condition=Q(ended_on__isnull=True),
                name="organization_tie_is_unique_while_it_holds",
            ),
            models.CheckConstraint(condition=~Q(organization=F("other")), name="organization_tie_is_to_another_one"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} – {self.other}: {self.get_kind_display()}"
