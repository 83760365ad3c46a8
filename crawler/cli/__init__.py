"""The command line, `warraq`: each module holds the commands of one purpose."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Entry point of `warraq`: ^C at any moment is one line and exit code 130."""
    try:
        from crawler.cli.app import run  # noqa: PLC0415 - while this loads, ^C must not print a traceback

        run()
    except KeyboardInterrupt:
        sys.stderr.write("warraq: interrupted\n")
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(*_: object) -> None:
    """^C while the interpreter ends, where an exception would be printed by whatever it hits."""
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"warraq: interrupted\n")
    os._exit(INTERRUPTED)
