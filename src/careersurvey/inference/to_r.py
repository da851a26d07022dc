"""The way on to R: coded answers, and a script of R's survey that prints our estimates."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.project import new_folder
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import read_answers
from careersurvey.inference.survey.design import settled
from careersurvey.inference.survey.questions import Table, ask
from careersurvey.inference.survey.variance import scales
from careersurvey.inference.survey.weighting import weighting_variables


def to_r(cohort: Cohort | str | Path, output: str | Path) -> Path:
    """Write a cohort's coded answers, its estimates and a script that repeats them in R.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort of respondents, its folder, or the id of one that is shipped.
    output : str or Path
        A folder that does not exist yet, or is empty.

    Returns
    -------
    Path
        The folder: ``estimates.R``, ``estimates.csv`` and a CSV a table. The script needs R's
        survey package, prints both sets of estimates and stops where they differ by more than
        1e-9 of themselves.

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be, or the folder holds something.
    QuestionError
        If the cohort is printed figures, or its replicates are drawn at random.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.to_r("example-2026", "for-r")  # doctest: +SKIP
    """
    cohort, target = load_cohort(cohort), Path(output).expanduser()
    _require_repeatable(cohort)
    with new_folder(target) as folder:
        ours = estimate(cohort, min_base=0).query("base_n > 0")
        columns = ["indicator", "category", "base_n", "estimate", "std_error"]
        ours.to_csv(folder / "estimates.csv", columns=columns, index=False)
        tables = [_written(answers, folder) for answers in read_answers(cohort)]
        rooms = jinja2.FileSystemLoader(Path(__file__).parent)
        scripts = jinja2.Environment(loader=rooms, trim_blocks=True, lstrip_blocks=True)
        scripts.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
        script = scripts.get_template("to_r.R.j2").render(cohort=cohort.id, tables=tables)
        (folder / "estimates.R").write_text(script + "\n", encoding="utf-8")
    return target


def _written(answers: Table, folder: Path) -> dict[str, object]:
    """Write one table, with what filters and weights ask of others; say what the script needs."""
    frame = answers.frame.to_native().df()
    wanted = {name for each in answers.indicators for name, _ in each.among.terms}
    wanted |= set(weighting_variables(answers.settings)[0])
    for key, other in answers.lookups.values():
        found = [name for name in other.columns if name in wanted - set(frame)]
        frame = frame.merge(other.df()[[key, *found]], on=key, how="left") if found else frame
    frame.to_csv(folder / f"{answers.name}.csv", index=False)
    design = settled(answers).settings
    given = len(design.replicate_weights)
    return {
        "name": answers.name,
        "numbers": [one for one in frame if pd.api.types.is_numeric_dtype(frame[one])],
        "design": design,
        "scales": scales(design, given).tolist() if given else [],
        "stages": answers.settings.stages,
        "questions": ask(answers),
    }


def _require_repeatable(cohort: Cohort) -> None:
    """Refuse what R cannot be given."""
    if cohort.evidence != "respondents":
        what = f"{cohort.id}: there are no answers to hand to R."
        raise QuestionError(what, found="printed figures", expected="a cohort of respondents")
    for name, table in cohort.settings.tables.items():
        if table.design.replicate_method == "bootstrap" and not table.design.replicate_weights:
            raise QuestionError(
                f"{cohort.id}: R cannot repeat replicates that were drawn here at random.",
                found=f'replicate_method = "bootstrap" of {name}',
                do="leave replicate_method out, or give the replicate weights as columns",
            )
