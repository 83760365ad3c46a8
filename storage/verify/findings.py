"""What a pass comes back with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from storage.seals.checkpoint import Checkpoint

Severity = Literal["damage", "pending"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that breaks a promise. pending: a killed run, or one at work, left it half done; the next crawl completes it."""

    key: str
    problem: str
    severity: Severity = "damage"


@dataclass(slots=True)
class SealSummary:
    """seals: complete ones; newest: the last checkpoint; sealed, unsealed: runs that ended; signers: whose keys signed the
    newest.
    """

    seals: int = 0
    newest: Checkpoint | None = None
    sealed: int = 0
    unsealed: int = 0
    signers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class VerifyReport:
    """objects, bytes: read. unfinished: runs without a manifest, killed or still at work.

    seals: what is sealed and by whom. resumed: the pass went on where an interrupted one was.
    findings: in the order of the checks; empty when they were told one by one. damage, pending: how many there were of each.
    """

    objects: int = 0
    bytes: int = 0
    damage: int = 0
    pending: int = 0
    resumed: bool = False
    findings: list[Finding] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    seals: SealSummary = field(default_factory=SealSummary)

    def add(self, finding: Finding, tell: Callable[[Finding], None] | None) -> None:
        """Count a finding, and tell it if there is somebody to tell; else keep it."""
        self.damage += finding.severity == "damage"
        self.pending += finding.severity == "pending"
        (tell or self.findings.append)(finding)

    @property
    def damaged(self) -> list[Finding]:
        """The findings that no later run will mend."""
        return [finding for finding in self.findings if finding.severity == "damage"]
