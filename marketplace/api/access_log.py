"""The access log: a list, and the same as CSV and JSON Lines."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import audit
from kernel.api import actor_of
from kernel.problems import field_problem
from marketplace.access_log import Access, AccessLog, Way, access_log, export_lines
from marketplace.models import Agreement, Entitlement

MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}
FILTERS = [
    OpenApiParameter("agreement", UUID, description=str(_("Of one agreement."))),
    OpenApiParameter("entitlement", UUID, description=str(_("Of one entitlement."))),
    OpenApiParameter("way", str, enum=Way.values, many=True, description=str(_("Only these ways."))),
]


class AccessSerializer(serializers.Serializer[Access]):
    id = serializers.UUIDField()
    way = serializers.ChoiceField(Way.choices)
    agreement = serializers.CharField()
    entitlement_id = serializers.UUIDField()
    buyer_id = serializers.UUIDField()
    provider_id = serializers.UUIDField()
    person_id = serializers.UUIDField(allow_null=True, help_text=_("Who read, or who answers for the client."))
    client_id = serializers.UUIDField(allow_null=True)
    object = serializers.CharField(help_text=_("The file, table and version, path or query."))
    bytes = serializers.IntegerField(help_text=_("That really went out."))
    rows = serializers.IntegerField(allow_null=True)
    reads = serializers.IntegerField()
    sha256 = serializers.CharField(
        help_text=_("Of what was given; of several files, over their sorted digests with line breaks between them.")
    )
    first_read_at = serializers.DateTimeField(allow_null=True)
    last_read_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AccessList(generics.GenericAPIView):  # type: ignore[type-arg]  # its rows come of several tables
    """Who read what: of one's organization as buyer and as provider, and of the venue for its staff; newest first."""

    serializer_class = AccessSerializer
    ordering = ("-id",)
    filter_backends = ()

    @extend_schema(operation_id="access_log_list", parameters=FILTERS, responses=AccessSerializer(many=True))
    def get(self, request: Request) -> Response:
        log: Any = _narrowed(request)  # it filters and slices as a queryset does
        page: Any = self.paginate_queryset(log)
        return self.get_paginated_response(AccessSerializer(page, many=True).data)


class AccessExport(APIView):
    """The same as a stream, without a bound; that it was taken away is written down first."""

    form = "csv"

    @extend_schema(
        operation_id="access_log_export_csv", parameters=FILTERS, responses={(200, "text/csv"): OpenApiTypes.STR}
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        log, actor = _narrowed(request), actor_of(request)
        subject = Agreement(pk=log.agreement or actor.organization_id or actor.id)
        details = {"form": self.form, "ways": log.ways, "entitlement": log.entitlement}
        audit.record(
            "agreement.accesses_exported",
            subject=subject,
            actor=actor,
            details=details,
            organization_id=actor.organization_id,
        )
        headers = {"Content-Disposition": f'attachment; filename="access-log.{self.form}"'}
        content_type = f"{MEDIA_TYPES[self.form]}; charset=utf-8"
        return StreamingHttpResponse(export_lines(log, self.form), content_type=content_type, headers=headers)


class AccessExportJsonLines(AccessExport):
    form = "jsonl"

    @extend_schema(
        operation_id="access_log_export_jsonl",
        parameters=FILTERS,
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return super().get(request)


def _narrowed(request: Request) -> AccessLog:
    """Return the log as the query narrows it; raises 404 for an agreement or entitlement that one does not see."""
    actor = actor_of(request)
    ways = tuple(request.query_params.getlist("way"))
    if wrong := set(ways) - set(Way.values):
        raise field_problem("/way", "invalid_choice", _now("%s is no way of access.") % sorted(wrong)[0])
    named = {
        "agreement": Agreement.objects.visible_to(actor),
        "entitlement": Entitlement.objects.visible_to(actor),
    }
    keys = {name: _key(request, name) for name in named}
    for name, key in keys.items():
        if key is not None:
            get_object_or_404(named[name], pk=key)
    return access_log(actor).narrowed(ways=ways, **keys)


def _key(request: Request, name: str) -> UUID | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise field_problem(f"/{name}", "invalid", _now("This is no key.")) from error
