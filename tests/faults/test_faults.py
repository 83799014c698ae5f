"""Whatever breaks: every good message is handled, every poisonous one is a dead letter, and nothing else is.

With 20,000 messages a run instead of 2,000, on all transports, and with a table of what came of it:

    MSGPACT_FAULTS=long uv run pytest -s -p no:xdist tests/faults
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka_servers import KafkaNotStarted
from rabbitmq_servers import RabbitMQNotStarted
from rigs import RIGS, Rig
from runs import TOGETHER, figures_of
from sqs_servers import SqsNotStarted

IS_LONG = os.environ.get("MSGPACT_FAULTS") == "long"
MESSAGES = 20_000 if IS_LONG else 2_000
# A queue and a FIFO queue differ in little that a fault would show.
LEFT_OUT = set() if IS_LONG else {("sqs", "consumers"), ("sqs-fifo", "outages")}

pytestmark = [
    pytest.mark.server,
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform == "win32", reason="nothing there is killed as by kill -9"),
]


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    try:
        rig = RIGS[request.param](tmp_path)
    except (KafkaNotStarted, RabbitMQNotStarted, SqsNotStarted) as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))
    with rig:
        yield rig


@pytest.mark.parametrize(
    ("rig", "faults"),
    [
        pytest.param(rig, faults, id=f"{rig}-{faults}")
        for rig in RIGS
        for faults in TOGETHER
        if (rig, faults) not in LEFT_OUT
    ],
    indirect=["rig"],
)
def test_nothing_is_lost(rig: Rig, faults: str, tmp_path: Path) -> None:
    print(figures_of(rig, tmp_path, MESSAGES, faults))
