"""Our WACZ in the engine that people replay it with: ReplayWeb.page, in a real browser, over loopback.

Validators call a WACZ good that this engine cannot open: only the engine is a judge.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from infra.testing.browser import browser, find_browser, npm_package, tab
from tests.crawler.conftest import Done, warraq

pytestmark = pytest.mark.browser
Crawled = tuple[Path, Done, Done]
ENGINE = "replaywebpage@2.4.6"
"""Its package holds the player as it is served: user interface and service worker."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the player, out of its npm package."""
    if find_browser() is None or shutil.which("npm") is None:
        pytest.skip("needs chromium and npm (Debian: apt-get install chromium npm)")
    return npm_package(ENGINE, Path(os.environ.get("TEST_REPLAYWEB") or tmp_path_factory.mktemp("engine")))


async def replayed(engine: Path, wacz: Path) -> tuple[list[dict[str, Any]], list[tuple[int, str]], int]:
    """(pages, (status, text) of each as the player shows it, pages that its full-text index knows)."""
    app = web.Application()
    app.router.add_get("/news.wacz", _serving(wacz))
    app.router.add_get("/", _serving(engine / "index.html"))
    app.router.add_static("/", engine)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here = "http://{}:{}".format(*runner.addresses[0][:2])
    lines = zipfile.ZipFile(wacz).read("pages/pages.jsonl").splitlines()[1:]
    pages = [json.loads(line) for line in lines]
    try:
        async with browser() as running, tab(running) as page:
            await page.open(f"{here}/?source={here}/news.wacz")
            index = "fetch('/w/api/coll-index').then(answer => answer.json()).then(found => found.colls[0]?.id).catch(() => null)"
            collection = await page.until(f"navigator.serviceWorker.controller && {index}")
            shown = []
            for each in pages:
                stamp = "".join(filter(str.isdigit, each["ts"]))[:14]
                address = json.dumps(f"/w/{collection}/{stamp}mp_/{each['url']}")
                shown.append(tuple(await page.evaluate(f"fetch({address}).then(async got => [got.status, await got.text()])")))
            index = await page.evaluate(f"fetch('/w/api/c/{collection}/textIndex').then(got => got.text())")
            return pages, shown, index.count('"text"')
    finally:
        await runner.cleanup()


def _serving(path: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
    async def serve(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return serve


def test_every_page_of_a_crawl_opens_in_replayweb_page(engine: Path, crawled: Crawled, tmp_path: Path) -> None:
    """All pages, those of web archives too, show their headline; the player's text search has every text."""
    wacz = tmp_path / "news.wacz"
    done = warraq("export", "--format", "wacz", "-o", str(wacz), "--archive", str(crawled[0]))
    assert done.code == 0, done.err
    pages, shown, texts = asyncio.run(replayed(engine, wacz))
    assert len(pages) > 40
    wrong = [page["url"] for page, (status, text) in zip(pages, shown, strict=True) if status != 200 or page["title"] not in text]
    assert wrong == []
    assert texts >= len(pages)
