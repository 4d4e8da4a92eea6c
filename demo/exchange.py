"""Talk to the exchange as its clients do: members' programs with OAuth tokens, staff with their console session."""

import json
import os
import re
import sys
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from demo.people import PASSWORD, DemoPerson

CLIENT_NAME = "demo"
LONG_DIGEST = re.compile(r"([0-9a-f]{16})[0-9a-f]{48}")
PATIENCE = 60  # seconds to wait for a background job


class Refused(Exception):
    """The exchange answered with a problem document."""

    def __init__(self, answer: httpx.Response) -> None:
        try:
            self.problem: dict[str, Any] = answer.json()
        except ValueError:
            self.problem = {"code": "", "detail": answer.text[:500]}
        self.code = str(self.problem.get("code", ""))
        reasons = "; ".join(f"{e['pointer']} {e['detail']}" for e in self.problem.get("errors", []))
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {self.code}: "
            f"{self.problem.get('detail', '')} {reasons}".strip()
        )


class Failed(Exception):
    """The exchange did something else than the demo expects."""


class Api:
    """The REST API as one person or program sees it."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of a GET; raises Refused."""
        return self._send("GET", path, params=parameters)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Return the JSON of a POST under a fresh Idempotency-Key (or `key`); raises Refused."""
        return self._send("POST", path, json=body or {}, headers={"Idempotency-Key": key or str(uuid.uuid4())})

    def put(self, path: str, body: Any) -> Any:
        """Return the JSON of a PUT; raises Refused."""
        return self._send("PUT", path, json=body)

    def post_bytes(self, path: str, content: bytes, **parameters: str) -> Any:
        """Return the JSON of a POST of raw bytes under a fresh Idempotency-Key; raises Refused."""
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": str(uuid.uuid4())}
        return self._send("POST", path, content=content, headers=headers, params=parameters)

    def put_bytes(self, path: str, content: bytes, headers: dict[str, str]) -> Any:
        """Return the JSON of a PUT of raw bytes; raises Refused."""
        return self._send("PUT", path, content=content, headers={"Content-Type": "application/octet-stream", **headers})

    def download(self, url: str, *, span: str | None = None) -> httpx.Response:
        """Return the answer to a GET of an absolute address, with a Range if wanted; raises Refused."""
        answer = self.http.get(url, headers={"Range": span} if span else {})
        if answer.is_error:
            raise Refused(answer)
        return answer

    def _send(self, method: str, path: str, **what: Any) -> Any:
        answer = self.http.request(method, f"/api/v1/{path}", **what)
        if answer.is_error:
            raise Refused(answer)
        return answer.json() if answer.content else None


def anonymous(url: str) -> Api:
    """Return the API as the public sees it."""
    return Api(httpx.Client(base_url=url, timeout=60))


def signed_in(url: str, person: DemoPerson) -> Api:
    """Sign a person in at the console, as staff do, and return the API under that session."""
    http = httpx.Client(base_url=url, timeout=60, headers={"Referer": url})
    http.get("/console/login/").raise_for_status()
    form = {"username": person.email, "password": PASSWORD, "next": "/console/"}
    answer = http.post("/console/login/", data={**form, "csrfmiddlewaretoken": http.cookies["csrftoken"]})
    if answer.status_code != httpx.codes.FOUND:
        raise Failed(f"{person.email} cannot sign in: {answer.status_code}")
    http.headers["X-CSRFToken"] = http.cookies["csrftoken"]
    return Api(http)


def with_token(url: str, person: DemoPerson, credentials_file: Path) -> Api:
    """Return the API under an OAuth token of the person's API client, which is made when there is none yet.

    A secret is shown once, so it is kept in `credentials_file` (mode 0600).
    """
    known = json.loads(credentials_file.read_text()) if credentials_file.exists() else {}
    http = httpx.Client(base_url=url, timeout=60)
    scopes = " ".join(person.scopes)
    is_known = known.get(person.email, {}).get("scopes") == scopes  # an older demo's client may do less
    token = _token(http, known[person.email]) if is_known else None
    if token is None:
        known[person.email] = _new_client(http, person) | {"scopes": scopes}
        _write_private(credentials_file, json.dumps(known, indent=1))
        token = _token(http, known[person.email])
        if token is None:
            raise Failed(f"The new API client of {person.email} gets no token")
    http.headers["Authorization"] = f"Bearer {token}"
    return Api(http)


def _token(http: httpx.Client, client: dict[str, str]) -> str | None:
    answer = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["client_id"], client["client_secret"]),
    )
    return str(answer.json()["access_token"]) if answer.is_success else None


def _new_client(http: httpx.Client, person: DemoPerson) -> dict[str, str]:
    answer = http.post(
        "/api/v1/api-clients",
        json={"name": CLIENT_NAME, "scopes": list(person.scopes)},
        headers={"Idempotency-Key": str(uuid.uuid4())},
        auth=(person.email.encode(), PASSWORD.encode()),
    )
    if answer.is_error:
        raise Refused(answer)
    made = answer.json()
    return {"client_id": made["client_id"], "client_secret": made["client_secret"]}


def _write_private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)


class Story:
    """Prints what happens, a line a step."""

    def __init__(self) -> None:
        self.steps = 0
        self.began = time.monotonic()

    def chapter(self, title: str) -> None:
        print(f"\n{title}\n{'─' * len(title)}", flush=True)

    def step(self, what: str, result: object = "") -> None:
        self.steps += 1
        print(f" {self.steps:3d}  {what}{' ' * (58 - _width(what))} {result}", flush=True)

    def note(self, text: str) -> None:
        print("        ·", LONG_DIGEST.sub(r"\1…", text), flush=True)

    @contextmanager
    def refusal(self, what: str, code: str) -> Iterator[None]:
        """Expect the block to be refused with that problem code, and print the refusal; raises Failed otherwise."""
        try:
            yield
        except Refused as refused:
            if refused.code != code:
                raise Failed(f"{what}: expected the problem {code}, got {refused}") from refused
            reason = next((error["detail"] for error in refused.problem.get("errors", [])), refused.problem["detail"])
            self.step(what, f"refused: {code} ({refused.problem['status']}) {reason}")
        else:
            raise Failed(f"{what}: was not refused with {code}")


def _width(text: str) -> int:
    """Return how many columns a terminal takes for the text: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def until(what: str, look: Callable[[], Any], ready: Callable[[Any], bool]) -> Any:
    """Look again and again until it is ready, and return what was seen; raises Failed after a minute."""
    deadline = time.monotonic() + PATIENCE
    while not ready(seen := look()):
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {PATIENCE} seconds; last seen: {str(seen)[:2000]}")
        time.sleep(0.1)
    return seen


def print_in_utf8() -> None:
    """Let a terminal of another encoding show what it can instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
