"""What listings mean, as vectors under an index by nearness, and the models that these come from."""

import django.db.models.deletion
import pgvector.django.halfvec
import pgvector.django.indexes
from django.db import migrations, models
from pgvector.django import VectorExtension

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0022_words_of_the_catalogue"),
    ]

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name="EmbeddingModel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "kind",
                    models.CharField(
                        choices=[("TRAINED", "trained on the catalogue"), ("ENDPOINT", "endpoint")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "state",
                    models.CharField(
                        choices=[("PREPARING", "being prepared"), ("CURRENT", "current")],
                        default="PREPARING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "slot",
                    models.PositiveSmallIntegerField(unique=True, verbose_name="slot"),
                ),
                ("artefact", models.BinaryField(blank=True, verbose_name="artefact")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the artefact")),
                ("listings", models.PositiveIntegerField(verbose_name="listings it was made for")),
            ],
            options={
                "verbose_name": "embedding model",
                "verbose_name_plural": "embedding models",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "CURRENT")),
                        fields=("state",),
                        name="one_embedding_model_is_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__in", [0, 1])), name="embedding_model_has_one_of_two_slots"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "ENDPOINT"), models.Q(("sha256", ""), _negated=True), _connector="OR"
                        ),
                        name="trained_embedding_model_has_a_digest",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListingEmbedding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.PositiveSmallIntegerField(verbose_name="slot")),
                ("vector", pgvector.django.halfvec.HalfVectorField(dimensions=256, verbose_name="vector")),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="embeddings",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing's embedding",
                "verbose_name_plural": "listings' embeddings",
                "indexes": [
                    pgvector.django.indexes.HnswIndex(
                        condition=models.Q(("slot", 0)),
                        fields=["vector"],
                        name="embedding_nearest_0",
                        opclasses=["halfvec_cosine_ops"],
                    ),
                    pgvector.django.indexes.HnswIndex(
                        condition=models.Q(("slot", 1)),
                        fields=["vector"],
                        name="embedding_nearest_1",
                        opclasses=["halfvec_cosine_ops"],
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("listing", "slot"), name="embedding_is_unique_by_slot")
                ],
            },
        ),
    ]
