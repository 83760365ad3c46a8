"""The command line, `warraq`. Each module holds the commands of one purpose; `main` turns errors into one line.

Exit codes: 0 done · 1 done, and something needs a look (an outlet answered nothing, an object fails verification) ·
2 a command, date, outlet or setting is wrong, or it takes `--yes` · 3 the archive or the queue cannot be used · 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from crawler.cli import crawl, demo, diff, events, read, record, reread, submit, watch
from crawler.cli import export as archive
from crawler.cli import outlets as about
from crawler.cli.diff_history import NoHistoryError
from crawler.cli.page_source import PageError
from crawler.config import ConfigError
from crawler.delivery.sink import SinkError
from crawler.reread.engines import RereadError
from crawler.window import WindowError
from storage import ArchiveError
from storage.queues import BadQueue, QueueError

NEEDS_A_LOOK, WRONG_USE, ARCHIVE_UNUSABLE, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="warraq",
    help="Archives Arabic news: finds the articles of five outlets, reads them, keeps each text once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (crawl, watch, submit, archive, diff, reread, read, record, events, about, demo):
    module.register(app)


def main() -> None:
    """Entry point of `warraq`."""
    try:
        app()
    except (ConfigError, WindowError, about.UnknownOutletError, NoHistoryError, PageError) as error:
        _stop(error, WRONG_USE)
    except (SinkError, RereadError, BadQueue) as error:
        _stop(error, WRONG_USE)
    except (ArchiveError, QueueError) as error:
        _stop(error, ARCHIVE_UNUSABLE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # `warraq export | head`: the reader has had enough. Python would complain once more at exit.
        sys.stderr.close()
        sys.exit(0)


def _stop(error: Exception, code: int) -> None:
    for line in str(error).splitlines():
        sys.stderr.write(f"warraq: {line}\n")
    sys.exit(code)
