"""The rights matrix of a dossier, the end of the right to operate, and the digests of what is reviewed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0029_objections_lapse"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="dossier_sha256",
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name="SHA-256 of the dossier"),
        ),
        migrations.AddField(
            model_name="listing",
            name="dossier_sm3",
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name="SM3 of the dossier"),
        ),
        migrations.AddField(
            model_name="listing",
            name="rights_until",
            field=models.DateField(editable=False, null=True, verbose_name="right to operate until"),
        ),
        migrations.AddField(
            model_name="product",
            name="rights_claims",
            field=models.JSONField(blank=True, default=list, verbose_name="rights matrix"),
        ),
        migrations.AddField(
            model_name="submission",
            name="sha256",
            field=models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the dossier"),
        ),
        migrations.AddField(
            model_name="submission",
            name="sm3",
            field=models.CharField(blank=True, max_length=64, verbose_name="SM3 of the dossier"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("rights_until__isnull", False), ("state", "LISTED")),
                fields=["rights_until"],
                name="listing_by_end_of_rights",
            ),
        ),
    ]
