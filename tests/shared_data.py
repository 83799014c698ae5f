"""Case data of other projects, beside the checkout; a clone alone does not have it."""

import json
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def forbid_its_absence() -> None:
    """Refuse to run where nothing may be skipped and the data, whose tests would be, is not there."""
    if os.environ.get("MSGPACT_NO_SKIP") and not SHARED.is_dir():
        raise pytest.UsageError(f"MSGPACT_NO_SKIP is set, but there is no {SHARED}: its tests would be skipped.")


def shared_cases(relative: str) -> list[object]:
    """A parameter for each line of a case file, by its id; one skipped parameter where the data is not there."""
    file = SHARED / relative
    if not file.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no {relative} beside the project"))]
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [pytest.param(case, id=case["id"]) for case in lines]
