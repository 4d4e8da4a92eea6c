"""Where a buyer has data pushed to, and each delivery that was pushed there."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from marketplace.models.deliveries import AccessGrant, Delivery


class PushTargetQuerySet(models.QuerySet["PushTarget"]):
    def visible_to(self, actor: Actor) -> "PushTargetQuerySet":
        """Keep the actor's own: where a buyer keeps its data is nobody else's matter."""
        return self.filter(owned_or_operated(actor, venue=None))


class PushTarget(Identified):
    """A bucket or an address of the buyer's; its credentials are kept sealed and never shown again."""

    class Kind(models.TextChoices):
        S3 = "S3", _("S3-compatible bucket")
        HTTPS = "HTTPS", _("HTTPS PUT")
        SFTP = "SFTP", _("SFTP server")

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    place = models.CharField(
        _("jurisdiction in which it lies"), max_length=2, validators=[RegexValidator(r"^[A-Z]{2}\Z")]
    )
    settings = models.JSONField(_("settings"))
    # AES-256-GCM under a data key of its own, which is wrapped as those of files are (listings/encryption.py).
    sealed_secret = models.BinaryField(_("sealed credentials"), editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"), editable=False)
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)
    registered_by = models.UUIDField(_("registered by"), null=True)
    tested_at = models.DateTimeField(_("tested at"), null=True)
    failure = models.TextField(_("what the last test found"), blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True)

    objects: ClassVar[PushTargetQuerySet] = PushTargetQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("push target")
        verbose_name_plural = _("push targets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(retired_at__isnull=True), name="push_target_has_its_name"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="push_target_by_organization")]

    def __str__(self) -> str:
        return self.name

    @property
    def usable(self) -> bool:
        """Whether it has been tested with its present credentials, and found to take what it is sent."""
        return self.retired_at is None and self.tested_at is not None and not self.failure


class PushQuerySet(models.QuerySet["Push"]):
    def visible_to(self, actor: Actor) -> "PushQuerySet":
        """Keep the buyer's own, and those at the venues of staff."""
        return self.filter(owned_or_operated(actor, venue="venue"))


class Push(Identified, Stateful):
    """One delivery on its way to one target; the row is the job, and holds what has arrived so far."""

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("push", "under way")
        PUSHED = "PUSHED", pgettext_lazy("push", "arrived")
        FAILED = "FAILED", pgettext_lazy("push", "failed")

    MOVES = {
        State.WAITING: {State.PUSHED, State.FAILED},
        State.FAILED: {State.WAITING},
    }

    # The unique constraint's index begins with the delivery.
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, db_index=False, verbose_name=_("delivery"), related_name="pushes"
    )
    target = models.ForeignKey(PushTarget, models.PROTECT, verbose_name=_("push target"), related_name="pushes")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_by = models.UUIDField(_("asked for by"), null=True)
    folder = models.CharField(_("folder at the target"), max_length=200)
    failure = models.TextField(_("why it failed"), blank=True)
    pushed_at = models.DateTimeField(_("arrived at"), null=True)

    objects: ClassVar[PushQuerySet] = PushQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("push")
        verbose_name_plural = _("pushes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "target"], name="a_delivery_is_pushed_once_to_a_target"),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(failure=""), name="failed_push_says_why"),
            models.CheckConstraint(
                condition=~Q(state="PUSHED") | Q(pushed_at__isnull=False), name="pushed_push_says_when"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="push_by_organization")]

    def __str__(self) -> str:
        return f"{self.delivery_id} → {self.target}"


class PushedFile(Identified):
    """A file on its way: its grant, the upload that is under way there, and once it has arrived its receipt."""

    push = models.ForeignKey(Push, models.PROTECT, db_index=False, verbose_name=_("push"), related_name="files")
    grant = models.OneToOneField(
        AccessGrant, models.PROTECT, verbose_name=_("access grant"), related_name="pushed_file"
    )
    name = models.CharField(_("name at the target"), max_length=500)
    upload = models.CharField(_("upload under way"), max_length=1000, blank=True)
    receipt = models.JSONField(_("receipt"), default=dict)
    arrived_at = models.DateTimeField(_("arrived at"), null=True)

    class Meta:
        verbose_name = _("pushed file")
        verbose_name_plural = _("pushed files")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["push", "name"], name="a_file_is_pushed_under_a_name_of_its_own"),
        ]

    def __str__(self) -> str:
        return self.name
