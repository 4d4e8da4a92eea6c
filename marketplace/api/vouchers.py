"""Vouchers over HTTP: applying, deciding, what each paid of which order, and clawing back."""

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

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from marketplace.api.voucher_programmes import MinorField
from settlements.api.serializers import OwnerSerializer
from settlements.models import VoucherClawback, VoucherGrant, VoucherUse
from settlements.vouchers import clawbacks, grants


class VoucherSerializer(serializers.ModelSerializer[VoucherGrant]):
    programme = serializers.CharField(source="programme.number")
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    wanted = MinorField("wanted_minor")
    granted = MinorField("amount_minor")
    reserved = MinorField("reserved_minor")
    redeemed = MinorField("redeemed_minor")
    left = MinorField("left_minor", help_text=_("What it may still pay; nothing unless it is issued."))

    class Meta:
        model = VoucherGrant
        fields = (
            "id",
            "number",
            "programme",
            "programme_id",
            "venue",
            "organization",
            "state",
            "wanted",
            "reasons",
            "is_startup",
            "granted",
            "rate_ppm",
            "reserved",
            "redeemed",
            "left",
            "expires_on",
            "issued_at",
            "decision",
            "created_at",
        )
        read_only_fields = fields


class VoucherUseSerializer(serializers.ModelSerializer[VoucherUse]):
    programme = serializers.CharField(source="programme.number")
    voucher = serializers.CharField(source="grant.number")
    voucher_id = serializers.UUIDField(source="grant_id")
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    price = MinorField("price_minor")
    amount = MinorField("amount_minor", help_text=_("What the voucher was to pay of the price."))
    reserved = MinorField("reserved_minor")
    redeemed = MinorField("redeemed_minor")
    released = MinorField("released_minor", help_text=_("Back to the programme before settlement."))
    returned = MinorField("returned_minor", help_text=_("Back to the programme with a refund after settlement."))
    clawed_back = MinorField("clawed_back_minor")

    class Meta:
        model = VoucherUse
        fields = (
            "id",
            "order_id",
            "programme",
            "voucher",
            "voucher_id",
            "venue",
            "organization",
            "state",
            "price",
            "amount",
            "reserved",
            "redeemed",
            "released",
            "returned",
            "clawed_back",
            "certificate",
            "relation",
            "created_at",
        )
        read_only_fields = fields


class ClawbackSerializer(serializers.ModelSerializer[VoucherClawback]):
    order_id = serializers.UUIDField(source="use.order_id")
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    amount = MoneyField()
    collected = MinorField("collected_minor", help_text=_("Less than the amount where refunds came before."))

    class Meta:
        model = VoucherClawback
        fields = (
            "id",
            "use_id",
            "order_id",
            "venue",
            "organization",
            "state",
            "amount",
            "collected",
            "reason",
            "decided_at",
            "refusal",
            "created_at",
        )
        read_only_fields = fields


class ApplyForVoucherSerializer(StrictSerializer):
    programme_id = serializers.UUIDField()
    wanted = MoneyField()
    reasons = serializers.CharField(max_length=2000, help_text=_("What will be bought, and what for."))
    is_startup = serializers.BooleanField(default=False, help_text=_("Officers look at it before they approve."))


class ApproveVoucherSerializer(StrictSerializer):
    amount = MoneyField()
    as_startup = serializers.BooleanField(default=False, help_text=_("At the start-ups' rate."))
    reason = serializers.CharField(max_length=2000)


class ClawBackSerializer(StrictSerializer):
    amount = MoneyField()
    reason = serializers.CharField(max_length=2000)


class VoucherFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    programme = django_filters.UUIDFilter("programme_id")
    organization = django_filters.UUIDFilter("organization_id")
    state = django_filters.ChoiceFilter(choices=VoucherGrant.State.choices)


class VoucherList(generics.GenericAPIView[VoucherGrant]):
    """The vouchers and applications of the caller's organization, or of its programmes or venues. Applying for one."""

    serializer_class = VoucherSerializer
    filterset_class = VoucherFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[VoucherGrant]:
        return _vouchers(self.request)

    @extend_schema(operation_id="vouchers_list", responses=VoucherSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(VoucherSerializer(page, many=True).data)

    @extend_schema(operation_id="vouchers_apply", request=ApplyForVoucherSerializer, responses={201: VoucherSerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        grant = grants.apply_for_voucher(**body_of(ApplyForVoucherSerializer, request), actor=actor_of(request))
        return _voucher(request, grant.pk, status=201)


class VoucherDetail(APIView):
    @extend_schema(operation_id="vouchers_read", responses=VoucherSerializer)
    def get(self, request: Request, voucher_id: UUID) -> Response:
        return _voucher(request, voucher_id)


class VoucherApprove(APIView):
    """Approve an application, for at most what was applied for; another officer issues the voucher."""

    @extend_schema(operation_id="vouchers_approve", request=ApproveVoucherSerializer, responses=VoucherSerializer)
    @idempotent(required=True)
    def post(self, request: Request, voucher_id: UUID) -> Response:
        get_object_or_404(_vouchers(request), pk=voucher_id)
        body = body_of(ApproveVoucherSerializer, request)
        grants.approve_voucher(voucher_id=voucher_id, **body, actor=actor_of(request))
        return _voucher(request, voucher_id)


class VoucherIssue(APIView):
    """Issue a voucher that another officer approved."""

    @extend_schema(operation_id="vouchers_issue", request=NoFieldsSerializer, responses=VoucherSerializer)
    @idempotent(required=True)
    def post(self, request: Request, voucher_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        grants.issue_voucher(voucher_id=voucher_id, actor=actor_of(request))
        return _voucher(request, voucher_id)


class VoucherRefuse(APIView):
    """Refuse an application, saying why."""

    @extend_schema(operation_id="vouchers_refuse", request=ReasonSerializer, responses=VoucherSerializer)
    @idempotent(required=True)
    def post(self, request: Request, voucher_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        grants.refuse_voucher(voucher_id=voucher_id, reason=reason, actor=actor_of(request))
        return _voucher(request, voucher_id)


class VoucherWithdraw(APIView):
    """Take an application back that is not decided yet."""

    @extend_schema(operation_id="vouchers_withdraw", request=ReasonSerializer, responses=VoucherSerializer)
    @idempotent(required=True)
    def post(self, request: Request, voucher_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        grants.withdraw_application(voucher_id=voucher_id, reason=reason, actor=actor_of(request))
        return _voucher(request, voucher_id)


class VoucherUseFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    programme = django_filters.UUIDFilter("programme_id")
    voucher = django_filters.UUIDFilter("grant_id")
    order = django_filters.UUIDFilter("order_id")
    state = django_filters.ChoiceFilter(choices=VoucherUse.State.choices)


class VoucherUseList(generics.GenericAPIView[VoucherUse]):
    """What vouchers paid of which orders, newest first: of the caller's organization, programmes or venues."""

    serializer_class = VoucherUseSerializer
    filterset_class = VoucherUseFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[VoucherUse]:
        return _uses(self.request)

    @extend_schema(operation_id="voucher_uses_list", responses=VoucherUseSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(VoucherUseSerializer(page, many=True).data)


class VoucherUseDetail(APIView):
    @extend_schema(operation_id="voucher_uses_read", responses=VoucherUseSerializer)
    def get(self, request: Request, voucher_use_id: UUID) -> Response:
        return Response(represent(VoucherUseSerializer, get_object_or_404(_uses(request), pk=voucher_use_id)))


class VoucherUseClawBack(APIView):
    """Propose that the buyer gives back what a voucher paid; another person approves."""

    @extend_schema(
        operation_id="voucher_uses_claw_back", request=ClawBackSerializer, responses={201: ClawbackSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_use_id: UUID) -> Response:
        get_object_or_404(_uses(request), pk=voucher_use_id)
        body = body_of(ClawBackSerializer, request)
        clawback = clawbacks.propose_clawback(use_id=voucher_use_id, **body, actor=actor_of(request))
        return _clawback(request, clawback.pk, status=201)


class ClawbackFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    use = django_filters.UUIDFilter("use_id")
    organization = django_filters.UUIDFilter("organization_id")
    state = django_filters.ChoiceFilter(choices=VoucherClawback.State.choices)


class ClawbackList(generics.GenericAPIView[VoucherClawback]):
    """What buyers owe back of vouchers and why, newest first."""

    serializer_class = ClawbackSerializer
    filterset_class = ClawbackFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[VoucherClawback]:
        return _clawbacks(self.request)

    @extend_schema(operation_id="voucher_clawbacks_list", responses=ClawbackSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ClawbackSerializer(page, many=True).data)


class ClawbackDetail(APIView):
    @extend_schema(operation_id="voucher_clawbacks_read", responses=ClawbackSerializer)
    def get(self, request: Request, clawback_id: UUID) -> Response:
        return _clawback(request, clawback_id)


class ClawbackApprove(APIView):
    """Approve what another person proposed: the buyer owes it, and pays as far as its available funds reach."""

    @extend_schema(operation_id="voucher_clawbacks_approve", request=NoFieldsSerializer, responses=ClawbackSerializer)
    @idempotent(required=True)
    def post(self, request: Request, clawback_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        clawbacks.approve_clawback(clawback_id=clawback_id, actor=actor_of(request))
        return _clawback(request, clawback_id)


class ClawbackRefuse(APIView):
    """Refuse a proposal, saying why."""

    @extend_schema(operation_id="voucher_clawbacks_refuse", request=ReasonSerializer, responses=ClawbackSerializer)
    @idempotent(required=True)
    def post(self, request: Request, clawback_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        clawbacks.refuse_clawback(clawback_id=clawback_id, reason=reason, actor=actor_of(request))
        return _clawback(request, clawback_id)


def _vouchers(request: Request) -> models.QuerySet[VoucherGrant]:
    return VoucherGrant.objects.visible_to(actor_of(request)).select_related("programme", "venue", "organization")


def _uses(request: Request) -> models.QuerySet[VoucherUse]:
    related = ("programme", "grant", "venue", "organization")
    return VoucherUse.objects.visible_to(actor_of(request)).select_related(*related)


def _clawbacks(request: Request) -> models.QuerySet[VoucherClawback]:
    return VoucherClawback.objects.visible_to(actor_of(request)).select_related("use", "venue", "organization")


def _voucher(request: Request, voucher_id: UUID, status: int = 200) -> Response:
    return Response(represent(VoucherSerializer, get_object_or_404(_vouchers(request), pk=voucher_id)), status=status)


def _clawback(request: Request, clawback_id: UUID, status: int = 200) -> Response:
    row = get_object_or_404(_clawbacks(request), pk=clawback_id)
    return Response(represent(ClawbackSerializer, row), status=status)
