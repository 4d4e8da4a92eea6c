"""Invoices over HTTP: asking for one, entering its number, refusing it, red letters, and the paper."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from marketplace import invoicing
from marketplace.api.serializers import PartySerializer
from settlements import invoices
from settlements.invoice_pages import invoice_pages
from settlements.models import FeePayer, Invoice, Payee

PDF = "application/pdf"
INVOICED = [(payee.value, payee.label) for payee in Payee if payee is not Payee.TAX]
ASKED = [(form.value, form.label) for form in (Invoice.Form.ORDINARY, Invoice.Form.SPECIAL)]


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    venue = serializers.CharField(source="venue.code")
    seller = PartySerializer(source="organization")
    buyer = PartySerializer()
    net = MoneyField()
    tax = MoneyField()
    gross = MoneyField(source="amount", help_text=_("Of a red letter: what it takes back."))
    corrects_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Invoice
        fields = (
            "id",
            "number",
            "venue",
            "state",
            "seller",
            "buyer",
            "source",
            "source_id",
            "payee",
            "payer",
            "corrects_id",
            "form",
            "item",
            "net",
            "rate_ppm",
            "tax",
            "gross",
            "title",
            "tax_number",
            "address",
            "reason",
            "official_number",
            "issued_on",
            "refusal",
            "created_at",
        )


class RequestInvoiceSerializer(StrictSerializer):
    # A field named like an attribute of Field: DRF takes declared fields off the class.
    source = serializers.ChoiceField(choices=Invoice.Source.choices)  # type: ignore[assignment]
    source_id = serializers.UUIDField(help_text=_("The order or the charge."))
    payee = serializers.ChoiceField(
        choices=INVOICED,
        default=Payee.PROVIDER,
        help_text=_("Who issues it: the provider for the price, the venue or the broker for its fee."),
    )
    payer = serializers.ChoiceField(
        choices=FeePayer.choices, default=FeePayer.BUYER, help_text=_("Who bore that fee; the price is the buyer's.")
    )
    form = serializers.ChoiceField(choices=ASKED, default=Invoice.Form.ORDINARY)
    tax_number = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text=_("The organization's own, checked. Blank: the one it is registered with."),
    )
    address = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text=_("Address, telephone and bank for the invoice.")
    )


class IssueInvoiceSerializer(StrictSerializer):
    official_number = serializers.CharField(max_length=40, help_text=_("20 digits for a fapiao."))
    issued_on = serializers.DateField()


class InvoiceFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Invoice.State.choices)
    source_id = django_filters.UUIDFilter("source_id")
    corrects = django_filters.UUIDFilter("corrects_id")


class InvoiceList(generics.GenericAPIView[Invoice]):
    """Invoices that the caller's organization issues or receives, newest first; all of a venue's for its staff."""

    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Invoice]:
        return _visible(self.request)

    @extend_schema(operation_id="invoices_list", responses=InvoiceSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(InvoiceSerializer(page, many=True).data)

    @extend_schema(
        operation_id="invoices_request", request=RequestInvoiceSerializer, responses={201: InvoiceSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(RequestInvoiceSerializer, request)
        asked: dict[str, Any] = {
            "payee": Payee(body["payee"]),
            "payer": FeePayer(body["payer"]),
            "title": invoices.Title(Invoice.Form(body["form"]), body.get("tax_number", ""), body.get("address", "")),
            "actor": actor_of(request),
        }
        if body["source"] == Invoice.Source.ORDER:
            invoice = invoicing.request_for_order(order_id=body["source_id"], **asked)
        else:
            invoice = invoicing.request_for_charge(charge_id=body["source_id"], **asked)
        return _shown(request, invoice, status=201)


class InvoiceDetail(APIView):
    @extend_schema(operation_id="invoices_read", responses=InvoiceSerializer)
    def get(self, request: Request, invoice_id: UUID) -> Response:
        return Response(represent(InvoiceSerializer, get_object_or_404(_visible(request), pk=invoice_id)))


class InvoiceIssue(APIView):
    """Enter the number under which the seller, or the venue for it, has issued an invoice or a red letter."""

    @extend_schema(operation_id="invoices_issue", request=IssueInvoiceSerializer, responses=InvoiceSerializer)
    @idempotent(required=True)
    def post(self, request: Request, invoice_id: UUID) -> Response:
        body = body_of(IssueInvoiceSerializer, request)
        return _shown(request, invoices.issue_invoice(invoice_id=invoice_id, **body, actor=actor_of(request)))


class InvoiceRefuse(APIView):
    """Refuse to issue an invoice, saying why; it may be asked for anew."""

    @extend_schema(operation_id="invoices_refuse", request=ReasonSerializer, responses=InvoiceSerializer)
    @idempotent(required=True)
    def post(self, request: Request, invoice_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _shown(request, invoices.refuse_invoice(invoice_id=invoice_id, reason=reason, actor=actor_of(request)))


class InvoiceTakeBack(APIView):
    """Ask for a red letter to all of an issued invoice that was wrong; what went back has one by itself."""

    @extend_schema(operation_id="invoices_take_back", request=ReasonSerializer, responses={201: InvoiceSerializer})
    @idempotent(required=True)
    def post(self, request: Request, invoice_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        red = invoices.take_back(invoice_id=invoice_id, reason=reason, actor=actor_of(request))
        return _shown(request, red, status=201)


class InvoicePaper(APIView):
    """An issued commercial invoice as PDF, in the caller's language."""

    @extend_schema(operation_id="invoices_paper", responses={(200, PDF): OpenApiTypes.BINARY})
    def get(self, request: Request, invoice_id: UUID) -> FileResponse:
        invoice = get_object_or_404(_visible(request), pk=invoice_id)
        name = {"Content-Disposition": f'attachment; filename="{invoice.number}.pdf"'}
        return FileResponse(invoice_pages(invoice), content_type=PDF, headers=name)


def _visible(request: Request) -> models.QuerySet[Invoice]:
    rows = Invoice.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "organization", "buyer", "corrects")


def _shown(request: Request, invoice: Invoice, status: int = 200) -> Response:
    return Response(represent(InvoiceSerializer, _visible(request).get(pk=invoice.pk)), status=status)
