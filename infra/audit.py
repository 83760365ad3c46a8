"""Looks up every pinned dependency among the published advisories: `python -m infra.audit`, part of `make check`.

Exit code 1 and the advisories if there are any. Where the service (osv.dev) cannot be reached nothing is proven: that is said,
and the exit code is 0, so that the checks run on machines without a network; `--strict` makes it 1.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SERVICE: Final = "https://api.osv.dev/v1/query"
ROOT: Final = Path(__file__).resolve().parents[1]
PINNED: Final = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
ANSWER_SECONDS: Final = 15
"""That one answer may take."""
LONGEST_SECONDS: Final = 600


@dataclass(slots=True)
class Audit:
    """Of one lock file: how many packages were looked up, the advisories found, and why it proves nothing, if so."""

    lock: str
    packages: int = 0
    advisories: list[str] = field(default_factory=list)
    unaudited: str | None = None

    def __str__(self) -> str:
        if self.advisories:
            return "\n".join(f"{self.lock}: {advisory}" for advisory in self.advisories)
        if self.unaudited:
            return f"{self.lock}: NOT AUDITED: {self.unaudited}"
        return f"{self.lock}: {self.packages} packages, no advisory"


def locks() -> list[Path]:
    """Every lock file of the project."""
    return sorted(ROOT.glob("requirements*.lock"))


def audit(lock: Path, service: str = SERVICE) -> Audit:
    """Asks the service for every line of a lock file."""
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", service]
    command += ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--timeout", str(ANSWER_SECONDS)]
    command += ["--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, capture_output=True, encoding="utf-8", check=False, timeout=LONGEST_SECONDS
        )
        dependencies = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return Audit(lock.name, unaudited=f"no end within {LONGEST_SECONDS} s")
    except (ValueError, KeyError):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return Audit(lock.name, unaudited=lines[-1][:300] if lines else f"pip-audit ended with code {done.returncode}")
    return _judged(lock, dependencies)


def _judged(lock: Path, dependencies: list[dict[str, object]]) -> Audit:
    """An audit that left something out, which pip-audit does without failing, has proven nothing."""
    found = Audit(lock.name, packages=len(dependencies))
    for dependency in dependencies:
        for advisory in dependency.get("vulns") or []:  # type: ignore[attr-defined]
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            found.advisories.append(f"{dependency['name']} {dependency['version']}: {advisory['id']}, mended in {fixed}")
    left_out = [str(dependency["name"]) for dependency in dependencies if "vulns" not in dependency]
    named = {each["name"].lower().replace("_", "-") for each in PINNED.finditer(lock.read_text(encoding="utf-8"))}
    if left_out or not dependencies:
        found.unaudited = f"{len(left_out)} of {len(named)} packages are unknown to the service, {', '.join(left_out[:3])} …"
    return found


def main() -> int:
    """Audits every lock file; the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    options.add_argument("--service", default=SERVICE, help="the address of an OSV query API (default: %(default)s)")
    options.add_argument("--strict", action="store_true", help="fail where nothing could be proven")
    options.add_argument("locks", nargs="*", type=Path, help="lock files (default: all of the project)")
    chosen = options.parse_args()
    code = 0
    for lock in chosen.locks or locks():
        found = audit(lock, chosen.service)
        sys.stdout.write(f"{found}\n")
        if found.advisories or (found.unaudited and chosen.strict):
            code = 1
        if found.unaudited and not found.advisories and not chosen.strict:
            break  # the others would wait for the same service
    return code


if __name__ == "__main__":
    sys.exit(main())
