"""Products, their plans and their terms: tables, constraints and who sees which row."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.product_types import ProductType
from accounts.visibility import owned_or_operated, sees_everything
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, Currency, Money
from kernel.states import Stateful
from listings.cycles import Cycle
from listings.metering import PRICE_PLACES, Metering, Pack, Unit, tier_of_json
from listings.models.vocabulary import (
    BuyerKind,
    DeliveryMode,
    Frequency,
    PersonalData,
    Processing,
    Purpose,
    RegionScope,
    Right,
    SourceKind,
)
from listings.revenue_shares import RevenueShare, share_of_json

NAME_LENGTH = 40  # characters per language, as the registration form counts them
SUMMARY_LENGTH = 400

jurisdiction = RegexValidator(r"^[A-Z]{2}\Z", _("Give a jurisdiction as two capital letters (ISO 3166-1)."))
language_tag = RegexValidator(r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*\Z", _("Give a language tag such as zh-Hans."))


def _own_or_offered(actor: Actor, *, product: str) -> Q:
    """Rows of the actor's organization and, for staff, of products offered at their venues (`product`: the lookup)."""
    own = owned_or_operated(actor, venue=None)
    if not actor.venue_ids or sees_everything(actor):
        return own
    listings = apps.get_model("listings", "Listing")._default_manager
    return own | Q(Exists(listings.filter(product_id=OuterRef(product), venue_id__in=sorted(actor.venue_ids))))


class ProductQuerySet(models.QuerySet["Product"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own products; staff see those offered at their venues."""
        return self.filter(_own_or_offered(actor, product="pk"))


class Product(Identified, Stateful):
    """What a provider sells, described by the listing dossier. Registered once, then offered at venues."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        REGISTERED = "REGISTERED", _("registered")
        RETIRED = "RETIRED", _("retired")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.REGISTERED}),
        State.REGISTERED: frozenset({State.RETIRED}),
    }

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="products", verbose_name=_("provider")
    )
    dataset = models.ForeignKey(
        "listings.Dataset", models.PROTECT, related_name="products", null=True, blank=True, verbose_name=_("dataset")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    number = models.CharField(_("number"), max_length=32, unique=True, null=True, blank=True, editable=False)
    name = LanguageMapField(_("name"), text_length=NAME_LENGTH, blank=True)
    summary = LanguageMapField(_("summary"), text_length=SUMMARY_LENGTH, blank=True)
    scenario = LanguageMapField(_("application scenario"), text_length=1000, blank=True)
    product_type = models.CharField(
        _("product type"), max_length=12, choices=ProductType.choices, default=ProductType.DATASET
    )
    type_fields = models.JSONField(_("particulars of its type"), default=dict, blank=True)
    deliveries = ArrayField(
        models.CharField(max_length=20, choices=DeliveryMode.choices),
        verbose_name=_("ways of delivery"),
        default=list,
        blank=True,
    )
    industry = models.CharField(_("industry (GB/T 4754)"), max_length=3, blank=True)
    language = models.CharField(_("language of the data"), max_length=35, blank=True, validators=[language_tag])

    source_kind = models.CharField(_("source"), max_length=16, choices=SourceKind.choices, blank=True)
    processing = models.CharField(
        _("processing"), max_length=10, choices=Processing.choices, default=Processing.PROCESSED
    )
    rights = ArrayField(
        models.CharField(max_length=10, choices=Right.choices),
        verbose_name=_("rights claimed"),
        default=list,
        blank=True,
    )
    rights_claims = models.JSONField(_("rights matrix"), default=list, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    personal_data = models.CharField(
        _("personal information"), max_length=10, choices=PersonalData.choices, default=PersonalData.NONE
    )
    rule_set = models.CharField(_("rule set that decided"), max_length=40, blank=True, editable=False)

    region_scope = models.CharField(_("region scope"), max_length=16, choices=RegionScope.choices, blank=True)
    time_from = models.DateField(_("data from"), null=True, blank=True)
    time_to = models.DateField(_("data to"), null=True, blank=True)
    frequency = models.CharField(_("update frequency"), max_length=10, choices=Frequency.choices, blank=True)

    buyer_kinds = ArrayField(
        models.CharField(max_length=24, choices=BuyerKind.choices),
        verbose_name=_("only for buyers of kind"),
        default=list,
        blank=True,
    )
    buyer_regions = ArrayField(
        models.CharField(max_length=2, validators=[jurisdiction]),
        verbose_name=_("only for buyers in"),
        default=list,
        blank=True,
    )
    buyer_qualifications = models.CharField(_("buyer's qualifications"), max_length=400, blank=True)
    buyer_environment = models.CharField(_("buyer's environment"), max_length=400, blank=True)
    resale_allowed = models.BooleanField(_("resale allowed"), default=False)
    export_allowed = models.BooleanField(_("export allowed"), default=False)

    sample_rows_public = models.BooleanField(_("sample rows are public"), default=False)
    registered_at = models.DateTimeField(_("registered at"), null=True, blank=True, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(
                condition=Q(time_from__isnull=True) | Q(time_to__isnull=True) | Q(time_from__lte=F("time_to")),
                name="product_time_span_runs_forward",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | ~Q(scenario={}),
                name="registered_product_has_a_scenario",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(number__isnull=False, registered_at__isnull=False),
                name="registered_product_has_a_number",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="product_by_organization")]

    def __str__(self) -> str:
        return in_language(self.name) or str(self.pk)


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own plans; staff see those of products offered at their venues."""
        return self.filter(_own_or_offered(actor, product="product_id"))


class Plan(Identified):
    """A price of a product, in minor units of one currency."""

    class Kind(models.TextChoices):
        FREE = "FREE", _("free")
        ONE_OFF = "ONE_OFF", _("one-off")
        METERED = "METERED", _("metered")
        REVENUE_SHARE = "REVENUE_SHARE", _("share of revenue")
        SUBSCRIPTION = "SUBSCRIPTION", _("subscription")
        NEGOTIATED = "NEGOTIATED", pgettext_lazy("plan", "negotiated")
        AUCTION = "AUCTION", pgettext_lazy("plan", "by auction")

    class NewVersions(models.TextChoices):
        """How far the dataset may change for a new version to be part of a subscription."""

        PATCH = "PATCH", _("corrections only")
        MINOR = "MINOR", _("all that break no program")
        MAJOR = "MAJOR", _("all")

    product = models.ForeignKey(Product, models.CASCADE, related_name="plans", verbose_name=_("product"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    name = LanguageMapField(_("name"), text_length=NAME_LENGTH, blank=True)
    kind = models.CharField(_("kind"), max_length=13, choices=Kind.choices)
    price_minor = models.BigIntegerField(_("price in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    # Of subscriptions alone: which new versions come with the price, as long as the terms run.
    new_versions = models.CharField(_("new versions"), max_length=5, choices=NewVersions.choices, blank=True)
    # Of subscriptions alone: the calendar's terms; empty where a term is as many days as the terms say.
    cycle = models.CharField(_("terms by the calendar"), max_length=8, choices=Cycle.choices, blank=True)
    # Whether buyers may offer another price than the one above. A negotiated plan's is but a guide.
    takes_offers = models.BooleanField(_("takes offers"), default=False)
    # What is done in steps: which share of the price each of them earns (listings/milestones.py).
    milestones = models.JSONField(_("milestones"), default=list, blank=True)
    # Of shared revenue alone (listings/revenue_shares.py); the price above is then what the order itself costs.
    revenue_share = models.JSONField(_("share of revenue"), default=dict, blank=True)
    # Of metered plans alone; the price above is then what the order itself costs, which may be nothing.
    unit = models.CharField(_("unit of metering"), max_length=8, choices=Unit.choices, blank=True)
    unit_price = models.DecimalField(
        _("price of a unit"), max_digits=18, decimal_places=PRICE_PLACES, null=True, blank=True
    )
    included_units = models.BigIntegerField(_("units included in a month"), default=0)
    most_units = models.BigIntegerField(_("units in a month, at most"), null=True, blank=True)
    calls_per_second = models.PositiveIntegerField(_("calls per second, at most"), null=True, blank=True)
    calls_per_minute = models.PositiveIntegerField(_("calls per minute, at most"), null=True, blank=True)
    tiers = models.JSONField(_("prices of further units"), default=list, blank=True)
    packs = models.JSONField(_("packs of units"), default=list, blank=True)
    cap_minor = models.BigIntegerField(_("most that a month costs, in minor units"), null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="FREE", price_minor=0)
                | Q(
                    kind__in=["ONE_OFF", "SUBSCRIPTION", "NEGOTIATED", "AUCTION"],
                    price_minor__gte=1,
                    price_minor__lte=LARGEST_MINOR,
                )
                | Q(kind__in=["METERED", "REVENUE_SHARE"], price_minor__gte=0, price_minor__lte=LARGEST_MINOR),
                name="plan_price_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="METERED", unit__gt="", unit_price__gte=0)
                | (~Q(kind="METERED") & Q(unit="", unit_price__isnull=True)),
                name="metered_plans_have_a_unit_and_its_price",
            ),
            models.CheckConstraint(
                condition=Q(kind="SUBSCRIPTION", new_versions__gt="") | (~Q(kind="SUBSCRIPTION") & Q(new_versions="")),
                name="subscriptions_say_which_versions_come",
            ),
            models.CheckConstraint(
                condition=Q(cycle="") | Q(kind="SUBSCRIPTION", takes_offers=False), name="subscriptions_have_cycles"
            ),
            models.CheckConstraint(
                condition=Q(kind="NEGOTIATED", takes_offers=True)
                | Q(kind__in=["ONE_OFF", "SUBSCRIPTION"])
                | (~Q(kind="NEGOTIATED") & Q(takes_offers=False)),
                name="plans_with_one_price_may_take_offers",
            ),
            models.CheckConstraint(
                condition=Q(milestones=[]) | Q(kind__in=["ONE_OFF", "NEGOTIATED"]),
                name="plans_paid_once_have_milestones",
            ),
            models.CheckConstraint(
                condition=(Q(kind="REVENUE_SHARE") & ~Q(revenue_share={}))
                | (~Q(kind="REVENUE_SHARE") & Q(revenue_share={})),
                name="plans_of_shared_revenue_have_a_share",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="plan_by_organization")]

    def __str__(self) -> str:
        return f"{in_language(self.name) or self.get_kind_display()} {self.price}"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, Currency(self.currency))

    @property
    def has_list_price(self) -> bool:
        """Whether anybody may have it at its price; what is negotiated or auctioned has a guide price only."""
        return self.kind not in (self.Kind.NEGOTIATED, self.Kind.AUCTION)

    @property
    def share(self) -> RevenueShare | None:
        """The terms of shared revenue, None for plans of other kinds."""
        return share_of_json(self.revenue_share) if self.revenue_share else None

    @property
    def metering(self) -> Metering | None:
        """The terms by which use is counted, None for plans that are not metered."""
        if self.unit_price is None:
            return None
        return Metering(
            unit=self.unit,
            unit_price=self.unit_price,
            included_units=self.included_units,
            most_units=self.most_units,
            calls_per_second=self.calls_per_second,
            calls_per_minute=self.calls_per_minute,
            tiers=tuple(map(tier_of_json, self.tiers)),
            cap_minor=self.cap_minor,
            packs=tuple(Pack(**pack) for pack in self.packs),
        )


class TermsQuerySet(models.QuerySet["Terms"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own terms; staff see those of products offered at their venues."""
        return self.filter(_own_or_offered(actor, product="product_id"))


class Terms(Identified):
    """One frozen version of a product's terms of use (a trigger refuses updates); a change is a new version."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="terms", verbose_name=_("product"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    version = models.PositiveIntegerField(_("version"))
    purposes = ArrayField(models.CharField(max_length=24, choices=Purpose.choices), verbose_name=_("allowed purposes"))
    territories = ArrayField(
        models.CharField(max_length=2, validators=[jurisdiction]),
        verbose_name=_("territories (none: everywhere)"),
        default=list,
        blank=True,
    )
    term_days = models.PositiveIntegerField(_("term in days (none: unlimited)"), null=True, blank=True)
    resale_allowed = models.BooleanField(_("resale allowed"), default=False)
    derivatives_allowed = models.BooleanField(_("derived works allowed"), default=True)
    export_allowed = models.BooleanField(_("export allowed"), default=False)
    attribution_required = models.BooleanField(_("source must be named"), default=False)
    deletion_required = models.BooleanField(_("to be deleted at the end of the term"), default=False)
    table_cut = models.JSONField(_("columns and rows of tables"), default=dict, blank=True)
    watermark_columns = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("columns that carry the buyer's mark"),
        default=list,
        blank=True,
    )
    clean_room = models.JSONField(_("rules of the clean room"), default=dict, blank=True)
    text = LanguageMapField(_("text"), text_length=20_000)
    policy = models.JSONField(_("policy (ODRL)"))

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("terms")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="terms_version_is_unique_by_product"),
            models.CheckConstraint(
                condition=Q(term_days__isnull=True) | Q(term_days__range=(1, 36_500)),
                name="terms_last_between_a_day_and_a_century",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"
