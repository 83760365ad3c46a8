"""The command line, `warraq`: each module holds the commands of one purpose."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Entry point of `warraq`: ^C, SIGTERM or SIGHUP at any moment is one line and exit code 130, if a command has nothing
    better.
    """
    _begin_in_utf8()
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is signal.SIG_DFL:  # not where whoever started us (nohup) wants it ignored
            signal.signal(name, _as_interrupt)
    if sys.argv[1:2] == ["watch"]:  # it loads for seconds: a reload that is asked for meanwhile comes when it can be done
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    _open_closed()
    try:
        from crawler.cli.app import run  # noqa: PLC0415 - while this loads, ^C must not print a traceback

        run()
    except KeyboardInterrupt:
        sys.stderr.write("warraq: interrupted\n")
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, _leave)


def _begin_in_utf8() -> None:
    """In a locale of another encoding this process begins anew with UTF-8: there is Arabic in all it is given and prints."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself


def _open_closed() -> None:
    """Standard streams that whoever started us has closed lead nowhere: no file or socket of ours is to get their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - until the process ends
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):  # as stderr has it: half a surrogate pair is written as its escape, in JSON too
        sys.stdout.reconfigure(errors="backslashreplace")


def _as_interrupt(signum: int, frame: FrameType | None) -> None:
    """What ^C does now: SIGTERM comes from service managers, and from scripts, whose children in the background ignore ^C; SIGHUP
    from a terminal that is closed.
    """
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(signum, frame)


def _leave(*_: object) -> None:
    """^C while the interpreter ends, where an exception would be printed by whatever it hits."""
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"warraq: interrupted\n")
    os._exit(INTERRUPTED)
