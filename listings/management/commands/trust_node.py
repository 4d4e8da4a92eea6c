"""Name a node of the attestation platform: ours, or another deployment's with the key that its batches carry."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug

from kernel.keys import UnusableKey, keys_in_file
from listings.crossborder.trust.nodes import set_node


class Command(BaseCommand):
    help = "Name a node: one that this deployment runs (--local), or another one with its public key (--key)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="for example shenzhen or hongkong; the same name on both sides")
        parser.add_argument("--label", default="", help="the node's name for people")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--local", action="store_true", help="this deployment runs the node and signs for it")
        whose.add_argument(
            "--key", type=Path, help="the other deployment's PEM public key, or its answer of /api/v1/log/public-keys"
        )

    def handle(self, *, name: str, label: str, key: Path | None, **_options: Any) -> None:
        try:
            validate_slug(name)
            pem = next(iter(keys_in_file(key).values())).pem if key else ""
        except (OSError, ValueError, StopIteration, UnusableKey) as error:
            raise CommandError(f"{name}: {error}") from error
        node = set_node(name=name, label={"en": label} if label else {}, public_key=pem)
        self.stdout.write(self.style.SUCCESS(f"{node.name}: {'run here' if node.is_local else 'trusted by its key'}."))
