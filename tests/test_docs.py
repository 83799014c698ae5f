"""The documentation is true: every page is a project in a folder of its own, and what it shows is what happens.

* A fence with `title="PATH"` is a file; a later one of the same title replaces it.
* A Python fence without a title is run; the page's fences share one namespace.
* In a console fence each `$ msgpact …`, `$ pytest …` or `$ python …` is run and must end with the code that `exit=` says (0);
  the lines below it must appear in the output in this order. `…` stands for anything. Other commands, and a fence that is
  marked `shown`, are for the reader.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
RUN = ("msgpact ", "pytest ", "python ")
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Fence(NamedTuple):
    language: str
    info: str
    text: str

    def said(self, name: str) -> str | None:
        match = re.search(rf'{name}="?([^"\s]+)"?', self.info)
        return match[1] if match else None


def fences(page: Path) -> list[Fence]:
    return [Fence(*match.groups()) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_the_page_shows_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    namespace: dict[str, object] = {"__name__": "page"}
    for fence in fences(page):
        if (title := fence.said("title")) is not None:
            Path(title).parent.mkdir(parents=True, exist_ok=True)
            Path(title).write_text(fence.text, encoding="utf-8")
        elif fence.language == "python":
            exec(compile(fence.text, str(page), "exec"), namespace)
        elif fence.language == "console" and "shown" not in fence.info:
            run_console(fence)
    for name in set(sys.modules) - before:  # the page's own modules: another page has others of these names
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def run_console(fence: Fence) -> None:
    steps = re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]
    for step in steps:
        command, *expected = step.splitlines()
        if not command.startswith(RUN):
            continue
        done = subprocess.run(
            f"{sys.executable} -m {command}"
            if not command.startswith("python ")
            else command.replace("python", sys.executable, 1),
            shell=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"},
        )
        output = done.stdout + done.stderr

        assert done.returncode == int(fence.said("exit") or 0), f"$ {command}\n{output}"
        assert_in_order([line for line in expected if line.strip()], output, command)


def assert_in_order(expected: list[str], output: str, command: str) -> None:
    at = 0
    for line in expected:
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("…"))
        match = re.compile(pattern).search(output, at)
        assert match, f"$ {command}\ndoes not show, or not in this order:\n{line}\nbut:\n{output}"
        at = match.end()


def test_every_link_leads_somewhere() -> None:
    for page in [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
