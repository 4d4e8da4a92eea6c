"""Rules that a provider sets for columns: checked on every row, with the rows behind each failure, masked."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings import uploading
from listings.models import DataFile, Dataset
from listings.profiling.head import columns_at_head
from tests.listings.offers import provider_actor
from tests.marketplace.trading import listed_dataset
from tests.refusals import refused
from tests.world import Api, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

# The third column and the fifth are ruled; the others may hold what they like.
RULES = {
    "fields": [
        {"name": "kind", "type": "string", "constraints": {"enum": ["street", "town"], "required": True}},
        {"name": "area", "type": "number", "constraints": {"minimum": 0, "maximum": 100}},
        {"name": "code", "type": "string", "constraints": {"pattern": "44\\d{7}", "unique": True}},
    ]
}
HEAD = "code,name,kind,since,area\n"
ROWS = [
    "440103001,沙面街道,street,2001-01-01,1.5",
    "440103002,=岭南街道,village,2001-01-01,2.5",
    "x40103003,华林街道,,2001-01-01,3.5",
    "440103001,多宝街道,town,2001-01-01,-4",
]
TABLE = HEAD + "\n".join(ROWS) + "\n"


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def dataset(provider: Organization) -> Dataset:
    return uploading.register_dataset(title={"en": "Sub-districts"}, actor=provider_actor(provider))


def uploaded(dataset: Dataset, content: str = TABLE, *, format: str = "CSV", **rules: Any) -> DataFile:  # noqa: A002
    """Upload and seal a version of one file, and let the job profile it."""
    who = provider_actor(dataset.organization)
    version = uploading.open_version(dataset_id=dataset.pk, actor=who)
    file = uploading.add_file(version_id=version.pk, name="streets", format=format, **rules, actor=who)
    uploading.receive_part(file_id=file.pk, number=1, body=[content.encode()], actor=who)
    uploading.complete_file(file_id=file.pk, actor=who)
    uploading.seal_version(version_id=version.pk, actor=who)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    file.refresh_from_db()
    assert file.state == DataFile.State.READY
    return file


def broken(file: DataFile) -> dict[tuple[str, str], list[int]]:
    """Return the rows behind each broken rule, by rule and column, as the quality report has them."""
    return {
        (each["code"], each["params"]["column"]): each["rows"]
        for each in file.profile["quality"]["deductions"]
        if each["code"].endswith("_broken") or each["code"] in ("not_allowed", "required_missing")
    }


FOUND = {
    ("not_allowed", "kind"): [2],
    ("required_missing", "kind"): [3],
    ("pattern_broken", "code"): [3],
    ("unique_broken", "code"): [4],
    ("range_broken", "area"): [4],
}


def test_rules_find_their_columns_wherever_they_stand(dataset: Dataset) -> None:
    file = uploaded(dataset, table_schema=RULES)
    assert broken(file) == FOUND
    assert file.profile["rules"]["not_checked"] == file.profile["rules"]["missing"] == []
    assert broken(uploaded(dataset, table_schema={})) == {}


def test_rules_of_objects_find_their_members(dataset: Dataset) -> None:
    lines = '{"name": "a", "kind": "street", "area": 1}\n{"name": "b", "kind": "village", "area": 101}\n'
    file = uploaded(dataset, lines, format="JSONL", table_schema=RULES)
    assert broken(file) == {("not_allowed", "kind"): [2], ("range_broken", "area"): [2]}
    assert file.profile["rules"]["missing"] == ["code"]


def test_rules_go_on_with_the_next_version_until_they_are_ended(dataset: Dataset) -> None:
    uploaded(dataset, table_schema=RULES)
    assert broken(uploaded(dataset)) == FOUND
    assert uploaded(dataset, table_schema={}).table_schema is None
    assert uploaded(dataset).table_schema is None


def test_columns_are_read_off_the_first_lines_only() -> None:
    def once() -> Any:
        yield TABLE.encode()
        yield b"1,2,3,4,5\n" * 40_000
        pytest.fail("read on")

    assert columns_at_head(once(), format="CSV", declared_encoding="") == ["code", "name", "kind", "since", "area"]
    assert columns_at_head(iter([b'a,"b\n1,2']), format="CSV", declared_encoding="") == []
    assert columns_at_head(iter([b"{}"]), format="JSON", declared_encoding="") == []


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"fields": []}, "not_a_schema"),
        ({"fields": [{"name": "a", "type": "geopoint"}]}, "unknown_type"),
        ({"fields": [{"name": "a", "constraints": {"pattern": "(?=x)"}}]}, "wrong_value"),
        ({"fields": [{"name": "a"}], "foreignKeys": []}, "unknown_member"),
    ],
)
def test_a_rule_that_nobody_can_check_is_refused(dataset: Dataset, schema: dict[str, Any], code: str) -> None:
    version = uploading.open_version(dataset_id=dataset.pk, actor=provider_actor(dataset.organization))
    client = client_of(dataset)
    body = {"name": "a.csv", "format": "CSV", "table_schema": schema}
    answer = client.post(f"/api/v1/dataset-versions/{version.pk}/files", body)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["pointer"], error["code"]) == (400, "/table_schema", code)
    assert not version.files.exists()


def client_of(dataset: Dataset) -> Api:
    return api(make_client(person_of(dataset.organization)))


def rows_behind(client: Api, file: DataFile, rule: str, column: str) -> Any:
    deductions = file.profile["quality"]["deductions"]
    number = next(n for n, e in enumerate(deductions, 1) if (e["code"], e["params"].get("column")) == (rule, column))
    return client.get(f"/api/v1/files/{file.pk}/deductions/{number}/rows")


def test_the_rows_behind_a_deduction_can_be_fetched(dataset: Dataset) -> None:
    file = uploaded(dataset, table_schema=RULES)
    answer = rows_behind(client_of(dataset), file, "not_allowed", "kind")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    told = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert told[1:] == [["2", "440103002", "'=岭南街道", "village", "2001-01-01", "2.5"]]
    event = AuditEvent.objects.get(action="datafile.rows_read")
    assert event.details == {"rule": "not_allowed", "rows": [2]}


def test_personal_data_in_them_are_masked(dataset: Dataset) -> None:
    rules = {"fields": [{"name": "状态", "constraints": {"enum": ["在职"]}}]}
    people = (
        "姓名,身份证号,状态\n"
        "王小明,11010519491231002X,离职\n李红,440524198801010011,在职\n欧阳文,110105199003078473,在职\n"
    )
    file = uploaded(dataset, people, table_schema=rules)
    shown = rows_behind(client_of(dataset), file, "not_allowed", "状态").content.decode()
    assert "离职" in shown
    assert "11010519491231002X" not in shown
    assert "王小明" not in shown


def test_what_has_no_rows_or_is_not_there_is_told(dataset: Dataset, provider: Organization) -> None:
    file = uploaded(dataset, "1,2,3\n4,5,6\n")  # no header
    client = client_of(dataset)
    codes = [each["code"] for each in file.profile["quality"]["deductions"]]
    about_the_whole = client.get(f"/api/v1/files/{file.pk}/deductions/{codes.index('no_header') + 1}/rows")
    assert (about_the_whole.status_code, about_the_whole.json()["code"]) == (409, "no_rows_behind_it")
    for number in (0, len(codes) + 1):
        assert client.get(f"/api/v1/files/{file.pk}/deductions/{number}/rows").status_code == 404
    stranger = api(person_of(make_member()))
    assert stranger.get(f"/api/v1/files/{file.pk}/deductions/1/rows").status_code == 404
    with refused("not_found"):
        from listings.deduction_rows import deduction_rows

        deduction_rows(file_id=file.pk, number=1, actor=provider_actor(make_member()))


def test_staff_see_why_points_were_taken(provider: Organization) -> None:
    listing = listed_dataset(provider, content="编号,街道\n1,沙面街道\n2,\n3,华林街道\n".encode())
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    file = listing.version.files.get()
    shown = client.get(reverse("admin:listings_datafile_change", args=[file.pk])).text
    assert "1 of 3 values are missing in 街道." in shown
    assert f"/api/v1/files/{file.pk}/deductions/1/rows" in shown
