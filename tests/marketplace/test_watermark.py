"""Marked copies: what the buyer gets differs from what others get, and a leaked part of it names the buyer."""

import csv
import hashlib
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Capacity, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings import uploading
from listings.crossborder.border_dossier import declare_border_dossier
from listings.crossborder.customs import payload_digest
from listings.grade_confirmation import confirm_grade
from listings.models import CustomsDeclaration, DatasetVersion, Listing
from marketplace.delivery.access import grant_access
from marketplace.delivery.watermark.copies import mark_copies
from marketplace.models import Delivery, MarkedFile
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.marketplace.crossing import buy, funded, released, standing
from tests.marketplace.trading import delivered, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, api, make_member, person_of, staff

pytestmark = pytest.mark.django_db
ROWS = 1200
TABLE = [
    {"id": f"R{number:05d}", "place": f"第{number % 97}街道", "lon": round(113 + number / 7919, 4), "n": number % 50}
    for number in range(ROWS)
]


def as_csv() -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, TABLE[0].keys())
    writer.writeheader()
    writer.writerows({**row, "lon": f"{row['lon']:.4f}"} for row in TABLE)
    return out.getvalue().encode("gb18030")


def as_jsonl() -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in TABLE).encode()


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(TABLE), out)
    return out.getvalue()


def as_text() -> bytes:
    return "".join(f"{row['id']} 位于{row['place']}，人口若干。\n" for row in TABLE).encode()


FILES: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "CSV": (as_csv, ["place", "lon"]),
    "JSONL": (as_jsonl, ["place", "lon"]),
    "PARQUET": (as_parquet, ["place", "lon"]),
    "TEXT": (as_text, ["*"]),
}


def offered(format_code: str, *, columns: list[str] | None = None, abroad: bool = False) -> Listing:
    """List a file of the format whose terms have its copies marked, `abroad` where it may cross the border."""
    from listings.listing import create_listing
    from listings.registration import create_product, register_product

    make, its_columns = FILES[format_code]
    provider = make_member("gzdex", Capacity.PROVIDER)
    who = actor(person_of(provider))
    dataset = uploading.register_dataset(title={"zh-Hans": "街道", "en": "Places"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    file = uploading.add_file(
        version_id=version.id, name=f"places.{format_code.lower()}", format=format_code, actor=who
    )
    uploading.receive_part(file_id=file.id, number=1, body=[make()], actor=who)
    uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    run_due_jobs(kinds=("dataset.profile",))
    version.refresh_from_db()
    assert version.state == DatasetVersion.State.READY, version.refusal
    product = create_product(dataset_id=dataset.id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    if abroad:
        standing(provider)
        confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
        border = {"reach": "ANYWHERE", "scenario": "OTHER", "n_general": 0, "n_sensitive": 0}
        declare_border_dossier(product_id=product.pk, fields=border, actor=who)
    terms = make_terms(product, watermark_columns=columns or its_columns)
    plans = [make_plan(product, "10.00").pk]
    parts = {"product_id": product.pk, "version_id": version.pk, "terms_id": terms.pk, "plan_ids": plans}
    return put_up(create_listing(venue_code="gzdex", actor=who, **parts))


def download(delivery: Delivery) -> bytes:
    entry = delivery.receipt["files"][0]
    buyer = actor(person_of(delivery.organization))
    grant = grant_access(delivery_id=delivery.pk, file_id=entry["id"], actor=buyer)
    answer = api().get(f"/api/v1/downloads/{grant.token}")
    content = b"".join(answer.streaming_content)
    assert answer["ETag"] == f'"{entry["sha256"]}"'
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (entry["sha256"], entry["size"])
    return content


def half_of(content: bytes, format_code: str) -> bytes:
    """What a thief keeps: half of the rows, in another order."""
    chance = random.Random(7)
    if format_code == "PARQUET":
        rows = pq.read_table(io.BytesIO(content)).to_pylist()
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(chance.sample(rows, len(rows) // 2)), out)
        return out.getvalue()
    lines = content.decode().splitlines(keepends=True)
    head = [lines.pop(0)] if format_code == "CSV" else []
    return "".join([*head, *chance.sample(lines, len(lines) // 2)]).encode()


def traced(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    # By chance alone one buyer in a thousand comes to the default threshold.
    call_command("trace_leak", str(path), "--json", "--threshold", "0.999999")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("format_code", FILES)
def test_half_a_copy_in_another_order_names_its_buyer(
    format_code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = offered(format_code)
    deliveries = [delivered(placed(listing, make_buyer())) for _buyer in range(3)]
    copies = [download(delivery) for delivery in deliveries]
    original = FILES[format_code][0]()
    assert len({*copies, original}) == 4

    leak = tmp_path / f"leak.{format_code.lower()}"
    leak.write_bytes(half_of(copies[1], format_code))
    found = traced(leak, capsys)
    assert found["compared"] == 3
    [suspect] = found["suspects"]
    assert suspect["order"] == deliveries[1].order.number
    assert suspect["confidence"] > 0.999999
    assert AuditEvent.objects.filter(action="markedfile.traced").count() == 1

    # What was never marked accuses nobody.
    plain = original.decode("gb18030").encode() if format_code == "CSV" else original
    leak.write_bytes(half_of(plain, format_code))
    assert traced(leak, capsys)["suspects"] == []


def test_the_marks_are_small_and_what_is_no_carrier_stays(tmp_path: Path) -> None:
    copy = download(delivered(placed(offered("CSV"), make_buyer()))).decode()
    rows = list(csv.DictReader(io.StringIO(copy)))
    for row, plain in zip(rows, TABLE, strict=True):
        assert (row["id"], row["n"]) == (plain["id"], str(plain["n"]))
        assert row["place"].rstrip("\u2060") == plain["place"]
        assert abs(float(row["lon"]) - plain["lon"]) < 0.00011
    kept = MarkedFile.objects.get()
    assert kept.anchor == "id"
    page = api(staff("gzdex", Role.COMPLIANCE_REVIEWER)).get(
        reverse("admin:marketplace_markedfile_change", args=[kept.pk])
    )
    assert page.status_code == 200


def test_a_marked_copy_crosses_the_border_as_what_was_sold_and_is_made_once() -> None:
    order = funded(buy(offered("CSV", abroad=True), make_buyer(jurisdiction="HK")))
    delivery = released(order)
    copy = MarkedFile.objects.get()
    assert download(delivery).startswith(b"id,place")
    declaration = CustomsDeclaration.objects.get(delivery_id=delivery.pk)
    assert declaration.payload_sha256 == payload_digest(delivery.receipt["files"])
    assert delivery.receipt["files"][0]["sha256"] == copy.sha256
    made = AuditEvent.objects.get(action="markedfile.made")
    assert (made.subject_id, made.details["sha256"]) == (str(copy.pk), copy.sha256)
    job = Job.objects.get(kind="delivery.fulfil", key=str(delivery.pk))
    with patch("marketplace.delivery.watermark.copies.data_storage") as storage:
        assert mark_copies(delivery, delivery.receipt, job)["files"][0]["sha256"] == copy.sha256
    storage.assert_not_called()


def test_columns_that_no_file_has_and_files_that_carry_no_marks_are_refused(tmp_path: Path) -> None:
    with refused("invalid"):
        offered("CSV", columns=["altitude"])
    picture = tmp_path / "leak.zip"
    picture.write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(CommandError, match="marks are in"):
        call_command("trace_leak", str(picture))
    with pytest.raises(CommandError, match="no such file"):
        call_command("trace_leak", str(tmp_path / "missing.csv"))
