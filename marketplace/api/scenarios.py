"""The AI scenario list over HTTP: public to read, edited by the venue's staff, linked by those whose products it is."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.languages import LanguageMapSerializerField
from listings.models import Listing, ProductType
from marketplace import scenarios
from marketplace.api.demand_serializers import MOST_FIELDS
from marketplace.api.match_serializers import ListedSerializer, ListingMatchesSerializer, WantedSerializer
from marketplace.api.serializers import PartySerializer
from marketplace.matching import listings_for, wish_of_scenario
from marketplace.models import Demand, Scenario
from marketplace.models.demands import DESCRIPTION_LENGTH, TITLE_LENGTH

MOST_LINKS = 50  # of each kind, the newest


class ScenarioEntrySerializer(StrictSerializer):
    """What staff write."""

    title = LanguageMapSerializerField(text_length=TITLE_LENGTH, required=False)
    problem = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH, required=False)
    data_needed = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH, required=False)
    compute_needed = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH, required=False)
    industry = serializers.CharField(max_length=3, required=False, help_text=_("GB/T 4754 section and division: I65."))
    product_type = serializers.ChoiceField(ProductType.choices, required=False, allow_blank=True)
    wanted_fields = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_FIELDS, required=False
    )
    owner_id = serializers.UUIDField(required=False, allow_null=True)


class NewScenarioSerializer(ScenarioEntrySerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    title = LanguageMapSerializerField(text_length=TITLE_LENGTH)
    problem = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH)
    data_needed = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH)
    industry = serializers.CharField(max_length=3, help_text=_("GB/T 4754 section and division: I65."))


class ScenarioSerializer(serializers.ModelSerializer[Scenario]):
    venue = serializers.CharField(source="venue.code")
    title = LanguageMapSerializerField()
    problem = LanguageMapSerializerField()
    data_needed = LanguageMapSerializerField()
    compute_needed = LanguageMapSerializerField()
    owner = PartySerializer(allow_null=True)

    class Meta:
        model = Scenario
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "state",
            "title",
            "problem",
            "data_needed",
            "compute_needed",
            "industry",
            "product_type",
            "wanted_fields",
            "owner",
            "published_at",
        )
        read_only_fields = fields


class ScenarioDetailSerializer(ScenarioSerializer):
    """One entry with what is linked to it and may be seen by who reads."""

    listings = ListedSerializer(many=True)
    demands = WantedSerializer(many=True)

    class Meta(ScenarioSerializer.Meta):
        fields = (*ScenarioSerializer.Meta.fields, "listings", "demands")
        read_only_fields = fields


class ScenarioFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    industry = django_filters.CharFilter("industry")
    product_type = django_filters.ChoiceFilter(choices=ProductType.choices)
    state = django_filters.ChoiceFilter(choices=Scenario.State.choices)


class ScenarioList(generics.GenericAPIView[Scenario]):
    """The AI scenario list, newest first; staff also see their own drafts."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = ScenarioSerializer
    filterset_class = ScenarioFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Scenario]:
        return _published(self.request)

    @extend_schema(operation_id="scenarios_list", responses=ScenarioSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ScenarioSerializer(page, many=True).data)

    @extend_schema(
        operation_id="scenarios_create", request=NewScenarioSerializer, responses={201: ScenarioDetailSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewScenarioSerializer, request)
        scenario = scenarios.create_scenario(venue_code=body.pop("venue"), entry=body, actor=actor_of(request))
        return Response(_json(scenario.pk, request), status=201)


class ScenarioDetail(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="scenarios_read", responses=ScenarioDetailSerializer)
    def get(self, request: Request, scenario_id: UUID) -> Response:
        return Response(_json(scenario_id, request))

    @extend_schema(operation_id="scenarios_amend", request=ScenarioEntrySerializer, responses=ScenarioDetailSerializer)
    def patch(self, request: Request, scenario_id: UUID) -> Response:
        changes = body_of(ScenarioEntrySerializer, request)
        scenarios.amend_scenario(scenario_id=scenario_id, changes=changes, actor=actor_of(request))
        return Response(_json(scenario_id, request))


class ScenarioPublish(APIView):
    """Staff put an entry on the list."""

    @extend_schema(operation_id="scenarios_publish", request=NoFieldsSerializer, responses=ScenarioDetailSerializer)
    @idempotent()
    def post(self, request: Request, scenario_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        scenarios.publish_scenario(scenario_id=scenario_id, actor=actor_of(request))
        return Response(_json(scenario_id, request))


class ScenarioClose(APIView):
    """Staff mark an entry as closed."""

    @extend_schema(operation_id="scenarios_close", request=ReasonSerializer, responses=ScenarioDetailSerializer)
    @idempotent()
    def post(self, request: Request, scenario_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        scenarios.close_scenario(scenario_id=scenario_id, reason=reason, actor=actor_of(request))
        return Response(_json(scenario_id, request))


class ScenarioProduct(APIView):
    """The link between an entry and a product: made and ended by the product's provider or the venue's staff."""

    @extend_schema(operation_id="scenarios_link_product", request=None, responses=ScenarioDetailSerializer)
    def put(self, request: Request, scenario_id: UUID, product_id: UUID) -> Response:
        scenarios.link_product(scenario_id=scenario_id, product_id=product_id, linked=True, actor=actor_of(request))
        return Response(_json(scenario_id, request))

    @extend_schema(operation_id="scenarios_unlink_product", request=None, responses={204: None})
    def delete(self, request: Request, scenario_id: UUID, product_id: UUID) -> Response:
        scenarios.link_product(scenario_id=scenario_id, product_id=product_id, linked=False, actor=actor_of(request))
        return Response(status=204)


class ScenarioDemand(APIView):
    """The link between an entry and a demand: made and ended by its buyer or the venue's staff."""

    @extend_schema(operation_id="scenarios_link_demand", request=None, responses=ScenarioDetailSerializer)
    def put(self, request: Request, scenario_id: UUID, demand_id: UUID) -> Response:
        scenarios.link_demand(scenario_id=scenario_id, demand_id=demand_id, linked=True, actor=actor_of(request))
        return Response(_json(scenario_id, request))

    @extend_schema(operation_id="scenarios_unlink_demand", request=None, responses={204: None})
    def delete(self, request: Request, scenario_id: UUID, demand_id: UUID) -> Response:
        scenarios.link_demand(scenario_id=scenario_id, demand_id=demand_id, linked=False, actor=actor_of(request))
        return Response(status=204)


class ScenarioMatches(APIView):
    """The listings that serve an entry, with the reasons."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="scenarios_matches", responses=ListingMatchesSerializer)
    def get(self, request: Request, scenario_id: UUID) -> Response:
        scenario = get_object_or_404(_published(request), pk=scenario_id)
        found = listings_for(wish_of_scenario(scenario), actor_of(request))
        return Response(represent(ListingMatchesSerializer, {"listings": found}))


def _published(request: Request) -> models.QuerySet[Scenario]:
    return Scenario.objects.published_to(actor_of(request)).select_related("venue", "owner")


def _json(scenario_id: UUID, request: Request) -> Any:
    """Return one entry with its links as the caller may see them; a fixed number of queries."""
    scenario = get_object_or_404(_published(request), pk=scenario_id)
    actor = actor_of(request)
    listings = Listing.objects.sought_by(actor).filter(product__scenarios=scenario)
    demands = Demand.objects.on_board(actor).filter(scenarios=scenario)
    listings = listings.select_related("venue", "organization").defer("search").order_by("-id")[:MOST_LINKS]
    demands = demands.select_related("venue").order_by("-id")[:MOST_LINKS]
    return {
        **represent(ScenarioSerializer, scenario),
        "listings": ListedSerializer(listings, many=True).data,
        "demands": WantedSerializer(demands, many=True).data,
    }
