"""The problem codes of bulk registration."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "manifest_unreadable": (400, _("The manifest could not be read.")),
        "source_exists": (409, _("The same catalogue is already a source of yours.")),
        "run_under_way": (409, _("The source is being read, or a run of it waits for a person.")),
    },
    constraints={
        "harvest_source_is_unique_by_address": "source_exists",
        "one_harvest_run_at_a_time_by_source": "run_under_way",
    },
)
