"""Proof of an archive's promises, offline: every object is read once, what it says of others is checked at the end.

`reading` reads many objects at once; `objects`, `captures`, `generations` and `schema` note what one object says, in `notes`;
`crossing`, `chains` and `checks` ask what they say of each other. `walk` is a whole pass, `sample` a part of one.
"""

from __future__ import annotations

from storage.verify.findings import Finding, VerifyReport
from storage.verify.full_pass import verify

__all__ = ["Finding", "VerifyReport", "verify"]
