from typing import Any

from django.core.management.base import BaseCommand, CommandError

from listings.search.embedder import NoModel
from listings.search.endpoint import EndpointFailed
from listings.search.learning import recount_words, reindex
from listings.search.training import prepare_model


class Command(BaseCommand):
    help = "Write the search columns, the vocabulary and the model of meaning anew, for all that is listed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{reindex()} listings indexed anew")
        recount_words()
        try:
            model = prepare_model(anew=True)
        except (NoModel, EndpointFailed) as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(f"model of meaning: {model}")
