"""Compute that trades like data: pools of capacity, and the jobs that buyers run on them."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import Currency, Money
from kernel.states import Stateful
from listings.models import Product
from marketplace.models.agreements import Entitlement
from marketplace.models.deliveries import Delivery


class ComputePoolQuerySet(models.QuerySet["ComputePool"]):
    def visible_to(self, actor: Actor) -> Self:
        """Keep those of the actor's own products; staff see those of products at their venues."""
        return self.filter(product__in=Product.objects.visible_to(actor))


class ComputePool(Identified, Stateful):
    """Machines of a provider's at one place, with what an hour of a job there costs."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", pgettext_lazy("compute pool", "active")
        SUSPENDED = "SUSPENDED", pgettext_lazy("compute pool", "suspended")

    MOVES = {State.ACTIVE: {State.SUSPENDED}, State.SUSPENDED: {State.ACTIVE}}

    product = models.ForeignKey(Product, models.PROTECT, related_name="pools", verbose_name=_("product"))
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    name = models.CharField(_("name"), max_length=100)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2)
    division_code = models.CharField(_("division code"), max_length=6, blank=True)
    opens = models.PositiveSmallIntegerField(_("opens at (hour)"), default=0)
    closes = models.PositiveSmallIntegerField(_("closes at (hour)"), default=24)
    cores = models.PositiveIntegerField(_("cores"))
    memory_mb = models.PositiveIntegerField(_("memory (MiB)"))
    price_per_hour_minor = models.BigIntegerField(_("price of an hour"))
    currency = models.CharField(_("currency"), max_length=3)

    objects: ClassVar[ComputePoolQuerySet] = ComputePoolQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("compute pool")
        verbose_name_plural = _("compute pools")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="pool_is_named_once_by_product"),
            models.CheckConstraint(condition=Q(opens__lt=models.F("closes"), closes__lte=24), name="pool_opens_daily"),
            models.CheckConstraint(
                condition=Q(cores__gt=0, memory_mb__gt=0, price_per_hour_minor__gte=0), name="pool_has_capacity"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def queue(self) -> str:
        """The queue from which the pool's own workers are woken."""
        return f"pool.{self.pk}"

    @property
    def price_per_hour(self) -> Money:
        return Money(self.price_per_hour_minor, Currency(self.currency))


class ComputeJobQuerySet(models.QuerySet["ComputeJob"]):
    def visible_to(self, actor: Actor) -> "ComputeJobQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class ComputeJob(Identified, Stateful):
    """A task that a buyer has a pool run, within a price and before a deadline; metered once, by the second."""

    class State(models.TextChoices):
        PLACED = "PLACED", pgettext_lazy("compute job", "waiting for its pool")
        RUNNING = "RUNNING", pgettext_lazy("compute job", "running")
        DONE = "DONE", pgettext_lazy("compute job", "done")
        FAILED = "FAILED", pgettext_lazy("compute job", "failed")
        CANCELLED = "CANCELLED", pgettext_lazy("compute job", "cancelled")

    MOVES = {
        State.PLACED: {State.RUNNING, State.FAILED, State.CANCELLED},
        State.RUNNING: {State.DONE, State.FAILED, State.CANCELLED},
    }

    class Kind(models.TextChoices):
        SQL = "SQL", _("SQL (DuckDB)")
        PYTHON = "PYTHON", _("Python")

    class Reason(models.TextChoices):
        """Why there is no result."""

        TIME = "TIME", _("it ran out of the time it had")
        MEMORY = "MEMORY", _("it needed too much memory")
        SIZE = "SIZE", _("its result is too large")
        DATA = "DATA", _("it does not fit its input")
        REFUSED = "REFUSED", _("it asked for what the pool does not give")
        ERROR = "ERROR", _("it ended with an error")
        WALLS = "WALLS", _("the pool's machine cannot shut it in")
        DEADLINE = "DEADLINE", _("its deadline passed")
        RIGHT = "RIGHT", _("the right to compute ended")
        POOL = "POOL", _("its pool was suspended and no other takes it")
        WORKER = "WORKER", _("the pool's workers failed at it")

    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="compute_jobs", db_index=False
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    pool = models.ForeignKey(ComputePool, models.PROTECT, verbose_name=_("pool"), related_name="jobs", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLACED)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # AES-256-GCM under a data key of its own, which is wrapped as those of files are (listings/encryption.py).
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"), editable=False)
    sealed_task = models.BinaryField(_("sealed task"), editable=False)
    sealed_result = models.BinaryField(_("sealed result"), null=True, editable=False)
    task_sha256 = models.CharField(_("SHA-256 of the task"), max_length=64)
    cores = models.PositiveIntegerField(_("cores"), default=1)
    memory_mb = models.PositiveIntegerField(_("memory (MiB)"), default=512)
    seconds = models.PositiveIntegerField(_("seconds, at most"))
    place = models.CharField(_("wished place"), max_length=6, blank=True)
    deadline = models.DateTimeField(_("deadline"))
    max_price_minor = models.BigIntegerField(_("price, at most"))
    price_per_hour_minor = models.BigIntegerField(_("price of an hour"))
    currency = models.CharField(_("currency"), max_length=3)
    start_at = models.DateTimeField(_("starts no earlier than"))
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    seconds_used = models.PositiveIntegerField(_("seconds used"), default=0)
    cost_minor = models.BigIntegerField(_("cost"), default=0)
    why_not = models.CharField(_("why not"), max_length=10, choices=Reason.choices, blank=True)
    # Of a job that failed: what it came to is a delivery, with the receipt there.
    receipt = models.JSONField(_("receipt"), default=dict)
    delivery = models.OneToOneField(
        Delivery, models.PROTECT, verbose_name=_("delivery"), related_name="compute_job", null=True
    )
    placed_by = models.UUIDField(_("placed by"), null=True)
    reads = models.PositiveIntegerField(_("reads"), default=0)
    first_read_at = models.DateTimeField(_("first read at"), null=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True)

    objects: ClassVar[ComputeJobQuerySet] = ComputeJobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("compute job")
        verbose_name_plural = _("compute jobs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(sealed_result__isnull=False), name="done_compute_job_has_a_result"
            ),
            models.CheckConstraint(
                condition=Q(state="DONE", delivery__isnull=False) | Q(~Q(state="DONE"), delivery__isnull=True),
                name="done_compute_job_is_a_delivery",
            ),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(why_not=""), name="failed_compute_job_says_why"),
            models.CheckConstraint(
                condition=Q(cost_minor__lte=models.F("max_price_minor")), name="compute_job_costs_no_more_than_agreed"
            ),
        ]
        indexes = [
            models.Index(fields=["entitlement", "-id"], name="compute_job_by_right"),
            # What a pool has before it, for placing and when it is suspended.
            models.Index(
                fields=["pool", "start_at"], condition=Q(state__in=["PLACED", "RUNNING"]), name="compute_job_ahead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def evidence(self) -> dict[str, Any]:
        """The receipt: the delivery's once the job is done, its own before."""
        return dict(self.delivery.receipt if self.delivery is not None else self.receipt)
