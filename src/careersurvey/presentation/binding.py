"""What is made of executed notebooks: exhibits in one folder, the documents, the page."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.evidence.checks.check import Check, as_table
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.text import so_many
from careersurvey.inference.columns import SYMBOLS
from careersurvey.inference.publishing import Published
from careersurvey.presentation import (
    breakdowns,
    conflicts,
    documents,
    exhibits,
    labels,
    outputs,
    page,
    prose,
    published,
    summary,
    tables,
    titles,
    trail,
    words,
)
from careersurvey.presentation.notebooks import Job, Notebook
from careersurvey.presentation.standing import OF_VERDICT


def bind(cohort: Cohort, job: Job, checks: list[Check], revision: str) -> pd.DataFrame:
    """Bind what a job's notebooks made into exhibits, documents and one page, in its folder."""
    folder, credit = job.made, conflicts.dated_credit(cohort)
    gathered = gather(folder, job.books)
    speaking = set(gathered["notebook"])
    executed = [folder / "notebooks" / f"{b.name}.ipynb" for b in job.books if b.name in speaking]
    decided = published.decision(cohort, folder)
    checked = as_table(decided.tell(checks) if decided else checks)
    defaults = {name: was for one in job.books for name, was in one.parameters.items()}
    values = defaults | {name: repr(value) for name, value in job.given.items()}
    parameters = pd.DataFrame(sorted(values.items()), columns=["parameter", "value"])
    with_what = pd.DataFrame(_versions(revision).items(), columns=["what", "which"])
    sections = page.read_sections(executed)
    bound = page.render(
        sections,
        trail.entries(cohort, folder),
        documents=_documents(credit, cohort, folder, gathered, sections, values.get("level")),
        fieldwork=credit.when_where,
        rules=len(checked),
        holding=int(checked["holds"].sum()),
        checks=tables.html_table(checked, "Every rule and what was found"),
        exhibits=tables.html_table(
            gathered[["file", "notebook", "sha256"]], "Every file of an exhibit, with its notebook"
        ),
        given=tables.html_table(parameters, "What the notebooks were given"),
        made=tables.html_table(with_what, "What it was made with"),
        **_about(cohort, job.shown, decided, folder),
    )
    (folder / "report.html").write_text(bound, encoding="utf-8")
    return gathered


def _about(
    cohort: Cohort, shown: Collection[str], decided: Published | None, folder: Path
) -> dict[str, Any]:
    """What a page says of its cohort, and of what of it is shown."""
    printed, figures = cohort.evidence == "reported", trail.figures(folder)
    tested, read = (figures["stands"] != "stated").sum(), words.places(cohort.reported["where"])
    clash = figures["stands"].isin([one.name for one in OF_VERDICT.values()]).sum()
    checked = f"{tested} of {len(figures)}; {clash} are contradicted or in doubt"
    mark = "INVENTED DATA: {}" if cohort.synthetic else "{}: an independent re-analysis"
    named = [f"“{cohort.indicators[name].label}”" for name in shown if name in cohort.indicators]
    return {
        "about": cohort.about,
        "title": (mark if printed or cohort.synthetic else "{}").format(_title(cohort)),
        "figures": so_many(len(figures), "figure"),
        "checked": checked if tested else "",
        "read": "" if ";" in read else read,  # places of one kind, as of a part that was read
        "printed": printed,
        "undecided": cohort.undecided,
        "came_in": labels.came_in(labels.units_by_selection(cohort)),
        "shown": words.listed(named or shown),
        "readings": _readings() if printed else "",
        "withheld": decided and breakdowns.say_left_out(cohort, decided.left_out),
        "narrowest": decided and decided.narrowest,
        "symbols": SYMBOLS if decided else {},
    }


def gather(folder: Path, books: list[Notebook]) -> pd.DataFrame:
    """Put the exhibits of all notebooks into one folder; list them, a row a file."""
    rows: list[list[str]] = []
    owners: dict[str, str] = {}
    for book in books:
        made = folder / "figures" / book.name
        files = exhibits.files_of(folder / "notebooks" / f"{book.name}.ipynb")
        said = {file["name"]: file for file in files}
        for path in sorted(made.iterdir()):
            if owners.setdefault(path.name, book.name) != book.name:
                raise ReportError(
                    f"{book.name}: it writes a file that {owners[path.name]} writes too.",
                    found=path.name,
                    expected="a name of its own for every exhibit",
                    where="notebooks/",
                    do="rename one of the two",
                )
            file = said.get(path.stem, {"title": path.stem, "words": ""})
            known = [path.stem, book.name, path.name, outputs.checksum(path)]
            rows.append([*known, file["title"], file["words"]])
            path.rename(folder / "figures" / path.name)
        made.rmdir()
    columns = ["exhibit", "notebook", "file", "sha256", "title", "words"]
    return pd.DataFrame(rows, columns=columns)


def _pictures(
    gathered: pd.DataFrame, folder: Path, sections: list[page.Section]
) -> list[documents.Picture]:
    """The pictures of the briefing, each page's first: of what changed before what was found."""
    said = dict(zip(gathered["exhibit"], gathered["words"], strict=True))
    numbers = page.numbers(sections)
    changed = any(one.part == "changes" for one in sections)
    parts = ("changes", "summary", "findings") if changed else ("findings",)
    leading = [one for part in parts for one in sections if one.part == part]
    first = [next(iter(page.numbers([one])), "") for one in leading]
    return [
        (folder / "figures" / f"{name}.png", said[name], f"Figure {numbers[name]} of the page")
        for name in first
        if name
    ]


def _documents(
    credit: labels.Credit,
    cohort: Cohort,
    folder: Path,
    gathered: pd.DataFrame,
    sections: list[page.Section],
    level: str | None,
) -> list[tuple[str, str, str]]:
    """Write briefing and workbook; return what there is beside the page, with its file."""
    figures = folder / "figures"
    sheets = [
        documents.Table(one.exhibit, one.title, one.notebook, tables.read_saved(figures / one.file))
        for one in gathered[gathered["file"].str.endswith(".csv")].itertuples()
    ]
    cover = {
        "title": _title(cohort),
        "Source": credit.source,
        "When and where": credit.when_where,
        "Caution": " ".join([*_warnings(cohort), credit.caution]),
    }
    (folder / "tables.xlsx").write_bytes(documents.workbook(cover, _NOTES, sheets))
    written = [
        ("Tables", "tables.xlsx", "Excel"),
        ("Figures and data", "figures/", "SVG, PNG, CSV"),
    ]
    rows = {one.name: one.rows for one in sheets}
    told, cards = (rows.get(name, pd.DataFrame()) for name in ("00-summary", "08-conflicts"))
    if "sentence" in told:
        each = cards.astype("object").fillna("").to_dict("records")
        widely = [bool(one["widely"]) for one in each if one["verdict"] == "tension"]
        clashes = summary.say_clashes(each), summary.say_fitting(widely)
        said = [*prose.to_paste(told)[:8], *filter(None, [" ".join(clashes).strip()])]
        means = prose.key_to(said, level=float(level) if level else None)
        means.append(titles.took_part(credit, told["indicator"]))
        brief, long = _briefing(credit, cohort, said, means, _pictures(gathered, folder, sections))
        (folder / "briefing.docx").write_bytes(brief)
        written.insert(0, ("Briefing", "briefing.docx", f"Word, {so_many(long, 'page')}"))
    return written


def _title(cohort: Cohort) -> str:
    return cohort.about.heading or cohort.about.title


def _warnings(cohort: Cohort) -> list[str]:
    """What a document says first: that its data are invented, or that a report is another's."""
    publisher = cohort.about.publisher if cohort.evidence == "reported" else ""
    warned = ["Invented data: nobody was asked."] if cohort.synthetic else []
    if publisher:
        warned.append(f"An independent re-analysis, not published or endorsed by {publisher}.")
    return warned


def _briefing(
    credit: labels.Credit,
    cohort: Cohort,
    said: list[str],
    means: list[str],
    pictures: list[documents.Picture],
) -> tuple[bytes, int]:
    """Write what to know first, what was found, how to read it; say of how many pages it is."""
    about = cohort.about
    licensed = about.licence and cohort.evidence == "reported"
    dated = f", published in {words.date(about.published)}" if about.published else ""
    licence = f" Used under the {about.licence}." if licensed else ""
    asks = [
        f"{words.upper_first(who)}: {'; '.join(own['text_phrase'])} ({words.places(own['where'])})."
        for who, own in cohort.recommendations.groupby("addressee", sort=False)
    ]
    parts: dict[str, Sequence[str | words.Parts]] = {
        "": [
            *([(warning, "")] for warning in _warnings(cohort)),
            [(credit.source, about.url), (f"{dated}. {credit.when_where}.{licence}", "")],
            [("Evidence for every number: ", ""), ("report.html", "report.html"), _BESIDE],
        ],
        "What was found": [*said, [(" ".join(filter(None, [*means, credit.caution])), "")]],
        "What the report asks for, in our words": asks,
    }
    running = "INVENTED DATA" if cohort.synthetic else ""
    return documents.briefing(_title(cohort), parts, pictures, running)


_BESIDE = (", made together with this file.", "")
_NOTES = (
    "Shares are from 0 to 1. Columns that end in _low and _high are the ends of a range.",
    "count_low and count_high: the whole counts that a printed wording can mean on its base.",
    "estimate_low and estimate_high: the same as shares. estimate: the printed or weighted value.",
    "conf_low and conf_high: the interval at the level in `level`, as if drawn at random where the "
    "units are no probability sample.",
    "standing: what is in conflict is contradicted or in doubt, as `stands` says. verdict: a "
    "contradiction is contradicted, a tension in doubt.",
    "Places: p12 is paragraph 12; exec, kf, rec, fn the executive summary, key findings, "
    "recommendations and footnotes.",
    "A blank cell has no value: nothing is invented for it.",
    "Sums of weights of people are told only where nobody is real, as they give answers away.",
)


def _readings() -> str:
    """What words are declared to mean, and what their ends are."""
    table = pd.read_csv(shared_data() / "readings.csv", dtype=str, keep_default_na=False)
    steps = table["wording"].str.contains(r"\bx\b")
    ends = steps.map({True: "steps from x", False: "shares"})
    table.insert(1, "ends are", ends.mask(table["wording"] == "x%", "last digits of x"))
    return tables.html_table(table, "What each wording can mean: as declared, and wider")


def _versions(revision: str) -> dict[str, str]:
    """What a reader needs to make the same report again: revision and versions."""
    here = {dist.name: dist.version for dist in metadata.distributions()}
    needed = {re.split(r"[^\w.-]", line)[0] for line in metadata.requires("careersurvey") or []}
    ours = {"careersurvey": here["careersurvey"], "Python": platform.python_version()}
    return {"Revision": revision, **ours, **{each: here[each] for each in sorted(needed & {*here})}}
