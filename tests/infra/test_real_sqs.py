"""Real SNS and SQS for tests are had, skipped or demanded as the environment says."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TEST = """
    def test_localstack(localstack):
        assert localstack.client("sqs").list_queues()

    def test_elasticmq(elasticmq):
        assert elasticmq.client("sqs").list_queues()
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that needs both, on a machine without uv, Java and Maven."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.delenv("MSGPACT_SQS", raising=False)
    monkeypatch.delenv("MSGPACT_NO_SKIP", raising=False)
    pytester.makepyfile(TEST)
    return pytester


def options() -> list[str]:
    return ["-p", "sqs_servers", "-rs", "-o", "asyncio_default_fixture_loop_scope=function"]


def test_without_uv_and_java_they_are_skipped_and_say_so(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines_random(
        ["*Cannot start LocalStack: there is no uv here.*", "*Cannot start ElasticMQ: there is no Java here.*"]
    )


def test_where_nothing_may_be_skipped_they_fail(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*SqsNotStarted: Cannot start LocalStack: there is no uv here."])


def test_running_ones_are_used(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("MSGPACT_SQS", request.getfixturevalue("embedded_sqs").url)

    run.runpytest_subprocess(*options()).assert_outcomes(passed=1, skipped=1)
