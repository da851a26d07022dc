"""What is made of executed notebooks: exhibits in one folder, the documents, the page."""

from __future__ import annotations

import csv
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.evidence.checks.check import as_table
from careersurvey.inference.publishing import SYMBOLS, disclosure_check
from careersurvey.presentation import (
    breakdowns,
    documents,
    exhibits,
    labels,
    outputs,
    page,
    prose,
    published,
    tables,
    trail,
    weights,
    words,
)

if TYPE_CHECKING:
    from careersurvey.evidence.checks.check import Check
    from careersurvey.evidence.cohort import Cohort
    from careersurvey.presentation.notebooks import Notebook


def bind(
    cohort: Cohort,
    folder: Path,
    books: list[Notebook],
    checks: list[Check],
    given: Mapping[str, object],
    readings: Path,
    revision: str,
) -> pd.DataFrame:
    """Bind what the notebooks made into exhibits, documents and one page, in the same folder."""
    gathered = gather(folder, books)
    speaking = set(gathered["notebook"])
    executed = [folder / "notebooks" / f"{b.name}.ipynb" for b in books if b.name in speaking]
    sections = page.read_sections(executed)
    decided = published.decision(cohort, folder)
    checked = as_table([*checks, *([disclosure_check(decided)] if decided else [])])
    about, credit = cohort.about, labels.credit(cohort)
    documents_made = _documents(cohort, folder, gathered, credit)
    listed = {
        "checks": (checked, "Every rule and what was found"),
        "exhibits": (gathered[_LISTED], "Every file of an exhibit, with its notebook"),
        "given": (_given(given, books), "What the notebooks were given"),
        "made": (_facts(revision), "What it was made with"),
    }
    bound = page.render(
        sections,
        trail.entries(cohort, folder, readings),
        about=about,
        printed=cohort.evidence == "reported",
        undecided=cohort.undecided,
        published_in=about.published[:4],
        shown=_shown(cohort, folder),
        fieldwork=credit.when_where,
        documents=documents_made,
        readings=_readings(readings, cohort),
        withheld=decided and breakdowns.say_left_out(cohort, decided.left_out),
        narrowest=decided and decided.narrowest,
        symbols=SYMBOLS if decided else {},
        rules=len(checked),
        holding=int(checked["holds"].sum()),
        **{name: tables.html_table(*table) for name, table in listed.items()},
    )
    (folder / "report.html").write_text(bound, encoding="utf-8")
    return gathered


_LISTED = ["exhibit", "notebook", "file", "sha256"]


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
            rows.append([*known, book.part, file["title"], file["words"]])
            path.rename(folder / "figures" / path.name)
        made.rmdir()
    rows += _by_notebook(folder / "figures", rows)
    return pd.DataFrame(rows, columns=[*_LISTED, "part", "title", "words"])


def _by_notebook(figures: Path, rows: list[list[str]]) -> list[list[str]]:
    """Count the figures of the full list by the notebooks whose exhibits show their indicators."""
    listed = next((row for row in rows if row[0] == "99-figures-in-text"), None)
    if listed is None:
        return []
    figure, shown = tables.read_saved(figures / listed[2])["indicator"], dict[str, set[str]]()
    for _, notebook, name, *_ in rows:
        if name.endswith(".csv") and notebook != listed[1]:
            held = tables.read_saved(figures / name)
            shown.setdefault(notebook, set()).update(held.get("indicator", ()))
    counts = {name: int(figure.isin(each).sum()) for name, each in shown.items()}
    counted = pd.DataFrame({"notebook": counts.keys(), "figures": counts.values()})
    path = figures / "99-notebooks.csv"
    path.write_text(tables.csv_text(counted[counted["figures"] > 0]), encoding="utf-8")
    title = "Figures by the notebooks that show them"
    about = [path.stem, listed[1], path.name, outputs.checksum(path), listed[4], title, ""]
    return [about]


def _documents(
    cohort: Cohort, folder: Path, gathered: pd.DataFrame, credit: labels.Credit
) -> list[tuple[str, str, str]]:
    """Write briefing and workbook; return what there is beside the page, with its file."""
    publisher = cohort.about.publisher if cohort.evidence == "reported" else ""
    ours = f"An independent re-analysis, not published or endorsed by {publisher}."
    warned = ["Invented data: nobody was asked."] * cohort.synthetic + [ours] * bool(publisher)
    files = gathered.assign(path=[folder / "figures" / name for name in gathered["file"]])
    drawn = files[files["file"].str.endswith(".png") & files["part"].isin(_LEADING)]
    pictures = drawn.drop_duplicates("notebook")[["path", "words"]].itertuples(index=False)
    saved = {row.exhibit: (row.title, row.notebook, tables.read_saved(row.path))
             for row in files[files["file"].str.endswith(".csv")].itertuples()}  # fmt: skip
    summed = (rows for name, (_, _, rows) in saved.items() if name.endswith("summary"))
    summed = pd.concat([rows for rows in summed if "sentence" in rows] or [pd.DataFrame()])
    said = prose.to_paste(summed, credit)
    title = cohort.about.heading or cohort.title
    if said:
        key = [
            *prose.key_to(said, summed["why"].dropna(), _level(saved)),
            weights.took_part(cohort, summed["indicator"]),
        ]
        close = " ".join(filter(None, [*key, credit.caution]))
        lines = [*warned, f"{credit.source}. {credit.when_where}.", close]
        asked = cohort.recommendations.groupby("addressee", sort=False)["text_phrase"].agg(list)
        brief = documents.briefing(title, lines, said, asked.to_dict(), list(pictures))
        (folder / "briefing.docx").write_bytes(brief)
    cover = {"title": title, "Source": credit.source, "When and where": credit.when_where}
    cover["Caution"] = " ".join(filter(None, [*warned, credit.caution]))
    mark = " (synthetic data)" * cohort.synthetic
    sheets = [
        documents.Sheet(name, title.removesuffix(mark) + mark, notebook, rows)
        for name, (title, notebook, rows) in saved.items()
    ]
    (folder / "tables.xlsx").write_bytes(documents.workbook(cover, _NOTES, sheets))
    return [
        *([("Briefing", "briefing.docx", "Word, 2 pages")] if said else []),
        ("Tables", "tables.xlsx", "Excel"),
        ("Figures and data", "figures/", "SVG, PNG, CSV"),
    ]


def _level(saved: Mapping[str, tuple[str, str, pd.DataFrame]]) -> float | None:
    """The level of a report's intervals, as the data of its figures have it."""
    told = (rows["level"].dropna() for *_, rows in saved.values() if "level" in rows)
    return next((float(levels.iloc[0]) for levels in told if len(levels)), None)


#: Parts of the report whose pictures the briefing shows.
_LEADING = ("summary", "changes")
_NOTES = (
    "Shares are from 0 to 1. Columns that end in _low and _high are the ends of a range.",
    "count_low and count_high: the whole counts that a printed wording can mean on its base.",
    "estimate_low and estimate_high: the same as shares. estimate: the printed or weighted value.",
    "conf_low and conf_high: the interval at the level in `level`, as if drawn at random where the "
    "units are no probability sample.",
    "A blank cell has no value: nothing is invented for it.",
)


def _shown(cohort: Cohort, folder: Path) -> str:
    """Say whose rows alone are shown, where some were asked for."""
    names = published.shown(folder)
    told = [f"“{cohort.indicators[name].label}”" for name in names if name in cohort.indicators]
    return words.listed(told or names)


def _readings(path: Path, cohort: Cohort) -> str:
    if cohort.evidence != "reported" or not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as lines:
        head, *rows = list(csv.reader(lines))
    table = pd.DataFrame([row[: len(head)] for row in rows], columns=head)
    steps = table["wording"].str.contains(r"\bx\b")
    ends = (
        table["wording"]
        .map({"x%": "last digits of x"})
        .fillna("steps from x")
        .where(steps, "shares")
    )
    table.insert(1, "ends are", ends)
    return tables.html_table(table, "What each wording can mean: as declared, and wider")


def _given(given: Mapping[str, object], books: list[Notebook]) -> pd.DataFrame:
    """Every parameter with the value that the notebooks ran with."""
    defaults = {name: book.defaults[name] for book in books for name in book.parameters}
    rows = sorted((defaults | {name: repr(value) for name, value in given.items()}).items())
    return pd.DataFrame(rows, columns=["parameter", "value"])


def _facts(revision: str) -> pd.DataFrame:
    """What a reader needs to make the same report again: revision and versions."""
    names = [re.match(r"[\w.-]+", line) for line in metadata.requires("careersurvey") or []]
    needed = sorted({name[0] for name in names if name})
    here = {dist.name for dist in metadata.distributions()}
    versions = {name: metadata.version(name) for name in needed if name in here}
    facts = {
        "Revision": revision,
        "careersurvey": metadata.version("careersurvey"),
        "Python": platform.python_version(),
    }
    return pd.DataFrame((facts | versions).items(), columns=["what", "which"])
