from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0008_auctions"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="release_at",
            field=models.DateTimeField(null=True, verbose_name="settled from"),
        ),
    ]
