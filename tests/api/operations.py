"""Operations of the OpenAPI document, callable, and a look at everything that a refused request must not change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests.world import Api

APPS = ("kernel", "accounts", "settlements", "listings", "marketplace")


@dataclass(frozen=True)
class Operation:
    """A method at a path template, as the document declares it."""

    method: str
    template: str
    declared: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.template}"

    @property
    def is_list(self) -> bool:
        """Whether it answers with a page: `{"items": […], "next": …}`."""
        content = self.declared["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return {"items", "next"} <= schema.get("properties", {}).keys()

    def parameters(self, where: str) -> list[str]:
        return [each["name"] for each in self.declared.get("parameters", []) if each["in"] == where]

    def example(self) -> Any:
        """Return a body of the declared form: required members (all to be changed), with plain values."""
        content = self.declared.get("requestBody", {}).get("content", {})
        return self._plainest(content["application/json"]["schema"]) if "application/json" in content else {}

    def _plainest(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if "enum" in schema:
            return schema["enum"][0]
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            return self._plainest(part)
        kind = schema.get("type")
        match kind[0] if isinstance(kind, list) else kind:  # ["object", "null"]
            case "object" if "examples" in schema:
                return schema["examples"][0]
            case "object":
                members = schema.get("properties", {})
                wanted = schema.get("required", members if self.method == "patch" else ())
                return {name: self._plainest(members[name]) for name in wanted}
            case "array":
                return [self._plainest(schema["items"])]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        formats = {
            "uuid": str(uuid4()),
            "date": "2030-01-02",
            "date-time": "2030-01-02T03:04:05Z",
            "email": "somebody@example.com",
        }
        return formats.get(schema.get("format", ""), schema.get("examples", ["x"])[0])

    def path(self, ids: Mapping[str, str]) -> str:
        """Return the address with its parameters filled in."""
        return self.template.format(**ids)

    def call(self, client: Api, ids: Mapping[str, str], body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """Send the operation; a body goes with unsafe methods only."""
        if self.method == "get":
            return client.get(self.path(ids), query)
        return getattr(client, self.method)(self.path(ids), body)


def is_problem(response: Any, status: int | None = None) -> bool:
    """Tell whether a response is a problem document of a client's fault that says nothing of our inside."""
    body = response.json()
    return (
        response["Content-Type"] == "application/problem+json"
        and 400 <= response.status_code < 500
        and response.status_code == body["status"] == (status or body["status"])
        and bool(body["code"] and body["detail"])
        and "Traceback" not in response.text
    )


@contextmanager
def nothing_changes(*but: str) -> Iterator[None]:
    """Fail when a row of ours, or a stored object, comes or goes meanwhile, except in the tables named by `but`."""
    before = _everything()
    yield
    after = _everything()
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name] and name not in but}
    assert not changed, changed


def _everything() -> dict[str, object]:
    """Count every table in one statement: with one for each, most of a test's time would go into counting."""
    storage = Path(settings.STORAGE_URL.removeprefix("file://"))
    with connection.cursor() as cursor:
        cursor.execute(_count_of_every_table())
        return {
            **dict(cursor.fetchall()),
            "storage": sorted(str(path) for path in storage.rglob("*") if path.is_file()),
        }


@cache
def _count_of_every_table() -> sql.Composed:
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    count = sql.SQL("SELECT {label}, count(*) FROM {table}")
    return sql.SQL(" UNION ALL ").join(
        count.format(label=sql.Literal(model._meta.label), table=sql.Identifier(model._meta.db_table))
        for model in models
    )
