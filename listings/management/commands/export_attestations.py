"""Sign what a node's log has gained, into a batch file for the other side."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listings.crossborder.trust.batches import export_batch, exported_batch
from listings.models import TrustNode


class Command(BaseCommand):
    help = "Write the next signed batch of a node's attestations; digests only, never a document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("node", help="a node that this deployment runs")
        parser.add_argument("file", type=Path, help="the batch file to write")
        parser.add_argument("--number", type=int, help="write this earlier batch again, byte for byte")

    def handle(self, *, node: str, file: Path, number: int | None, **_options: Any) -> None:
        ours = TrustNode.objects.filter(name=node, is_local=True).first()
        if ours is None:
            raise CommandError(f"this deployment runs no node {node}: name it with trust_node {node} --local")
        try:
            content = exported_batch(node=ours, number=number) if number else export_batch(node=ours)
            file.write_bytes(content)
        except (OSError, LookupError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{file}: {len(content)} bytes."))
