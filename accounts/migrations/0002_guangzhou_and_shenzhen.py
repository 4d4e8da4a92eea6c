"""The two venues of the deployment. Who operates them is appointed later (`manage.py appoint_operator`)."""

from typing import Any

from django.db import migrations

VENUES = [
    {
        "code": "gzdex",
        "number_prefix": "GZ",
        "name": {"zh-Hans": "广州数据交易所", "zh-Hant": "廣州數據交易所", "en": "Guangzhou Data Exchange"},
    },
    {
        "code": "szdex",
        "number_prefix": "SZ",
        "name": {"zh-Hans": "深圳数据交易所", "zh-Hant": "深圳數據交易所", "en": "Shenzhen Data Exchange"},
    },
]


def open_venues(apps: Any, schema_editor: Any) -> None:
    venue = apps.get_model("accounts", "Venue")
    for fields in VENUES:
        venue.objects.get_or_create(code=fields["code"], defaults=fields)


def close_venues(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "Venue").objects.filter(code__in=[fields["code"] for fields in VENUES]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        # Before the tables of the other apps: each of its changes has Django render every model known by then.
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
    ]

    operations = [migrations.RunPython(open_venues, close_venues)]
