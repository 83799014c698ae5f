"""Settings: from the nearest pyproject.toml, then the environment, then flags; what cannot be is refused, with its place."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from msgpact.config import Config, load
from msgpact.errors import UsageError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


def said(project: Path, table: str, environment: Mapping[str, str] | None = None, **flags: object) -> Config:
    (project / "pyproject.toml").write_text(f"[tool.msgpact]\n{table}\n")
    return load(project, environment=environment or {}, **flags)


def test_defaults(project: Path) -> None:
    assert load(project, environment={}) == Config("pacts", "4.0", None, None)


@pytest.mark.parametrize(
    ("table", "environment", "flags", "found"),
    [
        ("", {}, {}, Config()),
        ("timeout = 1", {}, {}, Config(timeout=1)),
        ("timeout = 1", {"MSGPACT_TIMEOUT": "2"}, {}, Config(timeout=2)),
        ("timeout = 1", {"MSGPACT_TIMEOUT": "2"}, {"timeout": 3}, Config(timeout=3)),
        ("timeout = 1", {"MSGPACT_TIMEOUT": ""}, {"timeout": None}, Config(timeout=1)),
        ('pacts = "contracts"', {}, {}, Config(pacts="contracts")),
        ("spec-version = 4.0", {}, {}, Config(spec_version="4.0")),
        ('spec_version = "3.0.0"', {}, {}, Config(spec_version="3.0.0")),
        ("seed = 7", {}, {}, Config(seed=7)),
        ("", {"MSGPACT_SEED": "8", "MSGPACT_SPEC_VERSION": "3", "MSGPACT_PACTS": "x"}, {}, Config("x", "3", None, 8)),
        ("", {"MSGPACT_NO_SKIP": "1", "TIMEOUT": "1"}, {}, Config()),
    ],
)
def test_precedence(
    project: Path, table: str, environment: dict[str, str], flags: dict[str, Any], found: Config
) -> None:
    assert said(project, table, environment, **flags) == found


@pytest.mark.parametrize(
    ("table", "environment", "flags", "message"),
    [
        ("timout = 1", {}, {}, "Cannot use the setting 'timout' of [tool.msgpact] in FILE: there is none of that name. Did you mean 'timeout'?"),
        ("x = 1", {}, {}, "there is none of that name. Known are: pacts, spec_version, timeout, seed, registry, via."),
        ("timeout = 0", {}, {}, "Cannot use timeout = 0 of [tool.msgpact] in FILE: it is not a number of seconds above 0. Change it."),
        ("timeout = -1", {}, {}, "Cannot use timeout = -1 of"),
        ("timeout = inf", {}, {}, "Cannot use timeout = inf of"),
        ("timeout = nan", {}, {}, "Cannot use timeout = nan of"),
        ("timeout = true", {}, {}, "Cannot use timeout = True of"),
        ("", {"MSGPACT_TIMEOUT": "soon"}, {}, "Cannot use timeout = 'soon' of the environment variable MSGPACT_TIMEOUT: it is not a number"),
        ("", {}, {"timeout": 0.0}, "Cannot use timeout = 0.0 of the options: it is not a number of seconds above 0."),
        ("seed = 1.5", {}, {}, "Cannot use seed = 1.5 of [tool.msgpact] in FILE: it is not a whole number."),
        ('seed = "x"', {}, {}, "Cannot use seed = 'x' of"),
        ("spec_version = 5", {}, {}, "Cannot use spec_version = 5 of [tool.msgpact] in FILE: it is not '4.0' or '3.0.0'."),
        ("pacts = 1", {}, {}, "Cannot use pacts = 1 of [tool.msgpact] in FILE: it is not a folder's path."),
        ('pacts = ""', {}, {}, "Cannot use pacts = '' of"),
        ("[tool.msgpact.pacts]", {}, {}, "Cannot use pacts = {} of"),
    ],
)  # fmt: skip
def test_what_cannot_be(
    project: Path, table: str, environment: dict[str, str], flags: dict[str, Any], message: str
) -> None:
    expected = re.escape(message).replace("FILE", re.escape(str(project / "pyproject.toml")))

    with pytest.raises(UsageError, match=expected):
        said(project, table, environment, **flags)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[tool.msgpact\n", "Expected"),
        (b"\xff", "can't decode"),
        (b"tool = 1\n", r"\[tool\.msgpact\] is no table"),
        (b"[tool]\nmsgpact = 1\n", r"\[tool\.msgpact\] is no table"),
    ],
)
def test_a_file_that_cannot_be_read(project: Path, text: bytes, why: str) -> None:
    (project / "pyproject.toml").write_bytes(text)

    with pytest.raises(UsageError, match=rf"Cannot read the settings in '.*pyproject\.toml': .*{why}"):
        load(project, environment={})


def test_a_project_without_settings(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = 'orders'\n")

    assert load(project, environment={}) == Config()


@pytest.mark.parametrize(("table", "folder"), [("", "pacts"), ("pacts = 'contracts'", "contracts")])
def test_below_a_project_its_folder_of_pacts_is_meant(project: Path, table: str, folder: str) -> None:
    (project / "services" / "orders").mkdir(parents=True)
    (project / "pyproject.toml").write_text(f"[tool.msgpact]\n{table}\n")

    assert load(project / "services" / "orders", environment={}).pacts == str(project.resolve() / folder)


@pytest.mark.parametrize(
    ("environment", "flags"), [({"MSGPACT_PACTS": "here"}, {}), ({}, {"pacts": "here"})], ids=["environment", "flag"]
)
def test_below_a_project_what_is_said_in_the_shell_is_meant_from_there(
    project: Path, environment: dict[str, str], flags: dict[str, Any]
) -> None:
    (project / "below").mkdir()
    (project / "pyproject.toml").write_text("")

    assert load(project / "below", environment=environment, **flags).pacts == "here"


def test_where_nothing_is_said_the_current_folder_and_the_real_environment_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text("[tool.msgpact]\nseed = 1\n")
    monkeypatch.chdir(project)
    monkeypatch.setenv("MSGPACT_TIMEOUT", "2.5")

    assert load() == Config(timeout=2.5, seed=1)
