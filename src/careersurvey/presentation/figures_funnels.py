"""How many are left at each step, from those asked to those served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

_BAR, _STEP, _HEAD = 0.2, 0.5, 0.34


@style.styled
def plot_funnels(
    estimates: pd.DataFrame,
    credit: Credit,
    *,
    chains: Mapping[str, Sequence[str]],
    asked: str = "Answered the question",
) -> Axes:
    """Draw one narrowing chain of bars a service, all on one scale of people.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table and ``label``.
    credit : Credit
    chains : mapping of str to sequence of str
        Name of the service and its steps in order, each ``indicator=category``. The base of the
        first step is drawn above it; a step whose count is unknown keeps its line.
    asked : str
        What to call the base of the first step.

    Returns
    -------
    matplotlib.axes.Axes
    """
    keys = estimates["indicator"] + "=" + estimates["category"]
    steps = {
        name: estimates.assign(key=keys).set_index("key").reindex(chain).dropna(subset="label")
        for name, chain in chains.items()
    }
    steps = {name: rows for name, rows in steps.items() if len(rows)}
    drawn = pd.concat(steps.values())
    unit = labels.plural(drawn["unit"].iloc[0])
    several = (drawn["count_high"] > drawn["count_low"]).any()
    reading = "Hatched: counts that the wording leaves open." if several else ""
    bare = drawn.drop(columns=["conf_low", "conf_high"])
    words = labels.around(_narrowing(steps, unit), f"Number of {unit}", bare, credit, reading)
    down = sum(_HEAD + _STEP * (len(rows) + 1) for rows in steps.values())
    ax = style.sheet(words, body=down, right=1.55)
    ax.set_ylim(down, 0)
    ax.set_xlim(0, float(drawn[["base_n", "count_high"]].max().max()))
    _draw_chains(ax, steps, asked)
    return ax


def _draw_chains(ax: Axes, steps: dict[str, pd.DataFrame], asked: str) -> None:
    down, names, heights = 0.0, [], []
    for service, rows in steps.items():
        ax.annotate(
            service,
            (0, down + _HEAD / 2),
            xycoords=("axes fraction", "data"),
            weight="bold",
            va="center",
        )
        down += _HEAD
        for label, low, high, value in [_asked(rows.iloc[0], asked), *_steps(rows)]:
            middle = down + _STEP - _BAR / 2 - 0.08
            if pd.notna(low):
                style.span(ax, middle, low, high, _BAR, style.NAVY, f"{middle:.2f}")
            style.beside(ax, middle, value)
            names.append(label)
            heights.append(middle - _BAR / 2 - 0.02)
            down += _STEP
    style.label_above(ax, heights, names)
    ax.xaxis.set_major_locator(style.whole_numbers())
    ax.xaxis.set_major_formatter("{x:,.0f}")


def _asked(first: pd.Series, asked: str) -> tuple[str, float, float, str]:
    base = first["base_n"]
    said = f"{base:,}" if pd.notna(base) else "number not printed"
    return asked, base, base, said


def _steps(rows: pd.DataFrame) -> list[tuple[str, float, float, str]]:
    return [
        (row["label"], row["count_low"], row["count_high"], _step_words(row))
        for _, row in rows.iterrows()
    ]


def _step_words(row: pd.Series) -> str:
    """Say a step in people, also where its share is weighted."""
    if not row["shown"]:
        return "not shown"
    if pd.isna(row["count_low"]):
        return f"{labels.value_words(row)}, number unknown"
    counts = labels.count_range(row["count_low"], row["count_high"])
    return f"{counts} of {row['base_n']:,}" if pd.notna(row["base_n"]) else counts


def _narrowing(steps: dict[str, pd.DataFrame], unit: str) -> str:
    name, rows = next(iter(steps.items()))
    base, last = rows["base_n"].iloc[0], rows.iloc[-1]
    left = _step_words(last).split(" of ")[0]
    of = f"Of {base:,} {unit}" if pd.notna(base) else f"Of the {unit}"
    label = last["label"][:1].lower() + last["label"][1:]
    where = f"{of[:1].lower()}{of[1:]}"
    return labels.title_of(f"{name}: {left} {label}, {where}", f"{name}: {left} left, {where}")
