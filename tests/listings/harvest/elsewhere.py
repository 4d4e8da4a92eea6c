"""Another Dawan: a process of its own with a database of its own, whose listings are harvested over HTTP.

Run as a program it lists some products in the database that the environment names, says so in a line, and serves.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

LISTINGS = 7


@dataclass(frozen=True)
class Elsewhere:
    """Where it answers, and what it lists: {listing id: name of its product}."""

    url: str
    listed: dict[str, dict[str, str]]


@contextmanager
def elsewhere(state: Path, folder: Path) -> Iterator[Elsewhere]:
    """Run another Dawan beside this test's servers for the time of the block."""
    from config.embedded import DATABASE, database_url
    from tests.faults.exchange import free_port

    port = free_port()
    with psycopg.connect(database_url(state, database="postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS elsewhere")
        connection.execute(f"CREATE DATABASE elsewhere TEMPLATE {DATABASE}")
    environment = os.environ | {
        "DATABASE_URL": database_url(state, database="elsewhere"),
        "DATABASE_POOL_SIZE": "0",
        "STATE_DIR": str(folder),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "tests.listings.harvest.elsewhere", str(port)]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the other Dawan did not start"
        yield Elsewhere(f"http://127.0.0.1:{port}", json.loads(line))
    finally:
        process.kill()
        process.wait()


def main(port: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    from tests.listings.offers import listed
    from tests.world import make_member

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002
            pass

    provider = make_member()
    names = [
        {"zh-Hans": f"街道名录第{number}册", "en": f"Sub-districts, volume {number}"} for number in range(LISTINGS)
    ]
    made = {str(listed(provider, name=name).pk): name for name in names}
    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.set_app(get_wsgi_application())
    sys.stdout.write(json.dumps(made) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
