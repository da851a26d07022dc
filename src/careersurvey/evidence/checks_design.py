"""Whether weights, strata, clusters and populations describe a sample that could be drawn."""

from __future__ import annotations

import itertools
import math
from typing import Any

from careersurvey.evidence.answers.coded import CodedTable, connection
from careersurvey.evidence.checks_tables import named, rows
from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.text import meant, plural

_LONELY = ("fail", "certainty", "adjust", "average")
_METHODS = ("JK1", "JKn", "BRR", "Fay", "bootstrap")


def design_of(table: CodedTable) -> dict[str, Any]:
    """Return what is said of a table's design, each column by its name in the table."""
    return table.design.model_dump(mode="json", exclude_unset=True, warnings="none")


def check_design(table: CodedTable, tables: dict[str, CodedTable]) -> list[Check]:
    """Hold the design of one table against its rules; columns of linked tables are joined."""
    design = design_of(table)
    if not design:
        message = "No design is declared: every row counts once, as a simple random sample."
        return [Check("design", table.name, True, message)]
    settings = check_choices(table)
    if not all(check.passed for check in settings):
        return settings
    found = linked(table, tables, _columns(design))
    cells = f"careersurvey_design_of_{table.name}"
    connection().execute(f'CREATE OR REPLACE TEMP TABLE "{cells}" AS {_cells(design, found)}')
    cells = named(cells)
    try:
        checks = [*settings, *check_weights(table, found), *check_blanks(table, cells)]
        checks += check_nested(table, cells)
        return checks + check_populations(table, cells) + check_lonely(table, cells)
    finally:
        connection().execute(f"DROP TABLE {cells}")


def linked(table: CodedTable, tables: dict[str, CodedTable], columns: list[str]) -> str:
    """Return SQL after FROM with the columns asked for, joined by identifier where needed."""
    own = set(table.frame.columns)
    chosen = [f"own.{named(column)}" for column in columns if column in own]
    joins = ""
    for i, other in enumerate(tables.values()):
        wanted = [c for c in columns if c not in own and c in other.frame.columns]
        key = other.key
        if other is table or not wanted or key not in own:
            continue
        own |= set(wanted)
        chosen += [f"linked_{i}.{named(column)}" for column in wanted]
        one_each = f"(SELECT DISTINCT ON ({named(key)}) * FROM {other.numbered})"
        joins += f" LEFT JOIN {one_each} linked_{i} ON own.{named(key)} = linked_{i}.{named(key)}"
    return f"(SELECT {', '.join(['own.row__', *chosen])} FROM {table.numbered} own{joins})"


def check_choices(table: CodedTable) -> list[Check]:
    """Refuse words for the lonely cluster and the replicate method that are not known."""
    design = design_of(table)
    words = {"lonely_psu": _LONELY, "replicate_method": _METHODS}
    wrong = {key: design[key] for key in words if key in design and design[key] not in words[key]}
    if not wrong:
        return [Check("design", table.name, True, "The settings of the design are known.")]
    return [
        Check(
            "design",
            table.name,
            False,
            f"The design's {key} is not known.",
            do=f"correct [tables.{table.name}.design] in cohort.toml",
            found=repr(value),
            expected=meant(str(value), words[key]),
            severity=1,
        )
        for key, value in wrong.items()
    ]


def check_weights(table: CodedTable, found: str) -> list[Check]:
    """Refuse weights that are blank, zero, negative or not a finite number."""
    weight = design_of(table).get("weight")
    if not weight:
        return []
    column = named(weight)
    wrong = f"NOT coalesce(isfinite({column}) AND {column} > 0, FALSE)"
    told = f"count(*) FILTER ({wrong}), min({column}), max({column})"
    ((count, low, high),) = rows(f"SELECT {told} FROM {found}")
    if not count:
        ends = "" if low is None else f", from {low:.4g} to {high:.4g}"
        return [Check("weights", table.name, True, f"Every weight is positive and finite{ends}.")]
    return [
        Check(
            "weights",
            table.name,
            False,
            f"{count:,} of {plural(table.rows_kept, 'weight')} {'is' if count == 1 else 'are'} "
            "blank, zero, negative or not a number.",
            _first(f"FROM {found} WHERE {wrong}"),
            f"correct {weight}, or leave those rows out with [tables.{table.name}.keep]",
            expected="a positive number in every row",
            severity=1,
        )
    ]


def check_blanks(table: CodedTable, cells: str) -> list[Check]:
    """Refuse rows without a stratum or a cluster."""
    checks = []
    for role in ("strata", "clusters"):
        for name in _list(design_of(table).get(role)):
            bad = f"FROM {cells} WHERE {named(name)} IS NULL"
            ((count,),) = rows(f"SELECT coalesce(sum(n__), 0)::BIGINT {bad}")
            message = f"Every row has a {name}."
            if count:
                message = f"{count:,} of {plural(table.rows_kept, 'row')} have no {name}."
            checks.append(
                Check(
                    role,
                    table.name,
                    not count,
                    message,
                    _first(bad) if count else (),
                    f"fill in {name}, or mend the identifier it is joined by" if count else "",
                    severity=1,
                )
            )
    return checks


def check_nested(table: CodedTable, cells: str) -> list[Check]:
    """Refuse a cluster that lies in two strata, or in two clusters of the stage above."""
    stages = [_list(design_of(table).get("strata"))]
    stages += [[name] for name in _list(design_of(table).get("clusters"))]
    checks = []
    for above, (cluster,) in itertools.pairwise(stages):
        if not above:
            continue
        place = f"({', '.join(map(named, above))})"
        grouped = f"FROM {cells} WHERE {named(cluster)} IS NOT NULL GROUP BY {named(cluster)}"
        bad = f"SELECT {named(cluster)} {grouped} HAVING count(DISTINCT {place}) > 1"
        ((count,),) = rows(f"SELECT count(*) FROM ({bad})")
        words = " and ".join(above)
        message = f"Every {cluster} lies in one {words}."
        if count:
            message = f"{plural(count, 'value')} of {cluster} in more than one {words}."
        rows_of = f"FROM {cells} WHERE {named(cluster)} IN ({bad})"
        checks.append(
            Check(
                "nested_clusters",
                table.name,
                not count,
                message,
                _first(rows_of) if count else (),
                f"correct {words} so that it is the same in all rows of a {cluster}"
                if count
                else "",
            )
        )
    return checks


def check_populations(table: CodedTable, cells: str) -> list[Check]:
    """Refuse a population that varies within its stratum or is smaller than its sample."""
    design = design_of(table)
    stages = _stages(design)
    given = _list(design.get("population"))
    if len(given) > len(stages):
        return [
            Check(
                "population",
                table.name,
                False,
                f"{len(given)} populations are declared for {plural(len(stages), 'stage')}.",
                do=f"declare one a stage in [tables.{table.name}.design]",
                severity=1,
            )
        ]
    return [
        _population(table, cells, *stage, size) for stage, size in zip(stages, given, strict=False)
    ]


def check_lonely(table: CodedTable, cells: str) -> list[Check]:
    """Refuse a stratum with one cluster, unless ``lonely_psu`` says what to do with it."""
    design = design_of(table)
    strata = _list(design.get("strata"))
    rule = design.get("lonely_psu", "fail")
    if design.get("replicate_weights"):
        return []
    ((unit, above), *_) = _stages(design)
    alone = f"SELECT {_key(above)} FROM {cells} GROUP BY 1 HAVING {unit} = 1"
    ((count,),) = rows(f"SELECT count(*) FROM ({alone})")
    where = "stratum" if strata else "sample"
    message = f"Every {where} has at least two clusters."
    if count:
        message = f"{plural(count, 'stratum', 'strata')} with a single cluster" + (
            f", treated by {rule}." if rule != "fail" else ", so that its variance is not known."
        )
    passed = not count or rule != "fail"
    rows_of = f"FROM {cells} WHERE {_key(above)} IN ({alone})"
    return [
        Check(
            "lonely_cluster",
            table.name,
            passed,
            message,
            () if passed else _first(rows_of),
            "" if passed else 'join strata, or set lonely_psu = "adjust", "average" or "certainty"',
        )
    ]


def _population(table: CodedTable, cells: str, unit: str, above: list[str], size: Any) -> Check:
    per = " and ".join(above) or "the sample"
    if isinstance(size, (int, float)):
        value, expected = repr(size), f"at most {size:,}"
        good = math.isfinite(size)
    else:
        value, expected, good = named(size), f"one number for each {per}, at least its sample", True
    enough = f"coalesce(min({value}) >= {unit}, FALSE)"
    odd = f"count(DISTINCT {value}) <> 1 OR NOT {enough}"
    bad = f"SELECT {_key(above)} AS part__ FROM {cells} GROUP BY 1 HAVING {odd}"
    ((count,),) = rows(f"SELECT count(*) FROM ({bad})")
    if good and not count:
        message = f"The population {size} is at least its sample in each {per}."
        return Check("population", table.name, True, message)
    return Check(
        "population",
        table.name,
        False,
        f"The population {size} varies, is blank or is smaller than its sample in "
        f"{plural(count, 'part')} of the design.",
        _first(f"FROM {cells} WHERE {_key(above)} IN ({bad})"),
        f"give the units of the population in each {per}",
        expected=expected,
    )


def _stages(design: dict[str, Any]) -> list[tuple[str, list[str]]]:
    above = _list(design.get("strata"))
    stages = []
    for cluster in _list(design.get("clusters")):
        stages.append((f"count(DISTINCT {named(cluster)})", above))
        above = [*above, cluster]
    # The last stage draws the rows themselves.
    return [*stages, ("sum(n__)", above)]


def _cells(design: dict[str, Any], found: str) -> str:
    roles = ("strata", "clusters", "population")
    names = [entry for role in roles for entry in _list(design.get(role))]
    keys = "".join(f"{named(n)}, " for n in dict.fromkeys(names) if isinstance(n, str))
    return f"SELECT {keys}min(row__) AS row__, count(*) AS n__ FROM {found} GROUP BY ALL"


def _columns(design: dict[str, Any]) -> list[str]:
    roles = ("weight", "strata", "clusters", "population")
    entries = [entry for role in roles for entry in _list(design.get(role))]
    return list(dict.fromkeys(entry for entry in entries if isinstance(entry, str)))


def _list(entry: Any) -> list[Any]:
    return entry if isinstance(entry, list) else [entry] if entry is not None else []


def _key(columns: list[str]) -> str:
    return f"concat_ws(chr(31), {', '.join(map(named, columns))})" if columns else "''"


def _first(query: str) -> tuple[int, ...]:
    found = rows(f"SELECT row__ {query} ORDER BY row__ LIMIT {ROWS_NAMED}")
    return tuple(row for (row,) in found)
