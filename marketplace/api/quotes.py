"""Quotes over HTTP: what an order would cost, line by line."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import Currency, Money, MoneyField
from marketplace import quotes
from marketplace.api.serializers import PartySerializer
from marketplace.models import Quote
from settlements.models import DealOrigin, Payee

RELATED = ("venue", "buyer", "provider", "broker", "listing", "order")


class QuoteRequestSerializer(StrictSerializer):
    listing_id = serializers.UUIDField()
    plan_id = serializers.UUIDField()
    broker_id = serializers.UUIDField(required=False, help_text=_("A broker of the same venue who takes part."))


class QuoteLineSerializer(serializers.Serializer[Any]):
    """One payee's part of the price, and the fee schedule that says so; the provider has what remains."""

    payee = serializers.ChoiceField(Payee.choices)
    amount = MoneyField()
    rate_ppm = serializers.IntegerField(help_text=_("Of the price, in millionths."))
    schedule_id = serializers.UUIDField(allow_null=True)


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    venue = serializers.CharField(source="venue.code")
    state = serializers.ChoiceField(Quote.State.choices)
    buyer = PartySerializer()
    provider = PartySerializer()
    broker = PartySerializer(allow_null=True)
    listing = serializers.CharField(source="listing.number")
    price = MoneyField(source="gross")
    total = MoneyField(help_text=_("What the buyer pays: the price, and the fees on top of it."))
    lines = serializers.SerializerMethodField()
    conditions = serializers.JSONField(help_text=_("What was agreed besides the price; part of the agreement."))
    order = serializers.CharField(source="order.number", default=None, allow_null=True)

    class Meta:
        model = Quote
        fields = (
            "id",
            "number",
            "venue",
            "state",
            "origin",
            "buyer",
            "provider",
            "broker",
            "listing",
            "listing_id",
            "listing_revision",
            "plan_id",
            "price",
            "total",
            "lines",
            "conditions",
            "expires_at",
            "order",
            "order_id",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(QuoteLineSerializer(many=True))
    def get_lines(self, quote: Quote) -> list[dict[str, Any]]:
        currency = Currency(quote.currency)
        return [
            {
                "payee": line["payee"],
                "amount": Money(line["amount_minor"], currency).as_json(),
                "rate_ppm": line["rate_ppm"],
                "schedule_id": line["schedule_id"],
            }
            for line in quote.lines
        ]


class QuoteFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Quote.State.choices, method="by_state")
    origin = django_filters.ChoiceFilter(choices=DealOrigin.choices)
    listing = django_filters.UUIDFilter("listing_id")

    def by_state(self, rows: Any, _name: str, state: str) -> Any:
        return rows.in_state(state)


class QuoteList(generics.GenericAPIView[Quote]):
    """The quotes made to the caller's organization, newest first; asking for one at the list price."""

    serializer_class = QuoteSerializer
    filterset_class = QuoteFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Quote]:
        return _visible(self.request)

    @extend_schema(operation_id="quotes_list", responses=QuoteSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(QuoteSerializer(page, many=True).data)

    @extend_schema(operation_id="quotes_request", request=QuoteRequestSerializer, responses={201: QuoteSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        quote = quotes.request_quote(**body_of(QuoteRequestSerializer, request), actor=actor_of(request))
        return Response(represent(QuoteSerializer, quote), status=201)


class QuoteDetail(APIView):
    @extend_schema(operation_id="quotes_read", responses=QuoteSerializer)
    def get(self, request: Request, quote_id: UUID) -> Response:
        return Response(represent(QuoteSerializer, get_object_or_404(_visible(request), pk=quote_id)))


def _visible(request: Request) -> models.QuerySet[Quote]:
    rows = Quote.objects.visible_to(actor_of(request)).select_related(*RELATED)
    return rows.defer("listing__search")
