"""The problem codes of bulk registration."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register({"manifest_unreadable": (400, _("The manifest could not be read."))})
