"""Every type of product has its own fields, plans and deliveries; what is wrong or missing is named."""

from datetime import date

import pytest

from kernel.languages import LANGUAGE_TAGS
from kernel.models import Certificate
from listings.models import DeliveryMode, Plan, Product, ProductType
from listings.plans import create_plan
from listings.product_types import TypeRule, type_rule, type_rules
from listings.registration import amend_product, create_product, register_product
from listings.type_fields import KINDS, missing_type_fields, shown_type_fields, type_field_errors
from tests.listings.offers import (
    TYPE_FIELDS,
    dossier,
    dossier_json,
    draft_listing,
    draft_product,
    listed,
    make_dataset,
    make_plan,
    provider_actor,
    registered_product,
)
from tests.refusals import refused
from tests.world import api, make_client, make_member, person_of

TODAY = date(2026, 11, 24)
API = "/api/v1"


@pytest.fixture
def provider(db):
    return make_member()


def errors_of(problem) -> dict[str, str]:
    return {error.pointer: error.code for error in problem.errors}


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_every_type_and_names_only_known_ways():
    rules = type_rules(TODAY)
    assert set(rules) == set(ProductType.values) == set(TYPE_FIELDS)
    for rule in rules.values():
        assert set(rule.delivery_codes) <= set(DeliveryMode.values)
        assert rule.plans
        assert {field.kind for field in rule.fields} <= KINDS.keys()
        assert all(field.choices for field in rule.fields if field.kind in ("choice", "choices"))


def test_everything_in_the_table_is_named_in_three_languages():
    for rule in type_rules(TODAY).values():
        labels = [rule.label, rule.family.label, *(way.label for way in (*rule.plans, *rule.deliveries))]
        for field in rule.fields:
            labels += [field.label, *([field.help] if field.help else []), *(each.label for each in field.choices)]
        assert all(set(label) == set(LANGUAGE_TAGS) and all(label.values()) for label in labels), rule.code


@pytest.mark.parametrize("code", ProductType.values)
def test_the_fields_that_a_provider_would_give_are_enough(code):
    rule = type_rule(code, on=TODAY)
    assert list(type_field_errors(rule, TYPE_FIELDS[code])) == []
    assert missing_type_fields(rule, TYPE_FIELDS[code]) == []
    assert len(missing_type_fields(rule, {})) == sum(field.required for field in rule.fields) > 0


def wrong(code: str, field: str, value: object) -> list[str]:
    rule: TypeRule = type_rule(code, on=TODAY)
    return [error.code for error in type_field_errors(rule, {field: value})]


@pytest.mark.parametrize(
    ("code", "field", "value", "expected"),
    [
        ("DATASET", "shape", ["TABLE", "TEXT"], []),
        ("DATASET", "shape", "TABLE", ["invalid"]),
        ("DATASET", "shape", [], ["invalid"]),
        ("DATASET", "shape", ["TABLE", "CUBE"], ["invalid_choice"]),
        ("DATASET", "shape", [["TABLE"]], ["invalid_choice"]),
        ("DATASET", "shape", ["TABLE", "TABLE"], ["repeated"]),
        ("DATASET", "structure", None, ["invalid_choice"]),
        ("DATASET", "structure", {"a": 1}, ["invalid_choice"]),
        ("DATASET", "record_unit", {"zh-Hans": "一家企业"}, []),
        ("DATASET", "record_unit", {"zh-Hans": "数" * 201}, ["max_length"]),
        ("DATASET", "record_unit", {"fr": "une rue"}, ["unknown_language"]),
        ("DATASET", "record_unit", "a street", ["required"]),
        ("DATASET", "colour", "red", ["unknown_field"]),
        ("API", "availability_percent", "99.95", []),
        ("API", "availability_percent", "100.1", ["out_of_range"]),
        ("API", "availability_percent", "99.12345", ["max_decimal_places"]),
        ("API", "availability_percent", 99.9, ["invalid"]),
        ("API", "availability_percent", "٩٩", ["invalid"]),
        ("API", "availability_percent", "NaN", ["invalid"]),
        ("API", "availability_percent", True, ["invalid"]),
        ("API", "response_time_ms", 0, ["out_of_range"]),
        ("API", "response_time_ms", 1.5, ["invalid"]),
        ("API", "documentation_url", "https://api.example.com/docs", []),
        ("API", "documentation_url", "http://api.example.com/docs", ["invalid"]),
        ("API", "documentation_url", "javascript:alert(1)", ["invalid"]),
        ("API", "documentation_url", "https://example.com/" + "x" * 500, ["invalid"]),
        ("REPORT", "published_on", "2025-02-30", ["invalid"]),
        ("REPORT", "published_on", "20250301", ["invalid"]),
        ("REPORT", "published_on", 2025, ["invalid"]),
        ("VISUAL", "interactive_filters", "yes", ["invalid"]),
        ("VISUAL", "viewer", "  ", ["invalid"]),
        ("VISUAL", "viewer", "a\u202eb", ["invalid"]),
        ("VISUAL", "viewer", "x" * 201, ["max_length"]),
        ("COMPUTE", "place", "440200", []),
        ("COMPUTE", "place", "韶关", ["invalid"]),
        ("COMPUTE", "place", "٤٤٠٢٠٠", ["invalid"]),
        ("COMPUTE", "capacity", 10**7 + 1, ["out_of_range"]),
        ("CORPUS", "synthetic_share", "-0.01", ["out_of_range"]),
    ],
)
def test_a_field_takes_what_its_kind_and_limits_allow(code, field, value, expected):
    assert wrong(code, field, value) == expected


def test_fields_are_an_object():
    assert [error.pointer for error in type_field_errors(type_rule("DATASET", on=TODAY), ["TABLE"])] == ["/type_fields"]


def test_a_strange_name_is_told_by_an_escaped_pointer():
    errors = list(type_field_errors(type_rule("DATASET", on=TODAY), {"a/b~c": 1}))
    assert errors[0].pointer == "/type_fields/a~1b~0c"


def test_values_are_shown_by_the_names_of_fields_and_choices():
    rule = type_rule("DATASET", on=TODAY)
    shown = shown_type_fields(rule, {"structure": "STRUCTURED", "shape": ["TABLE", "MAP OF AN OLDER EDITION"]})
    assert shown == {"shape": "table, MAP OF AN OLDER EDITION", "structure": "structured"}


# --- drafts and registration -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ProductType.values)
def test_a_product_of_every_type_is_registered(provider, code):
    product = registered_product(provider, product_type=code)
    assert product.state == Product.State.REGISTERED
    assert product.deliveries == type_rule(code, on=TODAY).delivery_codes[:1]


def test_a_wrong_value_is_refused_in_a_draft_and_nothing_is_kept(provider):
    with refused("invalid") as caught:
        draft_product(provider, type_fields={"shape": ["CUBE"], "colour": "red"})
    assert errors_of(caught.value) == {"/type_fields/shape": "invalid_choice", "/type_fields/colour": "unknown_field"}
    assert not Product.objects.exists()


def test_a_draft_may_have_gaps_that_registering_names(provider):
    product = draft_product(provider, type_fields={})
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/type_fields/shape": "required", "/type_fields/structure": "required"}


def test_fields_of_another_type_do_not_pass_when_the_type_changes(provider):
    product = draft_product(provider)
    with refused("invalid") as caught:
        amend_product(product_id=product.pk, changes={"product_type": "CORPUS"}, actor=provider_actor(provider))
    assert errors_of(caught.value) == dict.fromkeys(("/type_fields/shape", "/type_fields/structure"), "unknown_field")
    changes = {"product_type": "CORPUS", "type_fields": TYPE_FIELDS["CORPUS"]}
    assert (
        amend_product(product_id=product.pk, changes=changes, actor=provider_actor(provider)).product_type == "CORPUS"
    )


def test_a_delivery_that_the_type_does_not_allow_is_refused(provider):
    with refused("invalid") as caught:
        draft_product(provider, deliveries=["FILE", "ONSITE"])
    assert errors_of(caught.value) == {"/deliveries/1": "delivery_not_allowed"}


def test_a_service_is_made_of_no_dataset_and_a_table_is(provider):
    def make(code: str) -> Product:
        given = dossier(product_type=code)
        return create_product(dataset_id=None, dossier=given, actor=provider_actor(provider))

    assert make("SERVICE").dataset is None
    with refused("invalid") as caught:
        make("DATASET")
    assert errors_of(caught.value) == {"/product_type": "dataset_missing"}


# --- plans and offers ------------------------------------------------------------------------------------------------


def test_a_report_is_not_given_away(provider):
    product = draft_product(provider, product_type="REPORT")
    with refused("invalid") as caught:
        create_plan(product_id=product.pk, kind=Plan.Kind.FREE, price=None, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/kind": "plan_not_allowed"}
    assert create_plan_of(product).kind == Plan.Kind.ONE_OFF


def create_plan_of(product: Product) -> Plan:
    return make_plan(product, "10.00")


def test_a_product_keeps_a_type_that_its_plans_fit(provider):
    product = draft_product(provider)
    make_plan(product, "10.00")
    changes = {"product_type": "API", "type_fields": TYPE_FIELDS["API"], "deliveries": ["API"]}
    with refused("invalid") as caught:
        amend_product(product_id=product.pk, changes=changes, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/product_type": "plan_not_allowed"}


def test_what_the_exchange_cannot_deliver_yet_is_registered_but_not_offered(provider):
    product = registered_product(provider, deliveries=["SANDBOX"])
    with refused("delivery_not_open"):
        draft_listing(product)


def test_the_registration_certificate_states_the_particulars(provider):
    listed(provider)
    product = Certificate.objects.get(kind="registration").statement["content"]["product"]
    assert (product["type_fields"], product["deliveries"]) == (TYPE_FIELDS["DATASET"], ["FILE"])


# --- over HTTP -------------------------------------------------------------------------------------------------------


def test_a_client_reads_the_form_of_every_type(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = api().get(f"{API}/product-types")
    types = {each["code"]: each for each in answer.json()["items"]}
    assert set(types) == set(ProductType.values)
    shape = next(field for field in types["DATASET"]["type_fields"] if field["code"] == "shape")
    assert (shape["kind"], shape["mandatory"], shape["choices"][0]["name"]["zh-Hans"]) == ("choices", True, "表格")
    assert {plan["code"]: plan["open"] for plan in types["COMPUTE"]["plans"]}["METERED"] == ("METERED" in Plan.Kind)
    assert types["SERVICE"]["needs_dataset"] is False


def test_a_form_filled_in_from_the_answer_makes_a_product(provider):
    http = api(make_client(person_of(provider)))
    dataset = make_dataset(provider)
    body = {"dataset_id": str(dataset.pk), **dossier_json(product_type="INDEX")}
    created = http.post(f"{API}/products", body)
    assert created.status_code == 201
    assert created.json()["type_fields"] == TYPE_FIELDS["INDEX"]
    assert created.json()["deliveries"] == ["FILE"]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_refusal_names_the_field_and_the_reason_in_the_language_asked_for(provider, language):
    http = api(make_client(person_of(provider)))
    body = {"dataset_id": str(make_dataset(provider).pk), **dossier_json(type_fields={"shape": 7})}
    answer = http.post(f"{API}/products", body, headers={"Accept-Language": language})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/type_fields/shape"]
    assert answer.json()["errors"][0]["detail"].isascii() == (language == "en")


@pytest.mark.parametrize("value", ["TABLE", ["TABLE"], 7, None, True])
def test_fields_that_are_no_object_are_refused(provider, value):
    http = api(make_client(person_of(provider)))
    body = {"dataset_id": str(make_dataset(provider).pk), **dossier_json(type_fields=value)}
    answer = http.post(f"{API}/products", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/type_fields"]
