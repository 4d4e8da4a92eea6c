"""A role of a venue's staff: the dispute officer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
    ]

    operations = [
        migrations.AlterField(
            model_name="affiliation",
            name="role",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="invitation",
            name="role",
            field=models.CharField(
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
    ]
