"""A buyer's SFTP server in tests: Twisted Conch in a process of its own, with one account whose home is a folder.

    python -m tests.sftp_server FOLDER [CUT_AT]    # prints what a caller needs as JSON

What is asked is written to FOLDER/.log. With CUT_AT the first connection breaks that writes at that offset or beyond.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

USER = "dawan"
LOG = ".log"


def new_key() -> tuple[str, str]:
    """Return a private key as OpenSSH writes it, and its public one as it stands in known_hosts."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@contextmanager
def sftp_server(folder: Path, *, cut_at: int = 0) -> Iterator[dict[str, Any]]:
    """Run the server; gives its `settings` and `credentials` as a push target has them."""
    command = [sys.executable, "-m", "tests.sftp_server", str(folder), *([str(cut_at)] if cut_at else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.kill()


def main(folder: Path, cut_at: int) -> None:
    from twisted.conch.avatar import ConchUser
    from twisted.conch.checkers import InMemorySSHKeyDB, SSHPublicKeyChecker
    from twisted.conch.interfaces import ISFTPServer
    from twisted.conch.ssh.factory import SSHFactory
    from twisted.conch.ssh.filetransfer import FileTransferServer
    from twisted.conch.ssh.keys import Key
    from twisted.conch.ssh.session import SSHSession
    from twisted.conch.unix import SFTPServerForUnixConchUser, UnixSFTPFile
    from twisted.cred.portal import Portal
    from twisted.internet import reactor
    from twisted.python.components import registerAdapter
    from twisted.python.filepath import FilePath

    cuts = [cut_at] if cut_at else []
    log = (folder / LOG).open("a", buffering=1)

    class Account(ConchUser):
        def __init__(self) -> None:
            super().__init__()
            self.channelLookup[b"session"] = SSHSession
            self.subsystemLookup[b"sftp"] = FileTransferServer

        def getHomeDir(self) -> FilePath[str]:  # noqa: N802 - the library's name
            return FilePath(str(folder))

        def _runAsUser(self, act: Any, *arguments: Any) -> Any:  # noqa: N802 - the library's name, which would setuid
            for step in [(act, arguments)] if callable(act) else act:
                done = step[0](*step[1])
            return done

    class File(UnixSFTPFile):
        def writeChunk(self, offset: int, data: bytes) -> Any:  # noqa: N802 - the library's name
            log.write(f"write {offset}\n")
            if cuts and offset >= cuts[0]:
                cuts.clear()
                for connection in connections:
                    connection.transport.abortConnection()
            return super().writeChunk(offset, data)

    class Files(SFTPServerForUnixConchUser):
        def openFile(self, filename: bytes, flags: int, attributes: Any) -> File:  # noqa: N802 - the library's name
            log.write(f"open {filename.decode()}\n")
            return File(self, self._absPath(filename), flags, attributes)

    class Realm:
        def requestAvatar(self, _name: bytes, _mind: Any, *interfaces: Any) -> Any:  # noqa: N802 - the library's name
            return interfaces[0], Account(), lambda: None

    connections: list[Any] = []

    class Factory(SSHFactory):
        def buildProtocol(self, address: Any) -> Any:  # noqa: N802 - the library's name
            connections.append(protocol := super().buildProtocol(address))
            return protocol

    registerAdapter(Files, Account, ISFTPServer)
    host_private, host_public = new_key()
    user_private, user_public = new_key()
    factory = Factory()
    factory.publicKeys = {b"ssh-ed25519": Key.fromString(host_public)}
    factory.privateKeys = {b"ssh-ed25519": Key.fromString(host_private)}
    known = InMemorySSHKeyDB({USER.encode(): [Key.fromString(user_public)]})
    factory.portal = Portal(Realm(), [SSHPublicKeyChecker(known)])
    port = reactor.listenTCP(0, factory, interface="127.0.0.1").getHost().port  # type: ignore[attr-defined]
    where = {"host": "127.0.0.1", "port": str(port), "user": USER, "host_key": host_public, "folder": "in"}
    told = {"settings": where, "credentials": {"private_key": user_private}}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
