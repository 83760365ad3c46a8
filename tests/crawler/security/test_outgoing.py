"""What leaves by other ways than the crawl: webhooks and whole files of an archive follow no redirect."""

from __future__ import annotations

import threading
from urllib.error import HTTPError

import pytest

from crawler.delivery.opening import open_sink
from crawler.delivery.sink import UnavailableError
from crawler.discovery.web_archives.ccnews import _scanned
from storage import Archive
from tests.crawler.delivery.conftest import SECRET, Receiver, news, receiver
from tests.crawler.security.conftest import Server

__all__ = ["news", "receiver"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_webhook_follows_no_redirect(news: Archive, receiver: Receiver, canary: Server, status: int) -> None:
    """An event goes where the operator sent it, or waits."""
    receiver.answers = [(status, {"Location": f"{canary.url}/hook"})]
    with pytest.raises(UnavailableError, match=f"HTTP {status}"):
        open_sink(receiver.url, secret=SECRET).deliver([next(news.changes()).event])
    assert canary.connections == 0


def test_a_file_of_an_archive_is_read_where_it_is_or_not_at_all(hostile: Server, canary: Server) -> None:
    """CC-NEWS is not read by the crawler's own client."""
    with pytest.raises(HTTPError, match="302"):
        _scanned(f"{hostile.url}/to?url={canary.url}/x", "x.warc.gz", "Warraq", threading.Event())
    assert canary.connections == 0
