"""Venues, which anyone may see."""

from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import VenueSerializer
from accounts.models import Venue
from kernel.api import represent


class VenueList(generics.ListAPIView[Venue]):
    """The exchanges of this deployment."""

    permission_classes = (AllowAny,)
    serializer_class = VenueSerializer
    ordering = ("code",)

    def get_queryset(self) -> models.QuerySet[Venue]:
        return Venue.objects.all()

    @extend_schema(operation_id="venues_list")
    def get(self, request: Request) -> Response:
        return self.list(request)


class VenueDetail(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="venues_read", responses=VenueSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(represent(VenueSerializer, get_object_or_404(Venue, code=code)))
