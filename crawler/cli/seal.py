"""`warraq seal`, `prove` and `check-proof`: proof that leaves the house."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import ArchiveUri, AsJson
from crawler.cli.place import existing_archive
from crawler.config import ConfigError, load_config
from storage import open_archive


def seal(
    archive: ArchiveUri = None,
    new_key: Annotated[
        str | None, typer.Option("--new-key", metavar="NAME", help="Make a key of this name, print it, and do nothing else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Seal all runs that ended since the last seal: sign a checkpoint, announce it, have it stamped.

    Exit code 1: sealed, but an authority gave no time stamp; it is asked again next time.
    """
    from crawler.crawl.session import versions  # noqa: PLC0415  # late: a new key needs none of it
    from crawler.sealing.job import seal_archive  # noqa: PLC0415

    if new_key is not None:
        _new_key(new_key)
        return
    config = load_config(archive=archive)
    sealed = seal_archive(open_archive(config.archive, create=False), config, versions())
    for reason in sealed.missing:
        sys.stderr.write(f"warraq: no time stamp: {reason}; it is asked again with the next seal\n")
    if sealed.seal is None:
        sys.stderr.write("nothing to seal: no run has ended in this archive yet\n")
        return
    checkpoint = sealed.seal.checkpoint
    if as_json:
        fields = {"seal": sealed.seal.number, "new": sealed.seal.new, "runs": sealed.seal.runs, "stamps": sealed.stamps}
        sys.stdout.write(json.dumps({**fields, "missing": sealed.missing, "checkpoint": checkpoint.note.decode()}) + "\n")
    else:
        made = (
            f"seal {sealed.seal.number}: {sealed.seal.runs:,} new lines" if sealed.seal.new else "nothing new since the last seal"
        )
        sys.stderr.write(f"{made}; {checkpoint.size:,} in all, {len(sealed.stamps)} time stamps made\n")
        sys.stdout.write(checkpoint.note.decode())
    raise typer.Exit(1 if sealed.missing else 0)


def _new_key(name: str) -> None:
    from storage.seals.signed_note import SealKeyError, SignerKey  # noqa: PLC0415

    try:
        key = SignerKey.new(name)
    except SealKeyError as error:
        raise ConfigError(f"--new-key: {error}") from None
    sys.stdout.write(f"WARRAQ_SEAL_KEY={key.secret}\n")
    sys.stderr.write(
        "The line above is secret: into .env or your secret store, and nowhere else.\n"
        "The key to give away, by which others recognise your seals:\n"
        f"{key.verifier}\n"
    )


def prove(
    article: Annotated[str, typer.Argument(metavar="ID|URL", help="An article's id (enab_baladi:812204) or its address.")],
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="A new folder for the proof.")],
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="Which text of it. Default: the newest.")] = None,
    archive: ArchiveUri = None,
) -> None:
    """Put what proves an article into a folder: record, raw capture, signed checkpoint."""
    from crawler.cli.diff_history import NoHistoryError, texts_of  # noqa: PLC0415
    from storage.seals.proof import prove as prove_article  # noqa: PLC0415

    opened = existing_archive(archive)
    texts = texts_of(opened, article)[1]
    chosen = [entry for entry in texts if revision is None or entry.revision == revision]
    if not chosen:
        raise NoHistoryError(f"{article}: this archive has no such text of it" + (f" (revision {revision})" if revision else ""))
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"--output {folder}: it is there already and not empty")
    key = chosen[-1].article
    assert key is not None
    proof = prove_article(opened.store, key, resources.files("crawler.sealing").joinpath("proof_readme.txt").read_text("utf-8"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in proof.files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise ConfigError(f"--output {folder}: {error.strerror}") from None
    sys.stderr.write(f"{key}: proof in {folder}, under seal {proof.seal} ({proof.tokens} time stamps)\n")


def check_proof(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `warraq prove` made.")],
    authority: Annotated[
        list[Path] | None,
        typer.Option("--ca", metavar="FILE.pem", help="Certificates of an authority that stamped."),
    ] = None,
) -> None:
    """Check a proof that `warraq prove` made, offline.

    Exit code 1: it does not hold. The script that does it is the one in the folder: `python3 DIR/check.py` comes to the same.
    """
    with resources.as_file(resources.files("storage.seals").joinpath("standalone_check.py")) as script:
        if not (folder / "proof.json").is_file():
            raise ConfigError(f"{folder}: there is no proof in it (proof.json is missing)")
        command = [sys.executable, "-I", str(script), str(folder), *map(str, authority or [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own script
    sys.stdout.write(done.stdout)
    if done.returncode and "FAIL" not in done.stdout:
        raise ConfigError(
            f"{folder}: this is no proof ({done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason'})"
        )
    raise typer.Exit(1 if done.returncode else 0)
