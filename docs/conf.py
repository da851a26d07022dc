"""The site: the pages of this folder, the public names, and tutorials that were run."""

from importlib import metadata

project = "careersurvey"
author = "The careersurvey developers"
version = release = metadata.version("careersurvey")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = "careersurvey"
html_theme_options = {"show_toc_level": 2, "use_edit_page_button": False}

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
