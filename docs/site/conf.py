"""Settings of Sphinx for the site; `make docs` runs it on the pages that `stage.py` writes."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))

import elsewhere  # noqa: E402

BUILD = ROOT / "build" / "docs"

project = "keras_sounddream"
author = copyright = "keras_sounddream contributors"
version = release = re.search(
    r'__version__ = "(.+)"', (ROOT / "keras_sounddream/__init__.py").read_text()
)[1]

extensions = ["myst_parser", "sphinx_design", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 6  # the anchors that code hosts make
highlight_language = "none"
pygments_style = "a11y-high-contrast-light"
add_module_names = False
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
suppress_warnings = [
    "ref.python",  # a public name may be that of two packages
]

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_extra_path = [str(BUILD / "extra")]  # sounds, and pages that are HTML already
html_copy_source = html_show_sphinx = False
html_favicon = "static/icon.svg"
html_sidebars = {"index": [], "gallery": [], "glossary": [], "faq": [], "design": []}
html_theme_options = {
    "logo": {"text": project},
    "header_links_before_dropdown": 7,
    "navbar_end": ["versions", "theme-switcher"],
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app):
    app.connect("missing-reference", elsewhere.link)
