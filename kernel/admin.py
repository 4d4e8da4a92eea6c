"""The console's view of evidence and jobs."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from kernel import certificates, jobs
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.models import AuditEvent, Certificate, Job, LogKey, TreeHead


@admin.register(Job)
class JobAdmin(ConsoleAdmin):
    list_display = ("kind", "key", "state", "due_at", "attempts", "progress", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("key", "subject_id", "last_error")
    ordering = ("-id",)
    actions_detail = ("try_again",)

    @act(_("Try again"), permission=jobs.RETRY, states={Job.State.FAILED})
    def try_again(self, request: HttpRequest, job: Job, actor: Actor, reason: str) -> None:
        jobs.retry(job, actor=actor)


@admin.register(AuditEvent)
class AuditEventAdmin(ConsoleAdmin):
    list_display = ("occurred_at", "action", "subject_type", "subject_id", "actor_kind", "person_id", "reason")
    list_filter = ("subject_type", "actor_kind")
    search_fields = ("subject_id", "action", "trace_id")
    ordering = ("-id",)


@admin.register(Certificate)
class CertificateAdmin(ConsoleAdmin):
    list_display = ("number", "kind", "state", "subject_type", "issued_at")
    list_filter = ("kind", "state")
    search_fields = ("number", "subject_id")
    ordering = ("-id",)
    exclude = ("file",)
    readonly_fields = ("download",)
    actions_detail = ("revoke",)

    @admin.display(description=_("certificate file"))
    def download(self, certificate: Certificate) -> str:
        if not certificate.file:
            return "-"
        address = reverse("certificate-file", kwargs={"reference": certificate.number})
        return format_html('<a href="{}">{}.json</a>', address, certificate.number)

    @act(
        _("Revoke"),
        permission=certificates.REVOKE,
        states={Certificate.State.STATED, Certificate.State.ISSUED},
        asks_reason=True,
        danger=True,
    )
    def revoke(self, request: HttpRequest, certificate: Certificate, actor: Actor, reason: str) -> None:
        certificates.revoke_certificate(certificate_id=certificate.id, actor=actor, reason=reason)


@admin.register(TreeHead)
class TreeHeadAdmin(ConsoleAdmin):
    list_display = ("size", "root_sha256", "sealed_at", "key_id")
    search_fields = ("root_sha256",)
    ordering = ("-size",)


@admin.register(LogKey)
class LogKeyAdmin(ConsoleAdmin):
    list_display = ("key_id", "first_used_at")
    ordering = ("-first_used_at",)
