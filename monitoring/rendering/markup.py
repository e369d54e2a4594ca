"""The Jinja2 environment and the page frame of the reports: everything inserted is escaped.

A page runs no script and fetches nothing: its content security policy allows only its own style
sheet, by digest, and images that are part of the page.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from monitoring.rendering import format as formats
from monitoring.rendering.format import printable

HERE = Path(__file__).parent
_FILTERS: Mapping[str, Callable[..., str]] = {
    "count": formats.count,
    "duration": formats.duration,
    "number": formats.number,
    "percent": formats.percent,
}


@cache  # templates are compiled once a process
def environment(templates: Path) -> Environment:
    """Return the environment of a folder of templates, which may extend the shared ones."""
    made = Environment(
        loader=FileSystemLoader([templates, HERE / "templates"]),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(_FILTERS)
    made.globals["interval"] = formats.interval
    return made


def render_page(
    page: Environment,
    template: str,
    *,
    title: str,
    style_sheet: Path | None = None,
    **values: object,
) -> str:
    """Render a template that extends `base.html`; `style_sheet` is added to the shared one."""
    style = _style(style_sheet)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return page.get_template(template).render(
        title=title, style=style, style_digest=digest, **values
    )


def safe(text: str) -> Markup:
    """Return markup as it is; escape other text, with control characters made visible."""
    return text if isinstance(text, Markup) else escape(printable(text))


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; children that are not markup and all attributes are escaped.

    `class_` stands for `class` and `text_anchor` for `text-anchor`; numbers get one decimal and
    None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(map(safe, children))
    return Markup(f"<{name}{given}>{inside}</{name}>")  # noqa: S704 # escaped above


@cache
def _style(style_sheet: Path | None) -> Markup:
    sheets = [HERE / "report.css", *([style_sheet] if style_sheet else [])]
    text = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    return Markup(text)  # noqa: S704 # files of this project


def _attribute(value: str | float) -> str:
    return safe(value) if isinstance(value, str) else f"{value:.1f}"


def _visible(value: object) -> object:
    """Applied to every expression of a template, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value
