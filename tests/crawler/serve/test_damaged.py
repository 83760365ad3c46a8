"""What a reader shows of an archive in which a seal and a manifest are damaged: all else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from storage import Archive, open_archive
from storage.seals.sealing import Sealer
from storage.seals.signed_note import SignerKey
from tests.crawler.serve.serving import served


def test_a_damaged_seal_or_manifest_costs_itself(archive: Archive, tmp_path: Path) -> None:
    place = Path(shutil.copytree(archive.store.uri, tmp_path / "a"))
    Sealer(open_archive(str(place)).store, [SignerKey("operator", bytes(range(32)))]).seal()
    shutil.rmtree(place / "state", ignore_errors=True)
    (place / "seals/00000001/checkpoint").write_text("{}\n")
    manifests = sorted(path for path in place.glob("runs/*/*/*/*.json") if path.name.count(".") == 1)
    manifests[-1].write_text(json.dumps({"run_ie": manifests[-1].stem}))
    with served(str(place), tmp_path) as reader:
        outlets = reader.get("/outlets?lang=en")
        assert outlets.status == 200
        assert "enab_baladi" in outlets.text
        assert "seals/00000001/checkpoint is no signed note" in outlets.text
        assert "seals/00000001/checkpoint" in reader.get("/api/outlets").json["sealed"]["problem"]
        runs = reader.get("/runs")
        assert runs.status == 200
        assert manifests[-1].stem not in runs.text
        assert manifests[0].stem in runs.text
        assert reader.get(f"/runs/{manifests[-1].stem}").status == 404
