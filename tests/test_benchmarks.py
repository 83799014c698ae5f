"""benchmarks/: every comparison runs, both sides do the same work, and a side that verifies nothing is noticed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rabbitmq_servers import RunningRabbitMQ

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
VARIANTS = ("shared", "distinct")
AMOUNT = re.compile(r"-?[\d.]+ (?:s|ms|µs|MiB)|not known")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-X", "utf8", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8")


def made_by(statement: str, *arguments: str) -> str:
    done = python("-c", f"import sys; from benchmarks import messages, recording, run; {statement}", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("comparison", "rows"),
    [
        ("verification", 6),
        ("growth", 2),
        ("recording", 4),
        ("command", 2),
        ("imports", 1),
        ("checking", 8),
        ("avro", 7),
        ("protobuf", 5),
    ],
)
def test_a_comparison_prints_its_rows(comparison: str, rows: int) -> None:
    done = python("-m", "benchmarks.run", "--only", comparison, "--messages", "10", "--runs", "1")
    assert done.returncode == 0, done.stderr
    head, _, *table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert "msgpact" in head
    assert len(table) == rows
    for line in table:
        assert AMOUNT.search(line.split(" | ")[1]), line


def test_too_few_messages_are_refused() -> None:
    done = python("-m", "benchmarks.run", "--messages", "9")
    assert done.returncode == 2
    assert "at least 10 messages" in done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_sides_record_the_same_messages_and_rules(variant: str, tmp_path: Path) -> None:
    for tool in ("msgpact", "pact-python", "one-pact"):
        made_by(f"recording.TOOLS[{tool!r}](recording.messages_of(3, {variant!r}), sys.argv[1])", str(tmp_path / tool))
    ours, *theirs = (
        json.loads((tmp_path / tool / "fulfilment-orders.json").read_text(encoding="utf-8"))["interactions"]
        for tool in ("msgpact", "pact-python", "one-pact")
    )
    without_comments = [{name: value for name, value in each.items() if name != "comments"} for each in ours]
    assert len(ours) == 3
    assert theirs == [without_comments, without_comments]


@pytest.mark.parametrize("tool", ["msgpact", "pact-python"])
def test_a_broken_contract_ends_the_verification(tool: str, tmp_path: Path) -> None:
    pact = json.loads(made_by("import json; print(json.dumps(messages.pact(2, 'shared')))"))
    pact["interactions"][1]["matchingRules"]["body"]["$.quantity"]["matchers"] = [{"match": "regex", "regex": "many"}]
    file = tmp_path / "pact.json"
    file.write_text(json.dumps(pact), encoding="utf-8")
    done = python("-m", "benchmarks.verification", tool, "2", "shared", str(file))
    assert done.returncode != 0
    assert '"seconds"' not in done.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_bodies_are_of_1_kb_and_20_fields_and_all_differ(variant: str) -> None:
    text = made_by(f"import json; print(json.dumps([messages.body(n, {variant!r}) for n in range(100)]))")
    bodies = json.loads(text)
    assert {len(each) for each in bodies} == {20}
    assert all(850 <= len(json.dumps(each, separators=(",", ":"))) <= 1250 for each in bodies)
    assert len({json.dumps(sorted(each.items())) for each in bodies}) == 100


def test_the_same_messages_are_made_every_time() -> None:
    make = "import json; print(json.dumps(messages.pact(5, 'distinct')))"
    assert made_by(make) == made_by(make)


def test_writing_replaces_what_stands_between_the_marks() -> None:
    rewrite = "sys.stdout.write(run.rewritten(sys.argv[1], 'new'))"
    text = "before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n"
    assert made_by(rewrite, text) == "before\n<!-- results -->\nnew\n<!-- end of results -->\nafter\n"


def test_the_readme_has_a_place_for_the_results() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert text.count("<!-- results -->") == text.count("<!-- end of results -->") == 1


@pytest.mark.server
def test_a_queue_of_rabbitmq_is_consumed_by_both(rabbitmq: RunningRabbitMQ) -> None:
    done = python("-m", "benchmarks.consuming_rabbitmq", rabbitmq.url, "200", "1")

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["bare", "model", "dict", "async"]


def test_a_topic_is_consumed_by_both() -> None:
    sides = ["bare", "model", "dict", "async"]
    done = python("-m", "benchmarks.consuming", "200", "1", *sides)

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == sides


def test_memory_is_looked_at_while_a_topic_is_consumed() -> None:
    done = python("-m", "benchmarks.consuming", "memory", "2000")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("MiB after") == 2


def test_a_queue_of_sqs_is_consumed_by_both() -> None:
    done = python("-m", "benchmarks.consuming_sqs", "50", "1")

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["bare", "model", "dict", "async"]
