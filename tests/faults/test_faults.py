"""Whatever breaks: every good message is handled, every poisonous one is a dead letter, and nothing else is."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs import RIGS, Rig
from runs import FAULTS, TOGETHER, figures_of

IS_LONG = os.environ.get("MSGPACT_FAULTS") == "long"
MESSAGES = 20_000 if IS_LONG else 2_000
RUNS: dict[str, tuple[str, ...]] = {each: (each,) for each in FAULTS} if IS_LONG else TOGETHER

pytestmark = [
    pytest.mark.server,
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform == "win32", reason="nothing there is killed as by kill -9"),
]


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path) as rig:
        yield rig


@pytest.mark.parametrize("faults", RUNS.values(), ids=RUNS)
def test_nothing_is_lost(rig: Rig, faults: tuple[str, ...], tmp_path: Path) -> None:
    print(figures_of(rig, tmp_path, MESSAGES, faults))
