"""Check the whole audit log against the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.keys import UnusableKey, keys_in_file, trusted_keys
from kernel.log_audit import LogAudit

MOST_FAULTS_SHOWN = 50


class Command(BaseCommand):
    """Reads every event once; exits with status 1 when anything is not as it was sealed."""

    help = "Recompute every leaf hash, tree node, root and signature of the audit log, and the heads' consistency."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--key",
            type=Path,
            help="trust this PEM public key, or this saved answer of /api/v1/log/public-keys, "
            "instead of the keys published under KEYS_DIR",
        )

    def handle(self, *, key: Path | None, **_options: Any) -> None:
        try:
            audit = LogAudit(keys_in_file(key) if key else trusted_keys())
        except (OSError, UnusableKey) as error:
            raise CommandError(str(error)) from error
        audit.run()

        for fault in audit.faults[:MOST_FAULTS_SHOWN]:
            self.stdout.write(self.style.ERROR(f"  FAULT {fault}"))
        counts = f"{audit.events} events under {audit.heads} signed heads, {audit.waiting} waiting to be sealed"
        if audit.faults:
            raise CommandError(f"The log does NOT verify: {len(audit.faults)} faults; {counts}.")
        self.stdout.write(
            self.style.SUCCESS(f"The log verifies: {counts}; root {audit.root.hex() or 'of nothing yet'}.")
        )
