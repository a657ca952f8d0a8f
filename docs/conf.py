"""How the site is built: ``make docs``. Its sources are the pages that GitHub shows as well.

The source folder is the repository, so that a relative link leads to the same page here and there.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import sms_notebook

ROOT = Path(__file__).parents[1]

project = "sms_notebook"
version = release = sms_notebook.__version__
copyright = "the authors of sms_notebook, MIT license"  # noqa: A001 - Sphinx calls it so
root_doc = "docs/index"
include_patterns = ["docs/**", "notebooks/*.ipynb", "*.md"]
exclude_patterns = [".*", "build", "site", "sms_notebook", "tests", "binder"]
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
nitpicky = True
"""A name in a docstring that leads nowhere is a warning, and warnings are errors."""
nitpick_ignore_regex = [("py:class", r".*"), ("py:obj", r"altair\..*")]
"""Types are not links where they are another package's or a room's own."""
default_role = "py:obj"

# Docstrings are read from the living package: those of actions are completed when it is imported.
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False

highlight_language = "none"

# Pages: as GitHub reads them, and notebooks as they were saved.
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_merge_streams = True
suppress_warnings = ["mystnb.unknown_mime_type"]  # a chart is there as a PNG too
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

# Nothing is loaded from elsewhere.
html_theme = "furo"
html_title = "sms_notebook"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_additional_pages = {"index": "start.html"}
templates_path = ["."]

_PUBLIC = (
    *("sms_notebook", "sms_notebook.Client", "sms_notebook.charts", "sms_notebook.sandbox"),
    *("sms_notebook.watching.events", "sms_notebook.webhooks"),
)
_FRAMES = ("Frame", "~Frame", "Mapping[str, str | None]")
"""What a method that both clients share says it returns."""
_HANDED_OUT = re.compile(r"sms_notebook\.(watching|webhooks|client)\.")
"""What a person is given and never makes: how it is made is no part of the documentation."""
_PARAMETERS = re.compile(r"Parameters\n-+\n.*?(?=\n\w+\n---|\Z)", re.DOTALL)


class Gallery(SphinxDirective):
    """All notebooks: what each begins with, and a picture or table of it."""

    def run(self) -> list[nodes.Node]:
        """Return a link, the first words and an output of each."""
        found: list[nodes.Node] = []
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            self.env.note_dependency(str(path))
            found += self._shown(path)
        return found

    def _shown(self, path: Path) -> Iterator[nodes.Node]:
        notebook = nbformat.read(path, as_version=4)
        begin, *_ = notebook.cells[0].source.partition("\n\nThis runs")
        head, _, words = begin.partition("\n\n")
        yield nodes.rubric("", "", self._link(path, head.removeprefix("# ")))
        yield from self.parse_text_to_nodes(words.partition("\n\n")[0])
        yield from _best_output(notebook)

    def _link(self, path: Path, text: str) -> pending_xref:
        target = f"/notebooks/{path.stem}"
        return pending_xref(
            "",
            nodes.inline("", text),
            refdomain="std",
            reftype="doc",
            reftarget=target,
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )


def _best_output(notebook: Any) -> Iterator[nodes.Node]:
    """Show the first picture that was saved, else the longest table."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    saved = [output.get("data", {}) for output in outputs]
    for picture in [data["image/png"] for data in saved if "image/png" in data][:1]:
        source = f"data:image/png;base64,{''.join(picture.split())}"
        yield nodes.raw("", f'<img class="of-notebook" alt="" src="{source}">', format="html")
        return
    tables = [html for data in saved if "<table" in (html := data.get("text/html", ""))]
    if tables:
        table = max(tables, key=len)
        yield nodes.raw("", f'<div class="cell_output of-notebook">{table}</div>', format="html")


def _without_badges(_app: Sphinx, doctree: nodes.document) -> None:
    """Leave out pictures that a page would load from elsewhere: their words stay."""
    for image in list(doctree.findall(nodes.image)):
        if "://" in image["uri"] and not image["uri"].startswith("data:"):
            image.replace_self(nodes.Text(image.get("alt", "")))


def _cells_are_ipython(_app: Sphinx, doctree: nodes.document) -> None:
    """Colour cells as IPython: they hold %sms."""
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") in {"python", "ipython3"} and block.parent.get("nb_element"):
            block["language"] = "ipython"


def _returns_a_frame(
    _app: Sphinx,
    what: str,
    name: str,
    _thing: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None] | None:
    """Say what a method of this client returns; errors are caught, not made."""
    if signature and (what == "exception" or (what == "class" and _HANDED_OUT.match(name))):
        return "", None
    if returned in _FRAMES:
        is_async = name.startswith("sms_notebook.AsyncClient.")
        return signature, "Awaitable[DataFrame]" if is_async else "DataFrame"
    return None


def _as_it_is_used(
    _app: Sphinx, what: str, name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    """Leave out how a thing is made where nobody makes it."""
    if what == "class" and _HANDED_OUT.match(name):
        lines[:] = _PARAMETERS.sub("", "\n".join(lines)).splitlines()


def _by_its_short_name(
    app: Sphinx, _env: object, node: pending_xref, contents: nodes.Element
) -> nodes.Element | None:
    """Lead from `get_prices` or `Client.again`, as docstrings have it, to where that is."""
    name = node["reftarget"].removesuffix("()")
    domain = app.env.domains.python_domain
    for owner in _PUBLIC:
        if (found := domain.objects.get(f"{owner}.{name}")) is not None:
            return make_refnode(
                app.builder, node["refdoc"], found.docname, found.node_id, contents, name
            )
    return None


def setup(app: Sphinx) -> None:
    """Add what is this site's own."""
    app.add_directive("gallery", Gallery)
    app.connect("doctree-read", _without_badges)
    app.connect("doctree-read", _cells_are_ipython)
    app.connect("autodoc-process-signature", _returns_a_frame)
    app.connect("autodoc-process-docstring", _as_it_is_used, priority=400)  # before napoleon
    app.connect("missing-reference", _by_its_short_name)
