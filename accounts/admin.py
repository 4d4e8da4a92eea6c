"""The console's view of members and people: every row findable, memberships moved only by the acts of onboarding."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oauth2_provider import models as oauth

from accounts import clients, onboarding, people
from accounts.models import (
    Affiliation,
    ApiClient,
    Interest,
    Invitation,
    Membership,
    Organization,
    OrganizationTie,
    Person,
    Venue,
)
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import four_eyes
from kernel.languages import in_language

# Tables that this house does not use (permissions are named, the only grant is client credentials), and tokens, which
# nobody needs to read: their giving and ending is in the audit log.
for unused in (Group, oauth.Grant, oauth.IDToken, oauth.RefreshToken, oauth.AccessToken, ApiClient):
    admin.site.unregister(unused)


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("number", "venue", "capacity", "state")

    def get_queryset(self, request: HttpRequest) -> Any:
        return Membership.objects.visible_to(actor_in_console(request)).select_related("venue", "organization")


class AffiliationInline(ReadOnlyInline):
    model = Affiliation
    fields = ("person", "organization", "role")

    def get_queryset(self, request: HttpRequest) -> Any:
        return Affiliation.objects.visible_to(actor_in_console(request)).select_related("person", "organization")


@admin.register(Venue)
class VenueAdmin(ConsoleAdmin):
    list_display = (
        "shown_name",
        "code",
        "number_prefix",
        "operator",
        "currency",
        "acceptance_working_days",
        "release_working_days",
        "release_working_days_abroad",
    )
    list_select_related = ("operator",)
    search_fields = ("code",)
    ordering = ("code",)

    @admin.display(description=_("name"))
    def shown_name(self, venue: Venue) -> str:
        return in_language(venue.name)


@admin.register(Organization)
class OrganizationAdmin(ConsoleAdmin):
    list_display = ("shown_name", "legal_name", "jurisdiction", "identifier", "division", "is_in_gba")
    list_filter = ("jurisdiction", "identifier_kind")
    search_fields = ("legal_name", "identifier", "name", "memberships__number")
    ordering = ("-id",)
    inlines = (MembershipInline, AffiliationInline)

    @admin.display(description=_("name"))
    def shown_name(self, organization: Organization) -> str:
        return in_language(organization.name)

    @admin.display(description=_("division"), ordering="division_code")
    def division(self, organization: Organization) -> str:
        return f"{organization.division_code} {organization.division_name}".strip()

    @admin.display(description=_("in the Greater Bay Area"), boolean=True)
    def is_in_gba(self, organization: Organization) -> bool:
        return organization.in_gba


@admin.register(Person)
class PersonAdmin(ConsoleAdmin):
    list_display = ("email", "name", "language", "is_active", "last_login", "created_at")
    list_filter = ("is_active", "language")
    search_fields = ("email", "name")
    ordering = ("-id",)
    fields = ("email", "name", "language", "is_active", "is_superuser", "last_login", "created_at")
    inlines = (AffiliationInline,)
    actions_detail = ("deactivate", "reactivate")

    @act(_("Deactivate"), permission=Permission.EVERYTHING_SEE, asks_reason=True, danger=True)
    def deactivate(self, request: HttpRequest, person: Person, actor: Actor, reason: str) -> None:
        people.set_active(person_id=person.pk, active=False, reason=reason, actor=actor)

    @act(_("Reactivate"), permission=Permission.EVERYTHING_SEE, asks_reason=True)
    def reactivate(self, request: HttpRequest, person: Person, actor: Actor, reason: str) -> None:
        people.set_active(person_id=person.pk, active=True, reason=reason, actor=actor)


@admin.register(Affiliation)
class AffiliationAdmin(ConsoleAdmin):
    list_display = ("person", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("person", "organization")
    search_fields = ("person__email", "person__name", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    actions_detail = ("end",)

    @act(_("End this role"), permission=Permission.PEOPLE_MANAGE, danger=True)
    def end(self, request: HttpRequest, affiliation: Affiliation, actor: Actor, _reason: str) -> None:
        people.remove(affiliation_id=affiliation.pk, actor=actor)


@admin.register(Invitation)
class InvitationAdmin(ConsoleAdmin):
    list_display = ("email", "organization", "role", "state", "invited_by", "expires_at")
    list_filter = ("state", "role")
    list_select_related = ("organization", "invited_by")
    search_fields = ("email", "organization__legal_name")
    ordering = ("-id",)
    actions_detail = ("revoke",)

    @act(_("Revoke"), permission=Permission.PEOPLE_MANAGE, states={Invitation.State.PENDING}, danger=True)
    def revoke(self, request: HttpRequest, invitation: Invitation, actor: Actor, _reason: str) -> None:
        people.revoke_invitation(invitation_id=invitation.pk, actor=actor)


@admin.register(ApiClient)
class ApiClientAdmin(ConsoleAdmin):
    list_display = ("name", "organization", "person", "client_id", "expires_at", "revoked_at")
    list_select_related = ("organization", "person")
    search_fields = ("name", "client_id", "organization__legal_name", "person__email")
    ordering = ("-id",)
    fields = ("name", "client_id", "organization", "person", "scopes", "created", "expires_at", "revoked_at")
    actions_detail = ("revoke",)

    @act(_("Revoke"), permission=Permission.CLIENT_MANAGE, danger=True)
    def revoke(self, request: HttpRequest, client: ApiClient, actor: Actor, _reason: str) -> None:
        clients.revoke_client(client_id=client.pk, actor=actor)


@admin.register(Interest)
class InterestAdmin(ConsoleAdmin):
    list_display = ("person", "organization", "kind", "ended_on", "created_at")
    list_filter = ("kind",)
    list_select_related = ("person", "organization")
    search_fields = ("person__name", "person__email", "organization__legal_name")
    ordering = ("-id",)


@admin.register(OrganizationTie)
class OrganizationTieAdmin(ConsoleAdmin):
    list_display = ("organization", "other", "kind", "ended_on", "created_at")
    list_filter = ("kind",)
    list_select_related = ("organization", "other")
    search_fields = ("organization__legal_name", "other__legal_name")
    ordering = ("-id",)


State = Membership.State


@admin.register(Membership)
class MembershipAdmin(ConsoleAdmin):
    list_display = ("number", "organization", "venue", "capacity", "state", "submitted_at", "reviewed_by", "decided_by")
    list_filter = ("state", "venue", "capacity")
    list_select_related = ("organization", "venue", "reviewed_by", "decided_by")
    search_fields = ("number", "organization__legal_name", "organization__identifier", "organization__name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "organization", "venue", "capacity", "state", "statement")}),
        (_("Four eyes"), {"fields": ("four_eyes", "submitted_by", "submitted_at", "reviewed_by")}),
        (_("Decision"), {"fields": ("decided_by", "decided_at", "corrections", "decision_reason")}),
    )
    readonly_fields = ("four_eyes",)
    actions_detail = (
        "start_review",
        "approve",
        "request_correction",
        "reject",
        "activate",
        "suspend",
        "resume",
        "terminate",
    )

    @admin.display(description=_("who may not approve"))
    def four_eyes(self, membership: Membership) -> str:
        return four_eyes((membership.submitted_by, membership.reviewed_by))

    @act(_("Start the review"), permission=Permission.MEMBERSHIP_REVIEW, states={State.SUBMITTED})
    def start_review(self, request: HttpRequest, membership: Membership, actor: Actor, _reason: str) -> None:
        onboarding.start_review(membership_id=membership.pk, actor=actor)

    @act(_("Approve"), permission=Permission.MEMBERSHIP_APPROVE, states={State.IN_REVIEW})
    def approve(self, request: HttpRequest, membership: Membership, actor: Actor, _reason: str) -> None:
        onboarding.approve(membership_id=membership.pk, actor=actor)

    @act(
        _("Request correction (one per line)"),
        permission=Permission.MEMBERSHIP_REVIEW,
        states={State.IN_REVIEW},
        asks_reason=True,
    )
    def request_correction(self, request: HttpRequest, membership: Membership, actor: Actor, reason: str) -> None:
        onboarding.request_correction(membership_id=membership.pk, corrections=reason.splitlines(), actor=actor)

    @act(_("Reject"), permission=Permission.MEMBERSHIP_REVIEW, states={State.IN_REVIEW}, asks_reason=True, danger=True)
    def reject(self, request: HttpRequest, membership: Membership, actor: Actor, reason: str) -> None:
        onboarding.reject(membership_id=membership.pk, reason=reason, actor=actor)

    @act(_("Activate"), permission=Permission.MEMBERSHIP_APPROVE, states={State.APPROVED})
    def activate(self, request: HttpRequest, membership: Membership, actor: Actor, _reason: str) -> None:
        onboarding.activate(membership_id=membership.pk, actor=actor)

    @act(_("Suspend"), permission=Permission.MEMBERSHIP_SUSPEND, states={State.ACTIVE}, asks_reason=True, danger=True)
    def suspend(self, request: HttpRequest, membership: Membership, actor: Actor, reason: str) -> None:
        onboarding.suspend(membership_id=membership.pk, reason=reason, actor=actor)

    @act(_("Resume"), permission=Permission.MEMBERSHIP_SUSPEND, states={State.SUSPENDED}, asks_reason=True)
    def resume(self, request: HttpRequest, membership: Membership, actor: Actor, reason: str) -> None:
        onboarding.resume(membership_id=membership.pk, reason=reason, actor=actor)

    @act(
        _("Terminate"),
        permission=Permission.MEMBERSHIP_SUSPEND,
        states={State.ACTIVE, State.SUSPENDED},
        asks_reason=True,
        danger=True,
    )
    def terminate(self, request: HttpRequest, membership: Membership, actor: Actor, reason: str) -> None:
        onboarding.terminate(membership_id=membership.pk, reason=reason, actor=actor)
