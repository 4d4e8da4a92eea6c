"""Run the whole exchange on one machine: embedded servers, migrations, then web, gateway, worker and beat under honcho.

    python -m config.supervisor serve|stop|status [--state var] [--port 8000]

For laptops and the demo; production runs the same commands by compose, systemd or Kubernetes.
`serve` stops, when it ends, exactly what it started: servers that ran before it go on running. Whichever of
DATABASE_URL and REDIS_URL is set replaces its embedded server.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from honcho.manager import Manager

from config.embedded import POSTGRES, REDIS, STATE, EmbeddedServers, default_urls

ROOT = Path(__file__).resolve().parent.parent
WORKERS, THREADS = 2, 4
PROGRAMS = ("config.wsgi:application", "config.asgi:application", "config.celery:app")


@dataclass(frozen=True)
class Serving:
    """Who serves this state folder, as written to ``state/serving.json``."""

    pid: int
    url: str


def serving(state: Path) -> Serving | None:
    """Return who serves this state folder, or None; a note left by a process that died does not count."""
    with suppress(FileNotFoundError, json.JSONDecodeError, TypeError):
        found = Serving(**json.loads(_note(state).read_text()))
        if _is_supervisor(found.pid):
            return found
    return None


def choose_port(wanted: int | None, host: str = "127.0.0.1") -> int:
    """Return the wanted port, or without a wish 8000, or any free one when 8000 is taken.

    Raises SystemExit if the wanted port is taken.
    """
    port = _first_free((wanted,) if wanted else (8000, 0), host)
    if port is None:
        raise SystemExit(f"Port {wanted} is in use; choose another one: PORT=8001 make serve")
    return port


def _first_free(ports: Sequence[int], host: str = "127.0.0.1") -> int | None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                return int(probe.getsockname()[1])
    return None


def environment_for(state: Path, *, port: int) -> dict[str, str]:
    """Return the environment of the processes: the caller's, with the embedded servers where none is named."""
    database, redis = default_urls(state)
    defaults = {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "STATE_DIR": str(state.absolute()),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    own = {"PROMETHEUS_MULTIPROC_DIR": str(state.absolute() / "metrics"), "PYTHONUNBUFFERED": "1"}
    return {**defaults, **{name: value for name, value in os.environ.items() if value}, **own}


def commands(state: Path, *, port: int) -> dict[str, str]:
    """Return the shell command of each process."""
    python = shlex.quote(sys.executable)
    return {
        "web": f"exec {python} -m granian --interface wsgi --host 127.0.0.1 --port {port} --workers {WORKERS}"
        f" --blocking-threads {THREADS} --no-ws --respawn-failed-workers --log-level warning config.wsgi:application",
        # Under root Celery warns of pickled messages; ours are JSON.
        "worker": f'exec {python} -W "ignore:You\'re running" -m celery -q -A config.celery:app worker'
        f" --concurrency {WORKERS} --without-gossip --without-mingle --loglevel WARNING",
        "beat": f"exec {python} -m celery -q -A config.celery:app beat --loglevel WARNING --pidfile="
        f" --schedule {shlex.quote(str(state.absolute() / 'beat-schedule'))}",
    }


def gateway_command(port: int, *, workers: int = WORKERS) -> str:
    """Return the shell command of the gateway's own process."""
    return (
        f"exec {shlex.quote(sys.executable)} -m granian --interface asginl --host 127.0.0.1 --port {port}"
        f" --workers {workers} --loop uvloop --no-ws --respawn-failed-workers --log-level warning"
        " config.asgi:application"
    )


def serve(state: Path, *, port: int | None) -> int:
    """Start everything, stay until a signal or the end of one process, stop what was started; return the status."""
    if (other := serving(state)) is not None:
        print(f"Already serving at {other.url} (process {other.pid}).")
        return 1
    if port:
        choose_port(port)  # refuse a taken one before anything is started
    environment = environment_for(state, port=0)
    with _embedded(state, environment):
        manage("migrate", "--noinput", "--verbosity", "0", environment=environment)
        port = choose_port(port)  # only now: somebody else may have taken it while the migrations ran
        gateway_port = _first_free((port + 1, 0)) or 0
        environment = environment_for(state, port=port) | {"GATEWAY_URL": f"http://127.0.0.1:{gateway_port}"}
        _empty_folder(state / "metrics")
        (state / "static").mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{port}"  # where it is from here, whatever PUBLIC_URL tells the world
        with _noted(state, Serving(os.getpid(), url)):
            print(f"Serving at {url}: the console at /console/, the API at /api/v1/docs/", flush=True)
            print(f"Calls of interfaces at {environment['GATEWAY_URL']}/gateway/", flush=True)
            lines = {**commands(state, port=port), "gateway": gateway_command(gateway_port, workers=1)}
            return _run_processes(lines, environment)


def manage(*arguments: str, environment: Mapping[str, str]) -> None:
    """Run a management command; raises SystemExit with its status if it fails."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise SystemExit(done.returncode)


def stop(state: Path) -> int:
    """Stop what serves this state folder, and its embedded servers."""
    found = serving(state)
    if found is not None:
        os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while _is_supervisor(found.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        print(f"Stopped serving at {found.url}.")
    if left := _left_behind(state):
        for process in left:
            with suppress(psutil.NoSuchProcess):  # one that ended with another of them
                process.terminate()
        psutil.wait_procs(left, timeout=30)
        print(f"Stopped {len(left)} processes that a killed supervisor had left.")
    stopped = EmbeddedServers(state).stop()
    print(f"Stopped: {', '.join(stopped)}." if stopped else "No embedded server of this folder was running.")
    return 0


def status(state: Path) -> int:
    """Print what runs for this state folder; return 0 if it is being served."""
    found = serving(state)
    print(f"Serving at {found.url} (process {found.pid})." if found else "Not serving.")
    print(f"Embedded servers: {', '.join(EmbeddedServers(state).running()) or 'none'}.")
    return 0 if found else 1


@contextmanager
def _embedded(state: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run the embedded servers that the environment points at; afterwards stop those that did not run before."""
    database, redis = default_urls(state)
    wanted = [(POSTGRES, environment["DATABASE_URL"] == database), (REDIS, environment["REDIS_URL"] == redis)]
    servers = EmbeddedServers(state)
    started = servers.start(tuple(name for name, is_embedded in wanted if is_embedded))
    try:
        yield
    finally:
        servers.stop(started)


@contextmanager
def _noted(state: Path, who: Serving) -> Iterator[None]:
    _note(state).write_text(json.dumps(asdict(who)))
    try:
        yield
    finally:
        _note(state).unlink(missing_ok=True)


def _run_processes(lines: Mapping[str, str], environment: Mapping[str, str]) -> int:
    manager = Manager()
    for name, line in lines.items():
        manager.add_process(name, line, env=dict(environment), cwd=str(ROOT))
    manager.loop()
    # Being told to stop is not a failure.
    return 0 if manager.returncode in (130, 143) else int(manager.returncode or 0)


def _note(state: Path) -> Path:
    return state / "serving.json"


def _is_supervisor(pid: int) -> bool:
    """Say whether the process still is a supervisor: its number may have gone to another program since."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "config.supervisor" in process.cmdline()
    return False


def _left_behind(state: Path) -> list[psutil.Process]:
    """Return the processes of this state folder that have lost their supervisor."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # another user's, or gone meanwhile
            line = " ".join(process.cmdline())
            ours = any(name in line for name in PROGRAMS)
            if ours and process.environ().get("STATE_DIR") == str(state.absolute()):
                found.append(process)
    return found


def _empty_folder(folder: Path) -> None:
    # Prometheus adds up what every file says, those of the processes of an earlier run included.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="config.supervisor", description="The exchange on one machine.")
    parser.add_argument("act", choices=["serve", "stop", "status"])
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE_DIR") or STATE))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 0) or None)
    options = parser.parse_args(arguments)
    # Between the commands below a signal ends the process by an exception, so that the servers are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if options.act == "serve":
            return serve(options.state, port=options.port)
        return stop(options.state) if options.act == "stop" else status(options.state)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
