"""Venues, organizations and memberships, people and their roles, credentials."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import oauth2_provider.generators
import oauth2_provider.models
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
from kernel.migrations_support import CreateModels

MODELS = [
    migrations.CreateModel(
        name="Organization",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", kernel.languages.LanguageMapField(default=dict, text_length=120, verbose_name="name")),
            ("legal_name", models.CharField(max_length=200, verbose_name="legal name")),
            (
                "jurisdiction",
                models.CharField(help_text="ISO 3166 code: CN, HK, MO, …", max_length=2, verbose_name="jurisdiction"),
            ),
            (
                "identifier_kind",
                models.CharField(
                    choices=[
                        ("USCC", "Unified Social Credit Code"),
                        ("HKBR", "Hong Kong business registration number"),
                        ("MOCR", "Macao commercial registration number"),
                        ("OTHER", "other registration number"),
                    ],
                    max_length=8,
                    verbose_name="kind of identifier",
                ),
            ),
            ("identifier", models.CharField(max_length=40, verbose_name="identifier")),
            (
                "division_code",
                models.CharField(
                    blank=True,
                    help_text="GB/T 2260; empty outside the mainland",
                    max_length=6,
                    verbose_name="division code",
                ),
            ),
            (
                "sector",
                models.CharField(
                    blank=True,
                    choices=[
                        ("A", "agriculture, forestry, animal husbandry and fishery"),
                        ("B", "mining"),
                        ("C", "manufacturing"),
                        ("D", "electricity, heat, gas and water supply"),
                        ("E", "construction"),
                        ("F", "wholesale and retail trade"),
                        ("G", "transport, storage and post"),
                        ("H", "accommodation and catering"),
                        ("I", "information transmission, software and information technology services"),
                        ("J", "finance"),
                        ("K", "real estate"),
                        ("L", "leasing and business services"),
                        ("M", "scientific research and technical services"),
                        ("N", "water conservancy, environment and public facilities"),
                        ("O", "resident services, repair and other services"),
                        ("P", "education"),
                        ("Q", "health and social work"),
                        ("R", "culture, sports and entertainment"),
                        ("S", "public administration, social security and social organizations"),
                        ("T", "international organizations"),
                    ],
                    help_text="Section of GB/T 4754; declared once.",
                    max_length=1,
                    verbose_name="sector",
                ),
            ),
        ],
        options={
            "verbose_name": "organization",
            "verbose_name_plural": "organizations",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(
                    fields=("jurisdiction", "identifier_kind", "identifier"),
                    name="organization_identifier_is_unique",
                ),
                models.CheckConstraint(
                    condition=models.Q(("jurisdiction__regex", "^[A-Z]{2}$")),
                    name="organization_jurisdiction_is_a_country_code",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("division_code__regex", "^[0-9]{6}$"),
                            ("identifier_kind", "USCC"),
                            ("jurisdiction", "CN"),
                        ),
                        models.Q(
                            models.Q(("jurisdiction", "CN"), _negated=True),
                            models.Q(("identifier_kind", "USCC"), _negated=True),
                            ("division_code", ""),
                        ),
                        _connector="OR",
                    ),
                    name="organization_of_the_mainland_has_uscc_and_division",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Person",
        fields=[
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("email", models.EmailField(max_length=254, verbose_name="email address")),
            ("name", models.CharField(max_length=80, verbose_name="name")),
            (
                "language",
                models.CharField(
                    choices=[
                        ("zh-Hans", "Simplified Chinese"),
                        ("zh-Hant", "Traditional Chinese"),
                        ("en", "English"),
                    ],
                    default="zh-Hans",
                    max_length=8,
                    verbose_name="language",
                ),
            ),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ("is_superuser", models.BooleanField(default=False, verbose_name="operator of the deployment")),
        ],
        options={
            "verbose_name": "person",
            "verbose_name_plural": "people",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(fields=("email",), name="person_email_is_unique"),
                models.CheckConstraint(
                    condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                    name="person_email_is_in_lower_case",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Affiliation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "role",
                models.CharField(
                    choices=[
                        ("ADMIN", "administrator"),
                        ("OPERATOR", "operator"),
                        ("VIEWER", "viewer"),
                        ("CLERK", "clerk"),
                        ("LEGAL_REVIEWER", "legal reviewer"),
                        ("SECURITY_REVIEWER", "data security reviewer"),
                        ("QUALITY_REVIEWER", "quality and price reviewer"),
                        ("COMMITTEE_MEMBER", "member of the compliance committee"),
                        ("COMPLIANCE_REVIEWER", "compliance reviewer"),
                        ("CUSTOMS_OFFICER", "customs officer"),
                        ("SETTLEMENT_OFFICER", "settlement officer"),
                        ("DISPUTE_OFFICER", "dispute officer"),
                        ("VENUE_ADMIN", "venue administrator"),
                        ("AUDITOR", "auditor"),
                        ("STATISTICIAN", "statistician"),
                    ],
                    max_length=20,
                    verbose_name="role",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="affiliations",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="person",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="affiliations",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
        ],
        options={
            "verbose_name": "role in an organization",
            "verbose_name_plural": "roles in organizations",
            "ordering": ["-id"],
            "constraints": [models.UniqueConstraint(fields=("person", "organization"), name="affiliation_is_unique")],
        },
    ),
    migrations.CreateModel(
        name="Invitation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("email", models.EmailField(max_length=254, verbose_name="email address")),
            (
                "role",
                models.CharField(
                    choices=[
                        ("ADMIN", "administrator"),
                        ("OPERATOR", "operator"),
                        ("VIEWER", "viewer"),
                        ("CLERK", "clerk"),
                        ("LEGAL_REVIEWER", "legal reviewer"),
                        ("SECURITY_REVIEWER", "data security reviewer"),
                        ("QUALITY_REVIEWER", "quality and price reviewer"),
                        ("COMMITTEE_MEMBER", "member of the compliance committee"),
                        ("COMPLIANCE_REVIEWER", "compliance reviewer"),
                        ("CUSTOMS_OFFICER", "customs officer"),
                        ("SETTLEMENT_OFFICER", "settlement officer"),
                        ("DISPUTE_OFFICER", "dispute officer"),
                        ("VENUE_ADMIN", "venue administrator"),
                        ("AUDITOR", "auditor"),
                        ("STATISTICIAN", "statistician"),
                    ],
                    max_length=20,
                    verbose_name="role",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("PENDING", "pending"), ("ACCEPTED", "accepted"), ("REVOKED", "revoked")],
                    default="PENDING",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("token_checksum", models.CharField(editable=False, max_length=64, verbose_name="token checksum")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            (
                "invited_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="invited by",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="invitations",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
        ],
        options={
            "verbose_name": "invitation",
            "verbose_name_plural": "invitations",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(fields=("token_checksum",), name="invitation_token_is_unique"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "PENDING")),
                    fields=("organization", "email"),
                    name="invitation_is_unique_while_open",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ApiClient",
        fields=[
            (
                "client_id",
                models.CharField(
                    db_index=True,
                    default=oauth2_provider.generators.generate_client_id,
                    max_length=255,
                    unique=True,
                    verbose_name="client ID",
                ),
            ),
            (
                "redirect_uris",
                models.TextField(
                    blank=True, help_text="Allowed URIs list, space separated", verbose_name="redirect URIs"
                ),
            ),
            (
                "post_logout_redirect_uris",
                models.TextField(
                    blank=True,
                    default="",
                    help_text="Allowed Post Logout URIs list, space separated",
                    verbose_name="post logout redirect URIs",
                ),
            ),
            (
                "client_type",
                models.CharField(
                    choices=[("confidential", "Confidential"), ("public", "Public")],
                    max_length=32,
                    verbose_name="client type",
                ),
            ),
            (
                "authorization_grant_type",
                models.CharField(
                    choices=[
                        ("authorization-code", "Authorization code"),
                        ("urn:ietf:params:oauth:grant-type:device_code", "Device Code"),
                        ("implicit", "Implicit"),
                        ("password", "Resource owner password-based"),
                        ("client-credentials", "Client credentials"),
                        ("openid-hybrid", "OpenID connect hybrid"),
                    ],
                    max_length=44,
                    verbose_name="authorization grant type",
                ),
            ),
            (
                "client_secret",
                oauth2_provider.models.ClientSecretField(
                    blank=True,
                    db_index=True,
                    default=oauth2_provider.generators.generate_client_secret,
                    help_text="Client secret for authentication",
                    max_length=255,
                    verbose_name="client secret",
                ),
            ),
            ("hash_client_secret", models.BooleanField(default=True, verbose_name="hash client secret")),
            ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
            ("skip_authorization", models.BooleanField(default=False, verbose_name="skip authorization")),
            ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("updated", models.DateTimeField(auto_now=True, verbose_name="updated")),
            (
                "algorithm",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "No OIDC support"),
                        ("RS256", "RSA with SHA-2 256"),
                        ("HS256", "HMAC with SHA-2 256"),
                    ],
                    default="",
                    max_length=5,
                    verbose_name="algorithm",
                ),
            ),
            (
                "allowed_origins",
                models.TextField(
                    blank=True,
                    default="",
                    help_text="Allowed origins list to enable CORS, space separated",
                    verbose_name="allowed origins",
                ),
            ),
            (
                "registration_source",
                models.CharField(
                    choices=[
                        ("manual", "Manual"),
                        ("dcr", "Dynamic Client Registration"),
                        ("cimd", "Client ID Metadata Document"),
                    ],
                    default="manual",
                    help_text="How this application was registered (manual, DCR per RFC 7591, or CIMD)",
                    max_length=32,
                    verbose_name="registration source",
                ),
            ),
            (
                "cimd_expires_at",
                models.DateTimeField(
                    blank=True,
                    default=None,
                    help_text="When the cached Client ID Metadata Document should be re-fetched",
                    null=True,
                    verbose_name="CIMD expires at",
                ),
            ),
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            (
                "scopes",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=40), size=None, verbose_name="scopes"
                ),
            ),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
            (
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="responsible person",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
        ],
        options={
            "verbose_name": "API client",
            "verbose_name_plural": "API clients",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="client_by_organization")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("authorization_grant_type", "client-credentials"),
                        ("client_type", "confidential"),
                        ("hash_client_secret", True),
                    ),
                    name="client_is_confidential_with_a_hashed_secret",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Interest",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("EMPLOYMENT", "employment"),
                        ("SHAREHOLDING", "shareholding"),
                        ("FAMILY", "family"),
                        ("ADVICE", "advice or other business"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
            ("note", models.CharField(blank=True, max_length=400, verbose_name="note")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="interests",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="person",
                ),
            ),
        ],
        options={
            "verbose_name": "declared interest",
            "verbose_name_plural": "declared interests",
            "ordering": ["-id"],
        },
    ),
    migrations.CreateModel(
        name="OrganizationTie",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("PARENT", "parent"),
                        ("SUBSIDIARY", "subsidiary"),
                        ("COMMON_CONTROL", "under common control"),
                        ("SHAREHOLDER", "shareholder"),
                    ],
                    max_length=16,
                    verbose_name="kind",
                ),
            ),
            ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="ties",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
            (
                "other",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="affiliate",
                ),
            ),
        ],
        options={
            "verbose_name": "tie between organizations",
            "verbose_name_plural": "ties between organizations",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_on__isnull", True)),
                    fields=("organization", "other", "kind"),
                    name="organization_tie_is_unique_while_it_holds",
                ),
                models.CheckConstraint(
                    condition=models.Q(("organization", models.F("other")), _negated=True),
                    name="organization_tie_is_to_another_one",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Venue",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("code", models.SlugField(max_length=20, verbose_name="code")),
            ("name", kernel.languages.LanguageMapField(default=dict, text_length=80, verbose_name="name")),
            (
                "number_prefix",
                models.CharField(
                    help_text="Begins every short number: GZ-L-…", max_length=4, verbose_name="number prefix"
                ),
            ),
            ("jurisdiction", models.CharField(default="CN", max_length=2, verbose_name="jurisdiction")),
            ("timezone", models.CharField(default="Asia/Shanghai", max_length=40, verbose_name="time zone")),
            ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
            (
                "acceptance_working_days",
                models.PositiveSmallIntegerField(default=5, verbose_name="working days to accept a delivery"),
            ),
            (
                "release_working_days",
                models.PositiveSmallIntegerField(
                    default=0,
                    help_text="0 settles at once.",
                    verbose_name="working days from acceptance to settlement",
                ),
            ),
            (
                "release_working_days_abroad",
                models.PositiveSmallIntegerField(
                    default=0, verbose_name="the same where the parties are in two jurisdictions"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="operated_venues",
                    to="accounts.organization",
                    verbose_name="operator",
                ),
            ),
        ],
        options={
            "verbose_name": "venue",
            "verbose_name_plural": "venues",
            "ordering": ["code"],
            "constraints": [
                models.UniqueConstraint(fields=("code",), name="venue_code_is_unique"),
                models.UniqueConstraint(fields=("number_prefix",), name="venue_number_prefix_is_unique"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Membership",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, verbose_name="number")),
            (
                "capacity",
                models.CharField(
                    choices=[
                        ("PROVIDER", "provider"),
                        ("BUYER", "buyer"),
                        ("BROKER", "broker"),
                        ("SERVICE_AGENCY", "service agency"),
                    ],
                    max_length=16,
                    verbose_name="capacity",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("DRAFT", "draft"),
                        ("SUBMITTED", "submitted"),
                        ("IN_REVIEW", "in review"),
                        ("CORRECTION", "correction requested"),
                        ("REJECTED", "rejected"),
                        ("APPROVED", "approved"),
                        ("ACTIVE", "active"),
                        ("SUSPENDED", "suspended"),
                        ("TERMINATED", "terminated"),
                    ],
                    default="DRAFT",
                    max_length=12,
                    verbose_name="state",
                ),
            ),
            ("statement", models.TextField(blank=True, verbose_name="applicant's statement")),
            ("corrections", models.JSONField(blank=True, default=list, verbose_name="corrections asked for")),
            ("decision_reason", models.TextField(blank=True, verbose_name="reason of the last decision")),
            ("submitted_at", models.DateTimeField(null=True, verbose_name="submitted at")),
            ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
            (
                "decided_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="decided by",
                ),
            ),
            (
                "reviewed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="reviewed by",
                ),
            ),
            (
                "submitted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="submitted by",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
            (
                "venue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="accounts.venue",
                    verbose_name="venue",
                ),
            ),
        ],
        options={
            "verbose_name": "membership",
            "verbose_name_plural": "memberships",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["venue", "state", "-id"], name="membership_by_venue_and_state")],
            "constraints": [
                models.UniqueConstraint(fields=("number",), name="membership_number_is_unique"),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["REJECTED", "TERMINATED"]), _negated=True),
                    fields=("organization", "venue", "capacity"),
                    name="membership_is_unique_while_it_lives",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state", "DRAFT"), ("submitted_by__isnull", False), _connector="OR"),
                    name="submitted_membership_names_its_maker",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("decided_by__isnull", True),
                        models.Q(
                            models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                            models.Q(("decided_by", models.F("reviewed_by")), _negated=True),
                        ),
                        models.Q(("state__in", ["APPROVED", "ACTIVE"]), _negated=True),
                        _connector="OR",
                    ),
                    name="membership_is_approved_by_another_person",
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [CreateModels(MODELS)]
