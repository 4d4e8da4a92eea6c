"""The types of what is sold at the venues: the dossier, the fee schedules and the tax tables ask for them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProductType(models.TextChoices):
    """What is sold; what each type takes stands in listings/data/product-types."""

    DATASET = "DATASET", pgettext_lazy("product type", "dataset")
    API = "API", pgettext_lazy("product type", "API")
    REPORT = "REPORT", pgettext_lazy("product type", "report")
    INDEX = "INDEX", _("index")
    VISUAL = "VISUAL", _("visualisation")
    ENCRYPTED = "ENCRYPTED", _("encrypted data")
    MODEL = "MODEL", _("model or algorithm")
    APPLICATION = "APPLICATION", pgettext_lazy("product type", "application")
    SERVICE = "SERVICE", pgettext_lazy("product type", "service")
    TOOL = "TOOL", _("tool")
    COMPUTE = "COMPUTE", _("compute")
    CORPUS = "CORPUS", _("corpus")
