"""The console's view of evidence and jobs."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kernel import certificates, jobs
from kernel.actors import Actor, ActorKind
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.console_display import address_of, numbered, target_of
from kernel.console_filters import VenueFilter, among
from kernel.models import AuditEvent, Certificate, Job, LogKey, TreeHead


def _subject_types() -> list[tuple[str, str]]:
    """Return the kinds of rows that have a page, by the name under which events and certificates refer to them."""
    models = (model._meta for model in admin.site._registry)
    return sorted((str(meta.model_name), capfirst(str(meta.verbose_name))) for meta in models)


def _job_kinds() -> list[tuple[str, str]]:
    return [(kind, kind) for kind in sorted(jobs.KINDS)]


@admin.register(Job)
class JobAdmin(ConsoleAdmin):
    list_display = ("kind", "key", "state", "due_at", "attempts", "progress", "expected_at", "last_error")
    list_filter = ("state", VenueFilter, among("kind", _("kind"), _job_kinds))
    search_fields = ("key", "subject_id", "last_error")
    ordering = ("-id",)
    actions_detail = ("try_again",)

    @act(_("Try again"), permission=jobs.RETRY, states={Job.State.FAILED})
    def try_again(self, request: HttpRequest, job: Job, actor: Actor, reason: str) -> None:
        jobs.retry(job, actor=actor)


@admin.register(AuditEvent)
class AuditEventAdmin(ConsoleAdmin):
    """Events are found by their subject's id or short number, by action, by trace, and by who answers for them."""

    list_display = ("occurred_at", "action", "subject", "person", "actor_kind", "reason")
    list_filter = (
        VenueFilter,
        among("subject_type", _("subject type"), _subject_types),
        among("actor_kind", _("actor kind"), lambda: [(kind.value, kind.value) for kind in ActorKind]),
    )
    search_fields = ("subject_id__exact", "action__startswith", "trace_id__exact")
    search_help_text = _("A short number, an id, an action such as order.funded, or a trace id")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = get_user_model()._default_manager.filter(pk=OuterRef("person_id")).values("name")
        rows: QuerySet[Any] = super().get_queryset(request).annotate(person_name=Subquery(people))
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look for the subject too when the term is the short number of something that the actor may see."""
        ids = numbered(search_term.strip(), actor_in_console(request)) if search_term.strip() else []
        if ids:
            return queryset.filter(subject_id__in=ids), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found

    @admin.display(description=_("subject"))
    def subject(self, event: AuditEvent) -> str:
        address = address_of(target_of("subject_id", event), event.subject_id)
        if address is None:
            return f"{event.subject_type} {event.subject_id}"
        return format_html('<a href="{}" class="text-link">{} {}</a>', address, event.subject_type, event.subject_id)

    @admin.display(description=_("responsible person"))
    def person(self, event: Any) -> str:
        address = address_of(get_user_model(), event.person_id) if event.person_id else None
        if address is None:
            return "–"
        return format_html('<a href="{}" class="text-link">{}</a>', address, event.person_name or event.person_id)


@admin.register(Certificate)
class CertificateAdmin(ConsoleAdmin):
    list_display = ("number", "kind", "state", "subject_type", "issued_at")
    list_filter = ("state", VenueFilter, among("subject_type", _("subject type"), _subject_types))
    search_fields = ("number", "subject_id__exact", "statement_sha256__exact", "statement_sm3__exact")
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
    search_fields = ("key_id",)
    ordering = ("-first_used_at",)
