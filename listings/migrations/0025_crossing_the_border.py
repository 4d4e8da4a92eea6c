"""Crossing the border: dossiers, cases, decisions, filings, the export register, customs and permits."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
from kernel.migrations_support import run_sql_file

UNDO = """
DROP TRIGGER route_decision_is_append_only ON listings_routedecision;
DROP TRIGGER route_decision_is_never_truncated ON listings_routedecision;
DROP TRIGGER case_filing_is_append_only ON listings_casefiling;
DROP TRIGGER case_filing_is_never_truncated ON listings_casefiling;
DROP TRIGGER arrival_report_is_append_only ON listings_arrivalreport;
DROP TRIGGER arrival_report_is_never_truncated ON listings_arrivalreport;
DROP TRIGGER case_paper_is_frozen ON listings_casepaper;
DROP TRIGGER case_paper_is_never_deleted ON listings_casepaper;
DROP TRIGGER export_entry_is_not_rewritten ON listings_exportentry;
DROP TRIGGER export_entry_is_never_deleted ON listings_exportentry;
DROP FUNCTION listings_guard_export_entry();
DROP TRIGGER permit_is_not_rewritten ON listings_transferpermit;
DROP TRIGGER permit_is_never_deleted ON listings_transferpermit;
DROP FUNCTION listings_guard_permit();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_customs_officer"),
        ("listings", "0024_what_facets_count_and_saved_searches"),
    ]

    operations = [
        migrations.CreateModel(
            name="RouteCase",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
                ("order_id", models.UUIDField(unique=True, verbose_name="order")),
                ("purpose", models.TextField(verbose_name="declared purpose of use")),
                (
                    "onward_transfer_outside_gba",
                    models.BooleanField(default=False, verbose_name="passed on outside the Greater Bay Area"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("NEW", "to be classified"),
                            ("CLASSIFIED", "classified, to be judged by a person"),
                            ("DECIDED", "decided, route to be chosen"),
                            ("DOCS_PENDING", "papers pending"),
                            ("INTERNAL_REVIEW", "papers under review"),
                            ("EXEMPT_CONFIRMED", "confirmed, no filing needed"),
                            ("SIGNED", "contract in effect, to be filed"),
                            ("FILED", "filed"),
                            ("FILING_SUPPLEMENT", "filing to be supplemented"),
                            ("FILING_ACCEPTED", "filing accepted"),
                            ("SUBMITTED", "submitted to the authority"),
                            ("AUTH_COMPLETENESS", "completeness checked by the authority"),
                            ("RETURNED", "returned by the authority"),
                            ("ACCEPTED", "accepted"),
                            ("AUTH_REVIEW", "assessed by the authority"),
                            ("APPROVED", "approved"),
                            ("REFUSED", "refused"),
                            ("RE_REVIEW", "reviewed again by the authority"),
                            ("REFUSED_FINAL", "refused for good"),
                            ("EXPIRING", "expiring, extension open"),
                            ("EXTENDED", "extended"),
                            ("EXPIRED", "expired"),
                            ("REASSESS_REQUIRED", "to be assessed anew"),
                            ("REVOKED", "revoked"),
                            ("WITHDRAWN", "withdrawn"),
                        ],
                        default="NEW",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("route", models.CharField(blank=True, max_length=30, verbose_name="route")),
                ("n_general", models.BigIntegerField(null=True, verbose_name="persons")),
                ("n_sensitive", models.BigIntegerField(null=True, verbose_name="persons with sensitive information")),
                (
                    "port",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NANSHA", "Nansha"),
                            ("QIANHAI", "Qianhai"),
                            ("HENGQIN", "Hengqin"),
                            ("HETAO", "Hetao"),
                        ],
                        max_length=10,
                        verbose_name="port",
                    ),
                ),
                ("recipient_network", models.CharField(blank=True, max_length=64, verbose_name="recipient's network")),
                ("contract_effective_on", models.DateField(null=True, verbose_name="contract in effect on")),
                ("valid_until", models.DateField(null=True, verbose_name="valid until")),
                ("submitted_by", models.UUIDField(null=True, verbose_name="submitted by")),
                ("reviewed_by", models.UUIDField(null=True, verbose_name="reviewed by")),
                ("finding", models.TextField(blank=True, verbose_name="what was found")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="exporter",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "route case",
                "verbose_name_plural": "route cases",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CustomsDeclaration",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
                ("delivery_id", models.UUIDField(verbose_name="delivery")),
                (
                    "port",
                    models.CharField(
                        choices=[
                            ("NANSHA", "Nansha"),
                            ("QIANHAI", "Qianhai"),
                            ("HENGQIN", "Hengqin"),
                            ("HETAO", "Hetao"),
                        ],
                        max_length=10,
                        verbose_name="port",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DECLARED", "declared"),
                            ("DOC_CHECK", "papers checked"),
                            ("CONTENT_SAMPLING", "rows sampled"),
                            ("RELEASED", "released"),
                            ("HELD", "held"),
                            ("RETURNED", "returned to the exporter"),
                            ("QUARANTINED", "quarantined"),
                            ("CLOSED", "closed, received as sent"),
                            ("DISPUTED", "received otherwise than sent"),
                        ],
                        default="DECLARED",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("manifest", models.JSONField(verbose_name="manifest")),
                ("payload_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what is sent")),
                ("payload_bytes", models.BigIntegerField(verbose_name="bytes")),
                ("findings", models.JSONField(default=list, verbose_name="findings of the machine checks")),
                ("low_risk", models.BooleanField(default=False, verbose_name="low risk by rule")),
                ("sampled_rows", models.JSONField(default=list, verbose_name="rows to be sampled")),
                ("release_proposed_by", models.UUIDField(null=True, verbose_name="release proposed by")),
                ("released_by", models.UUIDField(null=True, verbose_name="released by")),
                ("finding", models.TextField(blank=True, verbose_name="what was found")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="exporter",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declarations",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
            ],
            options={
                "verbose_name": "customs declaration",
                "verbose_name_plural": "customs declarations",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CasePaper",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("code", models.CharField(max_length=40, verbose_name="paper")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("media_type", models.CharField(max_length=40, verbose_name="media type")),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
                ("wrapped_key", models.BinaryField(verbose_name="wrapped data key")),
                ("key_id", models.CharField(db_index=True, max_length=64, verbose_name="key-encryption key")),
                ("uploaded_by", models.UUIDField(null=True, verbose_name="uploaded by")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="handed in for",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
            ],
            options={
                "verbose_name": "paper of a route case",
                "verbose_name_plural": "papers of route cases",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CaseFiling",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("authority", models.CharField(max_length=40, verbose_name="authority")),
                ("step", models.CharField(max_length=40, verbose_name="step")),
                ("number", models.CharField(blank=True, max_length=80, verbose_name="number given by the authority")),
                ("on", models.DateField(verbose_name="on")),
                ("note", models.TextField(blank=True, verbose_name="what the authority said")),
                ("entered_by", models.UUIDField(verbose_name="entered by")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
            ],
            options={
                "verbose_name": "filing",
                "verbose_name_plural": "filings",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RouteDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("rule_set", models.CharField(max_length=80, verbose_name="rule set")),
                ("rule_set_digest", models.CharField(max_length=80, verbose_name="digest of the rule set")),
                ("route", models.CharField(max_length=30, verbose_name="route")),
                ("body", models.JSONField(verbose_name="decision")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                ("ruled_by", models.UUIDField(null=True, verbose_name="ruled by")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
            ],
            options={
                "verbose_name": "route decision",
                "verbose_name_plural": "route decisions",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SplittingAlert",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "sign",
                    models.CharField(
                        choices=[
                            ("AFFILIATED_EXPORTERS", "affiliated exporters"),
                            ("AFFILIATED_RECIPIENTS", "affiliated recipients"),
                            ("THIN_SLICES", "thin slices of time to one recipient"),
                        ],
                        max_length=24,
                        verbose_name="sign",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "to be looked at"), ("DISMISSED", "dismissed"), ("UPHELD", "upheld")],
                        default="OPEN",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("count", models.CharField(max_length=12, verbose_name="count")),
                ("line", models.BigIntegerField(verbose_name="line")),
                ("persons", models.BigIntegerField(verbose_name="persons together")),
                ("case_numbers", models.JSONField(default=list, verbose_name="route cases")),
                ("finding", models.TextField(blank=True, verbose_name="what was found")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="splitting_alerts",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="exporter",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={
                "verbose_name": "splitting alert",
                "verbose_name_plural": "splitting alerts",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="StatutoryClock",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("code", models.CharField(max_length=40, verbose_name="time limit")),
                (
                    "name",
                    kernel.languages.LanguageMapField(default=dict, text_length=200, verbose_name="what must be done"),
                ),
                ("by", models.CharField(max_length=40, verbose_name="by whom")),
                ("calendar", models.CharField(blank=True, max_length=2, verbose_name="calendar")),
                ("count", models.PositiveSmallIntegerField(verbose_name="how many")),
                ("unit", models.CharField(max_length=12, verbose_name="unit")),
                ("started_on", models.DateField(verbose_name="started on")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                ("verified", models.BooleanField(verbose_name="by published calendars")),
                ("days_left", models.PositiveSmallIntegerField(null=True, verbose_name="days left while paused")),
                ("stopped_at", models.DateTimeField(null=True, verbose_name="stopped at")),
                ("reminded_at", models.DateTimeField(null=True, verbose_name="reminded at")),
                ("overdue_at", models.DateTimeField(null=True, verbose_name="found overdue at")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clocks",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
            ],
            options={
                "verbose_name": "statutory clock",
                "verbose_name_plural": "statutory clocks",
                "ordering": ["due_at"],
            },
        ),
        migrations.CreateModel(
            name="SubjectList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("n_general", models.BigIntegerField(verbose_name="persons")),
                ("n_sensitive", models.BigIntegerField(verbose_name="persons with sensitive information")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("supplied_by", models.UUIDField(verbose_name="supplied by")),
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
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subject_list",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "list of keyed identifiers",
                "verbose_name_plural": "lists of keyed identifiers",
            },
        ),
        migrations.CreateModel(
            name="SubjectIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keyed", models.BinaryField(verbose_name="keyed identifier")),
                ("sensitive", models.BooleanField(verbose_name="something sensitive is told")),
                (
                    "subject_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identifiers",
                        to="listings.subjectlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "keyed identifier",
                "verbose_name_plural": "keyed identifiers",
            },
        ),
        migrations.CreateModel(
            name="ExportEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("route", models.CharField(max_length=30, verbose_name="route")),
                ("counts", models.BooleanField(default=True, verbose_name="counts towards the legal lines")),
                ("n_general", models.BigIntegerField(verbose_name="persons")),
                ("n_sensitive", models.BigIntegerField(verbose_name="persons with sensitive information")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("RESERVED", "held"),
                            ("COMMITTED", "left the jurisdiction"),
                            ("RELEASED", "given back"),
                        ],
                        default="RESERVED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="exporter",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
                (
                    "subject_list",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.subjectlist",
                        verbose_name="keyed identifiers",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the export register",
                "verbose_name_plural": "export register",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TransferPermit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("delivery_id", models.UUIDField(verbose_name="delivery")),
                ("payload_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what is sent")),
                ("byte_ceiling", models.BigIntegerField(verbose_name="bytes allowed")),
                ("bytes_used", models.BigIntegerField(default=0, verbose_name="bytes granted")),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                ("valid_until", models.DateTimeField(verbose_name="valid until")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="withdrawn at")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="permits",
                        to="listings.routecase",
                        verbose_name="route case",
                    ),
                ),
                (
                    "declaration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="permits",
                        to="listings.customsdeclaration",
                        verbose_name="declaration",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="recipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer permit",
                "verbose_name_plural": "transfer permits",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ArrivalReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("files", models.JSONField(verbose_name="files received")),
                ("matches", models.BooleanField(verbose_name="received as sent")),
                ("reported_by", models.UUIDField(null=True, verbose_name="reported by")),
                (
                    "permit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="listings.transferpermit",
                        verbose_name="permit",
                    ),
                ),
            ],
            options={
                "verbose_name": "arrival report",
                "verbose_name_plural": "arrival reports",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BorderDossier",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("DOMESTIC", "within the jurisdiction only"),
                            ("GBA", "within the Greater Bay Area"),
                            ("NAMED", "to named places"),
                            ("ANYWHERE", "anywhere that the law allows"),
                        ],
                        max_length=10,
                        verbose_name="may go",
                    ),
                ),
                (
                    "places",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=2,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z]{2}\\Z", "Give a jurisdiction as two capital letters (ISO 3166-1)."
                                )
                            ],
                        ),
                        default=list,
                        size=None,
                        verbose_name="named places",
                    ),
                ),
                (
                    "scenario",
                    models.CharField(
                        choices=[
                            (
                                "TRADE_TRANSPORT_ACADEMIC_MANUFACT_MARKETING",
                                "trade, transport, academic work, manufacture or marketing",
                            ),
                            ("CONTRACT_NECESSITY", "necessary for a contract with the person"),
                            ("HR", "human resources under lawful rules and a collective contract"),
                            ("EMERGENCY", "emergency for life, health or property"),
                            ("STATUTORY_DUTY", "performance of a statutory duty"),
                            ("OVERSEAS_ORIGIN_REEXPORT", "collected abroad, processed here and sent out again"),
                            ("OTHER", "other"),
                        ],
                        max_length=48,
                        verbose_name="scenario of the transfer",
                    ),
                ),
                (
                    "important_basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NOTIFIED", "notified as important by an authority"),
                            ("PUBLISHED_CATALOGUE", "in a published catalogue of important data"),
                            ("FTZ_LIST", "on the negative list of a free-trade zone"),
                            ("SELF_SUSPECTED", "suspected to be important by its holder"),
                        ],
                        max_length=20,
                        verbose_name="why it may be important data",
                    ),
                ),
                ("sector", models.CharField(blank=True, max_length=64, verbose_name="sector whose rules apply")),
                (
                    "mixes_domestic_pi",
                    models.BooleanField(default=False, verbose_name="mixed with domestic personal information"),
                ),
                ("hgr", models.BooleanField(default=False, verbose_name="holds human genetic resource information")),
                (
                    "restrictions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        size=None,
                        verbose_name="restrictions by authorities or courts",
                    ),
                ),
                (
                    "n_general",
                    models.BigIntegerField(null=True, verbose_name="persons declared, nothing sensitive told"),
                ),
                (
                    "n_sensitive",
                    models.BigIntegerField(null=True, verbose_name="persons declared, something sensitive told"),
                ),
                ("declared_by", models.UUIDField(verbose_name="declared by")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="border",
                        to="listings.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "cross-border dossier",
                "verbose_name_plural": "cross-border dossiers",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("n_general__isnull", True), ("n_general__gte", 0), _connector="OR"),
                        name="declared_persons_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("n_sensitive__isnull", True), ("n_sensitive__gte", 0), _connector="OR"),
                        name="declared_sensitive_persons_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reach", "NAMED"), models.Q(("places", []), _negated=True)),
                            models.Q(models.Q(("reach", "NAMED"), _negated=True), ("places", [])),
                            _connector="OR",
                        ),
                        name="places_are_named_where_reach_says_so",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExporterProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("ciio", models.BooleanField(null=True, verbose_name="operates critical information infrastructure")),
                ("small", models.BooleanField(default=False, verbose_name="processes fewer than 100,000 persons")),
                ("ftz", models.CharField(blank=True, max_length=64, verbose_name="free-trade zone or pilot")),
                ("declared_by", models.UUIDField(verbose_name="declared by")),
                ("confirmed_by", models.UUIDField(null=True, verbose_name="confirmed by")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exporter_profile",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "exporter's standing",
                "verbose_name_plural": "exporters' standings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("declared_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="exporter_standing_is_confirmed_by_another_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="exporter",
                    ),
                ),
            ],
            options={
                "verbose_name": "export year",
                "verbose_name_plural": "export years",
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "year"), name="export_year_is_unique_by_exporter")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="routecase",
            index=models.Index(fields=["organization", "-id"], name="route_case_by_exporter"),
        ),
        migrations.AddIndex(
            model_name="routecase",
            index=models.Index(fields=["recipient", "-id"], name="route_case_by_recipient"),
        ),
        migrations.AddIndex(
            model_name="routecase",
            index=models.Index(fields=["venue", "state", "-id"], name="route_case_by_venue_and_state"),
        ),
        migrations.AddIndex(
            model_name="routecase",
            index=models.Index(
                condition=models.Q(("valid_until__isnull", False)),
                fields=["valid_until"],
                name="route_case_by_end_of_validity",
            ),
        ),
        migrations.AddIndex(
            model_name="customsdeclaration",
            index=models.Index(fields=["organization", "-id"], name="declaration_by_exporter"),
        ),
        migrations.AddIndex(
            model_name="customsdeclaration",
            index=models.Index(fields=["venue", "state", "-id"], name="declaration_by_venue_and_state"),
        ),
        migrations.AddConstraint(
            model_name="customsdeclaration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["RETURNED", "QUARANTINED"]), _negated=True),
                fields=("delivery_id",),
                name="one_standing_declaration_by_delivery",
            ),
        ),
        migrations.AddConstraint(
            model_name="customsdeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by__isnull", True),
                    models.Q(("released_by", models.F("release_proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="release_is_by_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="casepaper",
            index=models.Index(fields=["case", "-id"], name="case_paper_by_case"),
        ),
        migrations.AddConstraint(
            model_name="casefiling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("authority", "number", "step"),
                name="filing_number_is_given_once",
            ),
        ),
        migrations.AddIndex(
            model_name="routedecision",
            index=models.Index(fields=["case", "-id"], name="route_decision_by_case"),
        ),
        migrations.AddIndex(
            model_name="splittingalert",
            index=models.Index(fields=["venue", "state", "-id"], name="splitting_alert_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="splittingalert",
            constraint=models.UniqueConstraint(
                fields=("case", "sign", "count"), name="one_alert_by_case_sign_and_count"
            ),
        ),
        migrations.AddIndex(
            model_name="statutoryclock",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", True)), fields=["due_at"], name="statutory_clock_by_due_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="statutoryclock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stopped_at__isnull", True)),
                fields=("case", "code"),
                name="one_running_clock_by_case_and_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectidentifier",
            constraint=models.UniqueConstraint(fields=("subject_list", "keyed"), name="subject_is_listed_once"),
        ),
        migrations.AddIndex(
            model_name="exportentry",
            index=models.Index(fields=["organization", "year", "state"], name="export_entry_by_exporter_year"),
        ),
        migrations.AddConstraint(
            model_name="exportentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_general__gte", 0), ("n_sensitive__gte", 0)),
                name="exported_persons_are_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "RESERVED")), fields=("case",), name="one_held_entry_by_route_case"
            ),
        ),
        migrations.AddIndex(
            model_name="transferpermit",
            index=models.Index(fields=["delivery_id", "-id"], name="permit_by_delivery"),
        ),
        migrations.AddConstraint(
            model_name="transferpermit",
            constraint=models.CheckConstraint(
                condition=models.Q(("bytes_used__gte", 0), ("bytes_used__lte", models.F("byte_ceiling"))),
                name="permit_is_not_used_beyond_its_ceiling",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferpermit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("delivery_id",),
                name="one_standing_permit_by_delivery",
            ),
        ),
        run_sql_file("listings", "border_evidence.sql", reverse=UNDO),
    ]
