"""Attestations of documents by their digests, each node's log of them, and the batches that nodes exchange."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import EVERYTHING, NOTHING, owned_or_operated, sees_everything
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.states import Stateful


class SharedQuerySet(models.QuerySet[Any]):
    """Rows that belong to no organization: the nodes and what they exchange."""

    def visible_to(self, actor: Actor) -> Self:
        """Staff of every venue see all of them."""
        return self.filter(EVERYTHING if actor.is_staff or sees_everything(actor) else NOTHING)


class TrustNode(Identified):
    """One side's node: ours signs with this deployment's key, another one's batches are checked against its key."""

    name = models.SlugField(_("name"), max_length=40, unique=True)
    label = LanguageMapField(_("name for people"), text_length=80, blank=True)
    is_local = models.BooleanField(_("run by this deployment"))
    public_key = models.TextField(_("public key (PEM)"), blank=True)

    objects = SharedQuerySet.as_manager()

    class Meta:
        verbose_name = _("trust node")
        verbose_name_plural = _("trust nodes")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_local=True, public_key="") | (Q(is_local=False) & ~Q(public_key="")),
                name="node_of_another_deployment_has_a_key",
            )
        ]

    def __str__(self) -> str:
        return in_language(self.label) or self.name


class AttestationQuerySet(models.QuerySet["Attestation"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those that the actor's organization issued; the operator of the deployment sees all."""
        return self.filter(owned_or_operated(actor, venue=None))


class Attestation(Identified, Stateful):
    """An issuer's word that a document with this salted digest is its own; the document itself never comes here."""

    class State(models.TextChoices):
        VALID = "VALID", pgettext_lazy("attestation", "valid")
        REVOKED = "REVOKED", pgettext_lazy("attestation", "revoked")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.VALID: frozenset({State.REVOKED})}

    class Algorithm(models.TextChoices):
        SHA256 = "SHA-256", _("HMAC by SHA-256")
        SM3 = "SM3", _("HMAC by SM3")

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("issuer")
    )
    node = models.ForeignKey(TrustNode, models.PROTECT, related_name="+", verbose_name=_("node"))
    reference = models.CharField(_("reference"), max_length=32, unique=True)
    document_type = models.CharField(_("type of document"), max_length=40)
    algorithm = models.CharField(_("algorithm"), max_length=7, choices=Algorithm.choices)
    digest = models.CharField(_("salted digest"), max_length=64)
    salt_ref = models.CharField(_("digest of the salt"), max_length=64)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.VALID)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_because = models.CharField(_("revoked because"), max_length=40, blank=True)

    objects: ClassVar[AttestationQuerySet] = AttestationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "digest"], name="attestation_is_unique_by_digest"),
            models.CheckConstraint(
                condition=Q(state="VALID", revoked_because="", revoked_at__isnull=True)
                | (Q(state="REVOKED", revoked_at__isnull=False) & ~Q(revoked_because="")),
                name="revoked_attestation_says_why",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="attestation_by_issuer")]

    def __str__(self) -> str:
        return self.reference


class AttestationEntry(Identified):
    """One line of a node's log, never changed: an attestation or a revocation, made there or brought from elsewhere."""

    class Kind(models.TextChoices):
        ISSUED = "ISSUED", pgettext_lazy("attestation", "issued")
        REVOKED = "REVOKED", pgettext_lazy("attestation", "revoked")

    holder = models.ForeignKey(
        TrustNode, models.PROTECT, related_name="+", db_index=False, verbose_name=_("held by node")
    )
    origin = models.ForeignKey(TrustNode, models.PROTECT, related_name="+", verbose_name=_("made at node"))
    sequence = models.PositiveBigIntegerField(_("sequence"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    reference = models.CharField(_("reference"), max_length=32)
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        constraints = [
            models.UniqueConstraint(fields=["holder", "origin", "sequence"], name="log_entry_is_unique_by_sequence"),
            # Also what a verification looks up.
            models.UniqueConstraint(fields=["holder", "reference", "kind"], name="attestation_is_logged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.kind}"


class AttestationBatch(Identified):
    """A signed stretch of a node's log, exported by the node that holds it or imported from its origin."""

    holder = models.ForeignKey(
        TrustNode, models.PROTECT, related_name="+", db_index=False, verbose_name=_("held by node")
    )
    origin = models.ForeignKey(TrustNode, models.PROTECT, related_name="+", verbose_name=_("made at node"))
    number = models.PositiveIntegerField(_("number"))
    last = models.PositiveBigIntegerField(_("last sequence"))
    statement = models.JSONField(_("statement"))
    sha256 = models.CharField(_("SHA-256 of the statement"), max_length=64)
    signature = models.CharField(_("signature"), max_length=88)

    objects = SharedQuerySet.as_manager()

    class Meta:
        verbose_name = _("attestation batch")
        verbose_name_plural = _("attestation batches")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["holder", "origin", "number"], name="batch_is_unique_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.origin_id} {self.number}"


class VerificationRequestQuerySet(models.QuerySet["VerificationRequest"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the verifying organization; who asks about whom is not the venues' business."""
        return self.filter(owned_or_operated(actor, venue=None))


class VerificationRequest(Identified, Stateful):
    """One verification for which the document's holder is asked: wanted, authorised, submitted, answered."""

    class State(models.TextChoices):
        CREATED = "CREATED", pgettext_lazy("verification", "created")
        CONSENTED = "CONSENTED", pgettext_lazy("verification", "authorised by the holder")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("verification", "authorisation withdrawn")
        SUBMITTED = "SUBMITTED", pgettext_lazy("verification", "submitted")
        MATCHED = "MATCHED", pgettext_lazy("verification", "matches")
        MISMATCHED = "MISMATCHED", pgettext_lazy("verification", "does not match")
        EXPIRED = "EXPIRED", pgettext_lazy("verification", "matches, expired")
        REVOKED = "REVOKED", pgettext_lazy("verification", "matches, revoked")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.CREATED: frozenset({State.CONSENTED, State.WITHDRAWN}),
        State.CONSENTED: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset({State.MATCHED, State.MISMATCHED, State.EXPIRED, State.REVOKED}),
    }

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("verifier")
    )
    node = models.ForeignKey(TrustNode, models.PROTECT, related_name="+", verbose_name=_("node"))
    document_type = models.CharField(_("type of document"), max_length=40)
    purpose = models.CharField(_("purpose"), max_length=400)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CREATED)
    code_sha256 = models.CharField(_("digest of the code"), max_length=64, unique=True)
    reference = models.CharField(_("reference"), max_length=32, blank=True)
    salt_ref = models.CharField(_("digest of the salt"), max_length=64, blank=True)
    consented_at = models.DateTimeField(_("authorised at"), null=True, blank=True)
    consent_until = models.DateTimeField(_("authorised until"), null=True, blank=True)
    presented_digest = models.CharField(_("presented digest"), max_length=64, blank=True)
    answer = models.JSONField(_("answer"), default=dict, blank=True)

    objects: ClassVar[VerificationRequestQuerySet] = VerificationRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("verification request")
        verbose_name_plural = _("verification requests")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["CREATED", "WITHDRAWN"])
                | (Q(consented_at__isnull=False, consent_until__gt=F("consented_at")) & ~Q(reference="")),
                name="verification_is_authorised_for_a_time",
            )
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="verification_by_verifier")]

    def __str__(self) -> str:
        return f"{self.document_type} {self.pk}"
