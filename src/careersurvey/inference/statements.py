"""A named statement about unknown counts: a printed figure, a relation, or a fact."""

from __future__ import annotations

from dataclasses import dataclass

from careersurvey.inference.systems import Row


@dataclass(frozen=True)
class Statement:
    """One named statement of the model.

    Attributes
    ----------
    name : str
        Ids of `reported.csv` joined by `` + ``, the id of a relation, or what a fact says.
    kind : {"printed", "relation", "fact"}
    rows : tuple of Row
        What it says of the unknown counts; all of them together.
    says : str
        The same in words and symbols.
    ids, where, reported : tuple of str
        Rows of `reported.csv` that make it, their places and wordings. Rows of equal quantity and
        reading stand together in one statement.
    about : str
        Quantity that a printed statement is about.
    bases : tuple of str
        Bases whose number its reading has taken in.
    relation, strength, because : str
        As in `relations.csv`; a fact is always necessary.
    parts : tuple of str
        Quantities that a relation takes together.
    whole : str
        Quantity that it holds them against; empty where there is none.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]
    says: str
    ids: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    about: str = ""
    bases: tuple[str, ...] = ()
    relation: str = ""
    strength: str = "necessary"
    because: str = ""
    parts: tuple[str, ...] = ()
    whole: str = ""

    @property
    def quantities(self) -> frozenset[str]:
        """Unknown counts that it speaks of."""
        named = {name for each in self.rows for name, _ in each.terms}
        return frozenset({*named, *self.parts, self.whole} - {""})


def cited(each: Statement) -> str:
    """Places and wordings of a printed statement, the first three of them."""
    wordings = list(zip(each.where, each.reported, each.ids, strict=True))
    named = [f"{place} “{wording}” ({id_})" for place, wording, id_ in wordings[:3]]
    more = f" and {len(wordings) - 3} more" if len(wordings) > 3 else ""
    return ", ".join(named) + more
