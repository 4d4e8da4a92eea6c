"""The schema of enterprise credit reports over HTTP, and reports of three places mapped onto it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, body_of
from listings.crossborder.trust.credit_checks import check_report
from listings.crossborder.trust.credit_reports import map_report
from listings.crossborder.trust.credit_schema import PLACES, schema_on


class CreditReportSchemaSerializer(serializers.Serializer[Any]):
    """The data file as it stands (docs/trust.md)."""

    edition = serializers.CharField()
    source_note = serializers.CharField(help_text=_("Where the fields come from."))
    verified = serializers.BooleanField(help_text=_("Whether somebody checked them against that source."))
    document = serializers.JSONField()


class MapCreditReportSerializer(StrictSerializer):
    place = serializers.ChoiceField(choices=PLACES, help_text=_("The place whose report it is."))
    report = serializers.DictField(help_text=_("The report, with the field names of its place."))


class MappedReportErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class MappedReportSerializer(serializers.Serializer[Any]):
    """The report in common fields; wrong values are left out and told in `report_errors`."""

    schema = serializers.CharField()
    place = serializers.CharField()
    report = serializers.JSONField()
    sources = serializers.DictField(child=serializers.CharField(), help_text=_("Under which name each was found."))
    unmapped = serializers.ListField(child=serializers.CharField(), help_text=_("What no field takes."))
    report_errors = MappedReportErrorSerializer(many=True)
    valid = serializers.BooleanField()


class CheckCreditReportSerializer(StrictSerializer):
    report = serializers.DictField(help_text=_("The report in common fields."))


class CheckedReportSerializer(serializers.Serializer[Any]):
    schema = serializers.CharField()
    report_errors = MappedReportErrorSerializer(many=True)
    valid = serializers.BooleanField()


class CreditReportSchema(APIView):
    """The fields that credit reports of three places share, in three languages, with their names in each place."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="credit_report_schema_read", responses=CreditReportSchemaSerializer)
    def get(self, request: Request) -> Response:
        schema = schema_on(timezone.localdate())
        about = {"source_note": schema.document["source"], "verified": schema.document["verified"]}
        return Response({"edition": schema.edition, **about, "document": schema.document})


class CreditReportMap(APIView):
    """Map a report onto the common fields and say what is wrong with it; nothing of it is kept."""

    @extend_schema(
        operation_id="credit_reports_map", request=MapCreditReportSerializer, responses=MappedReportSerializer
    )
    def post(self, request: Request) -> Response:
        body = body_of(MapCreditReportSerializer, request)
        mapped = map_report(body["report"], body["place"], schema_on(timezone.localdate()))
        answer = mapped.as_json()
        answer["place"], answer["report_errors"] = answer.pop("from"), answer.pop("errors")
        return Response(answer)


class CreditReportCheck(APIView):
    """Say what is wrong with a report in common fields; nothing of it is kept."""

    @extend_schema(
        operation_id="credit_reports_check", request=CheckCreditReportSerializer, responses=CheckedReportSerializer
    )
    def post(self, request: Request) -> Response:
        schema = schema_on(timezone.localdate())
        errors = check_report(body_of(CheckCreditReportSerializer, request)["report"], schema)
        shown = [error.as_json() for error in errors]
        return Response({"schema": schema.edition, "report_errors": shown, "valid": not shown})
