"""One embedded PostgreSQL and Redis per test run, in a temporary folder, before Django's settings are read.

Under pytest-xdist the main process starts them and the workers share them: a database each (pytest-django names
it after the worker; it is a copy of the migrated one) and a Redis database number each.
"""

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.utils import translation
from pytest_django.plugin import blocking_manager_key
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from config.embedded import DATABASE, EmbeddedServers, database_url, redis_url
from config.messages import compile_all
from tests import migrated

# With several processes each; they begin first and never two at once.
WHOLE_EXCHANGES = ("tests/demo/", "tests/faults/", "tests/config/test_supervisor.py")
ONE_WORLD = "tests/api/"  # a fixture of the package, made once where one worker has them all
COMMITTING = {"transactional_db", "live_server"}
STATE_VARIABLE = "DAWAN_TEST_STATE"
TEMPLATE_VARIABLE = "DAWAN_TEST_TEMPLATE"


def _start_servers() -> EmbeddedServers:
    state = Path(tempfile.mkdtemp(prefix="dawan-test-"))
    state.chmod(0o711)  # under root PostgreSQL runs as another user, who passes through
    servers = EmbeddedServers(state, durable=False)

    def stop() -> None:
        servers.stop()
        shutil.rmtree(state, ignore_errors=True)

    atexit.register(stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # `timeout` must not leave servers behind
    servers.start()
    os.environ[STATE_VARIABLE] = str(state)
    return servers


def _point_settings_at(state: Path) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    own_state = state / f"worker-{worker}"
    (own_state / "static").mkdir(parents=True, exist_ok=True)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=database_url(state),
        REDIS_URL=redis_url(state, number=int(worker)),
        STATE_DIR=str(own_state),
        LOG_LEVEL="WARNING",
    )
    for name in ("STORAGE_URL", "KEYS_DIR", "STORAGE_KEYS", "PRODUCTION", "DEBUG", "METRICS_TOKEN"):
        os.environ.pop(name, None)


if "PYTEST_XDIST_WORKER" in os.environ:
    _point_settings_at(Path(os.environ[STATE_VARIABLE]))
else:
    compile_all()  # what is tested are the committed translations, not those compiled at the last setup
    _servers = _start_servers()
    _point_settings_at(_servers.state)
    os.environ[TEMPLATE_VARIABLE] = DATABASE if migrated.fill(_servers) else ""
# Set up here, so that the conftests below may import models at their top.
django.setup()
import_module("config.urls")  # registers the console's pages
# The client of each test makes the middleware anew; without this it would list every static file each time.
settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let the workers read the settings only when they have a state folder of their own.

    pytest-django reads them before this file where the variable is set, and workers inherit ours.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


class ByModule(LoadScopeScheduling):
    """One module after another for each worker, and all that runs whole exchanges of its own as if it were one module.

    Two of those at once would share the cores with their many processes, and wait longer than they are patient.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(WHOLE_EXCHANGES):
            return "whole exchanges"
        return ONE_WORLD if nodeid.startswith(ONE_WORLD) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule | None:
    """Distribute the tests thus under `--dist loadscope`."""
    return ByModule(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE_EXCHANGES))
    # What is loaded until now stays; looking through it for garbage again and again takes a tenth of the run.
    gc.freeze()


@pytest.fixture(scope="session")
def server_state() -> Path:
    """The state folder of the servers this run shares; a test that kills a server starts its own elsewhere."""
    return Path(os.environ[STATE_VARIABLE])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy each test database from the migrated one; pytest-django asks for this fixture by name."""
    from django.db import connection

    connection.settings_dict["TEST"]["TEMPLATE"] = os.environ[TEMPLATE_VARIABLE] or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Forget the language of the test's last request, and put back what data migrations made if tables were emptied."""
    yield
    translation.deactivate()
    marker = item.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or COMMITTING & set(getattr(item, "fixturenames", ())):
        from tests.world import put_back_venues

        with item.config.stash[blocking_manager_key].unblock():
            put_back_venues()
