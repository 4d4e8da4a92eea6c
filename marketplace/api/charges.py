"""Charges over HTTP: what was billed and for which records, paying, checking, and credit notes."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField, format_amount
from kernel.spreadsheets import plain_cell
from marketplace.api.verification import UsageRecordSerializer
from marketplace.charges import pay_charge
from marketplace.credit_notes import approve_credit, propose_credit, refuse_credit
from marketplace.models import Charge, CreditNote, DunningStep, UsageRecord
from marketplace.packs import is_reproduced as is_pack_reproduced
from marketplace.plan_changes import is_reproduced as is_change_reproduced
from marketplace.renewals import is_reproduced as is_term_reproduced
from marketplace.revenue_bills import is_reproduced as is_revenue_reproduced
from marketplace.usage_runs import is_reproduced as is_usage_reproduced
from settlements.api.serializers import OwnerSerializer

CSV = "text/csv"
REPRODUCED = {
    Charge.Kind.USAGE: is_usage_reproduced,
    Charge.Kind.SUBSCRIPTION: is_term_reproduced,
    Charge.Kind.PLAN_CHANGE: is_change_reproduced,
    Charge.Kind.PACK: is_pack_reproduced,
    Charge.Kind.REVENUE: is_revenue_reproduced,
}
COLUMNS = ("row", "month", "late", "used_at", "kind", "nonce", "records", "units", "free_units", "amount", "currency")


class DunningStepSerializer(serializers.ModelSerializer[DunningStep]):
    class Meta:
        model = DunningStep
        fields = ("act", "due_at", "done_at")
        read_only_fields = fields


class ChargeSerializer(serializers.ModelSerializer[Charge]):
    venue = serializers.CharField(source="venue.code")
    buyer = OwnerSerializer(source="organization")
    provider = OwnerSerializer()
    gross = MoneyField()
    credited = MoneyField(help_text=_("What credit notes gave back, or left out of what is collected."))
    statement = serializers.JSONField(source="body", help_text=_("What was billed; its digests are over RFC 8785."))
    dunning = DunningStepSerializer(many=True)

    class Meta:
        model = Charge
        fields = (
            "id",
            "number",
            "kind",
            "entitlement_id",
            "venue",
            "buyer",
            "provider",
            "period",
            "state",
            "units",
            "gross",
            "credited",
            "statement",
            "sha256",
            "sm3",
            "division",
            "suspends",
            "dunning",
            "created_at",
            "decided_at",
            "overdue_at",
        )
        read_only_fields = fields


class CreditNoteSerializer(serializers.ModelSerializer[CreditNote]):
    venue = serializers.CharField(source="venue.code")
    amount = MoneyField()

    class Meta:
        model = CreditNote
        fields = (
            "id",
            "number",
            "charge_id",
            "venue",
            "state",
            "amount",
            "reason",
            "division",
            "created_at",
            "decided_at",
            "refusal",
        )
        read_only_fields = fields


class ProposeCreditSerializer(StrictSerializer):
    amount = MoneyField()
    reason = serializers.CharField(max_length=2000)


class ChargeFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Charge.State.choices)
    kind = django_filters.ChoiceFilter(choices=Charge.Kind.choices)
    period = django_filters.CharFilter("period")
    entitlement = django_filters.UUIDFilter("entitlement_id")


class ChargeList(generics.GenericAPIView[Charge]):
    """What the caller's organization was charged, or earned by it, newest first; a venue's staff see all of its own."""

    serializer_class = ChargeSerializer
    filterset_class = ChargeFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Charge]:
        return _charges(self.request)

    @extend_schema(operation_id="charges_list", responses=ChargeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ChargeSerializer(page, many=True).data)


class ChargeDetail(APIView):
    @extend_schema(operation_id="charges_read", responses=ChargeSerializer)
    def get(self, request: Request, charge_id: UUID) -> Response:
        return Response(represent(ChargeSerializer, get_object_or_404(_charges(request), pk=charge_id)))


class ChargeRecords(generics.GenericAPIView[UsageRecord]):
    """The usage records that a charge bills, oldest first: those of the digest in its statement."""

    queryset = UsageRecord.objects.none()  # for the description, which knows of no charge
    serializer_class = UsageRecordSerializer
    filter_backends = ()
    ordering = ("id",)

    @extend_schema(operation_id="charges_records", responses=UsageRecordSerializer(many=True))
    def get(self, request: Request, charge_id: UUID) -> Response:
        charge = get_object_or_404(Charge.objects.visible_to(actor_of(request)), pk=charge_id)
        page = self.paginate_queryset(UsageRecord.objects.filter(charge=charge))
        return self.get_paginated_response(UsageRecordSerializer(page, many=True).data)


class ChargeStatement(APIView):
    """A charge's lines and records as CSV (RFC 4180)."""

    @extend_schema(operation_id="charges_statement_csv", responses={(200, CSV): OpenApiTypes.STR})
    def get(self, request: Request, charge_id: UUID) -> StreamingHttpResponse:
        charge = get_object_or_404(Charge.objects.visible_to(actor_of(request)), pk=charge_id)
        disposition = {"Content-Disposition": f'attachment; filename="{charge.number}.csv"'}
        return StreamingHttpResponse(statement_lines(charge), content_type=f"{CSV}; charset=utf-8", headers=disposition)


class ReproductionSerializer(serializers.Serializer[Any]):
    reproduced = serializers.BooleanField(help_text=_("Whether the records give the same statement again."))
    sha256 = serializers.CharField()


class ChargeReproduction(APIView):
    """Compute a charge again from what it bills, and say whether the bytes are the same."""

    @extend_schema(operation_id="charges_reproduce", request=NoFieldsSerializer, responses=ReproductionSerializer)
    def post(self, request: Request, charge_id: UUID) -> Response:
        charge = get_object_or_404(Charge.objects.visible_to(actor_of(request)), pk=charge_id)
        body_of(NoFieldsSerializer, request)
        return Response({"reproduced": REPRODUCED[Charge.Kind(charge.kind)](charge), "sha256": charge.sha256})


class ChargePay(APIView):
    """Pay an open charge from available funds; a right that was suspended for it is given back."""

    @extend_schema(operation_id="charges_pay", request=NoFieldsSerializer, responses=ChargeSerializer)
    @idempotent(required=True)
    def post(self, request: Request, charge_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        pay_charge(charge_id=charge_id, actor=actor_of(request))
        return Response(represent(ChargeSerializer, _charges(request).get(pk=charge_id)))


class ChargeCreditNotes(APIView):
    """Propose to give back a part of a charge, or not to collect it; another person approves."""

    @extend_schema(
        operation_id="charges_credit", request=ProposeCreditSerializer, responses={201: CreditNoteSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request, charge_id: UUID) -> Response:
        get_object_or_404(Charge.objects.visible_to(actor_of(request)), pk=charge_id)
        body = body_of(ProposeCreditSerializer, request)
        note = propose_credit(charge_id=charge_id, **body, actor=actor_of(request))
        return Response(represent(CreditNoteSerializer, _notes(request).get(pk=note.pk)), status=201)


class CreditNoteFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=CreditNote.State.choices)
    charge = django_filters.UUIDFilter("charge_id")


class CreditNoteList(generics.GenericAPIView[CreditNote]):
    """Credit notes on the charges that the caller may see, newest first."""

    serializer_class = CreditNoteSerializer
    filterset_class = CreditNoteFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[CreditNote]:
        return _notes(self.request)

    @extend_schema(operation_id="credit_notes_list", responses=CreditNoteSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(CreditNoteSerializer(page, many=True).data)


class CreditNoteApprove(APIView):
    """Book a credit note that another person proposed."""

    @extend_schema(operation_id="credit_notes_approve", request=NoFieldsSerializer, responses=CreditNoteSerializer)
    @idempotent(required=True)
    def post(self, request: Request, credit_note_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        approve_credit(note_id=credit_note_id, actor=actor_of(request))
        return Response(represent(CreditNoteSerializer, _notes(request).get(pk=credit_note_id)))


class CreditNoteRefuse(APIView):
    """Refuse a proposed credit note, saying why."""

    @extend_schema(operation_id="credit_notes_refuse", request=ReasonSerializer, responses=CreditNoteSerializer)
    @idempotent(required=True)
    def post(self, request: Request, credit_note_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        refuse_credit(note_id=credit_note_id, reason=reason, actor=actor_of(request))
        return Response(represent(CreditNoteSerializer, _notes(request).get(pk=credit_note_id)))


def statement_lines(charge: Charge) -> Iterator[str]:
    """Yield the CSV: a row for each line of the charge, one for each record, and the sum."""
    yield _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for line in charge.lines:
        yield _row({**line, "row": "line", "amount": format_amount(line["amount_minor"]), "currency": charge.currency})
    for record in UsageRecord.objects.filter(charge=charge).order_by("id").iterator(chunk_size=2000):
        yield _row(
            {
                "row": "record",
                "used_at": record.created_at.isoformat(),
                "kind": record.kind,
                "nonce": plain_cell(record.nonce),
                "units": record.units,
            }
        )
    total = {"row": "total", "units": charge.units, "amount": format_amount(charge.gross_minor)}
    yield _row({**total, "currency": charge.currency})


def _row(cells: dict[str, Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([cells.get(column, "") for column in COLUMNS])
    return text.getvalue()


def _charges(request: Request) -> models.QuerySet[Charge]:
    related = ("venue", "organization", "provider")
    return Charge.objects.visible_to(actor_of(request)).select_related(*related).prefetch_related("dunning")


def _notes(request: Request) -> models.QuerySet[CreditNote]:
    return CreditNote.objects.visible_to(actor_of(request)).select_related("venue")
