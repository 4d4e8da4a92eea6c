"""Sectors of organizations: the sections of GB/T 4754-2017, which a member declares once."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sector(models.TextChoices):
    """The section in which an organization does its main business (GB/T 4754-2017, A to T)."""

    AGRICULTURE = "A", _("agriculture, forestry, animal husbandry and fishery")
    MINING = "B", _("mining")
    MANUFACTURING = "C", _("manufacturing")
    UTILITIES = "D", _("electricity, heat, gas and water supply")
    CONSTRUCTION = "E", _("construction")
    TRADE = "F", _("wholesale and retail trade")
    TRANSPORT = "G", _("transport, storage and post")
    HOSPITALITY = "H", _("accommodation and catering")
    INFORMATION = "I", _("information transmission, software and information technology services")
    FINANCE = "J", _("finance")
    REAL_ESTATE = "K", _("real estate")
    BUSINESS_SERVICES = "L", _("leasing and business services")
    SCIENCE = "M", _("scientific research and technical services")
    ENVIRONMENT = "N", _("water conservancy, environment and public facilities")
    RESIDENT_SERVICES = "O", _("resident services, repair and other services")
    EDUCATION = "P", _("education")
    HEALTH = "Q", _("health and social work")
    CULTURE = "R", _("culture, sports and entertainment")
    PUBLIC_ADMINISTRATION = "S", _("public administration, social security and social organizations")
    INTERNATIONAL = "T", _("international organizations")
