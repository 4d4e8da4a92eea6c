"""The closed vocabularies of the listing dossier (national first-registration form, annex 1 of the 2026 guide)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DeliveryMode(models.TextChoices):
    """How a product may reach its buyer; which of them a type allows stands in listings/data/product-types."""

    FILE = "FILE", _("files")
    TABLE = "TABLE", _("shared tables")
    API = "API", _("calls of an interface")
    SANDBOX = "SANDBOX", _("sandbox")
    PRIVACY_COMPUTING = "PRIVACY_COMPUTING", _("privacy computing")
    SAAS = "SAAS", _("service online")
    ONSITE = "ONSITE", _("work on site")
    REMOTE = "REMOTE", _("work from afar")
    COMPUTE_LEASE = "COMPUTE_LEASE", _("lease of compute")
    SCHEDULER = "SCHEDULER", _("grant of a scheduler")


class SourceKind(models.TextChoices):
    """Where the data come from; what that allows stands in listings/data/sources."""

    COLLECTED = "COLLECTED", _("collected or generated")
    CRAWLED_PUBLIC = "CRAWLED_PUBLIC", _("public data collected by program")
    AGREEMENT = "AGREEMENT", _("obtained by agreement")
    DERIVED = "DERIVED", _("derived")
    JOINT = "JOINT", _("jointly held or fused")
    PUBLIC_DATA = "PUBLIC_DATA", _("public data under authorised operation")
    ENTRUSTED = "ENTRUSTED", _("processed for a principal")
    GOVERNMENT = "GOVERNMENT", _("data of party and government bodies")


class Processing(models.TextChoices):
    RAW = "RAW", _("as obtained")
    PROCESSED = "PROCESSED", _("substantively processed")


class Right(models.TextChoices):
    """The three property rights over data; they are independent and may be held by several at once."""

    HOLD = "HOLD", _("hold")
    USE = "USE", _("use")
    OPERATE = "OPERATE", _("operate")


class PersonalData(models.TextChoices):
    NONE = "NONE", _("none")
    GENERAL = "GENERAL", _("personal information")
    SENSITIVE = "SENSITIVE", _("sensitive personal information")


class RegionScope(models.TextChoices):
    INTERNATIONAL = "INTERNATIONAL", _("international")
    NATIONAL = "NATIONAL", _("national")
    PROVINCE = "PROVINCE", _("province")
    CITY = "CITY", _("city")
    COUNTY = "COUNTY", _("county")
    BELOW_COUNTY = "BELOW_COUNTY", _("below county")


class Frequency(models.TextChoices):
    REALTIME = "REALTIME", _("real time")
    DAY = "DAY", _("daily")
    WEEK = "WEEK", _("weekly")
    MONTH = "MONTH", _("monthly")
    YEAR = "YEAR", _("yearly")
    ON_DEMAND = "ON_DEMAND", _("on demand")
    OTHER = "OTHER", _("other")


class BuyerKind(models.TextChoices):
    ENTERPRISE = "ENTERPRISE", _("enterprise")
    FINANCIAL_INSTITUTION = "FINANCIAL_INSTITUTION", _("financial institution")
    RESEARCH = "RESEARCH", _("research body")
    PUBLIC_BODY = "PUBLIC_BODY", _("public body")


class Purpose(models.TextChoices):
    """What a buyer may use the data for; the terms name the allowed ones."""

    INTERNAL_ANALYSIS = "INTERNAL_ANALYSIS", _("internal analysis")
    PRODUCT_DEVELOPMENT = "PRODUCT_DEVELOPMENT", _("product development")
    MODEL_TRAINING = "MODEL_TRAINING", _("model training")
    RESEARCH = "RESEARCH", _("research")
    PUBLIC_SERVICE = "PUBLIC_SERVICE", _("public service")


class ReviewStage(models.TextChoices):
    """The stages that a venue's review may have; which of them, in which order, says its checklist edition."""

    COMPLETENESS = "COMPLETENESS", _("completeness")
    SOURCE_RIGHTS = "SOURCE_RIGHTS", _("source and rights")
    GRADE = "GRADE", _("grade and personal information")
    LEGAL_OPINION = "LEGAL_OPINION", _("legal opinion")
    QUALITY = "QUALITY", _("quality")
    PRICE = "PRICE", pgettext_lazy("review stage", "price")
    COMMITTEE = "COMMITTEE", _("compliance committee")
    COMPLIANCE = "COMPLIANCE", _("compliance")
    PUBLICATION = "PUBLICATION", _("publication")
