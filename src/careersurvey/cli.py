"""The commands: words in, one call of the library, a table or a message out.

A command is one function: its options above it, its example below its help. What it prints for a
machine goes to standard output in one piece; all that is said to a person goes to standard error.
Nothing is imported before it is used, so that help comes at once.
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

from careersurvey.errors import ReportError, SurveyError, shown

if TYPE_CHECKING:
    import pandas as pd

_INTERVALS = ("wilson", "beta", "beta_truncated", "jeffreys", "agresti_coull", "logit", "mean")
_LIMITS = ("unpacked_bytes", "cell_seconds", "notebook_seconds", "output_bytes")
_FILE = click.Path(path_type=Path)
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
        return _told(_last_words(problem), 1)


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
        print(shown(message), file=sys.stderr)
    return status


def _last_words(problem: Exception) -> str:
    """What may befall any command: a full disk, no memory, nested too deep, a letter too many."""
    said = {
        MemoryError: ("There is not enough memory for this.", "free memory, or take fewer --jobs"),
        RecursionError: ("Something in the files is nested too deep.", "write it flat"),
        UnicodeError: (
            "Something cannot be written in the encoding of this terminal or file.",
            "set PYTHONUTF8=1 and PYTHONIOENCODING=utf-8, or write to a file with --output",
        ),
        OSError: ("A file could not be read or written.", "name another place"),
    }
    what, do = next(words for kind, words in said.items() if isinstance(problem, kind))
    first = _FIRST.get(getattr(problem, "errno", None))
    do = f"{first}, or {do}" if first else do
    where = getattr(problem, "filename", None)
    found = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return f"ReportError: {ReportError(what, found=found, where=where, do=do)}"


_ALLOW = "let this program read and write there"
_MOVE = "move the file that stands where a folder must be"
#: What a person would do before naming another place, by what the system says.
_FIRST = {
    errno.ENOSPC: "make room",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ALLOW),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), _MOVE),
}


class _Commands(click.Group):
    """Commands in the order in which they are written, that ask what was meant."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple:
        meant = difflib.get_close_matches(args[0], self.commands, 1)
        if args[0] not in self.commands and meant and not args[0].startswith("-"):
            context.fail(f"No such command {args[0]!r}. Did you mean {meant[0]}?")
        return super().resolve_command(context, args)


class _Cohort(click.ParamType):
    """A cohort folder, or the id of a shipped cohort."""

    name = "cohort"

    def convert(
        self, value: str, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        if not value.strip():
            self.fail("a cohort has a name.", parameter, context)
        return value

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, start: str
    ) -> list:
        from click.shell_completion import CompletionItem

        from careersurvey.evidence.project import known_cohorts

        ids = [name for name in known_cohorts() if name.startswith(start)]
        return [*map(CompletionItem, ids), CompletionItem(start, type="dir")]


@click.group(cls=_Commands, context_settings={"max_content_width": 100, "show_default": True})
@click.version_option(package_name="careersurvey")
def careersurvey() -> None:
    """Surveys of careers guidance, as estimates.

    A COHORT is a folder with a cohort.toml, or the id of one that is shipped (ofsted-2013).
    """


def _command(example: str) -> Callable:
    return careersurvey.command(epilog=f"Example: careersurvey {example}")


def _argument(name: str, **settings: Any) -> Callable:
    return click.argument(name, type=_Cohort(), metavar=name.upper(), **settings)


_cohort = _argument("cohort")
_indicators = click.option(
    "--indicator", "indicators", multiple=True, metavar="ID", help="Show its rows alone."
)
_readings = click.option("--readings", type=_FILE, help="What words mean as numbers.")
_without = click.option("--without", multiple=True, metavar="ID", help="A statement to leave out.")
_format = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


def _table_output(command: Callable) -> Callable:
    """Options of a command that writes a table."""
    form = click.option(
        *("--format", "form"), type=click.Choice(_TABLES[:2]), is_eager=True, help="[default: csv]"
    )
    output = click.option(
        "--output", type=_FILE, callback=_fitting, help="A .csv, .json or .xlsx, or a device."
    )
    return form(output(command))


def _fitting(context: click.Context, _: click.Parameter, output: Path | None) -> Path | None:
    """Refuse a file whose ending says another format than was asked for."""
    form, ending = context.params.get("form"), "" if output is None else output.suffix.lower()[1:]
    if output is None or output.is_relative_to("/dev"):
        return output
    if ending not in _TABLES:
        raise click.BadParameter(f"{output.name} does not end in {', '.join(_TABLES)}.")
    if form and ending != form:
        raise click.BadParameter(f"{output.name} is not the {form} that --format asks for.")
    return output


def _own(_: click.Context, __: click.Parameter, folder: Path | None) -> Path | None:
    """Refuse the folder of a report's exhibits, which its report alone writes."""
    from careersurvey.evidence.project import project_root

    places = [folder.resolve(), *folder.resolve().parents] if folder else []
    if project_root() / "figures" in places or any((one / "made.json").is_file() for one in places):
        raise click.BadParameter(f"{folder} is a report's own; name another folder.")
    return folder


def _level(_: click.Context, __: click.Parameter, value: float) -> float:
    if not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1.")
    return value


def _limits(context: click.Context, _: click.Parameter, given: Sequence[str]) -> None:
    """Read ``NAME=VALUE``, and set it for as long as the command runs."""
    pairs = [limit.partition("=") for limit in given]
    for name, _equals, value in pairs:
        if name not in _LIMITS or not value.isascii() or not value.isdigit() or int(value) < 1:
            known = ", ".join(f"{limit}=N" for limit in _LIMITS)
            raise click.BadParameter(f"{name}={value} is not one of {known}.")
    if pairs:
        from careersurvey.evidence.settings import limits_set

        context.with_resource(limits_set({name: int(value) for name, _equals, value in pairs}))


def _limit(command: Callable) -> Callable:
    """The option of every command that reads answers, to raise or lower what that may cost."""
    option = click.option(
        *("--limit", "limits"), multiple=True, callback=_limits, metavar="NAME=VALUE",
        expose_value=False, help=f"What it may cost at most: {', '.join(_LIMITS)}.",
    )  # fmt: skip
    return option(command)


@_command("check data/my-2026")
@_cohort
@click.option("--source", type=_FILE, help="The report's text.")
@_format
@_limit
def check(cohort: str, source: Path | None, form: str) -> int:
    """Say what is amiss in a cohort's files."""
    from careersurvey.evidence.checks.check import as_json, as_text
    from careersurvey.evidence.checks.screen import screen
    from careersurvey.evidence.cohort import load_cohort

    loaded = load_cohort(cohort)
    found = screen(loaded, source=source)
    if loaded.evidence == "respondents" and all(one.passed for one in found):
        from careersurvey.inference.publishing import decide, disclosure_check

        found = [*found, disclosure_check(decide(loaded))]
    _write(as_json(found) if form == "json" else shown(as_text(found)))
    return 0 if all(one.passed for one in found) else 1


@_command("estimate ofsted-2013 --indicator careers_strategy --output strategy.xlsx")
@_cohort
@_indicators
@click.option("--by", multiple=True, metavar="VARIABLE", help="Break down by it.")
@click.option("--level", type=float, default=0.95, callback=_level, help="Of the intervals.")
@click.option("--interval", type=click.Choice(_INTERVALS), help="[default: as the data need it]")
@_readings
@click.option("--min-base", type=click.IntRange(min=0), help="Least base that is shown.")
@_table_output
@_limit
def estimate(cohort: str, form: str | None, output: Path | None, **asked: Any) -> None:
    """Write the table of estimates of a cohort."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.estimates import estimate
    from careersurvey.presentation.labels import credit
    from careersurvey.presentation.titles import no_breakdown

    loaded = load_cohort(cohort)
    table = estimate(loaded, **asked)
    _write_table(table, form, output, "estimates")
    if said := table.attrs.get("publication"):
        _say(said)
    elif lost := [name for name in asked["by"] if name not in set(table["domain"])]:
        _say(no_breakdown(loaded.evidence, lost))
    _say(credit(loaded).caution)


@_command("audit ofsted-2013 --format json")
@_cohort
@_readings
@_without
@_format
def audit(cohort: str, readings: Path | None, without: Sequence[str], form: str) -> None:
    """Hold the printed figures against each other."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.audit import audit_figures, format_audit

    found = audit_figures(load_cohort(cohort), readings=readings, without=without)
    _write(_json(found) if form == "json" else shown(format_audit(found)))


@_command('bounds ofsted-2013 --count "sixth_form=yes & well_developed=no"')
@_cohort
@click.option("--count", required=True, metavar='"A=a & B=b"', help="indicator=category, by &.")
@_without
@_format
def bounds(cohort: str, count: str, without: Sequence[str], form: str) -> None:
    """Find the least and greatest value of an unprinted count."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.bounds import find_bound, format_bound

    found = find_bound(load_cohort(cohort), count, without=without)
    _write(_json(found.as_dict(), indent=None) if form == "json" else shown(format_bound(found)))


@_command("draw ofsted-2013 --seed 1 --output drawn")
@_cohort
@click.option("--seed", type=click.IntRange(min=0), required=True)
@click.option("--output", type=_FILE, required=True, help="A new folder.")
@_without
def draw(cohort: str, seed: int, output: Path, without: Sequence[str]) -> None:
    """Write synthetic tables that agree with the printed figures."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.draw import draw

    made = draw(load_cohort(cohort), seed=seed, output=output, without=without)
    _say(f"Wrote {made}: synthetic, and what it may not be used for is in its README.md.")


@_command("compare ofsted-2013 example-2026 --indicator careers_strategy")
@_argument("baseline")
@_cohort
@_indicators
@_table_output
@_limit
def compare(
    baseline: str, cohort: str, indicators: Sequence[str], form: str | None, output: Path | None
) -> None:
    """Say which findings differ between two cohorts."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.compare.compare import compare, how, rule, told

    table = compare(load_cohort(baseline), load_cohort(cohort), indicators=indicators)
    _write_table(told(table), form, output, "comparison")
    _say(f"{rule()} {how()}")


@_command("trend cec-compass-2023-24 cec-compass-2024-25 --figures drawn")
@_argument("cohort", nargs=-1, required=True)
@click.option(
    "--figures", type=_FILE, callback=_own, help="Draw trend.svg and .png in this folder."
)
@_table_output
@_limit
def trend(
    cohort: Sequence[str], figures: Path | None, form: str | None, output: Path | None
) -> None:
    """Follow what two or more cohorts measure."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.compare.trend import trend, when

    cohorts = [load_cohort(folder) for folder in cohort]
    table = trend(cohorts)
    if figures:
        _draw_trend(table, sorted(cohorts, key=when), figures.resolve())
    _write_table(table, form, output, "trend")


def _draw_trend(table: pd.DataFrame, cohorts: Sequence, folder: Path) -> None:
    from careersurvey.presentation import changes, exhibits, labels
    from careersurvey.presentation.figures.charts import plot_trend

    page = exhibits.Page(labels.credit(cohorts[-1]), folder)
    others = [labels.credit(cohort) for cohort in cohorts[:-1]]
    rows = labels.name_rows(table, cohorts[-1])
    said = changes.describe_trend(rows)
    exhibits.show_figure(page, "trend", plot_trend, rows, alt=said, others=others)


@_command("to-r example-2026 --output for-r")
@_cohort
@click.option("--output", type=_FILE, required=True, help="A new folder.")
@_limit
def to_r(cohort: str, output: Path) -> None:
    """Write coded answers, and a script that estimates in R."""
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.to_r import to_r

    made = to_r(load_cohort(cohort), output)
    _say(f"Wrote {made}: run `Rscript estimates.R` there.")


@_command("new data/my-2026 --from export.xlsx")
@click.argument("folder", type=_FILE, metavar="DIR")
@click.option("--from", "export", type=_FILE, help="An export of answers to propose from.")
@click.option("--questionnaire", is_flag=True, help="Write the codebook's questions to field.")
@click.option("--table", "tables", multiple=True, help="With --questionnaire: ask these alone.")
@click.option("--sheet", help="The sheet of a workbook.")
@click.option("--header-rows", type=click.IntRange(1, 20), help="Rows that the header has.")
@click.option("--skip-rows", type=click.IntRange(0), help="Rows above the header.")
@click.option("--key", type=_FILE, help="The file with the labels of the codes.")
@_limit
def new(
    folder: Path,
    export: Path | None,
    questionnaire: bool,
    tables: tuple[str, ...],
    **corrections: Any,
) -> None:
    """Write a cohort folder to fill in; again on a folder, read its export anew.

    Exports of Qualtrics, SurveyMonkey, Jisc Online Surveys, Microsoft Forms, Google Forms, REDCap,
    LimeSurvey, KoboToolbox, ODK, SurveyCTO, SPSS and Stata are known by their headers; any other
    table is read as it stands.
    """
    from careersurvey.evidence.scaffold.folder import Corrections, new_cohort

    said = Corrections(**corrections)
    if questionnaire:
        from careersurvey.presentation.questionnaire import new_questionnaire

        _say(new_questionnaire(folder, tables))
        return
    _say(new_cohort(folder, export, said))


@_command("scan report.md --output data/their-2024")
@click.argument("report", type=_FILE)
@click.option("--output", type=_FILE, required=True, help="A new folder, or a draft to add to.")
def scan(report: Path, output: Path) -> None:
    """Draft a cohort from a printed report: Markdown, text or PDF."""
    from careersurvey.evidence.printed import scan as scanning
    from careersurvey.presentation.marked import write_marked

    draft = scanning.scan(report)
    added, stood = scanning.write_draft(draft, output)
    page = write_marked(draft, output)
    _say(f"{added:,} phrases to decide were added and {stood:,} stood.")
    _say(f"  next      judge them in {page}, then decide them in reported.csv")


@_command("report example-2026 --baseline ofsted-2013")
@_cohort
@click.option("--baseline", type=_Cohort(), help="The cohort to compare it with.")
@_indicators
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks run side by side.")
@_limit
def report(cohort: str, **asked: Any) -> None:
    """Make the figures and the report of a cohort."""
    from careersurvey.presentation.report import report

    report(cohort, **asked)


@_command("verify ofsted-2013")
@_argument("cohort", default="ofsted-2013")
@click.option("--baseline", type=_Cohort(), help="The cohort that its report compares it with.")
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks run side by side.")
@_table_output
@_limit
def verify(cohort: str, form: str | None, output: Path | None, **made: Any) -> int:
    """Make every exhibit again, and compare it with the one that is published."""
    from careersurvey.presentation.verify import recomputed, verify

    table = verify(cohort, **made)
    _write_table(table, form, output, "exhibits")
    same = int((table["verdict"] == "same").sum())
    _say(f"{same} of {len(table)} files are the same bytes. {recomputed(cohort)}".strip())
    return int(same < len(table))


@_command("start my-survey")
@click.argument("folder", type=_FILE, metavar="DIR")
def start(folder: Path) -> None:
    """Lay a project of one's own: data, notebooks, an example to begin from."""
    from careersurvey.evidence.project import start_project

    _say(start_project(folder))


def _write_table(table: pd.DataFrame, form: str | None, output: Path | None, name: str) -> None:
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
