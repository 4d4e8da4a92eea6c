"""The rule sets by which an exchange decides; `migrate` fills them from the files of the release."""

from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="RouteRuleSet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="rule set")),
                ("effective_from", models.DateField(verbose_name="in force from")),
                (
                    "state",
                    models.CharField(
                        choices=[("PROPOSED", "proposed"), ("SWITCHED_ON", "switched on"), ("WITHDRAWN", "withdrawn")],
                        default="PROPOSED",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("body", models.JSONField(verbose_name="rules as written")),
                ("digest", models.CharField(max_length=71, verbose_name="digest of the whole rules")),
                ("proposed_by", models.UUIDField(null=True, verbose_name="proposed by")),
                ("switched_on_by", models.UUIDField(null=True, verbose_name="switched on by")),
                ("switched_on_at", models.DateTimeField(null=True, verbose_name="switched on at")),
                ("finding", models.TextField(blank=True, verbose_name="what was found")),
            ],
            options={
                "verbose_name": "rule set",
                "verbose_name_plural": "rule sets",
                "ordering": ["-effective_from", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "SWITCHED_ON")),
                        fields=("effective_from",),
                        name="one_rule_set_from_each_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_by__isnull", True),
                            models.Q(("switched_on_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="rule_set_is_switched_on_by_another_person",
                    ),
                ],
            },
        ),
        run_sql_file(
            "listings",
            "rule_sets.sql",
            reverse="DROP TRIGGER rule_set_in_use_is_frozen ON listings_routeruleset; DROP FUNCTION listings_guard_rule_set();",
        ),
    ]
