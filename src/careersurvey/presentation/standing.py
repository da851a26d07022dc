"""How a printed figure stands beside the others of its report, and what each place says of it."""

from __future__ import annotations

from typing import NamedTuple


class Standing(NamedTuple):
    """How a figure stands, in the words of each place that tells it."""

    name: str  # in a title, and before the cards that it is on
    listed: str = ""  # in a list of all standings
    beside: str = ""  # before the places that it clashes with
    means: str = ""  # for whoever does not know the word; ``{where}`` is told elsewhere


_BESIDE = "cannot hold beside other figures of its report"
#: Every standing by its name.
STANDINGS = {
    one.name: one
    for one in (
        Standing("reproduced", "Reproduced: follows from other figures"),
        Standing("consistent", "Consistent: passed a test that it could have failed"),
        Standing("stated", "Stated, not tested: nothing that could have failed bears on it"),
        Standing(
            "contradicted",
            "Contradicted: cannot hold together with others as worded",
            "contradicted by",
            f"Contradicted: {_BESIDE}, however widely their words are read{{where}}.",
        ),
        Standing(
            "in doubt",
            "In doubt: cannot hold together with others as read here",
            "in doubt: clashes with",
            f"In doubt: {_BESIDE}, as words are read here and with what is assumed{{where}}.",
        ),
        Standing("base contradicted", beside="its base is contradicted by"),
    )
}
#: How the figures of a conflict stand, by the audit's verdict on it.
OF_VERDICT = {
    "contradiction": STANDINGS["contradicted"],
    "tension": STANDINGS["in doubt"],
}
