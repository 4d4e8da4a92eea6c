"""Identity verification: programmes of identity sources, their hashed identifiers, consents and answered queries."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.products import Product


class IdentityProgrammeQuerySet(models.QuerySet["IdentityProgramme"]):
    def visible_to(self, actor: Actor) -> Self:
        """The identity source's own; clients reach a programme by their entitlement."""
        return self.filter(owned_or_operated(actor, venue=None))


class IdentityProgramme(Identified, Stateful):
    """What an identity source answers yes or no to, sold as one product; its key hashes every identifier."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("identity programme", "open")
        CLOSED = "CLOSED", pgettext_lazy("identity programme", "closed")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.OPEN: frozenset({State.CLOSED})}

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("identity source")
    )
    product = models.OneToOneField(
        Product, models.PROTECT, related_name="identity_programme", verbose_name=_("sold as product")
    )
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.OPEN)
    key_id = models.CharField(_("key-encryption key"), max_length=64)
    wrapped_key = models.BinaryField(_("wrapped key"))

    objects: ClassVar[IdentityProgrammeQuerySet] = IdentityProgrammeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("identity programme")
        verbose_name_plural = _("identity programmes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "-id"], name="identity_programme_by_source")]

    def __str__(self) -> str:
        return str(self.pk)


class IdentityRecord(Identified):
    """One person as the source knows them, in keyed hashes alone (DOMAIN I14)."""

    programme = models.ForeignKey(
        IdentityProgramme, models.CASCADE, related_name="records", db_index=False, verbose_name=_("programme")
    )
    id_hash = models.CharField(_("hash of the ID number"), max_length=64)
    name_hash = models.CharField(_("hash of the name"), max_length=64)
    phone_hash = models.CharField(_("hash of the phone number"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("identity record")
        verbose_name_plural = _("identity records")
        constraints = [
            models.UniqueConstraint(fields=["programme", "id_hash"], name="identity_record_is_unique_by_id"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class IdentityConsentQuerySet(models.QuerySet["IdentityConsent"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the client that asks; neither the source nor a venue learns who is asked about."""
        return self.filter(owned_or_operated(actor, venue=None))


class IdentityConsent(Identified, Stateful):
    """A person's consent to be verified once, for a purpose and a time; its token is shown once and kept hashed."""

    class State(models.TextChoices):
        GIVEN = "GIVEN", pgettext_lazy("consent", "given")
        USED = "USED", pgettext_lazy("consent", "used")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("consent", "withdrawn")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.GIVEN: frozenset({State.USED, State.WITHDRAWN})}

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("client")
    )
    programme = models.ForeignKey(IdentityProgramme, models.PROTECT, related_name="+", verbose_name=_("programme"))
    purpose = models.CharField(_("purpose"), max_length=200)
    subject_hash = models.CharField(_("hash of the ID number"), max_length=64)
    evidence_sha256 = models.CharField(_("SHA-256 of the signed consent"), max_length=64)
    token_sha256 = models.CharField(_("digest of the token"), max_length=64, unique=True)
    expires_at = models.DateTimeField(_("expires at"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.GIVEN)

    objects: ClassVar[IdentityConsentQuerySet] = IdentityConsentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("consent to an identity check")
        verbose_name_plural = _("consents to identity checks")
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "-id"], name="identity_consent_by_client")]

    def __str__(self) -> str:
        return str(self.pk)


class IdentityQuery(Identified):
    """One answered query, never changed: the answer and nothing of what was asked about."""

    class Result(models.TextChoices):
        MATCH = "MATCH", pgettext_lazy("identity", "match")
        MISMATCH = "MISMATCH", pgettext_lazy("identity", "mismatch")
        NOT_FOUND = "NOT_FOUND", pgettext_lazy("identity", "not found")

    class Reason(models.TextChoices):
        ALL_AGREE = "ALL_AGREE", _("everything presented agrees")
        NAME_DIFFERS = "NAME_DIFFERS", _("the name differs")
        PHONE_DIFFERS = "PHONE_DIFFERS", _("the phone number differs")
        SEVERAL_DIFFER = "SEVERAL_DIFFER", _("name and phone number differ")
        NO_RECORD = "NO_RECORD", _("the source has no record")

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("client")
    )
    programme = models.ForeignKey(
        IdentityProgramme, models.PROTECT, related_name="+", db_index=False, verbose_name=_("programme")
    )
    consent = models.OneToOneField(IdentityConsent, models.PROTECT, related_name="query", verbose_name=_("consent"))
    nonce = models.CharField(_("nonce"), max_length=64)
    result = models.CharField(_("result"), max_length=9, choices=Result.choices)
    reason = models.CharField(_("reason"), max_length=14, choices=Reason.choices)

    class Meta:
        verbose_name = _("identity query")
        verbose_name_plural = _("identity queries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "nonce"], name="identity_query_is_unique_by_nonce"),
        ]
        indexes = [
            # The count of a client's late misses, before each answer.
            models.Index(fields=["organization", "programme", "created_at"], name="identity_query_by_client"),
        ]

    def __str__(self) -> str:
        return f"{self.result} {self.reason}"
