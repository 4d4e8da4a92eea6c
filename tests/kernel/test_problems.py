"""Every error has one shape, and tells the client only what it may know."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions, serializers

from kernel.api import StrictSerializer
from kernel.problems import PROBLEMS, FieldError, Problem, problem_of


class ItemSerializer(StrictSerializer):
    price = serializers.IntegerField()


class BasketSerializer(StrictSerializer):
    items = ItemSerializer(many=True)
    note = serializers.CharField(required=False)


@pytest.mark.parametrize(
    ("exc", "code"),
    [
        (Http404(), "not_found"),
        (PermissionDenied(), "forbidden"),
        (exceptions.ParseError(), "malformed_body"),
        (exceptions.NotAuthenticated(), "unauthenticated"),
        (exceptions.MethodNotAllowed("PUT"), "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), "unsupported_media_type"),
        (exceptions.Throttled(3), "throttled"),
        (DataError("value too long"), "invalid"),
        (OperationalError("server closed the connection"), "unavailable"),
        (IntegrityError("secret table name"), "internal_error"),
        (ZeroDivisionError("secret"), "internal_error"),
    ],
)
def test_an_exception_becomes_a_named_problem(exc: Exception, code: str) -> None:
    problem, _headers = problem_of(exc)
    assert problem.code == code
    assert "secret" not in str(problem.as_json())


def test_field_errors_point_into_the_body() -> None:
    serializer = BasketSerializer(data={"items": [{"price": 1}, {"price": "x"}], "note": ""})
    with pytest.raises(serializers.ValidationError) as caught:
        serializer.is_valid(raise_exception=True)
    problem, _headers = problem_of(caught.value)
    assert {(e.pointer, e.code) for e in problem.errors} == {("/items/1/price", "invalid"), ("/note", "blank")}


def test_an_unknown_field_is_refused_where_it_stands() -> None:
    serializer = BasketSerializer(data={"items": [{"price": 1, "prise": 2}]})
    with pytest.raises(serializers.ValidationError) as caught:
        serializer.is_valid(raise_exception=True)
    problem, _headers = problem_of(caught.value)
    assert [(e.pointer, e.code) for e in problem.errors] == [("/items/0/prise", "unknown_field")]


def test_a_throttled_client_hears_when_to_come_back() -> None:
    assert problem_of(exceptions.Throttled(3))[1] == {"Retry-After": "4"}


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    body = Problem("invalid", errors=[FieldError("/a", "blank", "Empty.")], limit=3).as_json("/api/v1/x")
    assert body["type"] == "/problems/invalid"
    assert body["status"] == 400
    assert body["instance"] == "/api/v1/x"
    assert body["errors"] == [{"pointer": "/a", "code": "blank", "detail": "Empty."}]
    assert body["limit"] == 3


def test_every_problem_has_a_client_or_server_status() -> None:
    assert all(400 <= status < 600 for status, _title in PROBLEMS.values())


def test_an_unknown_api_address_is_a_problem_too(client: Client) -> None:
    response = client.get("/api/v1/nothing-here")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"
