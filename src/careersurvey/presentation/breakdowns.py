"""Findings by group: what the tests between groups found, in a picture, in sentences, as tables."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.text import so_many
from careersurvey.inference.publishing import LEFT_OUT
from careersurvey.presentation import changes, labels, lists, sentences, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words


class Tested(NamedTuple):
    """The findings by group that one test is of, and what it found."""

    rows: pd.DataFrame
    several: bool  # answers of a question that has more than two, which are tested together
    p: float  # of the test; 2 where there was none
    clear: bool  # whether groups differ beyond all tests of the page


def by_test(*tables: pd.DataFrame) -> list[Tested]:
    """Findings by their tests, what stands out most first; options of a select-all each alone."""
    found = []
    for rows in tables:
        apart = rows["category"].where(rows["measure"] == "multiple", "")
        asked = rows.groupby([rows["indicator"], apart], sort=False)
        found += [_tested(one) for _, one in asked]
    return sorted(found, key=lambda one: one.p)


def _tested(rows: pd.DataFrame) -> Tested:
    answers = rows.get("answers", pd.Series(rows["category"].nunique()))
    several = bool(answers.max() > 2) and rows["measure"].iloc[0] != "multiple"
    tested = rows[rows["p_value"].notna()]
    if tested.empty:
        return Tested(rows, several, 2.0, False)
    row = tested.iloc[0]
    return Tested(rows, several, float(row["p_value"]), _differs(row))


def _differs(row: pd.Series) -> bool:
    """Whether a test found a difference beyond all tests of its page."""
    return bool(row["p_adjusted"] <= (1 - row["level"] if pd.notna(row["level"]) else 0.05))


def ends_apart(test: Tested, finding: pd.DataFrame) -> list[pd.Series]:
    """Groups with the greatest and the least share, where a test found a difference."""
    groups = finding[finding["domain"].ne("all") & finding["estimate"].notna()]
    groups = groups[~untested(groups)]
    sure = groups[~words.which(groups, sentences.is_unsure)]
    groups = sure if test.several or len(sure) > 1 else groups
    if not test.clear or groups.empty:
        return []
    most, least = (groups.loc[groups["estimate"].agg(end)] for end in ("idxmax", "idxmin"))
    alike = words.share(most["estimate"]) == words.share(least["estimate"])
    # Answers are tested together: of one of them it takes two intervals that do not meet.
    if alike or (test.several and not most["conf_low"] > least["conf_high"]):
        return []
    return [most, least]


def untested(rows: pd.DataFrame) -> pd.Series:
    """Whether the test of a row's finding left its group out."""
    out = rows.get("left_out", pd.Series("", rows.index)).fillna("").str.split("; ")
    told = [group in names for group, names in zip(rows["group"], out, strict=True)]
    return pd.Series(told, rows.index, bool)


def in_cells(finding: pd.DataFrame) -> list[str]:
    """Say a finding's groups: shares as counts of their bases where any is of very few."""
    known = finding["count_low"].eq(finding["count_high"]) & finding["base_n"].notna()
    if known.all() and finding["base_n"].min() < VERY_FEW and words.is_share(finding.iloc[0]):
        return [f"{row.count_low} of {row.base_n}" for row in finding.itertuples()]
    told = words.each(finding, words.measured)
    return [number.share or number.counted for number in told]


def telling_groups(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return of each table the rows to draw: of many tested findings those whose groups differ."""
    found = by_test(*tables)
    if len(found) <= _FEW or not any(one.p <= 1 for one in found):
        return list(tables)
    return [
        pd.concat([rows.iloc[:0], *(one.rows for one in by_test(rows) if one.clear)])
        for rows in tables
    ]


#: So many findings by group are drawn whole.
_FEW = 4
#: Of fewer than this a share would say more than is known.
VERY_FEW = 20


# ---- words of the picture -----------------------------------------------------------------------


def domain_of(rows: pd.DataFrame) -> str:
    """Name the variable that rows are broken down by."""
    named = dict.fromkeys(rows.loc[rows["domain"] != "all", "domain"])
    return words.listed(map(labels.domain, named))


def around_groups(tables: Sequence[pd.DataFrame], credit: Credit) -> Words:
    """Words of findings by group: what differs clearly, and how the marks are to be read."""
    drawn, by = pd.concat(telling_groups(tables)), _domains(tables)
    tested = [one for one in by_test(*tables) if one.p <= 1]
    clear = any(one.clear for one in tested)
    printed = (drawn["evidence"] == "reported").all()
    blank = ~drawn["shown"].astype(bool) & (drawn["domain"] != "all")
    how = [
        f"{'Printed figures' if printed else 'Differences'}: not tested." if not tested else "",
        "◆ differs clearly, all tests on this page allowed for." if clear else "",
        "–: too few to be shown." if blank.any() else "",
    ]
    key = [("apart", "the two groups furthest apart, of what differs clearly")] if clear else []
    key += [("tile", "left out of the test: too few")] if (untested(drawn) & ~blank).any() else []
    as_if = titles.as_if(pd.concat(tables)["unit"], credit).replace("The interval", "Every test")
    barely = {*map(domain_of, filter(_is_barely_tested, tables))}
    title = _title(tested, barely) if tested else f"What was found by {by}"
    how.append(as_if if tested else "")
    whom = f"Findings of {_units(tables)} by {by}"
    found = (one for of in by_test(*tables) for _, one in of.rows.groupby("category", sort=False))
    heard = [_said_by_group(one) for one in found]
    return titles.around(title, whom, drawn, credit, *how, key=key, heard=heard)


def _is_barely_tested(rows: pd.DataFrame) -> bool:
    """Whether most findings could not be tested by a domain, though some were."""
    tested = [one.p <= 1 for one in by_test(rows) if words.is_share(one.rows.iloc[0])]
    return 0 < 2 * sum(tested) < len(tested)


def told_apart(tables: Sequence[pd.DataFrame], credit: Credit) -> str:
    """Say what the tests between groups found where no finding stands out to be drawn."""
    about = around_groups(tables, credit)
    each = [f"By {domain_of(rows)}: {how_compared(rows)}." for rows in tables if how_compared(rows)]
    return " ".join([f"{about.title}.", *each, *about.notes])


def _units(tables: Iterable[pd.DataFrame]) -> str:
    """Name the units that some findings are of."""
    return words.listed({words.plural(unit): 0 for rows in tables for unit in rows["unit"]})


def _domains(tables: Iterable[pd.DataFrame], joint: str = "and") -> str:
    return words.listed(dict.fromkeys(map(domain_of, tables)), joint)


def how_compared(rows: pd.DataFrame) -> str:
    """Say how many findings of a domain could not be tested, and of how many groups differ."""
    found = [one for one in by_test(rows) if words.is_share(one.rows.iloc[0])]
    tested = [one for one in found if one.p <= 1]
    lost, clear = len(found) - len(tested), sum(one.clear for one in tested)
    partly = sum(bool(untested(one.rows).any()) for one in tested)
    without = f"; in {partly} of these, small groups are left out" if partly else ""
    why = sentences.bracket(" or ".join(dict.fromkeys(rows.loc[rows["reason"] != "", "reason"])))
    rest = f"of the other{f' {len(tested)}' if len(tested) > 1 else ''}, "
    whole = f"{lost} of {so_many(len(found), 'finding')} could not be tested{why}; {rest}"
    whole = whole if lost else f"of {so_many(len(found), 'finding')}, "
    differ = f"{clear or 'none'} differ{'s' if clear < 2 else ''} clearly"
    return f"{whole}{differ}{without}" if tested else ""


def _title(tested: Sequence[Tested], barely: Container[str]) -> str:
    """Say the two groups furthest apart of what differs most surely, or that nothing does.

    A domain by which findings could `barely` be tested is named only where there is no other.
    """
    number = so_many(len(tested), "test")
    clear = [one for one in tested if one.clear]
    if not clear:
        parts = [one.rows for one in tested]
        told = f"{words.upper_first(_units(parts))}: no clear difference"
        sure = [rows for rows in parts if domain_of(rows) not in barely] or parts
        by = (_domains(sure, "or"), "group")
        of_all = f", allowing for {number}" if len(tested) > 1 else f" in {number}"
        return titles.title_of(*(f"{told} by {one}{of_all}" for one in by))
    plain = f"{len(clear)} of {number} by group differ{'s' if len(clear) == 1 else ''} clearly"
    answers = clear[0].rows.groupby("category", sort=False)
    apart = (ends_apart(clear[0], one) for _, one in answers)
    pairs = [pair for pair in apart if pair and not any(map(sentences.is_unsure, pair))]
    if not pairs:
        return plain
    most, least = max(pairs, key=lambda pair: pair[0]["estimate"] - pair[1]["estimate"])
    names = group_names(clear[0].rows, [most["group"], least["group"]])
    ends = list(zip((most["estimate"], least["estimate"]), names, strict=True))
    return titles.title_of(*titles.against(ends, most), plain)


def group_names(rows: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Call groups by their values; those of a yes-no question by the question."""
    named, domain = {"all": "Everyone"}, domain_of(rows)
    if set(groups) <= {"yes", "no", "all"}:
        of = "".join(f"{unit}: " for unit in {*rows.get("grouped", [])} - {""})
        told = {"yes": f"{of}{domain}", "no": f"{of}no {domain}"}
        named |= {name: words.upper_first(one) for name, one in told.items()}
    return [named.get(name) or words.spell(name) for name in groups]


def bases(rows: pd.DataFrame, group: str) -> str:
    """Say of how many a group's findings are at least and at most."""
    known = rows.loc[(rows["group"] == group) & rows["shown"], "base_n"].dropna()
    return "" if known.empty else words.dashed(words.counts(known.min(), known.max()))


def _said_by_group(one: pd.DataFrame) -> str:
    groups = one[one["domain"] != "all"]
    values = words.each(
        groups, lambda row: words.value(row) + (" [u]" if sentences.is_unsure(row) else "")
    )
    parts = map(" ".join, zip(group_names(one, list(groups["group"])), values, strict=True))
    finding = words.upper_first(one["label"].iloc[0])
    return f"{finding}: {', '.join(parts)}. {test_words(one.iloc[-1])}"


def test_words(row: pd.Series) -> str:
    """Say what the test between groups found: whether they differ, F and the adjusted p."""
    if row["evidence"] == "reported":
        return "Printed figures: not tested"
    if pd.isna(row["p_adjusted"]):
        return f"Not tested: {row['reason'] or 'not a share'}"
    found = "Groups differ" if _differs(row) else "No clear difference"
    found += " over all answers" if row.get("answers", 0) > 2 else ""
    return f"{found}: F {row['statistic']:.2f}, adjusted p {words.p_value(row['p_adjusted'])}"


def no_breakdown(by: Collection[str]) -> str:
    """Say that a cohort breaks nothing down by these domains."""
    domains = words.listed(map(labels.domain, by), "or")
    return f"No breakdown by {domains}: it is not printed, not known, or is what is asked."


def say_left_out(cohort: Cohort, pairs: Iterable[tuple[str, str]]) -> str:
    """Say which breakdowns, or with domain ``all`` which questions, are left out, and why."""
    domains: dict[str, list[str]] = {}
    for name, domain in pairs:
        domains.setdefault(name, []).append(domain)
    said = []
    for name, left in domains.items():
        by = words.listed(map(labels.domain, left))
        asked = cohort.indicators[name].label or words.spell(name)
        said.append(f"“{asked}” {'altogether' if 'all' in left else f'by {by}'}")
    return f"Left out [c], because {LEFT_OUT}: {'; '.join(said)}." if said else ""


# ---- tables -------------------------------------------------------------------------------------


def list_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay one domain's findings out group by group, everyone first, with intervals."""
    rows = rows.sort_values("domain", key=lambda domain: domain != "all", kind="stable")
    ordered = pd.concat([one for _, one in rows.groupby(["indicator", "category"], sort=False)])
    answers = (rows["evidence"] == "respondents").all()
    worked_out = lists.WORKED_OUT if answers else {}
    found = "share" if all(words.each(rows, words.is_share)) else "found"
    told: words.Columns = {"finding": "label", found: words.value, **worked_out}
    listed = words.lay_out(ordered, {**told, "interval": words.interval})
    listed = listed.assign(**lists.flags(ordered))
    listed.insert(1, "group", group_names(ordered, list(ordered["group"])))
    return listed


def list_differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay differences of two groups out for reading: of shares in percentage points."""
    pairs = rows.groupby("domain")[["group", "against"]].transform("nunique").max(axis=1)
    told: words.Columns = {
        **{"finding": "label", "by": lambda row: labels.domain(row["domain"])},
        "difference": lambda row: changes.signed(row, row["estimate"], row["estimate"], ""),
        "standard error": lambda row: (
            f"{100 * row['std_error']:.1f} points"
            if words.is_share(row)
            else words.number(row["std_error"])
        ),
        "interval": lambda row: changes.signed(row, row["conf_low"], row["conf_high"], ""),
        "p, not adjusted": lambda row: words.p_value(row["p_value"]),
        "of": lambda row: f"{row['base_n']:,} and {row['base_against']:,}",
    }
    return words.lay_out(rows[rows["shown"] & (pairs == 1)], told)


def list_tests(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay tests out for reading, the least adjusted p first."""
    rows = labels.in_order(rows, rows["p_adjusted"], rows["p_value"])
    told: words.Columns = {
        "finding": lambda row: f"{row['question']}: {words.spell(row['category'])}".rstrip(": "),
        "by": lambda row: labels.domain(row["domain"]),
        "F": lambda row: words.number(row["statistic"], places=2),
        "degrees of freedom": _degrees,
        "p": lambda row: words.p_value(row["p_value"]),
        "adjusted p": lambda row: (
            words.p_value(row["p_adjusted"]) or f"not tested: {row['reason']}"
        ),
        "of": lambda row: (
            f"{row['base_n']:,}"
            + (f" in {row['n_clusters']:,} clusters" if row["base_n"] != row["n_clusters"] else "")
        ),
        "groups left out": "left_out",
    }
    return words.lay_out(rows, told)


def _degrees(row: pd.Series) -> str:
    both = (row["numerator_df"], 1), (row["denominator_df"], 0)
    return words.listed(words.number(of, places=places) for of, places in both if pd.notna(of))
