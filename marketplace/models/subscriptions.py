"""Subscriptions: which agreements bring new versions of a dataset, and each version that they brought or wait for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from listings.cycles import Cycle, Term
from listings.models import DatasetVersion, Plan, Product
from marketplace.models.agreements import Agreement
from marketplace.models.deliveries import Delivery
from marketplace.models.push import PushTarget


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def visible_to(self, actor: Actor) -> "SubscriptionQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))

    def running(self) -> "SubscriptionQuerySet":
        """Keep those whose agreement stands, though it may be suspended, and whose term is not over."""
        standing = Q(agreement__state__in=[Agreement.State.ACTIVE, Agreement.State.SUSPENDED])
        return self.filter(standing, agreement__expires_at__gt=timezone.now())


class Subscription(Identified):
    """An agreement that brings new versions until its term ends; what was agreed of it is frozen there and here."""

    class Policy(models.TextChoices):
        NOTIFY = "NOTIFY", _("say that it is there")
        PUSH = "PUSH", _("push it to the buyer")

    agreement = models.OneToOneField(
        Agreement, models.PROTECT, verbose_name=_("agreement"), related_name="subscription"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, verbose_name=_("product"), related_name="+")
    included = models.CharField(_("new versions"), max_length=5, choices=Plan.NewVersions.choices)
    policy = models.CharField(_("policy"), max_length=8, choices=Policy.choices, default=Policy.NOTIFY)
    target = models.ForeignKey(
        PushTarget, models.PROTECT, verbose_name=_("push target"), related_name="subscriptions", null=True, blank=True
    )
    renews = models.BooleanField(_("renews at the end of its term"), default=False)
    # Why it does not renew: the buyer's words, or the code of what stood against another term.
    ending_reason = models.TextField(_("why it ends"), blank=True)
    # The plan by which it runs now, and the agreed price of a whole term, whatever the plan costs others later.
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("plan"), related_name="+")
    price_minor = models.BigIntegerField(_("price of a term in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    cycle = models.CharField(_("terms by the calendar"), max_length=8, choices=Cycle.choices, blank=True)
    # The beginning of the running term; of the calendar's, though it was bought in the middle of it.
    term_starts_at = models.DateTimeField(_("term begins at"))

    objects: ClassVar[SubscriptionQuerySet] = SubscriptionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(renews=False) | Q(ending_reason=""), name="what_renews_does_not_end"),
            models.CheckConstraint(
                condition=Q(policy="PUSH", target__isnull=False) | Q(policy="NOTIFY", target__isnull=True),
                name="what_is_pushed_has_a_target",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="subscription_by_organization"),
            # A sweep looks for terms that end among those that go on.
            models.Index(fields=["agreement"], condition=Q(renews=True), name="subscription_that_renews"),
        ]

    def __str__(self) -> str:
        return str(self.agreement)

    @property
    def price(self) -> Money:
        """What a whole term costs."""
        return Money(self.price_minor, Currency(self.currency))

    @property
    def term(self) -> Term:
        """The whole of the running term."""
        assert self.agreement.expires_at is not None  # noqa: S101 - subscriptions have terms that end
        return Term(self.term_starts_at, self.agreement.expires_at, self.venue.zone, self.cycle)


class NewVersionQuerySet(models.QuerySet["NewVersion"]):
    def visible_to(self, actor: Actor) -> "NewVersionQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class NewVersion(Identified):
    """A version that came while a subscription ran: delivered under it, or kept back with the reason."""

    class Hindrance(models.TextChoices):
        """Why a version does not go out: a fixed list, in the order in which it is asked."""

        ENDED = "ENDED", _("the agreement has ended")
        SUSPENDED = "SUSPENDED", _("the agreement is suspended")
        ORDER_OPEN = "ORDER_OPEN", _("what was ordered first has not been delivered yet")
        NOT_INCLUDED = "NOT_INCLUDED", _("the plan does not include so great a change")
        GRADE = "GRADE", _("it is graded higher than was agreed")
        WAY = "WAY", _("clean rooms and interfaces stay as they were agreed; only files and tables come anew")
        MARK = "MARK", _("the columns that carry the buyer's mark are not in it")
        BORDER = "BORDER", _("the route case was cleared for another version; its way across the border takes an order")

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, db_index=False, verbose_name=_("subscription"), related_name="new_versions"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    version = models.ForeignKey(DatasetVersion, models.PROTECT, verbose_name=_("version"), related_name="+")
    since = models.ForeignKey(
        DatasetVersion, models.PROTECT, verbose_name=_("version that the buyer had before"), related_name="+"
    )
    hindrance = models.CharField(_("why it is kept back"), max_length=12, choices=Hindrance.choices, blank=True)
    changes = models.JSONField(_("what it changes"), null=True, blank=True)
    delivery = models.OneToOneField(
        Delivery, models.PROTECT, verbose_name=_("delivery"), related_name="new_version", null=True
    )

    objects: ClassVar[NewVersionQuerySet] = NewVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("new version")
        verbose_name_plural = _("new versions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "version"], name="new_version_is_announced_once"),
            models.CheckConstraint(
                condition=Q(delivery__isnull=True) | Q(hindrance=""), name="delivered_new_version_is_not_kept_back"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="new_version_by_organization"),
            # The sweep asks again about those that are kept back.
            models.Index(fields=["id"], condition=Q(delivery__isnull=True), name="new_version_kept_back"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} → {self.version_id}"
