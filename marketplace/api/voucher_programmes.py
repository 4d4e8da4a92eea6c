"""Voucher programmes over HTTP: what anybody may read of them, and how the venue's staff run them."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organization
from accounts.product_types import ProductType
from accounts.venues import venue_named
from kernel.actors import Actor
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.languages import LanguageMapSerializerField
from kernel.money import Currency, Money, MoneyField
from kernel.problems import field_problem
from settlements.api.serializers import OwnerSerializer
from settlements.models import VoucherProgramme
from settlements.vouchers import programmes


class MinorField(MoneyField):
    """Minor units of a row, in the row's own currency."""

    def __init__(self, of: str, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)
        self.of = of

    def to_representation(self, value: Any) -> dict[str, str]:
        return Money(getattr(value, self.of), Currency(value.currency)).as_json()


class VoucherProgrammeSerializer(serializers.ModelSerializer[VoucherProgramme]):
    venue = serializers.CharField(source="venue.code")
    funder = OwnerSerializer()
    name = LanguageMapSerializerField()
    budget = MinorField("budget_minor")
    applicant_cap = MinorField("applicant_cap_minor")
    order_cap = MinorField("order_cap_minor")
    reserved = MinorField("reserved_minor", help_text=_("Held for orders under way."))
    redeemed = MinorField("redeemed_minor", help_text=_("Paid, less what went back or was clawed back."))
    returned = MinorField("returned_minor", help_text=_("What was left at the close."))
    left = MinorField("left_minor")

    class Meta:
        model = VoucherProgramme
        fields = (
            "id",
            "number",
            "venue",
            "funder",
            "name",
            "source",
            "state",
            "budget",
            "rate_ppm",
            "startup_rate_ppm",
            "applicant_cap",
            "order_cap",
            "product_types",
            "places",
            "payment",
            "granted_by_rule",
            "opens_on",
            "closes_on",
            "grant_days",
            "reserved",
            "redeemed",
            "returned",
            "left",
            "opened_at",
            "closed_at",
        )
        read_only_fields = fields


class DraftProgrammeSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    funder_id = serializers.UUIDField(help_text=_("A member of the venue, whose funds there pay the budget."))
    name = LanguageMapSerializerField(text_length=120)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name, not where one comes from
        max_length=300, help_text=_("The act or notice that the rule comes from.")
    )
    budget = MoneyField()
    rate_ppm = serializers.IntegerField(min_value=1, max_value=999_999, help_text=_("300000 is 30 % of the price."))
    startup_rate_ppm = serializers.IntegerField(
        min_value=1, max_value=999_999, required=False, allow_null=True, help_text=_("null: start-ups get no more.")
    )
    applicant_cap = MoneyField()
    order_cap = MoneyField()
    product_types = serializers.ListField(
        child=serializers.ChoiceField(choices=ProductType.choices), min_length=1, max_length=len(ProductType)
    )
    places = serializers.ListField(
        child=serializers.CharField(max_length=6),
        max_length=50,
        required=False,
        help_text=_("Where applicants are registered: jurisdictions, division codes or GBA; without them everywhere."),
    )
    payment = serializers.ChoiceField(choices=VoucherProgramme.Payment.choices)
    granted_by_rule = serializers.BooleanField(
        default=False, help_text=_("Whether an applicant who meets the rule gets the voucher without officers.")
    )
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()
    grant_days = serializers.IntegerField(min_value=1, max_value=programmes.LONGEST_DAYS)


class VoucherProgrammeFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=VoucherProgramme.State.choices)
    product_type = django_filters.ChoiceFilter(method="paying_for", choices=ProductType.choices)

    def paying_for(self, rows: models.QuerySet[Any], _name: str, value: str) -> models.QuerySet[Any]:
        """Keep the programmes that pay for products of a type."""
        return rows.filter(product_types__contains=[value])


class VoucherProgrammeList(generics.GenericAPIView[VoucherProgramme]):
    """The programmes that were ever opened, newest first: anybody may read them. Drafting one, by staff."""

    serializer_class = VoucherProgrammeSerializer
    filterset_class = VoucherProgrammeFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[VoucherProgramme]:
        return _visible(self.request)

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method in SAFE_METHODS else IsAuthenticated()]

    @extend_schema(operation_id="voucher_programmes_list", responses=VoucherProgrammeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(VoucherProgrammeSerializer(page, many=True).data)

    @extend_schema(
        operation_id="voucher_programmes_draft",
        request=DraftProgrammeSerializer,
        responses={201: VoucherProgrammeSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body, actor = body_of(DraftProgrammeSerializer, request), actor_of(request)
        programme = programmes.draft_programme(
            venue=venue_named(body["venue"]),
            funder=funder_named(body["funder_id"], actor),
            name=body["name"],
            source=body["source"],
            budget=body["budget"],
            rule=_rule(body),
            actor=actor,
        )
        return _answer(request, programme.pk, status=201)


class VoucherProgrammeDetail(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="voucher_programmes_read", responses=VoucherProgrammeSerializer)
    def get(self, request: Request, voucher_programme_id: UUID) -> Response:
        return _answer(request, voucher_programme_id)


class VoucherProgrammeOpen(APIView):
    """Open a draft of another person: the budget moves from the funder's available funds into the programme."""

    @extend_schema(
        operation_id="voucher_programmes_open", request=NoFieldsSerializer, responses=VoucherProgrammeSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_programme_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        programmes.open_programme(programme_id=voucher_programme_id, actor=actor_of(request))
        return _answer(request, voucher_programme_id)


class VoucherProgrammeWithdraw(APIView):
    """Throw a draft away."""

    @extend_schema(
        operation_id="voucher_programmes_withdraw", request=ReasonSerializer, responses=VoucherProgrammeSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_programme_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        programmes.withdraw_programme(programme_id=voucher_programme_id, reason=reason, actor=actor_of(request))
        return _answer(request, voucher_programme_id)


class VoucherProgrammeSuspend(APIView):
    """Promise and reserve nothing for a while; orders under way keep what is reserved for them."""

    @extend_schema(
        operation_id="voucher_programmes_suspend", request=ReasonSerializer, responses=VoucherProgrammeSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_programme_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        programmes.suspend_programme(programme_id=voucher_programme_id, reason=reason, actor=actor_of(request))
        return _answer(request, voucher_programme_id)


class VoucherProgrammeResume(APIView):
    """Open a suspended programme again."""

    @extend_schema(
        operation_id="voucher_programmes_resume", request=NoFieldsSerializer, responses=VoucherProgrammeSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_programme_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        programmes.resume_programme(programme_id=voucher_programme_id, actor=actor_of(request))
        return _answer(request, voucher_programme_id)


class VoucherProgrammeClose(APIView):
    """Close a programme for good: what is left goes back to the funder's available funds."""

    @extend_schema(
        operation_id="voucher_programmes_close", request=ReasonSerializer, responses=VoucherProgrammeSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, voucher_programme_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        programmes.close_programme(programme_id=voucher_programme_id, reason=reason, actor=actor_of(request))
        return _answer(request, voucher_programme_id)


def funder_named(organization_id: UUID, actor: Actor) -> Organization:
    """Return a member of the actor's venues; raises Problem `invalid` at /funder_id otherwise."""
    funder = Organization.objects.visible_to(actor).filter(pk=organization_id).first()
    if funder is None:
        raise field_problem(
            "/funder_id", "unknown_organization", _now("There is no such organization among your venues' members.")
        )
    return funder


def _rule(body: dict[str, Any]) -> programmes.Rule:
    for cap in ("applicant_cap", "order_cap"):
        if body[cap].currency != body["budget"].currency:
            raise field_problem(f"/{cap}/currency", "other_currency", _now("Budget and caps are in one currency."))
    return programmes.Rule(
        rate_ppm=body["rate_ppm"],
        startup_rate_ppm=body.get("startup_rate_ppm"),
        applicant_cap_minor=body["applicant_cap"].minor,
        order_cap_minor=body["order_cap"].minor,
        product_types=sorted(set(body["product_types"])),
        places=sorted(set(body.get("places", ()))),
        payment=body["payment"],
        granted_by_rule=body["granted_by_rule"],
        opens_on=body["opens_on"],
        closes_on=body["closes_on"],
        grant_days=body["grant_days"],
    )


def _visible(request: Request) -> models.QuerySet[VoucherProgramme]:
    return VoucherProgramme.objects.visible_to(actor_of(request)).select_related("venue", "funder")


def _answer(request: Request, programme_id: UUID, status: int = 200) -> Response:
    programme = get_object_or_404(_visible(request), pk=programme_id)
    return Response(represent(VoucherProgrammeSerializer, programme), status=status)
