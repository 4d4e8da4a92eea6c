"""Give the audit log a new signing key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.keys import UnusableKey, rotate


class Command(BaseCommand):
    """The old public key stays published; the old private key is gone for good."""

    help = "Make a new Ed25519 key for the tree heads to come; old heads stay verifiable by the old public key."
    requires_system_checks = []

    def handle(self, **_options: Any) -> None:
        try:
            key = rotate()
        except (OSError, UnusableKey) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"The log now signs with key {key.public.key_id}."))
