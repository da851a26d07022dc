"""The charts that are no rows: views for and against, ranked lists, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from careersurvey.evidence.tables import SHARES
from careersurvey.presentation import captions, style, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.sentences import bracket, doubted, of_invited
from careersurvey.presentation.style import SMALL, Look, Sheet, text_width, wrap

_INNER = style.RC | {"font.size": SMALL, "axes.spines.top": False, "axes.spines.right": False}


def plot_views(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    good: Sequence[str],
    bad: Sequence[str],
    narrow: bool = False,
) -> Axes:
    """Draw a question a bar of one length: for from the left, against from the right."""
    keys = rows["indicator"] + "=" + rows["category"]
    rows = rows.assign(left=keys.isin(list(good)))[keys.isin([*good, *bad])]
    unlike = captions.unlike_first(rows[~rows["left"]])
    rows["hollow"] = unlike.reindex(rows.index, fill_value=False)
    sheet = Sheet(captions.views(rows, credit, good), narrow)
    for question, answers in rows.groupby("question", sort=False):
        first = answers.iloc[0]
        of = words.counts(first["base_n"], first["base_n"]) or first.get("base_said", "")
        sheet.heading(question, f"of {of} {words.plural(first['unit'])}" * bool(of))
        _two_ended(sheet, answers)
    return sheet.close()


def _two_ended(sheet: Sheet, answers: pd.DataFrame) -> None:
    """One bar: every answer from its own end, named below it."""
    shown = answers[answers["shown"]]
    named = {at: words.spell(row["category"]).lower() for at, row in shown.iterrows()}
    room = {at: sheet.room * row["estimate_low"] - 12 for at, row in shown.iterrows()}
    lines = (len(wrap(named[at], SMALL, room[at])) for at in named)
    tall = 42 + 15 * (max(lines, default=1) - 1)
    middle = sheet.y + tall / 2
    sheet.box((sheet.left, sheet.right), middle, tall, facecolor=style.TILE, gid="others")
    sheet.y += tall + 3
    for place, row in shown.iterrows():
        side, colour, start = (
            (1, style.GOOD, sheet.left) if row["left"] else (-1, style.BAD, sheet.right)
        )
        low, high = (start + side * sheet.room * row[f"estimate_{end}"] for end in ("low", "high"))
        look: Look = style.HOLLOW if row["hollow"] else {"facecolor": colour}
        sheet.box((start, low), middle, tall, gid="answer", **look)
        if abs(high - low) > 0.015 * sheet.room:
            how: Look = style.HATCHED | {"edgecolor": colour, "linewidth": 1}
            sheet.box((low, high), middle, tall, gid="open", **how)
        ink = colour if row["hollow"] else style.PAPER
        how = {"ha": "left" if row["left"] else "right", "color": ink}
        both = (words.measured(row).share, 3, 15, "bold"), (named[place], 24, SMALL, "normal")
        for said, top, size, weight in both:
            broken = wrap(said, size, room[place], weight)
            if max(text_width(one, size, weight) for one in broken) <= room[place]:
                at = start + 10 * side, middle - tall / 2 + top
                sheet.text(*at, said, room[place], size=size, weight=weight, **how)
    for left, own in answers.groupby("left", sort=False):
        said = "; ".join(_below(row) for _, row in own.iterrows())
        place, x = ("left", sheet.left) if left else ("right", sheet.right)
        colour = style.GOOD if left else style.BAD
        sheet.y += sheet.text(x, sheet.y, said, sheet.room, size=SMALL, ha=place, color=colour)
    sheet.y += 8


def _below(row: pd.Series) -> str:
    if not row["shown"]:
        return f"not shown: {row['label']}"
    limits = words.interval(row)
    said = f"“{words.within(row['wording'])}”" if row["wording"] else words.value(row)
    aside = [f"{row['level']:.0%} interval {limits}"] * bool(limits)
    aside += [f"of all invited {ends} before chance" for ends in [of_invited(row)] if ends]
    return f"{said}{bracket(', '.join(aside))} {row['label']}{doubted(row)}"


def plot_ranking(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a ranked list from the first entry down; no length stands for a number."""
    rows = rows.sort_values("rank", kind="stable")
    sheet = Sheet(captions.ranking(rows, credit), narrow)
    told = [label.split(" ") for label in rows["label"]]
    alike = takewhile(lambda words_at: len(set(words_at)) == 1, zip(*told, strict=False))
    once = len([*alike]) * (len(told) > 1)
    for rank, label in zip(rows["rank"], told, strict=True):
        sheet.dot(sheet.left + 14, sheet.y + 14, markersize=25, gid="rank")
        how: Look = {"color": style.PAPER, "weight": "bold", "ha": "center", "zorder": 6}
        sheet.text(sheet.left + 14, sheet.y + 5, str(rank), **how)
        said = words.upper_first(" ".join(label[once:]))
        tall = sheet.text(sheet.left + 44, sheet.y + 5, said, sheet.room - 44)
        sheet.y += max(32, tall + 10)
    return sheet.close()


def plot_trend(
    waves: pd.DataFrame, credit: Credit, *, others: Sequence[Credit] = (), narrow: bool = False
) -> Axes:
    """Draw what several waves measured, a panel an indicator: one line while the same was asked."""
    findings = waves.groupby(["indicator", "category"], sort=False)
    several = findings["estimate_low"].transform("count") > 2
    everything, waves = findings.ngroups, waves[several] if several.any() else waves
    findings = waves.groupby(["indicator", "category"], sort=False)
    about = captions.trend(waves, credit, others, everything - findings.ngroups)
    sheet = Sheet(about, narrow)
    years = sorted(waves["when"].unique())
    room = 0.09 * max(years[-1] - years[0], 3)
    of_shares = waves["measure"].isin(SHARES)
    tops = waves[["estimate_high", "conf_high"]].max(axis=1).groupby(of_shares).max()
    how: Look = {"color": style.GOOD, "units": "line", "marker": "o", "estimator": None}
    for (name, _), rows in findings:
        named = rows["label"].iloc[0].replace("{}", "…")
        whom = words.upper_first(words.plural(rows["unit"].iloc[0]))
        sheet.write(f"{whom} {named}", weight="bold")
        sheet.y += 26
        inner = _lines(sheet, rows, x="when", y="estimate", **how)
        most = _most(name, credit)
        top = 1.04 * (most or tops[of_shares[rows.index[0]]])  # one scale for all shares
        inner.set(xlim=(years[0] - room, years[-1] + room), ylim=(0, top))
        inner.set_yticks([0, most] if most else [])
        known = rows[rows["estimate_low"].notna()]
        bases = dict(zip(known["when"], known["base"], strict=True))
        under = [_year(year, bases.get(year), narrow) for year in years]
        inner.set_xticks(years, under, color=style.QUIET)
        inner.spines["left"].set_visible(False)
        for (_, row), fell in zip(known.iterrows(), known["estimate_low"].diff() < 0, strict=True):
            _point(inner, row, beside=fell)
        sheet.y += 32 if narrow else 62
    return sheet.close()


def _most(indicator: str, credit: Credit) -> float | None:
    """The greatest number that the codebook allows, as of eight benchmarks."""
    known = credit.cohort and credit.cohort.indicators.get(indicator)
    if not (credit.cohort and known and known.variables):
        return None
    return credit.cohort.variables(known.table)[known.variables[0]].range[1]


def _year(year: float, base: str | None, narrow: bool) -> str:
    """A year and, below it, the base of its wave; a phone has room for two figures a year."""
    if narrow:
        return f"’{int(year) % 100:02d}"
    under = [] if base is None else base.split(" ") if base else ["base not", "given"]
    return "\n".join([f"{int(year)}", *under])


def _point(inner: Axes, row: pd.Series, beside: bool) -> None:
    """One wave: thin its interval, thick what its wording allows, and its number clear of them."""
    for part, width, colour in (("conf", 1.6, style.THIN), ("estimate", 4, style.GOOD)):
        how: Look = {"linewidth": width, "color": colour, "solid_capstyle": "butt", "gid": part}
        if row[f"{part}_low"] < row[f"{part}_high"]:
            inner.plot([row["when"]] * 2, row[[f"{part}_low", f"{part}_high"]], **how)
    top = row[["estimate_high", "conf_high"]].max()
    by, place = ((8, 0), "left") if beside else ((0, 8), "center")
    said = captions.wave(row)
    if row["when"] == inner.get_xticks()[-1] and text_width(said, SMALL) > 40:
        by, place = (4, 8), "right"
    how = {"textcoords": "offset points", "size": SMALL, "ha": place}
    inner.annotate(said, (row["when"], top), by, **how)


def _lines(sheet: Sheet, rows: pd.DataFrame, **how: Any) -> Axes:
    """Lines from nought, drawn by seaborn into axes of their own."""
    import seaborn

    with matplotlib.rc_context(_INNER):
        inner = sheet.axes(86, left=26, right=10)
        seaborn.lineplot(rows[rows[how["y"]].notna()], ax=inner, linewidth=2, **how)
    inner.set(xlabel="", ylabel="")
    inner.grid(axis="y", color=style.RULE)
    inner.tick_params(length=0, labelcolor=style.QUIET, labelsize=SMALL)
    return inner
