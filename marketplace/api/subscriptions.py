"""Subscriptions, and the new versions that they bring: the list by which a buyer learns of them."""

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

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.models import DatasetVersion
from marketplace import subscriptions
from marketplace.api.serializers import PartySerializer
from marketplace.models import Delivery, NewVersion, Subscription
from marketplace.renewals import set_renewal


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    agreement = serializers.CharField(source="agreement.number")
    order_id = serializers.UUIDField(source="agreement.order_id")
    venue = serializers.CharField(source="venue.code")
    product = serializers.CharField(source="product.number")
    buyer = PartySerializer(source="organization")
    provider = PartySerializer()
    price = MoneyField(help_text=_("What a whole term costs."))
    ending_reason = serializers.CharField(
        help_text=_("Why no other term follows: the buyer's words, or the code of what stands against it.")
    )
    state = serializers.CharField(source="agreement.state", help_text=_("Of the agreement; it ends with it."))
    expires_at = serializers.DateTimeField(source="agreement.expires_at")

    class Meta:
        model = Subscription
        fields = (
            "id",
            "agreement",
            "order_id",
            "venue",
            "product",
            "product_id",
            "buyer",
            "provider",
            "included",
            "policy",
            "target_id",
            "plan_id",
            "price",
            "cycle",
            "renews",
            "ending_reason",
            "state",
            "term_starts_at",
            "expires_at",
            "created_at",
        )
        read_only_fields = fields


class PolicySerializer(StrictSerializer):
    policy = serializers.ChoiceField(Subscription.Policy.choices)
    target_id = serializers.UUIDField(required=False, help_text=_("Where to push to: a target that has been tested."))


class SubscriptionFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    product = django_filters.UUIDFilter("product_id")


class SubscriptionList(generics.GenericAPIView[Subscription]):
    """The subscriptions that the caller holds or has sold, newest first."""

    serializer_class = SubscriptionSerializer
    filterset_class = SubscriptionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Subscription]:
        return _visible(self.request)

    @extend_schema(operation_id="subscriptions_list", responses=SubscriptionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(SubscriptionSerializer(page, many=True).data)


class SubscriptionDetail(APIView):
    @extend_schema(operation_id="subscriptions_read", responses=SubscriptionSerializer)
    def get(self, request: Request, subscription_id: UUID) -> Response:
        return Response(represent(SubscriptionSerializer, get_object_or_404(_visible(request), pk=subscription_id)))


class SubscriptionPolicy(APIView):
    """Say what becomes of new versions: the buyer is told, or they are pushed."""

    @extend_schema(operation_id="subscriptions_policy_set", request=PolicySerializer, responses=SubscriptionSerializer)
    def put(self, request: Request, subscription_id: UUID) -> Response:
        get_object_or_404(_visible(request), pk=subscription_id)
        body = body_of(PolicySerializer, request)
        subscriptions.set_policy(subscription_id=subscription_id, **body, actor=actor_of(request))
        return Response(represent(SubscriptionSerializer, _visible(request).get(pk=subscription_id)))


class RenewalSerializer(StrictSerializer):
    renews = serializers.BooleanField(
        help_text=_("Whether another term follows, at the agreed price; until a day before it would.")
    )
    reason = serializers.CharField(
        max_length=2000, required=False, help_text=_("Why the subscription ends with its term.")
    )


class SubscriptionRenewal(APIView):
    """Say whether the subscription goes on when its term ends."""

    @extend_schema(
        operation_id="subscriptions_renewal_set", request=RenewalSerializer, responses=SubscriptionSerializer
    )
    def put(self, request: Request, subscription_id: UUID) -> Response:
        get_object_or_404(_visible(request), pk=subscription_id)
        body = body_of(RenewalSerializer, request)
        set_renewal(subscription_id=subscription_id, **body, actor=actor_of(request))
        return Response(represent(SubscriptionSerializer, _visible(request).get(pk=subscription_id)))


class SubscribedVersionSerializer(serializers.ModelSerializer[NewVersion]):
    agreement = serializers.CharField(source="subscription.agreement.number")
    product = serializers.CharField(source="subscription.product.number")
    release = serializers.CharField(source="version.release_number")
    since_release = serializers.CharField(source="since.release_number", help_text=_("What the buyer had before."))
    level = serializers.ChoiceField(DatasetVersion.Level.choices, source="version.level")
    notes = LanguageMapSerializerField(source="version.notes")
    rows = serializers.IntegerField(source="version.rows")
    bytes = serializers.IntegerField(source="version.bytes")
    changes = serializers.JSONField(
        help_text=_("Rows added, removed and changed by table, and the columns; null until it is computed.")
    )
    hindrance_label = serializers.CharField(source="get_hindrance_display")
    delivery_state = serializers.ChoiceField(
        Delivery.State.choices, source="delivery.state", default=None, allow_null=True
    )
    entitlement_id = serializers.UUIDField(source="delivery.entitlement_id", default=None, allow_null=True)

    class Meta:
        model = NewVersion
        fields = (
            "id",
            "subscription_id",
            "agreement",
            "product",
            "version_id",
            "release",
            "since_id",
            "since_release",
            "level",
            "notes",
            "rows",
            "bytes",
            "hindrance",
            "hindrance_label",
            "changes",
            "delivery_id",
            "delivery_state",
            "entitlement_id",
            "created_at",
        )
        read_only_fields = fields


class NewVersionFilter(django_filters.FilterSet):
    subscription = django_filters.UUIDFilter("subscription_id")
    delivery_state = django_filters.ChoiceFilter("delivery__state", choices=Delivery.State.choices)
    # Not a BooleanFilter: that takes a word it does not know for no wish at all.
    kept_back = django_filters.TypedChoiceFilter(
        field_name="delivery",
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda value: value == "true",
        lookup_expr="isnull",
        label="Nothing of it has been delivered.",
    )


class NewVersionList(generics.GenericAPIView[NewVersion]):
    """The new versions of what the caller has subscribed to, or sold subscriptions to; newest first."""

    serializer_class = SubscribedVersionSerializer
    filterset_class = NewVersionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[NewVersion]:
        return _new_versions(self.request)

    @extend_schema(operation_id="new_versions_list", responses=SubscribedVersionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(SubscribedVersionSerializer(page, many=True).data)


class NewVersionDetail(APIView):
    @extend_schema(operation_id="new_versions_read", responses=SubscribedVersionSerializer)
    def get(self, request: Request, new_version_id: UUID) -> Response:
        new = get_object_or_404(_new_versions(request), pk=new_version_id)
        return Response(represent(SubscribedVersionSerializer, new))


def _visible(request: Request) -> models.QuerySet[Subscription]:
    related = ("agreement", "venue", "product", "organization", "provider")
    return Subscription.objects.visible_to(actor_of(request)).select_related(*related)


def _new_versions(request: Request) -> models.QuerySet[NewVersion]:
    related = ("subscription__agreement", "subscription__product", "version", "since", "delivery")
    unshown = [f"{each}__{name}" for each in ("version", "since") for name in ("profile", "wrapped_key")]
    visible: models.QuerySet[Any] = NewVersion.objects.visible_to(actor_of(request))
    return visible.select_related(*related).defer(*unshown, "since__schema_changes", "version__schema_changes")
