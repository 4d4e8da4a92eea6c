from typing import Any

from django.core.management.base import BaseCommand, CommandError

from listings.encryption import Tampered, UnusableKey
from listings.rotation import rewrap_data_keys


class Command(BaseCommand):
    help = "Wrap the data keys of all dataset versions under the first key of STORAGE_KEYS (docs/datasets.md)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            count = rewrap_data_keys()
        except (UnusableKey, Tampered) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} data keys wrapped anew")
