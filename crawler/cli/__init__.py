"""The command line, `warraq`: each module holds the commands of one purpose."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Entry point of `warraq`. ^C before the command has begun is the same one line."""
    try:
        from crawler.cli.app import run  # noqa: PLC0415 - while this loads, ^C must not print a traceback

        run()
    except KeyboardInterrupt:
        sys.stderr.write("warraq: interrupted\n")
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is left is the interpreter's own end: a second ^C is just the end
