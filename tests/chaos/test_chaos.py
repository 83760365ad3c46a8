"""The fault harness: a short run on every change, a longer one among the slow tests, and that it finds what is wrong."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from infra.chaos import steps
from infra.chaos.plan import FAULTS, RoundOptions
from infra.chaos.steps import KillStep, kind_of

ROOT = Path(__file__).resolve().parents[2]


def chaos(*arguments: str) -> dict[str, Any]:
    """The figures of a run of the harness."""
    command = [sys.executable, "-m", "infra.chaos", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, encoding="utf-8", timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def dealt(*named: str) -> str:
    return ",".join(named)


@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    [
        dealt("raw:after", "cdxj:inside", "claim:after", "article:inside", "change:before", "ledger:before", "manifest:inside"),
        dealt("started:after", "raw:inside", "claim:inside", "change:after", "recovered:before", "ledger:inside", "state:before"),
    ],
    ids=["from raw to manifest", "also while it recovers"],
)
def test_crawls_killed_at_named_steps_lose_nothing_and_keep_nothing_twice(first: str) -> None:
    """On a folder: processes that die one after the other, the next one mends, and the last one ends well."""
    figures = chaos("--round", "7", "--kills", "6", "--faults", "kills", "--pages", "16", "--steps", first)
    assert figures["complaints"] == []
    assert figures["kills"] >= 4
    assert sum(figures["kills_by_step"].values()) == figures["kills"]
    assert figures["recovered_runs"] >= 1


@pytest.mark.slow
def test_crawls_killed_over_a_bucket_that_stumbles_lose_nothing() -> None:
    """One in ten of the requests fails, also with an answer lost after the write was done."""
    first = dealt("claim:after", "change:inside")
    figures = chaos("--round", "3", "--kills", "2", "--faults", "kills,s3", "--archive", "s3", "--pages", "6", "--steps", first)
    assert figures["complaints"] == []
    assert figures["kills"] >= 1
    assert sum(number for name, number in figures["faults"].items() if name.startswith("s3 ")) > 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    [
        dealt("put:inside", "take:after", "article:inside", "change:after", "ack:before", "cursor:before"),
        dealt("put:after", "raw:after", "ledger:inside", "ack:inside", "cursor:after", "state:before"),
    ],
    ids=["up to the acknowledgement", "also inside the queue's transactions"],
)
def test_watches_killed_at_named_steps_lose_nothing_and_come_to_rest(first: str) -> None:
    """What was accepted is kept, what was announced is delivered, the queue is empty and nothing is a dead letter."""
    figures = chaos("--round", "7", "--command", "watch", "--kills", "7", "--faults", "kills", "--pages", "15", "--steps", first)
    assert figures["complaints"] == []
    assert figures["kills"] == 7
    assert figures["kills_by_step"].keys() & {f"watch {step}" for step in first.split(",")}


@pytest.mark.slow
def test_a_queue_whose_file_is_damaged_between_kills_loses_what_it_says_and_no_more() -> None:
    """And that is asked for again."""
    faults = "random,queue"
    figures = chaos("--round", "4", "--command", "watch", "--kills", "8", "--faults", faults, "--pages", "30")
    assert figures["complaints"] == []
    assert figures["faults"]["queue"] >= 3


@pytest.mark.slow
def test_everything_that_can_fail_fails_together_and_nothing_is_lost() -> None:
    """Crawls and watches, folders and a bucket, both worlds; disk, clock, network, sites, sinks and queues too."""
    figures = chaos("--kills", "60", "--seed", "5", "--kills-a-round", "5")
    assert figures["complaints"] == []
    assert figures["kills"] >= 60
    assert {"clock", "network", "queue"} <= set(figures["faults"])


LIES = {
    "never announced": """
from storage.stores import folder
create = folder.FolderStore.create
def lie(self, key, data, *rest):
    return data if key.startswith("changes/") else create(self, key, data, *rest)
folder.FolderStore.create = lie
""",
    "accepted, not kept, and not reported as lost": """
from storage.queues.local import LocalQueue
put_all = LocalQueue.put_all
def lie(self, items):
    return [item.key.startswith("url:") or put_all(self, [item])[0] for item in items]
LocalQueue.put_all = lie
""",
}


@pytest.mark.slow
@pytest.mark.parametrize(("command", "complaint"), list(zip(("crawl", "watch"), LIES, strict=True)))
def test_what_is_wrong_is_complained_of_with_the_command_that_repeats_it(command: str, complaint: str) -> None:
    """A store that says it has written what it has not, a queue that says it has accepted what it has not: the harness must find
    them, or it finds nothing.
    """
    with tempfile.TemporaryDirectory() as place:  # of a short name: a socket's address lies in it
        Path(place, "liar.py").write_text(LIES[complaint])
        found = subprocess.run(
            [sys.executable, "-c", _LIAR.format(command=command)],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": place, "PYTHONPATH": place},
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
    assert found.returncode == 1, found.stderr
    assert complaint in found.stderr
    assert f"python -m infra.chaos --round 1 --command {command} " in found.stderr


_LIAR = """
import sys, infra.chaos.launcher as launcher
launcher.PRELOADED.append("liar")
sys.argv = ["chaos", "--round", "1", "--command", {command!r}, "--kills", "0", "--faults", "none", "--pages", "4", "--json"]
from infra.chaos.__main__ import main
sys.exit(main())
"""


def test_every_object_that_is_written_has_a_named_step() -> None:
    """A new kind of object must be given a name, or nobody would die of it."""
    run = "runs/2026/11/22/01a2022e-ab3b-71c2-875d-d4ee71e06317"
    named = {
        "archive.json": "layout",
        f"{run}.started.json": "started",
        f"{run}.recovered.json": "recovered",
        f"{run}.json": "manifest",
        f"{run}.files-0001.jsonl": "files",
        "warc/outlet=smart/captured=2026-11-22/x-000001.warc.gz": "raw",
        "warc/outlet=smart/captured=2026-11-22/x-000001.cdxj": "cdxj",
        "hashes/ab/ab.json": "claim",
        "articles/outlet=smart/captured=2026-11-22/1.ab.json": "article",
        "changes/2026/11/22/x-000001.jsonl": "change",
        "urls/smart/ab/abc/1.json": "ledger",
        "state/events/webhook-1/cursor": "cursor",
        "state/smart/discovery.json": "state",
    }
    assert {key: kind_of(key) for key in named} == named
    assert set(named.values()) == set(steps.OBJECTS)
    with pytest.raises(ValueError, match="no kind that chaos knows"):
        kind_of("novelties/1.json")


@pytest.mark.parametrize("text", ["claim:after", "claim:sometimes:1", "coffee:after:1", "claim:after:0"])
def test_a_step_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no step|unpack"):
        KillStep.parse(text)


def test_a_step_is_read_as_it_is_written() -> None:
    for kind, moment in steps.every_step("watch"):
        step = steps.drawn(random.Random(1), kind, moment)
        assert KillStep.parse(str(step)) == step


def test_every_named_step_and_every_fault_is_dealt_out() -> None:
    """To crawls and to watches, within the thousand kills of `make chaos`."""
    plans = list(itertools.islice(RoundOptions(seed=1, kills=1000, faults=frozenset(FAULTS)).plans(), 100))
    for command in ("crawl", "watch"):
        dealt = [plan for plan in plans if plan.command == command]
        assert {step for plan in dealt for step in plan.steps} == set(steps.every_step(command))
        assert {plan.world for plan in dealt} == {"crowd", "miniature"}
        assert {plan.place for plan in dealt} == {"folder", "s3"}
    assert set[str]().union(*(plan.faults for plan in plans)) == FAULTS.keys()
    again = RoundOptions(seed=1, kills=1000, faults=frozenset(FAULTS)).plans()
    assert list(itertools.islice(again, 100)) == plans
