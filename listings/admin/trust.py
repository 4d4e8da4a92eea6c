"""The console's pages of mutual trust: attestations, verifications that holders authorise, nodes and their batches."""

from django.contrib import admin

from kernel.console import ConsoleAdmin
from listings.models import Attestation, AttestationBatch, TrustNode, VerificationRequest


@admin.register(Attestation)
class AttestationAdmin(ConsoleAdmin):
    list_display = ("reference", "organization", "document_type", "node", "state", "expires_at", "created_at")
    list_filter = ("state", "node")
    list_select_related = ("organization", "node")
    search_fields = ("reference", "digest", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("reference", "state"),
        ("organization", "node"),
        ("document_type", "algorithm"),
        "digest",
        "salt_ref",
        ("expires_at", "revoked_at", "revoked_because"),
    )


@admin.register(VerificationRequest)
class VerificationRequestAdmin(ConsoleAdmin):
    list_display = ("organization", "document_type", "node", "state", "consent_until", "created_at")
    list_filter = ("state", "node")
    list_select_related = ("organization", "node")
    search_fields = ("reference", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("organization", "node", "state"),
        ("document_type", "purpose"),
        ("reference", "consented_at", "consent_until"),
        "presented_digest",
        "answer",
    )


@admin.register(TrustNode)
class TrustNodeAdmin(ConsoleAdmin):
    list_display = ("name", "label", "is_local", "created_at")
    list_filter = ("is_local",)
    search_fields = ("name", "label")
    ordering = ("name",)
    fields = (("name", "is_local"), "label", "public_key")


@admin.register(AttestationBatch)
class AttestationBatchAdmin(ConsoleAdmin):
    list_display = ("origin", "number", "last", "holder", "sha256", "created_at")
    list_filter = ("origin", "holder")
    list_select_related = ("origin", "holder")
    search_fields = ("sha256", "origin__name")
    ordering = ("-id",)
    fields = (("origin", "number", "last"), "holder", "sha256", "statement", "signature")
