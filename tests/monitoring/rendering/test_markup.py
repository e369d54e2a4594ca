"""The page frame: what is inserted is escaped, and the page's policy allows nothing else."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from monitoring.rendering.markup import element, environment, render_page, safe

HOSTILE = '<script>alert(1)</script> "quoted" & \u202e\x1b'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt; &#34;quoted&#34; &amp; \\u202e\\x1b"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(
        '{% extends "base.html" %}{% block body %}'
        '<p title="{{ text }}">{{ text }}</p>{% endblock %}',
        encoding="utf-8",
    )
    return tmp_path


def test_inserted_text_is_escaped_everywhere(templates: Path) -> None:
    page = render_page(environment(templates), "page.html", title=HOSTILE, text=HOSTILE)
    assert f'<p title="{ESCAPED}">{ESCAPED}</p>' in page
    assert f"<title>{ESCAPED}</title>" in page
    assert "<script" not in page


def test_markup_is_inserted_as_it_is(templates: Path) -> None:
    page = render_page(environment(templates), "page.html", title="", text=Markup("<b>bold</b>"))
    assert "><b>bold</b></p>" in page


def test_a_missing_value_is_an_error(templates: Path) -> None:
    with pytest.raises(UndefinedError):
        render_page(environment(templates), "page.html", title="")


def test_the_policy_allows_the_pages_own_style_sheet_alone(templates: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.css"
    own.write_text(".own > b { color: red; }\n", encoding="utf-8")
    page = render_page(environment(templates), "page.html", title="", style_sheet=own, text="plain")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert style.endswith(own.read_text(encoding="utf-8"))
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'\"" in page


def test_children_and_attributes_of_an_element_are_escaped() -> None:
    inner = element("title", HOSTILE)
    assert inner == f"<title>{ESCAPED}</title>"
    outer = element("rect", inner, "<", x=1.26, class_='"', text_anchor=None)
    assert outer == f'<rect x="1.3" class="&#34;">{inner}&lt;</rect>'
    assert safe(inner) is inner
