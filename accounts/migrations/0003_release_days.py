from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
    ]

    operations = [
        migrations.AddField(
            model_name="venue",
            name="release_working_days",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="0 settles at once.", verbose_name="working days from acceptance to settlement"
            ),
        ),
        migrations.AddField(
            model_name="venue",
            name="release_working_days_abroad",
            field=models.PositiveSmallIntegerField(
                default=0, verbose_name="the same where the parties are in two jurisdictions"
            ),
        ),
    ]
