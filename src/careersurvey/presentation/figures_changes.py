"""Two cohorts beside each other, and several in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation import labels_changes as changes
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

_LANE, _GAP = 0.13, 0.16
_CLEAR = ("increased", "decreased")
_MARKS = {
    "baseline": {
        "color": style.PLUM,
        "marker": "D",
        "markersize": 5,
        "markerfacecolor": style.PAPER,
    },
    "cohort": {"color": style.NAVY, "marker": "o", "markersize": 6},
}
_PANEL, _FLOOR, _CEILING = 1.6, 1.16, 0.52  # inches, from the top of a panel


@style.styled
def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, rule: str, compared: int | None = None
) -> Axes:
    """Draw every compared finding twice on one line: then above, now below.

    Parameters
    ----------
    rows : DataFrame
        Rows of `compare.compare_sides` with ``label``, in the order of the figure.
    credit : Credit
        Of the cohort.
    baseline : Credit
        Of the baseline.
    rule : str
        When a change is called clear.
    compared : int, optional
        How many findings were compared, where not all of them are drawn.

    Returns
    -------
    matplotlib.axes.Axes
        A horizontal axis of shares from 0 to 1; tick labels name the findings, with the verdict
        where there is one, and the change in points stands to the right with its interval.
    """
    rows = rows.reset_index(drop=True)
    names = [style.wrap(_finding(row), style.TEXT) for _, row in rows.iterrows()]
    values = [changes.change_words(row) for _, row in rows.iterrows()]
    right = max(style.text_width(value, style.SMALL) for value in values) + 0.14
    heights, down = [], 0.42
    for name in names:
        down += style.text_height(name, style.TEXT) + 0.05
        heights.append(down)
        down += 2 * _LANE + _GAP
    ax = style.sheet(
        _words_of_changes(rows, credit, baseline, rule, compared or len(rows)),
        body=down,
        right=right,
    )
    ax.set_ylim(down, 0)
    style.label_above(ax, [height - 0.03 for height in heights], names)
    style.share_axis(ax)
    _key(ax, credit, baseline)
    for height, value, (_, row) in zip(heights, values, rows.iterrows(), strict=True):
        style.track(ax, height + _LANE, 2 * _LANE)
        for lane, side in enumerate(_MARKS):
            _side(ax, height + _LANE * (lane + 0.5), row, side)
        style.beside(ax, height + _LANE, value)
    return ax


def _finding(row: pd.Series) -> str:
    clear = row["verdict"] in (*_CLEAR, "depends on the wording")
    return f"{row['label']} – {row['verdict']}" if clear else row["label"]


def _side(ax: Axes, height: float, row: pd.Series, side: str) -> None:
    mark, gid = _MARKS[side], f"{side}-{row['indicator']}-{row['category']}"
    low, high = row[f"reading_low_{side}"], row[f"reading_high_{side}"]
    if high > low:
        ax.barh(height, high - low, 0.6 * _LANE, low, color=style.TEAL, gid=f"wording-{gid}")
    ends = [row[f"side_low_{side}"], row[f"side_high_{side}"]]
    ax.plot(ends, [height, height], color=mark["color"], linewidth=1.2, gid=f"interval-{gid}")
    if pd.notna(row[f"estimate_{side}"]):
        ax.plot(row[f"estimate_{side}"], height, gid=f"dot-{gid}", clip_on=False, **mark)


def _key(ax: Axes, credit: Credit, baseline: Credit) -> None:
    for height, side, about in ((0.08, "baseline", baseline), (0.26, "cohort", credit)):
        ax.plot(0.01, height, clip_on=False, **_MARKS[side])
        said = f"{about.when_where}{' (synthetic data)' if about.synthetic else ''}"
        ax.text(0.035, height, said, va="center", size=style.SMALL, gid=f"key-{side}")


def _words_of_changes(
    rows: pd.DataFrame, credit: Credit, baseline: Credit, rule: str, compared: int
) -> Words:
    reading = (
        "Thick bar: what the wording allows. "
        if (rows["reading_high_baseline"] > rows["reading_low_baseline"]).any()
        or (rows["reading_high_cohort"] > rows["reading_low_cohort"]).any()
        else ""
    )
    level = rows["level"].iloc[0]
    marks = f"{reading}Thin line: {level:.0%} interval. To the right: the change in points."
    sources = [labels.source_line(rows, about) for about in (baseline, credit)]
    cautions = tuple(dict.fromkeys((baseline.caution, credit.caution)))
    return Words(
        _title_of_changes(rows, compared),
        "Share of each finding's base, then and now, the greatest increase first.",
        (marks, rule, *cautions, *sources),
    )


def _title_of_changes(rows: pd.DataFrame, compared: int) -> str:
    number = rows["verdict"].value_counts()
    up, down = (int(number.get(verdict, 0)) for verdict in _CLEAR)
    torn = int(number.get("depends on the wording", 0))
    if up + down + torn == 0:
        show = "shows" if len(rows) == 1 else "show"
        return f"{len(rows)} of {compared} findings {show} no clear change"
    title = f"{up} of {compared} findings increased clearly, {down} decreased"
    depend = "depends" if torn == 1 else "depend"
    return labels.title_of(f"{title}, {torn} {depend} on a wording" if torn else title, title)


@style.styled
def plot_trend(waves: pd.DataFrame, credit: Credit, *, others: Sequence[Credit] = ()) -> Axes:
    """Draw what several waves measured, a panel an indicator: one line while the same was asked.

    Parameters
    ----------
    waves : DataFrame
        Rows of `trend.trend` with ``label``.
    credit : Credit
        Of the last wave.
    others : sequence of Credit
        Of the other waves, for the source lines.

    Returns
    -------
    matplotlib.axes.Axes
        Years across; each point carries its value, and its base stands under it. A wave without a
        number has no point, and no line leads past it.
    """
    panels = list(waves.groupby(["indicator", "category"], sort=False))
    ax = style.sheet(_words_of_trend(waves, credit, others), body=_PANEL * len(panels), below=0.3)
    ax.set_ylim(_PANEL * len(panels), 0)
    years = waves["when"]
    margin = max(0.06 * (years.max() - years.min()), 0.25)
    ax.set_xlim(years.min() - margin, years.max() + margin)
    ax.set_yticks([])
    _year_ticks(ax, waves)
    for number, (_, rows) in enumerate(panels):
        _panel(ax, number * _PANEL, rows)
    return ax


def _panel(ax: Axes, top: float, rows: pd.DataFrame) -> None:
    most = max(rows[["estimate_high", "conf_high"]].max().max(), 1e-9)
    floor = top + _FLOOR

    def height(value: float) -> float:
        return floor - value / most * (_FLOOR - _CEILING)

    ends = list(ax.get_xlim())
    ax.plot(ends, [floor, floor], color=style.TRACK, linewidth=1, gid="nought")
    ax.text(ends[0], top + 0.04, rows["label"].iloc[0], va="top", weight="bold", gid="name")
    for line, run in rows[rows["estimate"].notna()].groupby("line"):
        heights = [height(value) for value in run["estimate"]]
        ax.plot(
            run["when"], heights, color=style.NAVY, linewidth=1.6, marker="o", gid=f"line-{line}"
        )
    for _, row in rows.iterrows():
        _point(ax, row, floor, height)


def _point(ax: Axes, row: pd.Series, floor: float, height: Callable[[float], float]) -> None:
    at = row["when"]
    if pd.notna(row["conf_low"]):
        ends = [height(row["conf_low"]), height(row["conf_high"])]
        ax.plot([at, at], ends, color=style.NAVY, linewidth=1.1, gid="interval")
    if pd.notna(row["estimate_low"]):
        top = min(height(row[end]) for end in ("estimate_high", "conf_high") if pd.notna(row[end]))
        ax.text(
            at, top - 0.06, changes.value_words(row), ha="center", va="bottom", size=style.SMALL
        )
        base = row["base"].replace(" ", "\n") or "base not\nprinted"
        ax.text(at, floor + 0.06, base, ha="center", va="top", size=7.5, color=style.QUIET)


def _year_ticks(ax: Axes, waves: pd.DataFrame) -> None:
    years = sorted(waves["when"].unique())
    ax.set_xticks(years, [f"{int(year)}" for year in years])
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)


def _words_of_trend(waves: pd.DataFrame, credit: Credit, others: Sequence[Credit]) -> Words:
    credits = [*others, credit]
    named = list(dict.fromkeys(labels.source_line(waves, about) for about in credits))
    between = [f"And the {len(named) - 2} waves between."] if len(named) > 2 else []
    sources = [*dict.fromkeys((named[0], named[-1])), *between]
    broken = waves.loc[waves["line"].notna() & (waves["reason"] != ""), ["cohort", "reason"]]
    breaks = [f"Line broken: {row.reason}." for row in broken.itertuples()]
    level = waves["level"].dropna()
    interval = f"Vertical line: {level.iloc[0]:.0%} interval. " if len(level) else ""
    marks = (
        f"{interval}Each panel reaches from 0 to its greatest value. Under a point stands its "
        "base; a wave without a point has no number for it."
    )
    return Words(
        _title_of_trend(waves),
        "By the year in which fieldwork began.",
        (marks, *dict.fromkeys(breaks), credit.caution, " ".join(sources)),
    )


def _title_of_trend(waves: pd.DataFrame) -> str:
    _, rows = next(iter(waves.groupby(["indicator", "category"], sort=False)))
    known = rows[rows["estimate"].notna()]
    if len(known) < 2:
        return f"{waves.groupby(['indicator', 'category']).ngroups} findings over several waves"
    first, last = (changes.value_words(row) for row in (known.iloc[0], known.iloc[-1]))
    years = [int(known["when"].iloc[place]) for place in (0, -1)]
    said = f"{first} in {years[0]}, {last} in {years[1]}"
    return labels.title_of(f"{rows['label'].iloc[0]}: {said}", said)
