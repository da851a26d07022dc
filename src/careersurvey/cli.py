"""The commands: words in, one call of the library, a table or a message out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from careersurvey.errors import SurveyError

if TYPE_CHECKING:
    import pandas as pd

    from careersurvey.evidence.cohort import Cohort

_INTERVALS = ("wilson", "beta", "jeffreys", "agresti_coull", "logit", "mean")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for what a person can mend, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
    except SurveyError as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("Stopped; what stood before stands.", file=sys.stderr)
        return 1
    return status or 0


class _Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and points to its help."""

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n  do        {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="careersurvey", description="Surveys of careers guidance, as estimates.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands)
    _add_estimate(commands)
    _add_audit(commands)
    _add_bounds(commands)
    _add_draw(commands)
    _add_compare(commands)
    _add_trend(commands)
    _add_to_r(commands)
    _add_new(commands)
    _add_report(commands)
    return parser


def _command(commands: argparse._SubParsersAction, name: str, does: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")


def _add_check(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "check", "say what is amiss in a cohort's files")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--source", type=Path, metavar="TEXT", help="the report's text")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from careersurvey.evidence import checks
    from careersurvey.evidence.cohort import load_cohort

    found = checks.screen(load_cohort(options.cohort), source=options.source)
    write = checks.as_json if options.format == "json" else checks.as_text
    print(write(found))
    return 0 if all(check.passed for check in found) else 1


def _add_estimate(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "estimate", "write the table of estimates of a cohort")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--indicator", action="append", default=[], metavar="ID")
    parser.add_argument("--by", action="append", default=[], metavar="VARIABLE")
    parser.add_argument("--level", type=_level, default=0.95, metavar="0.95")
    parser.add_argument("--interval", choices=_INTERVALS, metavar="METHOD")
    parser.add_argument("--readings", type=Path, metavar="FILE", help="what words mean as numbers")
    parser.add_argument("--min-base", type=_whole, metavar="N", help="least base that is shown")
    _add_output(parser)
    parser.set_defaults(run=_estimate)


def _estimate(options: argparse.Namespace) -> None:
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.estimates import estimate
    from careersurvey.presentation.labels import credit

    cohort = load_cohort(options.cohort)
    table = estimate(
        cohort,
        indicators=options.indicator,
        by=options.by,
        level=options.level,
        interval=options.interval,
        readings=options.readings,
        min_base=options.min_base,
    )
    _write(table, options)
    print(credit(cohort).caution, file=sys.stderr)


def _add_audit(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "audit", "hold the printed figures against each other")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--readings", type=Path, metavar="FILE", help="what words mean as numbers")
    _add_without(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> None:
    import json

    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.audit import audit, format_audit

    cohort = load_cohort(options.cohort)
    found = audit(cohort, readings=options.readings, without=options.without)
    as_json = options.format == "json"
    print(json.dumps(found, indent=2, ensure_ascii=False) if as_json else format_audit(found))


def _add_bounds(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "bounds", "find the least and greatest value of an unprinted count")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument(
        "--count", required=True, metavar='"A=a & B=b"', help="indicator=category, joined by &"
    )
    _add_without(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_bounds)


def _bounds(options: argparse.Namespace) -> None:
    import json

    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.bounds import bounds, format_bound

    found = bounds(load_cohort(options.cohort), options.count, without=options.without)
    print(json.dumps(found.as_dict()) if options.format == "json" else format_bound(found))


def _add_draw(commands: argparse._SubParsersAction) -> None:
    parser = _command(
        commands, "draw", "write synthetic tables that agree with the printed figures"
    )
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--seed", type=_whole, required=True, metavar="N")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    _add_without(parser)
    parser.set_defaults(run=_draw)


def _draw(options: argparse.Namespace) -> None:
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.record.draw import draw

    cohort = load_cohort(options.cohort)
    made = draw(cohort, seed=options.seed, output=options.output, without=options.without)
    print(
        f"Wrote {made}: synthetic, and what it may not be used for is in its README.md.",
        file=sys.stderr,
    )


def _add_without(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--without", action="append", default=[], metavar="ID", help="a statement to leave out"
    )


def _add_compare(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "compare", "say which findings differ between two cohorts")
    parser.add_argument("baseline", metavar="BASELINE")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--indicator", action="append", default=[], metavar="ID")
    _add_output(parser)
    parser.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> None:
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.compare.compare import compare, rule, told

    cohorts = load_cohort(options.baseline), load_cohort(options.cohort)
    _write(told(compare(*cohorts, indicators=options.indicator)), options)
    print(rule(), file=sys.stderr)


def _add_trend(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "trend", "follow what two or more cohorts measure")
    parser.add_argument("cohorts", metavar="COHORT", nargs="+")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw trend.svg and .png there")
    _add_output(parser)
    parser.set_defaults(run=_trend)


def _trend(options: argparse.Namespace) -> None:
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.compare.trend import trend, when

    cohorts = [load_cohort(folder) for folder in options.cohorts]
    table = trend(cohorts)
    if options.figures:
        _draw_trend(table, sorted(cohorts, key=when), options.figures.resolve())
    _write(table, options)


def _draw_trend(table: pd.DataFrame, cohorts: Sequence[Cohort], folder: Path) -> None:
    from careersurvey.presentation import exhibits, figures_changes, labels, labels_changes

    page = exhibits.Page(labels.credit(cohorts[-1]), folder)
    others = [labels.credit(cohort) for cohort in cohorts[:-1]]
    rows = labels_changes.name_changes(table, cohorts[-1])
    said = labels_changes.describe_trend(rows)
    draw = figures_changes.plot_trend
    exhibits.show_figure(page, "trend", draw, rows, alt=said, others=others)


def _add_to_r(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "to-r", "write coded answers, and a script that estimates in R")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.set_defaults(run=_to_r)


def _to_r(options: argparse.Namespace) -> None:
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.to_r import to_r

    made = to_r(load_cohort(options.cohort), options.output)
    print(f"Wrote {made}: run `Rscript estimates.R` there.", file=sys.stderr)


def _add_new(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "new", "write a cohort folder to fill in")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--from", dest="export", type=Path, metavar="EXPORT")
    parser.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> None:
    from careersurvey.evidence.template import new_cohort

    print(new_cohort(options.folder, export=options.export), file=sys.stderr)


def _add_report(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "report", "make the figures and the report of a cohort")
    parser.add_argument("cohort", metavar="COHORT")
    parser.add_argument("--baseline", metavar="COHORT", help="the cohort to compare it with")
    parser.add_argument("--jobs", type=_whole, metavar="N", help="notebooks run side by side")
    parser.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> None:
    from careersurvey.presentation.report import run_report

    run_report(options.cohort, baseline=options.baseline, jobs=options.jobs)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("csv", "json"), default="csv")
    parser.add_argument("--output", type=Path, metavar="FILE", help=".csv, .json or .xlsx")


def _write(table: pd.DataFrame, options: argparse.Namespace) -> None:
    from careersurvey.presentation.exports import json_text, save_table
    from careersurvey.presentation.tables import csv_text

    if options.output:
        save_table(table, options.output)
        return
    sys.stdout.write(json_text(table) if options.format == "json" else csv_text(table))


def _level(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value
