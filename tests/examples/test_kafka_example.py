"""examples/kafka passes its own tests, in a copy, as a reader would run them: embedded, and against a real broker."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from kafka_servers import RunningKafka
from played import EXAMPLES, assert_passed, copied, run
from registry_servers import Server
from test_docs import fences, installed, readers_environment, shows

EXAMPLE = EXAMPLES / "kafka"
SERVICES = [
    pytest.param("fulfilment", "orders", id="JSON"),
    pytest.param("ledger", "payments", id="schemas"),
]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return copied("kafka", tmp_path)


def test_it_passes_over_the_embedded_kafka(example: Path) -> None:
    assert_passed(run(example, "pytest", "-q"), 13)


@pytest.mark.server
def test_it_passes_over_a_real_kafka(example: Path, real_kafka: RunningKafka) -> None:
    done = run(example, "pytest", "-q", "-k", "end_to_end", KAFKA_BOOTSTRAP=real_kafka.bootstrap)

    assert_passed(done, 4)


@pytest.mark.server
def test_it_passes_with_a_real_registry(example: Path, apicurio: Server) -> None:
    done = run(example, "pytest", "-q", "-k", "payments", SCHEMA_REGISTRY_URL=apicurio.url)

    assert_passed(done, 4)


@pytest.mark.parametrize(("consumer", "provider", "tests"), [("fulfilment", "orders", 3), ("ledger", "payments", 2)])
def test_its_pacts_are_what_the_consumers_tests_write(example: Path, consumer: str, provider: str, tests: int) -> None:
    pact = example / "pacts" / f"{consumer}-{provider}.json"
    there = pact.read_bytes()
    pact.unlink()

    assert_passed(run(example, "pytest", "-q", f"tests/test_{consumer}.py"), tests)

    assert pact.read_bytes() == there


@pytest.mark.parametrize(("consumer", "provider"), SERVICES)
def test_its_pacts_are_what_msgpact_record_writes(example: Path, consumer: str, provider: str) -> None:
    pact = example / "pacts" / f"{consumer}-{provider}.json"
    there = pact.read_bytes()
    pact.unlink()

    assert run(example, "msgpact", "record", f"{consumer}.contract:{consumer}", "--pacts", "pacts/").returncode == 0

    assert pact.read_bytes() == there


@pytest.mark.parametrize(("consumer", "provider"), SERVICES)
def test_its_pacts_are_honoured(example: Path, consumer: str, provider: str) -> None:
    done = run(example, "msgpact", "verify", f"{provider}.contract:{provider}", "--pacts", "pacts/")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{provider}: 2 verified")


@pytest.mark.once
def test_its_types_are_strict(example: Path) -> None:
    done = run(example, "mypy", "--no-incremental")

    assert done.returncode == 0, done.stdout


def test_its_changes_of_the_schema_do_what_its_page_says(example: Path) -> None:
    section = (EXAMPLE / "README.md").read_text(encoding="utf-8").partition("## Change the schema\n")[2]
    (example / "section.md").write_text(section, encoding="utf-8")
    scripts = Path(installed("msgpact")).parent
    environment = {**readers_environment(), "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    played = 0
    for fence in fences(example / "section.md"):
        for step in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            done = subprocess.run(
                command.removeprefix("uv run "),
                shell=True,
                cwd=example,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            played += 1
            last = expected.strip().rpartition("\n")[2]
            failing = last.startswith("✗") or last.endswith("failed")
            assert done.returncode == failing, f"$ {command}\n{done.stdout}{done.stderr}"
            assert shows(expected, done.stdout), f"$ {command}\nshows\n{expected}\nbut prints\n{done.stdout}"

    assert played == 15
    assert (example / "schemas/payment_settled.avsc").read_bytes() == (
        EXAMPLE / "schemas/payment_settled.avsc"
    ).read_bytes()
