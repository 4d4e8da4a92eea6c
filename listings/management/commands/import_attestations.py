"""Take another node's signed batches into a node's log."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listings.crossborder.trust.batch_form import LARGEST_FILE, BadBatch
from listings.crossborder.trust.batches import import_batch
from listings.models import TrustNode


class Command(BaseCommand):
    help = "Check a batch of another node against its trusted key and take it whole, or refuse it and say why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("node", help="the node of this deployment that takes the batch")
        parser.add_argument("files", type=Path, nargs="+", help="batch files, in the order of their numbers")

    def handle(self, *, node: str, files: list[Path], **_options: Any) -> None:
        ours = TrustNode.objects.filter(name=node, is_local=True).first()
        if ours is None:
            raise CommandError(f"this deployment runs no node {node}: name it with trust_node {node} --local")
        for file in files:
            try:
                with file.open("rb") as opened:
                    batch = import_batch(node=ours, content=opened.read(LARGEST_FILE + 1))
            except OSError as error:
                raise CommandError(str(error)) from error
            except BadBatch as refused:
                raise CommandError(f"{file}: refused ({refused.code}): {refused}") from refused
            told = f"{file}: batch {batch.number} of {batch.statement['node']}, up to line {batch.last}."
            self.stdout.write(self.style.SUCCESS(told))
