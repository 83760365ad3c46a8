"""The history of an article as one HTML page: no script, no picture, nothing from elsewhere; readable without colour."""

from __future__ import annotations

from html import escape

from crawler.cli.diff_history import History
from crawler.cli.diff_terminal import change_of, fate_of, plain, via_of
from crawler.revision_steps import RevisionStep
from crawler.serve.language import language
from storage.ledger import LedgerEntry
from storage.text.difference import Paragraph

_TABLE = language("ar").table
CHANGES, KINDS = _TABLE["change"], _TABLE["row"]
"""The words of the reader's pages, which show the same."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.9 "Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", serif; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { line-height: 1.5; } h2 { margin-top: 2.5rem; border-bottom: 2px solid; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #888; padding: .2rem .6rem; text-align: start; }
code, time, .url { font: .85em monospace; white-space: nowrap; } .url { overflow-wrap: anywhere; white-space: normal; }
p.row { margin: .6rem 0; padding-inline-start: 5.5rem; position: relative; }
p.row::before { content: attr(data-kind); position: absolute; inset-inline-start: 0; font-size: .8rem; font-weight: bold; }
p.same { opacity: .75; } p.headline { font-size: 1.25rem; font-weight: bold; }
p.added { border-inline-start: 4px double; } p.removed { border-inline-start: 4px dotted; }
ins, del { unicode-bidi: isolate; padding: 0 .15em; }
ins { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: .3em;
  background: #bfe8c5; color: #062b0c; }
del { text-decoration: line-through; text-decoration-thickness: 2px; background: #f6c9c6; color: #4a0805; }
@media print { ins, del { background: none; color: inherit; } }
"""


def page(history: History) -> str:
    """The whole document. All text of the web in it is escaped."""
    url = _text(history.url)
    rows = "".join(_entry(entry) for entry in history.entries)
    steps = "".join(_step(step) for step in history.steps)
    return f"""<!doctype html>
<html lang="ar" dir="rtl">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{_text(history.headline)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{_text(history.headline)}</h1>
<p class="url" dir="ltr">{url}</p>
<table>
<thead><tr><th>المراجعة</th><th>التُقطت (UTC)</th><th>عن طريق</th><th>المصير</th><th>ما تغيّر</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
{steps}<p><small><ins>أضيف</ins> · <del>حُذف</del></small></p>
</body>
</html>
"""


def _entry(entry: LedgerEntry) -> str:
    number = str(entry.revision) if entry.content_hash else ""
    cells = (number, f'<time dir="ltr">{entry.seen_at_utc}</time>', _code(via_of(entry)), _code(fate_of(entry)))
    changed = " · ".join(_class(name) for name in change_of(entry).split(" · ") if name)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in (*cells, changed))}</tr>\n"


def _step(step: RevisionStep) -> str:
    changed = " · ".join(_class(name) for name in step.difference.classes) or "النص نفسه"
    headline = _row(step.difference.headline, "headline")
    rows = "".join(_row(row) for row in step.difference.paragraphs)
    return (
        f"<section>\n<h2>من المراجعة {step.before.revision} إلى المراجعة {step.after.revision}</h2>\n"
        f"<p>{changed}</p>\n{headline}{rows}</section>\n"
    )


def _row(row: Paragraph, more: str = "") -> str:
    tags = {"same": "{}", "removed": "<del>{}</del>", "added": "<ins>{}</ins>"}
    text = "".join(tags[kind].format(_text(piece)) for kind, piece in row.parts())
    return f'<p class="row {row.kind} {more}" data-kind="{KINDS[row.kind]}">{text}</p>\n'


def _class(name: str) -> str:
    return f"{CHANGES.get(name, '')} {_code(name)}"


def _code(text: str) -> str:
    return f'<code dir="ltr">{_text(text)}</code>' if text else ""


def _text(text: str) -> str:
    return escape(plain(text))
