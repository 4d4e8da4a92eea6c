"""Search by meaning: which listings are near to a question, or to another listing."""

import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from pgvector import HalfVector
from redis.exceptions import RedisError

from kernel.actors import NOBODY, Actor
from listings.models import EmbeddingModel, Listing
from listings.search.embedder import Embedder, load
from listings.search.endpoint import EndpointFailed, embed_texts

log = logging.getLogger(__name__)

MEANT = 60  # listings that are near enough to be looked at
REACH = 1000  # of all that are near, how many are tried against the filters
FARTHEST = 0.8  # cosine distance: beyond it, nothing in common can be told from chance
QUESTION_SECONDS = 1.5  # that somebody waits for an endpoint, at most
QUESTION_KEPT = 24 * 3600  # seconds: the same questions are asked again and again
SIMILAR = 10

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Meaning:
    """What a text means to the model in the given slot."""

    slot: int
    vector: Vector

    @property
    def half(self) -> str:
        """The vector as PostgreSQL reads a `halfvec`."""
        text: str = HalfVector(self.vector).to_text()
        return text


def current_model() -> EmbeddingModel | None:
    """Return the model that questions are put to, without its artefact; None before the first one is trained."""
    return EmbeddingModel.objects.filter(state=EmbeddingModel.State.CURRENT).defer("artefact").first()


def meaning_of(text: str) -> Meaning | None:
    """Return what a question means, or None: without a model or a word it knows, or while its endpoint is out."""
    model = current_model()
    if model is None:
        return None
    if model.kind == EmbeddingModel.Kind.TRAINED:
        vector = trained(model.pk, model.sha256).embed(text)
    else:
        vector = _asked_of_endpoint(model, text)
    return None if vector is None else Meaning(model.slot, vector)


def embed_listings(model: EmbeddingModel, texts: Sequence[str], *, seconds: float = 60) -> list[Vector | None]:
    """Return the vectors of texts of listings, None for those that mean nothing to the model. Raises EndpointFailed."""
    if model.kind == EmbeddingModel.Kind.ENDPOINT:
        return list(embed_texts(texts, seconds=seconds))
    embedder = trained(model.pk, model.sha256)
    return [embedder.embed(text) for text in texts]


# Written as a value and not as EXISTS, the listing of each is looked up in turn, and of no more than are wanted.
NEAREST = """
SELECT near.listing_id, near.distance FROM listings_nearest(%s::halfvec, %s, %s) near
 WHERE near.distance <= %s AND ({listing}) IS NOT NULL
 LIMIT %s
"""


def nearest(meaning: Meaning, listings: QuerySet[Listing], *, most: int = MEANT) -> dict[UUID, float]:
    """Return the listings among these that are nearest in meaning, with their distance (0 to 2), the nearest first.

    Those that are not among the `REACH` nearest of all are not found.
    """
    listing, parameters = listings.filter(pk=RawSQL("near.listing_id", ())).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            NEAREST.format(listing=listing), [meaning.half, meaning.slot, REACH, FARTHEST, *parameters, most]
        )
        return dict(sorted(cursor.fetchall(), key=lambda row: row[1]))


@dataclass(frozen=True)
class Similar:
    """A listing that is near to another; the likeness is 1 for the same meaning."""

    listing: Listing
    likeness: float


def similar_to(listing: Listing, actor: Actor = NOBODY) -> list[Similar]:
    """Return other products that the actor may know of and that are near to a listing, the nearest first."""
    model = current_model()
    own = listing.embeddings.filter(slot=model.slot).first() if model else None
    if own is None:
        return []
    others = Listing.objects.sought_by(actor).exclude(product=listing.product_id)
    near = nearest(Meaning(own.slot, own.vector.to_numpy()), others, most=SIMILAR)
    rows = others.filter(pk__in=near).select_related("organization", "venue").in_bulk()
    return [Similar(rows[pk], round(1 - distance, 4)) for pk, distance in near.items() if pk in rows]


@lru_cache(maxsize=2)
def trained(model_id: UUID, sha256: str) -> Embedder:
    """Return a trained model, read once in a process."""
    artefact = EmbeddingModel.objects.values_list("artefact", flat=True).get(pk=model_id)
    return load(bytes(artefact), sha256=sha256)


def _asked_of_endpoint(model: EmbeddingModel, text: str) -> Vector | None:
    key = f"meaning:{model.pk}:{hashlib.sha256(text.strip().lower().encode()).hexdigest()}"
    with suppress(RedisError):  # the endpoint is asked again
        if (kept := cache.get(key)) is not None:
            return np.frombuffer(bytes.fromhex(kept), dtype=np.float32)
    try:
        vector: Vector = embed_texts([text], seconds=QUESTION_SECONDS)[0]
    except EndpointFailed as failure:
        log.warning("embeddings endpoint failed; searched by words alone", extra={"error": str(failure)})
        return None
    with suppress(RedisError):
        cache.set(key, vector.tobytes().hex(), QUESTION_KEPT)
    return vector
