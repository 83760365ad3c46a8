"""The outlets that are not built in: from the folder of `WARRAQ_OUTLETS`, and from installed packages (entry points).

They are read once in a process, and again when a watch is told to (`read_again`). Processes that read pages get them as values
from the process that started them, so that all of a run read by the same facts, on other machines too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

from crawler.config import DEFAULT_OUTLETS, Config, load_config
from crawler.outlet_files.loaded_outlet import LoadedOutlet, OutletFileError
from extractors.outlet import Outlet
from extractors.outlets import built_in

GROUP: Final = "warraq.outlets"
"""Entry points that give outlets: a folder (text or Path), a module (the folder it lies in), an Outlet, or several of those."""
PAGES: Final = "pages"
"""The folder of recorded pages beside the files."""
_read: list[Mapping[str, LoadedOutlet]] = []


def outlets_of_files() -> Mapping[str, Outlet]:
    """What `extractors.outlets.provide` takes. Raises OutletFileError, ConfigError."""
    return {slug: each.outlet for slug, each in loaded().items()}


def loaded() -> Mapping[str, LoadedOutlet]:
    """Every outlet of the folder and of packages, by slug. Raises OutletFileError with all that is wrong with any of them."""
    return _read[0] if _read else read_again()


def read_again() -> Mapping[str, LoadedOutlet]:
    """The same, read anew. Raises what `loaded` raises, and ConfigError; those that were read before stay then."""
    _read[:] = [collected(_folder(load_config()), packaged())]
    return _read[0]


def collected(files: Iterable[Path], packages: Iterable[tuple[str, Path | Outlet | str]] = ()) -> dict[str, LoadedOutlet]:
    """The outlets of these files, beside the built-in ones. Raises OutletFileError."""
    return dict(sorted(_Collection(packages, files).found.items()))


def outlets_folder(config: Config) -> Path:
    """Where the files of an operator are."""
    return Path(config.outlets).expanduser()


def outlet_files(folder: Path) -> list[Path]:
    """The files of a folder, by name. OutletFileError where it cannot be read."""
    try:
        return sorted(file for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith("."))
    except OSError as error:
        raise OutletFileError(f"{folder}: {error.strerror}") from error


class _Collection:
    """Collects outlets; the first to take a name or a host has it."""

    def __init__(self, packages: Iterable[tuple[str, Path | Outlet | str]], folder: Iterable[Path]) -> None:
        self.found: dict[str, LoadedOutlet] = {}
        self._taken = {name: "it is built in" for slug, outlet in built_in().items() for name in (slug, *outlet.hosts)}
        self._faults: list[str] = []
        for origin, offered in packages:
            self._take(origin, offered)
        for file in folder:
            self._file(file, str(file))
        if self._faults:
            raise OutletFileError("\n".join(self._faults))

    def _take(self, origin: str, offered: Path | Outlet | str) -> None:
        if isinstance(offered, str):
            self._faults.append(f"{origin}: {offered}")
        elif isinstance(offered, Outlet):
            clash = next((name for name in (offered.slug, *offered.hosts) if name in self._taken), None)
            if clash is None:
                self._keep(LoadedOutlet(offered, (), origin))
            else:
                self._faults.append(f"{origin}: {clash!r} is taken: {self._taken[clash]}")
        else:
            self._file(offered, f"{origin}: {offered.name}")

    def _file(self, file: Path, origin: str) -> None:
        from crawler.outlet_files.reading import read_outlet  # noqa: PLC0415 - mostly there is no file

        if file.exists() and not file.is_file():  # to open a pipe would be to wait for somebody
            self._faults.append(f"{origin}: is no file")
            return
        try:
            self._keep(read_outlet(file, origin, self._taken))
        except OutletFileError as error:
            self._faults.append(str(error))

    def _keep(self, found: LoadedOutlet) -> None:
        self.found[found.outlet.slug] = found
        self._taken |= dict.fromkeys((found.outlet.slug, *found.outlet.hosts), found.origin)


def _folder(config: Config) -> list[Path]:
    """The files of the operator's folder; the default one need not be there."""
    folder = outlets_folder(config)
    if config.outlets == DEFAULT_OUTLETS and not folder.exists():
        return []
    try:
        return outlet_files(folder)
    except OutletFileError as error:
        raise OutletFileError(f"WARRAQ_OUTLETS={config.outlets}: {error}; make the folder, or take the setting out") from error


def packaged() -> Iterator[tuple[str, Path | Outlet | str]]:
    """(origin, file or outlet, or what is wrong) of each outlet that an installed package brings."""
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        package = entry.dist.name if entry.dist is not None else entry.value
        origin = f"package {package}"
        try:
            offered = entry.load()
        except Exception as error:  # noqa: BLE001  # another's code may raise anything; who is told: the fault names the package
            yield origin, f"its entry point {entry.name} cannot be loaded ({type(error).__name__}: {error})"
            continue
        yield from ((origin, each) for each in _offered(entry, offered))


def _offered(entry: EntryPoint, offered: object) -> Iterator[Path | Outlet | str]:
    if isinstance(offered, Outlet):
        yield offered
    elif isinstance(offered, (str, Path, ModuleType)):
        folder = Path(str(resources.files(offered))) if isinstance(offered, ModuleType) else Path(offered)
        try:
            yield from outlet_files(folder)
        except OutletFileError as error:
            yield str(error)
    elif isinstance(offered, Iterable):
        for each in offered:
            yield from _offered(entry, each)
    else:
        yield f"its entry point {entry.name} gives {type(offered).__name__}; a folder, a module, an Outlet or several of these"
