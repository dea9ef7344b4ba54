"""One request, to be sent to both servers, and one server with the names of the things that it holds."""

import json
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass(frozen=True)
class Difference:
    """Where Countersign answers something else on purpose."""

    reason: str
    status: int = 200
    error_code: str | None = None
    body: Any = None  # Compared unless None.
    reference: str = ""  # Versions of the reference, by their beginning, that this is about.


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    body: Any = None
    query: dict[str, Any] | None = None
    data: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    names: str | None = None  # A word that an error's message has to hold.
    keep: dict[str, str] = field(default_factory=dict)  # New names, each with the way to its id in the answer.
    since: str = ""  # The first version of the reference that can be asked this.
    differs: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        shown = self.body if self.body is not None else self.query or ""
        return f"{self.method} {self.path} {json.dumps(shown, default=str)[:300]}"


def get(path: str, /, *differs: Difference, **query) -> Ask:
    return Ask("GET", path, query={key.rstrip("_"): value for key, value in query.items()}, differs=differs)


def post(path: str, body: Any = None, /, *differs: Difference, **rest) -> Ask:
    return Ask("POST", path, body={} if body is None else body, differs=differs, **rest)


def patch(path: str, body: Any, /, *differs: Difference, **rest) -> Ask:
    return Ask("PATCH", path, body=body, differs=differs, **rest)


def put(path: str, data: bytes, /, *differs: Difference, **rest) -> Ask:
    return Ask("PUT", path, data=data, differs=differs, **rest)


def delete(path: str, /, *differs: Difference, **rest) -> Ask:
    return Ask("DELETE", path, differs=differs, **rest)


def each(lines: str, *odd: str) -> list[str]:
    """The lines of a text, one case each, and those cases that wouldn't survive as a line of their own."""
    return [line.strip() for line in lines.strip().splitlines()] + list(odd)


class Twin:
    """A server and the ids of what a story talks about, such as `{run}`."""

    def __init__(self, address: str):
        self.address = address.rstrip("/")
        self.ids: dict[str, str] = {}

    def filled(self, value: Any) -> Any:
        """`value` with this server's ids in the place of their names."""
        if isinstance(value, str):
            for name, found in self.ids.items():
                value = value.replace(f"{{{name}}}", found)
            return value
        if isinstance(value, dict):
            return {self.filled(key): self.filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return value

    def ask(self, request: Ask) -> requests.Response:
        path = request.path if request.path.startswith("/") else f"/api/2.0/mlflow/{request.path}"
        # Prepared by hand, because requests would tidy up `..` and escapes in the path.
        prepared = requests.Request(
            request.method,
            self.address,
            params=self.filled(request.query),
            json=self.filled(request.body),
            data=request.data,
            headers=request.headers,
        ).prepare()
        query = prepared.url.partition("?")[2]
        prepared.url = self.address + self.filled(path) + (f"?{query}" if query else "")
        with requests.Session() as session:  # One each, because the reference hangs up after it failed.
            reply = session.send(prepared, timeout=60)
        for name, way in request.keep.items():
            self.ids[name] = reply.json()
            for step in way.split("."):
                self.ids[name] = self.ids[name][step]
        return reply
