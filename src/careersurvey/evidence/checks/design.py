"""What must hold of how the rows of a table were drawn: strata, clusters, weights, populations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from math import isfinite

import narwhals as nw
import pandas as pd

from careersurvey.evidence.checks.check import ROWS_NAMED, UNUSABLE, Check, broken, rule
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.text import so_many

GREATEST = 1e300  #: Weights that add to more are refused.
FAINT = 1e-30  #: A weight above 0 that is less than this of the greatest is refused.
ROW, ROWS, _FIRST_ROW = "row__", "rows__", "first_row__"


@dataclass(frozen=True)
class Drawn:
    """Rows of a table, each with its number, ``row__``, and what their design says of them."""

    name: str
    design: DesignSettings
    rows: nw.LazyFrame
    people: int

    @cached_property
    def schema(self) -> nw.Schema:
        """The columns and their types."""
        return self.rows.collect_schema()

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Each different stratum, cluster and population, how many rows, and the first of them."""
        parts = [*self.design.strata, *self.design.clusters, *self.design.sizes]
        keys = [name for name in dict.fromkeys(parts) if name in self.schema] or [ROW]
        counts = nw.len().alias(ROWS), nw.col(ROW).min().alias(_FIRST_ROW)
        return self.rows.group_by(keys).agg(*counts).collect().to_pandas()

    @property
    def stages(self) -> Iterator[tuple[list[str], str | None, pd.Series, pd.Series]]:
        """Each stage: within what it draws, what, and of each cell its part and units there."""
        design = self.design
        for number in range(design.stages):
            over = number if design.nest else min(number, 1)  # a cluster lies in one stratum
            above = [*design.strata[:over], *design.clusters[:number]]
            above += design.strata[number : number + 1]
            cluster = next(iter(design.clusters[number : number + 1]), None)
            parts = self.cells.groupby(above or (lambda _: 0), dropna=False)
            drawn = parts[cluster or ROWS].transform("nunique" if cluster else "sum")
            yield above, cluster, parts.ngroup(), drawn

    def sizes(self, population: str | float) -> pd.Series:
        """The population of each cell, from its column or as one number."""
        by_name = isinstance(population, str)
        return self.cells[population] if by_name else pd.Series(population, self.cells.index)

    def verdict(
        self, bad: nw.LazyFrame | pd.DataFrame, says: str, holds: str, **said: str
    ) -> Check | str:
        """How many rows, or rows of cells, are amiss, and the first; what holds where none is."""
        if isinstance(bad, pd.DataFrame):
            count, first = int(bad[ROWS].sum()), sorted(map(int, bad[_FIRST_ROW]))
        else:
            count, first = int(bad.select(nw.len().alias(ROWS)).collect().item()), []
            if count:
                first = bad.select(ROW).sort(ROW).head(ROWS_NAMED).collect()[ROW].to_list()
        message = f"{count:,} of {so_many(self.people, 'row')} {says}."
        return broken(message, first, **said) if count else holds


def check_design(at: Drawn, *, only_columns: bool = False) -> Iterator[Check]:
    """Hold a design against its rules; without its columns nothing can be told."""
    found = columns.check(at.name, at)
    yield from found
    if not only_columns and all(one.passed for one in found):
        for each in (weights, strata, clusters, nested_clusters, populations, lonely_clusters):
            yield from each.check(at.name, at)


@rule("design", do="correct [tables.{table}.design] in cohort.toml", severity=UNUSABLE)
def columns(at: Drawn) -> Check | str:
    """Every column of the design is there, and what must be numbers is."""
    absent = [name for name in at.design.columns if name not in at.schema]
    if absent:
        count = so_many(len(absent), "column")
        message = f"{count} of the design in no table that {at.name} is linked to."
        return broken(message, found=", ".join(absent))
    text = [name for name in at.design.numbers if not at.schema[name].is_numeric()]
    if text:
        return broken("A weight or a population is text.", found=", ".join(text))
    if at.design.model_fields_set:
        return "The columns of the design are there."
    return "No design is declared: every row counts once, as a simple random sample."


_KEEP = "correct the weight, or leave those rows out with [tables.{table}.keep]"


@rule("weights", do=_KEEP, severity=UNUSABLE)
def weights(at: Drawn) -> Check | str | None:
    """Weights are finite, none is negative, and not all are zero."""
    if not at.design.weight:
        return None
    weight = nw.col(at.design.weight).cast(nw.Float64)
    ends = {"least": weight.min(), "most": weight.max(), "all": weight.sum(), "n": weight.count()}
    least, most, whole, n = at.rows.select(**ends).collect().row(0)
    if n < at.people or least < 0 or not isfinite(most):
        bad = ~(weight.is_finite() & (weight >= 0)).fill_null(value=False)
        says = "have a weight that is blank, negative or no number"
        known = "a number of 0 or more in every row"
        return at.verdict(at.rows.filter(bad), says, "", expected=known)
    if most == 0:
        return broken("Every weight is 0.", expected="a weight above 0")
    if not whole < GREATEST:
        return broken("The weights add to more than a float can hold.", expected="smaller weights")
    zero = 0 if least else at.rows.filter(weight == 0).select(nw.len()).collect().item()
    none = f"; {zero:,} weigh 0 and count as drawn, not in a total" if zero else ""
    holds = f"Every weight is 0 or more and finite, from {least:.4g} to {most:.4g}{none}."
    if least >= FAINT * most:
        return holds
    faint = at.rows.filter((weight > 0) & (weight < FAINT * most))
    says = f"weigh less than {FAINT:g} of the greatest"
    return at.verdict(faint, says, holds, expected="0, or more")


_FILL = "fill in the column, or mend the identifier that it is joined by"


def _filled(part: str, at: Drawn) -> Iterator[Check | str]:
    """Every row has a stratum, and a cluster at every stage."""
    for name in getattr(at.design, part):
        bad = at.cells[at.cells[name].isna()]
        yield at.verdict(bad, f"have no {name}", f"Every row has a {name}.")


strata, clusters = (
    rule(part, do=_FILL, severity=UNUSABLE)(partial(_filled, part))
    for part in ("strata", "clusters")
)


@rule("nested_clusters", do="correct the columns; or set nest = true where labels start again")
def nested_clusters(at: Drawn) -> Iterator[Check | str]:
    """A cluster lies in one stratum of its stage, and is told apart by the clusters before it."""
    design = at.design.needed
    pairs = () if design.nest else zip(design.strata, design.clusters, strict=False)
    for number, (stratum, cluster) in enumerate(pairs):
        unit = at.cells.groupby([*design.clusters[: number + 1]])
        bad = at.cells[unit[stratum].transform("nunique") > 1]
        says = f"have a {cluster} that lies in more than one {stratum}"
        yield at.verdict(bad, says, f"Every {cluster} lies in one {stratum}.")


@rule("population", do="give the units of the population in each part of the design")
def populations(at: Drawn) -> Iterator[Check | str]:
    """A population is one number in each part of the design, and no smaller than its sample."""
    for (above, _, part, sampled), size in zip(at.stages, at.design.population, strict=False):
        per, sizes = f" each {' and '.join(above)}" if above else "", at.sizes(size)
        least, most = (sizes.groupby(part).transform(end) for end in ("min", "max"))
        yield at.verdict(
            at.cells[(least != most) | sizes.isna() | (least < sampled)],
            f"have a population {size} that varies, is blank or is smaller than its sample",
            f"The population {size} is at least its sample{per and f' in{per}'}.",
            expected=f"one number{per and f' for{per}'}, at least its sample",
        )


@rule("lonely_cluster", do='join strata, or set lonely_psu = "adjust", "average" or "certainty"')
def lonely_clusters(at: Drawn) -> Iterator[Check | str]:
    """A part of the sample has two units, or all that there are, or a rule for one alone."""
    if at.design.replicate_weights:
        return
    is_known = at.design.lonely_psu != "fail"
    then = f"treated by {at.design.lonely_psu}" if is_known else "so that its variance is not known"
    sizes = [*at.design.population, None]
    for number, (_, cluster, part, sampled) in enumerate(at.stages):
        alone = sampled == 1
        if (size := sizes[number]) is not None:
            alone &= at.sizes(size).groupby(part).transform("max") > 1
        where = at.design.clusters[number - 1] if number else "sample"
        where = "stratum" if number < len(at.design.strata) else where
        unit = (cluster if number else "cluster") if cluster else "row"
        says = f"stand for a {where} of a single {unit}, {then}"
        holds = f"Every {where} has at least two clusters, or all that there are."
        found = at.verdict(at.cells[alone], says, holds)
        yield found.message if is_known and isinstance(found, Check) else found
