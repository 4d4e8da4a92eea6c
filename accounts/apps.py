from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Members and people")

    def ready(self) -> None:
        from accounts import calendars, problems  # noqa: F401, PLC0415 - registers the system check and the problem codes
