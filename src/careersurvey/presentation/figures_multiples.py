"""Findings by group as small multiples: a panel a finding, a line a group, one scale for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.transforms import Affine2D, Transform

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

TESTED = ["groups", "left_out", "statistic", "p_value", "p_adjusted", "reason"]

_ACROSS = 2
_BAND, _LINE = 0.12, 0.21
_BETWEEN, _GAP = 0.16, 0.26
_GUTTER = 1.3
_TOO_FEW = "too few"
_VALUE = 0.55
_ROOM = style.WIDTH - 2 * style.MARGIN


@style.styled
def plot_multiples(estimates: pd.DataFrame, credit: Credit, *, title: str = "") -> Axes:
    """Draw each finding in a panel of its own, with a dot and an interval for each group.

    A group under the minimum base keeps its line and has no mark. A dashed line stands at the
    share of everyone. Under its name each panel says the test between its groups.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table, ``label``, and of the test between the groups `TESTED`;
        rows of one domain and, for everyone, of the domain ``all``.
    credit : Credit
    title : str, optional
        In place of the one that counts the findings that differ.

    Returns
    -------
    matplotlib.axes.Axes
        Axes in inches across and down. The marks of a panel have a transform of their own, so
        that their data are shares across and inches below the panel's top.
    """
    panels = list(_panels(estimates))
    grid = _grid(estimates, len(panels))
    words = labels.around(
        title or _title(estimates), _measure(estimates), estimates, credit, _how_to_read(estimates)
    )
    heads = [_head(rows, grid.width) for rows in panels]
    corners, down = _placed(heads, grid)
    ax = _canvas(words, down)
    for number, (rows, head, corner) in enumerate(zip(panels, heads, corners, strict=True)):
        _write_head(ax, corner, head)
        _draw(ax, rows, corner, grid)
        if number % grid.across == 0:
            for name, middle in zip(grid.names, _middles(grid.heights), strict=True):
                place = (grid.gutter - 0.08, corner[1] + middle)
                _write(ax, place, name, "group", ha="right", linespacing=1.0)
        if number + grid.across >= len(panels):
            _write_scale(ax, corner, grid)
    return ax


def describe_multiples(estimates: pd.DataFrame) -> str:
    """Say every finding's groups and test in words, for those who hear a picture.

    Parameters
    ----------
    estimates : DataFrame
        As `plot_multiples` takes them.
    """
    groups = _groups(estimates)
    names = dict(zip(groups, group_names(estimates), strict=True))
    said = []
    for rows in _panels(estimates):
        parts = [
            f"{names.get(row['group'], 'Everyone')} {_value(row)}" for _, row in rows.iterrows()
        ]
        said.append(f"{rows['label'].iloc[0]}: {', '.join(parts)}. {test_words(rows.iloc[-1])}.")
    return " ".join(said)


def test_words(row: pd.Series) -> str:
    """Say what the test between groups found: whether they differ, F and the adjusted p."""
    if row["evidence"] == "reported":
        return "Printed figures: not tested"
    if pd.isna(row["p_adjusted"]):
        return f"Not tested: {row['reason'] or 'not a share'}"
    found = "Groups differ" if row["p_adjusted"] < 1 - row["level"] else "No clear difference"
    return f"{found}: F {row['statistic']:.2f}, adjusted p {p_words(row['p_adjusted'])}"


def group_names(estimates: pd.DataFrame) -> list[str]:
    """Call the groups by their values; those of a yes-no question by the question.

    Parameters
    ----------
    estimates : DataFrame
        As `plot_multiples` takes them.
    """
    groups, domain = _groups(estimates), _domain(estimates)
    if set(groups) <= {"yes", "no"}:
        return [labels.spell(domain) if group == "yes" else f"No {domain}" for group in groups]
    return [labels.spell(group) for group in groups]


def p_words(p: float) -> str:
    """Write a p value to two figures: "0.034", "below 0.001"."""
    if p < 0.001:
        return "below 0.001"
    return f"{p:.2g}" if p < 0.995 else "1"


@dataclass(frozen=True)
class _Grid:
    """Measures that all panels share, in inches."""

    groups: list[str]
    names: list[str]
    heights: list[float]
    gutter: float
    across: int
    width: float

    @property
    def track(self) -> float:
        """Length of 0 to 100%."""
        return self.width - _VALUE


def _grid(estimates: pd.DataFrame, panels: int) -> _Grid:
    groups = _groups(estimates)
    names = [style.wrap(name, style.SMALL, _GUTTER) for name in group_names(estimates)]
    heights = [max(_LINE, style.text_height(name, style.SMALL) + 0.03) for name in names]
    gutter = 0.1 + max(
        style.text_width(line, style.SMALL) for name in names for line in name.split("\n")
    )
    across = min(_ACROSS, panels)
    width = (_ROOM - gutter - _BETWEEN * (across - 1)) / across
    return _Grid(groups, names, heights, gutter, across, width)


def _panels(estimates: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of each finding that has groups, in the order of the table."""
    for _, rows in estimates.groupby(["indicator", "category"], sort=False):
        if (rows["domain"] != "all").any():
            yield rows.sort_values("domain", key=lambda domain: domain != "all", kind="stable")


def _groups(estimates: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(estimates.loc[estimates["domain"] != "all", "group"]))


def _domain(estimates: pd.DataFrame) -> str:
    domain = estimates.loc[estimates["domain"] != "all", "domain"].iloc[0]
    return labels.spell(domain.replace("*", " and ")).lower()


def _measure(estimates: pd.DataFrame) -> str:
    everyone = estimates[estimates["domain"] == "all"]
    whom = labels.base_words(everyone if len(everyone) else estimates)
    return f"Share of {whom} by {_domain(estimates)}"


def _how_to_read(estimates: pd.DataFrame) -> str:
    level = estimates["level"].dropna()
    groups = estimates[estimates["domain"] != "all"]
    parts = [
        "Each pale band runs from 0 to 100%. Dot: the share.",
        f"Thin line: {level.iloc[0]:.0%} interval." if len(level) else "",
        "Dashed: everyone." if (estimates["domain"] == "all").any() else "",
        "F: Rao and Scott's test between the groups, p adjusted over the page by Holm's method."
        if groups["p_adjusted"].notna().any()
        else "",
        "Too few: a group under the minimum base, not shown and not in the test."
        if not groups["shown"].all()
        else "",
    ]
    return " ".join(part for part in parts if part)


def _title(estimates: pd.DataFrame) -> str:
    """Count the findings that differ between groups; where it is one, say it."""
    first = estimates[estimates["domain"] != "all"].groupby(["indicator", "category"], sort=False)
    findings = first.head(1).drop_duplicates(["indicator", "statistic", "p_value"])
    tested, by = findings[findings["p_adjusted"].notna()], _domain(estimates)
    if tested.empty:
        return f"What was found by {by}"
    differ = tested[tested["p_adjusted"] < 1 - tested["level"]]
    if differ.empty:
        return f"None of {len(tested)} findings differs clearly by {by}"
    verb = "differs" if len(differ) == 1 else "differ"
    counted = f"{len(differ)} of {len(tested)} findings {verb} by {by}"
    if len(differ) > 1:
        return counted
    question = differ["question"].iloc[0]
    return labels.title_of(f"{counted}: {question[:1].lower()}{question[1:]}", counted)


def _head(rows: pd.DataFrame, width: float) -> tuple[str, str]:
    name = style.wrap(rows["label"].iloc[0], style.SMALL, width, weight="bold")
    return name, style.wrap(test_words(rows.iloc[-1]), style.SMALL, width)


def _head_height(head: tuple[str, str]) -> float:
    return sum(style.text_height(part, style.SMALL) for part in head) + 0.03


def _placed(heads: list[tuple[str, str]], grid: _Grid) -> tuple[list[tuple[float, float]], float]:
    """Left edge and top of each panel's band of lines, and where the last one ends."""
    corners, down = [], 0.0
    for start in range(0, len(heads), grid.across):
        row = heads[start : start + grid.across]
        down += max(_head_height(head) for head in row)
        corners += [
            (grid.gutter + number * (grid.width + _BETWEEN), down) for number in range(len(row))
        ]
        down += sum(grid.heights) + _GAP
    return corners, down - _GAP


def _canvas(words: style.Words, down: float) -> Axes:
    ax = style.sheet(words, body=down)
    ax.set(xlim=(0, _ROOM), ylim=(down, 0), autoscale_on=False)
    ax.set_axis_off()
    return ax


def _write(ax: Axes, place: tuple[float, float], text: str, gid: str, **how: object) -> None:
    usual = {"size": style.SMALL, "va": "center", "linespacing": 1.1}
    ax.text(*place, text, gid=gid, **usual | how)


def _write_head(ax: Axes, corner: tuple[float, float], head: tuple[str, str]) -> None:
    left, top = corner
    name, test = head
    top -= _head_height(head)
    _write(ax, (left, top), name, "finding", va="top", weight="bold")
    below = top + style.text_height(name, style.SMALL)
    _write(ax, (left, below), test, "test", va="top", color=style.QUIET)


def _middles(heights: list[float]) -> list[float]:
    ends = pd.Series(heights).cumsum()
    return [end - height / 2 for end, height in zip(ends, heights, strict=True)]


def _draw(ax: Axes, rows: pd.DataFrame, corner: tuple[float, float], grid: _Grid) -> None:
    """Draw one panel: inside it, shares run across from 0 to 1 and inches down from 0."""
    inside = Affine2D().scale(grid.track, 1).translate(*corner) + ax.transData
    middles = dict(zip(grid.groups, _middles(grid.heights), strict=True))
    tracks = [((0, middle), (1, middle)) for middle in middles.values()]
    _lines(ax, tracks, inside, "track", color=style.TRACK, linewidth=72 * _BAND)
    deep = sum(grid.heights)
    notches = [((quarter, 0), (quarter, deep)) for quarter in (0.25, 0.5, 0.75)]
    _lines(ax, notches, inside, "notch", color=style.PAPER, linewidth=1)
    everyone = rows.loc[(rows["domain"] == "all") & rows["shown"], "estimate"].dropna()
    ends = [((share, 0), (share, deep)) for share in everyone]
    dashed = {"color": style.INK, "linewidth": 0.9, "linestyle": (0, (3, 2))}
    _lines(ax, ends, inside, "everyone", **dashed)
    parts = rows[rows["domain"] != "all"]
    _marks(ax, parts[parts["shown"]], inside, middles)
    for _, row in parts.iterrows():
        place = (corner[0] + grid.track + 0.08, corner[1] + middles[row["group"]])
        _write(ax, place, _value(row), "value", color=style.INK if row["shown"] else style.QUIET)


def _marks(ax: Axes, parts: pd.DataFrame, inside: Transform, middles: dict[str, float]) -> None:
    def across(low: str, high: str, rows: pd.DataFrame) -> list[tuple]:
        columns = zip(rows[low], rows[high], rows["group"], strict=True)
        return [((one, middles[group]), (other, middles[group])) for one, other, group in columns]

    vague = parts[parts["estimate_high"] > parts["estimate_low"]]
    wording = across("estimate_low", "estimate_high", vague)
    _lines(ax, wording, inside, "wording", color=style.TEAL, linewidth=72 * _BAND)
    interval = across("conf_low", "conf_high", parts[parts["conf_low"].notna()])
    _lines(ax, interval, inside, "interval", color=style.NAVY, linewidth=1.2)
    known = parts[parts["estimate"].notna()]
    ax.plot(
        known["estimate"].to_list(),
        [middles[group] for group in known["group"]],
        transform=inside,
        gid="dot",
        clip_on=False,
        linestyle="none",
        marker="o",
        markersize=6,
        color=style.NAVY,
        markeredgecolor=style.PAPER,
        zorder=3,
    )


def _lines(ax: Axes, ends: list[tuple], inside: Transform, gid: str, **how: object) -> None:
    if ends:
        drawn = LineCollection(ends, transform=inside, gid=gid, clip_on=False, zorder=2, **how)
        ax.add_collection(drawn, autolim=False)


def _value(row: pd.Series) -> str:
    if not row["shown"]:
        return _TOO_FEW
    return labels.percent_range(row["estimate_low"], row["estimate_high"]) or "no number"


def _write_scale(ax: Axes, corner: tuple[float, float], grid: _Grid) -> None:
    left, top = corner
    for share, side in ((0, "left"), (0.5, "center"), (1, "right")):
        place = (left + share * grid.track, top + sum(grid.heights) + 0.06)
        _write(ax, place, f"{share:.0%}", "scale", ha=side, va="top", color=style.QUIET)
