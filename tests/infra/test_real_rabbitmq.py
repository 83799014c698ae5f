"""A real RabbitMQ for tests is had, skipped or demanded as the environment says."""

import os
from pathlib import Path

import pytest
from rabbitmq_servers import RunningRabbitMQ

TESTS = Path(__file__).parents[1]
TEST = """
    def test_it(rabbitmq):
        assert rabbitmq.url
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that needs a real RabbitMQ, on a machine without one."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    monkeypatch.delenv("MSGPACT_RABBITMQ", raising=False)
    monkeypatch.delenv("MSGPACT_NO_SKIP", raising=False)
    pytester.makepyfile(TEST)
    return pytester


def options() -> list[str]:
    return ["-p", "rabbitmq_servers", "-rs", "-o", "asyncio_default_fixture_loop_scope=function"]


def test_without_one_it_is_skipped_and_says_so(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*Cannot start RabbitMQ: there is no rabbitmq-server here.*"])


def test_where_nothing_may_be_skipped_it_fails(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RabbitMQNotStarted: Cannot start RabbitMQ: there is no rabbitmq-server here."])


@pytest.mark.server
def test_a_running_server_is_used(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, rabbitmq: RunningRabbitMQ
) -> None:
    monkeypatch.setenv("MSGPACT_RABBITMQ", rabbitmq.url)

    run.runpytest_subprocess(*options()).assert_outcomes(passed=1)
