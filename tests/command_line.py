"""The command line in a project folder that holds a provider: in this process, or as a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from msgpact.cli import main

CONTRACT = """
import asyncio
import msgpact

shop = msgpact.Provider("orders")
other = msgpact.Provider("stock")
something = 42

@shop.produces("honoured")
def honoured():
    return {"id": 42}

@shop.produces("honoured later")
async def honoured_later():
    return {"id": 42}

@shop.produces("broken")
def broken():
    return {"id": "42"}

@shop.produces("raising")
def raising():
    raise LookupError("no such order")

@shop.produces("hanging")
async def hanging():
    await asyncio.sleep(600)

@shop.produces("exiting")
def exiting():
    raise SystemExit(0)

@shop.produces("nothing")
def nothing():
    return None

@shop.state("an order exists")
def order_exists():
    raise LookupError("no such table")

@other.produces("in stock")
def in_stock():
    return {"id": 42}
"""


class Done(NamedTuple):
    """What a run of the command line left."""

    code: int | str | None
    out: str
    err: str


Run = Callable[..., Done]


def words(value: object) -> str | None:
    """The id of arguments: as they are typed."""
    return " ".join(value) if isinstance(value, list) else None


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a provider's contract, which is the current one; what is imported from it is forgotten afterwards."""
    (tmp_path / "shop_contract.py").write_text(CONTRACT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["msgpact", *arguments])
        with pytest.raises(SystemExit) as exited:
            main()
        captured = capsys.readouterr()
        return Done(exited.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def run_process(project: Path) -> Run:
    """Run the command line as a user does: a process of its own."""

    def run(*arguments: str, **options: object) -> Done:
        command = [sys.executable, "-m", "msgpact", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload]
        return Done(done.returncode, done.stdout, done.stderr)

    return run
