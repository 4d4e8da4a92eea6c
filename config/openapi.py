"""What the OpenAPI document says of every operation: how to sign in, the Idempotency-Key, and the problem documents."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.permissions import SCOPE_LABELS
from kernel.languages import LANGUAGE_TAGS

Schema = dict[str, Any]

PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "RFC 9457 problem document; `code` is stable, `detail` is in the language of Accept-Language.",
    "required": ["type", "title", "status", "code", "detail", "instance", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 JSON pointer into the body"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
PROBLEM_RESPONSE: Schema = {
    "description": "A refusal or failure.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _may_be_blank(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    columns = {column.name: column for column in model._meta.get_fields()} if model else {}
    return bool(getattr(columns.get(field.source), "blank", False))


class ExchangeSchema(AutoSchema):
    """Adds the Idempotency-Key header to the operations that take one, and says which choices may be blank."""

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Schema:
        # DRF forgets that a column may be blank as soon as its field is only read.
        if isinstance(field, serializers.ChoiceField) and field.read_only and _may_be_blank(field):
            field.allow_blank = True
        mapped: Schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return mapped

    def get_override_parameters(self) -> list[Any]:
        required = getattr(getattr(self.view, self.method.lower()), "idempotency_required", None)
        declared = list(super().get_override_parameters())
        if required is None:
            return declared
        header = OpenApiParameter(
            "Idempotency-Key",
            str,
            OpenApiParameter.HEADER,
            required=required,
            description="The same key with the same request answers the same again, without a second effect.",
        )
        return [*declared, header]


def add_problems(result: Schema, **_circumstances: Any) -> Schema:
    """Let every operation say that it may answer with a problem document (a drf-spectacular hook)."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for operations in result["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", PROBLEM_RESPONSE)
    return result


class LanguageMap(OpenApiSerializerFieldExtension):
    target_class = "kernel.languages.LanguageMapSerializerField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """Describe a map of languages; sent with at least one text, answered as it stands."""
        text: Schema = {"type": "string"}
        schema: Schema = {"type": "object", "additionalProperties": False}
        if direction == "request":
            schema["minProperties"] = text["minLength"] = 1
            if self.target.text_length is not None:
                text["maxLength"] = self.target.text_length
        schema["properties"] = dict.fromkeys(LANGUAGE_TAGS, text)
        schema["examples"] = [{"zh-Hans": "广东省街道名录", "en": "Sub-districts of Guangdong"}]
        return schema


class TypeFields(OpenApiSerializerFieldExtension):
    target_class = "listings.api.product_serializers.TypeFieldsField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """Describe values whose names and forms depend on the type of product (GET product-types)."""
        return {"type": "object", "additionalProperties": True, "examples": [{"shape": ["TABLE"]}]}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        """Describe the client-credentials grant and its scopes."""
        scopes = {scope: str(label) for scope, label in SCOPE_LABELS.items()}
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}}}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.ConsoleSessionAuthentication"
    name = "console-session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        """Describe the console's session cookie; unsafe methods need X-CSRFToken too."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class PasswordScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.PasswordAuthentication"
    name = "email-and-password"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        """Describe HTTP Basic, taken only where API clients are made."""
        return {"type": "http", "scheme": "basic"}
