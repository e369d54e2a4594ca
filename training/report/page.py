"""The frame of a report: everything shown is escaped, and the page's own policy forbids the rest.

Nothing may be fetched or run, and only this very style sheet applies: a photo's name or a folder's
can at worst look odd.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--soft:#5d646d;--line:#d9dde2;--card:#f5f6f8;
--a:#1f6feb;--b:#c2410c;--good:#187a3d;--bad:#c62828}
@media(prefers-color-scheme:dark){:root{--bg:#14161a;--fg:#e6e8eb;--soft:#9aa3ad;--line:#343a42;
--card:#1d2026;--a:#6ea8fe;--b:#ff9d5c;--good:#5bd58b;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
main{max-width:68rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .4rem}
h2{font-size:1.15rem;margin:2.4rem 0 .5rem}
p{margin:.4rem 0;max-width:46rem}
.soft,figcaption,.note{color:var(--soft)}
.note,figcaption{font-size:.85rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;min-width:50%}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
td.text,th.text{text-align:left;white-space:normal;min-width:8rem;overflow-wrap:break-word}
th{font-weight:600;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.7rem}
.tile{background:var(--card);border-radius:.5rem;padding:.7rem .9rem}
.tile b{display:block;font-size:1.45rem;line-height:1.2}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
.charts figure{background:var(--card);border-radius:.5rem;padding:.7rem}
figure{margin:0}
.photos{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.8rem}
.photos img{width:100%;height:8.5rem;object-fit:contain;background:var(--card);border-radius:.3rem}
.photos figcaption{overflow-wrap:anywhere;line-height:1.3}
.group{border-left:3px solid var(--line);padding-left:.8rem;margin:.8rem 0}
.bad{color:var(--bad)}.good{color:var(--good)}
svg{width:100%;height:auto;display:block}
svg text{fill:var(--soft);font:13px system-ui,sans-serif}
.axis{stroke:var(--line);fill:none}.diagonal{stroke:var(--soft);stroke-dasharray:4 4;fill:none}
.a{stroke:var(--a)}.b{stroke:var(--b)}
.line{fill:none;stroke-width:2}.whisker{stroke-width:1.5;opacity:.55}
.dot.a{fill:var(--a)}.dot.b{fill:var(--b)}
"""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure that is looked at first."""

    name: str
    value: str
    note: str = ""


def safe(value: object) -> Html:
    """Markup as it is, anything else escaped."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def page(title: str, body: Iterable[Html]) -> str:
    """The whole document."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n" + "\n".join(body) + "\n</main></body></html>\n"
    )


def section(title: str, *parts: Html) -> Html:
    """A heading and what belongs to it."""
    return Html(f"<section><h2>{escape(title)}</h2>" + "".join(parts) + "</section>")


def text(words: str, *, kind: str = "") -> Html:
    """A paragraph."""
    return Html(f'<p class="{kind}">{escape(words)}</p>')


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, texts: int = 1) -> Html:
    """Figures to the right, the first `texts` columns to the left; scrolls by itself."""

    def cells(tag: str, row: Sequence[object]) -> str:
        kinds = [' class="text"' if column < texts else "" for column in range(len(row))]
        return "".join(
            f"<{tag}{kind}>{safe(cell)}</{tag}>" for cell, kind in zip(row, kinds, strict=True)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return Html(
        f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def tiles(entries: Iterable[Tile]) -> Html:
    """Side by side, as many as fit."""
    inner = "".join(
        f'<div class="tile"><span class="soft">{escape(each.name)}</span>'
        f'<b>{escape(each.value)}</b><span class="note">{escape(each.note)}</span></div>'
        for each in entries
    )
    return Html(f'<div class="tiles">{inner}</div>')


def figures(entries: Iterable[tuple[Html, str]], *, kind: str) -> Html:
    """Pictures with a caption each; `kind` is `photos` or `charts`."""
    inner = "".join(
        f"<figure>{content}<figcaption>{escape(caption)}</figcaption></figure>"
        for content, caption in entries
    )
    return Html(f'<div class="{kind}">{inner}</div>')
