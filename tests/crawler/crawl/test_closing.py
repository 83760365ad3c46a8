"""What is left of the client when a crawl ends while the process has much else to do."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

HELD_UP = """
    import asyncio, http.server, threading, time
    from scrapy.utils.reactor import install_reactor
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from scrapy import Request, Spider
    from scrapy.utils.test import get_crawler
    from twisted.internet import defer, task
    from crawler.download.header_limit import HeaderLimitHandler

    class Site(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    async def ask_and_close(port):
        crawler = get_crawler(Spider)
        crawler.spider = crawler._create_spider("one")
        client = HeaderLimitHandler(crawler)
        answer = await client.download_request(Request(f"http://127.0.0.1:{port}/"))
        closing = asyncio.ensure_future(client.close())
        asyncio.get_running_loop().call_soon(time.sleep, 1.5)
        await closing
        await asyncio.sleep(0.1)
        print(answer.status)

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    task.react(lambda _: defer.Deferred.fromFuture(asyncio.ensure_future(ask_and_close(site.server_port))))
"""


@pytest.mark.slow
def test_connections_are_closed_without_a_word_though_the_loop_is_held_up_meanwhile() -> None:
    """Longer than Scrapy's bound for it, which then comes at the same time as what it bounds."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(HELD_UP)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
    assert "Traceback" not in done.stderr
