"""CONTRIBUTING's "mend a layout", done step by step on the outlet of its first example, after a redesign."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crawler.demo.answer import Answer, SiteRequest, page
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from tests.crawler.furat import ARTICLE, HOME, LEAD, REST, FuratSite
from tests.crawler.test_contributing import ROOT, checkout, run

BRIDGE = f"{HOME}/4712/bridge"
BRIDGE_LEAD = "عبرت أولى السيارات صباح اليوم جسر تل الرمان الجديد بعد ثمانية أشهر من العمل فوق النهر."
BRIDGE_REST = "وقال المهندس سالم الدرويش إن الجسر يتسع لشاحنة واحدة، وإن ممرا للمشاة سيضاف إليه قبل الشتاء."
REDESIGNED = f"""<!doctype html><html lang="ar" dir="rtl"><head><title>جسر في تل الرمان - فرات بوست</title></head><body>
<article class="piece"><h1>جسر في تل الرمان</h1><time class="when" datetime="2026-11-05T08:00:00+03:00">5 تشرين الثاني 2026</time>
<div class="story-text"><p>{BRIDGE_LEAD}</p></div><div class="piece-part"><p>{BRIDGE_REST}</p></div>
<div class="teaser"><a href="/4711/library">مكتبة في تل الرمان</a></div></article></body></html>"""


class RedesignedSite(FuratSite):
    """The same outlet with one story in its new design."""

    def answer(self, asked: SiteRequest) -> Answer:
        return page(REDESIGNED) if asked.path == "/4712/bridge" else super().answer(asked)


class RedesignedWorld:
    """As much of a world as `serve` asks for."""

    hosts = FuratSite.hosts

    def sites(self) -> list[Site]:
        return [RedesignedSite()]


def dropped(told: str) -> dict[str, str]:
    """Rule by text, from the last list of `--explain`."""
    block = told[told.index("What was dropped") :].splitlines()[1:]
    return {text: rule.strip() for rule, text in (re.split(r"\s{2,}", line, maxsplit=1) for line in block if "  " in line)}


@pytest.mark.slow
def test_a_lost_paragraph_is_explained_and_mended(tmp_path: Path) -> None:
    """The explanation names the paragraph with its rule; the new layout brings it back; old pages read as before."""
    folder = checkout(tmp_path)
    recorded = folder / "tests/pages/furat_post/piece-2026.html"
    with serve(RedesignedWorld()) as world:
        told = run(folder, "read", "--explain", BRIDGE, world=world)
        assert dropped(told)[BRIDGE_REST] == "outside the container"
        assert re.search(r"^layout +wordpress-2024$", told, re.MULTILINE)
        run(folder, "record", "furat_post", BRIDGE, "--name", "piece-2026", world=world)
    mend(folder)
    told = run(folder, "read", "--explain", str(recorded))
    assert BRIDGE_REST not in dropped(told)
    assert dropped(told)["مكتبة في تل الرمان"] == "markup: .teaser"
    run(folder, "record", "furat_post", str(recorded), "--name", "piece-2026")
    article = json.loads(recorded.with_suffix(".json").read_text(encoding="utf-8"))["article"]
    assert article["body"] == [BRIDGE_LEAD, BRIDGE_REST]
    assert article["date_published"] == "2026-11-05T08:00:00+03:00"
    old = tmp_path / "old.html"
    old.write_text(ARTICLE, encoding="utf-8")
    record = json.loads(run(folder, "read", "--json", "--url", f"{HOME}/4711/library", str(old)))
    assert record["body"].split("\n\n") == [LEAD, REST]
    assert record["extractor"]["layout"] == "wordpress-2024"


def mend(folder: Path) -> None:
    """Step 3: the layouts of CONTRIBUTING in the place of the old ones."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (layouts,) = re.findall(r"^```python mend=layouts\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    file = folder / "extractors/outlets/furat_post.py"
    source = file.read_text(encoding="utf-8")
    assert source.count("    layouts=(Layout(") == 1
    file.write_text(re.sub(r"^    layouts=.*\n", lambda _: layouts, source, flags=re.MULTILINE), encoding="utf-8")
