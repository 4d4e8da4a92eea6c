"""The wiring as a Django app, for what must be in place in every process."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.backends.signals import connection_created

PREPARED_STATEMENTS = 500  # per connection; one trade alone takes some 120, and psycopg's own limit is 100


class ConsoleConfig(SimpleAdminConfig):
    default_site = "config.console_site.ConsoleSite"


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Load the Celery app, so that a nudge sent from a web process or a command goes to our broker."""
        from config import celery  # noqa: F401, PLC0415 - loading it is the point

        connection_created.connect(keep_prepared_statements)


def keep_prepared_statements(connection: Any, **_kwargs: Any) -> None:
    """Let a database connection remember the plans of all that a trade asks, instead of planning it anew."""
    connection.connection.prepared_max = PREPARED_STATEMENTS
