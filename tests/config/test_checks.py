"""A production does not start on development's defaults."""

import os
import subprocess
import sys

import pytest

from config.addresses import client_address
from config.checks import unsafe_settings

SAFE = {
    "PRODUCTION": True,
    "DEBUG": False,
    "DEVELOPMENT_SECRET": "development",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": ["exchange.example"],
    "PUBLIC_URL": "https://exchange.example",
    "USES_EMBEDDED_DATABASE": False,
    "USES_EMBEDDED_REDIS": False,
    "STORAGE_KEYS": ["k1:AAAA"],
    "METRICS_TOKEN": "t",
    "EMBEDDINGS_URL": "",
    "EMBEDDINGS_KEY": "",
}


def test_safe_settings_have_no_fault() -> None:
    assert unsafe_settings(SAFE) == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", True, "DEBUG must be off"),
        ("SECRET_KEY", "short", "SECRET_KEY must have 40 characters or more"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS must name your hosts"),
        ("PUBLIC_URL", "http://exchange.example", "PUBLIC_URL must begin with https://"),
        ("USES_EMBEDDED_DATABASE", True, "DATABASE_URL must name a server (the embedded one trusts everybody)"),
        ("STORAGE_KEYS", [], "STORAGE_KEYS must hold your own keys"),
        ("EMBEDDINGS_KEY", "secret", "EMBEDDINGS_URL must begin with https:// (a key goes there)"),
    ],
)
def test_each_unsafe_setting_is_named(name: str, value: object, sentence: str) -> None:
    assert unsafe_settings(SAFE | {name: value}) == [sentence]


def test_a_production_on_defaults_does_not_start_and_names_every_fault() -> None:
    keep = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "STATE_DIR"}}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, env=keep | {"PRODUCTION": "1"}, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "SECRET_KEY must be your own" in done.stderr
    assert "STORAGE_KEYS must hold your own keys" in done.stderr


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "forged, 198.51.100.1", "198.51.100.1"),
        (2, "forged, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
    ],
)
def test_only_what_our_proxies_added_counts_as_the_clients_address(rf, settings, trusted, forwarded, address) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = rf.get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {})

    assert client_address(request) == address


def test_what_the_address_of_the_database_asks_for_is_kept() -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://db.example/dawan?sslmode=verify-full&sslrootcert=/ca.pem"}
    told = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    run = subprocess.run(
        [sys.executable, "-c", told],
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'sslmode': 'verify-full', 'sslrootcert': '/ca.pem'" in run.stdout
    assert "'prepare_threshold': 1" in run.stdout
