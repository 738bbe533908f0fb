"""The report as one HTML file for the change ticket: the Markdown report's own words, and the plot.

Nothing is fetched and nothing runs: the page forbids itself both. Of Markdown only headings, lists, tables and
indented blocks are read, so that a name in a changelog or a label can neither link nor embed.
"""

from html import escape

from markdown_it import MarkdownIt

from avnwizard.domain.plain import printable

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --dim: #687083; --paper: #fff; --line: #d9dde5; --band: #f4f6f9;
  --good: #2f7d4f; --bad: #c2261b; --mark: #2a62b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ee; --dim: #97a0b3; --paper: #14171d; --line: #333a47;
  --band: #1b2028; --good: #58b27c; --bad: #ff6b5e; --mark: #7fb0ff; } }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--dim); font-weight: 500; white-space: nowrap; }
td:not(:first-child) { min-width: 3.5rem; } pre { white-space: pre-wrap; background: var(--band); padding: .75rem; }
figure { margin: 1.5rem 0; } figcaption { color: var(--dim); margin-bottom: .5rem; }
figcaption i { display: inline-block; width: .8rem; height: .8rem; margin: 0 .2rem 0 .6rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--dim); font: 11px system-ui, sans-serif; }
svg .end { text-anchor: end; } .axis { stroke: var(--line); fill: none; }
.step.odd { fill: var(--band); } .step.even { fill: none; }
.answered { fill: var(--good); background: var(--good); } .lost { fill: var(--bad); background: var(--bad); }
.latency { stroke: var(--mark); stroke-width: 1.5; fill: none; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; } }
"""


def page(title: str, markdown: str, figure: str) -> str:
    """One whole page.

    Args:
        title: hostile.
        markdown: the report; hostile words in it are shown as they are.
        figure: SVG of `report_plot`, placed under the heading.
    """
    reader = MarkdownIt("zero").enable(["heading", "list", "table", "code"])
    body = str(reader.render(markdown))
    head, found, rest = body.partition("</h1>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(printable(title, limit=200))}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n{head}{found}{figure}{rest}</body></html>\n"
    )
