"""What every way of pushing is given and gives back: one file's bytes, and how it was checked that they arrived."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpcore

from kernel.fetching import TRANSIENT_STATUSES

PATIENCE_SECONDS = 60  # for each wait while sending and for the answer
LARGEST_ANSWER = 1024 * 1024  # bytes of an answer that are looked at

Receipt = dict[str, Any]


class Refused(Exception):
    """The target does not take it, and would not if asked again."""


class NotNow(Exception):
    """The target failed in a way that may pass; the job tries again."""


@dataclass(frozen=True)
class Outgoing:
    """One file: `chunks()` yields its bytes from the beginning, each time it is called."""

    name: str
    size: int
    sha256: str
    chunks: Callable[[], Iterator[bytes]]


@dataclass
class Memory:
    """What is remembered of an upload that spans several requests, kept in the database at once."""

    upload: str
    keep: Callable[[str], None]


class Sender(Protocol):
    """An open way to one target. All raise Refused, NotNow, or FetchFailed where the guard of addresses refuses."""

    def send(self, file: Outgoing, memory: Memory) -> Receipt:
        """Let the file stand at the target under its name, whole or not at all, and say how that was checked."""
        ...

    def probe(self, name: str, body: bytes) -> None:
        """Write a small file, see that it is there, and take it away where that can be done."""
        ...


Settings = Mapping[str, str]
Secret = Mapping[str, str]


def refuse_status(host: str, status: int) -> None:
    """Raise for an answer's status that is no success."""
    if 200 <= status < 300:
        return
    message = f"{host}: HTTP {status}"
    raise NotNow(message) if status in TRANSIENT_STATUSES else Refused(message)


def whole_answer(answer: httpcore.Response) -> bytes:
    """Return an answer's body, which is short; raises Refused where it is not."""
    body = b""
    for piece in answer.iter_stream():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise Refused(f"the answer is larger than {LARGEST_ANSWER} bytes")
    return body
