"""People, and the roles they have in organizations. A person signs in by email; a role makes an act possible."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.organizations import Organization
from accounts.permissions import Permission, Role, may_in_console
from accounts.visibility import owned_or_operated, sees_everything
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return oneself, the people of one's organization and, for staff, those of their venues' members."""
        if sees_everything(actor):
            return self.all()
        colleagues = Affiliation.objects.visible_to(actor).values("person")
        return self.filter(Q(pk=actor.person_id) | Q(pk__in=colleagues))


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]  # a class made at run time
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "Person":
        """Create a person who can sign in; without a password only the console's administrator can give one."""
        person = Person(email=normal_email(email), **fields)
        person.set_password(password)
        person.save(force_insert=True)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "Person":
        """Create the deployment's operator, who sees every row (`manage.py createsuperuser`)."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        person: Person = self.get(email=normal_email(username or ""))
        return person


def normal_email(email: str) -> str:
    """Return the one spelling under which an address is stored and compared."""
    return email.strip().lower()


class Person(AbstractBaseUser, Identified):
    """A human being who signs in by email. What they may do comes from their affiliation (accounts/access.py)."""

    class Language(models.TextChoices):
        SIMPLIFIED = "zh-Hans", _("Simplified Chinese")
        TRADITIONAL = "zh-Hant", _("Traditional Chinese")
        ENGLISH = "en", _("English")

    email = models.EmailField(_("email address"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=80)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.SIMPLIFIED)
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(_("operator of the deployment"), default=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="person_email_is_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="person_email_is_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return how the console greets the person. Its theme asks."""
        return self.name or self.email

    def actor_in_console(self) -> Actor:
        """Return who the person is in the console, worked out once per request (this object lives no longer)."""
        from accounts.access import actor_for_console  # noqa: PLC0415 - access is built on these tables

        known: Actor | None = self.__dict__.get("_actor_in_console")
        if known is None:
            known = self.__dict__["_actor_in_console"] = actor_for_console(self)
        return known

    @property
    def is_staff(self) -> bool:
        """Whether the person may enter the console. Django's admin asks."""
        return self.actor_in_console().may(Permission.CONSOLE_USE)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Answer Django's admin and templates by the named permissions (accounts/permissions.py)."""
        return may_in_console(self.actor_in_console().permissions, perm)

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return the roles within the organizations that the actor may see."""
        if sees_everything(actor):
            return self.all()
        return self.filter(organization__in=Organization.objects.visible_to(actor).order_by().values("pk"))


class Affiliation(Identified):
    """A person's one role in one organization."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="affiliations", verbose_name=_("person"))
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="affiliations", verbose_name=_("organization")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        verbose_name = _("role in an organization")
        verbose_name_plural = _("roles in organizations")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["person", "organization"], name="affiliation_is_unique")]

    def __str__(self) -> str:
        return f"{self.person} – {self.organization}: {self.get_role_display()}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, venue=None))


class Invitation(Identified, Stateful):
    """An organization's offer of a role to the owner of an email address. The token is shown once and stored hashed."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")
        ACCEPTED = "ACCEPTED", _("accepted")
        REVOKED = "REVOKED", _("revoked")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.PENDING: frozenset({State.ACCEPTED, State.REVOKED})}

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("organization")
    )
    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    token_checksum = models.CharField(_("token checksum"), max_length=64, editable=False)
    invited_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("invited by")
    )
    expires_at = models.DateTimeField(_("expires at"))

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["token_checksum"], name="invitation_token_is_unique"),
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(state="PENDING"),
                name="invitation_is_unique_while_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.organization}"

    @property
    def has_expired(self) -> bool:
        return timezone.now() >= self.expires_at
