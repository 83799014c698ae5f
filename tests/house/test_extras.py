"""Extras are lazy: the package works with none of them installed, and says what to install where one is needed."""

import subprocess
import sys

import pytest

EXTRAS = ("confluent_kafka", "boto3", "aio_pika", "aiormq", "pamqp", "pika", "faststream", "opentelemetry")

RECORDS = "from msgpact.records import amqp, aws_lambda, kafka, sns, sqs"

WITHOUT = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=False)


def test_the_package_imports_without_extras() -> None:
    done = run(f"import msgpact, msgpact.pytest_plugin, msgpact.cli\n{RECORDS}\nprint('ok')")

    assert (done.stdout, done.stderr) == ("ok\n", "")


@pytest.mark.parametrize("module", ["pydantic", "asyncio", "click", "regex", "filelock", "pytest", *EXTRAS])
def test_importing_the_package_does_not_import(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, msgpact; print({module!r} in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"


def test_what_needs_an_extra_names_it() -> None:
    done = run("from msgpact.extras import require\nrequire('confluent_kafka', extra='kafka', feature='Kafka')")

    assert "Cannot use Kafka: 'confluent_kafka' is not installed. Run: pip install 'msgpact[kafka]'." in done.stderr


def test_what_is_imported_for_an_extra_names_it() -> None:
    done = run("import msgpact.adapters.faststream")

    assert "'faststream' is not installed. Run: pip install 'msgpact[faststream]'." in done.stderr
