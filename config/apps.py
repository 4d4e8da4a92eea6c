"""The wiring as a Django app, for what must be in place in every process."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Load the Celery app, so that a nudge sent from a web process or a command goes to our broker."""
        from config import celery  # noqa: F401, PLC0415 - loading it is the point
