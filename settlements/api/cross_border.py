"""Payments abroad over HTTP: the papers that a payout has and waits for, and the tax-filing records."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from settlements import cross_border, tax_filings
from settlements.api.bodies import organization_named
from settlements.api.serializers import OwnerSerializer
from settlements.models import Payout, TaxFiling


class ProofSerializer(serializers.Serializer[Any]):
    agreement_number = serializers.CharField()
    agreement_sha256 = serializers.CharField()
    certificate_number = serializers.CharField()
    certificate_sha256 = serializers.CharField()
    clearance_number = serializers.CharField(help_text=_("Blank where the data crossed no border."))


class FiledSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    document_sha256 = serializers.CharField()


class PaperSerializer(serializers.Serializer[Any]):
    order_id = serializers.UUIDField(allow_null=True)
    amount = MoneyField()
    proof = ProofSerializer(allow_null=True)
    tax_filing = FiledSerializer(allow_null=True)


class MissingPaperSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(
        help_text="`trade_proof_missing`, `clearance_missing`, `tax_filing_missing`, `exchange_rate_missing`, `…_stale`"
    )
    order_id = serializers.UUIDField(allow_null=True)


class PapersSerializer(serializers.Serializer[Any]):
    abroad = serializers.BooleanField(help_text=_("Whether the payee is on another side of the border."))
    sent = serializers.BooleanField(help_text=_("true: the papers are those with which it left."))
    parts = PaperSerializer(many=True)
    missing = MissingPaperSerializer(many=True)


class PayoutPapers(APIView):
    """For which contracts a payout abroad pays, the papers of each, and those that it waits for."""

    @extend_schema(operation_id="payouts_papers", responses=PapersSerializer)
    def get(self, request: Request, payout_id: UUID) -> Response:
        rows = Payout.objects.visible_to(actor_of(request)).select_related("venue", "organization", "cross_border")
        payout = get_object_or_404(rows, pk=payout_id)
        carried = getattr(payout, "cross_border", None)
        missing = [] if carried else cross_border.missing_papers(payout)
        return Response(
            {
                "abroad": cross_border.is_abroad(payout),
                "sent": carried is not None,
                "parts": carried.papers if carried else cross_border.papers_of(payout),
                "missing": [each.as_json() for each in missing],
            }
        )


class TaxFilingSerializer(serializers.ModelSerializer[TaxFiling]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    entered_by = serializers.UUIDField(source="entered_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = TaxFiling
        fields = (
            "id",
            "created_at",
            "venue",
            "organization",
            "order_id",
            "number",
            "document_sha256",
            "filed_on",
            "state",
            "entered_by",
            "decided_by",
            "decided_at",
            "refusal",
        )


class EnterTaxFilingSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue that pays."))
    organization_id = serializers.UUIDField(help_text=_("The payee."))
    order_id = serializers.UUIDField(help_text=_("The contract's order."))
    number = serializers.CharField(max_length=30, help_text=_("As the tax office gave it."))
    document_sha256 = serializers.CharField(max_length=64, help_text=_("Of the record's file, in hexadecimal."))
    filed_on = serializers.DateField()


class TaxFilingFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=TaxFiling.State.choices)
    order_id = django_filters.UUIDFilter("order_id")


class TaxFilingList(generics.GenericAPIView[TaxFiling]):
    """The tax-filing records that the caller may see, newest first; entering one."""

    serializer_class = TaxFilingSerializer
    filterset_class = TaxFilingFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[TaxFiling]:
        return _visible(self.request)

    @extend_schema(operation_id="tax_filings_list", responses=TaxFilingSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(TaxFilingSerializer(page, many=True).data)

    @extend_schema(
        operation_id="tax_filings_enter", request=EnterTaxFilingSerializer, responses={201: TaxFilingSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body, actor = body_of(EnterTaxFilingSerializer, request), actor_of(request)
        filing = tax_filings.enter_tax_filing(
            venue=venue_named(body["venue"]),
            organization=organization_named(body["organization_id"], actor),
            order_id=body["order_id"],
            number=body["number"],
            document_sha256=body["document_sha256"],
            filed_on=body["filed_on"],
            actor=actor,
        )
        return _answer(request, filing, status=201)


class TaxFilingDetail(APIView):
    @extend_schema(operation_id="tax_filings_read", responses=TaxFilingSerializer)
    def get(self, request: Request, tax_filing_id: UUID) -> Response:
        return Response(represent(TaxFilingSerializer, get_object_or_404(_visible(request), pk=tax_filing_id)))


class TaxFilingConfirm(APIView):
    """Confirm a record that another person entered; payments of the contract may leave with it."""

    @extend_schema(operation_id="tax_filings_confirm", request=NoFieldsSerializer, responses=TaxFilingSerializer)
    @idempotent(required=True)
    def post(self, request: Request, tax_filing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        filing = tax_filings.confirm_tax_filing(filing_id=tax_filing_id, actor=actor_of(request))
        return _answer(request, filing)


class TaxFilingRefuse(APIView):
    """Refuse a record, saying why; its number may be entered again."""

    @extend_schema(operation_id="tax_filings_refuse", request=ReasonSerializer, responses=TaxFilingSerializer)
    @idempotent(required=True)
    def post(self, request: Request, tax_filing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        filing = tax_filings.refuse_tax_filing(filing_id=tax_filing_id, reason=reason, actor=actor_of(request))
        return _answer(request, filing)


def _visible(request: Request) -> models.QuerySet[TaxFiling]:
    return TaxFiling.objects.visible_to(actor_of(request)).select_related("venue", "organization")


def _answer(request: Request, filing: TaxFiling, status: int = 200) -> Response:
    return Response(represent(TaxFilingSerializer, _visible(request).get(pk=filing.pk)), status=status)
