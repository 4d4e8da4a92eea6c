"""Embeddings from an endpoint: a real HTTP server that answers well, badly, late, or not at all."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from listings.models import EmbeddingModel, ListingEmbedding
from listings.search import endpoint, meaning
from listings.search.endpoint import EndpointFailed, embed_texts
from listings.search.training import prepare_model
from tests.listings.offers import listed
from tests.world import api, make_member

pytestmark = pytest.mark.django_db

TOPICS = ("metro", "haze", "bond")


class Answering(BaseHTTPRequestHandler):
    """Embeds a text by which topics it names; the path says how to misbehave."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        if self.path == "/redirect":
            self.send_response(307)
            self.send_header("Location", "/v1/embeddings")
            self.end_headers()
            return
        if self.path == "/slow":
            time.sleep(1)
        if self.path == "/error":
            self.send_error(500)
            return
        data = [{"index": n, "embedding": self.embedding(text)} for n, text in enumerate(body["input"])]
        if self.path == "/short":
            data = data[:-1]
        answer = json.dumps({"data": data[::-1]}).encode() if self.path != "/garbage" else b'{"data": [{"index": 0}]}'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer if self.path != "/large" else answer + b" " * (2 * 1024 * 1024))

    def embedding(self, text: str) -> list[float]:
        width = 1024 if self.path == "/wide" else 3
        if self.path == "/nan":
            return [float("nan")] * width
        topics = [float(topic in text.lower()) for topic in TOPICS]
        return (topics if any(topics) else [0.1, 0.1, 0.1]) + [0.0] * (width - 3)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def at(server, settings):
    def at(path: str) -> None:
        settings.EMBEDDINGS_URL = f"http://127.0.0.1:{server.server_port}{path}"
        settings.EMBEDDINGS_MODEL = "topics"
        settings.EMBEDDINGS_KEY = "secret"

    at("/v1/embeddings")
    return at


def test_listings_and_questions_are_embedded_by_the_endpoint(at, server):
    provider = make_member()
    metro = listed(provider, name={"en": "Metro ridership"})
    listed(provider, name={"en": "Bond valuation"})
    underground = listed(provider, name={"en": "Trains of the metro"})
    assert prepare_model().kind == EmbeddingModel.Kind.ENDPOINT
    assert ListingEmbedding.objects.count() == 3

    found = api().get("/api/v1/catalogue", {"q": "metro ridership"}).json()["items"]
    assert [item["id"] for item in found] == [str(metro.pk), str(underground.pk)]
    _path, headers, body = server.asked[-1]
    assert headers["Authorization"] == "Bearer secret"
    assert body["model"] == "topics"
    asked = len(server.asked)
    api().get("/api/v1/catalogue", {"q": "metro ridership"})
    assert len(server.asked) == asked  # the same question is kept


def test_a_search_goes_on_by_words_while_the_endpoint_is_out(at, monkeypatch):
    monkeypatch.setattr(meaning, "QUESTION_SECONDS", 0.2)
    metro = listed(make_member(), name={"en": "Metro ridership"})
    prepare_model()
    for path in ("/slow", "/error", "/garbage"):
        at(path)
        found = api().get("/api/v1/catalogue", {"q": f"metro{' ' * len(path)}ridership"}).json()["items"]
        assert [item["id"] for item in found] == [str(metro.pk)], path


@pytest.mark.parametrize("path", ["/redirect", "/error", "/garbage", "/short", "/nan", "/large"])
def test_what_is_not_an_embedding_is_refused(at, server, monkeypatch, path):
    monkeypatch.setattr(endpoint, "LARGEST_ANSWER", 1024 * 1024)
    at(path)
    with pytest.raises(EndpointFailed):
        embed_texts(["metro", "haze"], seconds=5)
    assert {each[0] for each in server.asked} == {path}  # no redirect was followed


def test_nobody_waits_longer_than_was_said(at):
    at("/slow")
    started = time.monotonic()
    with pytest.raises(EndpointFailed):
        embed_texts(["metro"], seconds=0.2)
    assert time.monotonic() - started < 0.9


def test_a_closed_port_is_a_failure_and_no_crash(settings):
    settings.EMBEDDINGS_URL = "http://127.0.0.1:1/v1/embeddings"
    with pytest.raises(EndpointFailed):
        embed_texts(["metro"], seconds=1)


def test_vectors_of_another_width_keep_their_angles(at):
    at("/wide")
    metro, haze, both = embed_texts(["metro", "haze", "metro haze"], seconds=5)
    assert metro.shape == (256,)
    assert np.dot(metro, haze) == pytest.approx(0, abs=0.2)
    assert np.dot(metro, both) == pytest.approx(0.71, abs=0.2)
