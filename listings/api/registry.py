"""The register of property in data over HTTP: the public register, applications, objections."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.registry_serializers import (
    AnnotateSerializer,
    AnswerObjectionSerializer,
    ApplyForRegistrationSerializer,
    DecideObjectionSerializer,
    ExtendReviewSerializer,
    ObjectSerializer,
    PropertyRegistrationDetailSerializer,
    PropertyRegistrationSerializer,
    PublicRegistrationSerializer,
    RefuseRegistrationSerializer,
    RegistrationAnnotationSerializer,
    RegistrationObjectionSerializer,
    SupplementsSerializer,
)
from listings.models import PropertyRegistration, RegistrationAnnotation, RegistrationObjection
from listings.registry import annotating, applying, examining, objections


class RegisterFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=PropertyRegistration.State.choices)
    number = django_filters.CharFilter("number")


class Register(generics.GenericAPIView[PropertyRegistration]):
    """The public register: what is in publicity, and what has been registered, newest first."""

    permission_classes = (AllowAny,)
    serializer_class = PublicRegistrationSerializer
    filterset_class = RegisterFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PropertyRegistration]:
        return PropertyRegistration.objects.public().select_related("venue", "organization").with_annotations()

    @extend_schema(operation_id="register_list", responses=PublicRegistrationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PublicRegistrationSerializer(page, many=True).data)


class RegistrationList(generics.GenericAPIView[PropertyRegistration]):
    """The registrations that the caller applied for, or officers of the body decide on; applying for one."""

    serializer_class = PropertyRegistrationSerializer
    filterset_class = RegisterFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PropertyRegistration]:
        return _visible(self.request)

    @extend_schema(operation_id="registrations_list", responses=PropertyRegistrationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PropertyRegistrationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="registrations_apply",
        request=ApplyForRegistrationSerializer,
        responses={201: PropertyRegistrationDetailSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(ApplyForRegistrationSerializer, request)
        applied = applying.apply_for_registration(**body, actor=actor_of(request))
        return Response(_json(applied), status=201)


class RegistrationDetail(APIView):
    @extend_schema(operation_id="registrations_read", responses=PropertyRegistrationDetailSerializer)
    def get(self, request: Request, registration_id: UUID) -> Response:
        shown = get_object_or_404(_visible(request), pk=registration_id)
        return Response(represent(PropertyRegistrationDetailSerializer, shown))


class RegistrationAccept(APIView):
    """Accept an application for review."""

    @extend_schema(
        operation_id="registrations_accept", request=NoFieldsSerializer, responses=PropertyRegistrationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.accept_application, NoFieldsSerializer, request, registration_id)


class RegistrationDecline(APIView):
    """Answer that an application is not accepted."""

    @extend_schema(
        operation_id="registrations_decline", request=ReasonSerializer, responses=PropertyRegistrationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.decline_application, ReasonSerializer, request, registration_id)


class RegistrationStartReview(APIView):
    """Take an accepted application up."""

    @extend_schema(
        operation_id="registrations_start_review",
        request=NoFieldsSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.start_review, NoFieldsSerializer, request, registration_id)


class RegistrationRequestSupplement(APIView):
    """Ask for everything that is missing, in one list."""

    @extend_schema(
        operation_id="registrations_request_supplement",
        request=SupplementsSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.request_supplement, SupplementsSerializer, request, registration_id)


class RegistrationSupplement(APIView):
    """Hand in what was missing: the product's dossier is taken anew."""

    @extend_schema(
        operation_id="registrations_supplement",
        request=NoFieldsSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(applying.supplement, NoFieldsSerializer, request, registration_id)


class RegistrationRefuse(APIView):
    """Refuse a registration on a ground of the rules."""

    @extend_schema(
        operation_id="registrations_refuse",
        request=RefuseRegistrationSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.refuse_registration, RefuseRegistrationSerializer, request, registration_id)


class RegistrationMakePublic(APIView):
    """Put a reviewed application before the public."""

    @extend_schema(
        operation_id="registrations_make_public",
        request=NoFieldsSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.make_public, NoFieldsSerializer, request, registration_id)


class RegistrationWithdraw(APIView):
    """Withdraw an application."""

    @extend_schema(
        operation_id="registrations_withdraw", request=ReasonSerializer, responses=PropertyRegistrationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(applying.withdraw_application, ReasonSerializer, request, registration_id)


class RegistrationConsent(APIView):
    """Consent to the transfer of one's registration."""

    @extend_schema(
        operation_id="registrations_consent", request=NoFieldsSerializer, responses=PropertyRegistrationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(applying.consent_to_transfer, NoFieldsSerializer, request, registration_id)


class RegistrationExtend(APIView):
    """Give the time to finish some more working days, once."""

    @extend_schema(
        operation_id="registrations_extend",
        request=ExtendReviewSerializer,
        responses=PropertyRegistrationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.extend_review, ExtendReviewSerializer, request, registration_id)


class RegistrationConfirm(APIView):
    """Carry out an entry that needs no publicity: a cancellation; the certificate is revoked."""

    @extend_schema(
        operation_id="registrations_confirm", request=NoFieldsSerializer, responses=PropertyRegistrationDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        return _acted(examining.confirm_entry, NoFieldsSerializer, request, registration_id)


class RegistrationBeginCancellation(APIView):
    """Begin to cancel a registration in force, as its body, on a ground of the rules."""

    @extend_schema(
        operation_id="registrations_begin_cancellation",
        request=RefuseRegistrationSerializer,
        responses={201: PropertyRegistrationDetailSerializer},
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        answer = _acted(examining.begin_cancellation, RefuseRegistrationSerializer, request, registration_id)
        return Response(answer.data, status=201)


class RegistrationAnnotate(APIView):
    """Propose an annotation of a registration in force."""

    @extend_schema(
        operation_id="registrations_annotate",
        request=AnnotateSerializer,
        responses={201: RegistrationAnnotationSerializer},
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        body = body_of(AnnotateSerializer, request)
        made = annotating.annotate(registration_id=registration_id, fields=body, actor=actor_of(request))
        return Response(represent(RegistrationAnnotationSerializer, made), status=201)


class AnnotationFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=RegistrationAnnotation.State.choices)
    registration = django_filters.UUIDFilter("registration_id")


class AnnotationList(generics.GenericAPIView[RegistrationAnnotation]):
    """The annotations on the caller's registrations, or on those of its venues, newest first."""

    serializer_class = RegistrationAnnotationSerializer
    filterset_class = AnnotationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RegistrationAnnotation]:
        return RegistrationAnnotation.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="registration_annotations_list", responses=RegistrationAnnotationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RegistrationAnnotationSerializer(page, many=True).data)


class AnnotationConfirm(APIView):
    """Write a proposed annotation into the register."""

    @extend_schema(
        operation_id="registration_annotations_confirm",
        request=NoFieldsSerializer,
        responses=RegistrationAnnotationSerializer,
    )
    @idempotent()
    def post(self, request: Request, annotation_id: UUID) -> Response:
        return _annotated(annotating.confirm_annotation, NoFieldsSerializer, request, annotation_id)


class AnnotationReject(APIView):
    """Do not write a proposed annotation."""

    @extend_schema(
        operation_id="registration_annotations_reject",
        request=ReasonSerializer,
        responses=RegistrationAnnotationSerializer,
    )
    @idempotent()
    def post(self, request: Request, annotation_id: UUID) -> Response:
        return _annotated(annotating.reject_annotation, ReasonSerializer, request, annotation_id)


class AnnotationAskToLift(APIView):
    """Ask that an annotation be lifted."""

    @extend_schema(
        operation_id="registration_annotations_ask_to_lift",
        request=ReasonSerializer,
        responses=RegistrationAnnotationSerializer,
    )
    @idempotent()
    def post(self, request: Request, annotation_id: UUID) -> Response:
        return _annotated(annotating.ask_to_lift, ReasonSerializer, request, annotation_id)


class AnnotationLift(APIView):
    """Lift an annotation, as somebody else asked."""

    @extend_schema(
        operation_id="registration_annotations_lift",
        request=ReasonSerializer,
        responses=RegistrationAnnotationSerializer,
    )
    @idempotent()
    def post(self, request: Request, annotation_id: UUID) -> Response:
        return _annotated(annotating.lift_annotation, ReasonSerializer, request, annotation_id)


class RegistrationObject(APIView):
    """Object to a registration in publicity or in force."""

    @extend_schema(
        operation_id="registrations_object", request=ObjectSerializer, responses={201: RegistrationObjectionSerializer}
    )
    @idempotent()
    def post(self, request: Request, registration_id: UUID) -> Response:
        body = body_of(ObjectSerializer, request)
        raised = objections.object_to_registration(registration_id=registration_id, **body, actor=actor_of(request))
        return Response(represent(RegistrationObjectionSerializer, raised), status=201)


class ObjectionList(generics.GenericAPIView[RegistrationObjection]):
    """The objections that the caller raised, answers for or decides, newest first."""

    serializer_class = RegistrationObjectionSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RegistrationObjection]:
        return RegistrationObjection.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="registration_objections_list", responses=RegistrationObjectionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(RegistrationObjectionSerializer(page, many=True).data)


class ObjectionNotify(APIView):
    """Tell the holder of a registration in force of an objection."""

    @extend_schema(
        operation_id="registration_objections_notify",
        request=NoFieldsSerializer,
        responses=RegistrationObjectionSerializer,
    )
    @idempotent()
    def post(self, request: Request, objection_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        told = objections.notify_holder(objection_id=objection_id, actor=actor_of(request))
        return Response(represent(RegistrationObjectionSerializer, told))


class ObjectionAnswer(APIView):
    """Answer an objection, as the holder or applicant."""

    @extend_schema(
        operation_id="registration_objections_answer",
        request=AnswerObjectionSerializer,
        responses=RegistrationObjectionSerializer,
    )
    @idempotent()
    def post(self, request: Request, objection_id: UUID) -> Response:
        body = body_of(AnswerObjectionSerializer, request)
        answered = objections.answer_objection(objection_id=objection_id, **body, actor=actor_of(request))
        return Response(represent(RegistrationObjectionSerializer, answered))


class ObjectionDecide(APIView):
    """Uphold or dismiss an objection, with reasons."""

    @extend_schema(
        operation_id="registration_objections_decide",
        request=DecideObjectionSerializer,
        responses=RegistrationObjectionSerializer,
    )
    @idempotent()
    def post(self, request: Request, objection_id: UUID) -> Response:
        body = body_of(DecideObjectionSerializer, request)
        decided = objections.decide_objection(objection_id=objection_id, **body, actor=actor_of(request))
        return Response(represent(RegistrationObjectionSerializer, decided))


def _acted(
    act: Callable[..., PropertyRegistration],
    serializer: type[StrictSerializer],
    request: Request,
    registration_id: UUID,
) -> Response:
    """Call the capability function with the members of the body as they are."""
    body = body_of(serializer, request)
    return Response(_json(act(registration_id=registration_id, **body, actor=actor_of(request))))


def _annotated(
    act: Callable[..., RegistrationAnnotation],
    serializer: type[StrictSerializer],
    request: Request,
    annotation_id: UUID,
) -> Response:
    body = body_of(serializer, request)
    return Response(
        represent(RegistrationAnnotationSerializer, act(annotation_id=annotation_id, **body, actor=actor_of(request)))
    )


def _visible(request: Request) -> models.QuerySet[PropertyRegistration]:
    rows = PropertyRegistration.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "organization", "follows").with_annotations()


def _json(registered: PropertyRegistration) -> Any:
    shown = PropertyRegistration.objects.filter(pk=registered.pk).with_annotations().get()
    return represent(PropertyRegistrationDetailSerializer, shown)
