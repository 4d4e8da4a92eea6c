"""API clients. Making the first one needs only email and password; everything after that uses its tokens."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import clients
from accounts.api.serializers import ApiClientSerializer, NewApiClientSerializer, SecretApiClientSerializer
from accounts.authentication import BearerAuthentication, ConsoleSessionAuthentication, PasswordAuthentication
from accounts.models import ApiClient
from kernel.api import NoFieldsSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent

AUTHENTICATION = (BearerAuthentication, PasswordAuthentication, ConsoleSessionAuthentication)
SECRET = "client_secret"  # noqa: S105 - the name of a member, not a secret


class ApiClientFilter(django_filters.FilterSet):
    person = django_filters.UUIDFilter("person_id")  # not a choice: that would tell of people whom one may not see


class ApiClientList(generics.GenericAPIView[ApiClient]):
    """The API clients of one's organization; making one."""

    authentication_classes = AUTHENTICATION
    serializer_class = ApiClientSerializer
    filterset_class = ApiClientFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ApiClient]:
        return ApiClient.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="api_clients_list", responses=ApiClientSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ApiClientSerializer(page, many=True).data)

    @extend_schema(
        operation_id="api_clients_make", request=NewApiClientSerializer, responses={201: SecretApiClientSerializer}
    )
    @idempotent(withhold=(SECRET,))
    def post(self, request: Request) -> Response:
        client, secret = clients.create_client(**body_of(NewApiClientSerializer, request), actor=actor_of(request))
        return Response(_with_secret(client, secret), status=201)


class ApiClientDetail(APIView):
    authentication_classes = AUTHENTICATION

    @extend_schema(operation_id="api_clients_read", responses=ApiClientSerializer)
    def get(self, request: Request, client_id: UUID) -> Response:
        visible = ApiClient.objects.visible_to(actor_of(request))
        return Response(represent(ApiClientSerializer, get_object_or_404(visible, pk=client_id)))


class ApiClientRotateSecret(APIView):
    """Give a client a new secret; the old one and its tokens end at once."""

    authentication_classes = AUTHENTICATION

    @extend_schema(
        operation_id="api_clients_rotate_secret", request=NoFieldsSerializer, responses=SecretApiClientSerializer
    )
    @idempotent(withhold=(SECRET,))
    def post(self, request: Request, client_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        client, secret = clients.rotate_secret(client_id=client_id, actor=actor_of(request))
        return Response(_with_secret(client, secret))


class ApiClientRevoke(APIView):
    """End a client and its tokens at once."""

    authentication_classes = AUTHENTICATION

    @extend_schema(operation_id="api_clients_revoke", request=NoFieldsSerializer, responses=ApiClientSerializer)
    @idempotent()
    def post(self, request: Request, client_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        client = clients.revoke_client(client_id=client_id, actor=actor_of(request))
        return Response(represent(ApiClientSerializer, client))


def _with_secret(client: ApiClient, secret: str) -> dict[str, Any]:
    return dict(SecretApiClientSerializer(client, context={"secret": secret}).data)
