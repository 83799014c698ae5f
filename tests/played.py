"""Examples in copies, run as a reader would run them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def copied(name: str, folder: Path) -> Path:
    """A copy of an example, below *folder*, without what it has left there when it was run."""
    copy = folder / name
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "uv.lock"))
    return copy


def environment(*without: str, **more: str) -> dict[str, str]:
    """This process's, but for the variables whose names begin so, and with more."""
    ours = {name: value for name, value in os.environ.items() if not (without and name.startswith(without))}
    return {**ours, "PYTHONIOENCODING": "utf-8", **more}


def run(
    example: Path, *arguments: str, within: Mapping[str, str] | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a module with these arguments there, in this process's environment if not *within* another one."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=example,
        env={**(environment() if within is None else within), **more},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def assert_passed(done: subprocess.CompletedProcess[str], tests: int) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout
