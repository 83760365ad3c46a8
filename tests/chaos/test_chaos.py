"""The fault harness: a short run on every change, a longer one among the slow tests, and that it finds what is wrong."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.chaos import steps
from infra.chaos.nursery import ROOT
from infra.chaos.steps import Step, kind_of


def chaos(*arguments: str, code: int = 0) -> dict[str, Any]:
    """The figures of a run of the harness."""
    command = [sys.executable, "-m", "infra.chaos", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, encoding="utf-8", timeout=900)
    assert done.returncode == code, done.stderr[-3000:]
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
def test_everything_that_can_fail_fails_together_and_nothing_is_lost() -> None:
    """Folders and a bucket, both worlds; disk, clock, network and sites too."""
    figures = chaos("--kills", "60", "--seed", "5")
    assert figures["complaints"] == []
    assert figures["kills"] >= 60
    assert {"clock", "disk", "network", "sites"} & set(figures["faults"])


@pytest.mark.slow
def test_a_wrong_archive_is_complained_of_with_the_command_that_repeats_it(tmp_path: Path) -> None:
    """A store that says it has written what it has not: the harness must find it, or it finds nothing."""
    code = (
        "from storage import folder; create = folder.FolderStore.create;"
        "lies = lambda self, key, data, *a: data if key.startswith('changes/') else create(self, key, data, *a);"
        "folder.FolderStore.create = lies;"
        "from infra.chaos import nursery; nursery.main()"
    )
    (tmp_path / "liar.py").write_text(code)
    found = subprocess.run(
        [sys.executable, "-c", _LIAR.format(liar=str(tmp_path / "liar.py"))],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert found.returncode == 1, found.stderr
    assert "never announced" in found.stderr
    assert "python -m infra.chaos --round 1 " in found.stderr


_LIAR = """
import sys, infra.chaos.nursery as nursery
nursery.COMMAND = [sys.executable, {liar!r}]
sys.argv = ["chaos", "--round", "1", "--kills", "0", "--faults", "none", "--pages", "4", "--json"]
from infra.chaos.__main__ import main
sys.exit(main())
"""


def test_every_object_that_a_crawl_writes_has_a_named_step() -> None:
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
        "state/smart/discovery.json": "state",
    }
    assert {key: kind_of(key) for key in named} == named
    assert set(named.values()) == set(steps.KINDS)
    with pytest.raises(ValueError, match="no kind that chaos knows"):
        kind_of("novelties/1.json")


@pytest.mark.parametrize("text", ["claim:after", "claim:sometimes:1", "coffee:after:1", "claim:after:0"])
def test_a_step_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no step|unpack"):
        Step.parse(text)


def test_a_step_is_read_as_it_is_written() -> None:
    for kind, moment in steps.every_step():
        step = steps.drawn(random.Random(1), kind, moment)
        assert Step.parse(str(step)) == step
