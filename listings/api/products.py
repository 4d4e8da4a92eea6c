"""Products, their plans and their terms over HTTP."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.plan_serializers import (
    NewPlanSerializer,
    PlanChangesSerializer,
    PlanSerializer,
)
from listings.api.product_serializers import (
    DossierSerializer,
    IndustriesSerializer,
    NewProductSerializer,
    ProductSerializer,
    ProductTypesSerializer,
    SourceKindsSerializer,
)
from listings.api.terms_serializers import (
    NewTermsSerializer,
    TermsSerializer,
)
from listings.industries import industries, standard
from listings.models import Plan, Product, ProductType, Terms
from listings.plans import amend_plan, create_plan, delete_plan
from listings.product_types import type_rules
from listings.registration import amend_product, create_product, delete_product, register_product, retire_product
from listings.source_rules import rules_on
from listings.terms import create_terms


class ProductFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Product.State.choices)
    product_type = django_filters.ChoiceFilter(choices=ProductType.choices)
    dataset = django_filters.UUIDFilter("dataset_id")
    industry = django_filters.CharFilter("industry")


class ProductList(generics.GenericAPIView[Product]):
    """The products of the caller's organization, newest first."""

    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Product]:
        return Product.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="products_list", responses=ProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ProductSerializer(page, many=True).data)

    @extend_schema(operation_id="products_create", request=NewProductSerializer, responses={201: ProductSerializer})
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewProductSerializer, request)
        product = create_product(dataset_id=body.pop("dataset_id", None), dossier=body, actor=actor_of(request))
        return Response(represent(ProductSerializer, product), status=201)


class ProductDetail(APIView):
    """One product; a draft can be changed and deleted, a registered one changed while it is not offered."""

    @extend_schema(operation_id="products_read", responses=ProductSerializer)
    def get(self, request: Request, product_id: UUID) -> Response:
        product = get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        return Response(represent(ProductSerializer, product))

    @extend_schema(operation_id="products_amend", request=DossierSerializer, responses=ProductSerializer)
    def patch(self, request: Request, product_id: UUID) -> Response:
        changes = body_of(DossierSerializer, request)
        product = amend_product(product_id=product_id, changes=changes, actor=actor_of(request))
        return Response(represent(ProductSerializer, product))

    @extend_schema(operation_id="products_delete", request=None, responses={204: None})
    def delete(self, request: Request, product_id: UUID) -> Response:
        delete_product(product_id=product_id, actor=actor_of(request))
        return Response(status=204)


class ProductRegister(APIView):
    """Register the product: the dossier must be complete."""

    @extend_schema(operation_id="products_register", request=NoFieldsSerializer, responses=ProductSerializer)
    @idempotent()
    def post(self, request: Request, product_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return Response(represent(ProductSerializer, register_product(product_id=product_id, actor=actor_of(request))))


class ProductRetire(APIView):
    """Take a product out of use that is offered nowhere."""

    @extend_schema(operation_id="products_retire", request=NoFieldsSerializer, responses=ProductSerializer)
    @idempotent()
    def post(self, request: Request, product_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return Response(represent(ProductSerializer, retire_product(product_id=product_id, actor=actor_of(request))))


class PlanList(generics.GenericAPIView[Plan]):
    """The plans of one product, newest first."""

    serializer_class = PlanSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Plan]:
        visible = Product.objects.visible_to(actor_of(self.request))
        return Plan.objects.filter(product=get_object_or_404(visible, pk=self.kwargs["product_id"]))

    @extend_schema(operation_id="plans_list", responses=PlanSerializer(many=True))
    def get(self, request: Request, product_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(PlanSerializer(page, many=True).data)

    @extend_schema(operation_id="plans_create", request=NewPlanSerializer, responses={201: PlanSerializer})
    @idempotent(required=False)
    def post(self, request: Request, product_id: UUID) -> Response:
        body = body_of(NewPlanSerializer, request)
        plan = create_plan(
            product_id=product_id,
            kind=body["kind"],
            price=body.get("price"),
            name=body.get("name"),
            metering=body.get("metering"),
            new_versions=body.get("new_versions", ""),
            cycle=body["cycle"],
            takes_offers=body["takes_offers"],
            milestones=body.get("milestones", ()),
            revenue_share=body.get("revenue_share"),
            actor=actor_of(request),
        )
        return Response(represent(PlanSerializer, plan), status=201)


class PlanDetail(APIView):
    """One plan; it can be changed while no listing under review or in the catalogue offers it."""

    @extend_schema(operation_id="plans_read", responses=PlanSerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        plan = get_object_or_404(Plan.objects.visible_to(actor_of(request)), pk=plan_id)
        return Response(represent(PlanSerializer, plan))

    @extend_schema(operation_id="plans_amend", request=PlanChangesSerializer, responses=PlanSerializer)
    def patch(self, request: Request, plan_id: UUID) -> Response:
        body = body_of(PlanChangesSerializer, request)
        plan = amend_plan(
            plan_id=plan_id,
            kind=body.get("kind"),
            price=body.get("price"),
            name=body.get("name"),
            metering=body.get("metering"),
            new_versions=body.get("new_versions", ""),
            cycle=body.get("cycle"),
            takes_offers=body.get("takes_offers"),
            milestones=body.get("milestones"),
            revenue_share=body.get("revenue_share"),
            actor=actor_of(request),
        )
        return Response(represent(PlanSerializer, plan))

    @extend_schema(operation_id="plans_delete", request=None, responses={204: None})
    def delete(self, request: Request, plan_id: UUID) -> Response:
        delete_plan(plan_id=plan_id, actor=actor_of(request))
        return Response(status=204)


class TermsList(generics.GenericAPIView[Terms]):
    """The versions of a product's terms, newest first; a change is a new version."""

    serializer_class = TermsSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Terms]:
        visible = Product.objects.visible_to(actor_of(self.request))
        return Terms.objects.filter(product=get_object_or_404(visible, pk=self.kwargs["product_id"]))

    @extend_schema(operation_id="terms_list", responses=TermsSerializer(many=True))
    def get(self, request: Request, product_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TermsSerializer(page, many=True).data)

    @extend_schema(operation_id="terms_create", request=NewTermsSerializer, responses={201: TermsSerializer})
    @idempotent(required=False)
    def post(self, request: Request, product_id: UUID) -> Response:
        fields = body_of(NewTermsSerializer, request)
        terms = create_terms(product_id=product_id, fields=fields, actor=actor_of(request))
        return Response(represent(TermsSerializer, terms), status=201)


class TermsDetail(APIView):
    """One frozen version of terms, with its ODRL policy."""

    @extend_schema(operation_id="terms_read", responses=TermsSerializer)
    def get(self, request: Request, terms_id: UUID) -> Response:
        terms = get_object_or_404(Terms.objects.visible_to(actor_of(request)), pk=terms_id)
        return Response(represent(TermsSerializer, terms))


class ProductTypeList(APIView):
    """Every type of product in force: its own fields, and how products of it may be sold and delivered."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="product_types_read", responses=ProductTypesSerializer)
    def get(self, request: Request) -> Response:
        rules = list(type_rules(timezone.localdate()).values())
        return Response(represent(ProductTypesSerializer, {"edition": rules[0].edition, "items": rules}))


class SourceKindList(APIView):
    """Which rights may be claimed over data of which origin, and what evidence and documents that takes."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="source_kinds_read", responses=SourceKindsSerializer)
    def get(self, request: Request) -> Response:
        edition = rules_on(timezone.localdate())
        evidence = [
            {"code": code, "name": name, "document": code in edition["documents"]}
            for code, name in edition["evidence"].items()
        ]
        items = [
            {
                **row,
                "rights": list(dict.fromkeys(right for rights in row["bases"].values() for right in rights)),
                "bases": [
                    {"code": code, "name": edition["bases"][code], "evidence_by_right": rights}
                    for code, rights in row["bases"].items()
                ],
            }
            for row in edition["rows"]
        ]
        return Response(represent(SourceKindsSerializer, {**edition, "evidence": evidence, "items": items}))


class IndustryList(APIView):
    """Every industry that a product may name, with the standard they are taken from."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="industries_read", responses=IndustriesSerializer)
    def get(self, request: Request) -> Response:
        content = {"standard": standard(), "items": list(industries().values())}
        return Response(represent(IndustriesSerializer, content))
