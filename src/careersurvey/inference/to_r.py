"""The way on to R: coded answers, and a script of R's survey that prints our estimates."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import Answers, read_answers
from careersurvey.inference.survey.design import stages_of
from careersurvey.inference.survey.questions import Question, Table, ask, opened
from careersurvey.inference.survey.weighting import weighting_variables

_OWN = "weight_by_design"  # weights that follow from the populations, where there is no column


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
    _require_answers(cohort, folder)
    ours = estimate(cohort, min_base=0)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        tables = [_table(cohort, answers, beside) for answers in read_answers(cohort)]
        columns = ["indicator", "category", "base_n", "estimate", "std_error"]
        ours[ours["base_n"] > 0][columns].to_csv(beside / "estimates.csv", index=False)
        script = Path(__file__).with_suffix(".R").read_text(encoding="utf-8")
        script = script.replace("TITLE", cohort.id).replace("# TABLES", "\n\n".join(tables))
        (beside / "estimates.R").write_text(script, encoding="utf-8")
        beside.chmod(0o755)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _table(cohort: Cohort, answers: Answers, folder: Path) -> str:
    """Write one table, and say in R how it is read, designed and estimated from."""
    design, frame, name = answers.design, _with_linked(answers), _name(answers.name)
    frame.to_csv(folder / f"{answers.name}.csv", index=False)
    numbers = [column for column in frame if pd.api.types.is_numeric_dtype(frame[column])]
    lines = [f"d <- read({_r(answers.name)}, {_r(numbers)})"]
    lines += _replicated(name, design) if design.replicate_weights else _designed(name, design)
    lines += _moved(name, design)
    lines += [f"{name}$fixed_df <- {design.df!r}"] if design.df else []
    given = opened(answers.frame), answers.variables, answers.design, answers.lookups, cohort.id
    questions = ask(Table(*given), answers.indicators)
    return "\n".join([*lines, *(row for one in questions for row in _rows(name, one))])


def _with_linked(answers: Answers) -> pd.DataFrame:
    """Answers as a table, with the variables of linked tables that filters or weights ask for."""
    frame = answers.frame.df()
    wanted = {name for each in answers.indicators for name, _ in each.among.terms}
    wanted |= set(weighting_variables(answers.design)[0])
    for key, other in answers.lookups.values():
        found = [name for name in other.columns if name in wanted - set(frame)]
        frame = frame.merge(other.df()[[key, *found]], on=key, how="left") if found else frame
    return frame


def _designed(name: str, design: DesignSettings) -> list[str]:
    """The design in R's words; units of a stage are named within those of the stage before."""
    stages = stages_of(design)
    strata, clusters = design.strata[:stages], design.clusters[:stages]
    sizes, above = design.population[:stages], strata[:1] if design.nest else ()
    lines, units = [], range(max(stages, len(clusters)))
    for n in units:
        parts = [f"d${_name(one)}" for one in (*above, *clusters[: n + 1])]
        parts += ["seq_len(nrow(d))"] if n >= len(clusters) else []
        lines.append(f'd$unit_{n} <- paste({", ".join(parts)}, sep = "/")')
    for n, size in enumerate(sizes):
        lines.append(f"d$size_{n} <- {f'd${_name(size)}' if isinstance(size, str) else repr(size)}")
    given = {
        "ids": _formula(f"unit_{n}" for n in units),
        "strata": _formula(map(_name, strata)),
        "fpc": _formula(f"size_{n}" for n in range(len(sizes))),
    }
    lines.append(f"options(survey.lonely.psu = {_r(design.lonely_psu)})")
    own = "" if design.weight or sizes else "rep(1, nrow(d))"
    if design.response and not design.weight:
        lines.append(f"d${_OWN} <- weights({_call('svydesign', **given, weights=own, data='d')})")
    weight = design.weight or (_OWN if design.response else "")
    given["weights"] = f"~{_name(weight)}" if weight else own
    lines += [*_response(design), f"{name} <- {_call('svydesign', **given, data='d')}"]
    if design.replicate_method:
        made = _call(
            "as.svrepdesign", "drawn", type=_r(design.replicate_method), mse=_r(design.mse)
        )
        lines += [f"drawn <- {name}", f"{name} <- {made}", f"{name}$drawn <- drawn"]
    return lines


def _replicated(name: str, design: DesignSettings) -> list[str]:
    """A design of replicate weights that are given."""
    made = _call(
        "svrepdesign",
        weights=f"~{_name(design.weight)}",
        type=_r(design.replicate_method),
        repweights=f"d[{_columns(design)}]",
        **{"combined.weights": "TRUE"},
        scale="" if design.scale is None else repr(design.scale),
        rscales=_r(design.rscales) if design.rscales else "",
        rho="" if design.fay_rho is None else repr(design.fay_rho),
        mse=_r(design.mse),
        data="d",
    )
    return [*_response(design), f"{name} <- {made}"]


def _columns(design: DesignSettings) -> str:
    """The columns of given replicate weights, in R's words."""
    patterns = "|".join(design.replicate_weights).replace(".", "[.]").replace("*", ".*")
    return f'grep("^({patterns})$", names(d))'


def _response(design: DesignSettings) -> list[str]:
    """Weights, and those of replicates, before they are moved to totals: up to those invited."""
    if not design.response:
        return []
    classes = f"d${_name(design.response.classes)}"
    invited = _call("c", **{_name(k): repr(v) for k, v in design.response.by_class.items()})
    moved = [f"d${_name(design.weight or _OWN)}"]
    moved += [f"d[{_columns(design)}]"] if design.replicate_weights else []
    up = f"up <- as.vector({invited}[{classes}] / table({classes})[{classes}])"
    return [up, *(f"{weight} <- {weight} * up" for weight in moved)]


def _moved(name: str, design: DesignSettings) -> list[str]:
    """Weights trimmed, and moved to known totals, of a design that is laid out."""
    lines = []
    if design.trim:
        low, high = design.trim
        lines.append('if (packageVersion("survey") < "4.5") stop("trimWeights needs survey 4.5")')
        lines.append(f"{name} <- trimWeights({name}, {high!r}, {low!r}, strict = TRUE)")
    if not design.calibrate:
        return lines
    categories, numbers = design.calibrate.of_categories, design.calibrate.of_numbers
    for variable, known in categories.items():
        column = f"{name}$variables${_name(variable)}"
        lines.append(f"{column} <- factor({column}, levels = {_r([*known])})")
    totals = [sum(known.values()) for known in categories.values()][:1]
    totals += [one for known in categories.values() for one in [*known.values()][1:]]
    formula = _formula(map(_name, (*categories, *numbers))) + ("" if categories else " - 1")
    method = design.calibrate.method or ("linear" if numbers else "rake")
    calibrated = _call(
        *("calibrate", name, formula, _r([float(one) for one in (*totals, *numbers.values())])),
        calfun=_r({"rake": "raking", "logit": "logit"}.get(method, "linear")),
        bounds=_r(design.calibrate.bounds) if design.calibrate.bounds else "",
        **{"epsilon": "1e-12", "maxit": "200", "compress": "FALSE"},
    )
    return [*lines, f"{name} <- {calibrated}"]


def _rows(table: str, question: Question) -> Iterator[str]:
    """A line of R for each row of an indicator."""
    names, measure = [_name(one) for one in question.variables], question.measure
    terms = [f"{_name(name)} %in% {_r(values)}" for name, values in question.indicator.among.terms]
    base = " & ".join([_base(question, names), *terms])
    kind = "quantile" if measure in ("median", "quantile") else measure
    for place, category in enumerate(question.categories):
        y = names[place if measure == "multiple" else 0]
        if question.is_share:
            y += f" %in% {_r('yes' if measure == 'multiple' else category)}"
        about = (_r(question.indicator.id), _r(category), _r(kind), y, base)
        below = names[1] if measure == "ratio" else ""
        part = str(category or 0.5) if kind == "quantile" else ""
        yield _call("estimate", table, *about, below=below, probability=part)


def _base(question: Question, names: Sequence[str]) -> str:
    """Who is in the base, before the filter."""
    if not question.is_share:
        return " & ".join(f"is.finite({name})" for name in names)
    if question.indicator.base == "all":
        return "TRUE"
    if question.indicator.base == "asked":
        return "(" + " | ".join(f"!is.na({name})" for name in names) + ")"
    return "(" + " | ".join(f"{name} %in% {_r(question.answers)}" for name in names) + ")"


# ---- R's own words ------------------------------------------------------------------------------


def _call(function: str, *values: str, **named: str) -> str:
    """A call of a function; what is named and empty is left out."""
    given = [*values, *(f"{name} = {value}" for name, value in named.items() if value)]
    return f"{function}({', '.join(given)})"


def _formula(names: Iterable[str]) -> str:
    terms = " + ".join(names)
    return f"~{terms}" if terms else ""


def _name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _r(value: object) -> str:
    """A text, a truth, a number or a list of them."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list | tuple):
        return f"c({', '.join(map(_r, value))})"
    return repr(value).upper() if isinstance(value, bool) else repr(value)


def _require_answers(cohort: Cohort, folder: Path) -> None:
    if cohort.evidence != "respondents":
        raise QuestionError(
            f"{cohort.id}: there are no answers to hand to R.",
            found="printed figures",
            expected="a cohort of respondents",
        )
    drawn = [
        name
        for name, table in cohort.settings.tables.items()
        if table.design.replicate_method == "bootstrap" and not table.design.replicate_weights
    ]
    if drawn:
        raise QuestionError(
            f"{cohort.id}: R cannot repeat replicates that were drawn here at random.",
            found=f'replicate_method = "bootstrap" of {", ".join(drawn)}',
            do="leave replicate_method out, or give the replicate weights as columns",
        )
    if folder.exists():
        raise QuestionError(
            f"{folder} exists already.",
            found="a folder that might hold other work",
            expected="a new folder",
            do="name another folder for --output",
        )
