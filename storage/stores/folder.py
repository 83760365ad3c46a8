"""An archive in a folder.

An object appears whole or not at all: its bytes go to a nameless file in the destination folder (O_TMPFILE), reach the
disk (fsync), and get their name by link(2), which fails if the name exists. A killed writer leaves nothing behind.
File systems without nameless files (NFS, some overlays) get a hidden `.partial/` folder; what a killed writer leaves
there is no object and is removed after a day.

One file, though long: how an object becomes durable is one argument.
"""

# Paths are str here: pathlib costs 30 µs per object, a tenth of writing it.
# ruff: noqa: PTH100, PTH105, PTH112, PTH116, PTH120
from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from storage.disk_sort import sorted_rows
from storage.errors import ArchiveError, ArchiveGone, BadKey, NotAnArchive, NotWritable
from storage.keys import ARCHIVE_JSON, can_be_key, checked_key
from storage.stores.group_commit import GroupCommit, make_folders, sync_folder, write_all
from storage.stores.regular_file import open_regular_file, read_regular_file
from storage.stores.store import NewObject, Store, Stored, create_in_turn

_PARTIAL: Final = ".partial"
_NO_OBJECTS: Final = {f"{_PARTIAL}/", "lost+found/"}
"""Folders of the archive's root that are the writers' own, and the file system's, which only root may look into."""
_STALE_SECONDS: Final = 86_400
_NO_TMPFILE: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}
"""What open(O_TMPFILE) says where it is unknown: EOPNOTSUPP by the file system, EISDIR/EINVAL/ENOENT by old kernels."""
_UNWRITABLE: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file size limit is reached",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
}


class FolderStore(Store):
    """Objects as files under `root`. Several processes may write at once."""

    def __init__(self, root: Path) -> None:
        if root.exists() and not root.is_dir():
            raise NotAnArchive(f"{root} is a file, not a folder")
        self.root = root
        self.uri = str(root)
        self._base = os.path.abspath(root)
        self._nameless = hasattr(os, "O_TMPFILE")
        self._serial = itertools.count()
        self._swept = False
        self._archive: tuple[int, int] | None = None
        """(device, inode) of the root since `archive.json` was seen in it."""

    def ready(self) -> None:
        """See `Store.ready`. A full disk shows only when something is written."""
        self.look_for_archive()
        if os.path.isdir(self._base) and not os.access(self._base, os.W_OK | os.X_OK):
            raise NotWritable(f"{self.root}: the folder may not be written to")

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:  # noqa: ARG002
        """See `Store.create`. The content type is told by the file's name."""
        path = self._path(key)
        self.look_for_archive()
        with self._explained(key):
            data = self._link(path, data)
        if key == ARCHIVE_JSON:
            self._archive = _identity(self._base)
        return data

    def create_all(
        self,
        phases: Sequence[Sequence[NewObject]],
        check: Callable[[], None] | None = None,
        sync: Callable[[Iterable[int]], None] | None = None,
    ) -> bool:
        """See `Store.create_all`. check: called before each phase, what it raises ends the commit; sync: see `GroupCommit`."""
        if not self._nameless:
            return create_in_turn(self, phases)
        self.look_for_archive()

        def both() -> None:
            self.look_for_archive()
            if check is not None:
                check()

        paths = [[(self._path(each.key), each.data) for each in phase] for phase in phases]
        try:
            with self._explained(f"{sum(map(len, phases))} objects at once"), GroupCommit(both, sync) as group:
                return group.commit(paths)
        except ArchiveError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_TMPFILE:
                return create_in_turn(self, phases)  # no nameless files, or no /proc to name them by: `create` finds out
            raise

    def get(self, key: str) -> bytes | None:
        with self._explained(key):
            try:
                data = read_regular_file(self._path(key))
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
        if key == ARCHIVE_JSON:
            self._archive = _identity(self._base)
        return data

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        with self._explained(key):
            try:
                with open_regular_file(self._path(key)) as file:
                    file.seek(offset)
                    return file.read(length)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def stat(self, key: str) -> Stored | None:
        with self._explained(key):
            try:
                found = os.stat(self._path(key))
            except (FileNotFoundError, NotADirectoryError):
                return None
        return Stored(key, found.st_size, found.st_mtime)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.listing`. Walks folder by folder: memory for one path of folders, not for the tree."""
        return self._walk(_folder_of(prefix), prefix, start_after, can_be_key)

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """See `Store.everything`. The odd bytes of a name that is no UTF-8 are given as `repr` writes them."""
        return self._walk(_folder_of(prefix), prefix, start_after, lambda _: True)

    def replace(self, key: str, data: bytes) -> None:
        """See `Store.replace`: written beside and renamed over."""
        if not key.startswith("state/"):
            raise BadKey(f"{key} may not be replaced: everything but state/ is written once")
        path = self._path(key)
        self.look_for_archive()
        with self._explained(key):
            make_folders(os.path.dirname(path))
            partial = self._write_partial(data)
            try:
                os.replace(partial, path)
            finally:
                partial.unlink(missing_ok=True)
            sync_folder(os.path.dirname(path))

    @property
    def identity(self) -> tuple[int, int] | None:
        """(device, inode) of the folder in which the archive was seen; None before."""
        return self._archive

    @identity.setter
    def identity(self, seen: tuple[int, int] | None) -> None:
        self._archive = seen

    def look_for_archive(self) -> None:
        """ArchiveGone where the archive was and is no longer: its disk was unmounted, its folder moved. Without this look a
        second archive would be begun at the mount point. One that is mounted again is another directory with its archive.json.
        """
        if self._archive is None or (found := _identity(self._base)) == self._archive:
            return
        if self.stat(ARCHIVE_JSON) is None:
            raise ArchiveGone(f"{self.root}: the archive is gone from here ({ARCHIVE_JSON} is missing): was its disk unmounted?")
        self._archive = found

    def _path(self, key: str) -> str:
        return f"{self._base}/{checked_key(key)}"

    def _link(self, path: str, data: bytes) -> bytes:
        """Write, sync, name; what stands there then."""
        if self._nameless:
            try:
                with GroupCommit(self.look_for_archive) as group:
                    return data if group.commit([[(path, data)]]) else read_regular_file(path)
            except OSError as error:
                if error.errno not in _NO_TMPFILE:
                    raise
                self._nameless = False  # no nameless files, or no /proc to name them by
        parent = os.path.dirname(path)
        self.look_for_archive()  # it may have gone a moment ago
        make_folders(parent)
        partial = self._write_partial(data)
        try:
            os.link(partial, path)
        except FileExistsError:
            data = read_regular_file(path)
        finally:
            partial.unlink(missing_ok=True)
            sync_folder(parent)  # also where the name is taken: who took it may have died before this
        return data

    def _write_partial(self, data: bytes) -> Path:
        self.look_for_archive()
        home = self.root / _PARTIAL
        home.mkdir(parents=True, exist_ok=True)
        if not self._swept:
            self._swept = True
            _remove_stale(home)
        partial = home / f"{os.getpid()}-{threading.get_ident()}-{next(self._serial)}-{time.time_ns()}"
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            write_all(file, data)
            os.fsync(file)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)
        return partial

    def _walk(self, folder: str, prefix: str, start_after: str, fits: Callable[[str], bool]) -> Iterator[Stored]:
        def asked(key: str) -> bool:
            """Whether it is a key that is listed, or a folder that may hold some."""
            if key.endswith("/"):
                later = key > start_after or start_after.startswith(key)
                return later and key not in _NO_OBJECTS and (key.startswith(prefix) or prefix.startswith(key)) and fits(key[:-1])
            return key > start_after and key.startswith(prefix) and fits(key)

        for key in self._sorted(folder, asked):
            if key.endswith("/"):
                yield from self._walk(key, prefix, start_after, fits)
                continue
            with self._explained(key):
                try:
                    found = os.stat(f"{self._base}/{key}")
                except FileNotFoundError:  # a file of state/ on its way to being replaced
                    continue
                except OSError as error:
                    if error.errno != errno.ELOOP:
                        raise
                    found = os.lstat(f"{self._base}/{key}")  # whoever reads it says what it is
            yield Stored(os.fsencode(key).decode(errors="backslashreplace"), found.st_size, found.st_mtime)

    def _sorted(self, folder: str, asked: Callable[[str], bool]) -> Iterator[str]:
        """The keys in a folder and the folders in it that are asked for, in a bucket's order: a folder sorts by its name with
        the slash, `a-b/x` before `a/x`.

        The day on which a past is taken over may have 100,000 articles: they are not all held in memory.
        """
        with self._explained(folder or "."):
            try:
                entries = os.scandir(f"{self._base}/{folder}")
            except (FileNotFoundError, NotADirectoryError):
                return
            with entries:
                names = (f"{folder}{entry.name}{'/' if _is_folder(entry) else ''}" for entry in entries)
                keys = sorted_rows(((os.fsencode(name),) for name in filter(asked, names)), "key BLOB", tuple)
        for (key,) in keys:
            yield os.fsdecode(key)

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = _UNWRITABLE.get(error.errno or 0)
            if why:
                raise NotWritable(f"{self.root}: {why} ({key})") from error
            if isinstance(error, NotADirectoryError | FileExistsError):
                raise NotAnArchive(f"{self.root}: a file stands where a folder of the archive belongs ({key})") from error
            raise ArchiveError(f"{self.root}: {error.strerror or error} ({key})") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _folder_of(prefix: str) -> str:
    """The folder in which all keys of this prefix are, `""` or ending in a slash. BadKey: it can be none."""
    folder = prefix.rpartition("/")[0]
    return f"{checked_key(folder)}/" if folder else ""


def _identity(folder: str) -> tuple[int, int] | None:
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remove_stale(home: Path) -> None:
    for left in home.iterdir():
        with suppress(FileNotFoundError):  # another process sweeps too
            if left.stat().st_mtime < time.time() - _STALE_SECONDS:
                left.unlink()
