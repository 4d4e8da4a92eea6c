"""What search keeps beside the listings: the catalogue's vocabulary, models of meaning, and what each listing means."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex

from kernel.models import Identified
from listings.models.listings import Listing

WORD_LENGTH = 40
DIMENSIONS = 256


class SearchWord(models.Model):
    """A word that some listing says, and what is left of it when it is mistyped (listings/search/spelling.py)."""

    word = models.CharField(_("word"), max_length=WORD_LENGTH, primary_key=True, db_collation="C")
    keys = ArrayField(models.CharField(max_length=80), verbose_name=_("what mistyping leaves of it"))
    listings = models.PositiveIntegerField(_("listings that say it"), default=1)

    class Meta:
        verbose_name = _("word of the catalogue")
        verbose_name_plural = _("words of the catalogue")
        # A mistyped word is looked up by any of its own keys.
        indexes = [GinIndex(fields=["keys"], name="search_word_by_key", fastupdate=False)]

    def __str__(self) -> str:
        return self.word


class EmbeddingModel(Identified):
    """What turns text into a vector: trained on the catalogue, or an endpoint. One is current, one may be prepared.

    Two models' vectors do not compare, so each has a slot with an index of its own; the next takes the free one.
    """

    class Kind(models.TextChoices):
        TRAINED = "TRAINED", _("trained on the catalogue")
        ENDPOINT = "ENDPOINT", _("endpoint")

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("being prepared")
        CURRENT = "CURRENT", _("current")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PREPARING)
    slot = models.PositiveSmallIntegerField(_("slot"), unique=True)
    artefact = models.BinaryField(_("artefact"), blank=True)
    sha256 = models.CharField(_("SHA-256 of the artefact"), max_length=64, blank=True)
    listings = models.PositiveIntegerField(_("listings it was made for"))

    class Meta:
        verbose_name = _("embedding model")
        verbose_name_plural = _("embedding models")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="CURRENT"), name="one_embedding_model_is_current"
            ),
            models.CheckConstraint(condition=models.Q(slot__in=[0, 1]), name="embedding_model_has_one_of_two_slots"),
            models.CheckConstraint(
                condition=models.Q(kind="ENDPOINT") | ~models.Q(sha256=""), name="trained_embedding_model_has_a_digest"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListingEmbedding(models.Model):
    """What a listing means, as a vector of length one. Apart from the listing: a change of that rewrites no graph."""

    # No index of its own: the constraint below begins with this column.
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="embeddings", db_index=False, verbose_name=_("listing")
    )
    slot = models.PositiveSmallIntegerField(_("slot"))
    # Half precision: half the memory of the graph, and no difference in the order of the nearest hundred.
    vector = HalfVectorField(dimensions=DIMENSIONS, verbose_name=_("vector"))

    class Meta:
        verbose_name = _("listing's embedding")
        verbose_name_plural = _("listings' embeddings")
        constraints = [models.UniqueConstraint(fields=["listing", "slot"], name="embedding_is_unique_by_slot")]
        # HNSW and not IVFFlat: it needs no lists trained on rows that come later, so it stays good while one listing
        # after another is added.
        indexes = [
            HnswIndex(
                name=f"embedding_nearest_{slot}",
                fields=["vector"],
                opclasses=["halfvec_cosine_ops"],
                condition=models.Q(slot=slot),
            )
            for slot in (0, 1)
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.slot}"
