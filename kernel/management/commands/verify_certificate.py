"""Check a certificate file offline."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.keys import UnusableKey, keys_in_file, trusted_keys
from kernel.verification import verify_certificate


class Command(BaseCommand):
    """Needs the file and public keys; no database, no Redis, no network."""

    help = "Check a certificate file: its digests, its place in the audit log and the log's signature."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the certificate file")
        parser.add_argument(
            "--key",
            type=Path,
            help="trust this PEM public key, or this saved answer of /api/v1/log/public-keys, "
            "instead of the keys published under KEYS_DIR",
        )

    def handle(self, *, file: Path, key: Path | None, **_options: Any) -> None:
        try:
            keys = keys_in_file(key) if key else trusted_keys()
            content = file.read_bytes()
        except (OSError, UnusableKey) as error:
            raise CommandError(str(error)) from error
        verification = verify_certificate(content, keys)

        for check in verification.checks:
            mark = self.style.SUCCESS("  holds ") if check.passed else self.style.ERROR("  FAILS ")
            self.stdout.write(f"{mark} {check.words}")
        if not verification.passed:
            raise CommandError(f"{file}: NOT VALID")
        self.stdout.write(self.style.SUCCESS(f"{file}: VALID, {describe(verification.statement)}."))
        self.stdout.write(
            "Whether it was revoked since is not in the file: ask /api/v1/certificates/{number}/status.".format(
                number=verification.statement["number"]
            )
        )


def describe(statement: Any) -> str:
    """Name the certificate and its subject."""
    subject = f"{statement['subject_type']} {statement['subject_id']}"
    return f"{statement['kind']} certificate {statement['number']} about {subject}"
