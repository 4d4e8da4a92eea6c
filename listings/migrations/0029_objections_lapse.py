"""Objections lapse when the application ends before they are decided."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listings", "0028_agency_reports")]

    operations = [
        migrations.AlterField(
            model_name="registrationobjection",
            name="state",
            field=models.CharField(
                choices=[
                    ("RAISED", "raised"),
                    ("UPHELD", "upheld"),
                    ("DISMISSED", "dismissed"),
                    ("LAPSED", "lapsed"),
                ],
                default="RAISED",
                max_length=9,
                verbose_name="state",
            ),
        ),
    ]
