"""The kernel's own tables: the audit log, the jobs and the stored answers."""

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.actors import SEE_EVERYTHING, Actor
from kernel.identifiers import uuid7


class Identified(models.Model):
    """A row with a time-ordered key and the moment it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows with plain `organization_id` and `venue_id` keys."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the rows of the actor's organization and of the venues it operates."""
        if actor.may(SEE_EVERYTHING):
            return self
        seen = models.Q(venue_id__in=actor.venue_ids)
        if actor.organization_id is not None:
            seen |= models.Q(organization_id=actor.organization_id)
        return self.filter(seen)


class AuditEvent(models.Model):
    """One thing that happened; never updated nor deleted (trigger in kernel/sql)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    occurred_at = models.DateTimeField(_("occurred at"))
    action = models.CharField(_("action"), max_length=80)
    subject_type = models.CharField(_("subject type"), max_length=60)
    subject_id = models.CharField(_("subject"), max_length=60)
    actor_kind = models.CharField(_("actor kind"), max_length=10)
    actor_id = models.UUIDField(_("actor"), null=True)
    person_id = models.UUIDField(_("responsible person"), null=True)
    organization_id = models.UUIDField(_("organization"), null=True)
    venue_id = models.UUIDField(_("venue"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), encoder=DjangoJSONEncoder, default=dict)
    trace_id = models.CharField(_("trace id"), max_length=32, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_by_subject"),
            models.Index(fields=["venue_id", "-id"], name="event_by_venue"),
            models.Index(fields=["organization_id", "-id"], name="event_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}"


class Job(Identified):
    """Work to be done: the row is the job, a message merely wakes a worker (kernel/jobs.py)."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=120)
    subject_id = models.UUIDField(_("subject"), null=True)
    payload = models.JSONField(_("payload"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("leased until"), null=True)
    progress = models.PositiveSmallIntegerField(_("progress in percent"), default=0)
    expected_at = models.DateTimeField(_("expected to end at"), null=True)
    last_error = models.TextField(_("last error"), blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    organization_id = models.UUIDField(_("organization"), null=True)
    venue_id = models.UUIDField(_("venue"), null=True)
    trace_id = models.CharField(_("trace id"), max_length=32, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="job_is_unique_by_kind_and_key"),
            models.CheckConstraint(
                condition=~models.Q(state="RUNNING") | models.Q(leased_until__isnull=False),
                name="running_job_has_a_lease",
            ),
        ]
        indexes = [
            # Workers look only at what waits or runs; finished jobs never slow the claim.
            models.Index(fields=["due_at"], condition=models.Q(state="WAITING"), name="job_waiting_by_due_time"),
            models.Index(fields=["leased_until"], condition=models.Q(state="RUNNING"), name="job_running_by_lease"),
            models.Index(fields=["subject_id"], name="job_by_subject"),
            # The console counts the failed ones of each venue on every page.
            models.Index(fields=["venue_id"], condition=models.Q(state="FAILED"), name="job_failed_by_venue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class IdempotencyRecord(models.Model):
    """The stored answer to a request that carried an Idempotency-Key (kernel/idempotency.py)."""

    owner_id = models.UUIDField(_("owner"))
    key = models.CharField(_("key"), max_length=255)
    route = models.CharField(_("route"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.JSONField(_("body"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "key"], name="stored_answer_is_unique_by_owner_and_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="stored_answer_by_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


# The evidence tables stand in their own file and refer to the event table above, hence last.
from kernel.evidence_models import (  # noqa: E402
    Certificate,
    LogKey,
    MerkleNode,
    SealedEvent,
    TreeHead,
    UnsealedEvent,
)

__all__ = [
    "AuditEvent",
    "Certificate",
    "IdempotencyRecord",
    "Identified",
    "Job",
    "LogKey",
    "MerkleNode",
    "SealedEvent",
    "TreeHead",
    "UnsealedEvent",
]
