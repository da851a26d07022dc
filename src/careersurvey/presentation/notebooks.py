"""Notebooks as pages with parameters: what each takes, and whether what it is given fits.

Nothing here starts a kernel or imports more than the standard library, so that a mistake in a
parameter is told before anything is run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from careersurvey.errors import ReportError

_TYPES = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}
_SHAPE = "name: float = 0.95  # what it is"


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell.

    Attributes
    ----------
    name : str
    default : str, int, float or bool
    type : str
        ``str``, ``int``, ``float`` or ``bool``, from the annotation.
    """

    name: str
    default: object
    type: str


@dataclass(frozen=True)
class Notebook:
    """A page as committed: its title, what it takes and a checksum of its source.

    Attributes
    ----------
    path : Path
    title : str
        The first heading of its prose.
    parameters : tuple of Parameter
    checksum : str
        SHA-256 of the cells' types, tags and sources: outputs that JupyterLab saved do not count.
    names : tuple of str
        Every string that its code writes out: the indicators and exhibits that it names.
    reads_notebooks : bool
        Whether a cell is tagged ``reads-notebooks``: it lists what the others name.
    """

    path: Path
    title: str
    parameters: tuple[Parameter, ...]
    checksum: str
    names: tuple[str, ...] = ()
    reads_notebooks: bool = False

    @property
    def takes(self) -> frozenset[str]:
        """Names of the parameters."""
        return frozenset(parameter.name for parameter in self.parameters)


def read_notebook(path: Path) -> Notebook:
    """What the notebook at `path` takes, read without running it.

    Parameters
    ----------
    path : Path
        An ``.ipynb`` with one cell tagged ``parameters`` that holds literals only, each
        annotated with its type.

    Returns
    -------
    Notebook

    Raises
    ------
    ReportError
        The file is not a notebook, or its parameters cell is missing or not literals.
    """
    cells = _cells(path)
    tagged = [cell for cell in cells if "parameters" in _tags(cell)]
    if len(tagged) != 1:
        raise ReportError(
            f"{path.name}: {len(tagged)} cells are tagged as its parameters.",
            expected="one code cell with the tag `parameters`",
            where=path.name,
            do="tag the cell that holds the parameters (JupyterLab: Property Inspector, Cell Tags)",
        )
    prints = [[cell["cell_type"], _tags(cell), _source(cell)] for cell in cells]
    return Notebook(
        path=path,
        title=_title(cells) or path.stem,
        parameters=_read_parameters(_source(tagged[0]), path.name),
        checksum=hashlib.sha256(json.dumps(prints).encode()).hexdigest(),
        names=_names(cells),
        reads_notebooks=any("reads-notebooks" in _tags(cell) for cell in cells),
    )


def check_parameters(notebook: Notebook, given: Mapping[str, object]) -> None:
    """Refuse names that the notebook does not take, and values of a wrong type.

    Parameters
    ----------
    notebook : Notebook
    given : mapping of str to object
        Values in place of the defaults; the defaults that stay are held to the same comments.

    Raises
    ------
    ReportError
        Names the parameter, what was found and what may stand there.
    """
    unknown = sorted(set(given) - notebook.takes)
    if unknown:
        raise ReportError(
            f"{notebook.path.name}: {len(unknown)} of {len(given)} parameters are not its own.",
            found=", ".join(unknown),
            expected=", ".join(parameter.name for parameter in notebook.parameters),
            where="its cell tagged `parameters`",
            do="correct the name, or declare the parameter in that cell",
        )
    for parameter in notebook.parameters:
        value = given.get(parameter.name, parameter.default)
        if not _fits(parameter, value):
            raise ReportError(
                f"{notebook.path.name}: {parameter.name} cannot be {value!r}.",
                found=f"{value!r} ({type(value).__name__})",
                expected=parameter.type,
                where="its cell tagged `parameters`",
                do=f"give {parameter.name} such a value",
            )


def _cells(path: Path) -> list[dict]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] in ("markdown", "code")]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ReportError(
            f"{path.name}: this is not a notebook that can be read.",
            found=f"{type(problem).__name__}: {problem}",
            expected="a Jupyter notebook (nbformat 4)",
            where=path.name,
            do="open it in JupyterLab and save it again, or take it back from git",
        ) from None


def _tags(cell: dict) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


def _source(cell: dict) -> str:
    return "".join(cell["source"])


def _title(cells: list[dict]) -> str:
    prose = "\n".join(_source(cell) for cell in cells if cell["cell_type"] == "markdown")
    found = re.search(r"^#\s+(.+?)\s*$", prose, flags=re.MULTILINE)
    return found.group(1) if found else ""


def _names(cells: list[dict]) -> tuple[str, ...]:
    names: list[str] = []
    for source in (_source(cell) for cell in cells if cell["cell_type"] == "code"):
        # A cell of magics names nothing; what is wrong with any other shows when it runs.
        with suppress(SyntaxError):
            found = (getattr(node, "value", None) for node in ast.walk(ast.parse(source)))
            names += [value for value in found if isinstance(value, str)]
    return tuple(sorted(set(names)))


def _read_parameters(text: str, name: str) -> tuple[Parameter, ...]:
    lines = text.splitlines()
    try:
        nodes = ast.parse(text).body
    except SyntaxError as problem:
        raise _no_literal(name, problem.lineno or 1, lines) from None
    return tuple(_read_parameter(node, lines, name) for node in nodes)


def _read_parameter(node: ast.stmt, lines: list[str], name: str) -> Parameter:
    try:
        default = ast.literal_eval(node.value)
        if node.annotation.id not in _TYPES:
            raise ValueError
        return Parameter(node.target.id, default, node.annotation.id)
    except (AttributeError, ValueError):
        raise _no_literal(name, node.lineno, lines) from None


def _no_literal(name: str, line: int, lines: list[str]) -> ReportError:
    return ReportError(
        f"{name}: line {line} of its parameters is not one literal with its type.",
        found=lines[line - 1].strip() if line <= len(lines) else "",
        expected=_SHAPE,
        where=f"{name}, the cell tagged `parameters`, line {line}",
        do="write one name, one type and one literal a line; compute in a later cell",
    )


def _fits(parameter: Parameter, value: object) -> bool:
    if isinstance(value, bool) != (parameter.type == "bool"):
        return False
    return isinstance(value, _TYPES[parameter.type])
