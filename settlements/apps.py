from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SettlementsConfig(AppConfig):
    name = "settlements"
    verbose_name = _("Settlements")

    def ready(self) -> None:
        from settlements import problems, tasks  # noqa: F401, PLC0415 - registers the problem codes and the jobs
