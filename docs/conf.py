"""The site: the pages of this folder, the public names, and tutorials that are run for it."""

import os
import sys
from importlib import metadata
from pathlib import Path

# The commands of a tutorial are those of the environment that builds the site.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

project = "careersurvey"
author = "The careersurvey developers"
version = release = metadata.version("careersurvey")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["examples"]
html_theme = "pydata_sphinx_theme"
html_title = "careersurvey"
html_theme_options = {"show_toc_level": 2, "use_edit_page_button": False}
html_extra_path = ["../build/docs"]
html_show_sourcelink = False

autodoc_typehints = "none"
numpydoc_show_class_members = False
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
