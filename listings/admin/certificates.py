"""Certificates of other registries in the console: what is to be verified, and the officer's finding."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from listings.certified import renewal_is_open
from listings.imported_certificates import reject_imported, verify_imported, withdraw_imported
from listings.models import ImportedCertificate

State = ImportedCertificate.State


@admin.register(ImportedCertificate)
class ImportedCertificateAdmin(ConsoleAdmin):
    list_display = ("number", "kind", "organization", "product", "valid_until", "in_force", "state")
    list_filter = ("state", "kind")
    list_select_related = ("organization", "product", "document")
    search_fields = ("number", "issuer", "product__number", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "kind", "state", "organization", "product", "issuer", "rights")}),
        (_("Validity"), {"fields": ("issued_on", "valid_until", "in_force", "renewal")}),
        (_("Verification"), {"fields": ("paper", "paper_sha256", "decided_by", "decided_at", "finding")}),
    )
    readonly_fields = ("in_force", "renewal", "paper", "paper_sha256")
    actions_detail = ("verify", "reject", "withdraw")

    @admin.display(description=_("not expired"), boolean=True)
    def in_force(self, certificate: ImportedCertificate) -> bool:
        return not certificate.expired

    @admin.display(description=_("ends within six months"), boolean=True)
    def renewal(self, certificate: ImportedCertificate) -> bool:
        return renewal_is_open(certificate)

    @admin.display(description=_("document"))
    def paper(self, certificate: ImportedCertificate) -> SafeString:
        address = reverse("document-content", args=[certificate.document_id])
        return format_html('<a href="{}" class="text-link">{}</a>', address, certificate.document)

    @admin.display(description=_("SHA-256 of the document"))
    def paper_sha256(self, certificate: ImportedCertificate) -> str:
        return certificate.document.sha256

    @act(_("Find it genuine"), permission=Permission.LISTING_REVIEW, states={State.SUBMITTED}, asks_reason=True)
    def verify(self, request: HttpRequest, certificate: ImportedCertificate, actor: Actor, reason: str) -> None:
        verify_imported(certificate_id=certificate.pk, reason=reason, actor=actor)

    @act(_("Reject"), permission=Permission.LISTING_REVIEW, states={State.SUBMITTED}, asks_reason=True, danger=True)
    def reject(self, request: HttpRequest, certificate: ImportedCertificate, actor: Actor, reason: str) -> None:
        reject_imported(certificate_id=certificate.pk, reason=reason, actor=actor)

    @act(
        _("Note that the registry took it back"),
        permission=Permission.LISTING_REVIEW,
        states={State.VERIFIED},
        asks_reason=True,
        danger=True,
    )
    def withdraw(self, request: HttpRequest, certificate: ImportedCertificate, actor: Actor, reason: str) -> None:
        withdraw_imported(certificate_id=certificate.pk, reason=reason, actor=actor)
