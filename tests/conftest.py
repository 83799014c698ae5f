"""What every test may use: Kafka, SNS and SQS, and the command line in a project folder. In CI nothing may be skipped."""

import gc
import os
import re
import signal

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
    """Side by side, a file's tests stay in one process; so do all that need the same real servers, which are started once."""
    for item in items:
        if CHANGES.search(item.name):
            raise pytest.UsageError(f"{item.nodeid} is called otherwise in each process. Give its parameters ids.")
        if hasattr(config, "workerinput"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))
    if hasattr(config, "workerinput"):
        order = {group: number for number, group in enumerate(SLOW)}
        items.sort(key=lambda item: order.get(_group(item), len(SLOW)))


def _group(item: pytest.Item) -> str:
    """The tests that stay in one process with this one."""
    if item.path.parent.name == "faults":  # they start their own servers
        return "faults"
    if item.get_closest_marker("interop"):
        return "interop"
    if not any(item.get_closest_marker(name) for name in ("server", "fault")):
        return item.path.stem
    return "Amazon's servers" if AMAZONS.search(item.nodeid) else "servers"


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
