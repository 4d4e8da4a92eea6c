"""Check an evidence pack offline."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.keys import UnusableKey, keys_in_file, trusted_keys
from kernel.packs import verify_pack


class Command(BaseCommand):
    """Needs the file and public keys; no database, no Redis, no network."""

    help = "Check an evidence pack: its signature, the digests of its files, and its events' places in the audit log."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the evidence pack (ZIP)")
        parser.add_argument(
            "--key",
            type=Path,
            help="trust this PEM public key, or this saved answer of /api/v1/log/public-keys, "
            "instead of the keys published under KEYS_DIR",
        )

    def handle(self, *, file: Path, key: Path | None, **_options: Any) -> None:
        try:
            keys = keys_in_file(key) if key else trusted_keys()
            with file.open("rb") as content:
                verification = verify_pack(content, keys)
        except (OSError, UnusableKey) as error:
            raise CommandError(str(error)) from error
        for check in verification.checks:
            mark = self.style.SUCCESS("  holds ") if check.passed else self.style.ERROR("  FAILS ")
            self.stdout.write(f"{mark} {check.words}")
        if not verification.passed:
            raise CommandError(f"{file}: NOT VALID")
        self.stdout.write(self.style.SUCCESS(f"{file}: VALID, {verification.statement.get('order', '')}."))
