"""The reader in a real browser: no console error, nothing that does not fit a phone, no violation of WCAG that axe-core finds.

Pictures of all pages are left in TEST_PICTURES, where it is set, for people to look at.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.testing import reader_archive
from infra.testing.browser import Tab, browser, find_browser, npm_package, tab
from infra.world.worlds import World
from tests.crawler.serve.conftest import EDITED, HOSTILE
from tests.crawler.serve.serving import Served, article_at, served

pytestmark = pytest.mark.browser
AXE = "axe-core@4.11.0"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUESTION = "/?q=%D8%A7%D9%84%D9%85%D8%AC%D9%84%D8%B3"
SHOWN = {
    "start": "/",
    "search": QUESTION,
    "narrowed": f"{QUESTION}&from=2017&wide=1",
    "edited": "/?edited=1",
    "address": "",  # of a text that another address had shown before
    "article": article_at(reader_archive.EDITED),
    "earlier": article_at(reader_archive.EDITED, "@1"),
    "gone": article_at(reader_archive.REMOVED),
    "history": article_at(reader_archive.EDITED, "/history"),
    "history-gone": article_at(reader_archive.REMOVED, "/history"),
    "raw": article_at(reader_archive.EDITED, "/raw"),
    "outlets": "/outlets",
    "runs": "/runs",
}
VIEWS = list(product(("ar", "en"), ("light", "dark"), (1280, 360)))


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, out of its npm package."""
    if find_browser() is None or shutil.which("npm") is None:
        pytest.skip("needs chromium and npm (Debian: apt-get install chromium npm)")
    folder = Path(os.environ.get("TEST_AXE") or tmp_path_factory.mktemp("axe"))
    return (npm_package(AXE, folder) / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def demo_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Of the demo's outlets, a story edited, one removed, sealed."""
    folder = tmp_path_factory.mktemp("demo")
    archive = reader_archive.make(folder / "archive")
    with served(archive.uri, folder / "reader") as running:
        yield running


def copied(reader: Served) -> str:
    """The page of an address whose text is kept as another's: which of the two was first is chance."""
    articles = [article for of_outlet in World.miniature().expected.values() for article in of_outlet if article.duplicate_of]
    pages = [f"/address?{urlencode({'u': url})}" for each in articles for url in (each.url, each.duplicate_of)]
    return next(page for page in pages if reader.get(page).status == 200)


async def look(page: Tab, url: str, lang: str, scheme: str, width: int) -> None:
    """Shows a page in a language, a colour scheme and a window of this width."""
    await page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    await page.open(f"{url}{'&' if '?' in url else '?'}lang={lang}", width, 900)


async def violations(page: Tab, axe: str) -> list[str]:
    """What axe-core finds wrong. Its script is put in by the debugger: the policy of the page forbids scripts."""
    await page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    await page.evaluate(axe + ";0")
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found: list[dict[str, Any]] = await page.evaluate(f"axe.run(document, {options}).then(found => found.violations)")
    return [f"{each['id']}: {node['target']} {node.get('failureSummary', '')}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("name", SHOWN)
def test_every_page_is_sound_in_both_directions_and_schemes(demo_reader: Served, axe: str, name: str) -> None:
    pictures = os.environ.get("TEST_PICTURES")
    path = SHOWN[name] or copied(demo_reader)

    async def run() -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        async with browser() as running:
            for lang, scheme, width in VIEWS:
                async with tab(running) as page:
                    await look(page, demo_reader.url.rstrip("/") + path, lang, scheme, width)
                    view = f"{name}-{lang}-{scheme}-{width}"
                    if pictures:
                        await page.screenshot(Path(pictures) / f"{view}.png", whole=True)
                    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    found = await violations(page, axe)
                    if beyond > 0 or found or page.errors:
                        wrong[view] = (beyond, page.errors, found)
        return wrong

    assert asyncio.run(run()) == {}


@pytest.mark.parametrize("path", [article_at(HOSTILE), article_at(HOSTILE, "/history"), "/", article_at(EDITED, "/history")])
def test_nothing_of_a_hostile_article_runs(reader: Served, axe: str, path: str) -> None:
    """No dialog, no request to elsewhere, nothing that does not fit; and still no violation."""

    async def run() -> tuple[int, list[str], list[str], list[str]]:
        async with browser() as running, tab(running) as page:
            await look(page, reader.url.rstrip("/") + path, "en", "light", 360)
            asked = await page.evaluate("performance.getEntriesByType('resource').map(each => new URL(each.name).host)")
            beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            return beyond, page.errors, asked, await violations(page, axe)

    beyond, errors, asked, found = asyncio.run(run())
    assert (beyond, errors, found) == (0, [], [])
    assert set(asked) <= {reader.url.split("/")[2]}


FOCUSED = "(() => { const at = document.activeElement; const style = getComputedStyle(at);"
FOCUSED += " return [at.tagName, at.className || at.id || at.textContent.trim().slice(0, 30), style.outlineStyle] })()"


async def press(page: Tab, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
        await page.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)


async def follow(page: Tab, text: str, until: str) -> None:
    """Goes from stop to stop to the one of this text, sees that it shows where it is, and presses Enter."""
    for _ in range(80):
        await press(page, "Tab", 9)
        here = await page.evaluate("document.activeElement.textContent.trim()")
        if here.startswith(text):
            assert (await page.evaluate(FOCUSED))[2] == "solid"
            await press(page, "Enter", 13)
            await page.until(until)
            return
    pytest.fail(f"no stop says {text!r}")


def test_who_wrote_of_something_and_what_they_changed_is_found_by_keyboard_alone(demo_reader: Served, axe: str) -> None:
    """Asked, compared and cited in four steps: the question, its edited articles' differences, the text that is cited, how."""

    async def run() -> str:
        async with browser() as running, tab(running) as page:
            await look(page, f"{demo_reader.url}?edited=1", "en", "light", 1280)
            await page.evaluate("document.getElementById('q').focus()")
            await page.call("Input.insertText", text="المدافئ")
            await press(page, "Enter", 13)
            await page.until("location.search.includes('q=') && location.search.includes('edited=1')")
            await follow(
                page, "2 revisions", "location.pathname.endsWith('/history') && document.querySelector('ins, del') !== null"
            )
            await follow(page, "Read and cite revision 2", "location.hash === '#cite'")
            await follow(page, "Cite", "document.querySelector('details.cite').open")
            return str(await page.evaluate("document.querySelector('.citation').textContent"))

    assert "@2" in asyncio.run(run())


def test_it_can_be_used_by_keyboard_alone(demo_reader: Served, axe: str) -> None:
    """The first stop skips the navigation; every stop shows where it is; a question is asked with Enter."""

    async def run() -> None:
        async with browser() as running, tab(running) as page:
            await look(page, demo_reader.url, "en", "light", 1280)
            stops = []
            for _ in range(9):
                await press(page, "Tab", 9)
                stops.append(await page.evaluate(FOCUSED))
            assert stops[0][:2] == ["A", "skip"]
            assert all(outline == "solid" for _, _, outline in stops), stops
            assert ["INPUT", "q"] in [stop[:2] for stop in stops]
            await page.evaluate("document.getElementById('q').focus()")
            await page.call("Input.insertText", text="المجلس")
            await press(page, "Enter", 13)
            await page.until("location.search.includes('q=') && document.querySelectorAll('mark').length > 0")

    asyncio.run(run())
