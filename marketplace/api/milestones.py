"""The milestones of an order: reading them, delivering, accepting, refusing one, giving the rest up."""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import find
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from marketplace import milestones
from marketplace.models import Milestone, Order


class OrderMilestoneSerializer(serializers.ModelSerializer[Milestone]):
    title = LanguageMapSerializerField()
    criterion = LanguageMapSerializerField()
    amount = MoneyField(help_text=_("Its part of what the order holds, fees on top included."))

    class Meta:
        model = Milestone
        fields = (
            "id",
            "number",
            "title",
            "criterion",
            "amount",
            "due_at",
            "state",
            "note",
            "evidence_sha256",
            "delivered_at",
            "accept_by",
            "refusal",
        )
        read_only_fields = fields


class DeliverMilestoneSerializer(StrictSerializer):
    note = serializers.CharField(max_length=2000, help_text=_("What was delivered, and how the criterion is met."))
    evidence_sha256 = serializers.RegexField(
        r"^([0-9a-f]{64})?\Z",
        default="",
        allow_blank=True,
        help_text=_("SHA-256 of a file that proves it, in hexadecimal."),
    )


class OrderMilestones(generics.GenericAPIView[Milestone]):
    """The milestones of one order; none where it is paid at once."""

    serializer_class = OrderMilestoneSerializer
    ordering = ("id",)

    def get_queryset(self) -> models.QuerySet[Milestone]:
        return Milestone.objects.visible_to(actor_of(self.request)).filter(order=self.kwargs.get("order_id"))

    @extend_schema(operation_id="order_milestones_list", responses=OrderMilestoneSerializer(many=True))
    def get(self, request: Request, order_id: UUID) -> Response:
        find(Order.objects.visible_to(actor_of(request)), pk=order_id)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(OrderMilestoneSerializer(page, many=True).data)


class MilestoneDeliver(APIView):
    """Say that a milestone is reached, by the provider; the buyer has the venue's acceptance days."""

    @extend_schema(
        operation_id="order_milestones_deliver", request=DeliverMilestoneSerializer, responses=OrderMilestoneSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID, number: int) -> Response:
        body = body_of(DeliverMilestoneSerializer, request)
        milestone = milestones.deliver_milestone(order_id=order_id, number=number, **body, actor=actor_of(request))
        return Response(represent(OrderMilestoneSerializer, milestone))


class MilestoneAccept(APIView):
    """Accept a milestone, by the buyer: its part is divided."""

    @extend_schema(
        operation_id="order_milestones_accept", request=NoFieldsSerializer, responses=OrderMilestoneSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID, number: int) -> Response:
        body_of(NoFieldsSerializer, request)
        milestone = milestones.accept_milestone(order_id=order_id, number=number, actor=actor_of(request))
        return Response(represent(OrderMilestoneSerializer, milestone))


class MilestoneRefuse(APIView):
    """Refuse what was delivered as a milestone, by the buyer, with a reason."""

    @extend_schema(operation_id="order_milestones_refuse", request=ReasonSerializer, responses=OrderMilestoneSerializer)
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID, number: int) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        milestone = milestones.refuse_milestone(
            order_id=order_id, number=number, reason=reason, actor=actor_of(request)
        )
        return Response(represent(OrderMilestoneSerializer, milestone))


class MilestonesGiveUp(APIView):
    """End the order before its last milestone, by the provider: what was not accepted goes back to the buyer."""

    @extend_schema(
        operation_id="order_milestones_give_up",
        request=ReasonSerializer,
        responses=OrderMilestoneSerializer(many=True),
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        order = milestones.give_up(order_id=order_id, reason=reason, actor=actor_of(request))
        return Response([represent(OrderMilestoneSerializer, row) for row in order.milestones.order_by("number")])
