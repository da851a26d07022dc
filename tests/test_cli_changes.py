"""The commands that compare: tables out, and messages for what a person can mend."""

import json
import subprocess
import sys

import pytest

from careersurvey.cli import main
from careersurvey.inference.compare.compare import COMPARE_COLUMNS


def test_compare_writes_its_columns_and_names_its_rule_beside(capsys):
    assert main(["compare", "data/ofsted-2013", "data/ofsted-2023", "--format", "json"]) == 0
    written = capsys.readouterr()
    rows = json.loads(written.out)
    assert tuple(rows[0]) == COMPARE_COLUMNS
    assert {row["verdict"] for row in rows} == {"not comparable"}
    assert "Newcombe's hybrid score interval" in written.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["compare", "data/ofsted-2013", "data/ofsted-2013"], "not compared with itself"),
        (["compare", "data/ofsted-1913", "data/ofsted-2013"], "no folder data/ofsted-1913"),
        (["compare", "data/ofsted-2013", "data/cec-compass-2014"], "no indicator in common"),
        (["trend", "data/ofsted-2013"], "A trend needs two cohorts"),
        (["trend", "data/ofsted-2013", "data/cec-compass-2014"], "No two of the 2 cohorts"),
    ],
)
def test_what_a_person_can_mend_is_said_and_nothing_is_lost(command, says, capsys, tmp_path):
    before = tmp_path / "out.csv"
    before.write_text("what stood before")
    assert main([*command, "--output", str(before)]) == 1
    written = capsys.readouterr()
    assert says in written.err
    assert "Traceback" not in written.err
    assert written.out == ""
    assert before.read_text() == "what stood before"


def test_trend_writes_a_table_and_draws_it_where_asked(capsys, tmp_path):
    waves = ["data/cec-compass-2023-24", "data/cec-compass-2024-25"]
    assert main(["trend", *waves, "--figures", str(tmp_path)]) == 0
    assert "5.83" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"trend.png", "trend.svg"}
    assert (tmp_path / "trend.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.shipped
def test_pictures_look_alike_whatever_a_persons_settings_say(tmp_path):
    """Witness: the bytes of a run in a folder without settings and modules of its own."""
    waves = ["cec-compass-2023-24", "cec-compass-2024-25"]
    code = "import sys; from careersurvey.cli import main; sys.exit(main(sys.argv[1:]))"
    drawn = []
    for name in ("clean", "own"):
        (tmp_path / name).mkdir()
        if name == "own":
            (tmp_path / name / "matplotlibrc").write_text("font.size: 40\naxes.facecolor: yellow\n")
        run = [sys.executable, "-P", "-c", code, "trend", *waves, "--figures", "drawn"]
        subprocess.run(run, cwd=tmp_path / name, capture_output=True, check=True)
        drawn.append((tmp_path / name / "drawn/trend.svg").read_bytes())
    assert drawn[0] == drawn[1]
