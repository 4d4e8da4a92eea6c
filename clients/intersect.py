"""Count which of your identifiers a provider has too, without showing them: the buyer's side of a clean room.

    pip install httpx openmined-psi
    DAWAN_TOKEN=… python intersect.py https://exchange.example ROOM_ID identifiers.txt --epsilon 2 --sum amount

One identifier a line, written as the provider writes them. They never leave this machine: what is sent are points of a
curve, multiplied by a key that is made here and forgotten here. The exchange answers with the size of what is common,
and sums over it, with noise, unless it is too small.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import private_set_intersection.python as psi

SECONDS_BETWEEN = 2


class Refused(Exception):
    """The exchange refused something; the message is its reason."""


def intersect(
    exchange: httpx.Client, room: str, identifiers: Sequence[str], *, epsilon: str, sums: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the result and its receipt once it is released; raises Refused with the exchange's reason."""
    wanted = {"epsilon": epsilon, "sums": list(sums)}
    query = f"/api/v1/room-queries/{_call(exchange, 'POST', f'/api/v1/clean-rooms/{room}/intersections', wanted)['id']}"
    _until(exchange, query, {"AWAITING"})
    request = psi.Request.FromString(_send(exchange, "POST", f"{query}/blinded", json={}).content)
    party = psi.server.CreateWithNewKey(True)
    own = sorted(set(identifiers))
    setup = party.CreateSetupMessage(0.0, len(request.encrypted_elements), own, psi.DataStructure.RAW)
    _send(exchange, "PUT", f"{query}/setup", content=setup.SerializeToString())
    answer = party.ProcessRequest(request)
    _send(exchange, "PUT", f"{query}/answer", content=answer.SerializeToString())
    _until(exchange, query, {"RELEASED"})
    return _call(exchange, "POST", f"{query}/result", {})


def _until(exchange: httpx.Client, query: str, states: set[str]) -> None:
    while True:
        found = _call(exchange, "GET", query)
        if found["state"] in states:
            return
        if found["state"] in {"REFUSED", "FAILED"}:
            raise Refused(f"{found['state']}: {found['why_not']}")
        time.sleep(SECONDS_BETWEEN)


def _call(exchange: httpx.Client, method: str, path: str, body: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = _send(exchange, method, path, **({} if body is None else {"json": body})).json()
    return found


def _send(exchange: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:
    kind = {"Content-Type": "application/octet-stream"} if "content" in content else {}
    headers = {"Idempotency-Key": str(uuid4()), **kind}
    answer = exchange.request(method, path, headers=headers, **content)
    if answer.is_error:
        raise Refused(f"{answer.status_code}: {answer.text}")
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exchange")
    parser.add_argument("room")
    parser.add_argument("file", type=Path)
    parser.add_argument("--epsilon", required=True)
    parser.add_argument("--sum", action="append", default=[])
    given = parser.parse_args()
    identifiers = [line.strip() for line in given.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    token = os.environ["DAWAN_TOKEN"]
    with httpx.Client(base_url=given.exchange, headers={"Authorization": f"Bearer {token}"}, timeout=600) as exchange:
        try:
            found = intersect(exchange, given.room, identifiers, epsilon=given.epsilon, sums=given.sum)
        except Refused as refusal:
            sys.exit(str(refusal))
    print(json.dumps(found, ensure_ascii=False, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
