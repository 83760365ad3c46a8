"""What is secret is never shown, logged or stored; and a page that leads off its outlet is not followed."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.config import ConfigError, load_config
from crawler.delivery.opening import open_sink
from crawler.delivery.sink import SinkError
from crawler.demo.answer import Answer, SiteRequest, page, redirect
from crawler.demo.feeds import Loc, sitemap
from crawler.demo.running import Running, serve
from crawler.demo.sites.site import Site
from infra.testing.servers import RedisServer
from storage.masking import without_login, without_path
from storage.queues import QueueError, open_queue
from tests.crawler.conftest import tree, warraq
from tests.crawler.watch.watching import Watching

HOME, EVIL = "enabbaladi.net", "evil.example"
KEY = base64.b64encode(b"hidden-webhook-secret-32-bytes!!").decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://user:hidden@h:6379/0?queue=q", "redis://***@h:6379/0?queue=q"),
        ("rediss://:hid/den?@h/0", "rediss://***@h/0"),
        ("redis://h/0?password=hidden&queue=q", "redis://h/0?password=***&queue=q"),
        ("http://user:hidden@proxy.example:3128", "http://***@proxy.example:3128"),
        ("https://example.org/@desk", "https://example.org/@desk"),
        ("./queue.sqlite", "./queue.sqlite"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
    ],
)
def test_an_address_is_shown_without_its_password(text: str, shown: str) -> None:
    """Nothing else of it is changed."""
    assert without_login(text) == shown


def test_the_address_of_a_webhook_is_shown_without_its_path() -> None:
    """Where most receivers have their token."""
    assert without_path("https://hooks.example/T0/hidden?x=1, sqs://q") == "https://hooks.example/***, sqs://q"


def test_bad_addresses_are_told_without_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queue, sink and setting: each message names the thing, none the password."""
    said = []
    for uri in ("redis://:hid/den@127.0.0.1/0", "redis://u:hidden@127.0.0.1:1/0", "redis://127.0.0.1:1/0?password=hidden"):
        with pytest.raises(QueueError) as queue:
            open_queue(uri)
        said.append(str(queue.value))
    for uri in ("redis://:hid/den@127.0.0.1/0", "amqp://u:hidden@h/", "amqp://h/?token=hidden"):
        with pytest.raises(SinkError) as sink:
            open_sink(uri)
        said.append(str(sink.value))
    monkeypatch.setenv("WARRAQ_LOG_LEVEL", "https://u:hidden@h/hidden")
    with pytest.raises(ConfigError) as setting:
        load_config()
    said.append(str(setting.value))
    assert not [line for line in said if "hid" in line], said


class Leaving(Site):
    """Its sitemap names a page that redirects to another host, and a page of that host; a sitemap there, too."""

    outlet, home, hosts = "enab_baladi", f"www.{HOME}", (f"www.{HOME}", HOME, EVIL)

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.host == EVIL:
            return page("<html><body><article><h1>خبر</h1><p>نص</p></article></body></html>")
        if asked.path == "/robots.txt":
            return replace(
                page(f"Sitemap: https://{self.home}/s.xml\nSitemap: https://{EVIL}/s.xml\n"), content_type="text/plain"
            )
        if asked.path == "/s.xml":
            return sitemap([Loc(f"https://{self.home}/archives/7"), Loc(f"https://{EVIL}/archives/8")])
        return redirect(f"https://{EVIL}/archives/7") if asked.path.startswith("/archives/7") else page("404", 404)


class LeavingWorld:
    """As much of a world as `serve` asks for."""

    hosts = Leaving.hosts

    def sites(self) -> list[Site]:
        return [Leaving(())]


@pytest.fixture
def leaving() -> Iterator[Running]:
    with serve(LeavingWorld()) as running:
        yield running


@pytest.mark.slow
def test_a_page_that_redirects_off_its_outlet_is_no_article_and_the_other_host_is_never_asked(
    leaving: Running, tmp_path: Path
) -> None:
    """Nor for robots.txt; not even the proxy hears of it. What the outlet answered is kept with WARRAQ_RAW=pages."""
    archive = tmp_path / "a"
    done = warraq("crawl", "enab_baladi", "--archive", str(archive), world=leaving, WARRAQ_RAW="pages")
    (told,) = done.of("not_an_article")
    assert told["reason"] == f"elsewhere: redirected to https://{EVIL}/archives/7"
    assert done.finished["discovered"] == 1
    assert not [asked.url for asked in leaving.requests(connects=True) if EVIL in asked.url]
    (warc,) = [data for key, data in tree(archive).items() if key.endswith(".warc.gz")]
    assert f"Location: https://{EVIL}/archives/7".encode() in gzip.decompress(warc)
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
def test_no_secret_leaves_a_watch(served: Running, tmp_path: Path, redis_with_password: RedisServer) -> None:
    """Neither settings, facts, log lines nor any object of the archive holds one; the service works with all of them."""
    proxy = served.proxy_url.replace("http://", "http://reader:hidden-proxy@")
    port = redis_with_password.port
    secrets = {
        "WARRAQ_QUEUE": f"redis://:hidden-queue@127.0.0.1:{port}/0",
        "WARRAQ_SINKS": f"redis://:hidden-queue@127.0.0.1:{port}/1,https://127.0.0.1:1/hidden-hook",
        "WARRAQ_DOOR_TOKEN": "hidden-token",
        "WARRAQ_DOOR_SECRET": f"whsec_{KEY}",
        "WARRAQ_WEBHOOK_SECRET": f"whsec_{KEY}",
        "AWS_SECRET_ACCESS_KEY": "hidden-aws",
        "http_proxy": proxy,
        "https_proxy": proxy,
        "WARRAQ_RAW": "pages",
        "WARRAQ_LOG_LEVEL": "DEBUG",
    }
    shown = warraq("settings", world=served, **secrets)
    with Watching(served, tmp_path, "al_jazeera", queue=secrets["WARRAQ_QUEUE"], **secrets) as watch:
        watch.until_worked("al_jazeera")
        watch.until(lambda: watch.of("sink.unavailable"))
        assert watch.stop() == 0
    assert watch.of("kept")
    objects = [gzip.decompress(data) if key.endswith(".gz") else data for key, data in tree(tmp_path / "a").items()]
    told = "\n".join([shown.out, shown.err, json.dumps(watch.facts), watch.said]).encode()
    hidden = [b"hidden", KEY.encode(), base64.b64encode(b"reader:hidden-proxy")]
    assert len(objects) > 10
    for where in (told, *objects):
        assert not [secret for secret in hidden if secret in where], where[:2_000]


@pytest.fixture
def redis_with_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    try:
        server = RedisServer(tmp_path_factory.mktemp("redis"), "--appendonly", "yes", "--requirepass", "hidden-queue")
    except FileNotFoundError:
        pytest.skip("redis-server is not on PATH (Debian: apt-get install redis-server)")
    yield server
    server.kill()
