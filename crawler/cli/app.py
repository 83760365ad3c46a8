"""The program `warraq`: its commands, each loaded when it is used, and what is printed when one fails.

Exit codes: 0 done · 1 done, and something needs a look (an outlet answered nothing, an object fails verification) ·
2 a command, date, outlet or setting is wrong, or it takes `--yes` · 3 the archive or the queue cannot be used · 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple, NoReturn, TypeGuard

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from extractors.outlet import Outlet
from extractors.outlets import provide

NEEDS_A_LOOK, WRONG_USE, ARCHIVE_UNUSABLE, INTERRUPTED = 1, 2, 3, 130


class Command(NamedTuple):
    """A command as `warraq --help` lists it. module: in `crawler.cli`, with a function of the command's name or, for a command
    that has commands of its own, a Typer `app`; help: one sentence.
    """

    module: str
    help: str


COMMANDS = {
    "crawl": Command("crawl", "Find new articles, read them, keep each text once."),
    "watch": Command(
        "watch",
        "Go on for ever: ask the outlets when they are due, take events, keep what is new, deliver changes, notice silence.",
    ),
    "submit": Command("submit", "Ask for addresses to be read, known or not."),
    "status": Command("status", "Show what each outlet has: articles, the last one kept, the last run and its fates, silence."),
    "verify": Command("verify", "Check every object of an archive against the promises and its seals; name each that fails."),
    "seal": Command("seal", "Seal all runs that ended since the last seal: sign a checkpoint, announce it, have it stamped."),
    "prove": Command("seal", "Put what proves an article into a folder: record, raw capture, signed checkpoint."),
    "check-proof": Command("seal", "Check a proof that `warraq prove` made, offline."),
    "search": Command(
        "search",
        "Search the texts of an archive, Arabic in every spelling.",
    ),
    "serve": Command(
        "serve", "Offer the archive to readers: search, articles with their history and raw captures, as pages and as JSON."
    ),
    "export": Command("export", "Write the kept articles, filtered by outlet and by date of publication."),
    "table": Command("table", "Keep a Delta table of the articles up to date with the archive."),
    "diff": Command("diff", "Show the revisions of an article, and what changed from one to the next, word by word."),
    "reread": Command("reread", "Read the stored raw captures with today's extractor, into a generation beside the records."),
    "read": Command("read", "Read a page and show the article, or say why it is none."),
    "record": Command("record", "Store a page beside the article read from it, as a fixture for the tests."),
    "events": Command("events", "What the archive announced: shown, delivered, delivered again."),
    "queue": Command("queue", "The queue of work: what waits, outlets paused and resumed, dead letters listed and queued again."),
    "outlets": Command("outlets", "List the outlets: slug, name, state, where each comes from, and hosts."),
    "outlet": Command("outlet", "Outlets of your own, as files: drafted from a site, checked against their recorded pages."),
    "settings": Command("outlets", "List every setting with its value and where the value came from."),
    "demo": Command("demo", "Crawl a miniature of the five outlets on this machine into ./archive, offline."),
}


class CommandInterruptedError(Exception):
    """^C. The message, if any, says how to go on."""


class OutputClosedError(Exception):
    """Whoever reads what a command prints has had enough."""


class CommandGroup(TyperGroup):
    """Lists commands by name and sentence; imports the module of the one that is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=listed.help) for name, listed in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is used, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else command, rest

    def invoke(self, ctx: Any) -> Any:
        """As usual, but ^C keeps what it says, and a closed pipe is no failure."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise CommandInterruptedError(*interrupt.args) from None
        except (BrokenPipeError, SystemExit):  # the latter is how rich puts it
            raise OutputClosedError from None


def load(name: str) -> Any:
    """The command of a name in `COMMANDS`."""
    parent, module = typer.Typer(), import_module(f"crawler.cli.{COMMANDS[name].module}")
    if hasattr(module, "app"):
        parent.add_typer(module.app, name=name, help=COMMANDS[name].help)
    else:
        parent.command(name)(getattr(module, name.replace("-", "_")))
    return get_group(parent).commands[name]


app = typer.Typer(
    name="warraq",
    cls=CommandGroup,
    help="Archives Arabic news: finds the articles of outlets, reads them, keeps each text once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - 10 ms that every other command does without

        sys.stdout.write(f"warraq {version('warraq')}\n")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""


def run() -> NoReturn:
    """Runs the command of `sys.argv` and exits. What fails is one line on stderr; a wrong use is shown with the usage."""
    provide(_outlets_of_files)
    try:
        code = app(standalone_mode=False, prog_name="warraq")
    except CommandInterruptedError as interrupt:
        code = interrupted(str(interrupt))
    except OutputClosedError:
        code = 0
    except Exception as error:  # noqa: BLE001 - a defect of ours is raised again
        code = _unwritten(error) if _is_of_output(error) else _failed(error)
    else:
        code = interrupted() if code == INTERRUPTED else code
    sys.exit(_written(code or 0))


def _is_of_output(error: Exception) -> TypeGuard[OSError]:
    """Whether it is that standard output takes no more."""
    if not isinstance(error, OSError):
        return False
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError as again:
        return again.errno == error.errno
    return False


def _written(code: int) -> int:
    """The exit code once all that was printed is written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        unwritten = _unwritten(error)
        return code or unwritten
    return code


def _unwritten(error: OSError) -> int:
    """Standard output takes no more: `… | head` has had enough; a full disk is one line. The exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would complain once more at exit
    if isinstance(error, BrokenPipeError):
        return 0
    sys.stderr.write(f"warraq: standard output: {error.strerror}\n")
    return NEEDS_A_LOOK


def _outlets_of_files() -> Mapping[str, Outlet]:
    """The outlets that are no part of this package, read when a command first asks for outlets."""
    from crawler.outlet_files.loading import outlets_of_files  # noqa: PLC0415 - settings take a moment to load

    return outlets_of_files()


def interrupted(how_to_go_on: str = "") -> int:
    """Prints the one line of ^C; the exit code."""
    sys.unraisablehook = lambda _: None  # an event loop that was half made complains when Python clears it away
    sys.stderr.write(f"warraq: interrupted{'; ' if how_to_go_on else ''}{how_to_go_on}\n")
    return INTERRUPTED


def _failed(error: Exception) -> int:
    """Prints an error that has words for a person and gives its exit code; every other one is raised."""
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # of the command line's own parser
        from typer.rich_utils import rich_format_error  # noqa: PLC0415 - only when it is needed

        rich_format_error(error)  # type: ignore[arg-type]  # the class is private
        return int(error.exit_code)
    code = _exit_code(error)
    if code is None:
        raise error
    for line in str(error).splitlines():
        sys.stderr.write(f"warraq: {line}{_what_next(error)}\n")
    return code


def _what_next(error: Exception) -> str:
    """What to do about an error that everybody meets in the first minute."""
    from storage.errors import NotAnArchive  # noqa: PLC0415 - as below

    if "the disk is full" in str(error):
        return "; make room, and run it again: nothing else is to be done"
    if isinstance(error, NotAnArchive) and "no archive here" in str(error):
        return "; `warraq crawl` or `warraq demo` makes one, --archive or WARRAQ_ARCHIVE names another"
    return ""


def _exit_code(error: Exception) -> int | None:
    """By the kind of error; None: a defect of ours."""
    # Late: who succeeds needs none of them.
    from crawler.cli.diff_history import NoHistoryError  # noqa: PLC0415
    from crawler.cli.outlet_choice import UnknownOutletError  # noqa: PLC0415
    from crawler.cli.page_source import PageError  # noqa: PLC0415
    from crawler.config import ConfigError  # noqa: PLC0415
    from crawler.delivery.sink import SinkError  # noqa: PLC0415
    from crawler.outlet_files.loaded_outlet import OutletFileError  # noqa: PLC0415
    from crawler.reread.engines import RereadError  # noqa: PLC0415
    from crawler.survey.errors import SurveyError  # noqa: PLC0415
    from crawler.window import WindowError  # noqa: PLC0415
    from storage import ArchiveError  # noqa: PLC0415
    from storage.queues import BadQueue, QueueError  # noqa: PLC0415

    wrong_use = (ConfigError, OutletFileError, WindowError, UnknownOutletError, NoHistoryError, PageError, SinkError, RereadError)
    if isinstance(error, (*wrong_use, SurveyError, BadQueue)):
        return WRONG_USE
    return ARCHIVE_UNUSABLE if isinstance(error, (ArchiveError, QueueError)) else None
