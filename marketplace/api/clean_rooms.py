"""Clean rooms over HTTP: their rules, asking, approving, and reading what was released."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.bodies import body_chunks
from listings.api.terms_serializers import (
    RoomRulesSerializer,
)
from listings.room_rules import LEAST_EPSILON, MOST_EPSILON
from marketplace.delivery.clean_room import joining, matching, queries
from marketplace.models import CleanRoom, RoomQuery, RoomTable


class RoomTableSerializer(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    columns = serializers.DictField(child=serializers.CharField(), help_text=_("The type of each column, by its name."))


class CleanRoomSerializer(serializers.ModelSerializer[CleanRoom]):
    rules = RoomRulesSerializer()
    tables = serializers.SerializerMethodField(help_text=_("What may be asked about, by the table's name."))
    epsilon_left = serializers.DecimalField(max_digits=9, decimal_places=4)

    class Meta:
        model = CleanRoom
        fields = ("id", "entitlement_id", "rules", "tables", "epsilon", "epsilon_spent", "epsilon_left", "created_at")
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=RoomTableSerializer()))
    def get_tables(self, room: CleanRoom) -> dict[str, Any]:
        person = room.rules.get("person_column")
        return {
            table.name: {
                "rows": table.rows,
                "columns": {each["name"]: each["type"] for each in table.columns if each["name"] != person},
            }
            for table in room.tables.all()
        }


class RoomQuerySerializer(serializers.ModelSerializer[RoomQuery]):
    """A query without its result, which is read by itself; once it is released it is a delivery."""

    receipt = serializers.JSONField(source="evidence")
    delivery_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = RoomQuery
        fields = (
            "id",
            "room_id",
            "kind",
            "state",
            "sql",
            "template",
            "parameters",
            "epsilon",
            "why_not",
            "receipt",
            "delivery_id",
            "decide_by",
            "decided_at",
            "decision_reason",
            "reads",
            "first_read_at",
            "last_read_at",
            "created_at",
        )
        read_only_fields = fields


class AskSerializer(StrictSerializer):
    """Either SQL, or a template of the room's with its parameters."""

    # Its length is judged with the query itself, so that the reason stands with the others.
    sql = serializers.CharField(required=False, trim_whitespace=False)
    template = serializers.CharField(max_length=40, required=False)
    parameters = serializers.DictField(required=False)
    epsilon = serializers.DecimalField(
        max_digits=9,
        decimal_places=4,
        min_value=LEAST_EPSILON,
        max_value=MOST_EPSILON,
        help_text=_("What is spent of the privacy budget: the more, the less noise."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("sql" in attrs) == ("template" in attrs) or ("parameters" in attrs and "template" not in attrs):
            raise serializers.ValidationError(_("Give either SQL, or a template with its parameters."))
        return attrs


class AskIntersectionSerializer(StrictSerializer):
    """How many identifiers are common, and sums of the named columns over what the provider has of them."""

    sums = serializers.ListField(child=serializers.CharField(max_length=200), max_length=10, required=False)
    epsilon = serializers.DecimalField(max_digits=9, decimal_places=4, min_value=LEAST_EPSILON, max_value=MOST_EPSILON)


class ResultSerializer(serializers.Serializer[Any]):
    """Figures with noise, with the receipt whose SHA-256 is taken over `result` in its canonical form (RFC 8785)."""

    result = serializers.DictField()
    receipt = serializers.DictField()


class RoomList(generics.GenericAPIView[CleanRoom]):
    """The clean rooms that the caller is a party to, newest first."""

    serializer_class = CleanRoomSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[CleanRoom]:
        return CleanRoom.objects.visible_to(actor_of(self.request)).prefetch_related("tables")

    @extend_schema(operation_id="clean_rooms_list", responses=CleanRoomSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(CleanRoomSerializer(page, many=True).data)


class RoomDetail(APIView):
    @extend_schema(operation_id="clean_rooms_read", responses=CleanRoomSerializer)
    def get(self, request: Request, room_id: UUID) -> Response:
        return Response(represent(CleanRoomSerializer, _room(request, room_id)))


class RoomQueryFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=RoomQuery.State.choices)


class RoomQueries(generics.GenericAPIView[RoomQuery]):
    """What was asked in a room, newest first, and asking."""

    serializer_class = RoomQuerySerializer
    filterset_class = RoomQueryFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RoomQuery]:
        if getattr(self, "swagger_fake_view", False):
            return RoomQuery.objects.none()
        room = _room(self.request, self.kwargs["room_id"])
        return RoomQuery.objects.filter(room=room).select_related("delivery").defer("result")

    @extend_schema(operation_id="clean_rooms_queries", responses=RoomQuerySerializer(many=True))
    def get(self, request: Request, room_id: UUID) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RoomQuerySerializer(page, many=True).data)

    @extend_schema(operation_id="clean_rooms_ask", request=AskSerializer, responses={202: RoomQuerySerializer})
    @idempotent()
    def post(self, request: Request, room_id: UUID) -> Response:
        _room(request, room_id)
        query = queries.ask(room_id=room_id, **body_of(AskSerializer, request), actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query), status=202)


class RoomIntersections(APIView):
    """Ask how many identifiers the caller has in common with the provider (private set intersection)."""

    @extend_schema(
        operation_id="clean_rooms_intersect", request=AskIntersectionSerializer, responses={202: RoomQuerySerializer}
    )
    @idempotent()
    def post(self, request: Request, room_id: UUID) -> Response:
        _room(request, room_id)
        body = body_of(AskIntersectionSerializer, request)
        query = matching.ask_intersection(room_id=room_id, **body, actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query), status=202)


class BuyerTableSerializer(serializers.ModelSerializer[RoomTable]):
    """A table of the buyer's own: what it is like, never its rows."""

    class Meta:
        model = RoomTable
        fields = ("id", "room_id", "state", "columns", "rows", "sha256", "created_at")
        read_only_fields = fields


class RoomTables(generics.GenericAPIView[RoomTable]):
    """The tables that the buyer has brought into a room, newest first, and bringing one: the body is its CSV."""

    serializer_class = BuyerTableSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RoomTable]:
        return RoomTable.objects.visible_to(actor_of(self.request)).defer("sealed")

    @extend_schema(operation_id="clean_rooms_tables", responses=BuyerTableSerializer(many=True))
    def get(self, request: Request, room_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset().filter(room=_room(request, room_id)))
        return self.get_paginated_response(BuyerTableSerializer(page, many=True).data)

    @extend_schema(
        operation_id="clean_rooms_bring_table",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: BuyerTableSerializer},
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        _room(request, room_id)
        content = b"".join(body_chunks(request, limit=joining.LARGEST_TABLE))
        table = joining.send_table(room_id=room_id, content=content, actor=actor_of(request))
        return Response(represent(BuyerTableSerializer, table), status=201)


class TableAgree(APIView):
    """Let the buyer join its table, as the provider."""

    @extend_schema(operation_id="room_tables_agree", request=NoFieldsSerializer, responses=BuyerTableSerializer)
    @idempotent()
    def post(self, request: Request, room_table_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        table = joining.agree(table_id=room_table_id, actor=actor_of(request))
        return Response(represent(BuyerTableSerializer, table))


class TableRefuse(APIView):
    """Keep the buyer's table out, as the provider."""

    @extend_schema(operation_id="room_tables_refuse", request=ReasonSerializer, responses=BuyerTableSerializer)
    @idempotent()
    def post(self, request: Request, room_table_id: UUID) -> Response:
        get_object_or_404(RoomTable.objects.visible_to(actor_of(request)), pk=room_table_id)
        reason = body_of(ReasonSerializer, request)["reason"]
        table = joining.decline(table_id=room_table_id, reason=reason, actor=actor_of(request))
        return Response(represent(BuyerTableSerializer, table))


class QueryBlinded(APIView):
    """The provider's identifiers, blinded with the exchange's key: a psi_proto.Request for the caller's program."""

    @extend_schema(
        operation_id="room_queries_blinded",
        request=NoFieldsSerializer,
        responses={(200, "application/x-protobuf"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request, query_id: UUID) -> HttpResponse:
        body_of(NoFieldsSerializer, request)
        content = matching.read_blinded(query_id=query_id, actor=actor_of(request))
        return HttpResponse(content, content_type="application/x-protobuf")


class QuerySetup(APIView):
    """The caller's identifiers, blinded with its own key: a psi_proto.ServerSetup of raw points."""

    @extend_schema(
        operation_id="room_queries_setup",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=RoomQuerySerializer,
    )
    def put(self, request: Request, query_id: UUID) -> Response:
        _query(request, query_id)
        content = b"".join(body_chunks(request, limit=matching.LARGEST_MESSAGE))
        query = matching.send_setup(query_id=query_id, content=content, actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query))


class QueryAnswer(APIView):
    """The provider's identifiers, blinded with the caller's key too: a psi_proto.Response, in the order given."""

    @extend_schema(
        operation_id="room_queries_answer",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: RoomQuerySerializer},
    )
    def put(self, request: Request, query_id: UUID) -> Response:
        _query(request, query_id)
        content = b"".join(body_chunks(request, limit=matching.LARGEST_MESSAGE))
        query = matching.send_answer(query_id=query_id, content=content, actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query), status=202)


class QueryDetail(APIView):
    @extend_schema(operation_id="room_queries_read", responses=RoomQuerySerializer)
    def get(self, request: Request, query_id: UUID) -> Response:
        return Response(represent(RoomQuerySerializer, _query(request, query_id)))


class HeldQueries(generics.GenericAPIView[RoomQuery]):
    """The results that wait for the caller's decision, in all its rooms, those that have waited longest first.

    To the provider, who approves or refuses them, and to the venue's staff, who may refuse them.
    """

    serializer_class = RoomQuerySerializer
    filter_backends = ()
    ordering = ("id",)

    def get_queryset(self) -> models.QuerySet[RoomQuery]:
        actor = actor_of(self.request)
        held = RoomQuery.objects.visible_to(actor).filter(state=RoomQuery.State.HELD)
        return held.exclude(organization=actor.organization_id).defer("result")

    @extend_schema(operation_id="room_queries_held", responses=RoomQuerySerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(RoomQuerySerializer(page, many=True).data)


class QueryApprove(APIView):
    """Let a held result out, as the provider."""

    @extend_schema(operation_id="room_queries_approve", request=NoFieldsSerializer, responses=RoomQuerySerializer)
    @idempotent()
    def post(self, request: Request, query_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        query = queries.approve(query_id=query_id, actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query))


class QueryRefuse(APIView):
    """Keep a held result from the buyer, as the provider."""

    @extend_schema(operation_id="room_queries_refuse", request=ReasonSerializer, responses=RoomQuerySerializer)
    @idempotent()
    def post(self, request: Request, query_id: UUID) -> Response:
        _query(request, query_id)
        reason = body_of(ReasonSerializer, request)["reason"]
        query = queries.refuse_result(query_id=query_id, reason=reason, actor=actor_of(request))
        return Response(represent(RoomQuerySerializer, query))


class QueryResult(APIView):
    """What was released; every reading is written down, and the first is taken from the permit across a border."""

    @extend_schema(operation_id="room_queries_result", request=NoFieldsSerializer, responses=ResultSerializer)
    def post(self, request: Request, query_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        query = queries.read_result(query_id=query_id, actor=actor_of(request))
        return Response({"result": query.result, "receipt": query.evidence})


def _room(request: Request, room_id: UUID) -> CleanRoom:
    return get_object_or_404(CleanRoom.objects.visible_to(actor_of(request)), pk=room_id)


def _query(request: Request, query_id: UUID) -> RoomQuery:
    visible = RoomQuery.objects.visible_to(actor_of(request)).select_related("delivery").defer("result")
    return get_object_or_404(visible, pk=query_id)
