"""The strips of a conflict's card, one a figure: SVG in a page whose words stay words."""

from __future__ import annotations

from html import escape

import pandas as pd


def strip(quote: pd.Series, most: float, said: str) -> str:
    """Draw one figure of a conflict, on its base: filled its reading, hollow what others leave it.

    Where no base is known, as of a date or a total, the words beside it say all.
    """
    if pd.isna(most):
        return "<span></span>"
    left = quote["others_low"], quote["others_high"]
    open_ended = pd.notna(left[0]) and pd.isna(left[1])
    marks = [
        _mark("base", 0, quote["base_high"], most),
        _mark("left", left[0], most if open_ended else left[1], most),
        _mark("own", quote["low"], quote["high"], most),
    ]
    return (
        f'<svg class="strip" role="img" aria-label="{escape(said)}" width="100%" height="28">'
        f"{''.join(marks)}</svg>"
    )


def _mark(name: str, low: float, high: float, most: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    start, end = (100 * min(value, most) / most for value in (low, high))
    wide = f'width="{end - start:.1f}%"' if end > start else 'width="6" transform="translate(-3)"'
    return f'<rect class="{name}" x="{start:.1f}%" {wide} y="7" height="14"/>'
