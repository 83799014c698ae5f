"""A real Kafka for tests is had, skipped or demanded as the environment says."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parents[1]
TEST = """
    def test_it(real_kafka):
        assert real_kafka.bootstrap
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that needs a real Kafka, on a machine without Java and Maven."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    monkeypatch.delenv("MSGPACT_KAFKA", raising=False)
    monkeypatch.delenv("MSGPACT_NO_SKIP", raising=False)
    pytester.makepyfile(TEST)
    return pytester


def options() -> list[str]:
    return ["-p", "kafka_servers", "-rs", "-o", "asyncio_default_fixture_loop_scope=function"]


def test_without_java_it_is_skipped_and_says_so(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*Cannot start Kafka: there is no Java here.*"])


def test_where_nothing_may_be_skipped_it_fails(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*KafkaNotStarted: Cannot start Kafka: there is no Java here."])


def test_a_running_broker_is_used(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    embedded = request.getfixturevalue("embedded_kafka")
    monkeypatch.setenv("MSGPACT_KAFKA", embedded.bootstrap)

    run.runpytest_subprocess(*options()).assert_outcomes(passed=1)
