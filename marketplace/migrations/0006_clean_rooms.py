from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("marketplace", "0005_marked_copies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="usagerecord",
            name="kind",
            field=models.CharField(
                choices=[
                    ("IDENTITY_QUERY", "identity query"),
                    ("TABLE_QUERY", "query of a table"),
                    ("API_CALL", "call of an interface"),
                    ("ROOM_QUERY", "query in a clean room"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="CleanRoom",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("rules", models.JSONField(verbose_name="rules")),
                ("epsilon", models.DecimalField(decimal_places=4, max_digits=9, verbose_name="privacy budget (ε)")),
                (
                    "epsilon_spent",
                    models.DecimalField(
                        decimal_places=4, default=Decimal("0"), max_digits=9, verbose_name="spent of it"
                    ),
                ),
                (
                    "entitlement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clean_room",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
                (
                    "tables",
                    models.ManyToManyField(related_name="+", to="marketplace.sharedtable", verbose_name="tables"),
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
                "verbose_name": "clean room",
                "verbose_name_plural": "clean rooms",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RoomQuery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "waiting to run"),
                            ("HELD", "awaiting the provider's approval"),
                            ("RELEASED", "released"),
                            ("REFUSED", "refused"),
                            ("FAILED", "failed"),
                        ],
                        default="QUEUED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("sql", models.TextField(verbose_name="query (SQL)")),
                ("template", models.CharField(blank=True, max_length=40, verbose_name="template")),
                ("parameters", models.JSONField(blank=True, default=dict, verbose_name="parameters")),
                (
                    "epsilon",
                    models.DecimalField(decimal_places=4, max_digits=9, verbose_name="share of the privacy budget (ε)"),
                ),
                ("asked_by", models.UUIDField(null=True, verbose_name="asked by")),
                (
                    "why_not",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("TIME", "it took too long"),
                            ("MEMORY", "it needed too much memory"),
                            ("SIZE", "it has too many groups"),
                            ("DATA", "it does not fit the data"),
                            ("REFUSED", "it asked for what the room does not give"),
                            ("PROVIDER", "the provider refused it"),
                        ],
                        max_length=10,
                        verbose_name="why not",
                    ),
                ),
                ("result", models.JSONField(null=True, verbose_name="result")),
                ("receipt", models.JSONField(default=dict, verbose_name="receipt")),
                ("decided_by", models.UUIDField(null=True, verbose_name="decided by")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("reads", models.PositiveIntegerField(default=0, verbose_name="reads")),
                ("first_read_at", models.DateTimeField(null=True, verbose_name="first read at")),
                ("last_read_at", models.DateTimeField(null=True, verbose_name="last read at")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queries",
                        to="marketplace.cleanroom",
                        verbose_name="clean room",
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
                "verbose_name": "query in a clean room",
                "verbose_name_plural": "queries in clean rooms",
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="cleanroom",
            constraint=models.CheckConstraint(
                condition=models.Q(("epsilon_spent__gte", 0), ("epsilon_spent__lte", models.F("epsilon"))),
                name="privacy_budget_is_never_overspent",
            ),
        ),
        migrations.AddIndex(
            model_name="roomquery",
            index=models.Index(fields=["room", "-id"], name="room_query_by_room"),
        ),
        migrations.AddIndex(
            model_name="roomquery",
            index=models.Index(
                condition=models.Q(("state", "HELD")), fields=["provider", "-id"], name="room_query_held_by_provider"
            ),
        ),
        migrations.AddConstraint(
            model_name="roomquery",
            constraint=models.CheckConstraint(
                condition=models.Q(("epsilon__gt", 0)), name="room_query_costs_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="roomquery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["HELD", "RELEASED"]), _negated=True),
                    ("result__isnull", False),
                    _connector="OR",
                ),
                name="released_room_query_has_a_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="roomquery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "REFUSED"), _negated=True),
                    models.Q(("why_not", ""), _negated=True),
                    _connector="OR",
                ),
                name="refused_room_query_says_why",
            ),
        ),
    ]
