"""The console's pages of identity verification: programmes, consents and answers, without anybody's identifiers."""

from django.contrib import admin

from kernel.console import ConsoleAdmin
from listings.models import IdentityConsent, IdentityProgramme


@admin.register(IdentityProgramme)
class IdentityProgrammeAdmin(ConsoleAdmin):
    list_display = ("product", "organization", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("product", "organization")
    search_fields = ("product__number", "organization__legal_name")
    ordering = ("-id",)
    fields = (("product", "organization"), "state", "key_id")


@admin.register(IdentityConsent)
class IdentityConsentAdmin(ConsoleAdmin):
    list_display = ("organization", "programme", "purpose", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("organization", "programme")
    search_fields = ("organization__legal_name", "evidence_sha256")
    ordering = ("-id",)
    fields = (("organization", "programme"), ("purpose", "state", "expires_at"), "evidence_sha256")
