"""Balances, statements and the trial balance."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Permission, require
from kernel.api import actor_of
from kernel.money import CURRENCY_CHOICES, format_amount
from settlements.api.serializers import BalanceSerializer, EntrySerializer, TrialBalanceSerializer
from settlements.books import standings, totals
from settlements.models import Account, Entry


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


class EntryList(generics.GenericAPIView[Entry]):
    """The statement of one account, newest entry first, each with the balance right after it."""

    serializer_class = EntrySerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Entry]:
        account = get_object_or_404(Account.objects.visible_to(actor_of(self.request)), pk=self.kwargs["account_id"])
        return Entry.objects.filter(account=account).select_related("transfer")

    @extend_schema(operation_id="balances_entries", responses=EntrySerializer(many=True))
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
