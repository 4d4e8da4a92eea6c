"""Every type of product, its particulars and the ways of delivery; some types need no dataset."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0008_audiences"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="deliveries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("FILE", "files"),
                        ("API", "calls of an interface"),
                        ("SANDBOX", "sandbox"),
                        ("PRIVACY_COMPUTING", "privacy computing"),
                        ("SAAS", "service online"),
                        ("ONSITE", "work on site"),
                        ("REMOTE", "work from afar"),
                        ("COMPUTE_LEASE", "lease of compute"),
                        ("SCHEDULER", "grant of a scheduler"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="ways of delivery",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="type_fields",
            field=models.JSONField(blank=True, default=dict, verbose_name="particulars of its type"),
        ),
        migrations.AlterField(
            model_name="listing",
            name="product_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("DATASET", "dataset"),
                    ("API", "API"),
                    ("REPORT", "report"),
                    ("INDEX", "index"),
                    ("VISUAL", "visualisation"),
                    ("ENCRYPTED", "encrypted data"),
                    ("MODEL", "model or algorithm"),
                    ("APPLICATION", "application"),
                    ("SERVICE", "service"),
                    ("TOOL", "tool"),
                    ("COMPUTE", "compute"),
                    ("CORPUS", "corpus"),
                ],
                editable=False,
                max_length=12,
                verbose_name="product type",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="dataset",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="listings.dataset",
                verbose_name="dataset",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="product_type",
            field=models.CharField(
                choices=[
                    ("DATASET", "dataset"),
                    ("API", "API"),
                    ("REPORT", "report"),
                    ("INDEX", "index"),
                    ("VISUAL", "visualisation"),
                    ("ENCRYPTED", "encrypted data"),
                    ("MODEL", "model or algorithm"),
                    ("APPLICATION", "application"),
                    ("SERVICE", "service"),
                    ("TOOL", "tool"),
                    ("COMPUTE", "compute"),
                    ("CORPUS", "corpus"),
                ],
                default="DATASET",
                max_length=12,
                verbose_name="product type",
            ),
        ),
    ]
