"""How venues, organizations, people, memberships and clients look in JSON, and the bodies that make them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.access import Permission
from accounts.models import (
    Affiliation,
    ApiClient,
    Capacity,
    Invitation,
    Membership,
    Organization,
    Person,
    Role,
    Venue,
)
from accounts.permissions import SCOPE_PERMISSIONS
from accounts.sectors import Sector
from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField

PASSWORD_LENGTH = 128


class VenueSerializer(serializers.ModelSerializer[Venue]):
    name = LanguageMapSerializerField()

    class Meta:
        model = Venue
        fields = (
            "id",
            "code",
            "name",
            "number_prefix",
            "jurisdiction",
            "timezone",
            "currency",
            "acceptance_working_days",
            "release_working_days",
            "release_working_days_abroad",
        )


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    name = LanguageMapSerializerField()
    in_gba = serializers.BooleanField(help_text=_("In the Greater Bay Area: nine mainland cities, Hong Kong, Macao."))
    in_gba_city = serializers.BooleanField(help_text=_("In one of the nine mainland cities of the bay area."))

    class Meta:
        model = Organization
        fields = (
            "id",
            "created_at",
            "name",
            "legal_name",
            "jurisdiction",
            "identifier_kind",
            "identifier",
            "division_code",
            "division_name",
            "sector",
            "in_gba",
            "in_gba_city",
        )


class RegisterOrganizationSerializer(StrictSerializer):
    name = LanguageMapSerializerField(text_length=120)
    legal_name = serializers.CharField(max_length=200)
    jurisdiction = serializers.RegexField(r"^[A-Z]{2}$", help_text=_("ISO 3166 code: CN, HK, MO, …"))
    identifier = serializers.CharField(max_length=60, help_text=_("USCC, Hong Kong BR or Macao registration number."))
    division_code = serializers.CharField(
        max_length=6, required=False, allow_blank=True, help_text=_("GB/T 2260; mainland organizations only.")
    )


class UpdateOrganizationSerializer(StrictSerializer):
    name = LanguageMapSerializerField(text_length=120, required=False)
    division_code = serializers.CharField(max_length=6, required=False)
    sector = serializers.ChoiceField(
        choices=Sector.choices, required=False, help_text=_("Section of GB/T 4754; declared once.")
    )


class PersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "email", "name", "language")


class NewPersonSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=80)
    password = serializers.CharField(max_length=PASSWORD_LENGTH, trim_whitespace=False, write_only=True)
    language = serializers.ChoiceField(choices=Person.Language.choices, required=False)


class SignUpSerializer(StrictSerializer):
    person = NewPersonSerializer()
    organization = RegisterOrganizationSerializer()


class AffiliationSerializer(serializers.ModelSerializer[Affiliation]):
    """A person's role in an organization; its `id` is what roles are changed and ended by."""

    person = PersonSerializer()
    organization = OrganizationSerializer()
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Affiliation
        fields = ("id", "created_at", "person", "organization", "role")


class ColleagueSerializer(serializers.ModelSerializer[Affiliation]):
    person = PersonSerializer()
    organization_id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Affiliation
        fields = ("id", "created_at", "person", "organization_id", "role")


class RoleSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Role.choices)


class InviteSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)


INVITATION = ("id", "created_at", "organization_id", "email", "role", "state", "expires_at")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Invitation
        fields = INVITATION


class NewInvitationSerializer(InvitationSerializer):
    token = serializers.CharField(help_text=_("Shown once; give it to the invited person."))

    class Meta:
        model = Invitation
        fields = (*INVITATION, "token")


class AcceptInvitationSerializer(StrictSerializer):
    token = serializers.CharField(max_length=100)
    password = serializers.CharField(
        max_length=PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text=_("A new password, or the present one of somebody who has an account."),
    )
    name = serializers.CharField(max_length=80, required=False, help_text=_("Needed without an account."))
    language = serializers.ChoiceField(choices=Person.Language.choices, required=False)


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, for which organization, and what they may do."""

    kind = serializers.ChoiceField(choices=["person", "client"])
    id = serializers.UUIDField()
    name = serializers.CharField()
    person = PersonSerializer(allow_null=True)
    organization = OrganizationSerializer(allow_null=True)
    organizations = ColleagueSerializer(
        many=True, help_text=_("All roles of the person; choose by Dawan-Organization.")
    )
    venues = serializers.ListField(child=serializers.CharField(), help_text=_("Codes of the venues they are staff of."))
    permissions = serializers.ListField(child=serializers.ChoiceField(choices=[each.value for each in Permission]))


class UpdateMeSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    language = serializers.ChoiceField(choices=Person.Language.choices, required=False)


class PasswordSerializer(StrictSerializer):
    current_password = serializers.CharField(max_length=PASSWORD_LENGTH, trim_whitespace=False)
    new_password = serializers.CharField(max_length=PASSWORD_LENGTH, trim_whitespace=False)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    venue = serializers.CharField(source="venue.code")
    organization = OrganizationSerializer()
    capacity = serializers.ChoiceField(choices=Capacity.choices)
    corrections = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Membership
        fields = (
            "id",
            "number",
            "created_at",
            "venue",
            "organization",
            "capacity",
            "state",
            "statement",
            "corrections",
            "decision_reason",
            "submitted_by_id",
            "submitted_at",
            "reviewed_by_id",
            "decided_by_id",
            "decided_at",
        )


class ApplySerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("Code of the venue: gzdex or szdex."))
    capacity = serializers.ChoiceField(choices=Capacity.choices)
    statement = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class SubmitSerializer(StrictSerializer):
    statement = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class MembershipCorrectionsSerializer(StrictSerializer):
    corrections = serializers.ListField(child=serializers.CharField(max_length=500), min_length=1, max_length=50)


API_CLIENT = (
    "id",
    "created_at",
    "name",
    "client_id",
    "organization_id",
    "person_id",
    "scopes",
    "expires_at",
    "revoked_at",
)


class ApiClientSerializer(serializers.ModelSerializer[ApiClient]):
    created_at = serializers.DateTimeField(source="created")

    class Meta:
        model = ApiClient
        fields = API_CLIENT


class SecretApiClientSerializer(serializers.ModelSerializer[ApiClient]):
    created_at = serializers.DateTimeField(source="created")
    client_secret = serializers.SerializerMethodField(help_text=_("Shown once; it is stored hashed."))

    class Meta:
        model = ApiClient
        fields = (*API_CLIENT, "client_secret")

    def get_client_secret(self, client: ApiClient) -> str:
        secret: str = self.context["secret"]
        return secret


class NewApiClientSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(SCOPE_PERMISSIONS)),
        min_length=1,
        max_length=len(SCOPE_PERMISSIONS),
    )
    expires_at = serializers.DateTimeField(required=False, help_text=_("Within two years; a year when left out."))
