"""Statements of an account over some days: sums, and the whole as a file; for its owner, and for staff over any."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, represent
from kernel.money import MoneyField
from settlements.models import Account
from settlements.statement_files import csv_lines, pages, require_moderate_length, workbook
from settlements.statements import Span, Statement, span_of, statement_of

CSV, PDF = "text/csv", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class DaysSerializer(serializers.Serializer[Any]):
    """The days of a statement, by the clock of the account's venue."""

    first_day = serializers.DateField(required=False, help_text=_("Without it, from the beginning."))
    last_day = serializers.DateField(required=False, help_text=_("Included; without it, until now."))


class StatementSerializer(serializers.Serializer[Statement]):
    account_id = serializers.UUIDField(source="account.id")
    first_day = serializers.DateField(source="span.first_day", allow_null=True)
    last_day = serializers.DateField(source="span.last_day", allow_null=True)
    opening = MoneyField(help_text=_("What the account held before the first day."))
    received = MoneyField()
    spent = MoneyField(help_text=_("Zero or negative."))
    closing = MoneyField()
    entries = serializers.IntegerField(source="count")


class StatementDetail(APIView):
    """The sums of an account's statement; its entries are at `/balances/{id}/entries` with the same days."""

    @extend_schema(operation_id="balances_statement", parameters=[DaysSerializer], responses=StatementSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        return Response(represent(StatementSerializer, _statement(request, account_id)))


class StatementCsv(APIView):
    """The statement as CSV, along time, with the balance after each entry; as long as it is."""

    @extend_schema(
        operation_id="balances_statement_csv", parameters=[DaysSerializer], responses={(200, CSV): OpenApiTypes.STR}
    )
    def get(self, request: Request, account_id: UUID) -> StreamingHttpResponse:
        statement = _statement(request, account_id)
        return StreamingHttpResponse(
            csv_lines(statement), content_type=f"{CSV}; charset=utf-8", headers=_named(statement, "csv")
        )


class StatementWorkbook(APIView):
    """The statement as an Excel workbook, in the caller's language."""

    @extend_schema(
        operation_id="balances_statement_xlsx",
        parameters=[DaysSerializer],
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, account_id: UUID) -> FileResponse:
        statement = _statement(request, account_id)
        require_moderate_length(statement, "xlsx")
        return FileResponse(workbook(statement), content_type=XLSX, headers=_named(statement, "xlsx"))


class StatementPages(APIView):
    """The statement as PDF, in the caller's language."""

    @extend_schema(
        operation_id="balances_statement_pdf", parameters=[DaysSerializer], responses={(200, PDF): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, account_id: UUID) -> FileResponse:
        statement = _statement(request, account_id)
        require_moderate_length(statement, "pdf")
        return FileResponse(pages(statement), content_type=PDF, headers=_named(statement, "pdf"))


def account_of(request: Request, account_id: UUID) -> Account:
    """Return an account that the caller may see; raises Http404."""
    visible = Account.objects.visible_to(actor_of(request)).select_related("venue", "organization")
    return get_object_or_404(visible, pk=account_id)


def asked_days(request: Request, account: Account) -> Span:
    """Return the days that the query names; raises Problem `invalid` for what is not a day."""
    query = DaysSerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    days: dict[str, Any] = query.validated_data
    return span_of(account, days.get("first_day"), days.get("last_day"))


def _statement(request: Request, account_id: UUID) -> Statement:
    account = account_of(request, account_id)
    return statement_of(account, asked_days(request, account))


def _named(statement: Statement, ending: str) -> dict[str, str]:
    account, span = statement.account, statement.span
    days = "-".join(str(day) for day in (span.first_day, span.last_day) if day)
    name = "-".join(part for part in (account.venue.code, account.kind, account.currency, days) if part).lower()
    return {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
