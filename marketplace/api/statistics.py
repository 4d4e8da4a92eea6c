"""Statistics over HTTP: published editions and the index for everybody, compiling for staff, returns for providers."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Venue
from accounts.product_types import ProductType
from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from marketplace.api.statistics_serializers import (
    CompileSerializer,
    FileReturnSerializer,
    IndexPointSerializer,
    ProductionReturnSerializer,
    StatisticCellSerializer,
    StatisticEditionDetailSerializer,
    StatisticEditionSerializer,
)
from marketplace.models import IndexPoint, ProductionReturn, StatisticCell, StatisticEdition
from marketplace.statistics import editions, returns
from marketplace.statistics.chart import chart_of
from marketplace.statistics.method import method_on
from marketplace.statistics.quarter import Quarter
from marketplace.statistics.sheets import csv_lines, workbook

CSV, XLSX, SVG = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "image/svg+xml"


class EditionFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    quarter = django_filters.CharFilter("quarter")
    state = django_filters.ChoiceFilter(choices=StatisticEdition.State.choices)


class EditionList(generics.GenericAPIView[StatisticEdition]):
    """The editions that the caller may see, newest first; compiling one."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = StatisticEditionSerializer
    filterset_class = EditionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[StatisticEdition]:
        return _visible(self.request)

    @extend_schema(operation_id="statistics_editions_list", responses=StatisticEditionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(StatisticEditionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="statistics_compile", request=CompileSerializer, responses={202: StatisticEditionDetailSerializer}
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(CompileSerializer, request)
        edition = editions.compile_quarter(
            venue=venue_named(body["venue"]), quarter=body["quarter"], actor=actor_of(request)
        )
        return Response(edition_json(edition), status=202)


class EditionDetail(APIView):
    """One edition, with its method in words."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="statistics_editions_read", responses=StatisticEditionDetailSerializer)
    def get(self, request: Request, edition_id: UUID) -> Response:
        return Response(edition_json(_edition(request, edition_id)))


class EditionPublish(APIView):
    """Publish a compiled edition; another person than its compiler does."""

    @extend_schema(
        operation_id="statistics_publish", request=NoFieldsSerializer, responses=StatisticEditionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, edition_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return Response(edition_json(editions.publish_edition(edition_id=edition_id, actor=actor_of(request))))


class EditionDiscard(APIView):
    """Discard an edition that is not published, saying why."""

    @extend_schema(
        operation_id="statistics_discard", request=ReasonSerializer, responses=StatisticEditionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, edition_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        edition = editions.discard_edition(edition_id=edition_id, reason=reason, actor=actor_of(request))
        return Response(edition_json(edition))


class CellFilter(django_filters.FilterSet):
    """By a dimension's value; `*` asks for the totals over it."""

    table = django_filters.ChoiceFilter(choices=StatisticCell.Table.choices)
    currency = django_filters.CharFilter("currency")
    industry = django_filters.CharFilter(method="of_dimension")
    product_type = django_filters.CharFilter(method="of_dimension")
    source_kind = django_filters.CharFilter(method="of_dimension")
    region = django_filters.CharFilter(method="of_dimension")
    flow = django_filters.CharFilter(method="of_dimension")

    def of_dimension(
        self, cells: models.QuerySet[StatisticCell], name: str, value: str
    ) -> models.QuerySet[StatisticCell]:
        return cells.filter(**{name: "" if value == "*" else value})


class EditionCells(generics.GenericAPIView[StatisticCell]):
    """The cells of an edition."""

    permission_classes = (AllowAny,)
    serializer_class = StatisticCellSerializer
    filterset_class = CellFilter
    ordering = ("id",)

    def get_queryset(self) -> models.QuerySet[StatisticCell]:
        if getattr(self, "swagger_fake_view", False):
            return StatisticCell.objects.none()
        return StatisticCell.objects.filter(edition=_edition(self.request, self.kwargs["edition_id"]))

    @extend_schema(operation_id="statistics_cells", responses=StatisticCellSerializer(many=True))
    def get(self, request: Request, edition_id: UUID) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(StatisticCellSerializer(page, many=True).data)


class EditionCsv(APIView):
    """The cells of an edition as CSV; `*` is a total, `c` a withheld figure."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="statistics_cells_csv", responses={(200, CSV): OpenApiTypes.STR})
    def get(self, request: Request, edition_id: UUID) -> StreamingHttpResponse:
        edition = _edition(request, edition_id)
        return StreamingHttpResponse(
            csv_lines(edition), content_type=f"{CSV}; charset=utf-8", headers=_named(edition, "csv")
        )


class EditionWorkbook(APIView):
    """The cells of an edition as an Excel workbook."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="statistics_cells_xlsx", responses={(200, XLSX): OpenApiTypes.BINARY})
    def get(self, request: Request, edition_id: UUID) -> HttpResponse:
        edition = _edition(request, edition_id)
        return HttpResponse(workbook(edition), content_type=XLSX, headers=_named(edition, "xlsx"))


class IndexFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("edition__venue__code")
    quarter = django_filters.CharFilter("edition__quarter")
    product_type = django_filters.CharFilter(method="of_type")

    def of_type(self, points: models.QuerySet[IndexPoint], name: str, value: str) -> models.QuerySet[IndexPoint]:
        return points.filter(product_type="" if value == "*" else value)


class Index(generics.GenericAPIView[IndexPoint]):
    """The exchange index as published, newest first; `product_type=*` asks for that of all types together."""

    permission_classes = (AllowAny,)
    serializer_class = IndexPointSerializer
    filterset_class = IndexFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[IndexPoint]:
        published = IndexPoint.objects.filter(edition__state=StatisticEdition.State.PUBLISHED)
        return published.select_related("edition__venue")

    @extend_schema(operation_id="statistics_index", responses=IndexPointSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(IndexPointSerializer(page, many=True).data)


class ChartQuerySerializer(serializers.Serializer[Any]):
    product_type = serializers.ChoiceField(choices=ProductType.choices, required=False, default="")


class IndexChart(APIView):
    """A venue's published index as a picture."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="statistics_index_chart",
        parameters=[OpenApiParameter("product_type", str, enum=ProductType.values)],
        responses={(200, SVG): OpenApiTypes.STR},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        venue = get_object_or_404(Venue, code=code)
        query = ChartQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return HttpResponse(chart_of(venue, query.validated_data["product_type"]), content_type=SVG)


class ReturnFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    quarter = django_filters.CharFilter("quarter")


class ReturnList(generics.GenericAPIView[ProductionReturn]):
    """The production returns that the caller may see, newest first; filing one."""

    serializer_class = ProductionReturnSerializer
    filterset_class = ReturnFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ProductionReturn]:
        return ProductionReturn.objects.visible_to(actor_of(self.request)).select_related("venue")

    @extend_schema(operation_id="statistics_returns_list", responses=ProductionReturnSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ProductionReturnSerializer(page, many=True).data)

    @extend_schema(
        operation_id="statistics_returns_file",
        request=FileReturnSerializer,
        responses={201: ProductionReturnSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(FileReturnSerializer, request)
        filed = returns.file_return(**body | {"venue": venue_named(body["venue"])}, actor=actor_of(request))
        return Response(represent(ProductionReturnSerializer, filed), status=201)


def edition_json(edition: StatisticEdition) -> Any:
    """Return an edition with the statement of its method."""
    edition.statement = method_on(Quarter.of(edition.quarter).first_day).statement  # type: ignore[attr-defined]
    return represent(StatisticEditionDetailSerializer, edition)


def _visible(request: Request) -> models.QuerySet[StatisticEdition]:
    return StatisticEdition.objects.visible_to(actor_of(request)).select_related("venue")


def _edition(request: Request, edition_id: UUID) -> StatisticEdition:
    return get_object_or_404(_visible(request), pk=edition_id)


def _named(edition: StatisticEdition, ending: str) -> dict[str, str]:
    name = f"{edition.venue.code}-{edition.quarter}-r{edition.revision}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
