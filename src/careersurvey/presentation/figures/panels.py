"""Findings side by side: by group as a heat table, two cohorts on one line, figures that clash."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import changes, style, titles, words
from careersurvey.presentation.conflicts import SAYS
from careersurvey.presentation.figures.rows import Scale, as_lines, row_chart, with_units
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import SMALL, TEXT, Look, Sheet, text_width, wrap

_LINE = 17
_SURE = {"contradiction": "", "tension": "if the two mean the same"}


def plot_heat(tables: Sequence[pd.DataFrame], credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a page's findings by group as one table of shades, what stands out marked."""
    sheet = Sheet(titles.around_heat(tables, credit), narrow)
    for rows in tables:
        _table(sheet, rows)
    return sheet.close()


def _table(sheet: Sheet, rows: pd.DataFrame) -> None:
    """One domain: a heading, the groups across, a finding a line."""
    groups = list(dict.fromkeys(rows.loc[rows["domain"] != "all", "group"]))
    sheet.heading(f"By {titles.domain_of(rows)}")
    label = 0 if sheet.narrow else 250
    wide = (sheet.room - label - 40) / (len(groups) + 1)
    across = {name: sheet.left + label + k * wide for k, name in enumerate(["all", *groups])}
    called = zip(across, ["All", *titles.group_names(rows, groups)], strict=True)
    names = [f"{name} {titles.bases(rows, group)}".strip() for group, name in called]
    _column_heads(sheet, names, list(across.values()), wide)
    findings = list(rows.groupby(["indicator", "category"], sort=False))
    for _, one in sorted(findings, key=lambda found: titles.p_of(found[1])):
        _finding(sheet, one.set_index("group"), across, wide, label)
    sheet.y += 6


def _column_heads(sheet: Sheet, names: list[str], across: list[float], wide: float) -> None:
    """Name the columns, on a slope where they are too narrow for a word."""
    room = wide - 4
    sloped = any(text_width(word, SMALL, "bold") > room for name in names for word in name.split())
    lines = [wrap(name, SMALL, 150 if sloped else room, "bold") for name in names]
    widest = max(text_width(line, SMALL, "bold") for one in lines for line in one)
    deep = 0.87 * widest + 12 if sloped else 16 * max(map(len, lines))
    how: Look = {"size": SMALL, "weight": "bold", "even": False}
    for name, broken, left in zip(names, lines, across, strict=True):
        middle = left + (wide - 2) / 2
        if not sloped:
            sheet.text(middle, sheet.y, name, room, ha="center", **how)
            continue
        for number, line in enumerate(broken):
            foot = middle + 4 + 14 * number - 7 * (len(broken) - 1)
            place: Look = {"rotation": 60, "rotation_mode": "anchor"}
            sheet.text(foot, sheet.y + deep - 16, line, **how, **place)
    sheet.text(sheet.right, sheet.y + deep - 16, "of", quiet=True, ha="right")
    sheet.y += deep + 4


def _finding(
    sheet: Sheet, one: pd.DataFrame, across: dict[str, float], wide: float, label: int
) -> None:
    first = one.iloc[0]
    if sheet.narrow:
        sheet.y += 2
        sheet.write(first["label"])
        tall, sheet.y = 36.0 if "flag" in one else 27.0, sheet.y + 4
    else:
        lines = len(wrap(first["label"], TEXT, label - 12))
        tall = max(36.0, lines * _LINE + 6)
        top = sheet.y + (tall - _LINE * lines) / 2
        sheet.text(sheet.left, top, first["label"], label - 12)
    symbol = titles.stands_out(one)
    shares = one.loc[one["domain"] != "all", "estimate"].dropna()
    read_apart = len(set(map(words.share, shares))) > 1
    apart = {shares.idxmax(), shares.idxmin()} if symbol and read_apart else set()
    for group, x in across.items():
        row = one.loc[group] if group in one.index else None
        _cell(sheet, (x, x + wide - 2), tall, row, symbol if group in apart else "")
    base = f"{first['base_n']:,}" if pd.notna(first["base_n"]) else ""
    sheet.text(sheet.right, sheet.y + tall / 2 - 8, base, quiet=True, ha="right")
    sheet.y += tall


def _cell(
    sheet: Sheet, ends: tuple[float, float], tall: float, row: pd.Series | None, mark: str
) -> None:
    """One share on its shade; of what is not known or not shown an empty tile."""
    middle, centre = sheet.y + tall / 2, sum(ends) / 2
    if row is None or not row["shown"] or pd.isna(row["estimate"]):
        edge: Look = {"facecolor": style.PAPER, "edgecolor": style.TILE, "linewidth": 1}
        sheet.box(ends, middle, tall - 2, **edge)
        said = "" if row is None else "–"
        sheet.text(centre, middle - 8, said, quiet=True, ha="center", gid="cell")
        return
    unsure, wide = titles.is_unsure(row), ends[1] - ends[0]
    shade = min(int(row["estimate"] * len(style.SHADES)), len(style.SHADES) - 1)
    ink = style.PAPER if shade > 3 and not unsure else style.INK
    if unsure:
        dashed: Look = {"edgecolor": style.THIN, "linewidth": 1, "linestyle": (0, (3, 2))}
        sheet.box(ends, middle, tall - 2, facecolor=style.PAPER, gid="unsure", **dashed)
    else:
        sheet.box(ends, middle, tall - 2, facecolor=style.SHADES[shade], gid="tile")
    said, weight = words.share(row["estimate"]).replace(" ", "\xa0"), "normal"
    if mark:
        inner, weight = (ends[0] + 3, ends[1] - 3), "bold"
        sheet.box(inner, middle, tall - 8, facecolor="none", edgecolor=ink, linewidth=1.6)
        marked = f"{mark}\xa0{said}"
        said = marked if text_width(marked, TEXT, "bold") < wide else said
    lines = wrap(f"{said} [u]" if unsure else said, TEXT, wide, weight)
    for number, line in enumerate(lines):
        top = middle - 8 * len(lines) + 16 * number
        sheet.text(centre, top, line, weight=weight, color=ink, ha="center", gid="cell")


def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, rule: str, narrow: bool = False
) -> Axes:
    """Draw what has changed: then hollow, now filled, on one line; what is not clear as words."""
    sheet = Sheet(changes.around_changes(rows, credit, baseline, rule), narrow)
    for about, face in ((baseline, style.PAPER), (credit, style.THIN)):
        how: Look = {"color": style.THIN, "markerfacecolor": face, "markeredgewidth": 1.8}
        sheet.dot(sheet.left + 6, sheet.y + 8, **how)
        told = f"{about.when_where}{' (synthetic data)' * about.synthetic}"
        sheet.text(sheet.left + 18, sheet.y, told, quiet=True)
        sheet.y += 18
    drawn = rows[rows["kind"].isin(changes.KINDS[:9])]
    if len(drawn):
        parts = words.each(drawn, _part)
        number = pd.Series(parts).value_counts()
        named = zip(with_units(drawn), words.each(drawn, changes.marked), strict=True)
        lines = as_lines(
            drawn.assign(shown=True, label=[f"{label}{mark}" for label, mark in named]),
            words.each(drawn, _then_and_now),
            heading=[f"{words.upper_first(part)}: {number[part]}" for part in parts],
            hint=[changes.HINT if kind.startswith("pointing") else "" for kind in drawn["kind"]],
            colour=[_colour(kind) for kind in drawn["kind"]],
        )
        row_chart(sheet, lines, [_pair])
    unclear = rows[rows["kind"] == "not clear"]
    if len(unclear):
        sheet.heading(f"Not clear: {len(unclear)}")
        sheet.write(f"{'; '.join(with_units(unclear))}.", quiet=True, even=False, gid="unclear")
    return sheet.close()


def _part(row: pd.Series) -> str:
    """Name the part of the chart that a change is in: what is clear but in doubt stands apart."""
    return f"{row['kind']}{', in doubt' * (row['in_doubt'] and row['kind'] in changes.KINDS[:4])}"


def _then_and_now(row: pd.Series) -> tuple[str, str]:
    told = (changes.change(row), f"interval {changes.interval(row)}")
    return changes.then_and_now(row), ", ".join(filter(None, told))


def _colour(kind: str) -> str:
    ends = {"worse": style.BAD, "better": style.GOOD}
    return ends.get(kind.split()[-1], style.INK)


def _pair(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    colour = row["colour"]
    then = x((row["then_low"] + row["then_high"]) / 2)
    if row["then_high"] > row["then_low"]:
        ends = x(row["then_low"]), x(row["then_high"])
        sheet.box(ends, middle, 8, facecolor=style.RULE, zorder=1, gid="wording")
    if pd.notna(row["estimate_cohort"]):
        width = 3 if row["kind"] in changes.KINDS[:4] else 1.6
        now = x(row["estimate_cohort"])
        sheet.line((then, now), (middle, middle), color=colour, linewidth=width, zorder=3)
        sheet.dot(now, middle, color=colour, gid="now")
    hollow: Look = {"color": colour, "markerfacecolor": style.PAPER, "markeredgewidth": 1.8}
    sheet.dot(then, middle, gid="then", **hollow)


def plot_clashes(conflicts: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what cannot all hold: a figure as it reads filled, what the others leave it hollow."""
    sheet = Sheet(titles.around_clashes(conflicts, credit), narrow)
    numbers = conflicts["verdict"].value_counts()
    drawn = conflicts["base_n"].dropna()
    top = int(drawn.max()) if len(drawn) else 1
    lines = as_lines(
        conflicts.assign(shown=True),
        words.each(conflicts, _beside),
        heading=[f"{SAYS[verdict]}: {numbers[verdict]}" for verdict in conflicts["verdict"]],
        hint=[_SURE[verdict] for verdict in conflicts["verdict"]],
    )
    ticks = [(mark, f"{mark:g}" if len(drawn) else "") for mark in (0, top / 2, top)]
    row_chart(sheet, lines, [_clash], ticks, plot=180)
    return sheet.close()


def _beside(row: pd.Series) -> tuple[str, str]:
    """The quote with what it reads as, where it has no number itself; what the others leave it."""
    reads = f": {words.dashed(row['reads'])}" * bool(row["reads"])
    left = f"□ the others leave {words.dashed(row['left'])}" * bool(row["left"])
    return f"■ “{row['quote']}”{reads}", left


def _clash(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    if pd.isna(row["base_n"]):
        return
    own, left = ((x(row[f"{whose}low"]), x(row[f"{whose}high"])) for whose in ("", "others_"))
    gap = (left[1], own[0]) if left[1] < own[0] else (own[1], left[0])
    dashed: Look = {"color": style.BAD, "linewidth": 1.2, "linestyle": (0, (2, 2))}
    sheet.line(gap, (middle, middle), zorder=2, **dashed)
    hollow: Look = {"facecolor": style.PAPER, "edgecolor": style.BAD, "linewidth": 2}
    sheet.box(left, middle, 12, least=7, zorder=3, gid="others", **hollow)
    sheet.box(own, middle, 12, least=6, zorder=4, gid="own")
