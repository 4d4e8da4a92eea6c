"""Recipients of shared tables: who reads them, the one-time links to their profile files, and what each query took."""

from typing import Any
from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiClient
from kernel.api import NoFieldsSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from marketplace.delivery import recipients
from marketplace.models import Delivery, Recipient, TableGrant
from marketplace.protocols.delta_sharing.activation import activation_url, profile_v2

URL = "url"


class NewRecipientSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100, help_text=_("Who or what reads: an analyst, a notebook."))


class RecipientSerializer(serializers.ModelSerializer[Recipient]):
    class Meta:
        model = Recipient
        fields = ("id", "organization_id", "person_id", "name", "revoked_at", "created_at")
        read_only_fields = fields


class ActivationRequestSerializer(StrictSerializer):
    days = serializers.IntegerField(
        min_value=1, max_value=recipients.LONGEST_DAYS, default=30, help_text=_("How long the profile is good for.")
    )
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=recipients.LONGEST_OVERLAP_HOURS,
        default=24,
        help_text=_("How long the one before goes on once this one is activated."),
    )


class ActivationSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text=_("Gives the profile file once; shown this once."))
    activate_by = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ClientProfileSerializer(serializers.Serializer[Any]):
    """A profile file of version 2; the secret is put in by whoever holds it."""

    shareCredentialsVersion = serializers.IntegerField()  # noqa: N815 - the protocol names it so
    type = serializers.CharField()
    endpoint = serializers.URLField()
    tokenEndpoint = serializers.URLField()  # noqa: N815 - as above
    clientId = serializers.CharField()  # noqa: N815 - as above
    clientSecret = serializers.CharField()  # noqa: N815 - as above
    scope = serializers.CharField()


class TableGrantSerializer(serializers.ModelSerializer[TableGrant]):
    table = serializers.CharField(source="table.name")
    version = serializers.IntegerField(source="table.version.number")

    class Meta:
        model = TableGrant
        fields = (
            "id",
            "table",
            "version",
            "recipient_id",
            "client_id",
            "rows",
            "bytes",
            "hints",
            "expires_at",
            "reads",
            "bytes_served",
            "first_read_at",
            "last_read_at",
            "created_at",
        )
        read_only_fields = fields


class RecipientList(generics.GenericAPIView[Recipient]):
    """The recipients of one's organization; naming one."""

    serializer_class = RecipientSerializer
    ordering = ("-id",)
    filter_backends = ()

    def get_queryset(self) -> models.QuerySet[Recipient]:
        return Recipient.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="recipients_list", responses=RecipientSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(RecipientSerializer(page, many=True).data)

    @extend_schema(operation_id="recipients_make", request=NewRecipientSerializer, responses={201: RecipientSerializer})
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewRecipientSerializer, request)
        recipient = recipients.make_recipient(**body, actor=actor_of(request))
        return Response(represent(RecipientSerializer, recipient), status=201)


class RecipientDetail(APIView):
    @extend_schema(operation_id="recipients_read", responses=RecipientSerializer)
    def get(self, request: Request, recipient_id: UUID) -> Response:
        visible = Recipient.objects.visible_to(actor_of(request))
        return Response(represent(RecipientSerializer, get_object_or_404(visible, pk=recipient_id)))


class RecipientActivations(APIView):
    """Issue a one-time link to a recipient's profile file; the token of before goes on for a while."""

    @extend_schema(
        operation_id="recipients_issue_activation",
        request=ActivationRequestSerializer,
        responses={201: ActivationSerializer},
    )
    @idempotent(required=False, withhold=(URL,))
    def post(self, request: Request, recipient_id: UUID) -> Response:
        body = body_of(ActivationRequestSerializer, request)
        issued = recipients.issue_activation(recipient_id=recipient_id, **body, actor=actor_of(request))
        answer = {
            URL: activation_url(issued.secret),
            "activate_by": issued.token.activate_by,
            "expires_at": issued.token.expires_at,
        }
        return Response(represent(ActivationSerializer, answer), status=201)


class RecipientRevoke(APIView):
    """End a recipient at once and for good, with the addresses it was given."""

    @extend_schema(operation_id="recipients_revoke", request=NoFieldsSerializer, responses=RecipientSerializer)
    @idempotent()
    def post(self, request: Request, recipient_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        recipient = recipients.revoke_recipient(recipient_id=recipient_id, actor=actor_of(request))
        return Response(represent(RecipientSerializer, recipient))


class ClientSharingProfile(APIView):
    """The profile file by which an API client reads shared tables, but for its secret."""

    @extend_schema(operation_id="api_clients_sharing_profile", responses=ClientProfileSerializer)
    def get(self, request: Request, client_id: UUID) -> Response:
        client = get_object_or_404(ApiClient.objects.visible_to(actor_of(request)), pk=client_id)
        return Response(profile_v2(client.client_id))


class DeliveryTableGrants(generics.GenericAPIView[TableGrant]):
    """What the queries of a delivery's tables took, newest first."""

    serializer_class = TableGrantSerializer
    ordering = ("-id",)
    filter_backends = ()

    def get_queryset(self) -> models.QuerySet[TableGrant]:
        delivery = get_object_or_404(Delivery.objects.visible_to(actor_of(self.request)), pk=self.kwargs["delivery_id"])
        related = TableGrant.objects.filter(delivery=delivery).select_related("table__version")
        return related.defer("table__version__profile", "table__version__schema_changes", "table__columns")

    @extend_schema(operation_id="deliveries_table_grants_list", responses=TableGrantSerializer(many=True))
    def get(self, request: Request, delivery_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TableGrantSerializer(page, many=True).data)
