"""Reports about money for staff who may read the ledger, and earnings for whoever earned: JSON, CSV, pictures."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Permission
from accounts.models import Venue
from kernel.api import actor_of
from kernel.problems import Problem
from marketplace.reports.assets import asset_workbook
from marketplace.reports.earnings import EARNINGS
from marketplace.reports.of_money import REPORTS
from marketplace.reports.picture import picture_of
from marketplace.reports.table import MOST_ROWS, Line, Report, csv_lines, days_asked, lines_of

CSV, SVG = "text/csv", "image/svg+xml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportQuerySerializer(serializers.Serializer[Any]):
    venue = serializers.CharField(required=False, max_length=20, help_text=_("A venue's code; without it, all yours."))
    first_day = serializers.DateField(required=False, help_text=_("Without it, twelve months back."))
    last_day = serializers.DateField(required=False, help_text=_("Included; without it, today."))


class ReportColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    # A field named like an attribute of Field: DRF takes declared fields off the class.
    label = serializers.CharField()  # type: ignore[assignment]


class ReportRowSerializer(serializers.Serializer[Any]):
    cells = serializers.ListField(child=serializers.CharField())
    account_id = serializers.UUIDField(
        allow_null=True, help_text=_("The account whose entries these are: /balances/{id}/entries.")
    )


class ReportSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    about = serializers.CharField()
    columns = ReportColumnSerializer(many=True)
    rows = ReportRowSerializer(many=True)
    complete = serializers.BooleanField(help_text=_("false: there are more rows, which the CSV holds."))


class ReportDetail(APIView):
    """One report: party-balances, escrow-ageing, fee-income, settlement-calendar, top-providers, currency-positions."""

    @extend_schema(operation_id="reports_read", parameters=[ReportQuerySerializer], responses=ReportSerializer)
    def get(self, request: Request, report: str) -> Response:
        return _table(*_asked(request, report, limit=MOST_ROWS + 1))


class ReportCsv(APIView):
    """The whole report as CSV."""

    @extend_schema(
        operation_id="reports_csv", parameters=[ReportQuerySerializer], responses={(200, CSV): OpenApiTypes.STR}
    )
    def get(self, request: Request, report: str) -> StreamingHttpResponse:
        return _file(report, *_asked(request, report))


class ReportPicture(APIView):
    """The first rows of the report as bars."""

    @extend_schema(
        operation_id="reports_picture", parameters=[ReportQuerySerializer], responses={(200, SVG): OpenApiTypes.STR}
    )
    def get(self, request: Request, report: str) -> HttpResponse:
        return HttpResponse(picture_of(*_asked(request, report, limit=MOST_ROWS)), content_type=SVG)


class Earnings(APIView):
    """What the caller's organization earned, by month, product and currency."""

    @extend_schema(operation_id="earnings_read", parameters=[ReportQuerySerializer], responses=ReportSerializer)
    def get(self, request: Request) -> Response:
        return _table(*_earned(request, limit=MOST_ROWS + 1))


class EarningsCsv(APIView):
    """The earnings as CSV."""

    @extend_schema(
        operation_id="earnings_csv", parameters=[ReportQuerySerializer], responses={(200, CSV): OpenApiTypes.STR}
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return _file("earnings", *_earned(request))


class EarningsPicture(APIView):
    """The earnings as bars."""

    @extend_schema(
        operation_id="earnings_picture", parameters=[ReportQuerySerializer], responses={(200, SVG): OpenApiTypes.STR}
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(picture_of(*_earned(request, limit=MOST_ROWS)), content_type=SVG)


class AssetWorkbook(APIView):
    """What an accountant books data assets from: costs as declared, certificates, and every trade."""

    @extend_schema(
        operation_id="earnings_assets", parameters=[ReportQuerySerializer], responses={(200, XLSX): OpenApiTypes.BINARY}
    )
    def get(self, request: Request) -> FileResponse:
        organization_id = _own_organization(request)
        _venue, first_day, last_day = _query(request)
        file = asset_workbook(organization_id, first_day, last_day)
        names = {"Content-Disposition": f'attachment; filename="data-assets-{first_day}-{last_day}.xlsx"'}
        return FileResponse(file, content_type=XLSX, headers=names)


def _query(request: Request) -> tuple[str | None, date, date]:
    query = ReportQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    asked = query.validated_data
    return asked.get("venue"), *days_asked(asked.get("first_day"), asked.get("last_day"))


def _asked(request: Request, name: str, limit: int | None = None) -> tuple[Report, list[Line]]:
    """Return the report and its rows; raises Problem `not_found` for whoever may not read the ledger."""
    actor = actor_of(request)
    if name not in REPORTS or not actor.may(Permission.LEDGER_READ):
        raise Problem("not_found")
    code, first_day, last_day = _query(request)
    venues = Venue.objects.filter(id__in=sorted(actor.venue_ids))
    scope = {"venues": list((venues.filter(code=code) if code else venues).values_list("id", flat=True))}
    report = REPORTS[name]
    return report, lines_of(report, scope=scope, first_day=first_day, last_day=last_day, limit=limit)


def _earned(request: Request, limit: int | None = None) -> tuple[Report, list[Line]]:
    organization_id = _own_organization(request)
    code, first_day, last_day = _query(request)
    scope = {"organization": organization_id, "venues": [code] if code else None}
    return EARNINGS, lines_of(EARNINGS, scope=scope, first_day=first_day, last_day=last_day, limit=limit)


def _own_organization(request: Request) -> UUID:
    organization_id = actor_of(request).organization_id
    if organization_id is None:
        raise Problem("forbidden", _("Only an organization has earnings."))
    return organization_id


def _table(report: Report, lines: list[Line]) -> Response:
    return Response(
        {
            "title": str(report.title),
            "about": str(report.about),
            "columns": [{"name": name, "label": str(label)} for name, label in report.columns],
            "rows": [
                {"cells": [str(cell) for cell in line.cells], "account_id": line.account_id}
                for line in lines[:MOST_ROWS]
            ],
            "complete": len(lines) <= MOST_ROWS,
        }
    )


def _file(name: str, report: Report, lines: list[Line]) -> StreamingHttpResponse:
    named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(csv_lines(report, lines), content_type=f"{CSV}; charset=utf-8", headers=named)
