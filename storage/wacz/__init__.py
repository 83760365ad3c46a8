"""WACZ 1.1.1: the raw captures of chosen articles in one file that replay tools open, with an index and a list of pages.

`choosing` says which records, `originals` what revisits repeat, `exporting` copies them, `package` is the zip file.
"""

from __future__ import annotations

from storage.wacz.exporting import Exported, export_wacz

__all__ = ["Exported", "export_wacz"]
