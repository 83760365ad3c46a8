"""`python -m infra.world`: serves the miniature with all its web archives until ^C, and prints the environment to export."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress

from crawler.demo.running import serve
from infra.world.worlds import World


def main() -> None:
    """Prints `export NAME=value` lines, then waits."""
    with serve(World.miniature()) as running:
        for name, value in running.env().items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
