"""Every operation, asked by somebody else: by nobody, and by the administrator of an organization that is no party."""

import pytest

from accounts.models import Capacity
from tests.api.operations import Operation, is_problem, nothing_changes
from tests.api.traded import Traded
from tests.world import api, make_client, make_member, person_of

pytestmark = pytest.mark.django_db

# What anybody may read: the catalogue, the rules, and what it takes to check a certificate.
PUBLIC = {
    "GET /api/v1/catalogue",
    "GET /api/v1/catalogue/dcat.jsonld",
    "GET /api/v1/catalogue/dcat.ttl",
    "GET /api/v1/catalogue/export.jsonl",
    "GET /api/v1/catalogue/export.ttl",
    "GET /api/v1/catalogue/facets",
    "GET /api/v1/catalogue/newest.atom",
    "GET /api/v1/catalogue/suggestions",
    "GET /api/v1/catalogue/{listing_id}",
    "GET /api/v1/catalogue/{listing_id}/croissant.json",
    "GET /api/v1/catalogue/{listing_id}/datapackage.json",
    "GET /api/v1/catalogue/{listing_id}/dcat.jsonld",
    "GET /api/v1/catalogue/{listing_id}/dcat.ttl",
    "GET /api/v1/catalogue/{listing_id}/matches",
    "GET /api/v1/catalogue/{listing_id}/page",
    "GET /api/v1/catalogue/{listing_id}/routes",
    "GET /api/v1/catalogue/{listing_id}/schema-org.jsonld",
    "GET /api/v1/catalogue/{listing_id}/similar",
    "GET /api/v1/certificates/{reference}/status",
    "GET /api/v1/credit-report-schema",
    "GET /api/v1/demand-board",
    "GET /api/v1/demand-board/{demand_id}",
    "GET /api/v1/document-types",
    "GET /api/v1/exchange-rates",
    "GET /api/v1/fee-schedules",
    "GET /api/v1/industries",
    "GET /api/v1/log/consistency",
    "GET /api/v1/log/events/{event_id}/inclusion",
    "GET /api/v1/log/public-keys",
    "GET /api/v1/log/tree-heads",
    "GET /api/v1/price-ceilings",
    "GET /api/v1/product-types",
    "GET /api/v1/register",
    "GET /api/v1/rule-sets",
    "GET /api/v1/rule-sets/{rule_set_id}",
    "GET /api/v1/source-kinds",
    "GET /api/v1/statistics/editions",
    "GET /api/v1/statistics/editions/{edition_id}",
    "GET /api/v1/statistics/editions/{edition_id}/cells",
    "GET /api/v1/statistics/editions/{edition_id}/cells.csv",
    "GET /api/v1/statistics/editions/{edition_id}/cells.xlsx",
    "GET /api/v1/statistics/index",
    "GET /api/v1/voucher-programmes",
    "GET /api/v1/voucher-programmes/{voucher_programme_id}",
    "GET /api/v1/statistics/index/{code}/chart.svg",
    "GET /api/v1/scenarios",
    "GET /api/v1/scenarios/{scenario_id}",
    "GET /api/v1/scenarios/{scenario_id}/matches",
    "GET /api/v1/tax-rates",
    "GET /api/v1/venues",
    "GET /api/v1/venues/{code}",
    "POST /api/v1/attestations/verify",
    "POST /api/v1/attestations/verify-file",
    "POST /api/v1/verification-requests/authorise",
    "POST /api/v1/verification-requests/for-holder",
    "POST /api/v1/verification-requests/withdraw",
}
# What somebody without an account begins with.
ENTRANCES = {"POST /api/v1/sign-up", "POST /api/v1/invitations/accept"}
# For everybody who is signed in.
FOR_MEMBERS = {"GET /api/v1/review-checklists/{venue_code}"}
# Anybody reads these rows, so that whoever may not change them is told so.
OF_PUBLIC_ROWS = {
    "POST /api/v1/voucher-programmes/{voucher_programme_id}/close",
    "POST /api/v1/voucher-programmes/{voucher_programme_id}/open",
    "POST /api/v1/voucher-programmes/{voucher_programme_id}/resume",
    "POST /api/v1/voucher-programmes/{voucher_programme_id}/suspend",
    "POST /api/v1/voucher-programmes/{voucher_programme_id}/withdraw",
    "POST /api/v1/price-ceilings/{ceiling_id}/confirm",
    "POST /api/v1/price-ceilings/{ceiling_id}/end",
    "POST /api/v1/price-ceilings/{ceiling_id}/withdraw",
    "GET /api/v1/rule-sets/{rule_set_id}/impact",
    "POST /api/v1/rule-sets/{rule_set_id}/switch-on",
    "POST /api/v1/rule-sets/{rule_set_id}/withdraw",
    "PUT /api/v1/rule-sets/{rule_set_id}",
    "POST /api/v1/statistics/editions/{edition_id}/discard",
    "POST /api/v1/statistics/editions/{edition_id}/publish",
}


def test_without_a_sign_in_only_what_is_public_answers(operations: list[Operation], world: Traded) -> None:
    nobody = api()
    with nothing_changes():
        answers = {each.name: each.call(nobody, world.ids).status_code for each in operations}
    assert {name for name, status in answers.items() if status not in (401, 403)} == PUBLIC | ENTRANCES
    assert [name for name, status in answers.items() if status >= 500] == []


def test_another_organization_neither_sees_nor_changes_a_row(operations: list[Operation], world: Traded) -> None:
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    with nothing_changes():
        for operation in operations:
            if not operation.parameters("path") or operation.name in PUBLIC | FOR_MEMBERS:
                continue
            answer = operation.call(stranger, world.ids, operation.example())
            assert is_problem(answer, 403 if operation.name in OF_PUBLIC_ROWS else 404), (operation.name, answer.json())


def test_lists_hold_nothing_of_another_organization(operations: list[Operation], world: Traded) -> None:
    stranger = make_member("gzdex", Capacity.BUYER)
    client = api(make_client(person_of(stranger)))
    own = {"/api/v1/affiliations", "/api/v1/api-clients", "/api/v1/memberships", "/api/v1/organizations"}
    for operation in operations:
        if operation.is_list and not operation.parameters("path") and operation.name not in PUBLIC:
            items = operation.call(client, {}).json()["items"]
            assert len(items) == (operation.template in own), operation.name


def test_a_token_does_not_act_for_another_organization(operations: list[Operation], world: Traded) -> None:
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))), world.member)
    for operation in operations:
        if operation.method == "get" and operation.name not in PUBLIC:
            assert is_problem(operation.call(stranger, world.ids), 403), operation.name
