"""A worker dies in the middle of a push: the next one goes on, and the buyer has every byte once."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.exchange import Exchange, eventually
from tests.serving import running

pytestmark = pytest.mark.fault


class Slow:
    """A server that reads the first megabyte of what is put there, and the rest once it may."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.cut_off = 0
        self.kept: list[tuple[str, str]] = []
        self.address = ""


@pytest.fixture
def slow() -> Iterator[Slow]:
    it = Slow()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            wanted = int(self.headers["Content-Length"])
            digest, have = hashlib.sha256(), 0
            while have < wanted and (piece := self.rfile.read(min(65536, wanted - have))):
                digest.update(piece)
                have += len(piece)
                if have >= 1024 * 1024:
                    it.begun.set()
                    it.may_go_on.wait(60)
            if have < wanted:
                it.cut_off += 1
                return
            it.kept.append((self.path, digest.hexdigest()))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_DELETE(self) -> None:
            self.send_response(405)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with running(Handler) as it.address:
        yield it


def test_a_worker_killed_in_mid_push_sends_all_of_it_once(exchange: Exchange, slow: Slow) -> None:
    order = exchange.place()
    delivery = exchange.until(order["id"], "DELIVERED")["deliveries"][0]["id"]
    target = {"name": str(uuid4()), "kind": "HTTPS", "place": "CN", "settings": {"url": f"{slow.address}/in"}}
    target_id = exchange.insist("POST", "/api/v1/push-targets", target)["id"]
    assert exchange.insist("POST", f"/api/v1/push-targets/{target_id}/test", {})["usable"]
    slow.kept.clear()
    push = exchange.insist("POST", f"/api/v1/deliveries/{delivery}/pushes", {"target_id": target_id})

    assert slow.begun.wait(60), "the worker stands in the middle of the file"
    exchange.kill("worker")
    slow.may_go_on.set()
    eventually(lambda: slow.cut_off, "the server sees the connection break")
    assert slow.kept == []
    assert exchange.insist("GET", f"/api/v1/pushes/{push['id']}")["state"] == "WAITING"
    exchange.start("worker")

    def arrived() -> Any:
        now = exchange.insist("GET", f"/api/v1/pushes/{push['id']}")
        return now if now["state"] == "PUSHED" else None

    [file] = eventually(arrived, "the push arrives")["files"]
    paths = [path for path, _digest in slow.kept]
    assert paths == [f"/in/{push['folder']}/{name}" for name in ("streets.csv", "manifest.json")], "each of them once"
    assert slow.kept[0][1] == file["receipt"]["sha256"]
    for table in ("marketplace_push", "marketplace_pushedfile", "marketplace_accessgrant"):
        column = "push_id" if table.endswith("file") else "delivery_id"
        key = push["id"] if table.endswith("file") else delivery
        assert exchange.value(f"SELECT count(*) FROM {table} WHERE {column} = %s", key) == 1, table
    pushed = "SELECT count(*) FROM kernel_auditevent WHERE action = %s AND subject_id = %s"
    assert exchange.value(pushed, "push.file_arrived", push["id"]) == 1
    assert exchange.value(pushed, "push.pushed", push["id"]) == 1
    exchange.check_books_and_evidence()
