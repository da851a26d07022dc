"""One environment, said three times: in pyproject.toml, requirements.lock and environment.yml."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, flags=re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())

# conda-forge's names where they are not PyPI's; matplotlib-base is matplotlib without a window.
CONDA_NAMES = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}


def wanted() -> dict[str, Requirement]:
    """Direct dependencies, those of every extra but Spark's included."""
    extras = dict(PROJECT["optional-dependencies"])
    extras.pop("spark")  # locked by itself, in requirements-spark.lock
    lines = [*PROJECT["dependencies"], *(line for lines in extras.values() for line in lines)]
    return {requirement.name: requirement for requirement in map(Requirement, lines)}


def in_conda() -> dict[str, str]:
    """Packages of environment.yml with their versions, without Python and pip."""
    lines = [line for line in CONDA["dependencies"] if isinstance(line, str)]
    return dict(line.split("=") for line in lines if line != "pip" and "python=3" not in line)


@pytest.mark.parametrize("name", wanted())
def test_a_dependency_is_locked_within_its_range(name):
    assert PINNED[name] in wanted()[name].specifier


def test_the_lock_names_as_direct_what_the_project_names():
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)
    direct = {entry.split("==")[0] for entry in entries if "careersurvey (pyproject.toml)" in entry}
    assert direct == set(wanted())


def test_conda_names_the_same_packages_at_the_same_versions():
    assert in_conda() == {CONDA_NAMES.get(name, name): PINNED[name] for name in wanted()}


def test_conda_takes_one_channel_and_a_python_that_the_project_allows():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    python = next(line for line in CONDA["dependencies"] if "python=3" in str(line))
    assert f"{python.split('=')[1]}.0" in Requirement(f"x{PROJECT['requires-python']}").specifier
    assert {"pip": ["-e ."]} in CONDA["dependencies"]


def test_the_lock_pins_every_package_by_hash_and_names_no_index():
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINNED)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links", LOCK)


def test_what_builds_the_package_is_locked_too():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    for requirement in map(Requirement, build):
        assert PINNED[requirement.name] in requirement.specifier


@pytest.mark.parametrize("name", wanted())
def test_the_environment_that_runs_the_tests_is_the_locked_one(name):
    assert metadata.version(name) == PINNED[name]
