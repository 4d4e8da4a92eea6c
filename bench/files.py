"""What delivering and taking in a large file costs, against nginx and against the slower digest alone.

    python -m bench.files [--mebibytes 1024] [--rounds 3]

A stored archive of recordings is uploaded over HTTP in parts of 64 MiB, examined by the real job (both digests, the
archive's members), bought and delivered, on a PostgreSQL of our own; the web server is the production one, with one
process. Upload and examination are compared with `openssl dgst -sm3` of the same file. Downloads, which are decrypted
as they go, are compared with nginx serving the plain file by sendfile, by the same clients in turn, with one connection
and with eight. The figures are medians; the first round, which fills caches, is not counted.
"""

import argparse
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.ledger import scratch_servers, set_up_django
from bench.sharing import web_server
from config.supervisor import ROOT, choose_port

if TYPE_CHECKING:
    from accounts.models import Organization
    from listings.models import DatasetVersion

MEBIBYTE = 1024 * 1024
PART_BYTES = 64 * MEBIBYTE
CONNECTIONS = (1, 8)
UPLOADS = 2  # parts that are sent at once
AIMED_DOWNLOAD, AIMED_UPLOAD = 0.8, 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with scratch_servers(("postgres", "redis")) as state, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), choose_port(None)
        os.environ["LOG_LEVEL"] = "WARNING"
        os.environ["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        set_up_django(state)
        from tests.listings.archives import recordings

        archive = recordings(folder / "recordings.zip", asked.mebibytes)
        with web_server(port) as web:
            measure(archive, asked.rounds, port, web)


def measure(archive: Path, rounds: int, port: int, web: int) -> None:
    """Take the archive in, deliver it, and print what each costs."""
    from tests.world import make_member, put_back_venues

    put_back_venues()
    version = print_uploads(archive, rounds, port, make_member())
    print_downloads(archive, rounds, version, web)


def print_uploads(archive: Path, rounds: int, port: int, provider: "Organization") -> "DatasetVersion":
    """Take the archive in several times, print what each step takes, and return the last version."""
    from kernel.digests import digest_stream
    from listings.storage import iter_range

    steps = []
    for _ in range(rounds):
        alone = timed(lambda: digest_alone(archive))
        sent, examined, version = taken_in(archive, provider, port)
        file = version.files.get()
        digested = timed(lambda file=file: digest_stream(iter_range(file, 0, file.size or 0)))
        steps.append((alone, sent, digested, examined))
    alone, sent, digested, examined = (median(times) for times in zip(*steps, strict=True))
    print(f"openssl dgst -sm3                   {alone:>10.2f} s")
    print(f"upload, encrypted, parts digested   {sent:>10.2f} s")
    print(f"decryption and both digests         {digested:>10.2f} s")
    print(f"upload and digests / openssl        {(sent + digested) / alone:>10.2f} (aim at most {AIMED_UPLOAD})")
    print(f"whole examination, members too      {examined:>10.2f} s")
    return version


def print_downloads(archive: Path, rounds: int, version: "DatasetVersion", web: int) -> None:
    """Sell the version, read it by both servers in turn, and print how fast, and the memory of ours."""
    from tests.marketplace.trading import make_buyer

    ours, size = granted_address(version, make_buyer()), archive.stat().st_size
    resting = memory_of(web)
    with nginx(archive.parent) as base:
        plain = f"{base}/{archive.name}"
        for connections in CONNECTIONS:
            rates = [[rate(address, size, connections) for address in (ours, plain)] for _ in range(rounds + 1)][1:]
            mine, theirs = (median(column) for column in zip(*rates, strict=True))
            label = f"{connections} connection{'s' if connections > 1 else ''}"
            print(f"download, {label:<14}            {mine:>10.0f} MiB/s, nginx {theirs:,.0f} MiB/s")
            print(f"download / nginx, {label:<14}    {mine / theirs:>10.2f} (aim at least {AIMED_DOWNLOAD})")
    print(f"web process: {resting} MiB before, at most {memory_of(web, 'VmHWM')} MiB")


def digest_alone(archive: Path) -> None:
    subprocess.run(["openssl", "dgst", "-sm3", str(archive)], check=True, stdout=subprocess.DEVNULL)


def taken_in(archive: Path, provider: "Organization", port: int) -> tuple[float, float, "DatasetVersion"]:
    """Upload the archive over HTTP, examine it, and return the seconds of both and the version."""
    from kernel.jobs import run_due_jobs
    from listings import uploading
    from listings.models import DatasetVersion
    from tests.world import actor, make_client, make_token, person_of

    who = actor(person_of(provider))
    dataset = uploading.register_dataset(title={"en": "Recordings"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    file = uploading.add_file(version_id=version.id, name=archive.name, format="ARCHIVE", actor=who)
    token = make_token(make_client(person_of(provider)))

    size = archive.stat().st_size
    parts = range(-(-size // PART_BYTES))
    began = perf_counter()
    with ThreadPoolExecutor(UPLOADS) as pool:
        list(pool.map(lambda number: send_part(archive, number, f"/api/v1/files/{file.id}/parts", port, token), parts))
    uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    sent = perf_counter() - began
    examined = timed(lambda: run_due_jobs(kinds=("dataset.profile",)))
    version.refresh_from_db()
    if version.state != DatasetVersion.State.READY:
        raise RuntimeError(version.refusal)
    return sent, examined, version


def send_part(archive: Path, number: int, path: str, port: int, token: str) -> None:
    """Send the part at `number` (from 0), a MiB at a time."""
    with archive.open("rb") as source:
        source.seek(number * PART_BYTES)
        length = min(PART_BYTES, archive.stat().st_size - source.tell())
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(length),
        }
        body = (source.read(min(MEBIBYTE, length - sent)) for sent in range(0, length, MEBIBYTE))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("PUT", f"{path}/{number + 1}", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
    if answer.status != 200:
        raise RuntimeError(told)


def granted_address(version: "DatasetVersion", buyer: "Organization") -> str:
    """List the version, sell it, and return the address at which the buyer reads it."""
    from django.conf import settings
    from django.urls import reverse

    from marketplace.delivery.access import grant_access
    from tests.marketplace.trading import delivered, listed_version, placed
    from tests.world import actor, person_of

    delivery = delivered(placed(listed_version(version), buyer))
    file = version.files.get()
    issued = grant_access(delivery_id=delivery.pk, file_id=file.pk, actor=actor(person_of(buyer)))
    return settings.PUBLIC_URL + reverse("download", args=[issued.token])


def rate(address: str, size: int, connections: int) -> float:
    """Read the whole file over so many connections at once; return MiB per second of all together."""
    with ThreadPoolExecutor(connections) as pool:
        began = perf_counter()
        received = list(pool.map(received_bytes, [address] * connections))
        took = perf_counter() - began
    if received != [size] * connections:
        raise RuntimeError(f"received {received} of {size}")
    return size * connections / MEBIBYTE / took


def received_bytes(address: str) -> int:
    """Read an answer as fast as a client can, keep nothing of it, and return the length of its body."""
    parts = urlsplit(address)
    buffer = bytearray(MEBIBYTE)
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        count = len(head) - head.index(b"\r\n\r\n") - 4
        while received := connection.recv_into(buffer):
            count += received
    return count


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """Serve a folder by nginx as it is made for that, and yield its address."""
    unpacked = ROOT / "var" / "tools" / "nginx" / "usr" / "sbin" / "nginx"
    program = shutil.which("nginx") or str(unpacked)
    if not Path(program).exists():
        raise SystemExit("nginx is missing: run `make system-packages`.")
    folder.chmod(0o755)
    port = choose_port(None)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; worker_processes auto; events {{}}\n"
        f"http {{ {temporary} access_log off; sendfile on; tcp_nopush on;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    process = subprocess.Popen([program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None:
                raise SystemExit("nginx does not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def memory_of(process: int, figure: str = "VmRSS") -> int:
    """Return the MiB of the largest process of a server, itself and its children."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    sizes = []
    for pid in (process, *map(int, children.stdout.split())):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        sizes += [int(line.split()[1]) // 1024 for line in lines if line.startswith(figure + ":")]
    return max(sizes)


def timed(act: Callable[[], object]) -> float:
    """Return how many seconds the act took."""
    began = perf_counter()
    act()
    return perf_counter() - began


if __name__ == "__main__":
    main()
