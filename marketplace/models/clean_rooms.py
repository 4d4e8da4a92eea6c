"""Clean rooms: the right to ask about data that never leave, and every question with what came of it."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from marketplace.models.agreements import Entitlement
from marketplace.models.deliveries import Delivery
from marketplace.models.sharing import SharedTable


class CleanRoomQuerySet(models.QuerySet["CleanRoom"]):
    def visible_to(self, actor: Actor) -> "CleanRoomQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class CleanRoom(Identified):
    """What an entitlement opens instead of files: tables that may be asked about, and a privacy budget to ask with."""

    entitlement = models.OneToOneField(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="clean_room"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    rules = models.JSONField(_("rules"))
    tables = models.ManyToManyField(SharedTable, verbose_name=_("tables"), related_name="+")
    epsilon = models.DecimalField(_("privacy budget (ε)"), max_digits=9, decimal_places=4)
    epsilon_spent = models.DecimalField(_("spent of it"), max_digits=9, decimal_places=4, default=Decimal(0))

    objects: ClassVar[CleanRoomQuerySet] = CleanRoomQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("clean room")
        verbose_name_plural = _("clean rooms")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(epsilon_spent__gte=0, epsilon_spent__lte=F("epsilon")),
                name="privacy_budget_is_never_overspent",
            )
        ]

    def __str__(self) -> str:
        return str(self.entitlement_id)

    @property
    def epsilon_left(self) -> Decimal:
        return self.epsilon - self.epsilon_spent


class RoomQueryQuerySet(models.QuerySet["RoomQuery"]):
    def visible_to(self, actor: Actor) -> "RoomQueryQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class RoomQuery(Identified, Stateful):
    """One question asked in a clean room; its share of the budget is spent with the asking, whatever comes of it."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", pgettext_lazy("room query", "waiting to run")
        AWAITING = "AWAITING", _("awaiting the buyer's blinded identifiers")
        HELD = "HELD", _("awaiting the provider's approval")
        RELEASED = "RELEASED", pgettext_lazy("room query", "released")
        REFUSED = "REFUSED", pgettext_lazy("room query", "refused")
        FAILED = "FAILED", pgettext_lazy("room query", "failed")

    MOVES = {
        State.QUEUED: {State.AWAITING, State.HELD, State.RELEASED, State.REFUSED, State.FAILED},
        State.AWAITING: {State.QUEUED},
        State.HELD: {State.RELEASED, State.REFUSED},
        State.FAILED: {State.QUEUED},
    }

    class Reason(models.TextChoices):
        """Why there is no result: a fixed list, so that no message carries a value out."""

        TIME = "TIME", _("it took too long")
        MEMORY = "MEMORY", _("it needed too much memory")
        SIZE = "SIZE", _("it has too many groups")
        DATA = "DATA", _("it does not fit the data")
        REFUSED = "REFUSED", _("it asked for what the room does not give")
        PROVIDER = "PROVIDER", _("the provider refused it")
        PROTOCOL = "PROTOCOL", _("what the buyer sent was not made with one key")
        LAPSED = "LAPSED", _("the provider did not decide in time")

    class Kind(models.TextChoices):
        QUESTION = "QUESTION", pgettext_lazy("room query", "question in SQL")
        INTERSECTION = "INTERSECTION", _("intersection of identifiers")

    room = models.ForeignKey(CleanRoom, models.PROTECT, verbose_name=_("clean room"), related_name="queries")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.QUESTION)
    sql = models.TextField(_("query (SQL)"), blank=True)
    template = models.CharField(_("template"), max_length=40, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    epsilon = models.DecimalField(_("share of the privacy budget (ε)"), max_digits=9, decimal_places=4)
    asked_by = models.UUIDField(_("asked by"), null=True)
    why_not = models.CharField(_("why not"), max_length=10, choices=Reason.choices, blank=True)
    result = models.JSONField(_("result"), null=True)
    # Until it is released: then the receipt is the delivery's.
    receipt = models.JSONField(_("receipt"), default=dict)
    delivery = models.OneToOneField(
        Delivery, models.PROTECT, verbose_name=_("delivery"), related_name="room_query", null=True
    )
    decide_by = models.DateTimeField(_("to be decided by"), null=True)  # while it is held, and as it was afterwards
    decided_by = models.UUIDField(_("decided by"), null=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_reason = models.TextField(_("reason for the decision"), blank=True)
    reads = models.PositiveIntegerField(_("reads"), default=0)
    first_read_at = models.DateTimeField(_("first read at"), null=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True)

    objects: ClassVar[RoomQueryQuerySet] = RoomQueryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("query in a clean room")
        verbose_name_plural = _("queries in clean rooms")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(epsilon__gt=0), name="room_query_costs_something"),
            models.CheckConstraint(
                condition=~Q(state__in=["HELD", "RELEASED"]) | Q(result__isnull=False),
                name="released_room_query_has_a_result",
            ),
            models.CheckConstraint(
                condition=Q(state="RELEASED", delivery__isnull=False) | Q(~Q(state="RELEASED"), delivery__isnull=True),
                name="released_room_query_is_a_delivery",
            ),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(why_not=""), name="refused_room_query_says_why"),
            models.CheckConstraint(
                condition=~Q(state="HELD") | Q(decide_by__isnull=False), name="held_room_query_has_its_day"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "-id"], name="room_query_by_room"),
            # The provider's queue of what waits for approval.
            models.Index(fields=["provider", "-id"], condition=Q(state="HELD"), name="room_query_held_by_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def evidence(self) -> dict[str, Any]:
        """The receipt: the delivery's once the result is released, its own before."""
        return dict(self.delivery.receipt if self.delivery is not None else self.receipt)


class Intersection(Identified):
    """The exchange's side of one private set intersection, between its two steps in the locked-down process.

    The key is a data key as files have them, and blinds the provider's identifiers; what was sent to and fro goes when
    the query ends.
    """

    query = models.OneToOneField(RoomQuery, models.PROTECT, verbose_name=_("query"), related_name="intersection")
    table = models.ForeignKey(SharedTable, models.PROTECT, verbose_name=_("table"), related_name="+")
    sums = models.JSONField(_("columns to sum"), default=list)
    elements = models.PositiveIntegerField(_("blinded identifiers of the provider"), null=True)
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"), editable=False)
    blinded = models.BinaryField(_("the provider's blinded identifiers"), null=True, editable=False)
    setup = models.BinaryField(_("the buyer's blinded identifiers"), null=True, editable=False)
    answer = models.BinaryField(_("the provider's, blinded by both"), null=True, editable=False)

    class Meta:
        verbose_name = _("intersection of identifiers")
        verbose_name_plural = _("intersections of identifiers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.query_id)


class RoomTableQuerySet(models.QuerySet["RoomTable"]):
    def visible_to(self, actor: Actor) -> "RoomTableQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see; nobody sees the rows."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class RoomTable(Identified, Stateful):
    """A table of the buyer's own that may be joined to the room's, and is never shown to anybody."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("room table", "awaiting the provider's agreement")
        AGREED = "AGREED", pgettext_lazy("room table", "agreed as an input")
        REFUSED = "REFUSED", pgettext_lazy("room table", "refused")
        REPLACED = "REPLACED", pgettext_lazy("room table", "replaced by another")

    MOVES = {
        State.PROPOSED: {State.AGREED, State.REFUSED, State.REPLACED},
        State.AGREED: {State.REPLACED},
    }

    room = models.ForeignKey(CleanRoom, models.PROTECT, verbose_name=_("clean room"), related_name="buyer_tables")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    columns = models.JSONField(_("columns"))
    rows = models.PositiveIntegerField(_("rows"))
    sha256 = models.CharField(_("SHA-256 of what was sent"), max_length=64)
    # AES-256-GCM under a data key of its own, which is wrapped as those of files are (listings/encryption.py).
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"), editable=False)
    sealed = models.BinaryField(_("sealed table"), null=True, editable=False)
    sent_by = models.UUIDField(_("sent by"), null=True)

    objects: ClassVar[RoomTableQuerySet] = RoomTableQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("table of a buyer's in a clean room")
        verbose_name_plural = _("tables of buyers' in clean rooms")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["room"], condition=Q(state="AGREED"), name="room_joins_one_table_of_the_buyer"
            )
        ]
        # The room's tables, newest first.
        indexes = [models.Index(fields=["room", "-id"], name="room_table_by_room")]

    def __str__(self) -> str:
        return f"{self.room_id} {self.state}"
