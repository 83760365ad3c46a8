"""Which site of the world answers for a host."""

from __future__ import annotations

from crawler.demo.answer import Answer, SiteRequest, text
from crawler.demo.sites.site import ServedWorld


class Router:
    """Hosts of the world to their sites; every other host answers 502, as a gateway does for a name it cannot reach."""

    def __init__(self, world: ServedWorld) -> None:
        self._sites = {host: site for site in world.sites() for host in site.hosts}

    def knows(self, host: str) -> bool:
        """Whether a host is of this world."""
        return host in self._sites

    def answer(self, request: SiteRequest) -> Answer:
        """The site's answer, or 502."""
        site = self._sites.get(request.host)
        if site is None:
            return text(f"Bad Gateway: no route to {request.host or 'a request without a host'}\n", 502)
        return site.answer(request)
