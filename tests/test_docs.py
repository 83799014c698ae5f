"""The documentation is true: every page is a project in a folder of its own, and what it shows is what happens.

* A fence with `title="PATH"` is a file; a later one of the same title replaces it.
* A fence with `of="PATH"` stands in that file, which something on the page has written.
* A Python fence without a title is run; the page's fences share one namespace.
* In a console fence each `$ msgpact …`, `$ pytest …` or `$ python …` is run as a reader would run it: the installed script, in
  the page's folder, with nothing on the path that the page does not put there. It must end with the code that `exit=` says (0),
  and the lines below it are all that it prints; `$NAME` is what the page put into `os.environ`. `…` stands for anything in a line, and a line of it for any lines. Other
  commands, and a fence that is marked `shown`, are for the reader.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
RUN = ("msgpact", "pytest", "python")
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
    with mock.patch.dict(os.environ):  # for its end: a page may set some
        show(page)
    for name in set(sys.modules) - before:  # the page's own modules: another page has others of these names
        module = sys.modules[name]
        # A folder that is imported has no file.
        if str(tmp_path) in f"{getattr(module, '__file__', '')} {getattr(module, '__path__', '')}":
            del sys.modules[name]


def show(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "page"}
    for fence in fences(page):
        if (title := fence.said("title")) is not None:
            Path(title).parent.mkdir(parents=True, exist_ok=True)
            Path(title).write_text(fence.text, encoding="utf-8")
        elif (file := fence.said("of")) is not None:
            assert fence.text in Path(file).read_text(encoding="utf-8")
        elif fence.language == "python":
            exec(compile(fence.text, str(page), "exec"), namespace)
        elif fence.language == "console" and "shown" not in fence.info:
            run_console(fence)


def run_console(fence: Fence) -> None:
    steps = re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]
    for step in steps:
        command, _, expected = step.partition("\n")
        name, *arguments = shlex.split(os.path.expandvars(command))
        if name not in RUN:
            continue
        done = subprocess.run(
            [installed(name), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
            env=readers_environment(),
        )

        assert done.returncode == int(fence.said("exit") or 0), f"$ {command}\n{done.stdout}"
        assert shows(expected, done.stdout), f"$ {command}\nshows\n{expected}\nbut prints\n{done.stdout}"


def installed(name: str) -> str:
    found = sys.executable if name == "python" else shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found, f"{name} is not installed"
    return found


def readers_environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ours |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    # Said by pytest-asyncio, which a reader need not have.
    ours["PYTHONWARNINGS"] = 'ignore:The configuration option "asyncio_default_fixture_loop_scope" is unset.'
    return ours


def shows(expected: str, output: str) -> bool:
    """Whether what a page shows is the whole output."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.rstrip().split("…"))) + r"[ ]*\n"
        for line in expected.rstrip().split("\n")
    )
    return re.fullmatch(pattern, output.rstrip() + "\n") is not None


@pytest.mark.parametrize(
    ("expected", "output", "is_shown"),
    [
        pytest.param("a\n\nb\n", "a\n\nb\n", True, id="all of it"),
        pytest.param("a\nb\n", "a\n\nb\n", False, id="a blank line less"),
        pytest.param("a\n", "a\nb\n", False, id="not the end"),
        pytest.param("b\n", "a\nb\n", False, id="not the beginning"),
        pytest.param("seed …\n", "seed 12\n", True, id="a part of a line"),
        pytest.param("seed …\n", "seed 12\nmore\n", False, id="a part of a line is in that line"),
        pytest.param("…\nb\n", "a\na\nb\n", True, id="any lines"),
        pytest.param("…\nb\n", "b\n", True, id="any lines may be none"),
        pytest.param("(a.c)\n", "(abc)\n", False, id="no pattern"),
    ],
)
def test_what_counts_as_shown(expected: str, output: str, is_shown: bool) -> None:
    assert shows(expected, output) is is_shown


def test_every_link_leads_somewhere() -> None:
    for page in [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
