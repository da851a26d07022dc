"""Make the invented follow-up of 2026: the same files from the same seed.

    python data/example-2026/make_example.py

Nothing here was observed. Schools of three types are drawn with equal chances inside their type;
each has a quality of its own that its answers and those of its parents and students share, so
that respondents of one school are alike. Some who were invited do not take part, some leave
questions blank, and the weights make up for the first.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 2026

#: Type of school: schools in the population, in the sample, and how far from the mean quality.
TYPES = {
    "sponsored": (720, 24, -0.3),
    "converter": (1540, 32, 0.25),
    "maintained": (1180, 28, 0.0),
}
REGIONS = (
    "East Midlands",
    "East of England",
    "London",
    "North East, Yorkshire and Humber",
    "North West",
    "South East",
    "South West",
    "West Midlands",
)
GRADES = ("outstanding", "good", "satisfactory")

#: Share of yes in the population, and how strongly it follows a school's quality.
SCHOOL_QUESTIONS = {
    "sufficient_information": (0.38, 1.0),
    "needed_guidance_received": (0.36, 1.0),
    "meets_all_needs": (0.30, 1.0),
    "working_well": (0.34, 1.0),
    "well_developed": (0.33, 1.0),
    "very_effective": (0.18, 1.0),
    "service_expertise": (0.40, 0.8),
    "adequate_external_service": (0.42, 0.7),
    "own_staff_inform": (0.62, 0.0),
    "careers_strategy": (0.58, 0.9),
    "strategic_priority": (0.49, 0.9),
    "clear_plans": (0.52, 0.5),
    "external_interviews_if_needed": (0.46, 0.8),
    "external_service_used": (0.70, 0.2),
    "external_service_monitored": (0.45, 0.8),
    "impartial_if_external": (0.75, 0.0),
    "full_range_promoted": (0.48, 0.8),
    "activities_range": (0.93, 0.5),
    "sufficient_variety": (0.55, 0.8),
    "activities_coordinated": (0.51, 0.9),
    "careers_displays": (0.64, 0.3),
    "worked_with_authority": (0.50, 0.6),
    "work_experience_cut": (0.41, -0.3),
    "employer_partnerships": (0.44, 0.7),
    "employer_governor": (0.35, 0.3),
    "tasters_and_visits": (0.52, 0.6),
    "vocational_promoted": (0.43, 0.8),
    "post16_promotion_weak": (0.40, -0.7),
    "apprenticeships_successful": (0.22, 0.6),
    "large_employers": (0.20, 0.4),
    "apprenticeship_progression": (0.78, 0.3),
    "aware_of_service": (0.37, 0.4),
    "service_promoted": (0.31, 0.6),
    "thorough_monitoring": (0.29, 0.9),
    "evaluation_effective": (0.35, 1.0),
    "evaluation_fully_effective": (0.24, 1.0),
    "flexible_approach": (0.60, 0.6),
    "reported_to_governors": (0.46, 0.7),
    "external_professionals": (0.71, 0.2),
    "matrix_aware": (0.74, 0.4),
    "destination_data_accurate": (0.66, 0.5),
    "destination_data_held": (0.95, 0.3),
    "destination_data_used_well": (0.41, 0.9),
    "destination_data_evaluates": (0.48, 0.9),
    "destination_data_analysed": (0.57, 0.8),
    "destination_groups_analysed": (0.39, 0.8),
    "form_faulty": (0.12, -0.5),
}
STUDENT_QUESTIONS = {
    "in_focus_group": (0.85, 0.0),
    "guidance_helped": (0.56, 0.6),
    "little_information": (0.38, -0.6),
    "websites_good_start": (0.63, 0.2),
    "websites_enough": (0.34, 0.2),
    "high_expectations": (0.66, 0.0),
    "aspirations_too_low": (0.30, -0.5),
    "clear_pathways": (0.44, 0.6),
    "clear_next_step": (0.59, 0.5),
    "felt_excluded": (0.27, -0.3),
    "aware_of_range": (0.47, 0.6),
    "sufficient_exposure": (0.41, 0.6),
    "employer_information": (0.43, 0.6),
    "aware_of_developments": (0.36, 0.3),
    "traditional_career": (0.52, 0.0),
    "aware_of_business": (0.31, 0.4),
    "experience_explored": (0.46, 0.4),
    "narrow_view_apprenticeships": (0.58, -0.5),
    "student_used_website": (0.27, 0.3),
    "website_nothing_different": (0.64, 0.0),
    "website_for_older": (0.55, 0.0),
    "room_for_improvement": (0.68, -0.5),
}
PARENT_QUESTIONS = {
    "helpline_heard": (0.14, 0.3),
    "helpline_used": (0.09, 0.0),
    "helpline_useful": (0.65, 0.0),
    "website_heard": (0.29, 0.3),
    "website_used": (0.38, 0.2),
    "website_useful": (0.84, 0.0),
    "website_wants_jobs": (0.47, 0.0),
    "academic_hoped": (0.66, 0.1),
    "send": (0.13, 0.0),
    "send_good_guidance": (0.57, 0.5),
}
ACTIVITIES = {
    "one_to_one_interviews": 0.52,
    "work_experience": 0.49,
    "group_activities": 0.24,
    "visits": 0.37,
    "websites": 0.21,
    "other": 0.06,
}
#: A question that only some are asked: whom, as in cohort.toml.
ASKED = {
    "clear_plans": ("strategic_priority", "no"),
    "flexible_approach": ("strategic_priority", "yes"),
    "external_service_monitored": ("external_service_used", "yes"),
    "matrix_aware": ("external_professionals", "yes"),
    "post16_promotion_weak": ("sixth_form", "yes"),
    "apprenticeship_progression": ("destination_form", "yes"),
    "form_faulty": ("destination_form", "yes"),
    "destination_data_analysed": ("destination_data_held", "yes"),
    "websites_enough": ("websites_good_start", "yes"),
    "website_nothing_different": ("student_used_website", "yes"),
    "website_for_older": ("student_used_website", "yes"),
    "helpline_used": ("helpline_heard", "yes"),
    "helpline_useful": ("helpline_used", "yes"),
    "website_used": ("website_heard", "yes"),
    "website_useful": ("website_used", "yes"),
    "website_wants_jobs": ("website_used", "yes"),
    "send_good_guidance": ("send", "yes"),
}
#: A question that another one settles: no where it was answered so, yes elsewhere. A school that
#: mixes external advisers with its own uses both; one that does not mix them uses only either.
SETTLED = {
    "external_professionals": ("external_advisers", "none"),
    "own_staff_inform": ("external_advisers", "all_students"),
}
#: Questions that somebody else answers about a person, so that nobody refuses or is unsure.
OBSERVED = {"in_focus_group", "aspirations_too_low", "narrow_view_apprenticeships"}

Row = dict[str, object]


def make_schools(rng: np.random.Generator) -> list[Row]:
    """Draw the schools, with their quality under ``_quality``, which is not written."""
    schools = []
    for kind, (population, sample, shift) in TYPES.items():
        for _ in range(sample):
            quality = rng.normal(shift, 1)
            number = len(schools) + 1
            row = {
                "school_id": f"S{number:03}",
                "name": f"School {number:02}",
                "school_type": kind,
                "sixth_form": yes(rng, 0.72 if kind == "converter" else 0.5),
                "overall_effectiveness": grade(rng, quality),
                "region": str(rng.choice(REGIONS)),
                "local_authority": f"Authority {rng.integers(1, 41):02}",
                "destination_form": yes(rng, 0.93),
                "external_advisers": level(rng, ("all_students", "mixture", "none"), quality),
                "helpline_promoted": level(rng, ("all_years", "year_11_only", "no"), quality - 1),
                "external_award": award(rng, quality),
                "asked_to_invite": "yes",
                "stratum": kind,
                "n_schools": population,
                "school_weight": round(population / sample, 4),
                "_quality": quality,
            }
            schools.append(row | answer(rng, row, SCHOOL_QUESTIONS, quality, codes=("not_sure",)))
    return schools


def make_parents(rng: np.random.Generator, schools: list[Row]) -> list[Row]:
    """Draw the parents who took part of the 110 invited in each school, at least one."""
    parents = []
    for school in schools:
        invited, quality = 110, float(school["_quality"])
        took_part = max(1, int(rng.binomial(invited, rng.beta(5, 14))))
        for _ in range(took_part):
            mood = quality * 0.5 + rng.normal(0, 0.3)
            row = {"parent_id": f"P{len(parents) + 1:05}", "school_id": school["school_id"]}
            row |= answer(rng, row, PARENT_QUESTIONS, mood, codes=("refused", "not_sure"))
            row["pre16_helped"] = level(rng, ("yes", "neither", "definitely_not"), mood + 0.9, 0.02)
            row["post16_helped"] = level(rng, ("yes", "neither", "negative"), mood + 0.3, 0.03)
            row["useful_activities"] = chosen(rng)
            weight = float(school["school_weight"]) * invited / took_part
            parents.append(row | design_of(school, "parent_weight", weight))
    return parents


def make_students(rng: np.random.Generator, schools: list[Row]) -> list[Row]:
    """Draw twelve students a school who took part in discussions."""
    students = []
    for school in schools:
        for _ in range(12):
            mood = float(school["_quality"]) * 0.6 + rng.normal(0, 0.3)
            row = {"student_id": f"T{len(students) + 1:05}", "school_id": school["school_id"]}
            row |= answer(rng, row, STUDENT_QUESTIONS, mood, codes=("refused", "not_sure"))
            if row["traditional_career"] in ("refused", "not_sure"):
                row["traditional_career"] = "undecided"
            students.append(row | design_of(school, "student_weight", school["school_weight"]))
    return students


def make_observed(
    rng: np.random.Generator, schools: list[Row], unit: str, count: int, questions: dict
) -> list[Row]:
    """Draw interviews, activities or plans: one a school, and a second in some schools."""
    order = [*rng.permutation(len(schools)), *rng.permutation(len(schools))][:count]
    places = sorted(order)
    rows = []
    for place in places:
        school = schools[place]
        row = {f"{unit}_id": f"{unit[0].upper()}{len(rows) + 1:03}"}
        row["school_id"] = school["school_id"]
        row |= answer(rng, row, questions, float(school["_quality"]), blanks=0.0)
        weight = float(school["school_weight"]) / places.count(place)
        rows.append(row | design_of(school, f"{unit}_weight", weight))
    return rows


def make_destinations(
    rng: np.random.Generator, schools: list[Row], students: list[Row]
) -> list[Row]:
    """Send the students on after Year 11; of a few it is not known where they went."""
    places = ("sixth_form", "fe_college", "apprenticeship", "other")
    by_id = {school["school_id"]: school for school in schools}
    rows = []
    for student in students:
        school = by_id[student["school_id"]]
        stays = 0.56 if school["sixth_form"] == "yes" else 0.30
        place = str(rng.choice(places, p=(stays, 0.88 - stays, 0.08, 0.04)))
        row = {
            "student_id": student["student_id"],
            "school_id": student["school_id"],
            "destination": "not_known" if rng.random() < 0.02 else place,
        }
        rows.append(row | design_of(school, "student_weight", school["school_weight"]))
    return rows


def answer(
    rng: np.random.Generator,
    known: Row,
    questions: dict[str, tuple[float, float]],
    quality: float,
    codes: tuple[str, ...] = (),
    blanks: float = 0.025,
) -> Row:
    """Answer yes/no questions in order; who was not asked has a blank, and so have some others."""
    row: Row = {}
    for name, (share, loading) in questions.items():
        other, value = ASKED.get(name, ("", ""))
        asked = not other or {**known, **row}.get(other) == value
        is_yes = chance(rng, share, loading, quality)
        if name in SETTLED:
            settling, value_of_no = SETTLED[name]
            is_yes = known[settling] != value_of_no
        reply = "yes" if is_yes else "no"
        slip = rng.random()
        if name not in OBSERVED and slip < blanks:
            reply = ""
        elif name not in OBSERVED and codes and slip < blanks + 0.02:
            reply = str(rng.choice(codes))
        row[name] = reply if asked else ""
    return row


def chance(rng: np.random.Generator, share: float, loading: float, quality: float) -> bool:
    """Draw yes with a share that a better school moves up, or down for a negative loading."""
    odds = np.log(share / (1 - share)) + loading * quality
    return bool(rng.random() < 1 / (1 + np.exp(-odds)))


def yes(rng: np.random.Generator, share: float) -> str:
    """Draw yes with a share, no otherwise."""
    return "yes" if rng.random() < share else "no"


def level(
    rng: np.random.Generator, levels: tuple[str, str, str], quality: float, blank: float = 0.0
) -> str:
    """Draw one of three levels, the first likelier in a better school; sometimes nothing."""
    value = quality + rng.logistic()
    reply = levels[0] if value > 0.3 else levels[1] if value > -1.0 else levels[2]
    return "" if rng.random() < blank else reply


def grade(rng: np.random.Generator, quality: float) -> str:
    """Draw the grade of the last inspection; a few schools were not inspected."""
    if rng.random() < 0.04:
        return "not_inspected"
    value = 0.6 * quality + rng.normal()
    return GRADES[0] if value > 0.9 else GRADES[1] if value > -0.7 else GRADES[2]


def award(rng: np.random.Generator, quality: float) -> str:
    """Draw whether the school has, or works towards, an external award."""
    held = chance(rng, 0.44, 0.9, quality)
    return "achieved_or_working_towards" if held else "neither"


def chosen(rng: np.random.Generator) -> str:
    """Tick activities, as survey tools write them: one cell, separated by semicolons."""
    ticked = [name for name, share in ACTIVITIES.items() if rng.random() < share]
    return "" if rng.random() < 0.04 else ";".join(ticked or ["other"])


def design_of(school: Row, weight_name: str, weight: object) -> Row:
    """Return the columns of the design that every table below the schools carries."""
    return {
        "stratum": school["stratum"],
        "n_schools": school["n_schools"],
        weight_name: round(float(weight), 4),
    }


def write(path: Path, rows: list[Row]) -> None:
    """Write a table, marked synthetic in every row; names that begin with _ are left out."""
    columns = [*(column for column in rows[0] if not column.startswith("_")), "synthetic"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"synthetic": "true"} for row in rows)


def main(folder: Path = HERE) -> None:
    """Make every table from one stream of random numbers and write it into a folder."""
    rng = np.random.default_rng(SEED)
    schools = make_schools(rng)
    parents = make_parents(rng, schools)
    for school in schools:
        school["has_parent_response"] = "yes"
    write(folder / "schools.csv", schools)
    write(folder / "parents.csv", parents)
    students = make_students(rng, schools)
    write(folder / "students.csv", students)
    interviews = {
        "interview_well_enough": (0.52, 0.7),
        "interview_not_fully_effective": (0.66, -0.6),
        "interview_addresses_only": (0.09, -0.5),
    }
    write(folder / "interviews.csv", make_observed(rng, schools, "interview", 90, interviews))
    activities = {"group_activity_effective": (0.61, 0.7)}
    write(folder / "activities.csv", make_observed(rng, schools, "activity", 96, activities))
    plans = {"plan_after_interview": (0.55, 0.5), "plan_sketchy": (0.48, -0.6)}
    write(folder / "plans.csv", make_observed(rng, schools, "plan", 88, plans))
    write(folder / "destinations.csv", make_destinations(rng, schools, students))


if __name__ == "__main__":
    main()
