"""Tables of the evidence log: the queue of unsealed events, the Merkle tree, its signed heads, and certificates.

Triggers in kernel/sql fill the queue, and refuse every update and deletion of what has been sealed.
"""

from contextlib import suppress
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.actors import SEE_EVERYTHING, Actor
from kernel.models import AuditEvent, Identified
from kernel.problems import Problem
from kernel.states import Stateful


class UnsealedEvent(models.Model):
    """An event that waits for its place in the tree; a trigger on the event table writes it in the same transaction.

    Reading a queue, not "everything after the last one", is what keeps an event that commits late from being lost.
    """

    event = models.ForeignKey(
        AuditEvent, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name=_("event")
    )

    class Meta:
        verbose_name = _("unsealed event")
        verbose_name_plural = _("unsealed events")

    def __str__(self) -> str:
        return str(self.event_id)


class SealedEvent(models.Model):
    """A leaf of the tree: one event under its place in the log."""

    leaf_index = models.PositiveBigIntegerField(_("leaf index"), primary_key=True)
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="sealed", verbose_name=_("event"))
    sha256 = models.BinaryField(_("leaf hash (SHA-256)"), max_length=32)
    sm3 = models.BinaryField(_("SM3 digest"), max_length=32)

    class Meta:
        verbose_name = _("sealed event")
        verbose_name_plural = _("sealed events")

    def __str__(self) -> str:
        return f"{self.leaf_index}: {self.event_id}"


class MerkleNode(models.Model):
    """The hash of a full subtree of two leaves or more (kernel.merkle.NodeKey); the leaves are `SealedEvent`."""

    pk = models.CompositePrimaryKey("level", "position")
    level = models.PositiveSmallIntegerField(_("level"))
    position = models.PositiveBigIntegerField(_("position"))
    hash = models.BinaryField(_("hash"), max_length=32)

    class Meta:
        verbose_name = _("tree node")
        verbose_name_plural = _("tree nodes")

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class PublicQuerySet(models.QuerySet[Any]):
    """Rows that are published to the world."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep all."""
        return self


class LogKey(models.Model):
    """A public key that has signed tree heads; kept and published for ever, so that old heads stay verifiable."""

    key_id = models.CharField(_("key id"), max_length=64, primary_key=True)
    public_key = models.TextField(_("public key (PEM)"))
    first_used_at = models.DateTimeField(_("first used at"))

    objects = PublicQuerySet.as_manager()

    class Meta:
        verbose_name = _("log key")
        verbose_name_plural = _("log keys")

    def __str__(self) -> str:
        return self.key_id


class TreeHead(models.Model):
    """The signed root of the log at one size; `statement` is what the signature covers, as canonical JSON."""

    size = models.PositiveBigIntegerField(_("size"), primary_key=True)
    root_sha256 = models.CharField(_("root (SHA-256)"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed at"))
    key = models.ForeignKey(
        LogKey, models.PROTECT, related_name="heads", db_index=False, verbose_name=pgettext_lazy("cryptography", "key")
    )
    statement = models.JSONField(_("signed statement"))
    signature = models.CharField(_("signature (Base64)"), max_length=88)

    objects = PublicQuerySet.as_manager()

    class Meta:
        verbose_name = _("tree head")
        verbose_name_plural = _("tree heads")
        ordering = ["-size"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="tree_head_has_leaves")]

    def __str__(self) -> str:
        return f"{self.size}: {self.root_sha256}"


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, actor: Actor) -> Self:
        """Keep the certificates of the actor's organization, as owner or holder, and of the venues it operates."""
        if actor.may(SEE_EVERYTHING):
            return self
        seen = Q(venue_id__in=sorted(actor.venue_ids))
        if actor.organization_id is not None:
            seen |= Q(organization_id=actor.organization_id) | Q(holder_ids__contains=[actor.organization_id])
        return self.filter(seen)

    def referred_to(self, reference: str) -> "Certificate":
        """Return the certificate of this number or id; raises Problem `not_found`."""
        named = Q(number=reference)
        with suppress(ValueError):
            named |= Q(id=UUID(reference))
        certificate = self.filter(named).first()
        if certificate is None:
            raise Problem("not_found")
        return certificate


class Certificate(Stateful, Identified):
    """A statement about a subject, whose digests are in the audit log, with the file that proves it offline."""

    class State(models.TextChoices):
        STATED = "STATED", _("stated")
        ISSUED = "ISSUED", _("issued")
        REVOKED = "REVOKED", _("revoked")

    MOVES = {
        State.STATED: {State.ISSUED, State.REVOKED},
        State.ISSUED: {State.REVOKED},
    }

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    subject_type = models.CharField(_("subject type"), max_length=60)
    subject_id = models.CharField(_("subject"), max_length=60)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.STATED)
    organization_id = models.UUIDField(_("organization"), null=True)
    venue_id = models.UUIDField(_("venue"), null=True)
    holder_ids = ArrayField(models.UUIDField(), default=list, verbose_name=_("other holders"))
    statement = models.JSONField(_("statement"))
    statement_sha256 = models.CharField(_("statement digest (SHA-256)"), max_length=64)
    statement_sm3 = models.CharField(_("statement digest (SM3)"), max_length=64)
    event = models.OneToOneField(
        AuditEvent, models.PROTECT, related_name="certificate", verbose_name=_("event of the statement")
    )
    file = models.TextField(_("certificate file"), blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revocation_reason = models.TextField(_("reason of revocation"), blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=~Q(state="REVOKED"),
                name="certificate_is_unique_by_kind_and_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | (~Q(file="") & Q(issued_at__isnull=False)),
                name="issued_certificate_has_a_file",
            ),
            models.CheckConstraint(
                condition=~Q(state="REVOKED") | (~Q(revocation_reason="") & Q(revoked_at__isnull=False)),
                name="revoked_certificate_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "-id"], name="certificate_by_organization"),
            models.Index(fields=["venue_id", "-id"], name="certificate_by_venue"),
            GinIndex(fields=["holder_ids"], name="certificate_by_holder"),
        ]

    def __str__(self) -> str:
        return self.number

    def holders(self) -> frozenset[UUID]:
        """Return every organization that the certificate belongs to."""
        return frozenset(self.holder_ids) | ({self.organization_id} if self.organization_id else set())
