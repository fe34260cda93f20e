"""report/index.html: one file, nothing from the network, no scripts."""

import html

from nightly_run import charts

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff;
  --faint: #6a6a6a; --rule: #d5d5d5; --box: #f4f4f4; --mark: #a11616; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e4e4;
  --paper: #161616; --faint: #9c9c9c; --rule: #3a3a3a; --box: #222222;
  --mark: #ff8a80; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); margin: 2em auto; max-width: 72em;
  padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25em .8em .25em 0; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
th { font-weight: 600; } td.n, th.n { text-align: right; }
.faint { color: var(--faint); } .mark { color: var(--mark);
  font-weight: 700; }
pre { background: var(--box); padding: .8em; overflow-x: auto;
  font: 13px/1.4 ui-monospace, monospace; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
td:first-child code { white-space: nowrap; }
a { color: inherit; }
article { border-top: 2px solid var(--rule); padding-top: .5em; }
.charts { display: flex; flex-wrap: wrap; gap: 1em 1.5em; }
figure { margin: 0; } figcaption { font-size: 13px; }
svg text { font: 10px system-ui, sans-serif; fill: var(--faint); }
svg .axis { fill: none; stroke: var(--rule); }
svg .line { fill: none; stroke: var(--ink); stroke-width: 1.5; }
svg .dots { fill: var(--ink); }
"""


def _e(value):
    return html.escape(str(value), quote=True)


def _link(text):
    """The text, as a link when it is one."""
    if text.startswith(("http://", "https://")):
        return f'<a href="{_e(text)}">{_e(text)}</a>'
    return _e(text)


def _table(heads, rows):
    """Rows of cells that are HTML already, or numbers."""
    if not rows:
        return ""
    numeric = [all(isinstance(row[i], (int, float)) or row[i] == "-"
                   for row in rows) for i in range(len(heads))]

    def cells(tag, row):
        return "".join(
            f'<{tag}{" class=n" if numeric[i] else ""}>'
            f'{format(c, ",") if isinstance(c, int) else c}</{tag}>'
            for i, c in enumerate(row))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (f"<table><thead><tr>{cells('th', heads)}</tr></thead>"
            f"<tbody>{body}</tbody></table>")


def _or_dash(value):
    return "-" if value is None else value


def _verdict(data):
    if data["reasons"]:
        lines = "".join(f"<li>{_e(reason)}</li>" for reason in data["reasons"])
        return (f'<p class="mark">Failed, for {len(data["reasons"])} '
                f'{"reason" if len(data["reasons"]) == 1 else "reasons"}:</p>'
                f"<ul>{lines}</ul>")
    return "<p>Passed: nothing new was found, and every check compared.</p>"


def _about(data):
    cores = min(data["cores"], data["jobs"])
    ended = ", interrupted" if data["interrupted"] else ""
    return (f'<p class="faint">Night {data["number"]}, begun '
            f'{_e(data["started"])}, {data["wall_seconds"]:.0f} s{ended}; '
            f'{data["cpu_seconds"]:.0f} CPU seconds, '
            f'{100 * data["cpu_share"]:.1f} % of {cores} cores; '
            f'{data["slices"]} slices; {data["corpus_programs_run"]:,} '
            'programs of the corpus run on other builds.</p>')


def _targets(data):
    rows = []
    for target in data["targets"]:
        corpus = target["corpus"]
        checks = (f'{len(target["vacuous_checks"])} compared nothing'
                  if target["vacuous_checks"] else
                  _e(target["worth"] or "all compared"))
        if target["target"] == "fuzz_platform":
            checks = "none"
        rows.append([
            f'<code>{_e(target["target"])}</code>', target["executions"],
            target["calls"] or "-", _or_dash(target["edges"]),
            _or_dash(target["features"]),
            f'{target["cells_reached"]} of {target["cells_possible"]}'
            if target["cells_possible"] else "-",
            checks, _e(target["canary"]), corpus["before"], corpus["after"],
            _or_dash(corpus["left_out"]), target["gone_past"]])
    return _table(["target", "executions", "calls", "edges", "features",
                   "cells of the model", "checks", "planted fault",
                   "corpus before", "after", "left out by merging",
                   "gone past"], rows)


def _finding(finding):
    parts = [
        f'<article><h3><code>{_e(finding["target"])}</code> '
        f'<code>{_e(finding["signature"])}</code></h3>',
        f'<p><span class="{"mark" if finding["is_new"] else ""}">'
        f'{_e(finding["standing"])}</span>: {_e(finding["why"])}. Seen '
        f'{finding["count"]:,} times, {finding["tonight"]:,} tonight; first '
        f'{_e(finding["first_seen"])}, last {_e(finding["last_seen"])}; found '
        f'by {_e(finding["engine"])}; programs kept: '
        f'{len(finding["programs"])}, in '
        f'<a href="{_e(finding["files"])}/">{_e(finding["files"])}</a>.']
    if finding["page"]:
        parts.append(f' <a href="{_e(finding["page"])}">Its own page</a>.')
    parts.append(f'</p><pre>{_e(finding["says"])}</pre>')
    if finding["minimized"]:
        parts.append("<p>The least program:</p>"
                     f'<pre>{_e(finding["minimized"])}</pre>')
    return "".join(parts) + "</article>"


def _findings(data):
    shown = sorted(data["findings"], key=lambda f: (
        not f["is_new"], f["standing"] == "gone", f["target"],
        f["signature"]))
    if not shown:
        return "<p>None.</p>"
    return "".join(map(_finding, shown))


def _known(data):
    if not data["known"]:
        return "<p>The file names none.</p>"
    return _table(
        ["target", "signature", "tonight it is", "", "seen", "tonight",
         "known until", "link"],
        [[f'<code>{_e(k["target"])}</code>',
          f'<code>{_e(k["signature"])}</code>',
          f'<b>{_e(k["standing"])}</b>', _e(k["why"]), k["count"],
          k["tonight"], _e(k["expires"]), _link(k["link"])]
         for k in data["known"]])


def _figure(target, title, chart):
    if not chart:
        return ""
    return (f"<figure><figcaption><code>{_e(target)}</code> {_e(title)}"
            f"</figcaption>{chart}</figure>")


def _tonight(data):
    end = f'{data["wall_seconds"]:.0f} s'
    figures = []
    for target in data["targets"]:
        for what in ("edges", "features"):
            points = [(s["seconds"], s[what]) for s in target["samples"]]
            first = f"{points[0][0]:.0f} s" if points else ""
            figures.append(_figure(target["target"], what, charts.line(
                what, points, first, end)))
    return f'<div class="charts">{"".join(figures)}</div>'


def _nights(data):
    figures = []
    for target in data["targets"]:
        for what in ("features", "inputs"):
            points = [(night["number"], night["targets"][target["target"]]
                       [what]) for night in data["history"]
                      if target["target"] in night["targets"]]
            points = [(x, y) for x, y in points if y is not None]
            if len(points) > 1:
                figures.append(_figure(
                    target["target"],
                    "inputs in the corpus" if what == "inputs" else what,
                    charts.line(what, points, f"night {points[0][0]}",
                                f"night {points[-1][0]}")))
    if not figures:
        return '<p class="faint">This is the first night.</p>'
    return f'<div class="charts">{"".join(figures)}</div>'


def _builds(data):
    return _table(["build", "driven by", "sanitizers", ""],
                  [[_e(b["name"]), _e(b["engine"]), _e(b["sanitizers"]),
                    _e(b["state"])] for b in data["builds"]])


def _notes(data):
    if not data["notes"]:
        return ""
    lines = "".join(f"<li>{_e(note)}</li>" for note in data["notes"])
    return f"<h2>Notes</h2><ul>{lines}</ul>"


def of(data):
    """The page of the data of report.json."""
    sections = [
        ("Targets", _targets(data)),
        ("Findings", _findings(data)),
        ("Known findings", _known(data)),
        ("Coverage tonight", _tonight(data)),
        ("Coverage and corpus over the nights", _nights(data)),
        ("Builds", _builds(data)),
    ]
    body = "".join(f"<h2>{title}</h2>{text}" for title, text in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>el2diff, night {data["number"]}</title>'
        f"<style>{_STYLE}</style></head><body><h1>el2diff, night "
        f'{data["number"]}</h1>{_verdict(data)}{_about(data)}{body}'
        f"{_notes(data)}</body></html>\n")
