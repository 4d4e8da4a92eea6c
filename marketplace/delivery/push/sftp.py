"""Pushing by SFTP to a server whose key was given beforehand.

A file is written under a name of its own and renamed when all of it is there, so that nothing short of it can be seen
under its real name. An upload that was cut off goes on where it stopped; one that is given up is removed.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import accumulate

from kernel.fetching import FetchFailed
from marketplace.delivery.push.sending import Memory, NotNow, Outgoing, Receipt, Refused, Secret, Settings
from marketplace.delivery.push.sftp_channel import FOR_EVER, PIECE_BYTES, WINDOW, Account, Channel, Status, connected

DEFAULT_PORT = "22"
RECEIPT: Receipt = {"checked": "size"}  # SFTP has no digests; SSH has proven each packet on its way


@dataclass
class Sftp:
    """An account on a server, and the folder there below which files are put."""

    settings: Settings
    secret: Secret = field(repr=False)

    def send(self, file: Outgoing, memory: Memory) -> Receipt:
        """Write a file beside its place, go on where it was cut off, and rename it when its size is right."""
        name, upload = self._path(file.name), f"{file.sha256[:32]}.part"
        part, goes_on = _beside(name, upload), memory.upload == upload
        if not goes_on:
            memory.keep(upload)
        with self._channel() as channel:
            there = channel.size(part)
            if goes_on and there is None and channel.size(name) == file.size:
                return RECEIPT  # renamed, before that could be written down
            _make_folders(channel, name)
            handle = channel.open_to_write(part)
            # Of what was under way when it broke off, a server may have written the later before the earlier.
            start = max(0, min(there or 0, file.size) - WINDOW * PIECE_BYTES)
            channel.write(handle, start, _pieces(file.chunks(), start))
            channel.close(handle)
            size = channel.size(part)
            if size != file.size:
                channel.remove(part)
                raise NotNow(f"{self._host}: {size} bytes are there instead of {file.size}")
            channel.rename(part, name)
        return RECEIPT

    def probe(self, name: str, body: bytes) -> None:
        """Write a small file, see that it is there, and remove it."""
        path = self._path(name)
        with self._channel() as channel:
            _make_folders(channel, path)
            handle = channel.open_to_write(path)
            channel.write(handle, 0, iter([body]))
            channel.close(handle)
            if channel.size(path) != len(body):
                raise Refused(f"{self._host}: what was written is not there")
            channel.remove(path)

    def abort(self, name: str, upload: str) -> None:
        """Remove what is there of an upload that was not finished."""
        with suppress(Refused, NotNow, FetchFailed), self._channel() as channel:
            channel.remove(_beside(self._path(name), upload))

    @contextmanager
    def _channel(self) -> Iterator[Channel]:
        account = Account(
            host=self._host,
            port=int(self.settings.get("port", DEFAULT_PORT)),
            user=self.settings["user"],
            host_key=self.settings["host_key"],
            private_key=self.secret["private_key"],
        )
        try:
            with connected(account) as channel:
                yield channel
        except Status as status:
            raise (Refused if status.code in FOR_EVER else NotNow)(str(status)) from status
        except struct.error as error:
            raise Refused(f"{self._host} does not speak SFTP") from error

    @property
    def _host(self) -> str:
        return self.settings["host"]

    def _path(self, name: str) -> str:
        folder = self.settings.get("folder", "").rstrip("/")
        return f"{folder}/{name}" if folder else name


def _beside(name: str, upload: str) -> str:
    return f"{name.rpartition('/')[0]}/.{upload}"


def _make_folders(channel: Channel, name: str) -> None:
    for folder in accumulate(name.split("/")[:-1], lambda above, each: f"{above}/{each}"):
        if folder:
            channel.make_folder(folder)


def _pieces(chunks: Iterator[bytes], start: int) -> Iterator[bytes]:
    """Cut what comes after `start` into pieces of one write each; what is before it is read, since it is proven too."""
    position = 0
    for chunk in chunks:
        skipped = min(max(start - position, 0), len(chunk))
        position += len(chunk)
        for offset in range(skipped, len(chunk), PIECE_BYTES):
            yield chunk[offset : offset + PIECE_BYTES]
