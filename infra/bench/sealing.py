"""What a seal costs, its proof and its verification, against a verify of the same archive without seals."""

from __future__ import annotations

import resource
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.bench.measure import cpu_seconds
from infra.bench.requests import article
from storage import Capture, open_archive
from storage.seals.proof import prove
from storage.seals.sealing import Sealer
from storage.seals.signed_note import SignerKey
from storage.verify.full_pass import verify

_A_RUN = 500
"""Articles of one run."""


def sealing(articles: int) -> dict[str, object]:
    """CPU seconds and bytes over so many articles in runs of five hundred, each article some four objects."""
    with tempfile.TemporaryDirectory() as folder:
        archive = open_archive(str(Path(folder) / "archive"))
        for first in range(0, articles, _A_RUN):
            run = archive.begin({"warraq": "bench"})
            for number in range(first, min(first + _A_RUN, articles)):
                run.keep(article(number), Capture(fetched_at=datetime.now(UTC) + timedelta(seconds=number), status=200))
            run.finish()
        bare = cpu_seconds(lambda: verify(archive.store))
        sealer = Sealer(archive.store, [SignerKey("bench", bytes(range(32)))])
        before = _peak()
        seal = cpu_seconds(sealer.seal)
        memory = _peak() - before
        again = cpu_seconds(sealer.seal)
        size = sum(path.stat().st_size for path in Path(folder).glob("archive/seals/*/*"))
        sealed = cpu_seconds(lambda: verify(archive.store))
        key = next(archive.store.listing("articles/")).key
        made = prove(archive.store, key, "{url}")
        proving = cpu_seconds(lambda: prove(archive.store, key, "{url}"))
        objects = sum(1 for _ in archive.store.listing())
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "articles": articles,
        "objects": objects,
        "seal_cpu_seconds": round(seal, 2),
        "seal_memory_MB_more": round(memory, 1),
        "seal_again_cpu_seconds": round(again, 3),
        "seal_bytes": size,
        "verify_cpu_seconds_without_seals": round(bare, 1),
        "verify_cpu_seconds_with_seals": f"{sealed:.1f} ({sealed / bare:.2f} of it)",
        "proof_bytes": len(made.files["proof.json"]) + len(made.checkpoint.note),
        "prove_cpu_seconds": round(proving, 3),
    }


def _peak() -> float:
    """Of this process' memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
