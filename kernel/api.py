"""What every API view and serializer shares: strict bodies, the actor, and lists."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from kernel.actors import NOBODY, Actor
from kernel.digests import LARGEST_EXACT_INTEGER


class StrictJSONParser(JSONParser):
    """JSON that PostgreSQL can store and a contract can quote: no NUL characters, no number that loses digits."""

    strict = True

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_TOO_DEEP) from error
        if not isinstance(data, dict):
            raise ParseError(_("The body must be a JSON object."))
        refuse_what_cannot_be_kept(data)
        return data


DEEPEST = 32  # levels of objects and arrays; our own bodies have five
_TOO_DEEP = _("The body is nested too deeply.")


def refuse_what_cannot_be_kept(value: Any, depth: int = 0) -> None:
    """Raise ParseError for JSON that PostgreSQL cannot store, or that other readers would read differently."""
    if depth > DEEPEST:
        raise ParseError(_TOO_DEEP)
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ParseError(_("The body has a NUL character."))
    elif isinstance(value, dict):
        for name, member in value.items():
            refuse_what_cannot_be_kept(name, depth)
            refuse_what_cannot_be_kept(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            refuse_what_cannot_be_kept(item, depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= LARGEST_EXACT_INTEGER:
        # RFC 8259 §6: what a double does not hold exactly is read differently by every other reader.
        raise ParseError(_("The body has a number beyond 2^53; write such amounts as strings."))


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


_SHARED: dict[type, serializers.BaseSerializer[Any]] = {}


def represent(serializer_class: type[serializers.BaseSerializer[Any]], row: Any) -> Any:
    """Return the JSON of one row.

    A serializer's own `.data` does the same, but builds all the fields anew, which costs as much as the queries do.
    """
    serializer = _SHARED.get(serializer_class) or _SHARED.setdefault(serializer_class, serializer_class())
    return serializer.to_representation(row)


def body_of(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's validated body; raises DRF's ValidationError, which becomes an `invalid` problem."""
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
