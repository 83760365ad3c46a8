"""A reader that runs, as a process of its own, and what it answers over real HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from infra.testing.running_reader import facts_in, running_reader
from infra.testing.waiting import LONG
from tests.crawler.conftest import environment


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A reader at an address. facts: what it has printed is read from there."""

    url: str
    log: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def facts(self) -> list[dict[str, Any]]:
        return facts_in(self.log)

    def get(self, path: str, query: Mapping[str, str] | None = None, *, method: str = "GET", **headers: str) -> Got:
        """Asks; names of headers have `_` for `-`. path: percent-encoded where it has to be."""
        target = f"{path}?{urlencode(query)}" if query else path
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        try:
            connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


def article_at(article_id: str, more: str = "") -> str:
    """The path of an article's page."""
    return f"/a/{quote(article_id, safe=':')}{more}"


@contextmanager
def served(archive: str, folder: Path, *options: str, whole_index: bool = True, **env: str) -> Iterator[Served]:
    """A reader of an archive until the block ends; with `whole_index`, once all is in its index."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "facts.jsonl"
    variables = environment(XDG_CACHE_HOME=str(folder / "cache"), **env)
    with running_reader(archive, log, *options, environment=variables, whole_index=whole_index) as url:
        yield Served(url, log)
