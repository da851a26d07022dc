"""Small cohorts of respondents that tests write, break and read."""

from pathlib import Path

from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort

ABOUT = '[cohort]\nid = "small"\ntitle = "A small survey"\nevidence = "respondents"\n'
CODEBOOK = """\
variable,table,question,type,values,missing,unit
school_id,schools;parents,School,identifier,,,school
parent_id,parents,Parent,identifier,,,parent
kind,schools,Kind of school,category,old;new,,school
helped,parents,Has the school helped?,category,yes;partly;no,refused,parent
heard,parents,Heard of the helpline?,category,yes;no,,parent
used,parents,Used the helpline?,category,yes;no,,parent
talk,parents,A talk,category,yes;no,,parent
visit,parents,A visit,category,yes;no,,parent
valued,parents,What was useful?,category,talk;visit;fair,,parent
minutes,parents,Minutes,number,0..600,refused,parent
born,parents,Born,date,,,parent
remark,parents,Remark,text,,,parent
"""
INDICATORS = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
    "helped,School helped,views,parent,parents,helped,share,,yes;partly;no,,,,yes\n"
)


def write_answers(folder: Path, answers, settings: str = "", name: str = "parents.csv") -> Path:
    """Write a cohort with one table, ``parents``; answers are text or bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    data = answers.encode() if isinstance(answers, str) else answers
    if data is not None:
        (folder / name).write_bytes(data)
    toml = f'{ABOUT}[tables.parents]\nfile = "{name}"\n{settings}'
    (folder / "cohort.toml").write_text(toml, encoding="utf-8")
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "indicators.csv").write_text(INDICATORS)
    return folder


def read(folder: Path, *columns: str) -> list[tuple]:
    """Columns of the finished table of parents, row by row."""
    table = compile_table(load_cohort(folder), "parents")
    return table.frame.project(", ".join(f'"{column}"' for column in columns)).fetchall()


def broken(folder: Path) -> dict[str, object]:
    """Finding of each rule that the cohort breaks, by name; tests may have a sample of one row."""
    found = {check.rule: check for check in screen(load_cohort(folder)) if not check.passed}
    if "a single row" in getattr(found.get("lonely_cluster"), "message", ""):
        del found["lonely_cluster"]
    return found
