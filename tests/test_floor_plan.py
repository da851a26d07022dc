"""The floor plan of the package, held as data: imports run one way, and a start stays light."""

import ast
import graphlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "careersurvey"


def rooms(wing: str, names: str) -> list[str]:
    """Rooms of one wing, each after those that it may use."""
    return [f"{wing}.{name}" for name in names.split()]


# A room is a module and its family: `template` stands for template.py and every template_*.py that
# is not named itself. A package is a room whose modules are named in their order.
PLAN = [
    "errors",
    *rooms("evidence", "text project tables settings"),
    "evidence.checks.check",
    *rooms("evidence", "cohort crosswalk"),
    *rooms("evidence.printed", "numerals dates vocabulary wordings readings statements"),
    *rooms("evidence.printed", "reports passages phrases scan"),
    *rooms("evidence.answers", "sheet words delimited workbook files"),
    *rooms("evidence.answers", "questions options numbers filling coded engines table"),
    *rooms("evidence.checks", "design answers printed codebook screen"),
    "evidence.datasets",
    *rooms("evidence.scaffold", "tools columns boxes proposal lines folder"),
    *rooms("inference", "columns intervals"),
    *rooms("inference.survey", "questions design domains weighting variance numbers sums totals"),
    *rooms("inference.survey", "statistics rows groups"),
    *rooms("inference", "respondents printed estimates"),
    *rooms("inference.record", "linear solver constraints conflicts audit standings joint bounds"),
    "inference.record.draw",
    *rooms("inference", "hidden publishing nonresponse to_r"),
    *rooms("inference.compare", "difference sides pairing panel compare trend"),
    *rooms("presentation", "outputs style words standing labels"),
    *rooms(
        "presentation",
        "published sentences conflicts compared changes titles captions lists",
    ),
    *rooms("presentation", "breakdowns summary"),
    *rooms("presentation.figures", "rows panels charts"),
    *rooms("presentation", "tables marked documents questionnaire exhibits prose"),
    *rooms("presentation", "notebooks page trail binding report plotting"),
    "cli",
    "__init__",
]

# What stands around the core path, by how names begin: it may import the path, never the reverse.
AROUND = (
    *rooms("inference", "record. compare. hidden publishing nonresponse to_r"),
    *rooms("presentation", "compared changes conflicts published summary lists trail"),
    *rooms("presentation", "breakdowns binding report plotting questionnaire marked"),
)

LATE = {"statsmodels", "seaborn", "scipy.stats", "scipy.optimize"}
HEAVY = {"pandas", "numpy", "scipy", "matplotlib", "duckdb", "narwhals", "papermill", *LATE}

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def room(module: str) -> str:
    """Family of a module that the plan does not name: ``labels_words`` lives in ``labels``."""
    return module if module in PLAN else re.sub(r"_[^.]*$", "", module)


def imported(source: str) -> Iterator[str]:
    """Dotted names that a source imports, those inside functions and type checks too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (node.module or "")
            yield from (f"{prefix}.{name.name}" for name in node.names)


def own(source: str) -> set[str]:
    """Modules of this package that a source imports; a relative import keeps its dots."""
    found = set()
    for name in imported(source):
        if name.startswith("."):
            found.add(name)
        parts = name.removeprefix("careersurvey.").split(".")
        tried = (".".join(parts[:length]) for length in (3, 2, 1))
        if name.startswith("careersurvey."):
            found.add(next((m for m in tried if m in MODULES or m in PLAN), ".".join(parts)))
    return found


def upward(module: str, source: str) -> set[str]:
    """Imports that do not come from a room above, or from another module of the same room."""
    here = room(module)
    allowed = {*PLAN[: PLAN.index(here)], here}
    return {name for name in own(source) if room(name) not in allowed}


def at_the_start(source: str) -> Iterator[str]:
    """Dotted names that are imported as soon as the module is."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(ast.unparse(node))


@pytest.mark.parametrize("module", [m for m in MODULES if not m.endswith("__init__")])
def test_a_module_uses_only_the_rooms_above_it(module):
    assert room(module) in PLAN, f"{module} has no place in the floor plan"
    assert upward(module, MODULES[module].read_text()) == set()


@pytest.mark.parametrize("module", [m for m in MODULES if m.endswith(".__init__")])
def test_a_door_says_what_the_wing_is_and_opens_nothing(module):
    assert not list(imported(MODULES[module].read_text()))


def test_modules_of_one_room_do_not_need_each_other_in_a_ring():
    graph = {name: own(path.read_text()) & set(MODULES) for name, path in MODULES.items()}
    graphlib.TopologicalSorter(graph).prepare()


def core_path() -> list[str]:
    """Modules that the README says to read, in its steps."""
    readme = (PACKAGE.parents[1] / "README.md").read_text()
    table = re.search(r"\*\*Read these\.\*\*[^|]*((?:\|[^\n]*\n)+)", readme)[1]
    steps = table.splitlines()[2:]
    assert len(steps) <= 6
    return [name.replace("/", ".") for line in steps for name in re.findall(r"`(.+?)\.py`", line)]


def test_the_core_path_is_there_and_short_enough_to_read():
    path = core_path()
    assert 10 <= len(path) <= 13
    assert sum(len(MODULES[name].read_text().splitlines()) for name in path) < 4_000


def test_each_module_of_the_core_path_leads_to_its_end():
    path = core_path()
    used = {name for module in path for name in reached(module)}
    ends = {"presentation.figures.rows", "presentation.sentences", "presentation.page"}
    assert set(path) - used - ends == {"inference.estimates"}, "what notebooks begin with"


@pytest.mark.parametrize("module", core_path())
def test_the_core_path_needs_nothing_of_what_stands_around_it(module):
    assert [name for name in sorted(reached(module)) if name.startswith(AROUND)] == []


def reached(module: str) -> set[str]:
    """Modules that one needs, whatever it needs them through."""
    found, waiting = set(), [module]
    while waiting:
        new = own(MODULES[waiting.pop()].read_text()) & set(MODULES) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("evidence.cohort", "from careersurvey.inference.estimates import estimate"),
        ("evidence.cohort", "def load():\n    from careersurvey.presentation import report"),
        ("inference.columns", "import careersurvey.inference.record.bounds as b"),
        (
            "inference.columns",
            "if TYPE_CHECKING:\n    from careersurvey.presentation.page import Section",
        ),
        ("inference.intervals", "from careersurvey import cli"),
        ("inference.columns", "from careersurvey.evidence.helpers import columns"),
        ("inference.estimates", "from . import bounds"),
    ],
)
def test_an_upward_import_is_found_wherever_it_hides(module, source):
    assert upward(module, source)


def test_a_downward_import_is_no_fault():
    source = (
        "from careersurvey.evidence.checks.screen import screen\nfrom careersurvey import errors"
    )
    assert upward("inference.estimates", source) == set()


def test_pages_get_what_is_worked_out_of_answers_through_the_one_door():
    """What a report may show of people is decided there; no room or notebook goes round it."""
    rooms = {name: path for name, path in MODULES.items() if name.startswith("presentation.")}
    door = rooms.pop("presentation.published").read_text()
    worked = re.compile(
        r"\.inference\.(respondents|survey|nonresponse|estimates\.(estimate|groups)|publishing\.decide)"
    )
    assert any(map(worked.search, imported(door)))
    books = (PACKAGE.parents[1] / "notebooks").glob("*.ipynb")
    cells = {
        f"{book.name}, cell {number}": "".join(cell["source"])
        for book in books
        for number, cell in enumerate(json.loads(book.read_text())["cells"])
        if cell["cell_type"] == "code"
    }
    sources = cells | {name: path.read_text() for name, path in rooms.items()}
    round_it = {n: [*filter(worked.search, imported(text))] for n, text in sources.items()}
    assert {name: found for name, found in round_it.items() if found} == {}


@pytest.mark.parametrize("module", MODULES)
def test_the_slowest_libraries_are_imported_where_they_are_used(module):
    names = at_the_start(MODULES[module].read_text())
    assert not [name for name in names if any(f"{name}.".startswith(f"{late}.") for late in LATE)]


@pytest.mark.parametrize("start", ["careersurvey", "careersurvey.cli"])
def test_a_start_loads_nothing_heavy(start):
    code = f"import sys, {start}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(told.stdout.split())


def test_help_loads_nothing_heavy():
    code = (
        "import sys, contextlib, careersurvey.cli as cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(None):\n"
        "    cli.main(['report', '--help'])\n"
        "print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(told.stdout.split())
