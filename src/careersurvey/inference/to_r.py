"""The way on to R: coded answers, and a script of R's survey that prints our estimates."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import Answers, read_answers
from careersurvey.inference.survey.design import of_stages, stages_of
from careersurvey.inference.survey.questions import Table, ask, opened
from careersurvey.inference.survey.weighting import weighting_variables


def to_r(cohort: Cohort | str | Path, output: str | Path) -> Path:
    """Write a cohort's coded answers, its estimates and a script that repeats them in R.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort of respondents, its folder, or the id of one that is shipped.
    output : str or Path
        A folder that is not there yet.

    Returns
    -------
    Path
        The folder: ``estimates.R``, ``estimates.csv`` and a CSV a table. The script needs R's
        survey package, prints both sets of estimates and stops where they differ by more than
        1e-9 of themselves.

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be.
    QuestionError
        If the cohort is printed figures, its replicates are drawn at random, or the folder exists.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.to_r("example-2026", "for-r")  # doctest: +SKIP
    """
    cohort = load_cohort(cohort)
    folder = Path(output).expanduser()
    _require_repeatable(cohort, folder)
    ours = estimate(cohort, min_base=0)
    columns = ["indicator", "category", "base_n", "estimate", "std_error"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        tables = [_written(cohort, answers, beside) for answers in read_answers(cohort)]
        ours.loc[ours["base_n"] > 0, columns].to_csv(beside / "estimates.csv", index=False)
        script = _template().render(cohort=cohort.id, tables=tables)
        (beside / "estimates.R").write_text(script, encoding="utf-8")
        beside.chmod(0o755)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _written(cohort: Cohort, answers: Answers, folder: Path) -> Mapping[str, Any]:
    """Write one table, and say what the script needs to know of it."""
    frame, design = _with_linked(answers), answers.design
    frame.to_csv(folder / f"{answers.name}.csv", index=False)
    given = opened(answers.frame), answers.variables, design, answers.lookups, cohort.id
    table, patterns = Table(*given), "|".join(design.replicate_weights)
    about = {
        "name": answers.name,
        "numbers": [one for one in frame if pd.api.types.is_numeric_dtype(frame[one])],
        "design": of_stages(design, table),
        "stages": stages_of(design),
        "replicates": f"^({patterns.replace('.', '[.]').replace('*', '.*')})$",
        "questions": ask(table, answers.indicators),
    }
    if not design.calibrate:
        return about
    known, numbers = design.calibrate.of_categories.values(), design.calibrate.of_numbers
    totals = [sum(one.values()) for one in known][:1]  # everyone, then all but first categories
    totals += [size for one in known for size in [*one.values()][1:]] + [*numbers.values()]
    method = design.calibrate.method or ("linear" if numbers else "rake")
    calfun = {"rake": "raking", "logit": "logit"}.get(method, "linear")
    return about | {"totals": [float(one) for one in totals], "method": calfun}


def _with_linked(answers: Answers) -> pd.DataFrame:
    """Answers as a table, with the variables of linked tables that filters or weights ask for."""
    frame = answers.frame.df()
    wanted = {name for each in answers.indicators for name, _ in each.among.terms}
    wanted |= set(weighting_variables(answers.design)[0])
    for key, other in answers.lookups.values():
        found = [name for name in other.columns if name in wanted - set(frame)]
        frame = frame.merge(other.df()[[key, *found]], on=key, how="left") if found else frame
    return frame


def _template() -> jinja2.Template:
    """The script, with R's own ways of writing a name, a value and a named vector."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    scripts = jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True)
    scripts.keep_trailing_newline = True
    scripts.filters |= {"r": _value, "name": _name, "named": _named}
    return scripts.get_template("to_r.R.j2")


def _name(name: str) -> str:
    return "`{}`".format(name.replace("\\", "\\\\").replace("`", "\\`"))


def _value(value: object) -> str:
    """A text, a truth, a number or a list of them."""
    if isinstance(value, str):
        return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))
    if isinstance(value, list | tuple):
        return f"c({', '.join(map(_value, value))})"
    return repr(value).upper() if isinstance(value, bool) else repr(value)


def _named(values: Mapping[str, float]) -> str:
    return f"c({', '.join(f'{_name(key)} = {value!r}' for key, value in values.items())})"


def _require_repeatable(cohort: Cohort, folder: Path) -> None:
    """Refuse what R cannot be given, and a folder that might hold other work."""
    if cohort.evidence != "respondents":
        what = f"{cohort.id}: there are no answers to hand to R."
        raise QuestionError(what, found="printed figures", expected="a cohort of respondents")
    designs = {name: table.design for name, table in cohort.settings.tables.items()}
    for name, design in designs.items():
        if design.replicate_method == "bootstrap" and not design.replicate_weights:
            raise QuestionError(
                f"{cohort.id}: R cannot repeat replicates that were drawn here at random.",
                found=f'replicate_method = "bootstrap" of {name}',
                do="leave replicate_method out, or give the replicate weights as columns",
            )
    if folder.exists():
        raise QuestionError(
            f"{folder} exists already.",
            expected="a new folder",
            do="name another folder for --output",
        )
