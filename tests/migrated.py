"""A migrated database that every test database is copied from, kept between runs under var/test-databases.

Applying the migrations takes several times as long as copying. The copy is named after everything that the migrations
are made of: their files, the SQL and data that they load, our modules that they import, and the locked packages.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from config.embedded import DATABASE, SUPERUSER, EmbeddedServers, socket_folder

ROOT = Path(__file__).resolve().parent.parent
APPS = ("kernel", "accounts", "settlements", "listings", "marketplace")
KEPT = ROOT / "var" / "test-databases"
OUR_IMPORTS = re.compile(rf"^\s*(?:from|import) ((?:{'|'.join(APPS)})[\w.]*)", re.MULTILINE)


def fill(servers: EmbeddedServers) -> bool:
    """Bring the servers' own database to the last migration, from a kept copy if there is one; False if that fails.

    Then each test database is made, and its failure reported, by pytest-django as ever.
    """
    if load(servers):
        return True
    environment = os.environ | {"DATABASE_POOL_SIZE": "0"}
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0", "--skip-checks"]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False, stderr=subprocess.DEVNULL).returncode:
        return False
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in sorted(KEPT.glob("*.sql"), key=lambda path: path.stat().st_mtime)[:-4]:
        old.unlink(missing_ok=True)
    kept = _kept()
    unfinished = kept.with_suffix(f".{os.getpid()}")
    if _client(servers, "pg_dump", "-f", str(unfinished), DATABASE):
        unfinished.rename(kept)
    return True


def load(servers: EmbeddedServers) -> bool:
    """Copy the migrated database into running servers whose own is empty; False if no copy is kept, or it fails."""
    kept = _kept()
    return kept.exists() and _client(servers, "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(kept), DATABASE)


def fingerprint() -> str:
    """Return the digest of everything that the migrated database is made of."""
    digest = hashlib.sha256()
    for path in sorted(set(_ingredients())):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _ingredients() -> Iterator[Path]:
    yield ROOT / "requirements.lock"
    yield Path(__file__)
    for app in APPS:
        for folder in ("sql", "data"):
            yield from (path for path in (ROOT / app / folder).rglob("*") if path.is_file())
        for migration in (ROOT / app / "migrations").glob("*.py"):
            yield migration
            for module in OUR_IMPORTS.findall(migration.read_text()):
                path = ROOT / Path(*module.split("."))
                yield path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"


def _kept() -> Path:
    return KEPT / f"{fingerprint()}.sql"


def _client(servers: EmbeddedServers, program: str, *arguments: str) -> bool:
    address = ["-h", str(socket_folder(servers.state)), "-U", SUPERUSER]
    command = [str(servers.postgres.binaries / program), *address, *arguments]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
