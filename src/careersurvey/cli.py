"""The commands: words in, one call of the library, a table or a message out.

A command is one function, above it what it takes, each word of that explained once in `_TAKES`.
What it prints for a machine goes to standard output in one piece; all that is said to a person goes
to standard error. Nothing is imported before it is used, so that help comes at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import careersurvey as cs
from careersurvey.errors import ReportError, SurveyError, shown

if TYPE_CHECKING:
    import pandas as pd

    from careersurvey.evidence.cohort import Cohort

_INTERVALS = ("wilson", "beta", "beta_truncated", "jeffreys", "agresti_coull", "logit", "mean")
_LIMITS = ("unpacked_bytes", "cell_seconds", "notebook_seconds", "output_bytes")
_TABLES = ("csv", "json", "xlsx")
#: What may befall any command, and what a person would do.
_BEFALL = {
    MemoryError: "free memory, or take fewer --jobs",
    RecursionError: "write flat what is nested so deep in the files",
    UnicodeError: "set PYTHONIOENCODING=utf-8, or write to a file with --output",
    OSError: "make room, let this program read and write there, or name another place",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for what a person can mend, 2 for a wrong command line."""
    _open_what_is_closed()
    try:
        careersurvey.main(arguments, prog_name="careersurvey")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except SurveyError as problem:
        _say(f"{type(problem).__name__}: {problem}")
    except tuple(_BEFALL) as problem:
        do = next(said for kind, said in _BEFALL.items() if isinstance(problem, kind))
        found = str(problem) or type(problem).__name__
        _say(f"ReportError: {ReportError('This could not be done.', found=found, do=do)}")
        # What a full stream has not taken is not tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1


def _open_what_is_closed() -> None:
    """Give standard streams that are closed to nobody, so that no file takes their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _complete(_: click.Context, __: click.Parameter, start: str) -> list:
    """Ids of cohorts, and folders."""
    from click.shell_completion import CompletionItem

    from careersurvey.evidence.project import known_cohorts

    ids = [name for name in known_cohorts() if name.startswith(start)]
    return [*map(CompletionItem, ids), CompletionItem(start, type="dir")]


def _named(_: click.Context, __: click.Parameter, given: Any) -> Any:
    """Refuse a cohort without a name, as an unset variable of a shell leaves it."""
    named = given if isinstance(given, tuple) else (given,)
    if any(name is not None and not name.strip() for name in named):
        raise click.BadParameter("a cohort has a name.")
    return given


def _level(_: click.Context, __: click.Parameter, level: float) -> float:
    """Refuse what is no level, nan among it, which is in every range."""
    if not 0 < level < 1:
        raise click.BadParameter(f"{level:g} is not between 0 and 1.")
    return level


def _ending(context: click.Context, _: click.Parameter, output: Path | None) -> Path | None:
    """Refuse a file whose ending says no format, or another than was asked for."""
    if output is None or output.is_relative_to("/dev"):
        return output
    if not output.absolute().parent.is_dir() or output.is_dir():
        raise click.BadParameter(f"{output} is a folder, or in one that is not there.")
    asked = context.params.get("form")
    if output.suffix.lower()[1:] not in ([asked] if asked else _TABLES):
        may = f"the {asked} that --format asks for" if asked else f"one of {', '.join(_TABLES)}"
        raise click.BadParameter(f"{output.name} is not {may}.")
    return output


def _text_encoding(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Refuse what is the name of no encoding."""
    try:
        b"a".decode(name or "utf-8", "replace")
    except LookupError:
        raise click.BadParameter(f"{name} is no encoding; cp1251 is one.") from None
    return name


def _limits(context: click.Context, _: click.Parameter, given: Sequence[str]) -> None:
    """Read ``NAME=VALUE``, and set it for as long as the command runs."""
    pairs = [limit.partition("=")[::2] for limit in given]
    for name, value in pairs:
        if name not in _LIMITS or not (value.isascii() and value.isdigit() and int(value)):
            known = ", ".join(f"{limit}=N" for limit in _LIMITS)
            raise click.BadParameter(f"{name}={value} is not one of {known}.")
    if pairs:
        from careersurvey.evidence.settings_run import telling

        before, limits = telling(), {name: int(value) for name, value in pairs}
        os.environ.update([telling(limits=limits)])
        context.call_on_close(lambda: os.environ.update([before]))


_FILE = click.Path(path_type=Path)
_COHORT = {"shell_complete": _complete, "callback": _named}
#: Every word that a command can take, after a colon its kind; argument or option as click has it.
_TAKES: dict[str, dict[str, Any]] = {
    "cohort": _COHORT,
    "cohort:2013": {**_COHORT, "default": "ofsted-2013"},
    "cohort:several": {**_COHORT, "nargs": -1, "required": True},
    "baseline": _COHORT,
    "folder": {"type": _FILE, "metavar": "DIR"},
    "report": {"type": _FILE},
    "--baseline": {**_COHORT, "metavar": "COHORT", "help": "The cohort to compare it with."},
    "--by": {"multiple": True, "metavar": "VARIABLE", "help": "Break down by it."},
    "--count": {"required": True, "metavar": '"A=a & B=b"', "help": "indicator=category, by &."},
    "--encoding": {"callback": _text_encoding, "help": "Of a text file, such as cp1251."},
    "--figures": {"type": _FILE, "help": "Draw trend.svg and .png in this folder."},
    "--format": {"type": click.Choice(["text", "json"]), "default": "text"},
    "--format:table": {
        "type": click.Choice(_TABLES[:2]), "is_eager": True, "help": "[default: csv]"
    },
    "--from": {"type": _FILE, "help": "An export of answers to propose from."},
    "--header-rows": {"type": click.IntRange(1, 20), "help": "Rows that the header has."},
    "--indicator": {"multiple": True, "metavar": "ID", "help": "Show its rows alone."},
    "--interval": {"type": click.Choice(_INTERVALS), "help": "[default: as the data need it]"},
    "--jobs": {"type": click.IntRange(min=1), "help": "Notebooks run side by side."},
    "--key": {"type": _FILE, "help": "The file with the labels of the codes."},
    "--level": {"type": float, "default": 0.95, "callback": _level, "help": "Of the intervals."},
    "--limit": {
        "multiple": True, "callback": _limits, "metavar": "NAME=VALUE", "expose_value": False,
        "help": f"What it may cost at most: {', '.join(_LIMITS)}.",
    },
    "--min-base": {"type": click.IntRange(min=0), "help": "Least base that is shown."},
    "--output": {"type": _FILE, "required": True, "help": "The folder to write."},
    "--output:table": {
        "type": _FILE, "callback": _ending, "help": "A .csv, .json or .xlsx, or a device."
    },
    "--questionnaire": {"is_flag": True, "help": "Write the codebook's questions to field."},
    "--readings": {"type": _FILE, "help": "What words mean as numbers."},
    "--seed": {"type": click.IntRange(min=0), "required": True},
    "--sheet": {"help": "The sheet of a workbook."},
    "--skip-rows": {"type": click.IntRange(0), "help": "Rows above the header."},
    "--source": {"type": _FILE, "help": "The report's text."},
    "--table": {"multiple": True, "help": "With --questionnaire: ask these alone."},
    "--without": {"multiple": True, "metavar": "ID", "help": "A statement to leave out."},
}  # fmt: skip
#: What a command's function calls them, where that is not the word itself.
_CALLED = {"--format": "form", "--from": "export", "--indicator": "indicators", "--table": "tables"}


@click.group(context_settings={"max_content_width": 100, "show_default": True})
@click.version_option(package_name="careersurvey")
def careersurvey() -> None:
    """Surveys of careers guidance, as estimates.

    A COHORT is a folder with a cohort.toml, or the id of one that is shipped (ofsted-2013).
    """


def _command(takes: str, example: str) -> Callable:
    """Make a function the command of its name, which takes words of `_TAKES`."""

    def made(function: Callable) -> click.Command:
        for word in reversed(takes.split()):
            name, make = word.partition(":")[0], click.option if "--" in word else click.argument
            called = [_CALLED[name]] if name in _CALLED else []
            function = make(name, *called, **_TAKES[word])(function)
        return careersurvey.command(epilog=f"Example: careersurvey {example}")(function)

    return made


@_command("cohort --source --format --limit", "check data/my-2026")
def check(cohort: str, source: Path | None, form: str) -> None:
    """Say what is amiss in a cohort's files."""
    from careersurvey.evidence.checks.check import as_json, as_text
    from careersurvey.evidence.checks.screen import screen

    loaded = _load(cohort)
    found = screen(loaded, source=source)
    if loaded.evidence == "respondents" and all(one.passed for one in found):
        from careersurvey.inference.publishing import check_publication

        found = [*found, check_publication(loaded)]
    _write(as_json(found) if form == "json" else shown(as_text(found)))
    sys.exit(not all(one.passed for one in found))


@_command(
    "cohort --indicator --by --level --interval --readings --min-base --format:table --output:table"
    " --limit",
    "estimate ofsted-2013 --indicator careers_strategy --output strategy.xlsx",
)
def estimate(cohort: str, form: str | None, output: Path | None, **asked: Any) -> None:
    """Write the table of estimates of a cohort."""
    from careersurvey.presentation.breakdowns import no_breakdown
    from careersurvey.presentation.labels import credit

    loaded = _load(cohort)
    table = cs.estimate(loaded, **asked)
    _write_table(table, "estimates", form, output)
    if said := table.attrs.get("publication"):
        _say(said)
    if lost := [name for name in asked["by"] if name not in set(table["domain"])]:
        _say(no_breakdown(lost))
    _say(credit(loaded).caution)


@_command("cohort --readings --without --format", "audit ofsted-2013 --format json")
def audit(cohort: str, form: str, **asked: Any) -> None:
    """Hold the printed figures against each other."""
    from careersurvey.inference.record.audit import audit_figures, format_audit

    found = audit_figures(_load(cohort), **asked)
    _write(_json(found) if form == "json" else shown(format_audit(found)))


@_command(
    "cohort --count --without --format",
    'bounds ofsted-2013 --count "sixth_form=yes & well_developed=no"',
)
def bounds(cohort: str, form: str, **asked: Any) -> None:
    """Find the least and greatest value of an unprinted count."""
    from careersurvey.inference.record.bounds import find_bound, format_bound

    found = find_bound(_load(cohort), **asked)
    _write(_json(found.as_dict(), indent=None) if form == "json" else shown(format_bound(found)))


@_command("cohort --seed --output --without", "draw ofsted-2013 --seed 1 --output drawn")
def draw(cohort: str, **asked: Any) -> None:
    """Write synthetic tables that agree with the printed figures."""
    made = cs.draw(cohort, **asked)
    _say(f"Wrote {made}: synthetic, and what it may not be used for is in its README.md.")


@_command(
    "baseline cohort --indicator --format:table --output:table --limit",
    "compare ofsted-2013 example-2026 --indicator careers_strategy",
)
def compare(baseline: str, cohort: str, indicators: Sequence[str], **to: Any) -> None:
    """Say which findings differ between two cohorts."""
    from careersurvey.inference.compare.compare import as_written, how, rule

    _write_table(as_written(cs.compare(baseline, cohort, indicators)), "comparison", **to)
    _say(f"{rule()} {how()}")


@_command(
    "cohort:several --figures --format:table --output:table --limit",
    "trend cec-compass-2023-24 cec-compass-2024-25 --figures drawn",
)
def trend(cohort: Sequence[str], figures: Path | None, **to: Any) -> None:
    """Follow what two or more cohorts measure."""
    table = cs.trend(cohort)
    if figures:
        figures.mkdir(parents=True, exist_ok=True)
        for form in ("svg", "png"):
            cs.plot(table).save(figures / f"trend.{form}")
    _write_table(table, "trend", **to)


@_command("cohort --output --limit", "to-r example-2026 --output for-r")
def to_r(cohort: str, output: Path) -> None:
    """Write coded answers, and a script that estimates in R."""
    made = cs.to_r(cohort, output)
    _say(f"Wrote {made}: run `Rscript estimates.R` there.")


@_command(
    "folder --from --questionnaire --table --sheet --header-rows --skip-rows --encoding --key"
    " --limit",
    "new data/my-2026 --from export.xlsx",
)
def new(
    folder: Path, export: Path | None, questionnaire: bool, tables: tuple[str, ...], **said: Any
) -> None:
    """Write a cohort folder to fill in, or read one's export again.

    Exports of Qualtrics, SurveyMonkey, Jisc Online Surveys, Microsoft Forms, Google Forms, REDCap,
    LimeSurvey, KoboToolbox, ODK, SurveyCTO, SPSS and Stata are known by their headers; any other
    table is read as it stands.
    """
    from careersurvey.evidence.scaffold.folder import new_cohort
    from careersurvey.presentation.questionnaire import new_questionnaire

    if (questionnaire and (export or any(said.values()))) or (tables and not questionnaire):
        raise click.UsageError("Only --table goes with --questionnaire, and with nothing else.")
    _say(new_questionnaire(folder, tables) if questionnaire else new_cohort(folder, export, said))


@_command("report --output", "scan report.md --output data/their-2024")
def scan(report: Path, output: Path) -> None:
    """Draft a cohort from a printed report: Markdown, text or PDF."""
    gc.set_threshold(100_000)  # many small things are made and kept: look for cycles seldom
    from careersurvey.evidence.printed import scan as scanning
    from careersurvey.evidence.text import so_many
    from careersurvey.presentation.marked import write_marked

    draft = scanning.scan(report)
    rows, added = scanning.write_draft(draft, output)
    page = write_marked(draft, output, rows)
    stood = len(rows) - len(added)
    _say(f"{so_many(len(added), 'phrase')} to decide added; {stood:,} stood before.")
    _say(f"  next      judge them in {page}, then decide them in reported.csv")
    gc.freeze()  # nor look for any at the end


@_command(
    "cohort --baseline --indicator --jobs --limit", "report example-2026 --baseline ofsted-2013"
)
def report(cohort: str, **asked: Any) -> None:
    """Make the figures and the report of a cohort."""
    import signal

    # A request to terminate ends it as Ctrl-C does: nothing is left.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    cs.report(cohort, **asked)


@_command(
    "cohort:2013 --baseline --jobs --format:table --output:table --limit", "verify ofsted-2013"
)
def verify(cohort: str, baseline: str | None, jobs: int | None, **to: Any) -> None:
    """Make every exhibit again, and compare the bytes."""
    from careersurvey.presentation.report import verify

    table = verify(cohort, baseline, jobs)
    _write_table(table, "exhibits", **to)
    same = int((table["verdict"] == "same").sum())
    _say(f"{same} of {len(table)} files are the same bytes.")
    sys.exit(same < len(table))


@_command("folder", "start my-survey")
def start(folder: Path) -> None:
    """Lay a project of one's own: data and notebooks."""
    from careersurvey.evidence.project import start_project

    _say(start_project(folder))


def _load(cohort: str) -> Cohort:
    from careersurvey.evidence.cohort import load_cohort

    loaded = load_cohort(cohort)
    if loaded.undecided:
        said = f"{loaded.undecided:,} figures of reported.csv are still to be decided"
        _say(f"{loaded.id}: {said}, and stand nowhere.")
    return loaded


def _write_table(table: pd.DataFrame, name: str, form: str | None, output: Path | None) -> None:
    from careersurvey.presentation.documents import save_table, table_text

    if output is None:
        _write(table_text(table, form or "csv"))
    else:
        save_table(table, output, name, form or "csv")


def _json(found: Any, indent: int | None = 2) -> str:
    import json

    return json.dumps(found, indent=indent, ensure_ascii=False, allow_nan=False)


def _write(text: str) -> None:
    """Give a machine what it reads, in one piece: all of it or nothing."""
    if sys.stdout is None:
        raise ReportError("Standard output is closed.", do="open it, or name a file by --output")
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def _say(message: str) -> None:
    print(shown(message), file=sys.stderr)
