from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListingsConfig(AppConfig):
    name = "listings"
    verbose_name = _("Datasets and listings")

    def ready(self) -> None:
        from listings import problems, tasks  # noqa: F401, PLC0415 - registers the problem codes and the jobs
        from listings.search import tasks as search_tasks  # noqa: F401, PLC0415
