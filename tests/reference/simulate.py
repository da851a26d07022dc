"""Make the survey that the reference numbers are computed on: parents.csv and factors.csv.

Run: python tests/reference/simulate.py. Nothing in it is about a real school or person.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import hadamard

HERE = Path(__file__).parent
TYPES = ("sponsored", "converter", "maintained")
SCHOOLS = {"sponsored": 8, "converter": 12, "maintained": 16}
POPULATION = {"sponsored": 20, "converter": 75, "maintained": 130}
PEOPLE = {"sponsored": 1900, "converter": 5200, "maintained": 8700}


def schools(rng):
    school_type = np.repeat(TYPES, [SCHOOLS[name] for name in TYPES])
    number = np.arange(len(school_type))
    return pd.DataFrame(
        {
            "school_id": [f"S{code:02d}" for code in number],
            "school_type": school_type,
            "sixth_form": np.where(rng.random(len(number)) < 0.6, "yes", "no"),
            "region": np.where(number % 9 == 4, "north", np.where(number % 2, "south", "east")),
            # One school in a stratum of its own, for the rules on lonely strata.
            "lonely_type": np.where(number == 3, "alone", school_type),
            "n_schools": [POPULATION[name] for name in school_type],
            "n_people": [PEOPLE[name] for name in school_type],
            "n_all": sum(PEOPLE.values()),
            "n_lonely": [9 if code == 3 else POPULATION[school_type[code]] for code in number],
            "n_classes": rng.integers(4, 9, len(number)),
            "lean": rng.normal(0, 0.7, len(number)),
        }
    )


def parents(rng, frame):
    classes = frame.loc[frame.index.repeat(rng.integers(2, 5, len(frame)))].copy()
    classes["class_id"] = classes.groupby("school_id").cumcount() + 1
    people = classes.iloc[np.repeat(np.arange(len(classes)), rng.integers(2, 8, len(classes)))]
    people = people.reset_index(drop=True)
    size = len(people)
    people["n_parents"] = people.groupby(["school_id", "class_id"])["lean"].transform("size") + 11
    people["w"] = np.round(rng.gamma(4, 6, size) + 1.37, 3)
    people["w_mean_1"] = people["w"] / people["w"].mean()
    people["year_group"] = rng.choice(["y9", "y10", "y11"], size)
    return people


def answers(rng, people):
    size, lean = len(people), people["lean"].to_numpy()

    def yes_no(middle, missing):
        said = rng.random(size) < 1 / (1 + np.exp(-(middle + lean)))
        return np.where(rng.random(size) < missing, None, np.where(said, "yes", "no"))

    helped = rng.normal(0, 1, size) + lean
    people["helped"] = np.select([helped > 0.8, helped > -0.3], ["yes", "partly"], "no")
    people.loc[rng.random(size) < 0.12, "helped"] = None
    # Nobody of three schools answers this, so that a base loses clusters.
    people["heard"] = yes_no(-0.4, 0.15)
    people.loc[people["school_id"].isin(["S05", "S06", "S20"]), "heard"] = None
    people["never"], people["always"] = "no", "yes"
    for option, middle in zip("abc", (0.6, -0.9, -3.2), strict=True):
        people[f"source_{option}"] = yes_no(middle, 0)
    people["hours"] = np.round(rng.gamma(2, 3, size) + lean, 2)
    people.loc[rng.random(size) < 0.1, "hours"] = np.nan
    people["visits"] = rng.integers(1, 7, size)
    return people.drop(columns="lean")


def factors(rng, frame):
    """Replicate factors of every school: what its parents' weights are multiplied by."""
    size, strata = len(frame), frame["school_type"].to_numpy()
    columns = {}
    for left_out in range(size):
        columns[f"jk1_{left_out + 1}"] = np.where(np.arange(size) == left_out, 0, size / (size - 1))
        same = strata == strata[left_out]
        factor = np.where(same, same.sum() / (same.sum() - 1), 1.0)
        factor[left_out] = 0
        columns[f"jkn_{left_out + 1}"] = factor
    signs = hadamard(32)[:, 1 : size // 2 + 1]
    for number, sign in enumerate(signs):
        half = np.repeat(sign, 2) * np.tile([1, -1], size // 2)
        columns[f"brr_{number + 1}"] = 1.0 + half
        columns[f"fay_{number + 1}"] = 1.0 + 0.7 * half
    for number in range(40):
        factor = np.zeros(size)
        for name in TYPES:
            here = np.flatnonzero(strata == name)
            drawn = rng.multinomial(len(here) - 1, np.full(len(here), 1 / len(here)))
            factor[here] = drawn * len(here) / (len(here) - 1)
        columns[f"boot_{number + 1}"] = factor
    return pd.DataFrame({"school_id": frame["school_id"], **columns})


if __name__ == "__main__":
    generator = np.random.default_rng(2013)
    sampled = schools(generator)
    people = answers(generator, parents(generator, sampled))
    people.to_csv(HERE / "parents.csv", index=False)
    factors(generator, sampled).to_csv(HERE / "factors.csv", index=False)
