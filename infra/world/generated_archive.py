"""The Wayback Machine with a capture of every page of the bench's world, made as they are asked for."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import replace
from datetime import UTC, timedelta
from functools import cached_property

from crawler.demo.answer import Answer, SiteRequest, encoded, http_date, text
from crawler.demo.sites import cdx
from crawler.demo.sites.site import Offer, Site
from crawler.demo.sites.wayback import urlkey
from infra.world.generated import Generated, GeneratedSite

_REPLAY = re.compile(r"/web/(\d{14})id_/https?://[^/]+/(\d+)/.*", re.DOTALL)
_LATER = timedelta(days=2)


class GeneratedArchive(Site):
    """A capture of each article, two days after it appeared."""

    outlet = "wayback"
    home = "web.archive.org"
    hosts = ("web.archive.org",)

    def __init__(self, crowd: Generated) -> None:
        super().__init__(())
        self.crowd = crowd
        self._pages = GeneratedSite(crowd)

    def answer(self, request: SiteRequest) -> Answer:
        """The index, a replay, or robots.txt."""
        if request.path == "/cdx/search/cdx":
            return replace(cdx.search(self._rows, request.target.partition("?")[2], urlkey), lasting=False)
        replay = _REPLAY.fullmatch(request.target)
        if replay is None:
            return text("User-agent: *\nDisallow: /save/\n") if request.path == "/robots.txt" else self.missing(request)
        page = self._pages.answer(replace(request, host="www.enabbaladi.net", target=f"/{replay[2]}/"))
        number = int(replay[2]) - 100_001
        return replace(page, headers=(("Memento-Datetime", http_date(self.crowd.published(number) + _LATER)),))

    def offers(self) -> list[Offer]:
        """The index offers every article."""
        return [Offer("enab_baladi", "cdx", self.crowd.url(number), "kept") for number in range(self.crowd.articles)]

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        rows = [self._row(number) for number in range(self.crowd.articles)]
        return sorted(rows, key=lambda row: row["urlkey"])

    def _row(self, number: int) -> dict[str, str]:
        url = encoded(self.crowd.url(number))
        return {
            "urlkey": urlkey(url),
            "timestamp": f"{(self.crowd.published(number) + _LATER).astimezone(UTC):%Y%m%d%H%M%S}",
            "original": url,
            "mimetype": "text/html",
            "statuscode": "200",
            "digest": b32encode(hashlib.sha1(url.encode(), usedforsecurity=False).digest()).decode(),
            "length": str(self.crowd.kilobytes * 200),
        }
