"""Pages as a redesign would leave them: variations drawn from a seed, to see how each outlet's reading degrades."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from rich import box
from rich.table import Table

from extractors.page.decoding import decode
from infra.eval.gold import Gold
from infra.eval.metrics import Score, by_site, scores
from infra.eval.reading import OURS
from infra.eval.table import cell

Change = Callable[[str, random.Random], str]

ADS = (
    '<div class="{name}"><span>إعلان</span></div>',
    '<div class="{name}"><a href="/subscribe">اشترك في نشرتنا البريدية ليصلك كل جديد</a></div>',
    '<div class="{name}"><span>اقرأ أيضًا:</span> <a href="/archives/{number}">عنوان خبر آخر لا صلة له بهذا الخبر</a></div>',
    '<aside class="{name}"><p><a href="https://t.example/{number}">تابعونا على تلغرام</a></p></aside>',
    '<script>window.{name} = "<p>{number}</p>";</script><ins class="{name}"></ins>',
    '<div class="{name}"><ul><li><a href="/n/{number}">خبر قصير عن مدينة أخرى</a></li></ul></div>',
)
_MARKS = re.compile(r"""\b(class|id|itemprop|property|role)=("[^"]*"|'[^']*')""")


def renamed(markup: str, chance: random.Random) -> str:
    """Every class, id and microdata name another; the same name the same again. Meta tags keep theirs."""
    names: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        given = [names.setdefault(name, f"x{chance.randrange(16**6):06x}") for name in found[2][1:-1].split()]
        return f'{found[1]}="{" ".join(given)}"'

    head, mark, body = markup.partition("<body")
    return head + mark + _MARKS.sub(other, body) if mark else _MARKS.sub(other, markup)


def wrapped(markup: str, chance: random.Random) -> str:
    """Paragraphs and headings each in one to three elements more."""

    def around(found: re.Match[str]) -> str:
        layers = [f"w{chance.randrange(16**4):04x}" for _ in range(chance.randint(1, 3))]
        opened = "".join(f'<div class="{name}">' for name in layers)
        return f"{opened}{found[0]}{'</div>' * len(layers)}"

    return re.sub(r"<(p|h1|h2|h3)\b[^>]*>.*?</\1>", around, markup, flags=re.DOTALL | re.IGNORECASE)


def with_ads(markup: str, chance: random.Random) -> str:
    """Advertisements, calls to subscribe and links to other stories after about every second paragraph."""

    def ad(found: re.Match[str]) -> str:
        if chance.random() < 0.5:
            return found[0]
        return found[0] + chance.choice(ADS).format(name=f"s{chance.randrange(16**5):05x}", number=chance.randrange(10**5))

    return re.sub(r"</p>|<br\s*/?>\s*<br\s*/?>", ad, markup, flags=re.IGNORECASE)


def without_data(markup: str, chance: random.Random) -> str:
    """JSON-LD cut off somewhere in the middle."""

    def cut(found: re.Match[str]) -> str:
        return found[1] + found[2][: chance.randrange(1, max(2, len(found[2])))] + found[3]

    return re.sub(r"(<script[^>]*application/ld\+json[^>]*>)(.*?)(</script>)", cut, markup, flags=re.DOTALL | re.IGNORECASE)


def everything(markup: str, chance: random.Random) -> str:
    """All of it at once."""
    for change in (with_ads, wrapped, without_data, renamed):
        markup = change(markup, chance)
    return markup


CHANGES: dict[str, Change] = {
    "names changed": renamed,
    "wrappers added": wrapped,
    "ads between": with_ads,
    "JSON-LD broken": without_data,
    "all together": everything,
}


def mutants(pages: Iterable[Gold], change: Change, seed: int) -> list[Gold]:
    """The articles among them, each changed; the same seed gives the same pages. Inserted texts count as furniture."""
    found = []
    for gold in pages:
        if gold.refusal is not None:
            continue
        chance = random.Random(f"{seed} {gold.key}")  # noqa: S311 - variations, not secrets
        markup = change(decode(gold.page.body, gold.page.content_type), chance)
        page = replace(gold.page, body=markup.encode(errors="replace"), content_type="text/html; charset=utf-8")
        inserted = tuple(text for ad in ADS for text in re.findall(r">([^<>{}]{4,})<", ad) if text in markup)
        found.append(replace(gold, page=page, boilerplate_lines=(*gold.boilerplate_lines, *inserted)))
    return found


def degradation(pages: Iterable[Gold], seed: int) -> tuple[Table, dict[str, dict[str, dict[str, float]]]]:
    """Per outlet and change, the figures of our reader: as a table and as {change: {site: figures}}."""
    known = list(pages)
    runs = {"as they are": scores(OURS, [gold for gold in known if gold.refusal is None])}
    runs |= {name: scores(OURS, mutants(known, change, seed)) for name, change in CHANGES.items()}
    table = Table(title=f"Own pages, varied with seed {seed}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("outlet", no_wrap=True)
    table.add_column("change", no_wrap=True)
    shown = ("precision", "recall", "f1", "paragraphs", "clean", "headline", "day", "no_wrong_date", "authors", "dateline")
    for heading in (*shown, "generic"):
        table.add_column(heading.replace("_", " "), justify="right")
    sites = {name: by_outlet(run) for name, run in runs.items()}
    for site in sorted(sites["as they are"]):
        for name, run in runs.items():
            figures = sites[name][site]
            layouts = [each.reading.layout for each in run if each.gold.site == site]
            table.add_row(
                site if name == "as they are" else "",
                name,
                *(cell(figures.get(figure)) for figure in shown),
                f"{layouts.count('generic')}/{len(layouts)}",
                end_section=name == "all together",
            )
    return table, sites


def by_outlet(run: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Figures per outlet, whichever collection its pages are from."""
    merged = [replace(each, gold=replace(each.gold, group="own")) for each in run]
    return {site: figures for (_, site), figures in by_site(merged).items()}
