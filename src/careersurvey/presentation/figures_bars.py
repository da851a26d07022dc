"""Counts as bars: parts of a base, counts of different things, and views for and against."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.figures_dots import plot_findings
from careersurvey.presentation.labels import Credit

_BAR = 0.22
_GAP = 0.16


@style.styled
def plot_parts(
    estimates: pd.DataFrame, credit: Credit, *, measure: str, said: str = "", title: str = ""
) -> Axes:
    """Draw each count as the filled part of its base, a bar a row.

    Where the wording allows several counts, the bar is full up to the least of them and hatched up
    to the greatest. Answers, whose shares may be weighted, are drawn as `plot_findings` draws them.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table and ``label``, with a base and counts. Rows that are not
        shown keep their line and have no bar.
    credit : Credit
    measure : str
        What is counted, for the subtitle.
    said : str, optional
        What the title says after the greatest share, such as "with a sixth form".
    title : str, optional
        A title in place of the greatest and the least share.

    Returns
    -------
    matplotlib.axes.Axes
        A horizontal axis of counts (of shares for answers); tick labels name the rows.
    """
    rows = estimates.reset_index(drop=True)
    title = title or _extremes(rows, said)
    if (rows["evidence"] == "respondents").any():
        return plot_findings(rows, credit, measure=measure, title=title)
    bare = rows.drop(columns=["conf_low", "conf_high"], errors="ignore")
    of = f", of {labels.base_words(rows)}" if len(set(rows["base_n"])) == 1 else ""
    words = labels.around(title, measure + of, bare, credit, _hatching(rows))
    ax, heights = _bar_sheet(rows, words, int(rows["base_n"].max()))
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        if pd.notna(row["base_n"]):
            ax.barh(height, row["base_n"], height=_BAR, color=style.TRACK, gid="base")
        _count_bar(ax, height, row)
    return ax


@style.styled
def plot_counts(estimates: pd.DataFrame, credit: Credit, *, measure: str, said: str = "") -> Axes:
    """Draw counts of different things from the greatest down, a bar a row.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table and ``label``.
    credit : Credit
    measure : str
        What is counted, for the subtitle.
    said : str, optional
        What is counted, where the rows are places that print one count; else the title names the
        greatest and the least row.

    Returns
    -------
    matplotlib.axes.Axes
    """
    rows = estimates.sort_values("count_high", ascending=False, kind="stable")
    rows = rows.reset_index(drop=True).assign(base_n=pd.NA)
    bare = rows.drop(columns=["conf_low", "conf_high"], errors="ignore")
    words = labels.around(_greatest(rows, said), measure, bare, credit, _hatching(rows))
    ax, heights = _bar_sheet(rows, words, int(rows["count_high"].max()))
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        _count_bar(ax, height, row)
    return ax


@style.styled
def plot_diverging(
    estimates: pd.DataFrame,
    credit: Credit,
    *,
    good: tuple[str, ...],
    bad: tuple[str, ...],
    title: str = "",
) -> Axes:
    """Draw favourable answers to the right of a middle line and unfavourable ones to the left.

    A wording that allows a range is hatched between its ends. Answers between the two are not
    drawn: where a report leaves them unstated, nobody knows how they split.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table and ``question``; several categories an indicator.
    credit : Credit
    good, bad : tuple of str
        Categories to the right and to the left, as ``indicator=category``, in the order of rows.
    title : str, optional
        In place of the one that says the first question's two sides.

    Returns
    -------
    matplotlib.axes.Axes
        Shares to the left are negative in data and positive to the reader.
    """
    keys = estimates["indicator"] + "=" + estimates["category"]
    rows = estimates.assign(side=[_side(key, good, bad) for key in keys])
    rows = rows[rows["side"] != 0]
    questions = list(dict.fromkeys(rows["question"]))
    measure = f"Share of {labels.base_words(rows)}"
    sides = {name: _answers(rows, side) for name, side in (("Right", 1), ("Left", -1))}
    said = " ".join(f"{name}: {words}." for name, words in sides.items() if words)
    reading = f"{said} {_interval(rows)}"
    words = labels.around(title or _two_sides(rows), measure, rows, credit, reading)
    names = [style.wrap(question, style.TEXT) for question in questions]
    ax, heights = _named_rows(names, words, 0.0)
    for height, question in zip(heights, questions, strict=True):
        ax.plot(
            [0, 0],
            [height - _BAR / 2, height + _BAR / 2],
            color=style.INK,
            linewidth=1,
            gid="middle",
        )
        for _, row in rows[rows["question"] == question].iterrows():
            _side_bar(ax, height, row)
    _two_way_axis(ax, rows)
    return ax


def _side(key: str, good: tuple[str, ...], bad: tuple[str, ...]) -> int:
    return (key in good) - (key in bad)


def _answers(rows: pd.DataFrame, side: int) -> str:
    said = [labels.spell(value).lower() for value in rows.loc[rows["side"] == side, "category"]]
    return labels.listed([f"“{word}”" for word in dict.fromkeys(said)])


def _interval(rows: pd.DataFrame) -> str:
    level = rows["level"].dropna()
    vague = (rows["estimate_high"] > rows["estimate_low"]).any()
    hatched = "Hatched: what the wording leaves open. " if vague else ""
    return hatched + (f"Thin line: {level.iloc[0]:.0%} interval." if len(level) else "")


def _side_bar(ax: Axes, height: float, row: pd.Series) -> None:
    if not row["shown"] or pd.isna(row["estimate_low"]):
        return
    side, name = row["side"], f"{row['indicator']}-{row['category']}"
    colour = style.NAVY if side > 0 else style.ORANGE
    low, high = side * row["estimate_low"], side * row["estimate_high"]
    style.span(ax, height, low, high, _BAR, colour, name)
    if pd.notna(row["conf_low"]):
        ends = [side * row["conf_low"], side * row["conf_high"]]
        line = {"color": style.INK, "linewidth": 1.2, "marker": "|", "markersize": 4}
        ax.plot(ends, [height + _BAR / 2 + 0.05] * 2, gid=f"interval-{name}", **line)
    text = {"va": "center", "ha": "left" if side > 0 else "right", "size": style.SMALL}
    offset = {"xytext": (5 * side, 0), "textcoords": "offset points"}
    ax.annotate(_share_words(row), (high, height), **offset, **text)


def _share_words(row: pd.Series) -> str:
    return labels.percent_range(row["estimate_low"], row["estimate_high"])


def _two_way_axis(ax: Axes, rows: pd.DataFrame) -> None:
    reach = rows.groupby("side")[["estimate_high", "conf_high"]].max().max(axis=1)
    left, right = reach.get(-1, 0.1) + 0.3, reach.get(1, 0.1) + 0.3
    ticks = [tick / 4 for tick in range(-4, 5) if -left < tick / 4 < right]
    ax.set_xlim(-left, right)
    ax.set_xticks(ticks, [f"{abs(tick):.0%}" for tick in ticks])
    ax.spines["bottom"].set_visible(False)


def _two_sides(rows: pd.DataFrame) -> str:
    first = rows[rows["indicator"] == rows["indicator"].iloc[0]]
    said = [
        f"{_share_words(row)} {labels.spell(row['category']).lower()}"
        for _, row in first.sort_values("side", ascending=False).iterrows()
    ]
    question = first["question"].iloc[0]
    return labels.title_of(f"{question}: {', '.join(said)}", f"{question}: {said[0]}", question)


def _count_bar(ax: Axes, height: float, row: pd.Series) -> None:
    if row["shown"] and pd.notna(row["count_low"]):
        ends = row["count_low"], row["count_high"]
        style.span(ax, height, *ends, _BAR, style.NAVY, f"{height:.2f}")


def _bar_sheet(rows: pd.DataFrame, words: style.Words, upper: int) -> tuple[Axes, list[float]]:
    names = [style.wrap(str(name), style.TEXT) for name in rows["label"]]
    values = [labels.value_words(row) for _, row in rows.iterrows()]
    right = max(style.text_width(value, style.SMALL) for value in values) + 0.12
    ax, heights = _named_rows(names, words, right)
    ax.set_xlim(0, upper)
    ax.xaxis.set_major_locator(style.whole_numbers())
    ax.xaxis.set_major_formatter("{x:,.0f}")
    for height, value in zip(heights, values, strict=True):
        style.beside(ax, height, value)
    return ax, heights


def _named_rows(names: list[str], words: style.Words, right: float) -> tuple[Axes, list[float]]:
    heights, down = [], 0.0
    for name in names:
        down += style.text_height(name, style.TEXT) + _BAR / 2 + 0.02
        heights.append(down)
        down += _BAR / 2 + _GAP
    ax = style.sheet(words, body=down, right=right)
    ax.set_ylim(down, 0)
    style.label_above(ax, [height - _BAR / 2 - 0.02 for height in heights], names)
    return ax, heights


def _hatching(rows: pd.DataFrame) -> str:
    several = (rows["count_high"] > rows["count_low"]).any()
    return "Hatched: counts that the wording leaves open." if several else ""


def _extremes(rows: pd.DataFrame, said: str) -> str:
    shown = rows[rows["shown"] & rows["estimate_high"].notna()]
    if shown.empty:
        return "No number can be shown"
    top = shown.loc[shown["estimate_high"].idxmax()]
    bottom = shown.loc[shown["estimate_low"].idxmin()]
    highest = f"{top['label']}: {labels.value_words(top)} {said}".strip()
    if len(shown) == 1:
        return labels.title_of(highest)
    lowest = f"{bottom['label']}: {labels.value_words(bottom)}"
    return labels.title_of(f"{highest}; {lowest}", highest)


def _greatest(rows: pd.DataFrame, said: str) -> str:
    counts = [
        labels.count_range(low, high)
        for low, high in zip(rows["count_low"], rows["count_high"], strict=True)
    ]
    names = list(rows["label"])
    first, last = (
        f"{counts[0]} {labels.within(names[0])}",
        f"{counts[-1]} {labels.within(names[-1])}",
    )
    if not said:
        return labels.title_of(f"From {first} to {last}", f"Most: {first}", f"Most: {counts[0]}")
    places = {
        count: [name for name, n in zip(names, counts, strict=True) if n == count]
        for count in counts
    }
    parts = [
        f"{count} in {labels.listed([labels.within(place) for place in places[count]])}"
        for count in places
    ]
    return labels.title_of(
        f"{labels.upper_first(said)}: {'; '.join(parts)}", f"Most: {counts[0]} {said}"
    )
