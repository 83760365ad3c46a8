"""What `infra/SCALE.md` says in figures: 500 outlets, 36 million articles a year, 20 workers, from the bench's own measurements.

`python -m infra.bench.projection` renews the figures in the document; a test compares them. The measurements are
`infra/bench/scale.json` (`make bench ARGS="--only scale --big"`) and `infra/bench/fleet.json` (`… projection --simulate`).
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from infra.bench.fleet import Simulation, newsrooms
from infra.bench.scale import DOLLARS, KEPT, exponent

PAGE: Final = Path(__file__).parents[1] / "SCALE.md"
FLEET: Final = Path(__file__).with_name("fleet.json")
OUTLETS: Final = 500
ARTICLES_A_YEAR: Final = 36_000_000
WORKERS: Final = 20
ENOUGH: Final = 3
"""Workers that bear the load when one of them is lost."""
ARTICLES_A_DAY: Final = 400
"""Of the measured archives."""
SIZES: Final = (ARTICLES_A_YEAR, 5 * ARTICLES_A_YEAR)
DAYS: Final = 30
SIMULATED_HOURS: Final = 6.0

# Prices in dollars, us-east-1, from the services' pricing pages as of 2025. Look again before you budget.
GIGABYTE_MONTH: Final = 0.023  # S3 Standard, aws.amazon.com/s3/pricing
MACHINE_HOUR: Final = 0.0168  # EC2 t4g.small (2 vCPU, 2 GB), on demand, aws.amazon.com/ec2/pricing/on-demand
QUEUE_MILLION: Final = 0.50  # a million requests of SQS FIFO, aws.amazon.com/sqs/pricing
REDIS_HOUR: Final = 0.016  # ElastiCache cache.t4g.micro, aws.amazon.com/elasticache/pricing

# Measured elsewhere (`infra/bench/README.md`).
KB_AN_ARTICLE: Final = 56.7  # raw capture, its index, text, the rest (`--only warc`)
REQUESTS_AN_ARTICLE: Final = 4  # claim, article, change segment, ledger entry: PUTs (`--only requests`)
REQUESTS_A_CRAWL: Final = {"GET": 5, "LIST": 1, "PUT": 13}  # that keeps one article, its raw capture and notes (`--only scale`)
CPU_MS_A_PAGE: Final = 10.0  # main process, reader and writer (`--only crawl`)
INDEX_KB: Final = 3.8  # of an article in the search index (`--only search`)
TABLE_KB: Final = 1.2  # of an article in the Delta table (`--only tables`), at most
SECONDS_A_REQUEST: Final = 0.02
IN_FLIGHT: Final = 32
"""Requests at once where order does not matter (`verify --jobs`, `export`)."""

_DAILY: Final = {
    "poll_keeps_one": "each poll, for the archive alone",
    "new_url": "first new address of a run",
    "begin_after_kill": "after a killed worker",
    "changes_at_the_end": "a reader, each minute",
    "status": "`status`",
    "history_known": "`diff` of a known id",
    "history_unknown": "`diff` of an unknown id",
    "articles_of_3_days": "daily `export --since`",
    "verify_sample_1_percent": "daily `verify --sample 1%`",
    "verify_full": "monthly `verify`",
}
_AT_ONCE: Final = frozenset({"articles_of_3_days", "verify_sample_1_percent", "verify_full"})


@dataclass(frozen=True, slots=True)
class FleetFigures:
    """Of a simulated day. busy: outlets that are worked on at the same time, on the average; late: minutes from publication to
    the page's request, median and 99th percentile; waited: seconds from due to begun, 99th percentile and longest.
    """

    polls: int
    requests: int
    busy: float
    late_median: float
    late_99: float
    waited_99: float
    waited_longest: float
    missed_of_a_thousand: float


def simulate() -> FleetFigures:
    """Some hours of the fleet, as a day."""
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(
            Path(folder), newsrooms(OUTLETS, ARTICLES_A_YEAR), WORKERS, deaths_an_hour=1, submitted_an_hour=60
        )
        fleet = simulation.run(SIMULATED_HOURS)
    if simulation.too_fast():
        raise AssertionError(f"asked too fast: {simulation.too_fast()[:3]}")
    a_day = 24 / SIMULATED_HOURS
    late, waited = sorted(fleet.late), sorted(fleet.waited)
    return FleetFigures(
        polls=round(sum(map(len, fleet.polls.values())) * a_day),
        requests=round(sum(map(len, fleet.requests.values())) * a_day),
        busy=round(fleet.held / (SIMULATED_HOURS * 3600), 1),
        late_median=round(late[len(late) // 2] / 60, 1),
        late_99=round(late[len(late) * 99 // 100] / 60, 1),
        waited_99=round(waited[len(waited) * 99 // 100], 1),
        waited_longest=round(waited[-1], 1),
        missed_of_a_thousand=round(1_000 * fleet.missed / (len(late) + fleet.missed), 2),
    )


def tables() -> dict[str, str]:
    """The tables of the document by name, in Markdown."""
    measured = json.loads(KEPT.read_text(encoding="utf-8"))
    fleet = FleetFigures(**json.loads(FLEET.read_text(encoding="utf-8")))
    return {
        "operations": "\n".join(_operations(measured)),
        "fleet": "\n".join(_fleet(fleet)),
        "month": "\n".join(_month(measured, fleet)),
    }


def renewed(text: str) -> str:
    """The document with its tables as they are now."""
    for name, table in tables().items():
        text, found = re.subn(rf"(<!-- {name} -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        if found != 1:
            raise ValueError(f"{PAGE.name} has no place for the table {name!r}")
    return text


def _requests(measured: dict[str, Any], name: str, size: int) -> tuple[float, float, float]:
    """(requests, dollars, exponent) of an operation at a size, by its growth between the two largest sizes that were measured."""
    sizes, spent = tuple(measured["articles"][-2:]), measured["operations"][name][-2:]
    totals = [sum(each["requests"].values()) for each in spent]
    power = max(0.0, exponent(sizes, totals))
    power = 0.0 if power < 0.1 else power  # one request more or less
    factor = (size / sizes[-1]) ** power
    if name == "articles_of_3_days":  # those of some days, however many there are
        power, factor = 0.0, ARTICLES_A_YEAR / 365 / ARTICLES_A_DAY
    dollars = sum(DOLLARS[verb] * number for verb, number in spent[-1]["requests"].items())
    return totals[-1] * factor, dollars * factor, power


def _operations(measured: dict[str, Any]) -> Iterator[str]:
    largest = measured["articles"][-1]
    yield f"| operation | requests at {largest:,} | grows as | at {SIZES[0]:,} | at {SIZES[1]:,} | takes there | costs there |"
    yield "|---|---|---|---|---|---|---|"
    for name, what in _DAILY.items():
        power = _requests(measured, name, largest)[2]
        year, _, _ = _requests(measured, name, SIZES[0])
        years, dollars, _ = _requests(measured, name, SIZES[1])
        seconds = years * SECONDS_A_REQUEST / (IN_FLIGHT if name in _AT_ONCE else 1)
        grows = "a day's articles" if name == "articles_of_3_days" else f"n^{power:.2f}"
        now = sum(measured["operations"][name][-1]["requests"].values())
        yield f"| {what} | {now:,.0f} | {grows} | {year:,.0f} | {years:,.0f} | {_duration(seconds)} | ${dollars:,.4f} |"


def _fleet(fleet: FleetFigures) -> Iterator[str]:
    pages = ARTICLES_A_YEAR / 365
    yield "| | |"
    yield "|---|---|"
    yield f"| polls a day | {fleet.polls:,} |"
    yield f"| requests to the outlets a day | {fleet.requests:,} |"
    yield f"| outlets worked on at the same time, on the average | {fleet.busy} |"
    yield f"| from publication to the page: median, 99 of 100 | {fleet.late_median} min, {fleet.late_99} min |"
    yield f"| from due to begun: 99 of 100, longest | {fleet.waited_99} s, {fleet.waited_longest} s |"
    yield f"| of 1,000 articles, left their feed unseen while the schedule learns | {fleet.missed_of_a_thousand} |"
    yield f"| CPU of all pages ({CPU_MS_A_PAGE} ms each) | {pages * CPU_MS_A_PAGE / 1000 / 86_400:.1%} of a core |"


def _month(measured: dict[str, Any], fleet: FleetFigures) -> Iterator[str]:
    size, articles = SIZES[0], ARTICLES_A_YEAR / 12
    besides = Counter(REQUESTS_A_CRAWL) - Counter(PUT=REQUESTS_AN_ARTICLE)
    poll_dollars = sum(DOLLARS[verb] * number for verb, number in besides.items())
    looks = WORKERS * DAYS * 86_400 / 20  # a long poll of SQS lasts 20 s
    queue_requests = looks + fleet.polls * DAYS * 4
    lines = {
        f"keeping {articles:,.0f} articles, {REQUESTS_AN_ARTICLE} PUT each": articles * REQUESTS_AN_ARTICLE * DOLLARS["PUT"],
        f"{fleet.polls * DAYS:,} polls, {besides.total()} requests each besides": fleet.polls * DAYS * poll_dollars,
        "a reader of the change log, each minute": _requests(measured, "changes_at_the_end", size)[1] * DAYS * 1_440,
        "`status`, each hour": _requests(measured, "status", size)[1] * DAYS * 24,
        "`verify --sample 1%`, each day": _requests(measured, "verify_sample_1_percent", size)[1] * DAYS,
        "`verify`, once": _requests(measured, "verify_full", size)[1],
        f"storage of a year, {size * KB_AN_ARTICLE / 1e9:.2f} TB": size * KB_AN_ARTICLE / 1e6 * GIGABYTE_MONTH,
        f"{WORKERS} workers": WORKERS * MACHINE_HOUR * 24 * DAYS,
        f"… or {ENOUGH}, which are enough": ENOUGH * MACHINE_HOUR * 24 * DAYS,
        f"the queue on SQS, {queue_requests / 1e6:.1f} million requests": queue_requests / 1e6 * QUEUE_MILLION,
        "… or on Redis": REDIS_HOUR * 24 * DAYS,
    }
    yield "| a month, after the first year | dollars |"
    yield "|---|---|"
    for what, dollars in lines.items():
        yield f"| {what} | {dollars:,.2f} |"
    total = sum(dollars for what, dollars in lines.items() if not what.startswith("…"))
    yield f"| **together**, with {WORKERS} workers and SQS | **{total:,.0f}** |"
    yield f"| the search index, of all texts | {size * INDEX_KB / 1e6:,.0f} GB in one file: too large |"
    yield f"| the Delta table, of all texts | {size * TABLE_KB / 1e6:,.0f} GB |"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.1f} s"


def main() -> None:
    """Renews the figures in the document."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench.projection", description=__doc__)
    parser.add_argument("--simulate", action="store_true", help="take the fleet's figures anew (minutes)")
    if parser.parse_args().simulate:
        FLEET.write_text(json.dumps(asdict(simulate()), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
