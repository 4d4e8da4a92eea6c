"""SFTP version 3 (draft-ietf-secsh-filexfer-02) over the machine's own OpenSSH: only what a push needs.

`ssh` makes the connection, proves the server's key and signs in; the packets of the file protocol go through its pipes.
Key and known host are handed over as files in memory, so that neither touches a disk.
"""

import os
import select
import shutil
import struct
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from kernel.fetching import CONNECT_SECONDS, Address, FetchFailed, resolved
from marketplace.delivery.push.sending import PATIENCE_SECONDS, NotNow, Refused

PIECE_BYTES = 32 * 1024  # the longest write that every server takes (draft §3)
WINDOW = 64  # writes under way, whose answers are waited for
LARGEST_PACKET = 256 * 1024
MOST_WORDS = 2000  # characters of what ssh says went wrong
INIT, VERSION, OPEN, CLOSE, WRITE, REMOVE, MKDIR, STAT, RENAME = 1, 2, 3, 4, 6, 13, 14, 17, 18
STATUS, HANDLE, ATTRS, EXTENDED = 101, 102, 105, 200
OK, NO_SUCH_FILE, PERMISSION_DENIED, NOT_SUPPORTED = 0, 2, 3, 8
FOR_EVER = frozenset({NO_SUCH_FILE, PERMISSION_DENIED, NOT_SUPPORTED})
TO_WRITE, TO_CREATE = 0x02, 0x08
ALIAS = "target"
REPLACING_RENAME, SYNC = b"posix-rename@openssh.com", b"fsync@openssh.com"
# What ssh says where another try cannot help.
LASTING = ("Host key verification failed", "Permission denied", "no matching host key", "invalid format")


class Status(Exception):
    """The server answered a request with something else than success."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(words or f"SFTP status {code}")


@dataclass(frozen=True)
class Account:
    """Whom to call: `host_key` is the server's as in known_hosts (`ssh-ed25519 AAAA…`), `private_key` the caller's."""

    host: str
    port: int
    user: str
    host_key: str
    private_key: str = field(repr=False)


def program() -> str | None:
    """Return where OpenSSH's client is on this machine, None where it is not installed."""
    return shutil.which("ssh")


@contextmanager
def connected(account: Account) -> Iterator["Channel"]:
    """Give an open channel to an account's server, at an address that the guard lets pass.

    Raises FetchFailed where the guard refuses, Refused where the server's key is another one or it does not let us in,
    NotNow for what may pass, also for what breaks off inside the block.
    """
    ssh = program()
    if ssh is None:
        raise Refused("SFTP needs OpenSSH's client (ssh) on this machine")
    failure: Exception = FetchFailed("name_unknown", transient=True, host=account.host)
    for address in resolved(account.host, account.port):
        with _running(ssh, account, address) as channel:
            try:
                channel.begin()
            except NotNow as error:  # the next address may answer
                failure = error
                continue
            yield channel
            return
    raise failure


@contextmanager
def _running(ssh: str, account: Account, address: Address) -> Iterator["Channel"]:
    key, known = _in_memory(account.private_key.strip() + "\n"), _in_memory(f"{ALIAS} {account.host_key.strip()}\n")
    words = _in_memory("")
    options = {
        "HostName": str(address),
        "HostKeyAlias": ALIAS,
        "Port": str(account.port),
        "User": account.user,
        "IdentityFile": _path(key),
        "UserKnownHostsFile": _path(known),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "PreferredAuthentications": "publickey",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "BatchMode": "yes",
        "ClearAllForwardings": "yes",
        "ControlPath": "none",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": "15",
        "LogLevel": "ERROR",
    }
    line = [ssh, "-F", "none", "-a", "-x", "-T", *(f"-o{name}={value}" for name, value in options.items()), "-s"]
    try:
        with subprocess.Popen(  # noqa: S603 - every word of it is ours or checked
            [*line, "--", ALIAS, "sftp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env={}
        ) as process:
            try:
                yield Channel(account.host, process, words)
            finally:
                process.kill()
    finally:
        for descriptor in (key, known, words):
            os.close(descriptor)


class Channel:
    """A conversation with one server. Its requests raise Status, or Refused and NotNow where the line breaks."""

    def __init__(self, host: str, process: "subprocess.Popen[bytes]", words: int) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._host, self._process, self._words = host, process, words
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._in, False)
        self._asked = 0
        self.offers: set[bytes] = set()

    def begin(self) -> None:
        """Agree on the version, and learn what the server can beyond it."""
        self._put(struct.pack(">IBI", 5, INIT, 3))
        kind, body = self._packet()
        if kind != VERSION:
            raise Refused(f"{self._host} does not speak SFTP")
        rest = body[4:]
        while rest:
            name, rest = _text(rest)
            _value, rest = _text(rest)
            self.offers.add(name)

    def open_to_write(self, name: str) -> bytes:
        """Open a file for writing, which is made where it is not there, and return its handle."""
        self._ask(OPEN, _string(name) + struct.pack(">II", TO_WRITE | TO_CREATE, 0))
        return self._answer(HANDLE)

    def write(self, handle: bytes, offset: int, pieces: Iterator[bytes]) -> None:
        """Write from an offset on, several requests under way at a time."""
        under_way: deque[int] = deque()
        for piece in pieces:
            under_way.append(self._ask(WRITE, _string(handle) + struct.pack(">Q", offset) + _string(piece)))
            offset += len(piece)
            if len(under_way) >= WINDOW:
                under_way.popleft()
                self._answer(STATUS)
        for _request in under_way:
            self._answer(STATUS)

    def close(self, handle: bytes) -> None:
        """Close a file, on the disk where the server can say so."""
        if SYNC in self.offers:
            self._ask(EXTENDED, _string(SYNC) + _string(handle))
            self._answer(STATUS)
        self._ask(CLOSE, _string(handle))
        self._answer(STATUS)

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None where there is no such file."""
        self._ask(STAT, _string(name))
        try:
            attributes = self._answer(ATTRS)
        except Status as status:
            if status.code == NO_SUCH_FILE:
                return None
            raise
        (flags,) = struct.unpack_from(">I", attributes)
        if not flags & 1:
            raise Refused(f"{self._host} does not tell sizes")
        return int(struct.unpack_from(">Q", attributes, 4)[0])

    def make_folder(self, name: str) -> None:
        """Make a folder unless it is there; whether it is shows when a file is opened in it."""
        self._ask(MKDIR, _string(name) + struct.pack(">I", 0))
        with suppress(Status):
            self._answer(STATUS)

    def rename(self, old: str, new: str) -> None:
        """Give a file its name, in the place of what has it."""
        if REPLACING_RENAME in self.offers:
            self._ask(EXTENDED, _string(REPLACING_RENAME) + _string(old) + _string(new))
            self._answer(STATUS)
            return
        with suppress(Status):  # version 3 replaces nothing (draft §6.5)
            self.remove(new)
        self._ask(RENAME, _string(old) + _string(new))
        self._answer(STATUS)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._ask(REMOVE, _string(name))
        self._answer(STATUS)

    def _ask(self, kind: int, body: bytes) -> int:
        self._asked += 1
        self._put(struct.pack(">IBI", 5 + len(body), kind, self._asked) + body)
        return self._asked

    def _answer(self, wanted: int) -> bytes:
        """Return the next answer's body; every server answers what was asked in one conversation, in any order."""
        kind, packet = self._packet()
        body = packet[4:]  # after the request's number: which one failed does not matter, all must succeed
        if kind == STATUS:
            (code,) = struct.unpack_from(">I", body)
            if code != OK or wanted != STATUS:
                words = _text(body[4:])[0].decode(errors="replace") if len(body) > 8 else ""
                raise Status(code, f"{self._host}: {words[:200]}")
            return b""
        if kind != wanted:
            raise Refused(f"{self._host} answers what was not asked")
        return _text(body)[0] if kind == HANDLE else body

    def _packet(self) -> tuple[int, bytes]:
        (length,) = struct.unpack(">I", self._take(4))
        if not 5 <= length <= LARGEST_PACKET:
            raise Refused(f"{self._host} does not speak SFTP")
        body = self._take(length)
        return body[0], body[1:]

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            if not select.select([], [self._in], [], PATIENCE_SECONDS)[1]:
                raise NotNow(f"{self._host}: took nothing for {PATIENCE_SECONDS} s")
            try:
                left = left[os.write(self._in, left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self._broken() from error

    def _take(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            if not select.select([self._out], [], [], PATIENCE_SECONDS)[0]:
                raise NotNow(f"{self._host}: said nothing for {PATIENCE_SECONDS} s")
            piece = os.read(self._out, count - len(taken))
            if not piece:
                raise self._broken()
            taken += piece
        return taken

    def _broken(self) -> Refused | NotNow:
        """Say why ssh ended, by its own last words."""
        self._process.kill()
        self._process.wait()
        said = os.pread(self._words, MOST_WORDS, 0).decode(errors="replace")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        message = f"{self._host}: {lines[-1] if lines else 'the connection broke'}"
        return Refused(message) if any(words in said for words in LASTING) else NotNow(message)


def _in_memory(content: str) -> int:
    descriptor = os.memfd_create("sftp")
    os.fchmod(descriptor, 0o600)  # ssh takes no key that others could read
    os.write(descriptor, content.encode())
    return descriptor


def _path(descriptor: int) -> str:
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _string(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(data)) + data


def _text(data: bytes) -> tuple[bytes, bytes]:
    """Return the string at the beginning, and what follows it."""
    (length,) = struct.unpack_from(">I", data)
    return data[4 : 4 + length], data[4 + length :]
