"""What every API view and serializer shares: strict bodies, the actor, and lists."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from kernel.actors import NOBODY, Actor


class StrictJSONParser(JSONParser):
    """JSON that PostgreSQL can store and a contract can quote: no NaN, no NUL characters."""

    strict = True

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        data = super().parse(stream, media_type, parser_context)
        if not isinstance(data, dict):
            raise ParseError(_("The body must be a JSON object."))
        if _has_null_character(data):
            raise ParseError(_("The body has a NUL character."))
        return data


def _has_null_character(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return any(_has_null_character(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_null_character(part) for part in value)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses members it does not know, so that a misspelt field is never silently dropped."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = {
                name: [serializers.ErrorDetail(str(_("There is no such field.")), code="unknown_field")]
                for name in data.keys() - writable
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class NoFieldsSerializer(StrictSerializer):
    """The body of an act that takes nothing: `{}`."""


class ReasonSerializer(StrictSerializer):
    """The body of an act that must say why."""

    reason = serializers.CharField(max_length=2000)


def actor_of(request: Request) -> Actor:
    """Return who asks; `accounts.authentication` put it there."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return actor


def body_of(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's validated body; raises DRF's ValidationError, which becomes an `invalid` problem."""
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
