"""Who am I, and what may I do."""

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import people
from accounts.api.serializers import MeSerializer, PasswordSerializer, PersonSerializer, UpdateMeSerializer
from accounts.authentication import ConsoleSessionAuthentication, person_of_password
from accounts.models import Affiliation, Person, Venue
from kernel.actors import Actor
from kernel.api import actor_of, body_of, represent


class Me(APIView):
    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(represent(MeSerializer, _standing(actor_of(request))))


class MyProfile(APIView):
    """A person's own name and language; only for a session, not for programs."""

    authentication_classes = (ConsoleSessionAuthentication,)

    @extend_schema(operation_id="me_update", request=UpdateMeSerializer, responses=PersonSerializer)
    def patch(self, request: Request) -> Response:
        changes = body_of(UpdateMeSerializer, request)
        person = people.update_profile(person=_person(request), **changes, actor=actor_of(request))
        return Response(represent(PersonSerializer, person))


class MyPassword(APIView):
    """Set a new password; wrong guesses of the present one count towards the lockout."""

    authentication_classes = (ConsoleSessionAuthentication,)

    @extend_schema(operation_id="me_change_password", request=PasswordSerializer, responses={204: None})
    def put(self, request: Request) -> Response:
        body = body_of(PasswordSerializer, request)
        person = person_of_password(request, _person(request).email, body["current_password"])
        people.change_password(person=person, password=body["new_password"], actor=actor_of(request))
        update_session_auth_hash(request._request, person)
        return Response(status=204)


def _person(request: Request) -> Person:
    return cast(Person, request.user)  # the only authentication of these views is a person's session


def _is(affiliation: Affiliation, actor: Actor) -> bool:
    return affiliation.organization_id == actor.organization_id


def _standing(actor: Actor) -> dict[str, Any]:
    affiliations = list(
        Affiliation.objects.filter(person=actor.person_id).select_related("person", "organization").order_by("pk")
    )
    return {
        "kind": actor.kind.value,
        "id": actor.id,
        "name": actor.label,
        "person": Person.objects.filter(pk=actor.person_id).first() if actor.person_id else None,
        "organization": next((each.organization for each in affiliations if _is(each, actor)), None),
        "organizations": affiliations,
        "venues": list(Venue.objects.filter(pk__in=sorted(actor.venue_ids)).values_list("code", flat=True)),
        "permissions": sorted(actor.permissions),
    }
