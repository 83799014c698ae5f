"""Real servers for tests are had, skipped or demanded as the environment says. A new one is one row."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Row:
    """A file of fixtures.

    Attributes:
        plugin: Its name.
        tests: Tests that need its real servers.
        absent: What is said, where there is nothing to start them with, of each that is skipped.
        failing: What is said then where nothing may be skipped.
        variable: What names a server that runs already.
        running: The fixture, and its attribute, with the address of one that does.
        used: What becomes of the tests then.
    """

    plugin: str
    tests: str
    absent: tuple[str, ...]
    failing: str
    variable: str
    running: tuple[str, str]
    used: Mapping[str, int]


KAFKA = Row(
    plugin="kafka_servers",
    tests="""
        def test_it(real_kafka):
            assert real_kafka.bootstrap
    """,
    absent=("*Cannot start Kafka: there is no Java here.*",),
    failing="*KafkaNotStarted: Cannot start Kafka: there is no Java here.",
    variable="MSGPACT_KAFKA",
    running=("embedded_kafka", "bootstrap"),
    used={"passed": 1},
)
RABBITMQ = Row(
    plugin="rabbitmq_servers",
    tests="""
        def test_it(rabbitmq):
            assert rabbitmq.url
    """,
    absent=("*Cannot start RabbitMQ: there is no rabbitmq-server here.*",),
    failing="*RabbitMQNotStarted: Cannot start RabbitMQ: there is no rabbitmq-server here.",
    variable="MSGPACT_RABBITMQ",
    running=("rabbitmq", "url"),
    used={"passed": 1},
)
REGISTRY = Row(
    plugin="registry_servers",
    tests="""
        def test_it(apicurio):
            assert apicurio.url
    """,
    absent=("*Cannot start a schema registry: there is no Java here.*",),
    failing="*RegistryNotStarted: Cannot start a schema registry: there is no Java here.",
    variable="MSGPACT_REAL_REGISTRY",
    running=("embedded_registry", "url"),
    used={"passed": 1},
)
SQS = Row(
    plugin="sqs_servers",
    tests="""
        def test_localstack(localstack):
            assert localstack.client("sqs").list_queues()

        def test_elasticmq(elasticmq):
            assert elasticmq.client("sqs").list_queues()
    """,
    absent=("*Cannot start LocalStack: there is no uv here.*", "*Cannot start ElasticMQ: there is no Java here.*"),
    failing="*SqsNotStarted: Cannot start LocalStack: there is no uv here.",
    variable="MSGPACT_SQS",
    running=("embedded_sqs", "url"),
    used={"passed": 1, "skipped": 1},  # it is LocalStack's place that is taken
)


def rows(*of_rabbitmq: Any) -> list[Any]:
    """The rows, of which the first two say nothing new on another interpreter."""
    return [
        pytest.param(KAFKA, id="Kafka", marks=pytest.mark.once),
        pytest.param(REGISTRY, id="a registry", marks=pytest.mark.once),
        pytest.param(RABBITMQ, id="RabbitMQ", marks=of_rabbitmq),
        pytest.param(SQS, id="SNS and SQS"),
    ]


@pytest.fixture
def address(request: pytest.FixtureRequest, row: Row) -> str:
    """Of a server that runs; to be asked for before `bare`, as it may have to be started."""
    fixture, attribute = row.running
    found: str = getattr(request.getfixturevalue(fixture), attribute)
    return found


@pytest.fixture
def bare(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run on a machine that has nothing."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    for each in ("UV", "MSGPACT_NO_SKIP", *(row.values[0].variable for row in rows())):
        monkeypatch.delenv(each, raising=False)
    return pytester


def run(bare: pytest.Pytester, row: Row) -> pytest.RunResult:
    bare.makepyfile(row.tests)
    return bare.runpytest_subprocess("-p", row.plugin, "-rs", "-o", "asyncio_default_fixture_loop_scope=function")


@pytest.mark.parametrize("row", rows())
def test_one_that_is_absent_is_skipped_and_says_so(bare: pytest.Pytester, row: Row) -> None:
    result = run(bare, row)

    result.assert_outcomes(skipped=len(row.absent))
    result.stdout.fnmatch_lines_random(row.absent)


@pytest.mark.parametrize("row", rows())
def test_where_nothing_may_be_skipped_it_fails(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run(bare, row)

    result.assert_outcomes(errors=len(row.absent))
    result.stdout.fnmatch_lines([row.failing])


@pytest.mark.parametrize("row", rows(pytest.mark.server))
def test_one_that_runs_already_is_used(
    address: str, bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    monkeypatch.setenv(row.variable, address)

    run(bare, row).assert_outcomes(**row.used)
