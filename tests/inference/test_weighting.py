"""Weights moved to known totals, held to R's survey; what cannot be met is named."""

import numpy as np
import pandas as pd
import pytest

from careersurvey.errors import DesignError
from careersurvey.inference.survey.weighting import Model, multiples, residuals, trimmed
from tests.inference.reference_survey import REFERENCE, parents

WITNESS = pd.read_csv(REFERENCE / "weighting.csv", comment="#", keep_default_na=False)
SHARES = {
    "year_group": {"y9": 0.34, "y10": 0.33, "y11": 0.33},
    "region": {"east": 0.45, "north": 0.15, "south": 0.40},
}
#: By R's name of a method: ours, the variables and the bounds.
METHODS = {
    "poststratify": ("poststratify", ["year_group"], (-np.inf, np.inf)),
    "raking": ("rake", ["year_group", "region"], (-np.inf, np.inf)),
    "linear": ("linear", ["year_group", "region", "visits"], (-np.inf, np.inf)),
    "bounded": ("linear", ["year_group", "region", "visits"], (0.75, 1.6)),
    "logit": ("logit", ["year_group", "region", "visits"], (0.5, 2)),
}


def model_of(method, size):
    """The totals of tests/reference/weighting.R, and what each parent adds to them."""
    ours, variables, bounds = METHODS[method]
    names, totals, columns = [], [], []
    for variable in variables:
        for category, share in SHARES.get(variable, {"": 3.2}).items():
            answers = parents()[variable]
            columns.append(np.asarray(answers == category if category else answers, dtype=float))
            names.append(f"{variable}={category}" if category else variable)
            totals.append(share * size)
    return Model(tuple(names), np.array(totals), ours, *bounds), np.column_stack(columns)


def total_and_error(y, weight, x, moved):
    """A total and its error by the ultimate clusters, schools."""
    left = residuals(x, weight, y[:, None])[:, 0] if x is not None else y
    score = pd.Series(moved * left).groupby(parents()["school_id"].to_numpy()).sum()
    n = len(score)
    return (moved * y).sum(), np.sqrt(n / (n - 1) * ((score - score.mean()) ** 2).sum())


def witness(method):
    rows = WITNESS.query("design == 'unstratified' and method == @method and domain == 'all'")
    row = rows.set_index("indicator").loc["hours_total"]
    return float(row["estimate"]), float(row["std_error"])


@pytest.mark.parametrize("method", METHODS)
def test_totals_and_errors_are_those_of_rs_calibrate(method):
    """Witness: tests/reference/weighting.R: postStratify and calibrate of survey 4.5."""
    weight, hours = parents()["w"].to_numpy(), parents()["hours"].fillna(0).to_numpy()
    model, x = model_of(method, weight.sum())
    moved = weight * multiples(model, x, weight, "small")
    np.testing.assert_allclose(moved @ x, model.totals, rtol=1e-10)
    assert total_and_error(hours, weight, x, moved) == pytest.approx(witness(method), rel=1e-9)


def test_raked_weights_are_those_of_iterated_poststratification():
    """Witness: R's rake; its errors take unweighted means of scores, and ours calibrate's."""
    weight, hours = parents()["w"].to_numpy(), parents()["hours"].fillna(0).to_numpy()
    model, x = model_of("raking", weight.sum())
    moved = weight * multiples(model, x, weight, "small")
    assert moved @ hours == pytest.approx(witness("rake")[0], rel=1e-9)


def test_trimmed_weights_are_those_of_trimweights():
    """Witness: tests/reference/weighting.R: trimWeights(strict = TRUE) of survey 4.5."""
    weight, hours = parents()["w"].to_numpy(), parents()["hours"].fillna(0).to_numpy()
    moved = trimmed(weight, 12, 50)
    assert (moved.min(), moved.max()) == (12, 50)
    assert moved.sum() == pytest.approx(weight.sum(), rel=1e-14)
    found = total_and_error(hours, weight, None, moved)
    assert found == pytest.approx(witness("trim"), rel=1e-9)


def test_a_total_that_cannot_be_met_is_named_with_what_comes_nearest():
    """Witness: by reason: three parents of one visit each at most at 1.2 times their weight."""
    x = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    model = Model(("everybody", "visits"), np.array([3.0, 9.0]), "linear")
    with pytest.raises(DesignError, match="no weights meet 1 of 2 known totals") as refusal:
        multiples(model, x, np.ones(3), "small")
    assert refusal.value.expected == "visits 9" or "everybody" in refusal.value.expected
    tight = Model(("everybody",), np.array([3.9]), "logit", 0.8, 1.2)
    with pytest.raises(DesignError, match="within the bounds") as refusal:
        multiples(tight, np.ones((3, 1)), np.ones(3), "small")
    assert refusal.value.found == "everybody 3.6"


def test_an_interval_without_the_mean_weight_is_refused():
    with pytest.raises(DesignError, match="cannot be trimmed"):
        trimmed(np.array([1.0, 2.0, 3.0]), 3, 4)
