"""What a report asks for, each with the findings that it rests on; and what it describes."""

from __future__ import annotations

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import read_written
from careersurvey.presentation import labels, sentences, words

_DESCRIBED = ("id", "kind", "where", "described", "statements")
_ASKED = ["id", "addressee", "asks", "place", "sentence", "number", "statements", "indicator"]


def recommendations(cohort: Cohort, labelled: pd.DataFrame) -> pd.DataFrame:
    """Lay out what a report asks of whom, a row for each finding that it rests on."""
    rows = []
    for ask in cohort.recommendations.to_dict("records"):
        named = {name: ask[name] for name in ("id", "addressee")}
        named |= {"asks": ask["text_phrase"], "place": words.places([ask["where"]])}
        for _, row in labels.findings(labelled, *ask["indicators"].split(";")).iterrows():
            said = {"sentence": sentences.sentence(row), "number": sentences.figure_phrase(row)}
            rows.append(named | said | row[["statements", "indicator"]].to_dict())
    return pd.DataFrame(rows, columns=_ASKED)


def described(cohort: Cohort, kind: str) -> pd.DataFrame:
    """Read what a report describes, such as its case studies, in our words and with its places."""
    path = cohort.folder / "described.csv"
    if not path.is_file():
        return pd.DataFrame(columns=["described", "place", "statements"])
    rows = read_written(path, _DESCRIBED)
    rows = rows[rows["kind"] == kind]
    rows = rows.assign(place=[words.places([where]) for where in rows["where"]])
    return rows[["described", "place", "statements"]]
