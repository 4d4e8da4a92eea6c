"""A model of meaning that needs nothing but the catalogue: which words its listings say together (TF-IDF and SVD).

Since listings are described in several languages at once, words of one language come to lie beside those of another.
The artefact is an archive of plain arrays (NumPy, no pickled objects) and is only read if its digest is the one noted.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from listings.models.search import DIMENSIONS
from listings.search.question import concept_terms
from listings.search.trade import trade_words
from listings.search.words import words_and_parts

Vector = npt.NDArray[np.float32]

MOST_FEATURES = 30_000
IN_MOST = 0.5  # of the documents: a word that more of them say tells nothing
FEWEST_DOCUMENTS = 8
DOCUMENTS_A_DIMENSION = 3


class NoModel(Exception):
    """There is too little to learn from, or an artefact is not what was noted."""


@dataclass(frozen=True)
class Embedder:
    """A trained model: the place of each feature, its weight, and the matrix that turns weights into meaning."""

    places: dict[str, int]
    weights: Vector
    meaning: Vector

    def embed(self, text: str) -> Vector | None:
        """Return the meaning of a text as a vector of length one, or None if it says no word that the model knows."""
        counts = Counter(place for feature in features(text) if (place := self.places.get(feature)) is not None)
        if not counts:
            return None
        chosen = np.fromiter(counts, dtype=np.int64)
        said = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32))) * self.weights[chosen]
        return _of_length_one((said / np.linalg.norm(said)) @ self.meaning[chosen])


def features(text: str) -> list[str]:
    """Return the words of a text and those within them, and the concepts of the trade that it names."""
    return [word for word in words_and_parts(text) if word not in trade_words().stop_words] + concept_terms(text)


def train(documents: Sequence[str]) -> bytes:
    """Return the artefact of a model of these texts; the same texts give the same model. Raises NoModel."""
    # A big library, which only who trains needs.
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    if len(documents) < FEWEST_DOCUMENTS:
        raise NoModel("There are too few listings to learn from.")
    vectorizer = TfidfVectorizer(
        analyzer=features, sublinear_tf=True, min_df=2, max_df=IN_MOST, max_features=MOST_FEATURES, dtype=np.float32
    )
    try:
        weighed = vectorizer.fit_transform(documents)
    except ValueError as nothing_left:
        raise NoModel("The listings have no words in common.") from nothing_left
    # As many dimensions as documents would only repeat them.
    dimensions = min(DIMENSIONS, weighed.shape[0] // DOCUMENTS_A_DIMENSION, weighed.shape[1] - 1)
    if dimensions < 1:
        raise NoModel("The listings have no words in common.")
    reduced = TruncatedSVD(dimensions, random_state=0).fit(weighed)
    meaning = np.zeros((weighed.shape[1], DIMENSIONS), dtype=np.float16)
    meaning[:, :dimensions] = reduced.components_.T
    names = vectorizer.get_feature_names_out()
    return _packed(names.tolist(), vectorizer.idf_.astype(np.float32), meaning)


def digest_of(artefact: bytes) -> str:
    return hashlib.sha256(artefact).hexdigest()


def load(artefact: bytes, *, sha256: str) -> Embedder:
    """Return the model of an artefact. Raises NoModel unless it is the one that was noted."""
    if digest_of(artefact) != sha256:
        raise NoModel("The artefact is not the one that was noted.")
    with np.load(io.BytesIO(artefact), allow_pickle=False) as arrays:
        names = json.loads(arrays["names"].tobytes())
        weights, meaning = arrays["weights"], arrays["meaning"].astype(np.float32)
    return Embedder({name: place for place, name in enumerate(names)}, weights, meaning)


def _packed(names: Iterable[str], weights: Vector, meaning: npt.NDArray[np.float16]) -> bytes:
    packed = io.BytesIO()
    encoded = np.frombuffer(json.dumps(list(names), ensure_ascii=False).encode(), dtype=np.uint8)
    np.savez_compressed(packed, names=encoded, weights=weights, meaning=meaning)
    return packed.getvalue()


def _of_length_one(vector: Vector) -> Vector | None:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length > 1e-6 else None
