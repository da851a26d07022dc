"""The commands: words in, one call of the library, a table or a message out.

A command is one function, above it what it takes, each word of that explained once in `_TAKES`.
What it prints for a machine goes to standard output in one piece; all that is said to a person goes
to standard error. Nothing is imported before it is used, so that help comes at once.
"""

from __future__ import annotations

import difflib
import errno
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for what a person can mend, 2 for a wrong command line."""
    _open_what_is_closed()
    try:
        status = careersurvey.main(arguments, prog_name="careersurvey", standalone_mode=False)
        _flush()
        return status or 0
    except click.exceptions.NoArgsIsHelpError as problem:
        return _told(problem.format_message(), 2)
    except click.UsageError as problem:
        command = problem.ctx.command_path if problem.ctx else "careersurvey"
        return _told(f"{command}: {problem.format_message()}\n  do        {command} --help", 2)
    except BrokenPipeError:
        return _told("", 1)
    except (click.Abort, KeyboardInterrupt):
        return _told("Stopped; what stood before stands.", 1)
    except SurveyError as problem:
        return _told(f"{type(problem).__name__}: {problem}", 1)
    except (OSError, MemoryError, RecursionError, UnicodeError) as problem:
        return _told(f"ReportError: {_befallen(problem)}", 1)


def _open_what_is_closed() -> None:
    """Give standard streams that are closed to nobody, so that no file takes their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _told(message: str, status: int) -> int:
    """Say what went wrong, and let no stream that is closed or full say it again at the end."""
    try:
        _flush()
    except (OSError, ReportError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if message:
        _say(message)
    return status


#: What may befall any command, and what a person would do.
_BEFALL = {
    MemoryError: ("There is not enough memory for this.", "free memory, or take fewer --jobs"),
    RecursionError: ("Something in the files is nested too deep.", "write it flat"),
    UnicodeError: (
        "Something cannot be written in the encoding of this terminal or file.",
        "set PYTHONUTF8=1 and PYTHONIOENCODING=utf-8, or write to a file with --output",
    ),
    OSError: ("A file could not be read or written.", "name another place"),
}
#: What a person would do first, by what the system says.
_FIRST = {
    errno.ENOSPC: "make room",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "let this program read and write there"
    ),
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR), "move the file that stands where a folder must be"
    ),
}


def _befallen(problem: Exception) -> ReportError:
    what, do = next(told for kind, told in _BEFALL.items() if isinstance(problem, kind))
    first = _FIRST.get(getattr(problem, "errno", None))
    found = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    where = getattr(problem, "filename", None)
    return ReportError(what, found=found, where=where, do=f"{first}, or {do}" if first else do)


class _Commands(click.Group):
    """Commands in the order in which they are written, that ask what was meant."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple:
        meant = difflib.get_close_matches(args[0], self.commands, 1)
        if args[0] not in self.commands and meant and not args[0].startswith("-"):
            context.fail(f"No such command {args[0]!r}. Did you mean {meant[0]}?")
        return super().resolve_command(context, args)


class _CohortName(click.ParamType):
    """A cohort folder, or the id of a shipped cohort."""

    name = "cohort"

    def convert(self, value: str, parameter: Any, context: Any) -> str:
        return value if value.strip() else self.fail("a cohort has a name.", parameter, context)

    def shell_complete(self, context: Any, parameter: Any, start: str) -> list:
        from click.shell_completion import CompletionItem

        from careersurvey.evidence.project import known_cohorts

        ids = [name for name in known_cohorts() if name.startswith(start)]
        return [*map(CompletionItem, ids), CompletionItem(start, type="dir")]


def _fitting(context: click.Context, _: Any, output: Path | None) -> Path | None:
    """Refuse a file whose ending says another format than was asked for."""
    if output is None or output.is_relative_to("/dev"):
        return output
    form, ending = context.params.get("form"), output.suffix.lower()[1:]
    if ending not in _TABLES:
        raise click.BadParameter(f"{output.name} does not end in {', '.join(_TABLES)}.")
    if form and ending != form:
        raise click.BadParameter(f"{output.name} is not the {form} that --format asks for.")
    return output


def _own(_: Any, __: Any, folder: Path | None) -> Path | None:
    """Refuse the folder of a report's exhibits, which its report alone writes."""
    from careersurvey.evidence.project import project_root

    places = [folder.resolve(), *folder.resolve().parents] if folder else []
    if project_root() / "figures" in places or any((one / "made.json").is_file() for one in places):
        raise click.BadParameter(f"{folder} is a report's own; name another folder.")
    return folder


def _level(_: Any, __: Any, value: float) -> float:
    if not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1.")
    return value


def _limits(context: click.Context, _: Any, given: Sequence[str]) -> None:
    """Read ``NAME=VALUE``, and set it for as long as the command runs."""
    pairs = [limit.partition("=")[::2] for limit in given]
    for name, value in pairs:
        if name not in _LIMITS or not value.isascii() or not value.isdigit() or int(value) < 1:
            known = ", ".join(f"{limit}=N" for limit in _LIMITS)
            raise click.BadParameter(f"{name}={value} is not one of {known}.")
    if pairs:
        from careersurvey.evidence.settings import limits_set

        context.with_resource(limits_set({name: int(value) for name, value in pairs}))


_FILE, _COHORT = click.Path(path_type=Path), _CohortName()
#: Every word that a command can take, after a colon its kind; argument or option as click has it.
_TAKES: dict[str, dict[str, Any]] = {
    "cohort": {"type": _COHORT, "metavar": "COHORT"},
    "cohort:2013": {"type": _COHORT, "metavar": "COHORT", "default": "ofsted-2013"},
    "cohort:several": {"type": _COHORT, "metavar": "COHORT", "nargs": -1, "required": True},
    "baseline": {"type": _COHORT, "metavar": "BASELINE"},
    "folder": {"type": _FILE, "metavar": "DIR"},
    "report": {"type": _FILE},
    "--baseline": {"type": _COHORT, "help": "The cohort to compare it with."},
    "--baseline:was": {"type": _COHORT, "help": "The cohort that its report compares it with."},
    "--by": {"multiple": True, "metavar": "VARIABLE", "help": "Break down by it."},
    "--count": {"required": True, "metavar": '"A=a & B=b"', "help": "indicator=category, by &."},
    "--figures": {
        "type": _FILE, "callback": _own, "help": "Draw trend.svg and .png in this folder."
    },
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
    "--output:draft": {
        "type": _FILE, "required": True, "help": "A new folder, or a draft to add to."
    },
    "--output:folder": {"type": _FILE, "required": True, "help": "A new folder."},
    "--output:table": {
        "type": _FILE, "callback": _fitting, "help": "A .csv, .json or .xlsx, or a device."
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


@click.group(cls=_Commands, context_settings={"max_content_width": 100, "show_default": True})
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
def check(cohort: str, source: Path | None, form: str) -> int:
    """Say what is amiss in a cohort's files."""
    from careersurvey.evidence.checks.check import as_json, as_text
    from careersurvey.evidence.checks.screen import screen

    loaded = _load(cohort)
    found = screen(loaded, source=source)
    if loaded.evidence == "respondents" and all(one.passed for one in found):
        from careersurvey.inference.publishing import decide, disclosure_check

        found = [*found, disclosure_check(decide(loaded))]
    _write(as_json(found) if form == "json" else shown(as_text(found)))
    return 0 if all(one.passed for one in found) else 1


@_command(
    "cohort --indicator --by --level --interval --readings --min-base --format:table --output:table"
    " --limit",
    "estimate ofsted-2013 --indicator careers_strategy --output strategy.xlsx",
)
def estimate(cohort: str, form: str | None, output: Path | None, **asked: Any) -> None:
    """Write the table of estimates of a cohort."""
    from careersurvey.presentation.labels import credit
    from careersurvey.presentation.titles import no_breakdown

    loaded = _load(cohort)
    table = cs.estimate(loaded, **asked)
    _write_table(table, "estimates", form, output)
    if said := table.attrs.get("publication"):
        _say(said)
    elif lost := [name for name in asked["by"] if name not in set(table["domain"])]:
        _say(no_breakdown(loaded.evidence, lost))
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


@_command("cohort --seed --output:folder --without", "draw ofsted-2013 --seed 1 --output drawn")
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
    from careersurvey.inference.compare.compare import how, rule, told

    _write_table(told(cs.compare(baseline, cohort, indicators)), "comparison", **to)
    _say(f"{rule()} {how()}")


@_command(
    "cohort:several --figures --format:table --output:table --limit",
    "trend cec-compass-2023-24 cec-compass-2024-25 --figures drawn",
)
def trend(cohort: Sequence[str], figures: Path | None, **to: Any) -> None:
    """Follow what two or more cohorts measure."""
    from careersurvey.inference.compare.trend import when

    cohorts = [_load(folder) for folder in cohort]
    table = cs.trend(cohorts)
    if figures:
        _draw_trend(table, sorted(cohorts, key=when), figures.resolve())
    _write_table(table, "trend", **to)


def _draw_trend(table: pd.DataFrame, cohorts: Sequence[Cohort], folder: Path) -> None:
    from careersurvey.presentation import changes, exhibits, labels
    from careersurvey.presentation.figures.charts import plot_trend

    *others, last = map(labels.credit, cohorts)
    rows = labels.name_rows(table, cohorts[-1])
    said = changes.describe_trend(rows)
    page = exhibits.Page(last, folder)
    exhibits.show_figure(page, "trend", plot_trend, rows, alt=said, others=others)


@_command("cohort --output:folder --limit", "to-r example-2026 --output for-r")
def to_r(cohort: str, output: Path) -> None:
    """Write coded answers, and a script that estimates in R."""
    made = cs.to_r(cohort, output)
    _say(f"Wrote {made}: run `Rscript estimates.R` there.")


@_command(
    "folder --from --questionnaire --table --sheet --header-rows --skip-rows --key --limit",
    "new data/my-2026 --from export.xlsx",
)
def new(
    folder: Path, export: Path | None, questionnaire: bool, tables: tuple[str, ...], **said: Any
) -> None:
    """Write a cohort folder to fill in; again on a folder, read its export anew.

    Exports of Qualtrics, SurveyMonkey, Jisc Online Surveys, Microsoft Forms, Google Forms, REDCap,
    LimeSurvey, KoboToolbox, ODK, SurveyCTO, SPSS and Stata are known by their headers; any other
    table is read as it stands.
    """
    from careersurvey.evidence.scaffold.folder import Corrections, new_cohort
    from careersurvey.presentation.questionnaire import new_questionnaire

    if questionnaire:
        _say(new_questionnaire(folder, tables))
    else:
        _say(new_cohort(folder, export, Corrections(**said)))


@_command("report --output:draft", "scan report.md --output data/their-2024")
def scan(report: Path, output: Path) -> None:
    """Draft a cohort from a printed report: Markdown, text or PDF."""
    from careersurvey.evidence.printed import scan as scanning
    from careersurvey.presentation.marked import write_marked

    draft = scanning.scan(report)
    added, stood = scanning.write_draft(draft, output)
    page = write_marked(draft, output, [*stood, *added])
    _say(f"{len(added):,} phrases to decide were added and {len(stood):,} stood.")
    _say(f"  next      judge them in {page}, then decide them in reported.csv")


@_command(
    "cohort --baseline --indicator --jobs --limit", "report example-2026 --baseline ofsted-2013"
)
def report(cohort: str, **asked: Any) -> None:
    """Make the figures and the report of a cohort."""
    cs.report(cohort, **asked)


@_command(
    "cohort:2013 --baseline:was --jobs --format:table --output:table --limit", "verify ofsted-2013"
)
def verify(cohort: str, baseline: str | None, jobs: int | None, **to: Any) -> int:
    """Make every exhibit again, and compare it with the one that is published."""
    from careersurvey.presentation.verify import recomputed, verify

    table = verify(cohort, baseline, jobs)
    _write_table(table, "exhibits", **to)
    same = int((table["verdict"] == "same").sum())
    _say(f"{same} of {len(table)} files are the same bytes. {recomputed(cohort)}".strip())
    return int(same < len(table))


@_command("folder", "start my-survey")
def start(folder: Path) -> None:
    """Lay a project of one's own: data, notebooks, an example to begin from."""
    from careersurvey.evidence.project import start_project

    _say(start_project(folder))


def _load(cohort: str) -> Cohort:
    from careersurvey.evidence.cohort import load_cohort

    return load_cohort(cohort)


def _write_table(table: pd.DataFrame, name: str, form: str | None, output: Path | None) -> None:
    from careersurvey.presentation.documents import save_table, table_text

    if output is None:
        _write(table_text(table, form or "csv"))
    else:
        save_table(table, output, name, form)


def _json(found: Any, indent: int | None = 2) -> str:
    import json

    return json.dumps(found, indent=indent, ensure_ascii=False, allow_nan=False)


def _write(text: str) -> None:
    """Give a machine what it reads, in one piece: all of it or nothing."""
    if sys.stdout is None:
        raise ReportError("Standard output is closed.", do="open it, or name a file by --output")
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _say(message: str) -> None:
    print(shown(message), file=sys.stderr)


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()
