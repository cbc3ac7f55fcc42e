"""Sphinx builds the site from the documents as they stand, those at the project's root too, so that their links hold in both places."""

project = "Locksley"
extensions = ["myst_parser"]
include_patterns = ["docs/**.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
exclude_patterns = ["docs/site", "docs/pictures"]
root_doc = "docs/index"
myst_heading_anchors = 3

html_title = "Locksley"
html_theme = "furo"
html_extra_path = ["site"]
html_copy_source = False
html_show_copyright = False
