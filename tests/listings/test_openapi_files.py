"""OpenAPI descriptions as files: their operations are the rows, and what cannot be relied upon is refused."""

import json
from typing import Any

import pytest
import yaml

from listings.profiling.openapi import profile_openapi
from listings.profiling.profile import TableProfile
from listings.profiling.reading import detect_format
from listings.profiling.refusals import Refusal

from .files import chunks, column


def description(**changes: Any) -> dict[str, Any]:
    """Return a small description of an interface to companies' credit reports."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "企业信用报告接口", "version": "1.2"},
        "servers": [{"url": "https://api.example.cn/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/companies/{uscc}": {
                "parameters": [{"$ref": "#/components/parameters/uscc"}],
                "get": {
                    "operationId": "company",
                    "summary": "查询企业",
                    "parameters": [{"name": "year", "in": "query", "schema": {"type": "integer"}}],
                    "responses": {
                        "200": {
                            "description": "企业",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Company"}}},
                        },
                        "404": {"description": "none"},
                    },
                },
                "post": {
                    "security": [{"key": [], "oauth": ["write"]}, {}],
                    "deprecated": True,
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": {"204": {"description": "done"}},
                },
            }
        },
        "components": {
            "parameters": {"uscc": {"name": "uscc", "in": "path", "required": True, "schema": {"type": "string"}}},
            "schemas": {"Company": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "oauth": {"type": "oauth2", "flows": {}},
            },
        },
        **changes,
    }


def profile(content: str | dict[str, Any]) -> TableProfile:
    text = json.dumps(content, ensure_ascii=False) if isinstance(content, dict) else content
    return profile_openapi(chunks(text.encode(), 1000))


def refusal(content: str | dict[str, Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        profile(content)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("as_yaml", [False, True])
def test_every_operation_is_a_row(version: str, as_yaml: bool) -> None:
    content = description(openapi=version)
    text = yaml.safe_dump(content, allow_unicode=True) if as_yaml else json.dumps(content)
    assert detect_format("api.yaml" if as_yaml else "api.json", text.encode()) == "OPENAPI"
    found = profile(text)
    assert (found.format, found.rows) == ("OPENAPI", 2)
    names = [each["name"] for each in found.columns]
    get, post = (dict(zip(names, row, strict=True)) for row in found.sample)
    assert get["parameters"] == "uscc (path), year (query)"
    assert (get["method"], get["statuses"], get["answers"], get["auth"]) == (
        "GET",
        "200, 404",
        "application/json",
        "key",
    )
    assert (post["request"], post["auth"], post["deprecated"]) == ("application/json", "key + oauth", True)
    assert found.details["title"] == "企业信用报告接口"
    assert found.details["auth"] == {"key": "apiKey", "oauth": "oauth2"}
    assert (found.details["operations"], found.details["parameters"], found.details["schemas"]) == (2, 3, 1)
    assert [warning["code"] for warning in found.warnings] == ["operations_without_auth"]


def test_references_to_other_documents_are_told_and_not_followed() -> None:
    content = description()
    content["paths"]["/other"] = {"$ref": "http://169.254.169.254/latest/meta-data"}
    content["paths"]["/file"] = {"get": {"responses": {"200": {"$ref": "../../etc/passwd#/x"}}}}
    found = profile(content)
    assert found.rows == 3
    assert set(found.details["external"]) == {"http://169.254.169.254/latest/meta-data", "../../etc/passwd#/x"}
    assert "external_references" in [warning["code"] for warning in found.warnings]


def test_servers_without_encryption_are_told() -> None:
    found = profile(description(servers=[{"url": "http://api.example.cn"}]))
    assert "servers_without_tls" in [warning["code"] for warning in found.warnings]


def test_yaml_keeps_statuses_and_days_as_they_are_written() -> None:
    text = """
openapi: 3.1.0
info: {title: t, version: 2024-01-02}
paths:
  /a:
    get:
      responses:
        200: {description: ok}
"""
    found = profile(text)
    assert found.details["version"] == "2024-01-02"
    assert column(found, "statuses")["samples"] == ["200"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("a: 1\n", "not_openapi"),
        ("- 1\n- 2\n", "not_openapi"),
        ('{"openapi": "3.0.3", ', "malformed_document"),
        ('{"openapi": "3.0.3"} {}', "malformed_document"),
        ("openapi: [1\n", "malformed_document"),
        ("openapi: !!python/object/apply:os.system ['id']\n", "malformed_document"),
        ("openapi: 3.0.3\nx: " + "[" * 5000, "malformed_document"),
        ("a: &a [*a]\n", "malformed_document"),
        ({"swagger": "2.0"}, "openapi_version"),
        ("openapi: 3.0\n", "openapi_version"),
        ({"openapi": "4.0.0"}, "openapi_version"),
        ({"openapi": "3.0.3", "info": {"title": "t"}}, "malformed_openapi"),
        (description(paths={"/a": {"get": {"responses": []}}}), "malformed_openapi"),
        (description(paths={}), "no_operations"),
    ],
)
def test_what_describes_no_interface_is_refused(content: str | dict[str, Any], code: str) -> None:
    assert refusal(content).code == code


def test_aliases_that_multiply_are_refused_before_they_do() -> None:
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x","x"]']
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    why = refusal("\n".join(lines))
    assert (why.code, why.position["line"] <= 8) == ("malformed_document", True)


def test_references_that_lead_nowhere_or_in_circles_are_refused() -> None:
    nowhere = description()
    nowhere["paths"]["/companies/{uscc}"]["get"]["parameters"] = [{"$ref": "#/components/parameters/no"}]
    assert refusal(nowhere).code == "broken_reference"
    circle = description()
    circle["components"]["parameters"]["uscc"] = {"$ref": "#/components/parameters/uscc"}
    assert refusal(circle).code == "broken_reference"
