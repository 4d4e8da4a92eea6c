"""The way across the border over HTTP: dossiers, standings, the export register, alerts and route previews."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import find
from accounts.models import Organization
from kernel.api import ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.bodies import body_chunks
from listings.api.border_serializers import (
    BorderDossierSerializer,
    DeclareBorderDossierSerializer,
    DeclareStandingSerializer,
    ExportEntrySerializer,
    ExporterProfileSerializer,
    ExportYearSerializer,
    RoutePreviewSerializer,
    SettleAlertSerializer,
    SplittingAlertSerializer,
    SubjectListSerializer,
)
from listings.audience import open_listing
from listings.catalogue import in_detail
from listings.crossborder import parties, splitting
from listings.crossborder.border_dossier import declare_border_dossier
from listings.crossborder.export_year import export_year
from listings.crossborder.previews import USUAL_DESTINATIONS, route_preview
from listings.crossborder.subjects import LARGEST_LIST, supply_subjects
from listings.models import (
    BorderDossier,
    DatasetVersion,
    ExportEntry,
    ExporterProfile,
    Listing,
    Product,
    SplittingAlert,
)


class ProductBorderDossier(APIView):
    """Where a product may go, why it goes, and whom it concerns."""

    @extend_schema(operation_id="border_dossiers_read", responses=BorderDossierSerializer)
    def get(self, request: Request, product_id: UUID) -> Response:
        visible = BorderDossier.objects.visible_to(actor_of(request))
        return Response(represent(BorderDossierSerializer, get_object_or_404(visible, product=product_id)))

    @extend_schema(
        operation_id="border_dossiers_declare",
        request=DeclareBorderDossierSerializer,
        responses=BorderDossierSerializer,
    )
    def put(self, request: Request, product_id: UUID) -> Response:
        get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        fields = body_of(DeclareBorderDossierSerializer, request)
        dossier = declare_border_dossier(product_id=product_id, fields=fields, actor=actor_of(request))
        return Response(represent(BorderDossierSerializer, dossier))


class VersionSubjects(APIView):
    """The persons of a version as keyed identifiers, one a line: `HMAC-SHA-256 in hex`, with `,s` for sensitive."""

    @extend_schema(
        operation_id="dataset_versions_supply_subjects",
        request={"text/plain": OpenApiTypes.BINARY},
        responses={201: SubjectListSerializer},
    )
    def post(self, request: Request, version_id: UUID) -> Response:
        get_object_or_404(DatasetVersion.objects.visible_to(actor_of(request)), pk=version_id)
        body = body_chunks(request, limit=LARGEST_LIST)
        kept = supply_subjects(version_id=version_id, body=body, actor=actor_of(request))
        return Response(represent(SubjectListSerializer, kept), status=201)


class StandingList(generics.GenericAPIView[ExporterProfile]):
    """Exporters' standings: the caller's own and, for officers, those of their venues' members; declaring one's own."""

    serializer_class = ExporterProfileSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(operation_id="exporter_standings_list", responses=ExporterProfileSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = ExporterProfile.objects.visible_to(actor_of(request)).select_related("organization")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ExporterProfileSerializer(page, many=True).data)

    @extend_schema(
        operation_id="exporter_standings_declare",
        request=DeclareStandingSerializer,
        responses={201: ExporterProfileSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(DeclareStandingSerializer, request)
        profile = parties.declare_standing(**body, actor=actor_of(request))
        return Response(represent(ExporterProfileSerializer, profile), status=201)


class StandingConfirm(APIView):
    """Confirm a declared standing; the reason says what was seen."""

    @extend_schema(
        operation_id="exporter_standings_confirm", request=ReasonSerializer, responses=ExporterProfileSerializer
    )
    @idempotent()
    def post(self, request: Request, profile_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        profile = parties.confirm_standing(profile_id=profile_id, reason=reason, actor=actor_of(request))
        return Response(represent(ExporterProfileSerializer, profile))


class ExportEntryFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    year = django_filters.NumberFilter("year")
    state = django_filters.ChoiceFilter(choices=ExportEntry.State.choices)


class ExportRegister(generics.GenericAPIView[ExportEntry]):
    """The export register: the caller's own entries and, for officers, those of their venues, newest first."""

    serializer_class = ExportEntrySerializer
    filterset_class = ExportEntryFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ExportEntry]:
        rows = ExportEntry.objects.visible_to(actor_of(self.request))
        return rows.select_related("organization", "recipient", "venue", "case")

    @extend_schema(operation_id="export_register_list", responses=ExportEntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ExportEntrySerializer(page, many=True).data)


class YearQuerySerializer(serializers.Serializer[Any]):
    year = serializers.IntegerField(min_value=2022, max_value=9999, required=False, default=None)


class ExportYearDetail(APIView):
    """The persons that an exporter's group has exported in a year, against each line of the law."""

    @extend_schema(
        operation_id="export_years_read",
        responses=ExportYearSerializer,
        parameters=[OpenApiParameter("year", OpenApiTypes.INT, description="This year where it is left out.")],
    )
    def get(self, request: Request, organization_id: UUID) -> Response:
        find(Organization.objects.visible_to(actor_of(request)), pk=organization_id)
        query = YearQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(represent(ExportYearSerializer, export_year(organization_id, **query.validated_data)))


class SplittingAlertFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=SplittingAlert.State.choices)


class SplittingAlertList(generics.GenericAPIView[SplittingAlert]):
    """Signs that a transfer was divided to stay below a line, for officers."""

    serializer_class = SplittingAlertSerializer
    filterset_class = SplittingAlertFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[SplittingAlert]:
        rows = SplittingAlert.objects.visible_to(actor_of(self.request))
        return rows.select_related("organization", "venue", "case")

    @extend_schema(operation_id="splitting_alerts_list", responses=SplittingAlertSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(SplittingAlertSerializer(page, many=True).data)


class SplittingAlertSettle(APIView):
    """Uphold or dismiss an alert, with the reason."""

    @extend_schema(
        operation_id="splitting_alerts_settle", request=SettleAlertSerializer, responses=SplittingAlertSerializer
    )
    @idempotent()
    def post(self, request: Request, alert_id: UUID) -> Response:
        body = body_of(SettleAlertSerializer, request)
        alert = splitting.settle_alert(alert_id=alert_id, **body, actor=actor_of(request))
        return Response(represent(SplittingAlertSerializer, alert))


DESTINATION = OpenApiParameter("destination", description="ISO 3166 code; HK, MO and SG where it is left out.")


class CatalogueRoutes(APIView):
    """By which route a listing's data would go to the usual destinations today, or to the one that is asked for."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="catalogue_routes", responses=RoutePreviewSerializer(many=True), parameters=[DESTINATION]
    )
    def get(self, request: Request, listing_id: UUID) -> Response:
        return _previews(request, open_listing(in_detail(actor_of(request)), listing_id))


class ListingRoutes(APIView):
    """The same for a listing that is not in the catalogue yet: for its provider and the venue's officers."""

    @extend_schema(
        operation_id="listings_routes", responses=RoutePreviewSerializer(many=True), parameters=[DESTINATION]
    )
    def get(self, request: Request, listing_id: UUID) -> Response:
        visible = Listing.objects.visible_to(actor_of(request)).select_related("product", "organization", "version")
        return _previews(request, get_object_or_404(visible, pk=listing_id))


def _previews(request: Request, listing: Listing) -> Response:
    wanted = request.query_params.get("destination", "")
    destinations = (wanted,) if wanted else USUAL_DESTINATIONS
    return Response([represent(RoutePreviewSerializer, route_preview(listing, each)) for each in destinations])
