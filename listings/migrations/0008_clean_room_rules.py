from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0007_watermark_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="terms",
            name="clean_room",
            field=models.JSONField(blank=True, default=dict, verbose_name="rules of the clean room"),
        ),
    ]
