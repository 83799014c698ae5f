"""What every test may use: Kafka, SNS and SQS, and the command line in a project folder. In CI nothing may be skipped."""

import gc
import os
import re
import signal
from typing import Any

import hypothesis
import pytest
from command_line import project, run, run_process
from installed import install
from kafka_servers import embedded_kafka, kafka, real_kafka, topic
from rabbitmq_servers import rabbitmq
from registry_servers import apicurio, embedded_registry, registry_server
from shared_data import forbid_its_absence
from sqs_servers import elasticmq, embedded_sqs, localstack, sns_sqs_server, sqs_server
from transports import transport

__all__ = [
    "apicurio",
    "elasticmq",
    "embedded_kafka",
    "embedded_registry",
    "embedded_sqs",
    "install",
    "kafka",
    "localstack",
    "project",
    "rabbitmq",
    "real_kafka",
    "registry_server",
    "run",
    "run_process",
    "sns_sqs_server",
    "sqs_server",
    "topic",
    "transport",
]


CHANGES = re.compile(r"127\.0\.0\.1:\d{4,}| at 0x[0-9a-f]{6,}")
"""What is another in each process, and so not to stand in the name of a test."""

SLOW = ("faults", "servers", "Amazon's servers", "interop")
"""Groups of tests that take longest, and so begin first."""

COMMANDS = re.compile(r"cli/test_(rabbitmq|aws)_commands|cli/test_(stub|verify_via|watch)")
"""Those of the command line that are tested with real servers."""

AMAZONS = re.compile("localstack|elasticmq|sqs|sns", re.IGNORECASE)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("msgpact", deadline=None)
hypothesis.settings.load_profile("msgpact")


def pytest_configure() -> None:
    forbid_its_absence()
    os.environ.pop("PYTEST_ADDOPTS", None)  # it is about this run, not about those that tests start
    # A shell starts what it puts into the background deaf to Ctrl-C, and processes hand that on to their children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with those that take longest where tests run side by side."""
    for item in items:
        if CHANGES.search(item.name):
            raise pytest.UsageError(f"{item.nodeid} is called otherwise in each process. Give its parameters ids.")
    if hasattr(config, "workerinput"):
        order = {group: number for number, group in enumerate(SLOW)}
        items.sort(key=lambda item: order.get(group_of(item.nodeid), len(SLOW)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side, a file's tests stay in one process; so do those that need the same real servers, which are started once.

    It is done here and not by marks, as pytest-xdist 3.8 does not see those with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist is not typed for all to see
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Groups(config, log) if config.getvalue("dist") == "loadscope" else None


def group_of(nodeid: str) -> str:
    """The group of tests that stay in one process."""
    file = nodeid.partition("::")[0]
    folder = file.split("/")[1] if "/" in file else ""
    if folder in ("faults", "interop"):  # they start what they need
        return folder
    if folder in ("adapters", "conformance", "examples", "infra", "registries") or COMMANDS.search(file):
        return "Amazon's servers" if AMAZONS.search(nodeid) else "servers"
    return file


def pytest_collection_finish() -> None:
    """Thousands of items are there to stay: no collection of garbage need look at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MSGPACT_NO_SKIP") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("MSGPACT_NO_SKIP is set, but tests were skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
