"""Equal contracts are equal bytes however the run was started; runs at the same moment lose nothing."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from suites import CONTRACT, TESTS

import msgpact

MAIN = """
import contract, msgpact
assert msgpact.record(contract.shop).ok
"""
HANDLERS = """
from contract import *
from typing import Literal
from pydantic import BaseModel, SecretStr

class Line(BaseModel):
    sku: str
    tags: set[str]

class Order(BaseModel):
    id: int
    kind: Literal["new", "old"]
    lines: list[Line]
    limits: dict[str, float]
    password: SecretStr = SecretStr("")

ORDER = Order(id=1, kind="new", lines=[Line(sku="a", tags={"x", "y", "z"})], limits={"b": 1, "a": 2.5}, password="hush")

@shop.expects("an order", example=ORDER, given=[msgpact.state("s", ids=(1, 2))], metadata={"topic": "t", "at": generate.datetime()})
async def on_order(order: Order, metadata): return order

@shop.expects("a set", contents={"set": {"x", "y", "z"}, "id": generate.uuid()})
def on_set(message): return message

@shop.expects("a tombstone", contents=None)
def on_nothing(message): return message
"""


ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "msgpact.pytest_plugin,xdist.plugin",
}


STARTED = {
    "pytest": ["-m", "pytest", "-q"],
    "pytest, in another order": ["-m", "pytest", "-q", "test_contract.py::test_handles[an order (given s, ids=[1, 2])]", "test_contract.py"],
    "pytest, from a seed": ["-m", "pytest", "-q", "--msgpact-seed=7"],
    "pytest, in parallel": ["-m", "pytest", "-q", "-n2"],
    "pytest, another order of imports": ["-m", "pytest", "-q", "--import-mode=importlib"],
    "record": ["-m", "msgpact", "record", "contract:shop"],
    "record, from a seed": ["-m", "msgpact", "record", "contract:shop", "--seed=8"],
    "python -m": ["-m", "main"],
    "python file.py": ["main.py"],
}  # fmt: skip


def written(folder: Path) -> Path:
    """The project, in that folder."""
    for name, text in {"contract": CONTRACT, "handlers": HANDLERS, "test_contract": TESTS, "main": MAIN}.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "pyproject.toml").touch()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return written(tmp_path)


def started(
    arguments: Sequence[str], project: Path, folder: Path | None = None, environment: Mapping[str, str] = ENVIRONMENT
) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder or project,
        env={**environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pact(folder: Path) -> bytes:
    return (folder / "pacts/shop-orders.json").read_bytes()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pact as the simplest run writes it."""
    folder = written(tmp_path_factory.mktemp("recorded"))
    started(STARTED["record"], folder)
    return pact(folder)


@pytest.mark.parametrize("arguments", STARTED.values(), ids=STARTED)
def test_however_the_run_was_started(project: Path, recorded: bytes, arguments: list[str]) -> None:
    started(arguments, project)

    assert pact(project) == recorded


def test_with_the_plugins_that_are_installed(project: Path, recorded: bytes) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("PYTEST")}

    started(["-m", "pytest", "-q"], project, environment=environment)

    assert pact(project) == recorded


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        pytest.param(["-m", "pytest", "-q", "{project}"], "project", id="pytest"),
        pytest.param(["-m", "msgpact", "record", "contract:shop"], "elsewhere", id="record"),
        pytest.param(["{project}/main.py"], "elsewhere", id="python file.py"),
    ],
)
def test_from_another_folder(tmp_path: Path, recorded: bytes, arguments: list[str], where: str) -> None:
    for name in ("project", "elsewhere"):
        (tmp_path / name).mkdir()
    project = written(tmp_path / "project")

    started([each.format(project=project) for each in arguments], project, tmp_path / "elsewhere")

    assert pact(tmp_path / where) == recorded


def test_the_pact_holds_no_place_and_no_secret(recorded: bytes) -> None:
    text = recorded.decode()

    assert '"handlers:on_order"' in text
    assert [each for each in ("hush", "password", ".py", "recorded", "lineno") if each in text] == []


def test_runs_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    for n in range(4):
        (tmp_path / f"contract_{n}.py").write_text(
            "import msgpact\nshop = msgpact.Consumer('shop', provider='orders')\n"
            f"for n in range(5): shop.expects(f'{n} message {{n}}', contents={{'n': n}})(lambda message: None)"
        )
        (tmp_path / f"test_contract_{n}.py").write_text(
            f"from contract_{n} import shop\n\n@shop.parametrize()\ndef test(case): case.deliver()"
        )

    runs = [
        subprocess.Popen([sys.executable, "-m", "pytest", "-q", f"test_contract_{n}.py"], cwd=tmp_path, env=ENVIRONMENT)
        for n in range(4)
    ]

    assert [each.wait(timeout=60) for each in runs] == [0] * 4
    contract = msgpact.load(tmp_path / "pacts/shop-orders.json")
    assert [each.description for each in contract] == [f"{run} message {n}" for run in range(4) for n in range(5)]
    assert [each.name for each in (tmp_path / "pacts").iterdir()] == ["shop-orders.json"]
