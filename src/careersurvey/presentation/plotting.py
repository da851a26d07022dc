"""The picture and the sentences that fit a table: what it is follows from its columns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.errors import QuestionError, ReportError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.estimates import Groups
from careersurvey.inference.publishing import flagged
from careersurvey.inference.record.linear import parse
from careersurvey.presentation import (
    breakdowns,
    captions,
    changes,
    compared,
    exhibits,
    labels,
    sentences,
    style,
    words,
)
from careersurvey.presentation.figures import charts, panels, rows

Draw = Callable[[Any, Cohort, bool], Axes | None]  # None where no row can be drawn
Say = Callable[[Any, Cohort], list[str]]
_UNTESTED = {"p_value": float("nan"), "p_adjusted": float("nan"), "reason": "see groups"}


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure with its words, which a notebook shows.

    Attributes
    ----------
    axes : matplotlib.axes.Axes
        To go on with; in pixels from the top left corner.
    alt : str
        Title and rows in words, with their numbers, for those who hear it.
    """

    axes: Axes

    @property
    def alt(self) -> str:
        """Title and rows in words."""
        return style.heard(self.axes)

    def save(self, path: str | Path) -> Path:
        """Write the picture.

        Parameters
        ----------
        path : str or Path
            A file that ends in ``.svg`` or ``.png``.

        Returns
        -------
        Path

        Raises
        ------
        ReportError
            If it ends in anything else.
        """
        target = Path(path).expanduser()
        kind = target.suffix.lower()[1:]
        if kind not in ("svg", "png"):
            raise ReportError(f"{target.name} is no picture.", expected="a .svg or a .png")
        target.write_bytes(exhibits.rendered(self.axes, kind))
        return target

    def __repr__(self) -> str:
        return f"<Picture: {self.axes.get_label()}>"

    def _repr_html_(self) -> str:
        svg = exhibits.rendered(self.axes, "svg")
        name = f"p{hashlib.sha256(svg).hexdigest()[:8]}"
        return exhibits.inline(svg, self.alt, name)


def plot(table: pd.DataFrame | Groups, *, narrow: bool = False) -> Picture:
    """Draw the figure that fits a table.

    Parameters
    ----------
    table : DataFrame or Groups
        What `estimate`, `groups`, `compare`, `trend` or `bounds` returned, or some of its rows.
    narrow : bool, optional
        For a phone.

    Returns
    -------
    Picture
        Which a notebook shows, and ``save`` writes as SVG or PNG. Several findings by group are
        drawn as tables of groups, a trend as lines, all else as rows.

    Raises
    ------
    QuestionError
        If the table is of none of these kinds, of several cohorts, or nothing in it can be drawn.

    Examples
    --------
    >>> import careersurvey as cs
    >>> found = cs.estimate("ofsted-2013", "interview_well_enough")
    >>> cs.plot(found)
    <Picture: Only just over a third of interviews were conducted well enough>
    """
    _, draw = _kind_of(table)
    with style.nobodys_own():
        drawn = draw(table, _cohort(table), narrow)
    if drawn is None:
        raise QuestionError(
            "None of these rows can be drawn.",
            expected="shares, findings that may be compared, counts on a base of known size",
            do="say them: careersurvey.say(table)",
        )
    return Picture(drawn)


def say(table: pd.DataFrame | Groups) -> list[str]:
    """Say the rows of a table in sentences, with the phrases of ``phrases.csv``.

    Parameters
    ----------
    table : DataFrame or Groups
        What `estimate`, `groups` (whole, its tests or its differences), `compare`, `trend`,
        `bounds` or `audit` returned, or some of its rows.

    Returns
    -------
    list of str
        For one's own document, in the order of the rows, each once; of an invented cohort each
        says so.

    Raises
    ------
    QuestionError
        If the table is of none of these kinds, or of several cohorts.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.say(cs.estimate("ofsted-2013", "interview_well_enough"))
    ['Only just over a third of interviews (15 of 43, as read) were conducted well enough.']
    """
    sentences_of, _ = _kind_of(table)
    said = dict.fromkeys(sentences_of(table, _cohort(table)))
    rows = table.estimates if isinstance(table, Groups) else table
    folders = rows.attrs.get("folders") or {name: name for name in rows["cohort"].unique()}
    if not any(load_cohort(folder).synthetic for folder in folders.values()):
        return list(said)
    return [f"{one.removesuffix('.')} (synthetic data)." for one in said]


def _kind_of(table: pd.DataFrame | Groups) -> tuple[Say, Draw]:
    """How a table is said and drawn: as the first kind whose columns it has."""
    if isinstance(table, Groups):
        return lambda of, at: _say_estimates(of.estimates, at) + _say_tests(of.tests, at), _groups
    columns = set(getattr(table, "columns", ()))
    kind = next((one for one in _KINDS if set(one[0].split()) <= columns), None)
    if kind and len(table):
        return kind[1:]
    given = f"{type(table).__name__}: {', '.join(map(str, columns)) or 'empty'}"
    raise QuestionError(
        "There is no row to draw or to say." if kind else "This is no table of findings.",
        found=None if kind else given,
        expected="what estimate, groups, compare, trend, bounds or audit returns, or its rows",
    )


def _cohort(table: pd.DataFrame | Groups, column: str = "cohort") -> Cohort:
    """The cohort that a table is of: what it says itself, else what its rows say."""
    rows = table.estimates if isinstance(table, Groups) else table
    named = rows.get(column, ())
    ids = [rows.attrs[column]] if column in rows.attrs else [*dict.fromkeys(named)]
    if len(ids) != 1:
        raise QuestionError(
            "The rows must be of one cohort.",
            found=", ".join(map(str, ids)) or "no word of where they come from",
            do="take the rows of one, or careersurvey.compare or .trend for several",
        )
    return load_cohort(rows.attrs.get("folders", {}).get(ids[0], ids[0]))


# ---- estimates ----------------------------------------------------------------------------------


def _estimates(table: pd.DataFrame, cohort: Cohort, narrow: bool) -> Axes | None:
    about, found = labels.credit(cohort), labels.label(table, cohort)
    if (found["measure"] == "rank").all():
        listed = labels.ranked(found)
        return charts.plot_ranking(listed, about, narrow=narrow) if len(listed) else None
    broken = table.attrs.get("by", list(found["domain"]))
    domains = [name for name in dict.fromkeys(found["domain"]) if name != "all" and name in broken]
    shares = labels.narrowest(labels.one_side(found))
    shares = shares[shares["measure"].isin(SHARES)]
    if shares.empty:
        return None
    if len(domains) == 1 and len(shares[["indicator", "category"]].drop_duplicates()) == 1:
        measure = f"Share of {words.plural(shares['unit'].iloc[0])} who {shares['label'].iloc[0]}"
        named = labels.named_by(shares, "group")
        return rows.plot_parts(named, about, measure=measure, narrow=narrow)
    if domains:
        untested = shares.assign(**_UNTESTED)
        parts = [untested[untested["domain"].isin(["all", name])] for name in domains]
        return _side_by_side(parts, about, narrow)
    return rows.plot_findings(shares, about, narrow=narrow)


def _groups(broken: Groups, cohort: Cohort, narrow: bool) -> Axes | None:
    found = labels.label(broken.estimates, cohort)
    found = found[found["measure"].isin(SHARES)]
    asked = list(dict.fromkeys(found["indicator"]))
    domains = [name for name in dict.fromkeys(found["domain"]) if name != "all"]
    parts = [labels.findings_by(found, broken.tests, name, asked) for name in domains]
    return _side_by_side(parts, labels.credit(cohort), narrow) if parts else None


def _side_by_side(parts: list[pd.DataFrame], about: labels.Credit, narrow: bool) -> Axes:
    """Draw groups side by side, what is to be read with care marked as in a report."""
    told = [rows if "flag" in rows else flagged(rows) for rows in parts]
    return panels.plot_groups(told, about, narrow=narrow)


def _say_estimates(table: pd.DataFrame, cohort: Cohort) -> list[str]:
    def of(row: pd.Series) -> str:
        domain = labels.domain(row["domain"])
        return "" if row["domain"] == "all" else f"{words.spell(row['group'])} ({domain}): "

    found = labels.label(table, cohort)
    return [f"{of(row)}{sentences.sentence(row)}" for _, row in found.iterrows()]


def _say_tests(table: pd.DataFrame, cohort: Cohort) -> list[str]:
    if table.empty:
        return []
    named = labels.name_rows(table.assign(evidence="respondents", level=0.95), cohort)
    return [
        f"{row['question']}, by {labels.domain(row['domain'])}:"
        f" {words.within(breakdowns.test_words(row))}."
        for _, row in named.iterrows()
    ]


def _say_differences(table: pd.DataFrame, cohort: Cohort) -> list[str]:
    def of(row: pd.Series) -> str:
        pair = f"{words.spell(row['group'])} against {words.within(words.spell(row['against']))}"
        whom = f"{words.plural(row['unit'])} that {row['label']}"
        said = f"{pair} ({labels.domain(row['domain'])}): {whom}, "
        if not row["shown"] or pd.isna(row["estimate"]):
            return f"{said}not shown."
        limits = changes.signed(row, row["conf_low"], row["conf_high"], unit="")
        sure = f"interval {limits}, adjusted p {words.p_value(row['p_adjusted'])}"
        return f"{said}{changes.signed(row, row['estimate'], row['estimate'])} ({sure})."

    named = labels.name_rows(table.assign(evidence="respondents"), cohort)
    return words.each(named, of)


# ---- the others ---------------------------------------------------------------------------------


def _changes(table: pd.DataFrame, cohort: Cohort, narrow: bool) -> Axes | None:
    baseline = _cohort(table, "baseline")
    told = changes.of_cohort(table, cohort, baseline)
    if compared.comparable(told).empty:
        return None
    about, then = labels.credit(cohort), labels.credit(baseline)
    return panels.plot_changes(told, about, baseline=then, narrow=narrow)


def _say_changes(table: pd.DataFrame, cohort: Cohort) -> list[str]:
    told = changes.of_cohort(table, cohort, _cohort(table, "baseline"))
    line = changes.say_barred(told)
    return [*words.each(compared.comparable(told), changes.sentence), *filter(None, [line])]


def _trend(table: pd.DataFrame, cohort: Cohort, narrow: bool) -> Axes:
    others = [labels.credit(wave) for wave in _waves(table) if wave.id != cohort.id]
    named = _named_waves(table)
    return charts.plot_trend(named, labels.credit(cohort), others=others, narrow=narrow)


def _say_trend(table: pd.DataFrame, _: Cohort) -> list[str]:
    told = captions.describe_trend(_named_waves(table))
    return [f"{words.upper_first(one)}." for one in told]


def _waves(table: pd.DataFrame) -> list[Cohort]:
    folders = table.attrs.get("folders", {})
    return [load_cohort(folders.get(name, name)) for name in dict.fromkeys(table["cohort"])]


def _named_waves(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a trend, by what the last wave that has their indicator calls it."""
    by_name = {name: wave for wave in _waves(table) for name in wave.indicators}
    named = table.groupby("indicator", sort=False)
    return pd.concat([labels.name_rows(rows, by_name[name]) for name, rows in named])


def _named_bounds(table: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Bounds with their units, and called by phrases where nobody has called them anything."""
    asked = [[parse(part) for part in one.split("&")] for one in table["count"]]
    said = [
        " and ".join(labels.phrase(cohort, part.indicator, part.category) for part in one)
        for one in asked
    ]
    units = {name: one.unit for name, one in cohort.indicators.items()}
    return table.assign(
        unit=[units.get(one[0].indicator, "unit") for one in asked],
        label=table["label"].where(table["label"] != table["count"], said),
    )


def _bounds(table: pd.DataFrame, cohort: Cohort, narrow: bool) -> Axes | None:
    known = _named_bounds(table, cohort).dropna(subset=["base_n", "high"])
    return rows.plot_bounds(known, labels.credit(cohort), narrow=narrow) if len(known) else None


def _say_bounds(table: pd.DataFrame, cohort: Cohort) -> list[str]:
    said = words.each(_named_bounds(table, cohort), sentences.bounded)
    return [f"{one.removesuffix('.')}." for one in said]


def _say_audit(table: pd.DataFrame, _: Cohort) -> list[str]:
    clashing = table[table["verdict"] != "consistent"]
    told = zip(clashing["verdict"], clashing["explanation"], strict=True)
    return [f"{words.upper_first(verdict)}: {why}" for verdict, why in told]


#: The columns that tell a kind of table, how it is said, and how drawn; the first that fits is it.
_KINDS: tuple[tuple[str, Say, Draw], ...] = (
    ("domain statistic numerator_df p_adjusted", _say_tests, lambda *_: None),
    ("domain group against base_against p_adjusted", _say_differences, lambda *_: None),
    ("count low high base_n", _say_bounds, _bounds),
    ("baseline cohort difference verdict", _say_changes, _changes),
    ("when line estimate_low", _say_trend, _trend),
    ("check verdict explanation", _say_audit, lambda *_: None),
    ("domain base_n estimate_low statements", _say_estimates, _estimates),
)
