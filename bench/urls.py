"""The exchange's addresses, and a DRF view that does nothing but insert one row."""

from django.db import connection
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as exchange


class BareInsert(APIView):
    """The least that a DRF view can do for a POST: parse, insert, answer."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def post(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_row (note) VALUES (%s) RETURNING id", [request.data["note"]])
            return Response({"id": cursor.fetchone()[0]}, status=201)


urlpatterns = [*exchange, path("bench/bare", BareInsert.as_view())]
