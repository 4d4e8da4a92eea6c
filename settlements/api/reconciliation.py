"""Reconciliation over HTTP, for the venue's staff: files from the bank, breaks and their explanation, closed days."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import CURRENCY_CHOICES, Currency, MoneyField
from kernel.problems import field_problem
from settlements import bank_days, breaks, reconciliation
from settlements.api.bodies import BankFileParser, organization_named
from settlements.api.serializers import PayoutSerializer
from settlements.bank_answers import take_answers
from settlements.bank_files.reading import ENCODINGS
from settlements.models import BankBooking, BankBreak, BankDay, BankStatement, Payout


class BankFileQuerySerializer(serializers.Serializer[Any]):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    name = serializers.CharField(max_length=200, required=False, help_text=_("File name, without a path."))
    encoding = serializers.ChoiceField(
        sorted(ENCODINGS), required=False, help_text=_("Of a CSV. Without it UTF-8 is tried, then GB18030.")
    )


class BankStatementSerializer(serializers.ModelSerializer[BankStatement]):
    venue = serializers.CharField(source="venue.code")
    opening = MoneyField()
    closing = MoneyField()
    file_sha256 = serializers.CharField(source="file.sha256")

    class Meta:
        model = BankStatement
        fields = (
            "id",
            "created_at",
            "venue",
            "custody_account_id",
            "statement_id",
            "opens_on",
            "closes_on",
            "opening",
            "closing",
            "bookings",
            "file_sha256",
        )


class BankStatementsSerializer(serializers.Serializer[Any]):
    statements = BankStatementSerializer(many=True)


class DecidedPayoutsSerializer(serializers.Serializer[Any]):
    payouts = PayoutSerializer(many=True)


class BankBookingSerializer(serializers.ModelSerializer[BankBooking]):
    amount = MoneyField()
    rule = serializers.CharField(source="matched.match.rule", allow_null=True, help_text=_("null while unmatched."))

    class Meta:
        model = BankBooking
        fields = (
            "id",
            "statement_id",
            "position",
            "booked_on",
            "amount",
            "bank_reference",
            "end_to_end",
            "party_name",
            "party_account",
            "text",
            "is_return",
            "rule",
        )


class BankBreakSerializer(serializers.ModelSerializer[BankBreak]):
    venue = serializers.CharField(source="venue.code")
    amount = MoneyField(help_text=_("As the bank sees it: positive when money came in."))
    age_days = serializers.IntegerField(help_text=_("Days since it happened."))
    booking_id = serializers.UUIDField(allow_null=True)
    entry_id = serializers.UUIDField(allow_null=True)
    bank_reference = serializers.CharField(source="booking.bank_reference", allow_null=True)
    text = serializers.CharField(source="booking.text", allow_null=True)
    reference = serializers.CharField(source="entry.transfer.reference", allow_null=True, help_text=_("The transfer."))
    rule = serializers.CharField(source="match.rule", allow_null=True)

    class Meta:
        model = BankBreak
        fields = (
            "id",
            "created_at",
            "venue",
            "day",
            "age_days",
            "amount",
            "booking_id",
            "entry_id",
            "bank_reference",
            "text",
            "reference",
            "state",
            "way",
            "target",
            "organization_id",
            "payout_id",
            "partners",
            "explanation",
            "proposed_by_id",
            "decided_by_id",
            "rule",
        )


class ProposeExplanationSerializer(StrictSerializer):
    way = serializers.ChoiceField(BankBreak.Way.choices)
    reason = serializers.CharField(max_length=2000)
    partners = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=200, help_text=_("MATCH: other open breaks.")
    )
    target = serializers.ChoiceField(
        [kind.value for kind in BankBreak.TARGETS], required=False, help_text=_("POST: where the other side goes.")
    )
    organization_id = serializers.UUIDField(required=False, help_text=_("POST: whose funds or earnings."))
    payout_id = serializers.UUIDField(required=False, help_text=_("RETURN: the payout that came back."))


class BankDaySerializer(serializers.ModelSerializer[BankDay]):
    venue = serializers.CharField(source="venue.code")
    bank = MoneyField()
    books = MoneyField(help_text=_("Of the entries up to that day, whenever the bank booked them."))

    class Meta:
        model = BankDay
        fields = ("id", "created_at", "venue", "currency", "day", "bank", "books", "closed_by_id")


class CloseBankDaySerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20)
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)
    day = serializers.DateField()


class BankStatementFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)


class BankStatementList(generics.GenericAPIView[BankStatement]):
    """The statements of the caller's venues, newest first; the body of a POST is a camt.053 or CSV file itself."""

    serializer_class = BankStatementSerializer
    filterset_class = BankStatementFilter
    ordering = ("-id",)
    content = b""

    def get_parsers(self) -> list[Any]:
        return [BankFileParser()]

    def get_queryset(self) -> models.QuerySet[BankStatement]:
        rows = BankStatement.objects.visible_to(actor_of(self.request))
        return rows.select_related("venue", "file").defer("file__content")

    @extend_schema(operation_id="bank_statements_list", responses=BankStatementSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BankStatementSerializer(page, many=True).data)

    @extend_schema(
        operation_id="bank_statements_import",
        parameters=[BankFileQuerySerializer],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: BankStatementsSerializer},
        filters=False,
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        statements = reconciliation.import_statement(**_sent(request, self.content), actor=actor_of(request))
        return Response(represent(BankStatementsSerializer, {"statements": statements}), status=201)


class BankBookingFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)
    statement = django_filters.UUIDFilter("statement_id")
    bank_reference = django_filters.CharFilter("bank_reference")


class BankBookingList(generics.GenericAPIView[BankBooking]):
    """What the bank booked, newest first, each with the rule by which it was matched."""

    serializer_class = BankBookingSerializer
    filterset_class = BankBookingFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[BankBooking]:
        return BankBooking.objects.visible_to(actor_of(self.request)).select_related("matched__match")

    @extend_schema(operation_id="bank_bookings_list", responses=BankBookingSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BankBookingSerializer(page, many=True).data)


class BankAnswers(APIView):
    """What the bank says of a payment file: the body is a pain.002 or CSV file itself."""

    content = b""

    def get_parsers(self) -> list[Any]:
        return [BankFileParser()]

    @extend_schema(
        operation_id="bank_answers_take",
        parameters=[BankFileQuerySerializer],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=DecidedPayoutsSerializer,
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        decided = take_answers(**_sent(request, self.content), actor=actor_of(request))
        rows = Payout.objects.filter(id__in=[payout.id for payout in decided]).select_related("venue", "organization")
        return Response(represent(DecidedPayoutsSerializer, {"payouts": rows.order_by("id")}))


class BankBreakFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)
    state = django_filters.ChoiceFilter(choices=BankBreak.State.choices)
    day = django_filters.DateFilter("day")


class BankBreakList(generics.GenericAPIView[BankBreak]):
    """What the bank and the books do not have in common, newest first, with its age."""

    serializer_class = BankBreakSerializer
    filterset_class = BankBreakFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[BankBreak]:
        return _breaks(self.request)

    @extend_schema(operation_id="bank_breaks_list", responses=BankBreakSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BankBreakSerializer(page, many=True).data)


class BankBreakDetail(APIView):
    @extend_schema(operation_id="bank_breaks_read", responses=BankBreakSerializer)
    def get(self, request: Request, break_id: UUID) -> Response:
        return Response(represent(BankBreakSerializer, get_object_or_404(_breaks(request), pk=break_id)))


class BankBreakPropose(APIView):
    """Say how a break came about; another person approves it."""

    @extend_schema(
        operation_id="bank_breaks_propose", request=ProposeExplanationSerializer, responses=BankBreakSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, break_id: UUID) -> Response:
        actor, body = actor_of(request), body_of(ProposeExplanationSerializer, request)
        payout = None
        if (payout_id := body.get("payout_id")) is not None:
            payout = Payout.objects.visible_to(actor).filter(id=payout_id).first()
            if payout is None:
                raise field_problem("/payout_id", "unknown_payout", _now("There is no such payout."))
        owner_id = body.get("organization_id")
        found = breaks.propose_explanation(
            break_id=break_id,
            way=body["way"],
            reason=body["reason"],
            partners=body.get("partners", ()),
            target=body.get("target", ""),
            organization=organization_named(owner_id, actor) if owner_id else None,
            payout=payout,
            actor=actor,
        )
        return _answer(request, found)


class BankBreakApprove(APIView):
    """Approve the explanation that another person proposed; the books are moved if that is the way."""

    @extend_schema(operation_id="bank_breaks_approve", request=NoFieldsSerializer, responses=BankBreakSerializer)
    @idempotent(required=True)
    def post(self, request: Request, break_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _answer(request, breaks.approve_explanation(break_id=break_id, actor=actor_of(request)))


class BankBreakRefuse(APIView):
    """Refuse the explanation that was proposed, saying why; the break is open again."""

    @extend_schema(operation_id="bank_breaks_refuse", request=ReasonSerializer, responses=BankBreakSerializer)
    @idempotent(required=True)
    def post(self, request: Request, break_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _answer(request, breaks.refuse_explanation(break_id=break_id, reason=reason, actor=actor_of(request)))


class BankDayList(generics.GenericAPIView[BankDay]):
    """The closed days of the venues' bank accounts, newest first; closing one."""

    serializer_class = BankDaySerializer
    filterset_class = BankStatementFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[BankDay]:
        return BankDay.objects.visible_to(actor_of(self.request)).select_related("venue")

    @extend_schema(operation_id="bank_days_list", responses=BankDaySerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BankDaySerializer(page, many=True).data)

    @extend_schema(operation_id="bank_days_close", request=CloseBankDaySerializer, responses={201: BankDaySerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(CloseBankDaySerializer, request)
        closed = bank_days.close_bank_day(
            venue=venue_named(body["venue"]),
            currency=Currency(body["currency"]),
            day=body["day"],
            actor=actor_of(request),
        )
        return Response(represent(BankDaySerializer, closed), status=201)


def _sent(request: Request, content: bytes) -> dict[str, Any]:
    query = BankFileQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    given: dict[str, Any] = {"name": "", "encoding": ""} | query.validated_data
    return given | {"venue": venue_named(given["venue"]), "content": content}


def _breaks(request: Request) -> models.QuerySet[BankBreak]:
    rows = BankBreak.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "booking", "entry__transfer", "match")


def _answer(request: Request, found: BankBreak) -> Response:
    return Response(represent(BankBreakSerializer, _breaks(request).get(pk=found.pk)))
