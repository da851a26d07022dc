"""How a printed figure stands beside the others of its report, and what each place says of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple


class Standing(NamedTuple):
    """How a figure stands, in the words of each place that tells it."""

    name: str  # in a title; of a conflict also the column of the cards that give it
    listed: str = ""  # in a list of all standings
    beside: str = ""  # before the places that it clashes with
    rests: str = ""  # what it means

    @property
    def means(self) -> str:
        """For whoever does not know the word."""
        return f"{self.name[:1].upper()}{self.name[1:]}: {self.rests}."


#: Every standing by its name.
STANDINGS = {
    one.name: one
    for one in (
        Standing("reproduced", "Reproduced: follows from other figures"),
        Standing("consistent", "Consistent: passed a test that it could have failed"),
        Standing("stated", "Not tested: stated, and nothing that could have failed bears on it"),
        Standing(
            "contradicted",
            "Contradicted: cannot all be true, in part only if like terms mean the same",
            "contradicted by",
            "the report prints figures that cannot all be true",
        ),
        Standing(
            "in doubt",
            "In doubt: cannot hold together with others as read here",
            "in doubt: may clash with",
            "figures clash if we read their words rightly and what we assume is true",
        ),
        Standing("base contradicted", beside="its base is contradicted by"),
    )
}
#: How the figures of a conflict stand, by the audit's verdict on it.
OF_VERDICT = {
    "contradiction": STANDINGS["contradicted"],
    "tension": STANDINGS["in doubt"],
}
#: The columns of a figure's conflicts, each with the ids of its cards; the hardest first.
ON_CARDS = tuple(one.name for one in STANDINGS.values() if one.beside)


class Doubt(NamedTuple):
    """A conflict that a figure is in: the standing that gives it, its card, the other places."""

    verdict: str
    card: str
    where: str
    entry: Mapping[str, Any]  # of `conflicts.in_conflict`
    stays: bool = True  # however widely words are read, of a figure that is not only a base in it

    @property
    def goes(self) -> bool:
        """Whether it goes when words are read more widely."""
        return not self.stays and bool(self.entry["reconciled"])


def staying(row: Mapping[str, Any]) -> list[Doubt]:
    """Those of a figure's conflicts that stay however widely words are read."""
    return [one for one in row.get("doubts", ()) if one.stays]


def cards_of(doubts: Collection[Doubt]) -> dict[str, str]:
    """List the cards of some conflicts by how a figure stands in them."""
    return {name: ", ".join(one.card for one in doubts if one.verdict == name) for name in ON_CARDS}


def on_cards(doubts: Collection[Doubt]) -> str:
    """Say which cards some conflicts of a figure are: "contradicted: C3; in doubt: C5"."""
    return "; ".join(f"{name}: {cards}" for name, cards in cards_of(doubts).items() if cards)


def told(row: Mapping[str, Any]) -> str:
    """Say how a figure stands, of one in conflict by the cards that it is on."""
    own = row["stands"] if STANDINGS[row["stands"]] not in OF_VERDICT.values() else ""
    return "; ".join(filter(None, (own, on_cards(row.get("doubts", ())))))
