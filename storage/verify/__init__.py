"""Proof of an archive's promises, offline: every object is read once, what it says of others is checked at the end.

`read_objects` reads many objects at once. `objects`, `captures`, `generations`, `seals` and `schema` turn one object into rows,
which `pass_database` holds. `cross_checks`, `chains` and `checks` compare what objects state of each other. `full_pass` verifies
a whole archive, `sample` a part of it.
"""

from __future__ import annotations

from storage.verify.findings import Finding, VerifyReport
from storage.verify.full_pass import verify

__all__ = ["Finding", "VerifyReport", "verify"]
