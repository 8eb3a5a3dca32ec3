"""What Sphinx is to do with the repository. Its own names, as it wants them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tools.site.navigation import HOME, toctrees

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_HERE = Path(__file__).parent
_PROJECT = tomllib.loads((_HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = "Teal"
release = _PROJECT["version"]
html_title = f"{project} {release}"
extensions = ["myst_parser"]
root_doc = HOME
include_patterns = ["docs/*.md", "*.md", "deploy/charts/*/README.md", "tools/*/README.md"]
exclude_patterns = [".*", "dist", "build", "**/__pycache__", "tests"]

myst_heading_anchors = 4  # links to headings are checked, by the names that forges give them
myst_links_external_new_tab = False
suppress_warnings: list[str] = []

html_theme = "furo"
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["extra"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
pygments_style = "default"
pygments_dark_style = "github-dark"


def _navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the navigation to the home page as it is read."""
    if page == HOME:
        source[0] += "".join(toctrees(app.env.found_docs))


def setup(app: Sphinx) -> None:
    """Have Sphinx call what is here."""
    app.connect("source-read", _navigation)
