"""The charts that are no rows: ranked lists, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.tables import SHARES
from careersurvey.presentation import captions, style, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import SMALL, Look, Sheet, text_width

_INNER = style.RC | {"font.size": SMALL, "axes.spines.top": False, "axes.spines.right": False}


def plot_ranking(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what `labels.ranked` ranks from the first entry down; no length stands for a number."""
    sheet = Sheet(captions.ranking(rows, credit), narrow)
    for rank, label in zip(rows["rank"], rows["label"], strict=True):
        sheet.parts.append(sheet.y)
        sheet.dot(sheet.left + 14, sheet.y + 14, markersize=25, gid="rank")
        how: Look = {"color": style.PAPER, "weight": "bold", "ha": "center", "zorder": 6}
        sheet.text(sheet.left + 14, sheet.y + 5, str(rank), **how)
        tall = sheet.text(sheet.left + 44, sheet.y + 5, words.upper_first(label), sheet.room - 44)
        sheet.y += max(32, tall + 10)
    return sheet.close()


def plot_trend(
    waves: pd.DataFrame, credit: Credit, *, others: Sequence[Credit] = (), narrow: bool = False
) -> Axes:
    """Draw what several waves measured, a panel a finding; joined are those that chance drew."""
    findings = waves.groupby(["indicator", "category"], sort=False)
    several = findings["estimate_low"].transform("count") > 2
    everything, waves = findings.ngroups, waves[several] if several.any() else waves
    findings = waves.groupby(["indicator", "category"], sort=False)
    about = captions.trend(waves, credit, others, everything - findings.ngroups)
    sheet = Sheet(about, narrow)
    times = sorted(waves["when"].unique())
    room = 0.05 * max(times[-1] - times[0], 3)
    of_shares = waves["measure"].isin(SHARES)
    tops = waves[["estimate_high", "conf_high"]].max(axis=1).groupby(of_shares).max()
    how: Look = {"color": style.GOOD, "units": "line", "marker": "o", "estimator": None}
    how |= {} if captions.joined(waves, [credit, *others]) else {"linestyle": "none"}
    periods = dict(zip(waves["when"], waves["period"].map(years), strict=True))
    for (name, _), rows in findings:
        named = rows["label"].iloc[0].replace("{}", "…")
        whom = words.upper_first(words.plural(rows["unit"].iloc[0]))
        sheet.parts.append(sheet.y)
        sheet.write(f"{whom} {named}", weight="bold")
        sheet.y += 26
        inner = _lines(sheet, rows, x="when", y="estimate", **how)
        most = _most(name, credit)
        top = 1.04 * (most or tops[of_shares[rows.index[0]]])  # one scale for all shares
        inner.set(xlim=(times[0] - room, times[-1] + room), ylim=(0, top))
        inner.set_yticks([0, most] if most else [])
        known = rows[rows["estimate_low"].notna()]
        bases = dict(zip(known["when"], known["base"], strict=True))
        under = [_year(periods[time], bases.get(time), narrow) for time in times]
        inner.set_xticks(times, under, color=style.QUIET)
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


def _year(period: str, base: str | None, narrow: bool) -> str:
    """Years and, below them, the base of their wave; a phone has room for two figures a year."""
    if narrow:
        return f"’{period[2:]}".replace("–", "\n–")
    under = [] if base is None else base.split(" ") if base else ["base not", "given"]
    return "\n".join([period, *under])


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
