"""examples/kafka passes its own tests, in a copy, as a reader would run them: embedded, and against a real broker."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kafka_servers import RunningKafka

EXAMPLE = Path(__file__).parents[2] / "examples" / "kafka"
PACT = "pacts/fulfilment-orders.json"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    copy = tmp_path / "kafka"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "uv.lock"))
    return copy


def run(example: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=example,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def assert_passed(done: subprocess.CompletedProcess[str], tests: int) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout


def test_it_passes_over_the_embedded_kafka(example: Path) -> None:
    assert_passed(run(example, "pytest", "-q"), 7)


@pytest.mark.server
def test_it_passes_over_a_real_kafka(example: Path, real_kafka: RunningKafka) -> None:
    assert_passed(run(example, "pytest", "-q", "tests/test_end_to_end.py", KAFKA_BOOTSTRAP=real_kafka.bootstrap), 2)


def test_its_pact_is_what_the_consumers_tests_write(example: Path) -> None:
    there = (example / PACT).read_bytes()
    (example / PACT).unlink()

    assert_passed(run(example, "pytest", "-q", "tests/test_fulfilment.py"), 3)

    assert (example / PACT).read_bytes() == there


def test_its_pact_is_what_msgpact_record_writes(example: Path) -> None:
    there = (example / PACT).read_bytes()
    (example / PACT).unlink()

    assert run(example, "msgpact", "record", "fulfilment.contract:fulfilment", "--pacts", "pacts/").returncode == 0

    assert (example / PACT).read_bytes() == there


def test_its_pact_is_honoured(example: Path) -> None:
    done = run(example, "msgpact", "verify", "orders.contract:orders", "--pacts", "pacts/")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "orders: 2 verified")


def test_its_types_are_strict(example: Path) -> None:
    done = run(example, "mypy", "--no-incremental")

    assert done.returncode == 0, done.stdout
