from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ListingsConfig(AppConfig):
    name = "listings"
    verbose_name = _("Datasets and listings")

    def ready(self) -> None:
        from listings import problems, tasks  # noqa: F401, PLC0415 - registers the problem codes and the jobs
        from listings.crossborder.rule_sets import load_rule_sets  # noqa: PLC0415 - needs the models
        from listings.search import tasks as search_tasks  # noqa: F401, PLC0415

        # Every `migrate` takes in what this release brings: rows that code refers to, as permissions are Django's.
        post_migrate.connect(lambda **_sent: load_rule_sets(), sender=self, weak=False)
