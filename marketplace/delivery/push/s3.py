"""Pushing to an S3-compatible bucket by boto3, whose requests go through the guard of addresses.

A large file goes in parts. Nothing can be seen at the target before all are there, an upload that was cut off is taken
up where it stopped, and one that is given up is aborted. Every part carries its MD5, which the service compares
(Content-MD5); afterwards size and ETag of the whole are compared with what was sent.
"""

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpcore

from kernel.fetching import FetchFailed
from kernel.guarded_http import guarded_pool, patience
from marketplace.delivery.push.sending import (
    PATIENCE_SECONDS,
    Memory,
    NotNow,
    Outgoing,
    Receipt,
    Refused,
    Secret,
    Settings,
    refuse_status,
    whole_answer,
)

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 10_000


@dataclass
class Bucket:
    """A bucket and the prefix below which files are put."""

    settings: Settings
    secret: Secret = field(repr=False)

    def send(self, file: Outgoing, memory: Memory) -> Receipt:
        """Upload a file in parts of 8 MiB, or more where that would be too many, and compare what the bucket has."""
        key = self._key(file.name)
        with _told(self._host):
            expected = self._put_whole(key, file) if file.size <= PART_BYTES else self._put_parts(key, file, memory)
            return self._compared(key, file, expected)

    def probe(self, name: str, body: bytes) -> None:
        """Put a small object, look at it, and delete it where that is allowed."""
        key = self._key(name)
        with _told(self._host):
            self._client.put_object(Body=body, ContentMD5=_md5(body), **self._at(key))
            self._client.head_object(**self._at(key))
        with suppress(Refused), _told(self._host):
            self._client.delete_object(**self._at(key))

    def _put_whole(self, key: str, file: Outgoing) -> str:
        body = b"".join(file.chunks())
        self._client.put_object(Body=body, ContentMD5=_md5(body), Metadata={"sha256": file.sha256}, **self._at(key))
        return hashlib.md5(body, usedforsecurity=False).hexdigest()

    def _put_parts(self, key: str, file: Outgoing, memory: Memory) -> str:
        if memory.upload and not self._goes_on(key, memory.upload):
            memory.keep("")
        if not memory.upload:
            made = self._client.create_multipart_upload(Metadata={"sha256": file.sha256}, **self._at(key))
            memory.keep(made["UploadId"])
        upload: dict[str, Any] = {**self._at(key), "UploadId": memory.upload}
        there = self._parts(upload)
        parts, sums = [], []
        for number, part in enumerate(_in_parts(file), start=1):
            digest = hashlib.md5(part, usedforsecurity=False)
            sums.append(digest.digest())
            # What is there already is known by its sum, which the service took when it came.
            tag = there.get(number)
            if tag is None or tag.strip('"') != digest.hexdigest():
                put = self._client.upload_part(PartNumber=number, Body=part, ContentMD5=_md5(part), **upload)
                tag = put["ETag"]
            parts.append({"PartNumber": number, "ETag": tag})
        self._client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
        memory.keep("")
        return f"{hashlib.md5(b''.join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"

    def abort(self, name: str, upload: str) -> None:
        """Throw away an upload that was not finished; parts that stay would be paid for by the buyer."""
        with suppress(Refused, NotNow, FetchFailed), _told(self._host):
            self._client.abort_multipart_upload(UploadId=upload, **self._at(self._key(name)))

    def _goes_on(self, key: str, upload: str) -> bool:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 takes half a second to import

        try:
            self._client.list_parts(UploadId=upload, MaxParts=1, **self._at(key))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchUpload":  # completed before the worker died, or cleaned away
                return False
            raise
        return True

    def _parts(self, upload: dict[str, Any]) -> dict[int, str]:
        pages = self._client.get_paginator("list_parts").paginate(**upload)
        return {part["PartNumber"]: part["ETag"] for page in pages for part in page.get("Parts", [])}

    def _compared(self, key: str, file: Outgoing, expected: str) -> Receipt:
        head = self._client.head_object(**self._at(key))
        if head["ContentLength"] != file.size:
            raise NotNow(f"{self._host}: {head['ContentLength']} bytes are there instead of {file.size}")
        tag = head["ETag"].strip('"')
        # With a key of the customer's own the ETag is no MD5; then the parts' sums are what was checked.
        encrypted = head.get("ServerSideEncryption", "AES256") != "AES256"
        if tag != expected and not encrypted:
            raise NotNow(f"{self._host}: the object's ETag is not that of what was sent")
        return {"etag": tag, "checked": "etag" if tag == expected else "content-md5"}

    def _key(self, name: str) -> str:
        prefix = self.settings.get("prefix", "").strip("/")
        return f"{prefix}/{name}" if prefix else name

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.settings["bucket"], "Key": key}

    @property
    def _host(self) -> str:
        return self.settings["endpoint_url"]

    @cached_property
    def _client(self) -> Any:
        import boto3  # noqa: PLC0415 - takes half a second to import
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": self.settings.get("addressing", "path")},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.settings["endpoint_url"],
            region_name=self.settings.get("region") or "us-east-1",
            aws_access_key_id=self.secret["access_key_id"],
            aws_secret_access_key=self.secret["secret_access_key"],
            config=config,
        )
        # botocore sends nothing itself where a handler of this event answers.
        client.meta.events.register("before-send.s3", _send)
        return client


class _Raw(io.BytesIO):
    """The body of an answer as botocore reads it."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _send(request: "AWSPreparedRequest", **_event: Any) -> "AWSResponse":
    """Send botocore's signed request through the guarded pool, and return its answer."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - boto3 takes half a second to import

    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    given = {str(name): _text(value) for name, value in request.headers.items() if name.lower() != "expect"}
    headers = list(({"Content-Length": str(len(body))} | given).items())
    extensions = {"timeout": patience(PATIENCE_SECONDS)}
    with (
        guarded_pool(1) as pool,
        pool.stream(request.method, request.url, headers=headers, content=body, extensions=extensions) as answer,
    ):
        content = whole_answer(answer)
    answered = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
    return AWSResponse(request.url, answer.status, answered, _Raw(content))


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Say what goes wrong meanwhile in the words of this package."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - boto3 takes half a second to import

    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        status = int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0))
        refuse_status(f"{host} {code}", max(status, 300))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, BotoCoreError) as error:
        raise NotNow(f"{host}: {type(error).__name__}") from error


def _in_parts(file: Outgoing) -> Iterator[bytes]:
    size = max(PART_BYTES, -(-file.size // (MOST_PARTS - 1)))
    held = bytearray()
    for chunk in file.chunks():
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _md5(data: bytes) -> str:
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
