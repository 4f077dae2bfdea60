"""A report of a run as one HTML file that needs nothing beside it."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from robot_learning.policy import PolicyBundle

# A title, heads and rows.
ReportTable = tuple[str, Sequence[str], Sequence[Sequence[str]]]
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #0f172a; background: #f8fafc; margin: 0; }
main { max-width: 1000px; margin: 0 auto; padding: 2rem 1rem; }
h1 { margin: 0; } h2 { margin: 2.2rem 0 .6rem; } .sub { color: #64748b; margin: 0 0 1.5rem; }
table { border-collapse: collapse; background: white; width: 100%; border: 1px solid #e2e8f0; }
td { padding: .35rem .8rem; border-top: 1px solid #e2e8f0; vertical-align: top; }
td:first-child { color: #475569; width: 40%; }
td, th { overflow-wrap: anywhere; }
.wide { font-size: 13px; } .wide td:first-child { width: auto; }
th { text-align: left; padding: .35rem .8rem; color: #475569; }
figure { margin: 0; background: white; border: 1px solid #e2e8f0; padding: .8rem; }
img, video { max-width: 100%; display: block; margin: 0 auto; }
"""


def write_report(
    file: Path,
    *,
    title: str,
    subtitle: str,
    rows: Sequence[tuple[str, str]],
    plots: Mapping[str, Path],
    video: Path | None = None,
    tables: Sequence[ReportTable] = (),
) -> None:
    """Write the report.

    Args:
        file: HTML file to write.
        title: heading.
        subtitle: line below it.
        rows: names and values of the table.
        plots: PNG files by title.
        video: an MP4, shown first.
        tables: shown after the first one, each with its title and heads.
    """
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows if name
    )
    parts = [f"<table>{cells}</table>"]
    if video is not None:
        source = _data(video, "video/mp4")
        parts.append(
            f"<h2>The arm</h2><figure><video controls muted loop src='{source}'></video></figure>"
        )
    parts += [_table(table) for table in tables]
    for name, plot in plots.items():
        source = _data(plot, "image/png")
        parts.append(
            f"<h2>{escape(name)}</h2><figure><img alt='{escape(name)}' src='{source}'></figure>"
        )
    file.write_text(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p class='sub'>{escape(subtitle)}</p>"
        f"{''.join(parts)}</main></body></html>\n",
        encoding="utf-8",
    )


def training_rows(bundle: PolicyBundle) -> list[tuple[str, str]]:
    """Return what a training took as rows of a table."""
    made = bundle.provenance
    return [
        ("trained with", f"{made['algorithm'].upper()}, seed {made['seed']}"),
        ("training", f"{made['steps']} steps in {made['seconds']:.0f} s"),
    ]


def _table(table: ReportTable) -> str:
    title, heads, rows = table
    lines = [("th", heads), *(("td", row) for row in rows)]
    body = "".join(
        f"<tr>{''.join(f'<{cell}>{escape(value)}</{cell}>' for value in line)}</tr>"
        for cell, line in lines
    )
    return f"<h2>{escape(title)}</h2><table class='wide'>{body}</table>"


def _data(file: Path, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
