"""Government-guided price ceilings over HTTP: read by anybody, entered and confirmed by two of the venue's staff."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.product_types import ProductType
from accounts.venues import venue_named
from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import Currency
from listings import price_ceilings
from listings.metering import Unit
from listings.models import PriceCeiling
from listings.price_ceilings import Basis

_CEILING = re.compile(r"[0-9]{1,11}(\.[0-9]{1,6})?", re.ASCII)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,11}(\.[0-9]{1,6})?$", "examples": ["1200.00"]})
class CeilingField(serializers.Field[Decimal, Any, str, Any]):
    """A decimal string, so that no JSON reader rounds it."""

    default_error_messages = {"invalid": _("Give a decimal string of at most six places, such as 1200.00.")}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not _CEILING.fullmatch(data):
            self.fail("invalid")
        return Decimal(data)


class BasisSerializer(StrictSerializer):
    """The document of an authority that sets the price."""

    title = serializers.CharField(max_length=200)
    number = serializers.CharField(max_length=100, help_text=_("For example 粤发改价格〔2026〕1号."))
    issuer = serializers.CharField(max_length=200)


class PriceCeilingSerializer(serializers.ModelSerializer[PriceCeiling]):
    venue = serializers.CharField(source="venue.code")
    most = serializers.CharField(source="shown_most", help_text=_("Of an order, or of one unit, in the currency."))
    basis = BasisSerializer()

    class Meta:
        model = PriceCeiling
        fields = (
            "id",
            "venue",
            "product_type",
            "industry",
            "unit",
            "most",
            "currency",
            "valid_from",
            "valid_until",
            "basis",
            "state",
            "created_at",
        )
        read_only_fields = fields


class EnterCeilingSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20)
    product_type = serializers.ChoiceField(
        choices=ProductType.choices, default="", allow_blank=True, help_text=_("Blank: any.")
    )
    industry = serializers.CharField(
        max_length=3, default="", allow_blank=True, help_text=_("A division of GB/T 4754 such as I65; blank: any.")
    )
    unit = serializers.ChoiceField(
        choices=Unit.choices,
        default="",
        allow_blank=True,
        help_text=_("Blank: the ceiling is of what an order costs."),
    )
    most = CeilingField(help_text=_("Of an order with up to two places, of a unit with up to six."))
    currency = serializers.ChoiceField(choices=[currency.value for currency in Currency])
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(default=None, allow_null=True, help_text=_("Its last day, where it has one."))
    basis = BasisSerializer()


class EndCeilingSerializer(ReasonSerializer):
    last_day = serializers.DateField()


class PriceCeilingFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=PriceCeiling.State.choices)


class PriceCeilingList(generics.GenericAPIView[PriceCeiling]):
    """The ceilings of all venues, newest first; entering one."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = PriceCeilingSerializer
    filterset_class = PriceCeilingFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PriceCeiling]:
        return PriceCeiling.objects.visible_to(actor_of(self.request)).select_related("venue")

    @extend_schema(operation_id="price_ceilings_list", responses=PriceCeilingSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PriceCeilingSerializer(page, many=True).data)

    @extend_schema(
        operation_id="price_ceilings_enter", request=EnterCeilingSerializer, responses={201: PriceCeilingSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body: dict[str, Any] = body_of(EnterCeilingSerializer, request)
        ceiling = price_ceilings.enter_ceiling(
            venue=venue_named(body["venue"]),
            product_type=ProductType(body["product_type"]) if body["product_type"] else None,
            industry=body["industry"],
            unit=Unit(body["unit"]) if body["unit"] else None,
            most=body["most"],
            currency=Currency(body["currency"]),
            valid_from=body["valid_from"],
            valid_until=body["valid_until"],
            basis=Basis(**body["basis"]),
            actor=actor_of(request),
        )
        return Response(represent(PriceCeilingSerializer, ceiling), status=201)


class PriceCeilingConfirm(APIView):
    """Let a ceiling bind from its first day on; by somebody else than who entered it."""

    @extend_schema(operation_id="price_ceilings_confirm", request=None, responses=PriceCeilingSerializer)
    @idempotent(required=True)
    def post(self, request: Request, ceiling_id: UUID) -> Response:
        ceiling = price_ceilings.confirm_ceiling(ceiling_id=ceiling_id, actor=actor_of(request))
        return Response(represent(PriceCeilingSerializer, ceiling))


class PriceCeilingWithdraw(APIView):
    """Take back what was entered and not confirmed."""

    @extend_schema(operation_id="price_ceilings_withdraw", request=ReasonSerializer, responses=PriceCeilingSerializer)
    @idempotent(required=True)
    def post(self, request: Request, ceiling_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        ceiling = price_ceilings.withdraw_ceiling(ceiling_id=ceiling_id, reason=reason, actor=actor_of(request))
        return Response(represent(PriceCeilingSerializer, ceiling))


class PriceCeilingEnd(APIView):
    """Name an earlier last day of a confirmed ceiling; by somebody else than who entered it."""

    @extend_schema(operation_id="price_ceilings_end", request=EndCeilingSerializer, responses=PriceCeilingSerializer)
    @idempotent(required=True)
    def post(self, request: Request, ceiling_id: UUID) -> Response:
        body = body_of(EndCeilingSerializer, request)
        ceiling = price_ceilings.end_ceiling(ceiling_id=ceiling_id, **body, actor=actor_of(request))
        return Response(represent(PriceCeilingSerializer, ceiling))
