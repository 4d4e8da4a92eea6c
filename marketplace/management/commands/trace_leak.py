"""Name the buyer whose marked copy a leaked file is."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.actors import SYSTEM
from listings.models import Product
from marketplace.delivery.watermark.tracing import Suspect, UnreadableLeak, trace_leak

SHOWN = 5


class Command(BaseCommand):
    """Needs the database and the storage keys; the marked copies themselves are not read."""

    help = "Compare a leaked file with every marked copy that was delivered, and name the likeliest buyer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--product", action="append", default=[], metavar="NUMBER", help="look at this product only"
        )
        parser.add_argument("--threshold", type=float, default=0.999, help="name a buyer from this confidence on")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file: Path, product: list[str], threshold: float, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file}: there is no such file")
        products = list(Product.objects.filter(number__in=product).values_list("pk", flat=True))
        if len(products) < len(product):
            raise CommandError("there is no product of that number")
        try:
            suspects = trace_leak(file, products=products, actor=SYSTEM)
        except UnreadableLeak as error:
            raise CommandError(str(error)) from error
        likely = [suspect for suspect in suspects if suspect.fit.confidence >= threshold]
        if options["json"]:
            found = {"file": file.name, "compared": len(suspects), "suspects": [told(each) for each in likely]}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        self.stdout.write(f"{file.name}: compared with {len(suspects)} marked copies.")
        for each in map(told, likely[:SHOWN]):
            self.stdout.write(
                f"  {each['agreement']}  {each['buyer']}  confidence {each['confidence']:.6f} "
                f"({each['score']:.1f} deviations above chance, {each['marks']} marks)"
            )
        if not likely:
            self.stdout.write("No copy fits: the file is not one of them, or its marks were taken out.")


def told(suspect: Suspect) -> dict[str, Any]:
    """Return what is told of a suspect."""
    return {
        "agreement": suspect.copy.delivery.order.agreement.number,
        "order": suspect.copy.delivery.order.number,
        "buyer": suspect.copy.organization.legal_name,
        "file": suspect.copy.file.name,
        "score": round(suspect.fit.score, 3),
        "confidence": suspect.fit.confidence,
        "marks": suspect.marks,
    }
