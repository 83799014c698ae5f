"""The table of what is left out is exact: every other official case is run, and no row is stale."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from left_out import FOLDER, LEFT_OUT, Row, is_left_out, read
from shared_data import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no case files beside the project")


def run_ids() -> Iterator[str]:
    """The ids of the cases that some test of this folder is parametrized with."""
    for file in Path(__file__).parent.glob("test_official_*.py"):
        for function in vars(importlib.import_module(file.stem)).values():
            for mark in getattr(function, "pytestmark", ()):
                if mark.name == "parametrize":
                    yield from (each.id for each in mark.args[1] if each.id)


def test_every_case_is_run_or_left_out() -> None:
    run = set(run_ids())

    for file in sorted(each.name for each in FOLDER.glob("*.jsonl")):
        missed = [case["id"] for case in read(file) if case["id"] not in run and not is_left_out(file, case)]

        assert not missed, f"of {file}"


@pytest.mark.parametrize("row", LEFT_OUT, ids=lambda row: f"{row.file}: {row.reason}")
def test_every_row_leaves_something_out(row: Row) -> None:
    assert any(map(row.which, read(row.file)))
