"""Papers that prove what a dossier says, and certificates that other registries gave."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.papers import StoredPaper
from listings.models.products import Product, _own_or_offered
from listings.models.vocabulary import Right


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own documents; staff see those of products offered at their venues."""
        return self.filter(_own_or_offered(actor, product="product_id"))


class Document(StoredPaper):
    """One paper of a product's dossier, encrypted at rest; what it says is never changed (trigger in listings/sql)."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="documents", verbose_name=_("product"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    evidence = models.CharField(_("proves"), max_length=40, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="document_has_bytes")]
        indexes = [models.Index(fields=["organization", "-id"], name="document_by_organization")]

    def __str__(self) -> str:
        return self.name


class ImportedCertificateQuerySet(models.QuerySet["ImportedCertificate"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own certificates; staff see those of products offered at their venues."""
        return self.filter(_own_or_offered(actor, product="product_id"))

    def standing(self) -> Self:
        """Certificates that the dossier rests on: neither refused nor withdrawn, whether expired or not."""
        return self.filter(state__in=[ImportedCertificate.State.SUBMITTED, ImportedCertificate.State.VERIFIED])

    def verified(self) -> Self:
        return self.filter(state=ImportedCertificate.State.VERIFIED)


class ImportedCertificate(Identified, Stateful):
    """A certificate that another registry gave for a product's data, and what an officer of the venue found of it."""

    class Kind(models.TextChoices):
        DATA_PROPERTY = "DATA_PROPERTY", _("data-property registration certificate")
        SHENZHEN_PROPERTY = "SHENZHEN_PROPERTY", _("Shenzhen data-property registration certificate")
        PUBLIC_DATA = "PUBLIC_DATA", _("public-data resource registration")

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("to be verified")
        VERIFIED = "VERIFIED", _("verified")
        REJECTED = "REJECTED", _("rejected")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.SUBMITTED: frozenset({State.VERIFIED, State.REJECTED, State.WITHDRAWN}),
        State.VERIFIED: frozenset({State.WITHDRAWN}),
    }

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="imported_certificates", verbose_name=_("product")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("holder")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    number = models.CharField(_("certificate number"), max_length=40)
    issuer = models.CharField(_("issuer"), max_length=200)
    rights = ArrayField(
        models.CharField(max_length=10, choices=Right.choices),
        verbose_name=_("rights certified"),
        default=list,
        blank=True,
    )
    issued_on = models.DateField(_("issued on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    document = models.ForeignKey(Document, models.RESTRICT, related_name="+", verbose_name=_("document"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SUBMITTED)
    decided_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    finding = models.TextField(_("what the officer found"), blank=True)

    objects = ImportedCertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("imported certificate")
        verbose_name_plural = _("imported certificates")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "kind", "number"],
                condition=Q(state__in=["SUBMITTED", "VERIFIED"]),
                name="certificate_is_imported_once_by_product",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("issued_on")),
                name="imported_certificate_runs_forward",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["VERIFIED", "REJECTED"])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(finding="")),
                name="decided_certificate_has_an_officer_and_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="imported_by_organization")]

    def __str__(self) -> str:
        return self.number

    @property
    def expired(self) -> bool:
        """Tell whether its last day is over."""
        return self.valid_until is not None and self.valid_until < timezone.localdate()
