"""Rates of exchange, which anybody reads and staff enter; quotes, by which an organization changes money."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import CURRENCY_CHOICES, Currency, MoneyField
from settlements import exchange_quotes, exchange_rates
from settlements.api.serializers import OwnerSerializer
from settlements.models import ExchangeQuote, ExchangeRate
from settlements.models.exchange import RATE_CURRENCY_CHOICES


class ExchangeRateSerializer(serializers.ModelSerializer[ExchangeRate]):
    venue = serializers.CharField(source="venue.code")
    rate = serializers.CharField(help_text=_("What one unit of the base costs, as it was published."))

    class Meta:
        model = ExchangeRate
        fields = ("id", "created_at", "venue", "base", "counter", "rate", "observed_at", "source")


class EnterRateSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    base = serializers.ChoiceField(choices=RATE_CURRENCY_CHOICES)
    counter = serializers.ChoiceField(choices=CURRENCY_CHOICES)
    rate = serializers.CharField(max_length=15, help_text=_("What one unit of the base costs, as it was published."))
    observed_at = serializers.DateTimeField()
    # A field named like an attribute of Field: DRF takes declared fields off the class.
    source = serializers.CharField(max_length=300, help_text=_("Where it was published."))  # type: ignore[assignment]


class ExchangeQuoteSerializer(serializers.ModelSerializer[ExchangeQuote]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    sell = MoneyField()
    buy = MoneyField()
    rate = ExchangeRateSerializer()
    returned_sell = MoneyField(help_text=_("What of it was given back by refunds."))

    class Meta:
        model = ExchangeQuote
        fields = (
            "id",
            "venue",
            "organization",
            "sell",
            "buy",
            "rate",
            "quoted_at",
            "expires_at",
            "state",
            "order_id",
            "returned_sell",
        )


class QuoteExchangeSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue that holds the funds."))
    sell = serializers.ChoiceField(choices=CURRENCY_CHOICES, help_text=_("The currency that is there."))
    buy = serializers.ChoiceField(choices=CURRENCY_CHOICES, help_text=_("The currency that is wanted."))
    amount = MoneyField(help_text=_("What is sold or what is bought, as its currency says; the other follows."))


class ExchangeRateFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    base = django_filters.ChoiceFilter(choices=RATE_CURRENCY_CHOICES)
    counter = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)


class ExchangeRateList(generics.GenericAPIView[ExchangeRate]):
    """All rates, the last entered first; the venue's staff enter another one."""

    serializer_class = ExchangeRateSerializer
    filterset_class = ExchangeRateFilter
    ordering = ("-id",)
    queryset = ExchangeRate.objects.select_related("venue")

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method in SAFE_METHODS else IsAuthenticated()]

    @extend_schema(operation_id="exchange_rates_list", responses=ExchangeRateSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ExchangeRateSerializer(page, many=True).data)

    @extend_schema(
        operation_id="exchange_rates_enter", request=EnterRateSerializer, responses={201: ExchangeRateSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(EnterRateSerializer, request)
        venue = venue_named(body.pop("venue"))
        rate = exchange_rates.enter_rate(venue=venue, **body, actor=actor_of(request))
        return Response(represent(ExchangeRateSerializer, rate), status=201)


class ExchangeQuoteFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=ExchangeQuote.State.choices)


class ExchangeQuoteList(generics.GenericAPIView[ExchangeQuote]):
    """The exchange quotes that the caller may see, newest first; asking for one."""

    serializer_class = ExchangeQuoteSerializer
    filterset_class = ExchangeQuoteFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ExchangeQuote]:
        return _visible(self.request)

    @extend_schema(operation_id="exchange_quotes_list", responses=ExchangeQuoteSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ExchangeQuoteSerializer(page, many=True).data)

    @extend_schema(
        operation_id="exchange_quotes_ask", request=QuoteExchangeSerializer, responses={201: ExchangeQuoteSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(QuoteExchangeSerializer, request)
        quote = exchange_quotes.quote_exchange(
            venue=venue_named(body["venue"]),
            sell=Currency(body["sell"]),
            buy=Currency(body["buy"]),
            amount=body["amount"],
            actor=actor_of(request),
        )
        return _answer(request, quote, status=201)


class ExchangeQuoteDetail(APIView):
    @extend_schema(operation_id="exchange_quotes_read", responses=ExchangeQuoteSerializer)
    def get(self, request: Request, exchange_quote_id: UUID) -> Response:
        return Response(represent(ExchangeQuoteSerializer, get_object_or_404(_visible(request), pk=exchange_quote_id)))


class ExchangeQuoteUse(APIView):
    """Change available funds by a quote that has not expired; for the price of an order, name it in the order."""

    @extend_schema(operation_id="exchange_quotes_use", request=NoFieldsSerializer, responses=ExchangeQuoteSerializer)
    @idempotent(required=True)
    def post(self, request: Request, exchange_quote_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _answer(request, exchange_quotes.use_quote(quote_id=exchange_quote_id, actor=actor_of(request)))


def _visible(request: Request) -> models.QuerySet[ExchangeQuote]:
    rows = ExchangeQuote.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "organization", "rate__venue")


def _answer(request: Request, quote: ExchangeQuote, status: int = 200) -> Response:
    return Response(represent(ExchangeQuoteSerializer, _visible(request).get(pk=quote.pk)), status=status)
