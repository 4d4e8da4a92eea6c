"""Files in an S3-compatible service: a server of its own process keeps what is uploaded, sold and read in ranges."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from accounts.models import Capacity
from listings.encryption import CIPHERS, HEADER_BYTES
from listings.models import FilePart
from listings.storage import data_storage, open_file
from marketplace.delivery.access import grant_access
from tests.buckets import s3_server
from tests.marketplace.trading import STREETS, delivered, listed_dataset, make_buyer, placed
from tests.world import actor, api, make_member, person_of

pytestmark = pytest.mark.django_db
BUCKET = "dawan-test"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a running S3-compatible server."""
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.STORAGE_URL = f"s3://{BUCKET}/venue?endpoint_url={s3}&region_name=us-east-1"
    client = boto3.resource("s3", endpoint_url=s3, region_name="us-east-1")
    return client.create_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_file_is_uploaded_sold_and_read_in_ranges_from_s3_and_lies_there_encrypted(
    bucket: Any, settings: Any, cipher: str
) -> None:
    settings.STORAGE_CIPHER = cipher
    buyer = make_buyer()
    delivery = delivered(placed(listed_dataset(make_member("gzdex", Capacity.PROVIDER)), buyer))
    file_id = delivery.receipt["files"][0]["id"]
    part = FilePart.objects.get(file=file_id)
    stored = bucket.Object(f"venue/{part.storage_name}").get()["Body"].read()
    assert stored[:4] == CIPHERS[cipher].magic
    assert len(stored) == HEADER_BYTES + len(STREETS) + 16
    assert STREETS[:40] not in stored

    # Another cipher for what comes next changes nothing for what is there.
    settings.STORAGE_CIPHER = "AES-256-GCM"
    grant = grant_access(delivery_id=delivery.pk, file_id=file_id, actor=actor(person_of(buyer)))
    address = f"/api/v1/downloads/{grant.token}"
    answer = api().get(address, headers={"Range": "bytes=10-59"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, STREETS[10:60])
    reader = open_file(part.file)
    reader.seek(-20, 2)
    assert reader.read() == STREETS[-20:]

    # An object that the server changed does not open.
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    bucket.Object(f"venue/{part.storage_name}").put(Body=changed)
    with pytest.raises(Exception, match="does not open"):
        open_file(part.file).read()
    data_storage().delete(part.storage_name)
    assert not data_storage().exists(part.storage_name)
