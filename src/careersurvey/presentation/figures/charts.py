"""The charts that are no rows: views for and against, ranked lists, regions, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import changes, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import (
    BAD,
    GOOD,
    INK,
    PAPER,
    QUIET,
    RC,
    RULE,
    SHADES,
    SMALL,
    THIN,
    Look,
    Sheet,
    balanced,
    text_width,
    wrap,
)

# Column and row from the north-west: neighbours on the ground stay neighbours on the page.
REGIONS = {
    "North West": (0, 0),
    "North East, Yorkshire and Humber": (1, 0),
    "West Midlands": (0, 1),
    "East Midlands": (1, 1),
    "East of England": (2, 1),
    "South West": (0, 2),
    "South East": (1, 2),
    "London": (2, 2),
}
_ACROSS = 3
_LINES = (GOOD, BAD, THIN, INK)
_INNER = RC | {"font.size": SMALL, "axes.spines.top": False, "axes.spines.right": False}


def plot_views(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    good: Sequence[str],
    bad: Sequence[str],
    title: str = "",
    narrow: bool = False,
) -> Axes:
    """Draw a question a bar of one length: for from the left, against from the right."""
    keys = rows["indicator"] + "=" + rows["category"]
    rows = rows.assign(left=keys.isin(list(good)))[keys.isin([*good, *bad])]
    sheet = Sheet(titles.around_views(rows, credit, title, good), narrow)
    for question, answers in rows.groupby("question", sort=False):
        base = answers["base_n"].iloc[0]
        of = f"{base:,} {words.plural(answers['unit'].iloc[0])}" if pd.notna(base) else ""
        sheet.heading(question, of)
        _two_ended(sheet, answers)
    return sheet.close()


def _two_ended(sheet: Sheet, answers: pd.DataFrame) -> None:
    """One bar: every answer from its own end, named below it."""
    middle, tall = sheet.y + 17, 34
    ends = sheet.left, sheet.right
    sheet.box(ends, middle, tall, facecolor=PAPER, edgecolor=THIN, linewidth=1)
    sheet.y += tall + 3
    for _, row in answers[answers["shown"]].iterrows():
        side = 1 if row["left"] else -1
        colour, start = (GOOD, ends[0]) if row["left"] else (BAD, ends[1])
        low, high = (start + side * sheet.room * row[f"estimate_{end}"] for end in ("low", "high"))
        sheet.box((start, low), middle, tall, facecolor=colour, gid="answer")
        if abs(high - low) > 0.015 * sheet.room:
            hatched: Look = {
                "facecolor": PAPER,
                "edgecolor": colour,
                "hatch": "////",
                "linewidth": 1,
            }
            sheet.box((low, high), middle, tall, gid="open", **hatched)
        _inside(sheet, row, start, low, middle)
    for left, named in answers.groupby("left", sort=False):
        said = "; ".join(_below(row) for _, row in named.iterrows())
        place = sheet.left if left else sheet.right
        how = {"ha": "left" if left else "right", "color": GOOD if left else BAD}
        sheet.y += sheet.text(place, sheet.y, said, sheet.room, size=SMALL, **how)
    sheet.y += 8


def _inside(sheet: Sheet, row: pd.Series, start: float, low: float, middle: float) -> None:
    said = words.between(row["estimate_low"], row["estimate_high"])
    if text_width(said, 15, "bold") + 16 > abs(low - start):
        return
    side = "left" if row["left"] else "right"
    place = start + (10 if row["left"] else -10)
    sheet.text(place, middle - 10, said, size=15, weight="bold", color=PAPER, ha=side)


def _below(row: pd.Series) -> str:
    limits = words.interval(row)
    said = f"“{words.within(row['wording'])}”" if row["wording"] else words.value(row)
    inside = f" ({limits})" if limits else ""
    return f"{said}{inside} {row['label']}" if row["shown"] else f"not shown: {row['label']}"


def plot_ranking(rows: pd.DataFrame, credit: Credit, *, measure: str, narrow: bool = False) -> Axes:
    """Draw a ranked list from the first entry down; no length stands for a number."""
    rows = rows.sort_values("rank", kind="stable")
    sheet = Sheet(titles.around_ranking(rows, credit, measure), narrow)
    quotes = [note.strip('"') if note.startswith('"') else "" for note in rows["note"]]
    for quote, (_, row) in zip(quotes, rows.iterrows(), strict=True):
        said = words.upper_first(row["label"]) + (f": “{quote}”" if quote else "")
        lines = balanced(said, 13, sheet.room - 44)
        tall = max(32, 17 * len(lines) + 10)
        middle = sheet.y + tall / 2
        colour = GOOD if row["rank"] == 1 else SHADES[4]
        sheet.dot(sheet.left + 14, middle, markersize=25, color=colour, gid="rank")
        how: Look = {"color": PAPER, "weight": "bold", "ha": "center", "zorder": 6}
        sheet.text(sheet.left + 14, middle - 9, str(row["rank"]), **how)
        sheet.text(sheet.left + 44, middle - 17 * len(lines) / 2, said, sheet.room - 44)
        sheet.y += tall
    return sheet.close()


def plot_regions(
    counts: pd.DataFrame,
    credit: Credit,
    *,
    unit: str = "school",
    note: str = "",
    narrow: bool = False,
) -> Axes:
    """Draw a tile a region with its count in it; the darker, the more."""
    import seaborn

    sheet = Sheet(titles.around_regions(counts, credit, unit, note), narrow)
    places = _places([str(name) for name in counts["region"]])
    grid = counts.assign(
        across=[places[str(name)][0] for name in counts["region"]],
        down=[places[str(name)][1] for name in counts["region"]],
    ).pivot_table(index="down", columns="across", values="n")
    room = sheet.room / _ACROSS - 16
    names = {place: "\n".join(wrap(name, SMALL, room)) for name, place in places.items()}
    said = [
        [f"{grid.loc[y, x]:.0f}\n{names[x, y]}" if (x, y) in names else "" for x in grid.columns]
        for y in grid.index
    ]
    with matplotlib.rc_context(_INNER):
        inner = sheet.axes(88 * len(grid))
        seaborn.heatmap(
            grid,
            ax=inner,
            annot=said,
            fmt="",
            cmap=list(SHADES[1:]),
            cbar=False,
            linewidths=3,
            annot_kws={"size": SMALL, "linespacing": 1.25, "gid": "region"},
        )
    inner.set(xlabel="", ylabel="", xticks=[], yticks=[])
    return sheet.close()


def _places(names: list[str]) -> dict[str, tuple[int, int]]:
    known = {name: REGIONS[name] for name in names if name in REGIONS}
    below = max((row for _, row in known.values()), default=-1) + 1
    others = [name for name in names if name not in REGIONS]
    return known | {name: (i % _ACROSS, below + i // _ACROSS) for i, name in enumerate(others)}


def plot_clustering(
    what_if: pd.DataFrame, credit: Credit, *, finding: pd.DataFrame, narrow: bool = False
) -> Axes:
    """Draw how the interval would widen if parents within a school answered alike."""
    sheet = Sheet(titles.around_clustering(what_if, finding, credit), narrow)
    rows = what_if.assign(points=100 * what_if["width"])
    inner = _lines(sheet, rows, x="rho", y="points", hue="cv", right=130)
    for _, line in rows.groupby("cv"):
        end = line.iloc[-1]
        said = f"cv {end['cv']:g}: deff {end['deff']:.1f}"
        inner.annotate(
            said, (end["rho"], end["points"]), (6, -4), textcoords="offset points", size=SMALL
        )
    inner.set_xlabel("Correlation of answers within a school", color=QUIET)
    sheet.y += 40
    return sheet.close()


def plot_trend(
    waves: pd.DataFrame, credit: Credit, *, others: Sequence[Credit] = (), narrow: bool = False
) -> Axes:
    """Draw what several waves measured, a panel an indicator: one line while the same was asked."""
    sheet = Sheet(changes.around_trend(waves, credit, others), narrow)
    years = waves["when"]
    room = 0.09 * max(years.max() - years.min(), 3)
    for _, rows in waves.groupby(["indicator", "category"], sort=False):
        named = rows["label"].iloc[0].replace("{}", "…")
        sheet.write(
            f"{words.upper_first(words.plural(rows['unit'].iloc[0]))} {named}", weight="bold"
        )
        sheet.y += 26
        inner = _lines(sheet, rows, x="when", y="estimate", units="line", height=86)
        inner.set(xlim=(years.min() - room, years.max() + room), yticks=[])
        inner.set_xticks(sorted(years.unique()), _years(rows, years, narrow), color=QUIET)
        inner.spines["left"].set_visible(False)
        for _, row in rows[rows["estimate_low"].notna()].iterrows():
            _point(inner, row)
        sheet.y += 62
    return sheet.close()


def _years(rows: pd.DataFrame, years: pd.Series, narrow: bool) -> list[str]:
    """Year and base of each wave, one below the other; a phone has room for two figures a year."""
    based = dict(zip(rows["when"], rows["base"], strict=True))
    known = set(rows.loc[rows["estimate_low"].notna(), "when"])
    return [
        f"{int(year) % 100:02d}"
        if narrow
        else f"{int(year)}\n{(based[year] or 'base not').replace(' ', chr(10))}"
        f"{'' if based[year] else chr(10) + 'printed'}"
        if year in known
        else f"{int(year)}"
        for year in sorted(years.unique())
    ]


def _point(inner: Axes, row: pd.Series) -> None:
    if pd.notna(row["conf_low"]):
        inner.plot(
            [row["when"]] * 2, [row["conf_low"], row["conf_high"]], color=THIN, gid="interval"
        )
    top = max(row[end] for end in ("estimate_high", "conf_high") if pd.notna(row[end]))
    said = changes.wave(row)
    inner.annotate(
        said, (row["when"], top), (0, 8), textcoords="offset points", ha="center", size=SMALL
    )


def _lines(
    sheet: Sheet, rows: pd.DataFrame, height: float = 220, right: float = 0, **how: Any
) -> Axes:
    """Lines from nought, drawn by seaborn into axes of their own."""
    import seaborn

    known = rows[rows[how["y"]].notna()]
    with matplotlib.rc_context(_INNER):
        inner = sheet.axes(height, left=26, right=right + 10)
        hued = (
            {"palette": list(_LINES[: known[how["hue"]].nunique()])}
            if "hue" in how
            else {"color": GOOD}
        )
        more = {"marker": "o", "estimator": None} if "units" in how else {"legend": False}
        seaborn.lineplot(known, ax=inner, linewidth=2, **how, **hued, **more)
    inner.set_ylim(0, None)
    inner.set(xlabel="", ylabel="")
    inner.grid(axis="y", color=RULE)
    inner.tick_params(length=0, labelcolor=QUIET, labelsize=SMALL)
    return inner
