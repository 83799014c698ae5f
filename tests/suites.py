"""A small project with a consumer, whose own tests are run by pytest in pytest."""

import asyncio  # noqa: F401  (a run inside forgets what it was the first to import)
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import filelock  # noqa: F401  (as above)
import pydantic  # noqa: F401  (as above)
import pytest

SETTINGS = """
[tool.pytest.ini_options]
filterwarnings = ["error"]
"""

PLUGINS = {
    "asyncio": ["-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function"],
    "anyio": ["-p", "anyio.pytest_plugin"],
    "xdist": ["-p", "xdist.plugin"],
}
"""Other people's, loaded only where a test is about them: each run loads its plugins anew."""

CONTRACT = """
import msgpact
from msgpact import generate, match

shop = msgpact.Consumer("shop", provider="orders", modules=["handlers"])
"""

HANDLERS = """
from contract import *

@shop.expects("a", contents={"id": match.integer(generate.random_int(1, 10**9))})
def on_a(message): return message

@shop.expects("b", contents={"id": 2}, given="x")
async def on_b(message): return message

@shop.expects("c", contents={"id": 3})
def on_c(message): return message
"""

TESTS = """
from contract import *

@shop.parametrize()
def test_handles(case): case.deliver()
"""


class Suite:
    """The project: files, runs and what they wrote."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # files change within the clock's tick
        monkeypatch.setattr("sys.dont_write_bytecode", True)
        pytester.syspathinsert()
        self.write(**{"pyproject.toml": SETTINGS, "contract": CONTRACT, "handlers": HANDLERS, "test_contract": TESTS})

    def write(self, **files: str) -> None:
        """Files by their name; `.py` may be left out, a double underscore is a folder."""
        for name, text in files.items():
            path = self.folder / (name if "." in name else f"{name.replace('__', '/')}.py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def tests(self, text: str) -> None:
        """The consumer's tests, with everything of the contract at hand."""
        self.write(test_contract=f"import pytest\nfrom contract import *\nimport handlers\n{text}")

    def handlers(self, text: str) -> None:
        self.write(handlers=f"from contract import *\n{text}")

    def run(self, *options: str, plugins: Sequence[str] = ()) -> pytest.RunResult:
        """pytest in this process."""
        others = [option for name in plugins for option in PLUGINS[name]]
        return self.pytester.runpytest_inprocess("-q", "-p", "msgpact.pytest_plugin", *others, *options)

    def run_apart(self, *options: str, plugins: Sequence[str] = ()) -> pytest.RunResult:
        """pytest in a process of its own."""
        others = [option for name in plugins for option in PLUGINS[name]]
        return self.pytester.runpytest_subprocess("-q", "-p", "msgpact.pytest_plugin", *others, *options)

    def file(self, pair: str = "shop-orders") -> Path:
        return self.folder / "pacts" / f"{pair}.json"

    def held(self, pair: str = "shop-orders") -> list[str] | None:
        """The descriptions that a pact holds; None without a pact."""
        return (
            [each["description"] for each in self.document(pair)["interactions"]] if self.file(pair).exists() else None
        )

    def document(self, pair: str = "shop-orders") -> Any:
        return json.loads(self.file(pair).read_text())


def said(result: pytest.RunResult) -> str:
    """Everything that a run printed."""
    return result.stdout.str() + result.stderr.str()
