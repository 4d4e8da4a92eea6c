"""Route cases over HTTP: what exporter and officers do with them, their papers, drafts, decisions and clocks."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import django_filters
from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.bodies import body_chunks, content_digest
from listings.api.border_serializers import (
    CaseDecisionSerializer,
    CasePaperSerializer,
    ChooseRouteSerializer,
    RecordFilingSerializer,
    RecordReplySerializer,
    RouteCaseDetailSerializer,
    RouteCaseSerializer,
    RuleOnCaseSerializer,
    StatutoryClockSerializer,
    SubmitPapersSerializer,
)
from listings.api.documents import paper_response
from listings.crossborder import cases, clocks, filings, reviewing
from listings.crossborder.drafts import draft_paper
from listings.crossborder.rendering import FORMS
from listings.models import (
    RouteCase,
    RouteDecision,
)
from listings.papers import LARGEST_PAPER


class RouteCaseFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=RouteCase.State.choices)
    route = django_filters.CharFilter("route")
    number = django_filters.CharFilter("number")
    order = django_filters.UUIDFilter("order_id")


class RouteCaseList(generics.GenericAPIView[RouteCase]):
    """The route cases to which the caller is a party or of which it is an officer, newest first."""

    serializer_class = RouteCaseSerializer
    filterset_class = RouteCaseFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RouteCase]:
        return _visible(self.request)

    @extend_schema(operation_id="route_cases_list", responses=RouteCaseSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RouteCaseSerializer(page, many=True).data)


class RouteCaseDetail(APIView):
    @extend_schema(operation_id="route_cases_read", responses=RouteCaseDetailSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        return _case_json(request, case_id)


class RouteCaseDecisions(generics.GenericAPIView[RouteDecision]):
    """Every decision of a case, the latest first, each with the facts and rules that it was made from."""

    serializer_class = CaseDecisionSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(operation_id="route_cases_decisions", responses=CaseDecisionSerializer(many=True))
    def get(self, request: Request, case_id: UUID) -> Response:
        case = get_object_or_404(RouteCase.objects.visible_to(actor_of(request)), pk=case_id)
        page = self.paginate_queryset(RouteDecision.objects.filter(case=case))
        return self.get_paginated_response(CaseDecisionSerializer(page, many=True).data)


class PaperQuerySerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)


class RouteCasePapers(APIView):
    """Hand a paper in; the body is the paper itself: PDF, PNG or JPEG."""

    @extend_schema(
        operation_id="route_cases_keep_paper",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: CasePaperSerializer},
        parameters=[
            OpenApiParameter("code", required=True, description="Which of the papers that the route takes."),
            OpenApiParameter("name", required=True, description="File name, without a path."),
            OpenApiParameter(
                "Content-Digest",
                location=OpenApiParameter.HEADER,
                description="RFC 9530: sha-256=:base64: of the paper; other bytes are then refused.",
            ),
        ],
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        get_object_or_404(RouteCase.objects.visible_to(actor_of(request)), pk=case_id)
        query = PaperQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        paper = cases.keep_paper(
            case_id=case_id,
            body=body_chunks(request, limit=LARGEST_PAPER),
            expected_sha256=content_digest(request),
            actor=actor_of(request),
            **query.validated_data,
        )
        return Response(represent(CasePaperSerializer, paper), status=201)


class RouteCaseDrafts(APIView):
    """A draft of one of the papers, with what is known filled in: `as` is docx or pdf."""

    @extend_schema(
        operation_id="route_cases_draft",
        responses={(200, form.media_type): OpenApiTypes.BINARY for form in FORMS.values()},
        parameters=[OpenApiParameter("as", description="docx (where it is left out) or pdf.")],
    )
    def get(self, request: Request, case_id: UUID, paper_code: str) -> HttpResponse:
        form = request.query_params.get("as", "docx")
        draft = draft_paper(case_id=case_id, code=paper_code, form=form, actor=actor_of(request))
        response = HttpResponse(draft.content, content_type=draft.media_type)
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(draft.name)}"
        return response


class CasePaperContent(APIView):
    """The paper as it was sent."""

    @extend_schema(operation_id="case_papers_read_content", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, paper_id: UUID) -> StreamingHttpResponse:
        return paper_response(*cases.read_paper(paper_id=paper_id, actor=actor_of(request)))


class RouteCaseDecide(APIView):
    """Decide the case anew, after what it waited for has been mended."""

    @extend_schema(operation_id="route_cases_decide", request=NoFieldsSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(cases.decide_again, NoFieldsSerializer, request, case_id)


class RouteCaseChoose(APIView):
    """Choose one of the routes that the decision leaves open."""

    @extend_schema(
        operation_id="route_cases_choose", request=ChooseRouteSerializer, responses=RouteCaseDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(cases.choose_route, ChooseRouteSerializer, request, case_id)


class RouteCaseSubmit(APIView):
    """Hand the papers in for review, with the port and the days of the contract."""

    @extend_schema(
        operation_id="route_cases_submit", request=SubmitPapersSerializer, responses=RouteCaseDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(cases.submit_papers, SubmitPapersSerializer, request, case_id)


class RouteCaseApprove(APIView):
    """Find the papers right; what needs nobody outside is cleared by it."""

    @extend_schema(operation_id="route_cases_approve", request=ReasonSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(reviewing.approve_papers, ReasonSerializer, request, case_id)


class RouteCaseReturn(APIView):
    """Give the papers back to the exporter."""

    @extend_schema(operation_id="route_cases_return", request=ReasonSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(reviewing.return_papers, ReasonSerializer, request, case_id)


class RouteCaseRule(APIView):
    """Rule on a case that the engine leaves to a person."""

    @extend_schema(operation_id="route_cases_rule", request=RuleOnCaseSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(reviewing.rule_on_case, RuleOnCaseSerializer, request, case_id)


class RouteCaseReassess(APIView):
    """Have the case assessed anew; nothing of it leaves meanwhile."""

    @extend_schema(operation_id="route_cases_reassess", request=ReasonSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(reviewing.reassess_case, ReasonSerializer, request, case_id)


class RouteCaseRevoke(APIView):
    """Revoke a cleared case for good; what rests on it stops at once."""

    @extend_schema(operation_id="route_cases_revoke", request=ReasonSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(reviewing.revoke_case, ReasonSerializer, request, case_id)


class RouteCaseFilings(APIView):
    """Enter a filing with an authority, under the number that it gave."""

    @extend_schema(operation_id="route_cases_file", request=RecordFilingSerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(filings.record_filing, RecordFilingSerializer, request, case_id)


class RouteCaseReplies(APIView):
    """Enter what an authority answered."""

    @extend_schema(operation_id="route_cases_reply", request=RecordReplySerializer, responses=RouteCaseDetailSerializer)
    @idempotent()
    def post(self, request: Request, case_id: UUID) -> Response:
        return _acted(filings.record_reply, RecordReplySerializer, request, case_id)


class StatutoryClockPause(APIView):
    """Pause a clock, because the authority has stopped counting."""

    @extend_schema(operation_id="statutory_clocks_pause", request=ReasonSerializer, responses=StatutoryClockSerializer)
    @idempotent()
    def post(self, request: Request, clock_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        clock = clocks.pause_clock(clock_id=clock_id, reason=reason, actor=actor_of(request))
        return Response(represent(StatutoryClockSerializer, clock))


class StatutoryClockResume(APIView):
    """Let a paused clock run on."""

    @extend_schema(operation_id="statutory_clocks_resume", request=ReasonSerializer, responses=StatutoryClockSerializer)
    @idempotent()
    def post(self, request: Request, clock_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        clock = clocks.resume_clock(clock_id=clock_id, reason=reason, actor=actor_of(request))
        return Response(represent(StatutoryClockSerializer, clock))


def _acted(
    act: Callable[..., RouteCase], serializer: type[StrictSerializer], request: Request, case_id: UUID
) -> Response:
    """Call the capability function with the members of the body as they are."""
    act(case_id=case_id, **body_of(serializer, request), actor=actor_of(request))
    return _case_json(request, case_id)


def _case_json(request: Request, case_id: UUID) -> Response:
    case = get_object_or_404(_visible(request).prefetch_related("papers", "filings", "clocks"), pk=case_id)
    return Response(represent(RouteCaseDetailSerializer, case))


def _visible(request: Request) -> models.QuerySet[RouteCase]:
    rows = RouteCase.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "organization", "recipient", "listing")
