"""Editing what is offered, over HTTP: by its provider, and the review of what is material by the venue's staff."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings import revising, revision_stages
from listings.api.listing_serializers import (
    AnswersSerializer,
    ListingPartsSerializer,
    ListingSerializer,
    PassStageSerializer,
)
from listings.api.listings import listing_json
from listings.api.product_serializers import (
    DossierSerializer,
)
from listings.models import ListingRevision, ReviewStage
from listings.release_words import change_sentence


class EditListingSerializer(ListingPartsSerializer):
    """What is to change; what is left out stays."""

    dossier = DossierSerializer(required=False)
    reason = serializers.CharField(max_length=2000, help_text=_("Why; reviewers read it."))


class ApproveRevisionSerializer(AnswersSerializer):
    """The answers of the last stage, and what its officer adds."""

    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RevisionChangeSerializer(serializers.Serializer[Any]):
    """One field, side by side; versions, terms and plans by their keys and as people read them."""

    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    material = serializers.BooleanField(help_text=_("Whether this is why the edit is reviewed."))


class RevisionSerializer(serializers.ModelSerializer[ListingRevision]):
    listing_id = serializers.UUIDField()
    listing = serializers.CharField(source="listing.number")
    venue = serializers.CharField(source="venue.code")
    changes = RevisionChangeSerializer(many=True)
    overdue = serializers.BooleanField(source="is_overdue")

    class Meta:
        model = ListingRevision
        fields: tuple[str, ...] = (
            "id",
            "listing_id",
            "listing",
            "venue",
            "organization_id",
            "number",
            "state",
            "reason",
            "changes",
            "rule_set",
            "stages",
            "stage",
            "stage_due_at",
            "due_at",
            "overdue",
            "decided_at",
            "decision_note",
            "created_at",
        )
        read_only_fields = fields


class RevisionDetailSerializer(RevisionSerializer):
    """A revision with what a new version changes for readers of the one that is offered."""

    schema_changes = serializers.SerializerMethodField()

    class Meta(RevisionSerializer.Meta):
        fields = (*RevisionSerializer.Meta.fields, "schema_changes")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_schema_changes(self, revision: ListingRevision) -> list[str]:
        return [change_sentence(change) for change in revising.schema_changes_of(revision)]


class EditOutcomeSerializer(serializers.Serializer[Any]):
    """The listing as it is now, and the revision that is under review where the edit is material."""

    applied = serializers.BooleanField(help_text=_("Whether the edit has taken effect."))
    listing = ListingSerializer()
    revision = RevisionSerializer(allow_null=True)


def revisions_seen_by(request: Request) -> models.QuerySet[ListingRevision]:
    """Return the caller's revisions with all that their JSON shows, in one query."""
    visible = ListingRevision.objects.visible_to(actor_of(request))
    return visible.select_related("listing", "venue").defer("listing__search")


def revision_json(revision_id: UUID, request: Request) -> Any:
    """Return the JSON of one revision as it is now, or raise Http404."""
    return represent(RevisionDetailSerializer, get_object_or_404(revisions_seen_by(request), pk=revision_id))


class ListingEdit(APIView):
    """Edit what is offered: 200 when it has taken effect, 202 when it is material and is reviewed first."""

    @extend_schema(
        operation_id="listings_edit",
        request=EditListingSerializer,
        responses={200: EditOutcomeSerializer, 202: EditOutcomeSerializer},
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(EditListingSerializer, request)
        edit = revising.edit_listing(listing_id=listing_id, **body, actor=actor_of(request))
        outcome = {
            "applied": edit.revision is None,
            "listing": listing_json(listing_id, request),
            "revision": edit.revision and represent(RevisionSerializer, edit.revision),
        }
        return Response(outcome, status=200 if edit.revision is None else 202)


class RevisionFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ListingRevision.State.choices)
    stage = django_filters.ChoiceFilter(choices=ReviewStage.choices)
    listing = django_filters.UUIDFilter("listing_id")
    venue = django_filters.CharFilter("venue__code")


class RevisionList(generics.GenericAPIView[ListingRevision]):
    """The revisions of the caller's listings and, for staff, of those at their venues, newest first."""

    serializer_class = RevisionSerializer
    filterset_class = RevisionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ListingRevision]:
        return revisions_seen_by(self.request)

    @extend_schema(operation_id="listing_revisions_list", responses=RevisionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RevisionSerializer(page, many=True).data)


class RevisionDetail(APIView):
    """One revision, side by side with what it would replace."""

    @extend_schema(operation_id="listing_revisions_read", responses=RevisionDetailSerializer)
    def get(self, request: Request, revision_id: UUID) -> Response:
        return Response(revision_json(revision_id, request))


class RevisionPassStage(APIView):
    """The officer of the stage passes it; the next one opens."""

    @extend_schema(
        operation_id="listing_revisions_pass_stage", request=PassStageSerializer, responses=RevisionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, revision_id: UUID) -> Response:
        body = body_of(PassStageSerializer, request)
        revision_stages.pass_revision_stage(
            revision_id=revision_id, stage=body["stage"], answers=body["checklist"], actor=actor_of(request)
        )
        return Response(revision_json(revision_id, request))


class RevisionApprove(APIView):
    """Staff pass the last stage and put the revision in the place of what the listing offered."""

    @extend_schema(
        operation_id="listing_revisions_approve", request=ApproveRevisionSerializer, responses=RevisionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, revision_id: UUID) -> Response:
        body = body_of(ApproveRevisionSerializer, request)
        answers = body.pop("checklist")
        revising.approve_revision(revision_id=revision_id, answers=answers, **body, actor=actor_of(request))
        return Response(revision_json(revision_id, request))


class RevisionRefuse(APIView):
    """Staff leave the listing as it is, with a reason."""

    @extend_schema(
        operation_id="listing_revisions_refuse", request=ReasonSerializer, responses=RevisionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, revision_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        revising.refuse_revision(revision_id=revision_id, reason=reason, actor=actor_of(request))
        return Response(revision_json(revision_id, request))


class RevisionWithdraw(APIView):
    """The provider takes a revision back before it is decided."""

    @extend_schema(
        operation_id="listing_revisions_withdraw", request=NoFieldsSerializer, responses=RevisionDetailSerializer
    )
    @idempotent()
    def post(self, request: Request, revision_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        revising.withdraw_revision(revision_id=revision_id, actor=actor_of(request))
        return Response(revision_json(revision_id, request))
