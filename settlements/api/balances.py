"""Balances, statements and the trial balance."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Permission, require
from kernel.api import actor_of, represent
from kernel.money import CURRENCY_CHOICES, format_amount
from kernel.problems import field_problem
from settlements.api.books_serializers import BalanceAtSerializer, balance_at_json
from settlements.api.serializers import BalanceSerializer, EntrySerializer, TrialBalanceSerializer
from settlements.api.statements import DaysSerializer, account_of, asked_days
from settlements.books import balance_at, standings, totals
from settlements.models import Account, Entry
from settlements.statements import entries_of


class BalanceFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    kind = django_filters.ChoiceFilter(choices=Account.Kind.choices)
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)
    organization = django_filters.UUIDFilter("organization_id")


class BalanceList(generics.GenericAPIView[Account]):
    """What the caller's organization has at each venue; for staff who may read the ledger, the venue's accounts."""

    serializer_class = BalanceSerializer
    filterset_class = BalanceFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Account]:
        rows = Account.objects.visible_to(actor_of(self.request)).with_balance()
        return rows.select_related("venue", "organization")

    @extend_schema(operation_id="balances_list", responses=BalanceSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BalanceSerializer(page, many=True).data)


class MomentSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(required=False, help_text=_("A past instant; without it, now."))


class BalanceDetail(APIView):
    """What one account holds, or held at a past instant, what was posted at that very instant included."""

    @extend_schema(operation_id="balances_read", parameters=[MomentSerializer], responses=BalanceAtSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        query = MomentSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        now = timezone.now()
        at = query.validated_data.get("at", now)
        if at > now:
            raise field_problem("/at", "in_future", _("Nobody knows what an account will hold."))
        account = account_of(request, account_id)
        return Response(represent(BalanceAtSerializer, balance_at_json(account, at, balance_at(account, at))))


class EntryList(generics.GenericAPIView[Entry]):
    """The statement of one account, newest entry first, each with the balance right after it."""

    serializer_class = EntrySerializer
    filter_backends = ()
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> models.QuerySet[Entry]:
        account = account_of(self.request, self.kwargs["account_id"])
        return entries_of(account, asked_days(self.request, account))

    @extend_schema(operation_id="balances_entries", parameters=[DaysSerializer], responses=EntrySerializer(many=True))
    def get(self, request: Request, account_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(EntrySerializer(page, many=True).data)


class TrialBalance(APIView):
    """The books of the venues whose ledger the caller may read: sums per kind of account, and per currency, zero."""

    @extend_schema(operation_id="ledger_trial_balance", responses=TrialBalanceSerializer)
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        require(actor, Permission.LEDGER_READ)
        rows = standings(actor.venue_ids)
        return Response(
            {
                "accounts": [
                    {"venue": row.venue, "currency": row.currency, "kind": row.kind, "amount": format_amount(row.minor)}
                    for row in rows
                ],
                "totals": [
                    {"currency": currency, "amount": format_amount(minor)} for currency, minor in totals(rows).items()
                ],
            }
        )
