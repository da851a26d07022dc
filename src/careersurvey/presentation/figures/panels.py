"""Findings side by side: by group as a heat table, two cohorts on one line, figures that clash."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import breakdowns, changes, style, titles, words
from careersurvey.presentation.conflicts import SAYS
from careersurvey.presentation.figures.rows import Scale, as_lines, row_chart, with_units
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import SMALL, TEXT, Look, Sheet, text_width, wrap

_LINE = 17
_HINT = "but not beyond what so many tests would throw up"
_SURE = {"contradiction": "", "tension": "if the two mean the same"}


def plot_heat(tables: Sequence[pd.DataFrame], credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a page's findings by group as tables of shades, of many those whose groups differ.

    Each domain says how many were compared, and has a table for each unit.
    """
    sheet = Sheet(breakdowns.around_heat(tables, credit), narrow)
    for rows, telling in zip(tables, breakdowns.telling_groups(tables), strict=True):
        sheet.heading(f"By {breakdowns.domain_of(rows)}", breakdowns.how_compared(rows))
        named = telling.assign(shaded=breakdowns.shaded(telling))
        if len(set(rows["unit"])) > 1:
            named["label"] = named["unit"].map(words.plural) + " " + named["label"]
        for _, own in named.groupby("unit", sort=False):
            _table(sheet, own)
    return sheet.close()


def _table(sheet: Sheet, rows: pd.DataFrame) -> None:
    """One domain of one unit: the groups across, a finding a line, a question's together."""
    groups = list(dict.fromkeys(rows.loc[rows["domain"] != "all", "group"]))
    beside = 0 if sheet.narrow else 250
    wide = (sheet.room - beside - 40) / (len(groups) + 1)
    across = {name: sheet.left + beside + k * wide for k, name in enumerate(["all", *groups])}
    names = ["All", *breakdowns.group_names(rows, groups)]
    bases = [breakdowns.bases(rows, group) for group in across]
    _column_heads(sheet, names, bases, list(across.values()), wide)
    for asked in breakdowns.by_test(rows):
        if asked.mark and asked.several:
            named = f"{asked.mark} {asked.rows['question'].iloc[0]}: all its answers together"
            sheet.write(named, weight="bold", gid="question")
            sheet.y += 4
        for _, one in asked.rows.groupby("category", sort=False):
            told = f"{asked.mark * (not asked.several)} {one['label'].iloc[0]}".lstrip()
            ends = [row["group"] for row in breakdowns.ends_apart(asked, one)]
            framed = [asked.mark * (group in ends) for group in one["group"]]
            own = one.assign(label=told, framed=framed, untested=breakdowns.untested(one))
            _finding(sheet, own.set_index("group"), across, wide, beside)
    sheet.y += 6


def _column_heads(
    sheet: Sheet, names: list[str], bases: list[str], across: list[float], wide: float
) -> None:
    """Name the columns, on a slope where they are too narrow for a word, and say of how many."""
    room = wide - 4
    sloped = any(text_width(word, SMALL, "bold") > room for name in names for word in name.split())
    lines = [wrap(name, SMALL, 150 if sloped else room, "bold") for name in names]
    widest = max(text_width(line, SMALL, "bold") for one in lines for line in one)
    deep = 0.87 * widest + 12 if sloped else 16 * max(map(len, lines))
    how: Look = {"size": SMALL, "weight": "bold", "even": False}
    of = [_broken(said, room) for said in bases]
    for name, broken, under, left in zip(names, lines, of, across, strict=True):
        middle = left + (wide - 2) / 2
        for number, line in enumerate(under):
            sheet.text(middle, sheet.y + deep + 15 * number, line, quiet=True, ha="center")
        if not sloped:
            sheet.text(middle, sheet.y, name, room, ha="center", **how)
            continue
        for number, line in enumerate(broken):
            foot = middle + 4 + 14 * number - 7 * (len(broken) - 1)
            place: Look = {"rotation": 60, "rotation_mode": "anchor"}
            sheet.text(foot, sheet.y + deep - 16, line, **how, **place)
    deep += 15 * max(map(len, of))
    sheet.text(sheet.right, sheet.y + deep - 16, "of", quiet=True, ha="right")
    sheet.y += deep + 4


def _broken(said: str, room: float) -> list[str]:
    """Break a base, or a range of bases, where it is wider than its column."""
    if text_width(said, SMALL) <= room:
        return [said] * bool(said)
    return said.replace("–", "– ").split(" ")


def _finding(
    sheet: Sheet, one: pd.DataFrame, across: dict[str, float], wide: float, label: int
) -> None:
    """One finding: its cells and its base."""
    first = one.iloc[0]
    tall = 34.0 if text_width("99% [u]", TEXT) < wide - 8 else 46.0
    if sheet.narrow:
        sheet.y += 2
        sheet.write(first["label"])
        sheet.y += 4
    else:
        lines = len(wrap(first["label"], TEXT, label - 12))
        tall = max(tall, lines * _LINE + 6)
        top = sheet.y + (tall - _LINE * lines) / 2
        sheet.text(sheet.left, top, first["label"], label - 12)
    for group, x in across.items():
        row = one.loc[group] if group in one.index else None
        _cell(sheet, (x, x + wide - 2), tall, row)
    base = f"{first['base_n']:,}" if pd.notna(first["base_n"]) else ""
    sheet.text(sheet.right, sheet.y + tall / 2 - 8, base, quiet=True, ha="right")
    sheet.y += tall


def _cell(sheet: Sheet, ends: tuple[float, float], tall: float, row: pd.Series | None) -> None:
    """One share on its shade, boldly framed if it is clearly apart; an empty tile if not shown."""
    middle, centre = sheet.y + tall / 2, sum(ends) / 2
    if row is None or not row["shown"] or pd.isna(row["estimate"]):
        edge: Look = {"facecolor": style.PAPER, "edgecolor": style.TILE, "linewidth": 1}
        sheet.box(ends, middle, tall - 2, **edge)
        said = "" if row is None else "–"
        sheet.text(centre, middle - 8, said, quiet=True, ha="center", gid="cell")
        return
    unsure, wide, mark = titles.is_unsure(row), ends[1] - ends[0], row["framed"]
    shade = min(int(row["estimate"] * len(style.SHADES)), len(style.SHADES) - 1)
    ink = style.PAPER if row["shaded"] and shade > 3 else style.INK
    if row["shaded"]:
        sheet.box(ends, middle, tall - 2, facecolor=style.SHADES[shade], gid="tile")
    elif row["untested"]:
        sheet.box(ends, middle, tall - 2, facecolor=style.TILE, gid="untested")
    if unsure or row["untested"]:
        ink = style.QUIET
    weight = "bold" if mark == "◆" else "normal"
    said = words.share(row["estimate"]).replace(" ", "\xa0") + " [u]" * unsure
    lines = wrap(said, TEXT, wide, weight)
    if mark:
        inset = min(3, (wide - max(text_width(line, TEXT, weight) for line in lines)) / 4)
        inner, thick = (ends[0] + inset, ends[1] - inset), 1.8 if mark == "◆" else 1
        sheet.box(inner, middle, tall - 6, facecolor="none", edgecolor=ink, linewidth=thick)
    for number, line in enumerate(lines):
        top = middle - 8 * len(lines) + 16 * number
        sheet.text(centre, top, line, weight=weight, color=ink, ha="center", gid="cell")


def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, rule: str, narrow: bool = False
) -> Axes:
    """Draw what has changed, then hollow, now filled, on one line; count what is not clear."""
    sheet = Sheet(titles.around_changes(rows, credit, baseline, rule), narrow)
    for about, face in ((baseline, style.PAPER), (credit, style.THIN)):
        how: Look = {"color": style.THIN, "markerfacecolor": face, "markeredgewidth": 1.8}
        sheet.dot(sheet.left + 6, sheet.y + 8, **how)
        told = f"{about.when_where}{' (synthetic data)' * about.synthetic}"
        sheet.y += sheet.text(sheet.left + 18, sheet.y, told, sheet.room - 18, quiet=True) + 3
    drawn = rows[rows["kind"].isin(changes.KINDS[:9])]
    if len(drawn):
        parts, number = drawn["comes_to"], drawn["comes_to"].value_counts()
        lines = as_lines(
            drawn.assign(shown=True, label=with_units(drawn) + drawn["marks"]),
            words.each(drawn, _then_and_now),
            heading=[f"{words.upper_first(part)}: {number[part]}" for part in parts],
            hint=[_HINT if kind.startswith("pointing") else "" for kind in drawn["kind"]],
            colour=[_colour(kind) for kind in drawn["kind"]],
        )
        row_chart(sheet, lines, [_pair])
    if unclear := int((rows["kind"] == "not clear").sum()):
        sheet.heading(f"Not clear: {unclear}", "in the data of this figure")
    return sheet.close()


def _then_and_now(row: pd.Series) -> tuple[str, str]:
    limits = f"({row['interval']})".replace(" ", "\xa0") * bool(row["interval"])
    judged = row["kind"].split()[-1] in ("better", "worse") and row["measure"] in words.SHARES
    fewer = "; fewer\xa0is\xa0better" * (judged and row["side"] == "worse")
    return changes.then_and_now(row), f"{row['change']} {limits}{fewer}".strip()


def _colour(kind: str) -> str:
    ends = {"worse": style.BAD, "better": style.GOOD}
    return ends.get(kind.split()[-1], style.INK)


def _pair(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Then and now on one line: a number as a dot, what its words leave open as a bar."""
    colour, width = row["colour"], 3 if row["kind"] in changes.CLEAR else 1.6
    centres = []
    for when, face in (("then", style.PAPER), ("now", row["colour"])):
        known = row[[f"{when}_low", f"{when}_high"]]
        if known.isna().any():
            continue
        ends = x(known.iloc[0]), x(known.iloc[1])
        centres.append(sum(ends) / 2)
        if changes.is_open(row, when):
            edge: Look = {"facecolor": face, "edgecolor": colour, "linewidth": 1.8, "zorder": 5}
            sheet.box(ends, middle, 12, gid=f"{when}-open", **edge)
        else:
            ring: Look = {"color": colour, "markerfacecolor": face, "markeredgewidth": 1.8}
            sheet.dot(centres[-1], middle, gid=when, **ring)
    ends = (min(centres), max(centres))
    how: Look = {"color": colour, "linewidth": width, "linestyle": "--" if row["marks"] else "-"}
    sheet.line(ends, (middle, middle), zorder=3, gid="change", **how)


def plot_clashes(conflicts: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what cannot all hold: a figure as it reads filled, what the others allow hollow."""
    sheet = Sheet(titles.around_clashes(conflicts, credit), narrow)
    numbers = conflicts["verdict"].value_counts()
    top = int(conflicts["base_n"].max()) if conflicts["base_n"].notna().any() else 1
    lines = as_lines(
        conflicts.assign(shown=conflicts["base_n"].notna()),
        words.each(conflicts, _beside),
        heading=[f"{SAYS[verdict]}: {numbers[verdict]}" for verdict in conflicts["verdict"]],
        hint=[_SURE[verdict] for verdict in conflicts["verdict"]],
    )
    row_chart(sheet, lines, [_clash], [(mark, f"{mark:g}") for mark in (0, top / 2, top)], plot=180)
    return sheet.close()


def _beside(row: pd.Series) -> tuple[str, str]:
    """The quote with what it reads as, where it has no number itself; what the others allow."""
    if not row["left"]:
        alone = "” or “" not in row["quote"]
        return (
            f"“{row['quote']}”",
            "no whole number is exactly that" if alone else "no bar: no base",
        )
    allow = f"left by {row['others']}: {words.dashed(row['left'])}"
    return f"“{row['quote']}”: {words.dashed(row['reads'])}", allow


def _clash(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    own, left = ((x(row[f"{whose}low"]), x(row[f"{whose}high"])) for whose in ("", "others_"))
    sheet.box(left, middle, 12, least=7, zorder=3, gid="others", **style.HOLLOW)
    sheet.box(own, middle, 12, least=6, zorder=4, gid="own")
