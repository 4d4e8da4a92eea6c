"""The embedded servers: started once, stopped exactly, wherever the checkout lies."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import (
    LONGEST_SOCKET_PATH,
    EmbeddedServerError,
    EmbeddedServers,
    database_url,
    main,
    redis_url,
    socket_folder,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that other users may pass through; its servers are stopped at the end."""
    path = Path(tempfile.mkdtemp(prefix="dawan-embedded-"))
    path.chmod(0o711)
    yield path
    for state in path.rglob("postgres"):
        EmbeddedServers(state.parent).stop()
    shutil.rmtree(path)


def test_both_servers_start_are_reused_and_stop(folder: Path) -> None:
    servers = EmbeddedServers(folder / "var")

    assert servers.start() == ("postgres", "redis")
    assert servers.start() == ()
    assert servers.running() == ("postgres", "redis")
    with psycopg.connect(database_url(folder / "var")) as connection:
        assert connection.execute("SHOW server_version").fetchone()[0].startswith("18.")
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SELECT lower('ÄΩ'), '大湾' < '大灣'").fetchone() == ("äω", True)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert redis.Redis.from_url(redis_url(folder / "var", number=3)).ping()
    assert servers.stop() == ("postgres", "redis")
    assert servers.stop() == ()
    assert servers.running() == ()


def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    servers = EmbeddedServers(folder / "var")
    servers.start()
    with psycopg.connect(database_url(folder / "var")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(redis_url(folder / "var")).set("kept", "42")

    servers.stop()
    servers.start()

    with psycopg.connect(database_url(folder / "var")) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert redis.Redis.from_url(redis_url(folder / "var")).get("kept") == b"42"


def test_a_server_killed_without_warning_starts_again(folder: Path) -> None:
    servers = EmbeddedServers(folder / "var")
    servers.start()
    with psycopg.connect(database_url(folder / "var")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    servers.postgres.stop(mode="immediate")
    assert servers.running() == ("redis",)
    assert servers.start() == ("postgres",)

    with psycopg.connect(database_url(folder / "var")) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_checkout_with_a_long_path_with_spaces_gets_short_sockets(folder: Path) -> None:
    state = folder / ("a long way down " * 8).strip() / "var"
    servers = EmbeddedServers(state)

    assert servers.start() == ("postgres", "redis")
    try:
        assert len(str(socket_folder(state))) < LONGEST_SOCKET_PATH
        assert (socket_folder(state).stat().st_mode & 0o777) == 0o700
        with psycopg.connect(database_url(state)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        servers.stop()
        shutil.rmtree(socket_folder(state))


def test_a_short_path_with_a_space_and_a_quote_works_too(folder: Path) -> None:
    state = folder / "O'Neil & co 大湾" / "var"
    servers = EmbeddedServers(state)

    assert servers.start() == ("postgres", "redis")
    assert redis.Redis.from_url(redis_url(state)).ping()
    with psycopg.connect(database_url(state)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_path_with_a_comma_gets_its_sockets_elsewhere() -> None:
    assert socket_folder(Path("/srv/Dawan, Ltd/var")).parent == Path("/tmp")
    assert socket_folder(Path("/srv/dawan/var")) == Path("/srv/dawan/var/run")


def test_two_checkouts_do_not_see_each_others_servers(folder: Path) -> None:
    EmbeddedServers(folder / "one").start(("redis",))

    assert EmbeddedServers(folder / "two").running() == ()
    assert EmbeddedServers(folder / "two").stop() == ()
    assert EmbeddedServers(folder / "one").stop() == ("redis",)


def test_a_cluster_that_cannot_start_says_why(folder: Path) -> None:
    servers = EmbeddedServers(folder / "var")
    servers.start(("postgres",))
    servers.stop()
    (servers.postgres.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        servers.start(("postgres",))


def test_the_command_line_tells_the_addresses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--state", str(folder / "var")]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"DATABASE_URL={database_url(folder / 'var')}",
        f"REDIS_URL={redis_url(folder / 'var')}",
    ]
