"""Packages that are installed while a test runs: a folder on the path, with what pip would write there."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from msgpact.serializers.base import GROUP, forget_others

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package that registers serializers: entry points by name, and the text of its module."""

    def installed(package: str, entries: dict[str, str], source: str = "") -> None:
        folder: Path = tmp_path_factory.mktemp(package)
        (folder / f"{package}.py").write_text(source)
        information = folder / f"{package}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (information / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
        monkeypatch.syspath_prepend(folder)
        importlib.invalidate_caches()
        forget_others()

    yield installed
    monkeypatch.undo()
    forget_others()
