"""The picture of the reader in README.md: `python -m infra.testing.reader_picture` makes `infra/pictures/reader.png` anew.

Two pages of the demo's archive beside each other, a search and an article, as Chromium shows them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import tempfile
from pathlib import Path

from infra.testing import reader_archive
from infra.testing.browser import browser, tab
from infra.testing.running_reader import running_reader

PICTURE = Path(__file__).parents[1] / "pictures" / "reader.png"
LARGEST = 200_000
"""Bytes: everybody who clones the repository loads it."""
_WIDTH, _HEIGHT, _SCALE = 1000, 1130, 0.66
_PAGES = (
    ("/?lang=ar&q=%D8%A7%D9%84%D9%85%D8%AC%D9%84%D8%B3", "light"),
    (f"/a/{reader_archive.EDITED}?lang=en", "dark"),
)


async def _picture(url: str) -> bytes:
    """Screenshots of the pages, put beside each other by the browser itself."""
    async with browser("--hide-scrollbars") as running:
        shots: list[str] = []
        for path, scheme in _PAGES:
            async with tab(running) as page:
                await page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                await page.open(url.rstrip("/") + path, _WIDTH, _HEIGHT, scale=_SCALE)
                with tempfile.NamedTemporaryFile(suffix=".png") as file:
                    await page.screenshot(Path(file.name))
                    shots.append(base64.b64encode(Path(file.name).read_bytes()).decode())
        width, height = round(_WIDTH * _SCALE), round(_HEIGHT * _SCALE)
        style = f"margin:0;display:flex;gap:2px;background:#999;height:{height}px;overflow:hidden"
        images = "".join(f"<img width={width} height={height} src=data:image/png;base64,{shot}>" for shot in shots)
        async with tab(running) as page:
            await page.open("about:blank", 2 * width + 2, height)
            await page.evaluate(f"document.body.style = {json.dumps(style)}; document.body.innerHTML = {json.dumps(images)}; 0")
            await page.until("[...document.images].every(each => each.complete && each.naturalWidth)")
            with tempfile.NamedTemporaryFile(suffix=".png") as file:
                await page.screenshot(Path(file.name))
                return Path(file.name).read_bytes()


def main() -> None:
    """Writes the picture, or says that it is too large."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = reader_archive.make(folder / "archive")
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        with running_reader(archive.uri, folder / "facts.jsonl", environment=environment) as url:
            picture = asyncio.run(_picture(url))
    if len(picture) > LARGEST:
        raise SystemExit(f"the picture has {len(picture):,} bytes, more than {LARGEST:,}: it was not written")
    PICTURE.write_bytes(picture)
    sys.stdout.write(f"{PICTURE}: {len(picture):,} bytes\n")


if __name__ == "__main__":
    main()
