"""API clients: programs that act for an organization under the responsibility of one of its people."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from accounts.models.organizations import Organization
from accounts.models.people import Affiliation, Person
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.identifiers import uuid7


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return the clients of the actor's own organization; a venue's staff does not see its members' programs."""
        return self.filter(owned_or_operated(actor, venue=None))

    def get_by_natural_key(self, client_id: str) -> "ApiClient":
        return self.get(client_id=client_id)


class ApiClient(AbstractApplication):
    """An OAuth 2.0 client of the client-credentials grant. It can do what its person may, within its scopes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = None  # the toolkit's field deletes clients with their user; `person` and `organization` answer instead
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("responsible person"))
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    authorization_grant_type=AbstractApplication.GRANT_CLIENT_CREDENTIALS,
                    client_type=AbstractApplication.CLIENT_CONFIDENTIAL,
                    hash_client_secret=True,
                ),
                name="client_is_confidential_with_a_hashed_secret",
            )
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="client_by_organization")]

    @property
    def is_live(self) -> bool:
        """Whether it is neither revoked nor past its date."""
        return self.revoked_at is None and timezone.now() < self.expires_at

    def is_usable(self, request: Any) -> bool:
        """Tell the toolkit whether to give a token: the client lives and its person still acts for the organization."""
        acts = Affiliation.objects.filter(
            person=self.person_id, organization=self.organization_id, person__is_active=True
        )
        return self.is_live and acts.exists()
