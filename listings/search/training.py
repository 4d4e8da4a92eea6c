"""Preparing a model of meaning: train it on the catalogue or take the endpoint's, embed what is listed, and switch.

Searches go on with the old model until the new one knows every listing.
"""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from listings.industries import industries
from listings.models import EmbeddingModel, Listing, ListingEmbedding
from listings.search.embedder import digest_of, train
from listings.search.endpoint import endpoint_name
from listings.search.meaning import current_model, embed_listings
from listings.search.trade import trade_words

TRAIN_JOB = "catalogue.train"
MOST_READ = 50_000  # listings that a model learns from, the newest
GROWN = 1.25  # times as many listings as it learned from: time for another
BATCH = 200

State, Kind = EmbeddingModel.State, EmbeddingModel.Kind


def prepare_model(*, anew: bool = False, heartbeat: Callable[[], None] = lambda: None) -> EmbeddingModel | None:
    """Make the model that the catalogue needs now and switch to it; None if there is nothing to do.

    Raises NoModel when there is too little to learn from, EndpointFailed when an endpoint does not answer.
    """
    listed = Listing.objects.in_catalogue().count()
    current = current_model()
    if not anew and current is not None and _fits(current, listed):
        return None
    model = _new_model(listed, taken=None if current is None else current.slot)
    for batch in _batches(Listing.objects.filter(state=Listing.State.LISTED)):
        write_embeddings(model, batch)
        heartbeat()
    _switch_to(model)
    return model


def write_embeddings(model: EmbeddingModel, listings: tuple[Listing, ...]) -> None:
    """Write what listings mean to a model, in the place of what they meant."""
    vectors = embed_listings(model, [meaning_text(listing) for listing in listings])
    rows = [
        ListingEmbedding(listing=listing, slot=model.slot, vector=vector)
        for listing, vector in zip(listings, vectors, strict=True)
        if vector is not None
    ]
    ListingEmbedding.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["listing", "slot"], update_fields=["vector"]
    )


def embed_listing(listing: Listing) -> None:
    """Write what a listing means, to the current model and to one that is being prepared."""
    for model in EmbeddingModel.objects.defer("artefact"):
        write_embeddings(model, (listing,))


def meaning_text(listing: Listing) -> str:
    """Return the text whose meaning stands for a listing; its name twice, since it says most."""
    industry = industries()[listing.industry]
    names = list(listing.name.values())
    texts = (*names, *names, *listing.summary.values(), *listing.product.scenario.values(), *industry.name.values())
    return "\n".join(texts)


def model_name() -> str:
    """Return the name of the model that the settings and the trade's words ask for."""
    return endpoint_name() if settings.EMBEDDINGS_URL else f"catalogue, {trade_words().edition}"


def _fits(model: EmbeddingModel, listed: int) -> bool:
    grown = model.kind == Kind.TRAINED and not model.listings / GROWN <= listed <= model.listings * GROWN
    return model.name == model_name() and not grown


def _new_model(listed: int, *, taken: int | None) -> EmbeddingModel:
    artefact = b"" if settings.EMBEDDINGS_URL else train([meaning_text(listing) for listing in _newest()])
    slot = 1 if taken == 0 else 0
    with transaction.atomic():
        EmbeddingModel.objects.filter(state=State.PREPARING).delete()  # of an attempt that was cut off
        ListingEmbedding.objects.filter(slot=slot).delete()
        return EmbeddingModel.objects.create(
            kind=Kind.ENDPOINT if settings.EMBEDDINGS_URL else Kind.TRAINED,
            name=model_name(),
            slot=slot,
            artefact=artefact,
            sha256=digest_of(artefact) if artefact else "",
            listings=listed,
        )


def _switch_to(model: EmbeddingModel) -> None:
    with transaction.atomic():
        EmbeddingModel.objects.filter(state=State.CURRENT).delete()
        EmbeddingModel.objects.filter(pk=model.pk).update(state=State.CURRENT)
    ListingEmbedding.objects.exclude(slot=model.slot).delete()


def _newest() -> QuerySet[Listing]:
    rows = Listing.objects.in_catalogue().select_related("product").order_by("-listed_at", "-id")
    return rows.only("name", "summary", "industry", "product__scenario")[:MOST_READ]


def _batches(listings: QuerySet[Listing]) -> Iterator[tuple[Listing, ...]]:
    """Yield all listings a few at a time, by their key: what is listed meanwhile is embedded by its own job."""
    rows = listings.select_related("product").only("name", "summary", "industry", "product__scenario").order_by("id")
    last = None
    while batch := tuple((rows if last is None else rows.filter(id__gt=last))[:BATCH]):
        yield batch
        last = batch[-1].pk
