"""The command line: one status, and standard output for what was asked for and nothing else."""

import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from careersurvey import cli
from careersurvey.cli import _LIMITS, main
from careersurvey.evidence.settings import Limits

CHECK = ["check", "data/ofsted-2023", "--format", "json"]
ESTIMATE = ["estimate", "data/ofsted-2013", "--indicator", "careers_strategy"]


def test_the_version_is_that_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"careersurvey, version {version('careersurvey')}\n"


@pytest.mark.parametrize("command", list(cli.careersurvey.commands))
def test_every_command_has_help_with_an_example_of_itself(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"Example: careersurvey {command} " in capsys.readouterr().out


def test_choices_are_shown_in_the_help(capsys):
    main(["estimate", "--help"])
    assert "wilson|beta|beta_truncated" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Usage: careersurvey"),
        ("estmate data/ofsted-2013", "Did you mean one of: 'estimate'"),
        ("nothing", "No such command 'nothing'"),
        ("estimate", "Missing argument 'COHORT'"),
        ("estimate data/ofsted-2013 --levl 0.9", "--level"),
        ("estimate data/ofsted-2013 --lev 0.9", "No such option"),
        ("estimate data/ofsted-2013 --level 95", "between 0 and 1"),
        ("estimate data/ofsted-2013 --level nan", "between 0 and 1"),
        ("estimate data/ofsted-2013 --level abc", "'abc' is not a valid float"),
        ("estimate data/ofsted-2013 --min-base -1", "x>=0"),
        ("estimate data/ofsted-2013 --interval wald", "'wald' is not one of"),
        ("estimate data/ofsted-2013 --output x.csv --format json", "is not the json"),
        ("estimate data/ofsted-2013 --format csv --output x.xlsx", "is not the csv"),
        ("estimate data/ofsted-2013 --output x.txt", "not one of csv, json, xlsx"),
        ("estimate data/ofsted-2013 --output no/such/x.csv", "in one that is not there"),
        ("estimate data/ofsted-2013 --output data", "is a folder"),
        ("bounds data/ofsted-2013", "Missing option '--count'"),
        ("draw data/ofsted-2013 --output x --seed 1.5", "not a valid integer"),
        ("report data/ofsted-2013 --jobs 0", "x>=1"),
        ("report data/ofsted-2013 --limit cell=9", "cell_seconds=N"),
        ("check data/example-2026 --limit unpacked_bytes=0", "unpacked_bytes=N"),
        ("report data/ofsted-2013 --limit cell_seconds=-1", "cell_seconds=N"),
        ("trend", "Missing argument"),
        ("new x --questionnaire --from y.csv", "Only --table goes with --questionnaire"),
        ("new x --questionnaire --skip-rows 2", "Only --table goes with --questionnaire"),
        ("new x --from y.csv --table parents", "with nothing else"),
        (("check", ""), "a cohort has a name"),
        (("report", "ofsted-2013", "--baseline", " "), "a cohort has a name"),
        (("trend", "ofsted-2013", ""), "a cohort has a name"),
    ],
)
def test_a_wrong_command_line_is_status_2_and_says_what_may_stand_there(words, said, capsys):
    assert main(words.split() if isinstance(words, str) else words) == 2
    written = capsys.readouterr()
    assert said in written.err
    assert written.out == ""


def test_what_a_person_can_mend_is_status_1_and_names_its_class_once(capsys):
    assert main(["check", "data/nowhere"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("CohortError") == 1


def test_a_name_that_would_steer_the_terminal_is_shown_and_not_obeyed(capsys):
    assert main(["check", "data/\x1b[31mred"]) == 1
    assert "\\x1b[31mred" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            OSError(28, "No space left on device", "/data/x"),
            "device: '/data/x'",
        ),
        (PermissionError(13, "Permission denied", "x.csv"), "let this program read and write"),
        (MemoryError(), "free memory"),
        (RecursionError("maximum recursion depth exceeded"), "nested so deep"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"), "IOENCODING=utf-8"),
        (KeyboardInterrupt(), "Aborted!"),
    ],
)
def test_what_may_befall_any_command_is_a_message_and_no_traceback(
    problem, said, capsys, monkeypatch
):
    def befall(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(cli.careersurvey.commands["check"], "callback", befall)
    assert main(CHECK) == 1
    assert said in capsys.readouterr().err


def program(*words: str, **settings) -> subprocess.CompletedProcess:
    code = "import sys; from careersurvey.cli import main; sys.exit(main(sys.argv[1:]))"
    given = {"stderr": subprocess.PIPE, "text": True} | settings
    return subprocess.run([sys.executable, "-c", code, *words], check=False, **given)


def test_a_full_stream_is_told_once():
    with open("/dev/full", "w") as full:
        told = program(*CHECK, stdout=full)
    assert told.returncode == 1
    assert told.stderr.count("No space left on device") == 1
    assert "Traceback" not in told.stderr


def test_a_closed_stream_is_told():
    told = program(*CHECK, preexec_fn=lambda: os.close(1))
    assert told.returncode == 1
    assert "Standard output is closed" in told.stderr


def test_a_reader_that_leaves_early_is_no_fault_to_speak_of():
    reads, writes = os.pipe()
    os.close(reads)
    told = program(*CHECK, stdout=writes)
    os.close(writes)
    assert (told.returncode, told.stderr) == (1, "")


def test_an_encoding_that_lacks_a_letter_is_told_and_nothing_is_written():
    told = program(
        *("audit", "data/ofsted-2013"),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert told.stdout == ""
    assert "PYTHONIOENCODING=utf-8" in told.stderr


def test_a_machine_reads_standard_output_and_nothing_else(capsys):
    assert main([*ESTIMATE, "--format", "json"]) == 0
    written = capsys.readouterr()
    assert {row["indicator"] for row in json.loads(written.out)} == {"careers_strategy"}
    assert "probability sample" in written.err


def test_a_device_takes_the_format_that_was_asked_for(capfd):
    assert main([*ESTIMATE, "--format", "json", "--output", "/dev/fd/1"]) == 0
    assert json.loads(capfd.readouterr().out)


def test_cohorts_are_completed_by_their_ids():
    told = program(
        stdout=subprocess.PIPE,
        env=os.environ
        | {
            "_CAREERSURVEY_COMPLETE": "bash_complete",
            "COMP_WORDS": "careersurvey estimate ofsted",
            "COMP_CWORD": "2",
        },
    )
    assert {"plain,ofsted-2013", "plain,ofsted-2023"} <= set(told.stdout.split("\n"))


def test_help_imports_nothing_that_takes_long():
    code = "import sys\nfrom careersurvey.cli import main\nmain(['--help'])\nprint(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "pydantic", "papermill"} & set(told.stdout.split())


def test_every_limit_of_a_cohort_can_be_raised_by_its_name():
    assert set(_LIMITS) == set(Limits.model_fields)


def test_a_limit_that_a_cohort_sets_is_raised_by_the_command_alone(tmp_path, capsys):
    """The file lowers what may be read; whoever runs the command decides on more, that once."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "went"], ["1", "yes"], ["2", "no"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "codebook.csv").write_text(
        "variable,table,question,type,values,missing,unit\n"
        "went,people,Did they go?,category,yes;no,,person\n"
    )
    (tmp_path / "cohort.toml").write_text(
        '[cohort]\nid = "a"\ntitle = "A"\nevidence = "respondents"\n'
        '[limits]\nunpacked_bytes = 100\n[tables.people]\nfile = "a.xlsx"\n'
        '[tables.people.columns]\nwent = "went"\n'
    )
    (tmp_path / "indicators.csv").write_text(
        "indicator,unit,table,variable,measure,categories\nwent,person,people,went,share,yes;no\n"
    )
    asked = ["estimate", str(tmp_path)]
    assert main(asked) == 1
    assert "unpacks to more than may be read" in capsys.readouterr().err
    assert main([*asked, "--limit", "unpacked_bytes=1000000"]) == 0
    assert main(asked) == 1
