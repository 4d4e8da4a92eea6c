"""The tax tables, what was withheld of payments, and the statement of it."""

from uuid import UUID

import django_filters
from django.db import models
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of
from kernel.money import MoneyField
from settlements.api.serializers import OwnerSerializer
from settlements.models import Supply, Tax, TaxRate, Withholding
from settlements.withholding_statement import statement_pages

PDF = "application/pdf"


class TaxRateSerializer(serializers.ModelSerializer[TaxRate]):
    class Meta:
        model = TaxRate
        fields = (
            "id",
            "tax",
            "supply",
            "seller",
            "buyer",
            "product_type",
            "rate_ppm",
            "valid_from",
            "valid_until",
            "source",
            "verified",
        )


class WithholdingSerializer(serializers.ModelSerializer[Withholding]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    payer = OwnerSerializer()
    amount = MoneyField()

    class Meta:
        model = Withholding
        fields = (
            "id",
            "number",
            "venue",
            "organization",
            "payer",
            "source",
            "source_id",
            "tax",
            "rate_id",
            "rate_ppm",
            "amount",
            "created_at",
        )


class TaxRateFilter(django_filters.FilterSet):
    tax = django_filters.ChoiceFilter(choices=Tax.choices)
    supply = django_filters.ChoiceFilter(choices=Supply.choices)


class TaxRateList(generics.GenericAPIView[TaxRate]):
    """All tax rates with their sources, past and present: anybody may read them."""

    permission_classes = (AllowAny,)
    serializer_class = TaxRateSerializer
    filterset_class = TaxRateFilter
    ordering = ("-valid_from", "-id")
    queryset = TaxRate.objects.all()

    @extend_schema(operation_id="tax_rates_list", responses=TaxRateSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(TaxRateSerializer(page, many=True).data)


class WithholdingFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    tax = django_filters.ChoiceFilter(choices=Tax.choices)
    source_id = django_filters.UUIDFilter("source_id")


class WithholdingList(generics.GenericAPIView[Withholding]):
    """What was withheld of payments to, or by, the caller's organization; all of a venue's for its staff."""

    serializer_class = WithholdingSerializer
    filterset_class = WithholdingFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Withholding]:
        rows = Withholding.objects.visible_to(actor_of(self.request))
        return rows.select_related("venue", "organization", "payer")

    @extend_schema(operation_id="withholdings_list", responses=WithholdingSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(WithholdingSerializer(page, many=True).data)


class WithholdingStatement(APIView):
    """The statement of one row as PDF, in the caller's language, for the payee's own tax office."""

    @extend_schema(operation_id="withholdings_statement", responses={(200, PDF): OpenApiTypes.BINARY})
    def get(self, request: Request, withholding_id: UUID) -> FileResponse:
        visible = Withholding.objects.visible_to(actor_of(request))
        row = get_object_or_404(visible.select_related("venue", "organization", "payer", "rate"), pk=withholding_id)
        name = {"Content-Disposition": f'attachment; filename="{row.number}.pdf"'}
        return FileResponse(statement_pages(row), content_type=PDF, headers=name)
