"""Samples of a corpus for people to read: drawn by a seed, judged by a filled sheet, passed by share."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from listings.corpora.declaring import declare_licences
from listings.corpora.sampling import chosen_rows, draw_sample, judge_sample, wilson
from listings.corpora.sheets import Judgement, read_sheet
from listings.listing import create_listing
from listings.models import CorpusSampling, DatasetVersion, LicenceChain
from listings.registration import create_product, register_product
from tests.listings.offers import dossier, make_plan, make_terms, provider_actor
from tests.marketplace.trading import listed_dataset, stored_version
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

ROWS = 120
TEXTS = [f"第{number}段：沙面是珠江边的一座小岛，岛上有许多老房子。" for number in range(1, ROWS + 1)]
TEXTS[4] = '=HYPERLINK("http://evil.example","点这里")'
CORPUS = "text\n" + "".join('"' + text.replace('"', '""') + '"\n' for text in TEXTS)


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def version(provider: Organization) -> DatasetVersion:
    return stored_version(provider, CORPUS.encode())


@pytest.fixture
def client(provider: Organization) -> Api:
    return api(make_client(person_of(provider)))


def judged(rows: list[int], *, failed: int = 0) -> list[Judgement]:
    return [
        Judgement(line, row, passed=line - 2 >= failed, reason="" if line - 2 >= failed else "PERSONAL")
        for line, row in enumerate(rows, 2)
    ]


def filled(sheet: bytes, verdict: str = "PASS") -> bytes:
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    file = io.StringIO()
    csv.writer(file).writerows([rows[0], *([item, text, verdict, "OTHER", ""] for item, text, *_rest in rows[1:])])
    return file.getvalue().encode("gb18030")


def sampling_of(rows: int, size: int, seed: int) -> CorpusSampling:
    return CorpusSampling(population=rows, size=size, seed=seed)


def test_a_seed_draws_the_same_rows_again_and_another_one_others() -> None:
    first, again = chosen_rows(sampling_of(100_000, 4000, 7)), chosen_rows(sampling_of(100_000, 4000, 7))
    other = chosen_rows(sampling_of(100_000, 4000, 8))
    assert first == again == sorted(set(first))
    assert len(first) == 4000
    assert (first[0] >= 1, first[-1] <= 100_000) == (True, True)
    assert len(set(first) & set(other)) == pytest.approx(160, abs=60)
    for start in range(0, 100_000, 25_000):  # no part is preferred
        assert sum(start < row <= start + 25_000 for row in first) == pytest.approx(1000, abs=120)


def test_large_versions_are_drawn_from_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = chosen_rows(sampling_of(5_000, 300, 3))
    monkeypatch.setattr("listings.corpora.sampling.CHUNK_ROWS", 700)
    assert chosen_rows(sampling_of(5_000, 300, 3)) == whole


@pytest.mark.parametrize(("passed", "items", "low", "high"), [(96, 100, 0.9016, 0.9843), (100, 100, 0.963, 1.0)])
def test_the_interval_is_wilsons(passed: int, items: int, low: float, high: float) -> None:
    assert wilson(passed, items, confidence=0.95) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_sample_is_drawn_read_judged_and_recorded(client: Api, version: DatasetVersion) -> None:
    answer = client.post(f"/api/v1/dataset-versions/{version.id}/corpus-samplings", {"seed": 5})
    assert answer.status_code == 201, answer.json()
    drawn = answer.json()
    assert (drawn["state"], drawn["size"], drawn["population"], drawn["by_exchange"]) == ("DRAWN", ROWS, ROWS, False)

    sheet = client.get(f"/api/v1/corpus-samplings/{drawn['id']}/sheet")
    assert sheet["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row["item"] for row in rows] == [str(number) for number in range(1, ROWS + 1)]
    assert rows[0]["text"] == TEXTS[0]
    assert rows[4]["text"] == "'" + TEXTS[4]

    answer = client.put(
        f"/api/v1/corpus-samplings/{drawn['id']}/judgement",
        filled(sheet.content, "通过"),
        content_type="application/octet-stream",
    )
    assert answer.status_code == 200, answer.json()
    result = answer.json()
    assert (result["state"], result["result"]["pass_share"], result["result"]["items"]) == ("PASSED", 1.0, ROWS)
    assert result["result"]["interval"][1] == 1.0
    actions = AuditEvent.objects.filter(subject_id=drawn["id"]).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["corpussampling.drawn", "corpussampling.passed"]


def test_the_sheet_is_a_workbook_too_whose_texts_are_no_formulas(client: Api, version: DatasetVersion) -> None:
    drawn = client.post(f"/api/v1/dataset-versions/{version.id}/corpus-samplings", {}).json()
    sheet = client.get(f"/api/v1/corpus-samplings/{drawn['id']}/sheet", {"form": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    cell = book.active["B6"]
    assert (cell.data_type, cell.value) == ("s", "'" + TEXTS[4])
    for row in range(2, ROWS + 2):
        book.active.cell(row, 3, "FAIL" if row < 8 else 1)
        book.active.cell(row, 4, "illegal" if row < 8 else None)
    file = io.BytesIO()
    book.save(file)
    answer = client.put(
        f"/api/v1/corpus-samplings/{drawn['id']}/judgement", file.getvalue(), content_type="application/octet-stream"
    )
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["state"], answer.json()["result"]["reasons"]) == ("FAILED", {"ILLEGAL": 6})


def test_a_sample_passes_from_the_share_of_the_protocol_on(provider: Organization, version: DatasetVersion) -> None:
    who = provider_actor(provider)
    outcomes = {}
    for failed in (4, 5):  # of 120, 96 % are 115.2
        sampling = draw_sample(version_id=version.id, actor=who)
        judgements = judged(chosen_rows(sampling), failed=failed)
        outcomes[failed] = judge_sample(
            sampling_id=sampling.id, judgements=judgements, sheet_sha256="0" * 64, actor=who
        ).state
    assert outcomes == {4: "PASSED", 5: "FAILED"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[1:], "items_missing"),
        (lambda rows: [*rows, rows[0]], "repeated_item"),
        (lambda rows: [*rows[:-1], Judgement(9, 10**6, passed=True, reason="")], "unknown_item"),
        (lambda rows: [Judgement(2, rows[0].row, passed=None, reason=""), *rows[1:]], "verdict_missing"),
        (lambda rows: [Judgement(2, rows[0].row, passed=False, reason="WHY"), *rows[1:]], "reason_missing"),
    ],
)
def test_a_sheet_with_gaps_is_refused_line_by_line(
    provider: Organization, version: DatasetVersion, change: Any, code: str
) -> None:
    who = provider_actor(provider)
    sampling = draw_sample(version_id=version.id, actor=who)
    with refused("invalid") as refusal:
        judge_sample(
            sampling_id=sampling.id,
            judgements=change(judged(chosen_rows(sampling))),
            sheet_sha256="0" * 64,
            actor=who,
        )
    assert code in [error.code for error in refusal.value.errors]
    sampling.refresh_from_db()
    assert sampling.state == "DRAWN"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04", b"\xff\xfe\x00", b"item,verdict\n1,PASS\n"])
def test_what_is_no_sheet_is_refused(content: bytes) -> None:
    with refused("invalid"):
        read_sheet(content)


def test_fewer_items_than_the_protocol_asks_for_are_refused(provider: Organization, version: DatasetVersion) -> None:
    for size in (ROWS - 1, ROWS + 1):
        with refused("invalid"):
            draw_sample(version_id=version.id, size=size, actor=provider_actor(provider))


def test_staff_see_nothing_of_what_is_not_offered_and_strangers_never(version: DatasetVersion) -> None:
    for who in (actor(staff("gzdex", Role.CLERK)), provider_actor(make_member("gzdex", Capacity.PROVIDER))):
        with refused("not_found"):
            draw_sample(version_id=version.id, actor=who)


def test_a_judged_sample_never_changes(provider: Organization, version: DatasetVersion) -> None:
    who = provider_actor(provider)
    sampling = draw_sample(version_id=version.id, actor=who)
    judgements = judged(chosen_rows(sampling))
    judge_sample(sampling_id=sampling.id, judgements=judgements, sheet_sha256="0" * 64, actor=who)
    with refused("illegal_state"):
        judge_sample(sampling_id=sampling.id, judgements=judgements, sheet_sha256="0" * 64, actor=who)
    for change in ({"result": {}}, {"seed": 1}, {"state": "FAILED"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            CorpusSampling.objects.filter(id=sampling.id).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        CorpusSampling.objects.filter(id=sampling.id).delete()


def test_a_chain_is_declared_judged_and_kept(client: Api, version: DatasetVersion) -> None:
    address = f"/api/v1/dataset-versions/{version.id}/licence-chains"
    sources = [
        {"name": "全唐诗", "licence": "PUBLIC-DOMAIN", "collected_on": "2026-01-02", "documents": 40},
        {"name": "博客", "licence": "CC-BY-NC-4.0", "url": "https://example.org"},
    ]
    answer = client.post(address, {"offered": "COMMERCIAL", "sources": sources})
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["compatible"], told["verdict"]["sources"][1]["reason"]) == (False, "non_commercial")
    assert told["verdict"]["sources"][1]["detail"]
    assert client.post(address, {"offered": "COMMERCIAL", "sources": sources[:1]}).json()["compatible"]
    assert [each["compatible"] for each in client.get(address).json()["items"]] == [True, False]
    for wrong in ({"offered": "NO-SUCH", "sources": sources}, {"offered": "COMMERCIAL", "sources": []}):
        assert client.post(address, wrong).status_code == 400
    with pytest.raises(DatabaseError), transaction.atomic():
        LicenceChain.objects.filter(version=version).update(compatible=True)


def test_neither_a_spoilt_chain_nor_a_failed_sample_is_offered(provider: Organization, version: DatasetVersion) -> None:
    who = provider_actor(provider)
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    sampling = draw_sample(version_id=version.id, actor=who)
    judgements = judged(chosen_rows(sampling), failed=20)
    judge_sample(sampling_id=sampling.id, judgements=judgements, sheet_sha256="0" * 64, actor=who)
    sources = [{"name": "博客", "licence": "NOASSERTION"}]
    declare_licences(version_id=version.id, offered="COMMERCIAL", sources=sources, actor=who)
    with refused("invalid") as refusal:
        create_listing(
            product_id=product.pk,
            venue_code="gzdex",
            version_id=version.pk,
            terms_id=make_terms(product).pk,
            plan_ids=[make_plan(product).pk],
            actor=who,
        )
    assert [error.code for error in refusal.value.errors] == ["licence_incompatible", "sampling_failed"]


def test_only_the_provider_declares(version: DatasetVersion) -> None:
    with refused("not_found"):
        declare_licences(
            version_id=version.id,
            offered="COMMERCIAL",
            sources=[{"name": "a", "licence": "OWN"}],
            actor=provider_actor(make_member("gzdex", Capacity.PROVIDER)),
        )


def test_staff_sample_what_is_offered_and_see_it_in_the_console(provider: Organization) -> None:
    listing = listed_dataset(provider)
    clerk = staff("gzdex", Role.CLERK)
    sampling = draw_sample(version_id=listing.version_id, actor=actor(clerk))
    assert sampling.by_exchange
    rows = chosen_rows(sampling)
    judge_sample(sampling_id=sampling.id, judgements=judged(rows, failed=1), sheet_sha256="0" * 64, actor=actor(clerk))
    sources = [{"name": "街道办", "licence": "CC-BY-NC-4.0"}]
    chain = declare_licences(
        version_id=listing.version_id, offered="COMMERCIAL", sources=sources, actor=provider_actor(provider)
    )
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    for row, told in ((sampling, "66.7%"), (chain, "街道办")):
        name = row._meta.model_name
        assert client.get(reverse(f"admin:listings_{name}_changelist")).status_code == 200
        assert told in client.get(reverse(f"admin:listings_{name}_change", args=[row.pk])).content.decode()
    sheet = client.get(reverse("corpus-sampling-sheet", args=[sampling.id]))
    assert sheet.status_code == 200
    assert len(list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))) == len(rows)
