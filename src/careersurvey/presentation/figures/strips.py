"""An axis of a conflict's card, a strip a figure: SVG in a page whose words stay words."""

from __future__ import annotations

from html import escape

import pandas as pd


def axis(quotes: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis of one conflict: nought and the base, or one beyond either number."""
    if quotes["base_high"].notna().any():
        return 0, float(quotes["base_high"].max())
    return float(quotes["low"].min()) - 1, float(quotes["high"].max()) + 1


def strip(quote: pd.Series, ends: tuple[float, float], said: str) -> str:
    """Draw one figure of a conflict: filled its reading, hollow what the others leave it."""
    left = quote["others_low"], quote["others_high"]
    open_ended = pd.notna(left[0]) and pd.isna(left[1])
    marks = [
        _mark("left", left[0], ends[1] if open_ended else left[1], ends),
        _mark("own", quote["low"], quote["high"], ends),
    ]
    grid = "".join(f'<line class="g" x1="{x}%" x2="{x}%" y1="0" y2="28"/>' for x in (0, 50, 100))
    return (
        f'<svg class="strip" role="img" aria-label="{escape(said)}" width="100%" height="28">'
        f"{grid}{''.join(marks)}</svg>"
    )


def _mark(name: str, low: float, high: float, ends: tuple[float, float]) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    span = ends[1] - ends[0]
    start, end = (100 * (min(value, ends[1]) - ends[0]) / span for value in (low, high))
    wide = f'width="{end - start:.1f}%"' if end > start else 'width="6" transform="translate(-3)"'
    return f'<rect class="{name}" x="{start:.1f}%" {wide} y="7" height="14"/>'
