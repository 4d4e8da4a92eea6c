"""How orders, agreements, entitlements and deliveries look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.api.deprecations import DeprecationSerializer
from marketplace.models import AccessGrant, Agreement, Delivery, Entitlement, Order


class PlaceOrderSerializer(StrictSerializer):
    quote_id = serializers.UUIDField(
        required=False, help_text=_("Orders what was quoted, at that price; then name no listing, plan or broker.")
    )
    listing_id = serializers.UUIDField(required=False)
    plan_id = serializers.UUIDField(required=False)
    purpose = serializers.CharField(
        max_length=1000, help_text=_("What the data will be used for; part of the agreement.")
    )
    broker_id = serializers.UUIDField(required=False, help_text=_("A broker of the same venue who takes part."))
    voucher_id = serializers.UUIDField(
        required=False, help_text=_("A voucher of the buyer that pays a part of the price.")
    )
    exchange_quote_id = serializers.UUIDField(
        required=False, help_text=_("A quote of the buyer's, for the price in another currency.")
    )
    onward_transfer_outside_gba = serializers.BooleanField(
        default=False,
        help_text=_("Across a border: whether the data will be passed on outside the Greater Bay Area."),
    )


class GrantRequestSerializer(StrictSerializer):
    file_id = serializers.UUIDField()


class PartySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = LanguageMapSerializerField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    venue = serializers.CharField(source="venue.code")
    buyer = PartySerializer()
    provider = PartySerializer()
    broker = PartySerializer(allow_null=True)
    listing = serializers.CharField(source="listing.number")
    price = MoneyField(source="gross")
    total = MoneyField(help_text=_("What the buyer pays: the price, and the fees on top of it."))
    agreement = serializers.CharField(source="agreement.number")

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "state",
            "buyer",
            "provider",
            "broker",
            "listing",
            "listing_id",
            "plan_id",
            "price",
            "total",
            "origin",
            "purpose",
            "agreement",
            "release_at",
            "created_at",
        )
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    """One order with what has come of it: its deliveries and its certificate's number."""

    deliveries = serializers.SerializerMethodField()
    certificate = serializers.CharField(source="certificate_number", default=None, allow_null=True)

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "deliveries", "certificate")
        read_only_fields = fields

    def get_deliveries(self, order: Order) -> list[dict[str, str]]:
        return [{"id": str(d.id), "kind": d.kind, "state": d.state} for d in order.deliveries.all()]


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    order_id = serializers.UUIDField()

    class Meta:
        model = Agreement
        fields = ("id", "number", "order_id", "state", "body", "sha256", "sm3", "expires_at", "created_at")
        read_only_fields = fields


class EntitlementSerializer(serializers.ModelSerializer[Entitlement]):
    release = serializers.CharField(source="version.release_number")
    deprecation = DeprecationSerializer(
        source="version.deprecation", default=None, allow_null=True, help_text=_("When the version's sale ends.")
    )
    agreement = serializers.CharField(source="agreement.number")
    buyer = PartySerializer(source="organization")
    provider = PartySerializer()
    venue = serializers.CharField(source="venue.code")

    class Meta:
        model = Entitlement
        fields = (
            "id",
            "agreement",
            "buyer",
            "provider",
            "venue",
            "version_id",
            "release",
            "deprecation",
            "state",
            "expires_at",
            "created_at",
        )
        read_only_fields = fields


class ArrivedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()


class ArrivalSerializer(serializers.Serializer[Any]):
    """What the buyer's client says it received, and whether that is what was sent."""

    files = ArrivedSerializer(many=True)
    matches = serializers.BooleanField()
    reported_at = serializers.DateTimeField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A delivery, and what was read of it; `room_query_id` or `compute_job_id` lead to where a result is read."""

    order = serializers.CharField(source="order.number")
    venue = serializers.CharField(source="venue.code")
    room_query_id = serializers.UUIDField(allow_null=True)
    compute_job_id = serializers.UUIDField(allow_null=True)
    attempts = serializers.IntegerField(help_text=_("How often workers have tried to make it."))
    reads = serializers.IntegerField(help_text=_("Of its files, tables and results."))
    bytes_served = serializers.IntegerField()
    first_read_at = serializers.DateTimeField(allow_null=True)
    last_read_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "order",
            "order_id",
            "entitlement_id",
            "venue",
            "kind",
            "number",
            "room_query_id",
            "compute_job_id",
            "state",
            "receipt",
            "arrival",
            "attempts",
            "reads",
            "bytes_served",
            "first_read_at",
            "last_read_at",
            "delivered_at",
            "accept_by",
            "decided_at",
            "rejection_reason",
            "created_at",
        )
        read_only_fields = fields


class AccessGrantSerializer(serializers.ModelSerializer[AccessGrant]):
    class Meta:
        model = AccessGrant
        fields: tuple[str, ...] = (
            "id",
            "file_id",
            "expires_at",
            "reads",
            "bytes_served",
            "first_read_at",
            "last_read_at",
            "created_at",
        )
        read_only_fields = fields


class IssuedGrantSerializer(AccessGrantSerializer):
    url = serializers.URLField(read_only=True)

    class Meta(AccessGrantSerializer.Meta):
        fields = ("url", *AccessGrantSerializer.Meta.fields)
        read_only_fields = fields
