"""Disputes over HTTP: for the two parties, and for the venue's officers."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from marketplace import dispute_outcomes, disputes
from marketplace.models import Dispute, DisputeOffer, DisputeStatement

SHA256 = r"^[0-9a-f]{64}$"


class NamedFileSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    sha256 = serializers.RegexField(SHA256)


class FileDisputeSerializer(StrictSerializer):
    order_id = serializers.UUIDField()
    kind = serializers.ChoiceField(Dispute.Kind.choices)
    statement = serializers.CharField(max_length=5000)
    claimed = MoneyField(required=False, help_text="What the buyer wants back; it is frozen where it is still held.")


class StatementRequestSerializer(StrictSerializer):
    text = serializers.CharField(max_length=5000)
    evidence = serializers.ListField(child=NamedFileSerializer(), required=False, max_length=50)


class OfferRequestSerializer(StrictSerializer):
    refund = MoneyField()
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ReferDisputeSerializer(StrictSerializer):
    to = serializers.ChoiceField([("ARBITRATION", "ARBITRATION"), ("LITIGATION", "LITIGATION")])
    body = serializers.CharField(max_length=200, help_text="The arbitral body or the court.")
    reason = serializers.CharField(max_length=2000)


class RulingSerializer(StrictSerializer):
    refund = MoneyField()
    ruling = serializers.CharField(max_length=5000)


class DisputeStatementSerializer(serializers.ModelSerializer[DisputeStatement]):
    evidence = NamedFileSerializer(many=True, read_only=True)

    class Meta:
        model = DisputeStatement
        fields = ("id", "organization_id", "text", "evidence", "created_at")
        read_only_fields = fields


class DisputeOfferSerializer(serializers.ModelSerializer[DisputeOffer]):
    refund = MoneyField(read_only=True)

    class Meta:
        model = DisputeOffer
        fields = ("id", "organization_id", "refund", "note", "accepted_by", "state", "created_at")
        read_only_fields = fields


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    order = serializers.CharField(source="order.number")
    venue = serializers.CharField(source="venue.code")
    claimed = MoneyField(read_only=True)
    refund = MoneyField(read_only=True, allow_null=True)
    offers = DisputeOfferSerializer(many=True, read_only=True)

    class Meta:
        model = Dispute
        fields = (
            "id",
            "number",
            "order",
            "order_id",
            "venue",
            "organization_id",
            "respondent_id",
            "kind",
            "state",
            "statement",
            "claimed",
            "negotiate_by",
            "mediate_by",
            "body_of_dispute",
            "ruling",
            "refund",
            "offers",
            "ended_at",
            "paid_at",
            "created_at",
        )
        read_only_fields = fields


class DisputeFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Dispute.State.choices)
    order = django_filters.UUIDFilter("order_id")


class DisputeList(generics.GenericAPIView[Dispute]):
    """The disputes that the caller is a party to, newest first; all of a venue's for its staff. Filing one."""

    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Dispute]:
        return _visible(self.request)

    @extend_schema(operation_id="disputes_list", responses=DisputeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(DisputeSerializer(page, many=True).data)

    @extend_schema(operation_id="disputes_file", request=FileDisputeSerializer, responses={201: DisputeSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        body = {"claimed": None} | body_of(FileDisputeSerializer, request)
        dispute = disputes.file_dispute(**body, actor=actor_of(request))
        return Response(_json(dispute.pk, request), status=201)


class DisputeDetail(APIView):
    @extend_schema(operation_id="disputes_read", responses=DisputeSerializer)
    def get(self, request: Request, dispute_id: UUID) -> Response:
        return Response(_json(dispute_id, request))


class DisputeStatements(generics.GenericAPIView[DisputeStatement]):
    """What was said in a dispute, in order. Saying something."""

    serializer_class = DisputeStatementSerializer
    filter_backends = ()
    ordering = ("id",)

    def get_queryset(self) -> models.QuerySet[DisputeStatement]:
        return get_object_or_404(_visible(self.request), pk=self.kwargs["dispute_id"]).statements.all()

    @extend_schema(operation_id="disputes_statements_list", responses=DisputeStatementSerializer(many=True))
    def get(self, request: Request, dispute_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(DisputeStatementSerializer(page, many=True).data)

    @extend_schema(
        operation_id="disputes_statements_make",
        request=StatementRequestSerializer,
        responses={201: DisputeStatementSerializer},
    )
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body = {"evidence": []} | body_of(StatementRequestSerializer, request)
        made = disputes.make_statement(dispute_id=dispute_id, **body, actor=actor_of(request))
        return Response(represent(DisputeStatementSerializer, DisputeStatement.objects.get(pk=made)), status=201)


class DisputeOffers(APIView):
    """Offer to end the dispute by giving so much back to the buyer; an earlier open offer is replaced."""

    @extend_schema(operation_id="disputes_offer", request=OfferRequestSerializer, responses={201: DisputeSerializer})
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body = body_of(OfferRequestSerializer, request)
        dispute_outcomes.offer(dispute_id=dispute_id, **body, actor=actor_of(request))
        return Response(_json(dispute_id, request), status=201)


class DisputeOfferAccept(APIView):
    """Accept an offer: when every party that did not make it has, the dispute is settled by it."""

    @extend_schema(operation_id="disputes_offer_accept", request=NoFieldsSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID, offer_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        dispute_outcomes.accept_offer(dispute_id=dispute_id, offer_id=offer_id, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeOfferDecline(APIView):
    @extend_schema(operation_id="disputes_offer_decline", request=ReasonSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID, offer_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        dispute_outcomes.decline_offer(dispute_id=dispute_id, offer_id=offer_id, reason=reason, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeAccept(APIView):
    """An officer takes the dispute on, and the parties negotiate."""

    @extend_schema(operation_id="disputes_accept", request=NoFieldsSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        disputes.accept_dispute(dispute_id=dispute_id, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeDismiss(APIView):
    """An officer does not take on what was filed."""

    @extend_schema(operation_id="disputes_dismiss", request=ReasonSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        dispute_outcomes.dismiss_dispute(dispute_id=dispute_id, reason=reason, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeEscalate(APIView):
    """A party asks the exchange to mediate."""

    @extend_schema(operation_id="disputes_escalate", request=ReasonSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        disputes.escalate_dispute(dispute_id=dispute_id, reason=reason, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeWithdraw(APIView):
    """The complainant takes the dispute back."""

    @extend_schema(operation_id="disputes_withdraw", request=ReasonSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        dispute_outcomes.withdraw_dispute(dispute_id=dispute_id, reason=reason, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeRefer(APIView):
    """An officer writes down that the dispute lies with an arbitral body or a court."""

    @extend_schema(operation_id="disputes_refer", request=ReferDisputeSerializer, responses=DisputeSerializer)
    @idempotent()
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body = body_of(ReferDisputeSerializer, request)
        disputes.refer_dispute(dispute_id=dispute_id, **body, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeRuling(APIView):
    """An officer enters what was ruled, for another one to confirm."""

    @extend_schema(operation_id="disputes_enter_ruling", request=RulingSerializer, responses=DisputeSerializer)
    @idempotent(required=True)
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body = body_of(RulingSerializer, request)
        dispute_outcomes.enter_ruling(dispute_id=dispute_id, **body, actor=actor_of(request))
        return Response(_json(dispute_id, request))


class DisputeRulingConfirm(APIView):
    """A second officer confirms the ruling, and the money moves."""

    @extend_schema(operation_id="disputes_confirm_ruling", request=NoFieldsSerializer, responses=DisputeSerializer)
    @idempotent(required=True)
    def post(self, request: Request, dispute_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        dispute_outcomes.confirm_ruling(dispute_id=dispute_id, actor=actor_of(request))
        return Response(_json(dispute_id, request))


def _visible(request: Request) -> models.QuerySet[Dispute]:
    rows = Dispute.objects.visible_to(actor_of(request))
    return rows.select_related("order", "venue").prefetch_related("offers")


def _json(dispute_id: UUID, request: Request) -> Any:
    return represent(DisputeSerializer, get_object_or_404(_visible(request), pk=dispute_id))
