"""`make demo`: start everything, load the world, run the trade over HTTP, and stay up until Ctrl-C.

    python -m demo [--once] [--state var] [--port 8000]

What already serves the state folder is used and left running; what this starts, it stops.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx

from config.embedded import STATE
from config.supervisor import environment_for, serving
from demo.exchange import Failed, Refused, Story, print_in_utf8
from demo.people import MEMBERS, OPERATORS, PASSWORD

ROOT = Path(__file__).resolve().parent.parent
LONGEST_START = 300  # seconds; a first start applies every migration, on a busy machine too


def main() -> int:
    """Run the command line and return its exit status: 0 if the loop came to its end."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit when the loop is done")
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE_DIR") or STATE))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 0) or None)
    options = parser.parse_args()
    print_in_utf8()
    for number in (signal.SIGINT, signal.SIGTERM):  # a script's background job starts with SIGINT ignored
        signal.signal(number, _interrupt)
    try:
        with served(options.state, options.port) as url:
            run(url, options.state)
            if not options.once:
                print_addresses(url, options.state)
                stay_up(options.state)
    except KeyboardInterrupt:
        print("\nStopped.")
    except (Failed, Refused, httpx.HTTPError) as failure:
        print(f"\nThe demo failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    return 0


def run(url: str, state: Path) -> None:
    """Load the world and run the loop."""
    story = Story()
    prepare_django(url, state)
    # They need Django set up, which needs the addresses of what has just been started.
    from demo import loop, world  # noqa: PLC0415

    story.chapter("The world")
    world.load()
    story.step("two venues, their staff, members and deposits", f"loaded ({url})")
    loop.run(url, state, story)
    print(f"\nDone: {story.steps} steps in {time.monotonic() - story.began:.1f} seconds.", flush=True)


def prepare_django(url: str, state: Path) -> None:
    """Point this process at the same servers as the web processes; raises Failed in production."""
    environment = environment_for(state, port=httpx.URL(url).port or 8000)
    del environment["PROMETHEUS_MULTIPROC_DIR"]  # this process serves nothing
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR")
    import django  # noqa: PLC0415 - its settings are read when it is set up
    from django.conf import settings  # noqa: PLC0415

    django.setup()
    if settings.PRODUCTION:
        raise Failed("the demo world has well-known passwords and is not loaded into a production")


@contextmanager
def served(state: Path, port: int | None) -> Iterator[str]:
    """Serve the state folder unless it is served already, and yield the address; stop what this started."""
    if (found := serving(state)) is not None:
        print(f"Using the exchange that is running at {found.url}.")
        yield found.url
        return
    state.mkdir(parents=True, exist_ok=True)
    log = state / "demo.log"
    print(f"Starting PostgreSQL, Redis, web, worker and beat (log: {log}) …", flush=True)
    command = [sys.executable, "-m", "config.supervisor", "serve", "--state", str(state)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *(["--port", str(port)] if port else [])],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process, which then stops that one in order
        )
    try:
        yield await_ready(process, state, log)
    finally:
        process.terminate()
        process.wait(timeout=60)


def await_ready(process: "subprocess.Popen[bytes]", state: Path, log: Path) -> str:
    """Return the address once the exchange is ready; raises Failed with the end of its log if it does not get there."""
    deadline = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        found = serving(state)
        if found is not None:
            try:
                if httpx.get(f"{found.url}/readyz", timeout=5).is_success:
                    return found.url
            except httpx.TransportError:
                pass  # not listening yet
        time.sleep(0.1)
    lines = log.read_text(errors="replace").splitlines()
    raise Failed("the exchange did not start:\n" + "\n".join(lines[-25:]))


def stay_up(state: Path) -> None:
    """Wait for Ctrl-C; raises Failed if the exchange ends before."""
    while serving(state) is not None:
        time.sleep(1)
    raise Failed("the exchange has stopped by itself")


def print_addresses(url: str, state: Path) -> None:
    """Print where to look and how to sign in."""
    print(f"\nConsole        {url}/console/\nAPI documents  {url}/api/v1/docs/\nOpenAPI        {url}/api/v1/schema/")
    print(f"Health         {url}/readyz   Metrics  {url}/metrics\n\nEvery demo account has the password  {PASSWORD}")
    print("  operator@dawan.example      operator of the deployment, sees both venues")
    for organization in (*OPERATORS.values(), *MEMBERS):
        for person in organization.people:
            print(f"  {person.email:<27} {person.role:<20} {organization.name['en']}")
    print(f"\nThe members' API clients (OAuth client credentials): {state / 'demo' / 'credentials.json'}")
    print("\nCtrl-C stops everything that was started here.", flush=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
