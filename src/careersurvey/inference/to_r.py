"""The way on to R: coded answers, and a script of R's survey that prints our estimates."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
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
    design, frame = answers.design, _with_linked(answers)
    frame.to_csv(folder / f"{answers.name}.csv", index=False)
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    lines = [f"d <- read({_text(answers.name)}, {_vector(numbers)})"]
    lines += _design(answers.name, design) + _moved(answers.name, design)
    lines += [f"{_name(answers.name)}$fixed_df <- {design.df!r}"] if design.df else []
    given = opened(answers.frame), answers.variables, answers.design, answers.lookups, cohort.id
    questions = ask(Table(*given), answers.indicators)
    return "\n".join([*lines, *(row for one in questions for row in _rows(answers.name, one))])


def _with_linked(answers: Answers) -> pd.DataFrame:
    """Answers as a table, with the variables of linked tables that filters or weights ask for."""
    frame = answers.frame.df()
    wanted = {name for each in answers.indicators for name, _ in each.among.terms}
    wanted |= set(weighting_variables(answers.design)[0])
    for key, other in answers.lookups.values():
        found = [name for name in other.columns if name in wanted - set(frame)]
        if found:
            frame = frame.merge(other.df()[[key, *found]], on=key, how="left")
    return frame


def _design(table: str, design: DesignSettings) -> list[str]:
    """The design in R's words; units of a stage are named within those of the stage before."""
    if design.replicate_weights:
        return [*_response(design), _given_replicates(table, design)]
    stages = stages_of(design)
    strata, clusters = design.strata[:stages], design.clusters[:stages]
    above = strata[:1] if design.nest else ()
    lines, ids = [], []
    for number in range(max(stages, len(clusters))):
        names = (*above, *clusters[: number + 1])
        rows = "seq_len(nrow(d))" if number >= len(clusters) else ""
        parts = ", ".join([*(f"d${_name(name)}" for name in names), *([rows] if rows else [])])
        lines.append(f'd$unit_{number} <- paste({parts}, sep = "/")')
        ids.append(f"unit_{number}")
    sizes = []
    for number, size in enumerate(design.population[:stages]):
        value = f"d${_name(size)}" if isinstance(size, str) else repr(size)
        lines.append(f"d$size_{number} <- {value}")
        sizes.append(f"size_{number}")
    given = [f"ids = ~{' + '.join(ids)}"]
    given += [f"strata = ~{' + '.join(map(_name, strata))}"] if strata else []
    given += [f"fpc = ~{' + '.join(sizes)}"] if sizes else []
    lines.append(f"options(survey.lonely.psu = {_text(design.lonely_psu)})")
    own = [] if design.weight or sizes else ["weights = rep(1, nrow(d))"]
    if design.response and not design.weight:
        lines.append(f"d${_OWN} <- weights(svydesign({', '.join(given + own)}, data = d))")
    weight = design.weight or (_OWN if design.response else "")
    lines += _response(design)
    given += [f"weights = ~{_name(weight)}"] if weight else own
    lines.append(f"{_name(table)} <- svydesign({', '.join(given)}, data = d)")
    if design.replicate_method:
        made = f"type = {_text(design.replicate_method)}, mse = {_logical(design.mse)}"
        lines.append(f"drawn <- {_name(table)}")
        lines.append(f"{_name(table)} <- as.svrepdesign(drawn, {made})")
        lines.append(f"{_name(table)}$drawn <- drawn")
    return lines


def _response(design: DesignSettings) -> list[str]:
    """Weights, and those of replicates, before they are moved to totals: up to those invited."""
    if not design.response:
        return []
    classes = f"d${_name(design.response.classes)}"
    invited = ", ".join(f"{_name(k)} = {v!r}" for k, v in design.response.by_class.items())
    weight = f"d${_name(design.weight or _OWN)}"
    lines = [f"up <- as.vector(c({invited})[{classes}] / table({classes})[{classes}])"]
    lines.append(f"{weight} <- {weight} * up")
    if design.replicate_weights:
        lines.append(f"d[{_columns(design)}] <- d[{_columns(design)}] * up")
    return lines


def _moved(table: str, design: DesignSettings) -> list[str]:
    """Weights trimmed, and moved to known totals, of a design that is laid out."""
    name, lines = _name(table), []
    if design.trim:
        low, high = design.trim
        lines.append('if (packageVersion("survey") < "4.5") stop("trimWeights needs survey 4.5")')
        lines.append(f"{name} <- trimWeights({name}, {high!r}, {low!r}, strict = TRUE)")
    if not design.calibrate:
        return lines
    categories, numbers = design.calibrate.of_categories, design.calibrate.of_numbers
    for variable, known in categories.items():
        column = f"{name}$variables${_name(variable)}"
        lines.append(f"{column} <- factor({column}, levels = {_vector(list(known))})")
    totals = [sum(known.values()) for known in categories.values()][:1]
    totals += [one for known in categories.values() for one in list(known.values())[1:]]
    totals += numbers.values()
    formula = " + ".join(map(_name, (*categories, *numbers))) + ("" if categories else " - 1")
    given = [name, f"~{formula}", _vector([float(one) for one in totals])]
    kinds = {"rake": "raking", "logit": "logit"}
    method = design.calibrate.method or ("linear" if numbers else "rake")
    given.append(f'calfun = "{kinds.get(method, "linear")}"')
    given += [f"bounds = {_vector(design.calibrate.bounds)}"] if design.calibrate.bounds else []
    given.append("epsilon = 1e-12, maxit = 200, compress = FALSE")
    lines.append(f"{name} <- calibrate({', '.join(given)})")
    return lines


def _columns(design: DesignSettings) -> str:
    """The columns of given replicate weights, in R's words."""
    patterns = "|".join(
        one.replace(".", "[.]").replace("*", ".*") for one in design.replicate_weights
    )
    return f'grep("^({patterns})$", names(d))'


def _given_replicates(table: str, design: DesignSettings) -> str:
    given = [f"weights = ~{_name(design.weight)}", f"type = {_text(design.replicate_method)}"]
    given += [f"repweights = d[{_columns(design)}]", "combined.weights = TRUE"]
    given += [f"scale = {design.scale!r}"] if design.scale is not None else []
    given += [f"rscales = {_vector(design.rscales)}"] if design.rscales else []
    given += [f"rho = {design.fay_rho!r}"] if design.fay_rho is not None else []
    return (
        f"{_name(table)} <- svrepdesign({', '.join(given)}, mse = {_logical(design.mse)}, data = d)"
    )


def _rows(table: str, question: Question) -> Iterator[str]:
    """A line of R for each row of an indicator."""
    names, measure = [_name(one) for one in question.variables], question.measure
    base = " & ".join([_base(question, names), *map(_term, question.indicator.among.terms)])
    if measure == "multiple":
        asked = [f'{name} %in% "yes"' for name in names]
    elif measure == "share":
        asked = [f"{names[0]} %in% {_text(one)}" for one in question.categories]
    else:
        asked = [names[0]] * len(question.categories)
    kind = "quantile" if measure in ("median", "quantile") else measure
    for category, y in zip(question.categories, asked, strict=True):
        about = ", ".join(map(_text, (question.indicator.id, category, kind)))
        more = f", below = {names[1]}" if measure == "ratio" else ""
        more += f", probability = {category or 0.5}" if kind == "quantile" else ""
        yield f"estimate({_name(table)}, {about}, {y}, {base}{more})"


def _base(question: Question, names: Sequence[str]) -> str:
    """Who is in the base, before the filter."""
    if not question.is_share:
        return " & ".join(f"is.finite({name})" for name in names)
    if question.indicator.base == "all":
        return "TRUE"
    if question.indicator.base == "asked":
        return "(" + " | ".join(f"!is.na({name})" for name in names) + ")"
    return "(" + " | ".join(f"{name} %in% {_vector(question.answers)}" for name in names) + ")"


def _term(term: tuple[str, tuple[str, ...]]) -> str:
    return f"{_name(term[0])} %in% {_vector(term[1])}"


def _name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _vector(values: Sequence[str] | Sequence[float]) -> str:
    return f"c({', '.join(_text(one) if isinstance(one, str) else repr(one) for one in values)})"


def _logical(value: bool) -> str:
    return "TRUE" if value else "FALSE"


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
