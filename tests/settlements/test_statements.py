"""Statements: what was held before and after some days, every entry between, as JSON, CSV, workbook and pages."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Organization, Person, Venue
from settlements import statement_files
from settlements.models import Account
from settlements.statements import span_of, statement_of
from tests.settlements.purse import Kind, account, draft, give, posted, yuan
from tests.world import api, person_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 3, 4, tzinfo=UTC)  # in Guangzhou
SPENT = [("=2+5", 1000), ("季度数据，“羊城”", 2), ("\x07bell", 3)]


@pytest.fixture
def purse(guangzhou: Venue, buyer: Organization) -> Iterator[UUID]:
    """A buyer's funds: 100 yuan on the third of November, and three fees on each of the next three days."""
    fees = account(Kind.FEES)
    with time_machine.travel(NOON, tick=False) as clock:
        opened = give(buyer, yuan(100))
        for _day in range(3):
            clock.shift(timedelta(days=1))
            for memo, amount in SPENT:
                posted(draft((opened, -amount), (fees, amount), memo=memo))
        yield opened


def test_a_statement_runs_from_what_was_held_before_to_what_was_held_then(
    purse: UUID, buyer: Organization, provider: Organization, officer: Person, shenzhen_officer: Person
) -> None:
    owner = api(person_of(buyer))
    path = f"/api/v1/balances/{purse}"
    days = {"first_day": "2026-11-05", "last_day": "2026-11-05"}

    with CaptureQueriesContext(connection) as few:
        told = owner.get(f"{path}/statement", days).json()
    entries = owner.get(f"{path}/entries", days | {"limit": "2"}).json()
    rest = owner.get(f"{path}/entries", days | {"limit": "2", "cursor": entries["next"]}).json()

    amounts = {name: told[name]["amount"] for name in ("opening", "received", "spent", "closing")}
    assert amounts == {"opening": "89.95", "received": "0.00", "spent": "-10.05", "closing": "79.90"}
    assert (told["entries"], told["first_day"]) == (3, "2026-11-05")
    found = [*entries["items"], *rest["items"]]
    assert [each["balance_after"]["amount"] for each in found] == ["79.90", "79.93", "79.95"]
    assert rest["next"] is None
    with CaptureQueriesContext(connection) as many:
        whole = owner.get(f"{path}/statement").json()
    assert (whole["opening"]["amount"], whole["closing"]["amount"], whole["entries"]) == ("0.00", "69.85", 10)
    assert len(few) == len(many) <= 6

    assert api(officer).get(f"{path}/statement", days).json() == told
    for stranger in (person_of(provider), shenzhen_officer):
        for name in ("statement", "statement.csv", "statement.xlsx", "statement.pdf"):
            assert api(stranger).get(f"{path}/{name}").status_code == 404
    for wrong, pointer in (
        ({"first_day": "2026-11-06", "last_day": "2026-11-05"}, "/last_day"),
        ({"first_day": "x"}, "/first_day"),
    ):
        for name in ("entries", "statement", "statement.csv", "statement.pdf"):
            refusal = owner.get(f"{path}/{name}", wrong)
            assert (refusal.status_code, refusal.json()["errors"][0]["pointer"]) == (400, pointer)


def test_the_files_hold_the_same_rows_and_run_no_formula(purse: UUID, buyer: Organization) -> None:
    owner = api(person_of(buyer))
    path, days = f"/api/v1/balances/{purse}/statement", {"first_day": "2026-11-05", "last_day": "2026-11-06"}

    answer = owner.get(f"{path}.csv", days)
    assert 'filename="gzdex-client-cny-2026-11-05-2026-11-06.csv"' in answer["Content-Disposition"]
    header, opening, *rows, closing = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert header[:3] == ["posted_at", "kind", "reference"]
    assert (opening[1], opening[5], closing[1], closing[5]) == ("OPENING", "89.95", "CLOSING", "69.85")
    assert [row[3] for row in rows[:2]] == ["'=2+5", "季度数据，“羊城”"]
    assert [(row[4], row[5]) for row in rows[:2]] == [("-10.00", "79.95"), ("-0.02", "79.93")]
    assert rows[0][0] == "2026-11-05 12:00:00+08:00"  # by the venue's clock

    book = owner.get(f"{path}.xlsx", days, headers={"accept-language": "zh-hans"})
    [sheet] = load_workbook(io.BytesIO(b"".join(book.streaming_content))).worksheets
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(cells) == 2 + 1 + 6 + 1
    assert (cells[3][3], cells[5][3]) == ("'=2+5", "bell")
    assert (cells[3][4], cells[3][5], cells[-1][5]) == (-10, 79.95, 69.85)
    assert sheet.cell(4, 5).number_format == "#,##0.00"

    for language, font in (("zh-hans", b"STSong-Light"), ("zh-hant", b"MSung-Light"), ("en", b"STSong-Light")):
        sheet_of_paper = owner.get(f"{path}.pdf", days, headers={"accept-language": language})
        content = b"".join(sheet_of_paper.streaming_content)
        assert content.startswith(b"%PDF-")
        assert font in content


def test_a_hot_accounts_statement_has_running_balances_too_and_pages_follow_one_another(
    purse: UUID, guangzhou: Venue, monkeypatch: pytest.MonkeyPatch, buyer: Organization
) -> None:
    fees = Account.objects.select_related("venue", "organization").get(kind=Kind.FEES)
    statement = statement_of(fees, span_of(fees, date(2026, 11, 5), None))
    balances = [held.minor for _entry, held in statement.rows()]
    assert balances == [2005, 2007, 2010, 3010, 3012, 3015]
    assert (statement.opening.minor, statement.closing.minor) == (1005, 3015)

    monkeypatch.setattr(statement_files, "LINES_PER_PAGE", 3)
    pages = list(statement_files._sheets(statement))
    assert [len(lines) for lines in pages] == [3, 3, 2]
    assert statement_files.pages(statement).read().count(b"/Type /Page\n") == 3

    nothing = statement_of(fees, span_of(fees, date(2027, 1, 1), None))
    assert (list(nothing.rows()), nothing.opening.minor, nothing.closing.minor) == ([], 3015, 3015)
    monkeypatch.setitem(statement_files.MOST_ROWS, "pdf", 2)
    long = api(person_of(buyer)).get(f"/api/v1/balances/{purse}/statement.pdf")
    assert long.json()["errors"][0]["code"] == "too_many_entries"
