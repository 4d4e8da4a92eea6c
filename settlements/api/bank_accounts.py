"""Bank accounts over HTTP: members register theirs, the venue's staff verify them and name the venue's own."""

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
from kernel.money import CURRENCY_CHOICES, Currency
from settlements import bank_accounts
from settlements.api.serializers import OwnerSerializer
from settlements.models import CustodyAccount, PayeeAccount

DETAILS = ("holder_name", "number", "bank_name", "bank_code", "currency")


class PayeeAccountSerializer(serializers.ModelSerializer[PayeeAccount]):
    venue = serializers.CharField(source="venue.code")
    organization = OwnerSerializer()
    registered_by = serializers.UUIDField(source="registered_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = PayeeAccount
        fields = (
            "id",
            "created_at",
            "venue",
            "organization",
            *DETAILS,
            "state",
            "registered_by",
            "decided_by",
            "decided_at",
            "finding",
        )


class CustodyAccountSerializer(serializers.ModelSerializer[CustodyAccount]):
    venue = serializers.CharField(source="venue.code")
    proposed_by = serializers.UUIDField(source="proposed_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = CustodyAccount
        fields = (
            "id",
            "created_at",
            "venue",
            *DETAILS,
            "layout",
            "state",
            "proposed_by",
            "decided_by",
            "decided_at",
            "refusal",
        )


class RegisterPayeeAccountSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue that pays into it."))
    number = serializers.CharField(max_length=34, help_text=_("Of the account, or its IBAN."))
    bank_name = serializers.CharField(max_length=140)
    bank_code = serializers.CharField(
        max_length=12, help_text=_("CNAPS number (12 digits), Hong Kong bank code (3 digits) or BIC.")
    )
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)

    def details(self) -> bank_accounts.Details:
        data: dict[str, Any] = self.validated_data
        return bank_accounts.Details(
            number=data["number"],
            bank_name=data["bank_name"],
            bank_code=data["bank_code"],
            currency=Currency(data["currency"]),
        )


class ProposeCustodyAccountSerializer(RegisterPayeeAccountSerializer):
    holder_name = serializers.CharField(max_length=140, help_text=_("As the custodian bank names the holder."))
    layout = serializers.ChoiceField(CustodyAccount.Layout.choices, help_text=_("Of the files that the bank takes."))


class VerifyPayeeAccountSerializer(StrictSerializer):
    finding = serializers.CharField(max_length=2000, help_text=_("How it was found that the account is the member's."))


class PayeeAccountFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=PayeeAccount.State.choices)
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)
    organization = django_filters.UUIDFilter("organization_id")


class PayeeAccountList(generics.GenericAPIView[PayeeAccount]):
    """The members' bank accounts that the caller may see, newest first; registering one of one's own."""

    serializer_class = PayeeAccountSerializer
    filterset_class = PayeeAccountFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PayeeAccount]:
        return _payees(self.request)

    @extend_schema(operation_id="payee_accounts_list", responses=PayeeAccountSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PayeeAccountSerializer(page, many=True).data)

    @extend_schema(
        operation_id="payee_accounts_register",
        request=RegisterPayeeAccountSerializer,
        responses={201: PayeeAccountSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = RegisterPayeeAccountSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        account = bank_accounts.register_payee_account(
            venue=venue_named(body.validated_data["venue"]), details=body.details(), actor=actor_of(request)
        )
        return _payee(request, account, status=201)


class PayeeAccountDetail(APIView):
    @extend_schema(operation_id="payee_accounts_read", responses=PayeeAccountSerializer)
    def get(self, request: Request, payee_account_id: UUID) -> Response:
        return Response(represent(PayeeAccountSerializer, get_object_or_404(_payees(request), pk=payee_account_id)))


class PayeeAccountVerify(APIView):
    """Confirm that the account is the member's; payouts go into it from now on."""

    @extend_schema(
        operation_id="payee_accounts_verify", request=VerifyPayeeAccountSerializer, responses=PayeeAccountSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, payee_account_id: UUID) -> Response:
        finding = body_of(VerifyPayeeAccountSerializer, request)["finding"]
        account = bank_accounts.verify_payee_account(
            account_id=payee_account_id, finding=finding, actor=actor_of(request)
        )
        return _payee(request, account)


class PayeeAccountRefuse(APIView):
    """Refuse a registered account, saying why."""

    @extend_schema(operation_id="payee_accounts_refuse", request=ReasonSerializer, responses=PayeeAccountSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payee_account_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        account = bank_accounts.refuse_payee_account(
            account_id=payee_account_id, reason=reason, actor=actor_of(request)
        )
        return _payee(request, account)


class PayeeAccountWithdraw(APIView):
    """Let nothing be paid into an account of one's own any more."""

    @extend_schema(operation_id="payee_accounts_withdraw", request=NoFieldsSerializer, responses=PayeeAccountSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payee_account_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        account = bank_accounts.withdraw_payee_account(account_id=payee_account_id, actor=actor_of(request))
        return _payee(request, account)


class CustodyAccountFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=CustodyAccount.State.choices)
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)


class CustodyAccountList(generics.GenericAPIView[CustodyAccount]):
    """The venues' accounts at their custodian banks, for staff who may read the ledger; proposing another one."""

    serializer_class = CustodyAccountSerializer
    filterset_class = CustodyAccountFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[CustodyAccount]:
        return _custody(self.request)

    @extend_schema(operation_id="custody_accounts_list", responses=CustodyAccountSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(CustodyAccountSerializer(page, many=True).data)

    @extend_schema(
        operation_id="custody_accounts_propose",
        request=ProposeCustodyAccountSerializer,
        responses={201: CustodyAccountSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = ProposeCustodyAccountSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        account = bank_accounts.propose_custody_account(
            venue=venue_named(body.validated_data["venue"]),
            details=body.details(),
            holder_name=body.validated_data["holder_name"],
            layout=body.validated_data["layout"],
            actor=actor_of(request),
        )
        return _own(request, account, status=201)


class CustodyAccountDetail(APIView):
    @extend_schema(operation_id="custody_accounts_read", responses=CustodyAccountSerializer)
    def get(self, request: Request, custody_account_id: UUID) -> Response:
        return Response(
            represent(CustodyAccountSerializer, get_object_or_404(_custody(request), pk=custody_account_id))
        )


class CustodyAccountUse(APIView):
    """Take an account into use that another person proposed; it replaces the one before."""

    @extend_schema(operation_id="custody_accounts_use", request=NoFieldsSerializer, responses=CustodyAccountSerializer)
    @idempotent(required=True)
    def post(self, request: Request, custody_account_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        account = bank_accounts.use_custody_account(account_id=custody_account_id, actor=actor_of(request))
        return _own(request, account)


class CustodyAccountRefuse(APIView):
    """Refuse a proposed account, saying why."""

    @extend_schema(operation_id="custody_accounts_refuse", request=ReasonSerializer, responses=CustodyAccountSerializer)
    @idempotent(required=True)
    def post(self, request: Request, custody_account_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        account = bank_accounts.refuse_custody_account(
            account_id=custody_account_id, reason=reason, actor=actor_of(request)
        )
        return _own(request, account)


def _payees(request: Request) -> models.QuerySet[PayeeAccount]:
    return PayeeAccount.objects.visible_to(actor_of(request)).select_related("venue", "organization")


def _payee(request: Request, account: PayeeAccount, status: int = 200) -> Response:
    return Response(represent(PayeeAccountSerializer, _payees(request).get(pk=account.pk)), status=status)


def _custody(request: Request) -> models.QuerySet[CustodyAccount]:
    return CustodyAccount.objects.visible_to(actor_of(request)).select_related("venue")


def _own(request: Request, account: CustodyAccount, status: int = 200) -> Response:
    return Response(represent(CustodyAccountSerializer, _custody(request).get(pk=account.pk)), status=status)
