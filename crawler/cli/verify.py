"""`warraq verify`: whether an archive holds together, object by object."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import ArchiveUri
from crawler.cli.place import cache_file
from crawler.config import ConfigError, load_config
from crawler.window import Window, WindowError
from storage import Archive, ArchiveError, open_archive
from storage.verify.last_pass import note_pass

if TYPE_CHECKING:
    from crawler.config import Config
    from storage.verify.findings import Finding, SealSummary, VerifyReport
    from storage.verify.full_pass import Progress, Tell

Share = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Check this share of the objects, such as 1% or 0.01; every day another one.")
]
Day = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="With --sample: the day whose sample is checked (2026-11-01, yesterday, 3d). Default: today."
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh/--resume", help="Begin anew; else an interrupted pass is gone on with.")]
Jobs = Annotated[int | None, typer.Option(min=1, max=256, help="Objects read at once. Default: 1 of a folder, 8 of a bucket.")]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|URL", help="A checkpoint (or an event archive.sealed) held elsewhere: is it of this archive, still whole?"
    ),
]
Reread = Annotated[
    bool, typer.Option("--reread", help="Besides: does each headline and paragraph stand in the page that it was read from?")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line: each finding, and the sum at the end.")]


def verify(
    archive: ArchiveUri = None,
    sample: Share = None,
    day: Day = None,
    fresh: Fresh = False,
    jobs: Jobs = None,
    against: Against = None,
    reread: Reread = False,
    as_json: AsJson = False,
) -> None:
    """Check every object of an archive against the promises and its seals; name each that fails."""
    share, on = _share(sample), _day(day)
    config = load_config(archive=archive)
    if against is not None and share is not None:
        raise ConfigError("--against needs a whole pass: leave --sample out")
    if reread and share is not None:
        raise ConfigError("--reread needs a whole pass: leave --sample out")
    opened = open_archive(config.archive, create=False)
    at_once = jobs or (8 if opened.uri.startswith("s3://") else 1)
    tell = _tell_json if as_json else _tell_line
    try:
        with _progress() as progress:
            if share is None:
                report = _whole(opened, config, against, fresh=fresh, jobs=at_once, tell=tell, progress=progress)
            else:
                report = _sampled(opened, config, share, on, jobs=at_once, tell=tell, progress=progress)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*(["the same command goes on from here"] if share is None else [])) from None
    compared = None
    if reread:
        from crawler.reread.against_raw import compare_with_raw  # noqa: PLC0415 - loads the parsers

        compared = compare_with_raw(opened, config, tell)
    if compared is not None:
        report.damage += compared.findings
    _sum_up(report, share, as_json=as_json)
    if compared is not None and not as_json:
        sys.stderr.write(f"{compared.articles:,} texts held against their raw captures; {compared.without_raw:,} have none\n")
    try:
        note_pass(opened.store, report, share=share, day=on if share else None)
    except ArchiveError as error:
        sys.stderr.write(f"warraq: `status` will not show this pass: {error}\n")
    raise typer.Exit(1 if report.damage else 0)


def _whole(
    opened: Archive, config: Config, against: str | None, *, fresh: bool, jobs: int, tell: Tell, progress: Progress | None
) -> VerifyReport:
    # Late, as below: a sample needs none of it.
    from crawler.sealing.keys import known_keys  # noqa: PLC0415
    from storage.verify.full_pass import verify as verify_all  # noqa: PLC0415
    from storage.verify.seals import Trust  # noqa: PLC0415

    held = None
    if against is not None:
        from crawler.sealing.held import held_checkpoint  # noqa: PLC0415 - it may have to ask the web

        held = held_checkpoint(against)
    trust = Trust(known_keys(config), held)
    notes, identity = cache_file(opened, "verify")
    return verify_all(
        opened.store, notes=notes, identity=identity, fresh=fresh, jobs=jobs, tell=tell, progress=progress, trust=trust
    )


def _sampled(
    opened: Archive, config: Config, share: float, day: date, *, jobs: int, tell: Tell, progress: Progress | None
) -> VerifyReport:
    from storage.verify.sample import sample  # noqa: PLC0415

    if config.seal_key or config.seal_trust:
        from crawler.sealing.keys import known_keys  # noqa: PLC0415

        known_keys(config)  # a malformed one is refused here too
    return sample(opened.store, share, day, jobs=jobs, tell=tell, progress=progress)


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not text.endswith("%") and share >= 1:  # `--sample 1` would be everything, and is meant as 1 %
        raise ConfigError(
            f"--sample {text!r}: a share is below 1 or has a %; write {text}%, or leave --sample out for a full pass"
        )
    if not 0 < share <= 1:
        raise ConfigError(f"--sample {text!r} is no share; write 1% or 0.01")
    return share


def _day(text: str | None) -> date:
    """The day, in any form that dates are written in; of a month or year the first. Default: today, UTC."""
    try:
        return Window.parse(text, None).since or datetime.now(UTC).date()
    except WindowError as error:
        raise WindowError(str(error).replace("--since", "--day")) from None


def _tell_line(finding: Finding) -> None:
    line = f"{finding.severity}: {finding.key}: {finding.problem}"
    # Who may add a file to an archive chooses its name: it shall move no cursor and make no second line.
    sys.stdout.write("".join(each if each.isprintable() else ascii(each)[1:-1] for each in line) + "\n")


def _tell_json(finding: Finding) -> None:
    fields = {"fact": "finding", "severity": finding.severity, "key": finding.key, "problem": finding.problem}
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")


def _sum_up(report: VerifyReport, share: float | None, *, as_json: bool) -> None:
    if as_json:
        fields = {
            "fact": "verified",
            "objects": report.objects,
            "bytes": report.bytes,
            "damage": report.damage,
            "pending": report.pending,
            "share": share,
            "resumed": report.resumed,
            "unfinished": report.unfinished,
            "seals": report.seals.seals,
            "sealed_runs": report.seals.sealed,
            "unsealed_runs": report.seals.unsealed,
        }
        sys.stdout.write(json.dumps(fields) + "\n")
        return
    of = "" if share is None else f" (a sample of {share:.4g} of the archive)"
    found = f"{report.damage:,} damaged" if report.damage else "nothing damaged" if report.pending else "all good"
    sys.stderr.write(f"{report.objects:,} objects checked{of}, {report.bytes / 1e6:,.1f} MB: {found}\n")
    if report.pending:
        sys.stderr.write(f"{report.pending:,} left half done by a killed run; the next crawl completes them\n")
    if share is None:
        sys.stderr.write(_sealed(report.seals))


def _sealed(seals: SealSummary) -> str:
    if seals.newest is None:
        return "no seals: a run that was deleted whole cannot be seen (`warraq seal`)\n"
    by, at = ", ".join(seals.signers) or "nobody known", f"{seals.newest.sealed_at:%Y-%m-%d %H:%MZ}"
    return f"sealed to {at} by {by}: {seals.sealed:,} runs; {seals.unsealed:,} ended since and are not sealed yet\n"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """What counts the objects on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    with Console(stderr=True).status("verifying") as status:
        yield lambda objects, size: status.update(f"verifying: {objects:,} objects, {size / 1e6:,.1f} MB")
