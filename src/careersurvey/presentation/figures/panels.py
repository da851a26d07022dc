"""Findings side by side: by group as tables, two cohorts on one line, figures that clash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import so_many
from careersurvey.presentation import (
    breakdowns,
    captions,
    changes,
    compared,
    conflicts,
    sentences,
    style,
    titles,
    words,
)
from careersurvey.presentation.figures.rows import (
    Scale,
    as_lines,
    base,
    could_be,
    counts,
    row_chart,
    with_units,
)
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.standing import OF_VERDICT
from careersurvey.presentation.style import SMALL, Look, Sheet, Words, text_width, wrap

#: A finding's rows by group, None where it has no such group.
Cells = Sequence[pd.Series | None]


def plot_groups(tables: Sequence[pd.DataFrame], credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a page's findings by group as plain tables, of many those whose groups differ."""
    sheet = Sheet(breakdowns.around_groups(tables, credit), narrow)
    telling = breakdowns.telling_groups(tables)
    named = iter(with_units(pd.concat(telling)))
    for rows, drawn in zip(tables, telling, strict=True):
        sheet.heading(f"By {breakdowns.domain_of(rows)}", breakdowns.how_compared(rows))
        drawn = drawn.assign(label=[next(named) for _ in drawn.index])
        for _, own in drawn.groupby("unit", sort=False):
            _table(sheet, own)
    return sheet.close()


def _table(sheet: Sheet, rows: pd.DataFrame) -> None:
    """One domain of one unit, as many of its groups side by side as there is room for."""
    groups = [*dict.fromkeys(rows.loc[rows["domain"] != "all", "group"])]
    names = {"all": "All"} | dict(zip(groups, breakdowns.group_names(rows, groups), strict=True))
    widest = max(
        text_width(word, SMALL, "bold") for name in names.values() for word in name.split()
    )
    abreast = max(int(sheet.room / (widest + 4)) - 1, 1)
    for some in np.array_split(groups, max(-(-len(groups) // abreast), 1)):
        _band(sheet, rows, {group: names[group] for group in ("all", *some)})
        sheet.y += 6


def _band(sheet: Sheet, rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Groups across by their names, of how many, a finding a line."""
    _across(sheet, [*names.values()], weight="bold")
    sheet.write(f"Number of {words.plural(rows['unit'].iloc[0])}", quiet=True)
    _across(sheet, [breakdowns.bases(rows, group) for group in names], color=style.QUIET)
    for asked in sheet.most(breakdowns.by_test(rows)):
        sheet.parts.append(sheet.y)
        if asked.clear and asked.several:
            named = f"◆ {asked.rows['question'].iloc[0]}: its answers, tested together"
            sheet.write(named, weight="bold", gid="question")
            sheet.y += 4
        for _, one in asked.rows.groupby("category", sort=False):
            told = f"{'◆ ' if asked.clear and not asked.several else ''}{one['label'].iloc[0]}"
            _write_line(sheet, told, [*map(_cells(asked, one).get, names)])


def _cells(asked: breakdowns.Tested, one: pd.DataFrame) -> dict[str, pd.Series]:
    """Rows of a finding by group, with what is said of each and what stands out of it."""
    ends = [row["group"] for row in breakdowns.ends_apart(asked, one)]
    own = one.assign(
        apart=one["group"].isin(ends),
        untested=breakdowns.untested(one),
        said=breakdowns.in_cells(one),
    )
    return {row["group"]: row for _, row in own.iterrows()}


def _across(sheet: Sheet, said: Sequence[str], **how: Any) -> None:
    """Write over each column what is said of it, down to one line."""
    wide = sheet.room / len(said)
    how |= {"size": SMALL, "ha": "center"}
    tall = [15 * len(wrap(one, SMALL, wide - 4, "bold")) for one in said]
    for number, one in enumerate(said):
        top = sheet.y + max(tall) - tall[number]
        sheet.text(sheet.left + (number + 0.5) * wide - 1, top, one, wide - 4, **how)
    sheet.y += max(tall) + 3


def _write_line(sheet: Sheet, told: str, cells: Cells) -> None:
    """One finding, said above its groups."""
    sheet.write(told)
    starts = [sheet.left + number * sheet.room / len(cells) for number in range(len(cells) + 1)]
    places = ((start, end - 2) for start, end in pairwise(starts))
    tall = [_cell(sheet, place, row) for place, row in zip(places, cells, strict=True)]
    sheet.y += 9 + max(tall)


def _cell(sheet: Sheet, ends: tuple[float, float], row: pd.Series | None) -> float:
    """One share: bold on a tile if clearly apart, on grey if its group was not tested."""
    if row is None:
        return 0
    known, unsure = row["shown"] and row["said"], sentences.is_unsure(row)
    state = next((one for one in _TILES if known and row[one]), "")
    faint = unsure or row["untested"] or not known
    how: Look = {"weight": "bold" if state == "apart" else "normal", "ha": "center", "gid": "cell"}
    how["color"] = style.QUIET if faint else style.INK
    said = row["said"] + " [u]" * unsure if known else "–"
    tall = sheet.text(sum(ends) / 2, sheet.y + 4, said, ends[1] - ends[0], **how)
    if state:
        middle = sheet.y + 5 + tall / 2
        sheet.box(ends, middle, tall + 6, facecolor=_TILES[state], gid=state)
    return tall


_TILES = {"apart": style.APART, "untested": style.TILE}


def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, narrow: bool = False
) -> Axes:
    """Draw what has changed, then hollow, now filled, on one line; count what is not drawn."""
    sheet = Sheet(_since(rows, credit, baseline), narrow)
    for about, face in ((baseline, style.PAPER), (credit, style.THIN)):
        how: Look = {"color": style.THIN, "markerfacecolor": face, "markeredgewidth": 1.8}
        sheet.dot(sheet.left + 6, sheet.y + 8, **how)
        told = f"{about.when_where}: {'invented' if about.synthetic else about.source}"
        sheet.y += sheet.text(sheet.left + 18, sheet.y, told, sheet.room - 18, quiet=True) + 3
    drawn = compared.drawn(rows)
    if len(drawn):
        number = drawn["comes_to"].value_counts()
        pale = drawn["way"].mask(drawn["kind"] == compared.UNKNOWN, "unknown").map(_PALE)
        lines = as_lines(
            drawn.assign(
                shown=drawn["measure"].isin(SHARES),
                label=with_units(drawn, usual=1),
            ),
            words.each(drawn, lambda row: _then_and_now(row, years(credit.when_where))),
            heading=[f"{words.upper_first(one)}: {number[one]}" for one in drawn["comes_to"]],
            hint=drawn["kind"].map(compared.KINDS),
            colour=[_COLOURS.get(*each) for each in zip(drawn["comes_to"], pale, strict=True)],
        )
        row_chart(sheet, lines, [_pair])
    rest = compared.comparable(rows[~rows.index.isin(drawn.index)])
    if len(rest):
        sheet.heading(f"Not drawn, but in the data of this figure: {len(rest)}")
        numbers = (f"{number} {what}" for what, number in compared.counted(rest).to_numpy())
        sheet.write(f"{words.listed(numbers)}.", quiet=True)
    return sheet.close()


def _since(rows: pd.DataFrame, credit: Credit, baseline: Credit) -> Words:
    """Words of the chart of changes: how many of what can be compared changed, and how surely."""
    known, drawn = compared.comparable(rows), compared.drawn(rows)
    marks = " ".join(drawn["marks"])
    told = {name: one.means for name, one in compared.MARKS.items() if name in marks}
    means = [f"{words.upper_first(name)}: {said}." for name, said in told.items()]
    how = [f"In brackets: the {100 * rows['level'].max():g}% interval.", *means]
    cautions = " ".join(dict.fromkeys((baseline.caution, credit.caution)))
    sources = f"{baseline.source}; {credit.source}{' (synthetic data)' if credit.synthetic else ''}"
    vague = bool((drawn["then"] + drawn["now"]).str.contains(" to ").any())
    unknown = drawn["kind"].eq(compared.UNKNOWN)
    key = [captions.BOX] if any(words.each(drawn[~unknown], sentences.of_invited)) else []
    key += [("range", "what its words can mean, as read")] if vague else []
    key += [("line", "from then to now, no interval")] if (~unknown).any() else []
    key += [("left", "what other figures of the earlier report leave it")] if unknown.any() else []
    without = int(rows["kind"].eq(compared.BARRED).sum())
    barred = [f"Another {so_many(without, 'finding')} cannot be compared"] if without else []
    real = []
    if credit.synthetic and not baseline.synthetic:
        boxes = " and pale bands" if captions.BOX in key else ""
        hatched = " or hatched" if unknown.any() else ""
        real = [f"Filled dots{boxes} are invented; what is hollow{hatched} is read from a report"]
    return titles.words_of(
        credit,
        titles.title_of(*changes.how_many(known)),
        [*real, titles.response(known["unit"], credit), *barred],
        (" ".join(how), cautions, f"Sources: {sources}."),
        key,
        words.each(drawn, changes.heard) or ["No change is clear"],
    )


#: Full colour is of what is clear; what is in doubt or only points one way is paler.
_COLOURS = {"worse": style.BAD, "better": style.GOOD, "lower": style.INK, "higher": style.INK}
_PALE = {"worse": style.PALE_BAD, "better": style.PALE_GOOD}
_PALE |= dict.fromkeys(("unknown", "lower", "higher"), style.QUIET) | {"": style.INK}


def _then_and_now(row: pd.Series, year: str) -> tuple[str, str]:
    """Say both sides; the change with its interval, and what the later could be of all invited."""
    if row["kind"] == compared.UNKNOWN:
        left = words.between(row["left_low"], row["left_high"])
        other = f"or {left} by other figures of its report (its cards {row['cards']})"
        told = f"{row['when']}: {row['then']}, {other}; {year}: {row['now']}"
        unlike = f"; {compared.QUESTION}" if compared.QUESTION in row["marks"] else ""
        return "", words.dashed(told) + unlike
    limits = f"({row['interval']})" if row["interval"] else ""
    judged = row["way"] in ("better", "worse") and row["measure"] in SHARES
    fewer = "; fewer is better" if judged and row["side"] == "worse" else ""
    missing = words.dashed(sentences.of_invited(row))
    missing = f"{year}, all invited: {missing}" if missing else ""
    missing = "".join(f"; {one}" for one in (row["marks"], missing) if one)
    ends = row["now_low"], row["then_high"], compared.ends(row)[0]
    now, then, change = (np.rint(100 * end) for end in ends)
    off = (
        ", before rounding to whole points" if words.is_share(row) and now - then != change else ""
    )
    return changes.then_and_now(row), f"{row['change']}{off} {limits}{fewer}{missing}".strip()


def _pair(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Then and now on one line: a number as a dot, what its words leave open as a bar."""
    unknown = row["kind"] == compared.UNKNOWN
    colour = style.THIN if unknown else row["colour"]
    centres = []
    for when, face in (("then", style.PAPER), ("now", colour)):
        known = row[[f"{when}_low", f"{when}_high"]]
        if known.isna().any():
            continue
        ends = x(known.iloc[0]), x(known.iloc[1])
        centres.append(sum(ends) / 2)
        if compared.is_open(row, when):
            edge: Look = {"facecolor": face, "edgecolor": colour, "linewidth": 1.8, "zorder": 5}
            sheet.box(ends, middle, 12, gid=f"{when}-open", **edge)
        else:
            ring: Look = {"color": colour, "markerfacecolor": face, "markeredgewidth": 1.8}
            sheet.dot(centres[-1], middle, gid=when, **ring)
    if unknown:  # of the direction: what else it may have been
        left = x(row["left_low"]), x(row["left_high"])
        sheet.box(left, middle, 12, zorder=3, gid="left", **style.LEFT)
        return
    could_be(sheet, x, middle, row)
    how: Look = {"color": colour, "linewidth": 2.4}
    sheet.line((min(centres), max(centres)), (middle, middle), zorder=3, gid="change", **how)


def plot_clashes(cards: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what cannot all hold: a figure as it reads filled, what the others allow hollow."""
    heading = cards["verdict"].map({verdict: one.name for verdict, one in OF_VERDICT.items()})
    heading = heading.mask(cards["alone"], "no whole number")
    heading = heading.map(words.upper_first) + cards["given"]
    heading += cards["widely"].map({True: ", unless words are read more widely", False: ""})
    top = int(cards["base_n"].max()) if cards["base_n"].notna().any() else 1
    number, depends = heading.value_counts(sort=False), cards["widely"] | (cards["given"] != "")
    assumed = cards["widely"] & ~cards["alone"]
    hint = assumed.map({True: "and if what each card says is assumed is true", False: ""})
    lines = as_lines(
        cards.assign(shown=cards["base_n"].notna()),
        words.each(cards, _quoted),
        heading=heading + ": " + heading.map(number).astype(str),
        hint=cards["verdict"].map(lambda one: OF_VERDICT[one].rests).mask(depends, hint),
    )
    sure = cards["verdict"].eq("contradiction") & cards["given"].eq("")
    may = int((~sure & ~cards["alone"]).sum())  # what is no whole number clashes with nothing
    sets = so_many(int(sure.sum()) or may or len(cards), "set")
    more = f"; {may} more may clash" if may else ""
    title = f"{sets} of figures may clash"
    if sure.any():
        title = f"{sets} of figures cannot all be right{more}"
    sheet = Sheet(_all_clashing(cards, credit, title), narrow)
    return row_chart(sheet, lines, [base, _clash], counts(top)).close()


def _all_clashing(rows: pd.DataFrame, credit: Credit, title: str) -> Words:
    """Words of the chart of figures that clash: how many sets of them."""
    key = [
        ("solid", "what the figure says"),
        ("hollow", "what it could be if the others here are right"),
        ("tile", "its base"),
    ]
    return titles.around(
        title,
        "One figure of each conflict, and what its others allow, in counts: either side may be off",
        rows,
        credit,
        "No bar: a date or total, or no whole number." if rows["base_n"].isna().any() else "",
        heard=words.each(rows, conflicts.heard),
        key=key if rows["base_n"].notna().any() else (),
    )


def _quoted(row: pd.Series) -> tuple[str, str]:
    """The quote; what it reads as, and what the others allow it to be."""
    alone = "no whole number of its base is that share" if row["alone"] else ""
    both = f"{words.dashed(row['reads'])}; the others allow {words.dashed(row['left'])}"
    return row["quote"], both if row["left"] else alone


def _clash(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    own, left = ((x(row[f"{whose}low"]), x(row[f"{whose}high"])) for whose in ("", "others_"))
    sheet.box(left, middle, 12, least=7, zorder=3, gid="others", **style.HOLLOW)
    sheet.box(own, middle, 12, zorder=4, gid="own")
