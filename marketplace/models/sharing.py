"""Tables that are delivered as Parquet, those who read them by Delta Sharing, and what each query handed out."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiClient, Organization, Person, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from listings.models import DatasetVersion, TransferPermit
from marketplace.models.agreements import Entitlement
from marketplace.models.deliveries import Delivery


class SharedTable(Identified):
    """One table of a dataset version, as far as an agreement's rights reach; agreements that cut alike share it.

    `entitlements` are the rights by which it may be read.
    """

    # The unique constraint's index begins with the version.
    version = models.ForeignKey(
        DatasetVersion, models.PROTECT, db_index=False, verbose_name=_("version"), related_name="+"
    )
    cut_sha256 = models.CharField(_("SHA-256 of the agreed cut"), max_length=64)
    name = models.CharField(_("name"), max_length=255)
    columns = models.JSONField(_("columns"))
    partition_by = ArrayField(models.CharField(max_length=255), verbose_name=_("partitioned by"), default=list)
    rows = models.BigIntegerField(_("rows"))
    entitlements = models.ManyToManyField(Entitlement, verbose_name=_("entitlements"), related_name="tables")

    class Meta:
        verbose_name = _("shared table")
        verbose_name_plural = _("shared tables")
        constraints = [
            models.UniqueConstraint(fields=["version", "cut_sha256", "name"], name="one_table_by_version_cut_and_name"),
        ]

    def __str__(self) -> str:
        return self.name


class SharedFile(Identified):
    """A Parquet file of a table: rows as they are in its version, or those that came or went since `since`."""

    class Kind(models.TextChoices):
        ROWS = "ROWS", _("rows")
        ADDED = "ADDED", _("rows added")
        REMOVED = "REMOVED", _("rows removed")

    table = models.ForeignKey(SharedTable, models.PROTECT, verbose_name=_("table"), related_name="files")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.ROWS)
    since = models.ForeignKey(SharedTable, models.PROTECT, verbose_name=_("since"), related_name="+", null=True)
    number = models.PositiveIntegerField(_("number"))
    partition = models.JSONField(_("partition"), default=dict)
    rows = models.BigIntegerField(_("rows"))
    size = models.BigIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    stats = models.JSONField(_("statistics"))
    storage_name = models.CharField(_("stored object"), max_length=255, unique=True)

    class Meta:
        verbose_name = _("shared file")
        verbose_name_plural = _("shared files")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="ROWS", since__isnull=True) | (~Q(kind="ROWS") & Q(since__isnull=False)),
                name="changes_are_since_a_table",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} #{self.number}"


class TableChange(Identified):
    """That the difference of two tables has been computed; it may be that no row differs."""

    # The unique constraint's index begins with the table.
    table = models.ForeignKey(
        SharedTable, models.PROTECT, db_index=False, verbose_name=_("table"), related_name="changes"
    )
    since = models.ForeignKey(SharedTable, models.PROTECT, verbose_name=_("since"), related_name="+")

    class Meta:
        verbose_name = _("table change")
        verbose_name_plural = _("table changes")
        constraints = [models.UniqueConstraint(fields=["table", "since"], name="change_is_computed_once")]

    def __str__(self) -> str:
        return f"{self.since_id} → {self.table_id}"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def visible_to(self, actor: Actor) -> "RecipientQuerySet":
        """Keep the recipients of the actor's organization; whom it lets read its tables is nobody else's matter."""
        return self.filter(owned_or_operated(actor, venue=None))


class Recipient(Identified):
    """A reader of an organization's shared tables: an analyst, a notebook, a dashboard."""

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("organization"), related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("responsible person"), related_name="+")
    name = models.CharField(_("name"), max_length=100)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects: ClassVar[RecipientQuerySet] = RecipientQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "-id"], name="recipient_by_organization")]

    def __str__(self) -> str:
        return self.name


class RecipientToken(Identified):
    """A recipient's profile: waits for its one-time activation, then reads until it expires.

    Both secrets are kept as their SHA-256 only.
    """

    recipient = models.ForeignKey(Recipient, models.PROTECT, verbose_name=_("recipient"), related_name="tokens")
    activation_sha256 = models.CharField(_("digest of the activation"), max_length=64, unique=True)
    activate_by = models.DateTimeField(_("to be activated by"))
    activated_at = models.DateTimeField(_("activated at"), null=True)
    token_sha256 = models.CharField(_("digest of the token"), max_length=64, unique=True, null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    overlap = models.DurationField(_("the one before goes on for"))

    class Meta:
        verbose_name = _("recipient's profile")
        verbose_name_plural = _("recipients' profiles")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(activated_at__isnull=True, token_sha256__isnull=True)
                | Q(activated_at__isnull=False, token_sha256__isnull=False),
                name="token_comes_with_activation",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class TableGrantQuerySet(models.QuerySet["TableGrant"]):
    def visible_to(self, actor: Actor) -> "TableGrantQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "entitlement__provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class TableGrant(Identified):
    """What one query of a table handed out: addresses of its files, to be read as often as needed for a while.

    What is bought is counted by these, not by HTTP requests. The addresses hold a secret that is kept as its SHA-256.
    """

    delivery = models.ForeignKey(Delivery, models.PROTECT, verbose_name=_("delivery"), related_name="table_grants")
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="table_grants"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    table = models.ForeignKey(SharedTable, models.PROTECT, verbose_name=_("table"), related_name="+")
    recipient = models.ForeignKey(Recipient, models.PROTECT, verbose_name=_("recipient"), related_name="+", null=True)
    client = models.ForeignKey(ApiClient, models.PROTECT, verbose_name=_("API client"), related_name="+", null=True)
    permit = models.ForeignKey(
        TransferPermit, models.PROTECT, verbose_name=_("transfer permit"), related_name="+", null=True
    )
    token_sha256 = models.CharField(_("digest of the address"), max_length=64, unique=True)
    file_ids = ArrayField(models.UUIDField(), verbose_name=_("files"))
    rows = models.BigIntegerField(_("rows"))
    bytes = models.BigIntegerField(_("bytes"))
    hints = models.JSONField(_("hints that were followed"), default=list)
    expires_at = models.DateTimeField(_("expires at"))
    reads = models.PositiveIntegerField(_("reads"), default=0)
    bytes_served = models.BigIntegerField(_("bytes served"), default=0)
    first_read_at = models.DateTimeField(_("first read at"), null=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True)

    objects: ClassVar[TableGrantQuerySet] = TableGrantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("table grant")
        verbose_name_plural = _("table grants")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=True, client__isnull=False)
                | Q(recipient__isnull=False, client__isnull=True),
                name="table_grant_has_one_reader",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def reader_id(self) -> UUID | None:
        return self.recipient_id or self.client_id

    @property
    def reader_lives(self) -> bool:
        """Whether the recipient or the API client that asked has not been revoked since."""
        if self.recipient is not None:
            return self.recipient.revoked_at is None
        return self.client is not None and self.client.is_live

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()
