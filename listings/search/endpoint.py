"""Embeddings from an endpoint that speaks OpenAI's protocol, where the operator names one (EMBEDDINGS_URL).

Its address comes from the operator and from nobody else; still no redirect is followed, an answer has a limit of time
and size, and whatever it sends is checked before it is used. Text of listings is public; questions are sent as typed.
"""

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from http.client import HTTPException
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from listings.models.search import DIMENSIONS

LARGEST_ANSWER = 32 * 1024 * 1024  # bytes
LONGEST_TEXT = 4000  # characters of a listing
BATCH = 64
MOST_DIMENSIONS = 8192

Vectors = npt.NDArray[np.float32]


class EndpointFailed(Exception):
    """The endpoint did not answer in time, or not with what was asked for; the message is for staff."""


def endpoint_name() -> str:
    """Return what tells one model from another: the address and the name of the model."""
    return f"{settings.EMBEDDINGS_MODEL} @ {settings.EMBEDDINGS_URL}"


def embed_texts(texts: Sequence[str], *, seconds: float) -> Vectors:
    """Return a vector of length one for each text, `DIMENSIONS` wide. Raises EndpointFailed after `seconds`."""
    body = {"model": settings.EMBEDDINGS_MODEL, "input": [text[:LONGEST_TEXT] or " " for text in texts]}
    answer = _post(json.dumps(body).encode(), seconds)
    try:
        rows = sorted(answer["data"], key=lambda row: int(row["index"]))
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise EndpointFailed(f"The answer is not a list of embeddings: {error}") from error
    if vectors.ndim != 2 or len(vectors) != len(texts) or vectors.shape[1] > MOST_DIMENSIONS:
        raise EndpointFailed(f"Asked for {len(texts)} embeddings, got an array of {vectors.shape}.")
    return _normal(_fitted(vectors))


def _post(body: bytes, seconds: float) -> Any:
    headers = {"Content-Type": "application/json", "User-Agent": "dawan-exchange"}
    if settings.EMBEDDINGS_KEY:
        headers["Authorization"] = f"Bearer {settings.EMBEDDINGS_KEY}"
    request = urllib.request.Request(settings.EMBEDDINGS_URL, body, headers, method="POST")  # noqa: S310 - checked
    try:
        with _opener().open(request, timeout=seconds) as answer:
            read = answer.read(LARGEST_ANSWER + 1)
        if len(read) > LARGEST_ANSWER:
            raise EndpointFailed("The answer is too large.")
        return json.loads(read)
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise EndpointFailed(f"{type(error).__name__}: {error}") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Follow none: the key would go where the operator never sent it."""


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


def _fitted(vectors: Vectors) -> Vectors:
    """Return vectors of our width: shorter ones are filled up, longer ones projected.

    A random projection keeps the angles between vectors up to about one part in the root of its width
    (Johnson-Lindenstrauss), whatever the model.
    """
    given = vectors.shape[1]
    if given <= DIMENSIONS:
        return np.pad(vectors, ((0, 0), (0, DIMENSIONS - given)))
    return np.asarray(vectors @ _projection(given), dtype=np.float32)


@cache
def _projection(given: int) -> Vectors:
    """Return a matrix of signs that is the same on every machine and in every release."""
    bits = hashlib.shake_256(f"dawan projection {given}".encode()).digest(given * DIMENSIONS // 8)
    signs = np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).astype(np.float32)
    return (signs * 2 - 1).reshape(given, DIMENSIONS)


def _normal(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all() or not (lengths > 1e-6).all():
        raise EndpointFailed("An embedding is not a direction.")
    return np.asarray(vectors / lengths, dtype=np.float32)
