"""What the objects of an archive state of each other, compared by queries of the pass database."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from storage import keys
from storage.stores.store import Store
from storage.verify import chains
from storage.verify.chains import ChainLink
from storage.verify.checks import DAMAGE, PENDING, Check
from storage.verify.findings import Finding
from storage.verify.pass_database import TABLES, PassDatabase

CHOSEN: Final = "chosen"
"""A table of the keys in a sample."""

_KEPT: Final = (
    Check(
        """SELECT src FROM {article} AS article WHERE NOT EXISTS
           (SELECT 1 FROM claim WHERE claim.article = article.src AND claim.hash = article.hash)""",
        "no claim in hashes/ holds this article",
        DAMAGE,
    ),
    Check("SELECT min(src) FROM {article} GROUP BY hash HAVING count(*) > 1", "its content is kept a second time", DAMAGE),
    Check(
        """SELECT src, claim.article FROM {claim} AS claim WHERE NOT EXISTS
           (SELECT 1 FROM object WHERE object.key = claim.article)""",
        "its article is not there ({})",
        PENDING,
    ),
    Check(
        """SELECT src, claim.article FROM {claim} AS claim JOIN object ON object.key = claim.article
           WHERE object.sha256 != claim.sha256""",
        "holds another record than its article ({})",
        DAMAGE,
    ),
)
_LISTED: Final = (
    Check(
        """SELECT file.key, file.src FROM {file} AS file LEFT JOIN object ON object.key = file.key
           WHERE object.key IS NULL""",
        "is not there, and {} lists it",
        DAMAGE,
    ),
    Check(
        """SELECT file.key, file.src FROM {file} AS file JOIN object ON object.key = file.key
           WHERE object.sha256 != file.sha256 OR object.bytes != file.bytes""",
        "is not what {} says was written",
        DAMAGE,
    ),
    Check(  # but what a run could claim and not write is no stranger: a later one wrote it for it, and was killed before it told
        """SELECT key, object.run FROM {object} AS object WHERE EXISTS
           (SELECT 1 FROM run WHERE run.run = object.run AND kind = 'manifest')
           AND NOT EXISTS (SELECT 1 FROM file WHERE file.key = object.key)
           AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.article = object.key AND claim.sha256 = object.sha256)""",
        "was added: run {} has finished and no manifest lists it",
        DAMAGE,
    ),
    Check(
        """SELECT src FROM {run} AS run WHERE kind = 'manifest' AND said IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM ended WHERE ended.run = run.run AND ended.said = run.said
           AND (ended.digest IS NULL OR ended.digest = run.digest))""",
        "no event run.finished in changes/ says the same",
        DAMAGE,
    ),
    Check(
        """SELECT DISTINCT 'generations/' || substr(object.run, 12) || '/generation.json' FROM {object} AS object
           WHERE key GLOB 'generations/*/shares-*.jsonl'
           AND NOT EXISTS (SELECT 1 FROM run WHERE run.run = object.run AND kind = 'manifest')""",
        "is not there, although the shares are listed",
        PENDING,
    ),
    Check(
        """SELECT src, used.key FROM {used} AS used WHERE NOT EXISTS (SELECT 1 FROM object WHERE object.key = used.key)""",
        "names what is not there ({})",
        DAMAGE,
    ),
)
_RAW: Final = (
    Check(
        """SELECT DISTINCT src, pointer.file FROM {pointer} AS pointer WHERE NOT EXISTS
           (SELECT 1 FROM object WHERE object.key = pointer.file)""",
        "its raw capture is not there ({})",
        DAMAGE,
    ),
    Check(
        """SELECT DISTINCT src, pointer.file, pointer.offset FROM {pointer} AS pointer JOIN object ON object.key = pointer.file
           WHERE NOT EXISTS (SELECT 1 FROM record WHERE record.src = pointer.file AND record.offset = pointer.offset
           AND record.length = pointer.length AND record.record = pointer.record AND record.payload = pointer.payload)""",
        "its raw capture, in {} at byte {}, is no record there or another one",
        DAMAGE,
    ),
    Check(
        """SELECT key FROM {object} AS object WHERE key GLOB 'warc/*.warc.gz' AND NOT EXISTS
           (SELECT 1 FROM object AS other WHERE other.key = replace(object.key, '.warc.gz', '.cdxj'))""",
        "has no index (.cdxj)",
        PENDING,
    ),
    Check(
        """SELECT key FROM {object} AS object WHERE key GLOB 'warc/*.cdxj' AND NOT EXISTS
           (SELECT 1 FROM object AS other WHERE other.key = replace(object.key, '.cdxj', '.warc.gz'))""",
        "is the index of a WARC file that is not there",
        DAMAGE,
    ),
    Check(
        """SELECT src || '#' || line, line.offset, line.file FROM {line} AS line JOIN object ON object.key = line.file
           WHERE NOT EXISTS (SELECT 1 FROM record
           WHERE record.src = line.file AND record.offset = line.offset AND record.length = line.length)""",
        "points beside the records: none is at byte {} of {}",
        DAMAGE,
    ),
    Check(
        """SELECT object.key, record.offset, record.src FROM {record} AS record
           JOIN object ON object.key = replace(record.src, '.warc.gz', '.cdxj') WHERE record.lines >
           (SELECT count(*) FROM line WHERE line.file = record.src AND line.offset = record.offset)""",
        "lacks a line for the record at byte {} of {}",
        DAMAGE,
    ),
    Check(
        """SELECT src, record.offset, record.refers FROM {record} AS record WHERE refers IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM record AS other WHERE other.record = record.refers)""",
        "the revisit at byte {} repeats {}, which is not there",
        DAMAGE,
    ),
)
# Three days: clocks may be wrong by more than a day, two of them in opposite ways; what was killed is completed by the next run.
_LOST_MANIFEST: Final = """
    SELECT DISTINCT ended.run, EXISTS (SELECT 1 FROM run AS later WHERE later.kind = 'manifest'
        AND julianday(later.at) > julianday(ended.at) + 3)
    FROM ended WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.run = ended.run AND kind IN ('manifest', 'recovered'))"""
_LEFT_ARTICLES: Final = """
    SELECT object.run, count(*) FROM article JOIN object ON object.key = article.src
    WHERE object.run IN (SELECT run FROM run AS begun WHERE kind = 'started'
        AND NOT EXISTS (SELECT 1 FROM run WHERE run.run = begun.run AND kind != 'started'))
    AND object.run NOT IN (SELECT run FROM ended) GROUP BY object.run ORDER BY object.run"""
_UNFINISHED: Final = """
    SELECT run FROM run AS begun WHERE kind = 'started'
    AND NOT EXISTS (SELECT 1 FROM run WHERE run.run = begun.run AND kind != 'started') ORDER BY run"""


def findings(database: PassDatabase, store: Store, *, sampled: bool = False) -> Iterator[Finding]:
    """Everything that was found, of single objects first. sampled: only of the objects in the table `chosen`."""
    database.index()
    ask = database.connection.execute
    for key, problem, severity in ask(f"SELECT key, problem, severity FROM {_asked('finding', sampled=sampled)} ORDER BY key"):  # noqa: S608
        yield Finding(key, problem, severity)
    tables = {table: _asked(table, sampled=sampled) for table in TABLES}
    for check in (*_KEPT, *chains.CHECKS, *_LISTED, *_RAW):
        for key, *values in ask(check.query.format(**tables)):
            yield Finding(key, check.problem.format(*values), check.severity)
    yield from _chains(database, sampled=sampled)
    yield from _strangers(database, store, tables)
    if not sampled:
        for run, late in ask(_LOST_MANIFEST):
            yield Finding(run_key(run, ".json"), "is not there, although its end was announced", DAMAGE if late else PENDING)
        for run, articles in ask(_LEFT_ARTICLES):
            left = f"is not there, and its run left {articles} articles: it was killed, is at work, or this was deleted"
            yield Finding(run_key(run, ".json"), left, PENDING)


def unfinished(database: PassDatabase) -> list[str]:
    """The runs (and generations) that have begun and not ended."""
    return [run for (run,) in database.connection.execute(_UNFINISHED)]


def _asked(table: str, *, sampled: bool) -> str:
    if not sampled or table == "file":  # of what manifests list, only what is in the sample was noted
        return table
    return f"(SELECT * FROM {table} WHERE {'key' if table == 'object' else 'src'} IN (SELECT key FROM {CHOSEN}))"  # noqa: S608


def _chains(database: PassDatabase, *, sampled: bool) -> Iterator[Finding]:
    # A chain is whole or it is not: in a sample all entries of a URL are noted with the one that was chosen.
    where = f"WHERE url IN (SELECT url FROM entry WHERE src IN (SELECT key FROM {CHOSEN}))" if sampled else ""  # noqa: S608
    rows = database.connection.execute(f"SELECT {', '.join(ChainLink._fields)} FROM entry {where} ORDER BY url, n")  # noqa: S608 - our own names
    for _, links in groupby(map(ChainLink._make, rows), attrgetter("url")):
        for key, problem in chains.broken(links):
            yield Finding(key, problem)


def _strangers(database: PassDatabase, store: Store, tables: dict[str, str]) -> Iterator[Finding]:
    """Objects that carry the id of a run of which nothing is known. One that began after runs/ was walked is known by now."""
    query = "SELECT DISTINCT object.run FROM {object} AS object WHERE run IS NOT NULL AND run NOT IN (SELECT run FROM run)"
    for (run,) in database.connection.execute(query.format(**tables)).fetchall():
        if store.stat(run_key(run, ".started.json")) is None:
            for (key,) in database.connection.execute(f"SELECT key FROM {tables['object']} WHERE run = ?", (run,)):  # noqa: S608
                yield Finding(key, f"was added: it carries the id {run}, and no such run began")


def run_key(run: str, suffix: str) -> str:
    """A key of a run or generation, by its id as objects carry it. Of a run whose id tells no day, a key that no archive has."""
    if run.startswith("generation "):
        return keys.generation(run.partition(" ")[2], suffix.removeprefix("."))
    started = keys.run_started(run)
    return keys.run(run, started, suffix) if started else f"runs/unknown{suffix}"
