"""Negotiations over HTTP: offers, answers, and two rounds side by side."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from kernel.problems import field_problem
from marketplace import negotiating
from marketplace.api.serializers import PartySerializer
from marketplace.models import Negotiation, NegotiationRound
from marketplace.models.negotiations import TERMS_LENGTH
from marketplace.negotiating import COMPARED, MOST_ROUNDS, Proposed

RELATED = ("venue", "buyer", "provider", "broker", "listing", "quote")


class OfferSerializer(StrictSerializer):
    """What one side offers."""

    price = MoneyField(required=False, help_text=_("Only a buyer's first offer may leave it out, to ask for a price."))
    volume = serializers.CharField(max_length=200, default="", allow_blank=True)
    delivery = serializers.CharField(max_length=400, default="", allow_blank=True)
    delivery_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    terms = serializers.CharField(
        max_length=TERMS_LENGTH, default="", allow_blank=True, help_text=_("Beyond the listing's terms of use.")
    )
    message = serializers.CharField(
        max_length=2000, default="", allow_blank=True, help_text=_("For the other side; not part of the agreement.")
    )
    valid_until = serializers.DateTimeField()


class NewNegotiationSerializer(OfferSerializer):
    listing_id = serializers.UUIDField()
    plan_id = serializers.UUIDField()
    broker_id = serializers.UUIDField(required=False, help_text=_("A broker of the same venue who takes part."))


class RoundSerializer(StrictSerializer):
    round = serializers.IntegerField(
        min_value=1, max_value=MOST_ROUNDS, help_text=_("The round that is answered; only the newest can be.")
    )


class CounterSerializer(RoundSerializer, OfferSerializer):
    """Another offer in answer to a round."""


class DeclineSerializer(RoundSerializer, ReasonSerializer):
    """Why a round is declined."""


class NegotiationRoundSerializer(serializers.ModelSerializer[NegotiationRound]):
    round = serializers.IntegerField(source="number")
    offered_by = serializers.UUIDField(source="organization_id")
    price = MoneyField(allow_null=True)

    class Meta:
        model = NegotiationRound
        fields = ("round", "offered_by", "listing_revision", *COMPARED, "created_at")
        read_only_fields = fields


class AgreedQuoteSerializer(serializers.Serializer[Any]):
    """By which the buyer orders what was agreed."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    state = serializers.CharField()
    expires_at = serializers.DateTimeField()


class NegotiationSerializer(serializers.ModelSerializer[Negotiation]):
    venue = serializers.CharField(source="venue.code")
    buyer = PartySerializer()
    provider = PartySerializer()
    broker = PartySerializer(allow_null=True)
    listing = serializers.CharField(source="listing.number")
    awaiting = serializers.UUIDField(source="awaiting_id", help_text=_("Who answers the newest offer."))
    newest = serializers.IntegerField(help_text=_("The newest round."))
    quote = AgreedQuoteSerializer(allow_null=True)

    class Meta:
        model = Negotiation
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
            "newest",
            "awaiting",
            "expires_at",
            "reason",
            "quote",
            "created_at",
        )
        read_only_fields = fields


class NegotiationDetailSerializer(NegotiationSerializer):
    rounds = NegotiationRoundSerializer(many=True)

    class Meta(NegotiationSerializer.Meta):
        fields = (*NegotiationSerializer.Meta.fields, "rounds")
        read_only_fields = fields


class DifferenceSerializer(serializers.Serializer[Any]):
    """One field of two rounds; a price as money, any other value as text."""

    field = serializers.ChoiceField(COMPARED)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    changed = serializers.BooleanField()


class NegotiationDiffSerializer(serializers.Serializer[Any]):
    before = NegotiationRoundSerializer()
    after = NegotiationRoundSerializer()
    differences = DifferenceSerializer(many=True)


class NegotiationFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Negotiation.State.choices)
    listing = django_filters.UUIDFilter("listing_id")
    awaiting = django_filters.UUIDFilter("awaiting_id")


class NegotiationList(generics.GenericAPIView[Negotiation]):
    """The negotiations of the caller's organization, newest first; making a first offer."""

    serializer_class = NegotiationSerializer
    filterset_class = NegotiationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Negotiation]:
        return _visible(self.request)

    @extend_schema(operation_id="negotiations_list", responses=NegotiationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(NegotiationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="negotiations_open", request=NewNegotiationSerializer, responses={201: NegotiationDetailSerializer}
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(NewNegotiationSerializer, request)
        subject = {name: body.pop(name, None) for name in ("listing_id", "plan_id", "broker_id")}
        made = negotiating.open_negotiation(**subject, proposed=Proposed(**body), actor=actor_of(request))
        return Response(_json(made.pk, request), status=201)


class NegotiationDetail(APIView):
    @extend_schema(operation_id="negotiations_read", responses=NegotiationDetailSerializer)
    def get(self, request: Request, negotiation_id: UUID) -> Response:
        return Response(_json(negotiation_id, request))


class NegotiationCounter(APIView):
    """Answer the other side's newest offer with another one."""

    @extend_schema(
        operation_id="negotiations_counter", request=CounterSerializer, responses=NegotiationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, negotiation_id: UUID) -> Response:
        body = body_of(CounterSerializer, request)
        number = body.pop("round")
        negotiating.counter(
            negotiation_id=negotiation_id, number=number, proposed=Proposed(**body), actor=actor_of(request)
        )
        return Response(_json(negotiation_id, request))


class NegotiationAccept(APIView):
    """Agree to the other side's newest offer; the buyer then orders by the quote."""

    @extend_schema(operation_id="negotiations_accept", request=RoundSerializer, responses=NegotiationDetailSerializer)
    @idempotent()
    def post(self, request: Request, negotiation_id: UUID) -> Response:
        number = body_of(RoundSerializer, request)["round"]
        negotiating.accept_offer(negotiation_id=negotiation_id, number=number, actor=actor_of(request))
        return Response(_json(negotiation_id, request))


class NegotiationDecline(APIView):
    """End the negotiation by declining the other side's newest offer."""

    @extend_schema(
        operation_id="negotiations_decline", request=DeclineSerializer, responses=NegotiationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, negotiation_id: UUID) -> Response:
        body = body_of(DeclineSerializer, request)
        negotiating.decline_offer(
            negotiation_id=negotiation_id, number=body["round"], reason=body["reason"], actor=actor_of(request)
        )
        return Response(_json(negotiation_id, request))


class NegotiationWithdraw(APIView):
    """End the negotiation by taking the own newest offer back."""

    @extend_schema(
        operation_id="negotiations_withdraw", request=ReasonSerializer, responses=NegotiationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, negotiation_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        negotiating.withdraw_offer(negotiation_id=negotiation_id, reason=reason, actor=actor_of(request))
        return Response(_json(negotiation_id, request))


class NegotiationDiff(APIView):
    """Two rounds side by side; the last two, where none are named."""

    @extend_schema(
        operation_id="negotiations_diff",
        parameters=[
            OpenApiParameter("before", {"type": "integer", "minimum": 1, "maximum": MOST_ROUNDS}),
            OpenApiParameter("after", {"type": "integer", "minimum": 1, "maximum": MOST_ROUNDS}),
        ],
        responses=NegotiationDiffSerializer,
    )
    def get(self, request: Request, negotiation_id: UUID) -> Response:
        negotiation = get_object_or_404(_visible(request), pk=negotiation_id)
        rounds = {each.number: each for each in negotiation.rounds.all()}
        after = _named(request, "after", rounds, negotiation.newest)
        before = _named(request, "before", rounds, max(after.number - 1, 1))
        differences = negotiating.differences(before, after)
        told = {
            "before": represent(NegotiationRoundSerializer, before),
            "after": represent(NegotiationRoundSerializer, after),
        }
        shown = [
            {
                "field": each.field,
                "before": negotiating.shown(each.before),
                "after": negotiating.shown(each.after),
                "changed": each.changed,
            }
            for each in differences
        ]
        return Response(told | {"differences": shown})


def _named(request: Request, name: str, rounds: dict[int, NegotiationRound], otherwise: int) -> NegotiationRound:
    said = request.query_params.get(name, str(otherwise))
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= len(str(MOST_ROUNDS)) else 0
    if number not in rounds:
        raise field_problem(f"/{name}", "unknown", _now("There is no such round."))
    return rounds[number]


def _visible(request: Request) -> models.QuerySet[Negotiation]:
    return Negotiation.objects.visible_to(actor_of(request)).select_related(*RELATED).defer("listing__search")


def _json(negotiation_id: UUID, request: Request) -> Any:
    rows = _visible(request).prefetch_related("rounds")
    return represent(NegotiationDetailSerializer, get_object_or_404(rows, pk=negotiation_id))
