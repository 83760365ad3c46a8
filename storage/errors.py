"""What can go wrong with an archive. Each message is one line and names the key, the place or the setting.

ArchiveError                 base: the archive did not do what was asked; nothing half-written is left
├── NotAnArchive             the place holds no archive, or something that is none
├── ArchiveGone              the folder that held the archive holds it no longer: unmounted, moved
├── NewerLayout              the archive was made by a later Warraq; this one would misread it
├── ArchiveUnavailable       the place cannot be reached or refuses us: bucket, credentials, region, time-outs
├── NotWritable              full disk, read-only or forbidden folder
├── ConditionsIgnored        the endpoint overwrites objects although asked to create only
├── BadKey                   a key that no archive has; a fault of the caller
├── Damaged                  an object is not what its key says
└── FatesDoNotAddUp          a run settled more or fewer URLs than it discovered; a fault of ours
"""

# ruff: noqa: N818 - the names say what happened; all of them are ArchiveErrors
from __future__ import annotations


class ArchiveError(Exception):
    """The archive did not do what was asked. Nothing half-written is left behind; the work may be tried again."""


class NotAnArchive(ArchiveError):
    """The place holds no archive (and was not to be made one), or is not a folder at all."""


class ArchiveGone(ArchiveError):
    """The folder that held the archive when it was opened holds it no longer: its disk was unmounted, the folder moved."""


class NewerLayout(ArchiveError):
    """`archive.json` names a layout version above the one this program knows."""


class ArchiveUnavailable(ArchiveError):
    """The bucket, the credentials, the region or the endpoint does not answer as it must."""


class NotWritable(ArchiveError):
    """The folder takes no object: full disk, read-only file system, missing permission."""


class ConditionsIgnored(ArchiveError):
    """The endpoint does not honour `If-None-Match: *`, so two writers could overwrite each other."""


class BadKey(ArchiveError):
    """A slug, hash or key that cannot be part of an archive (`..`, an absolute path, a stray character)."""


class Damaged(ArchiveError):
    """An object cannot be read as what its key says it is."""


class FatesDoNotAddUp(ArchiveError):
    """The fates of a run do not add up to the URLs it discovered: the promise that nothing is lost is broken."""


class NotAtHandError(Exception):
    """It takes a request, a disk or another thread: ask again where waiting holds nobody up. The message says for what."""
