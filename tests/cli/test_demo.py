"""`msgpact demo` plays examples/kafka to its end, and says so where it cannot."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from msgpact.cli import demo
from msgpact.errors import MissingExtra, MsgpactError, TimedOut, UsageError, UserCodeError

PROJECT = Path(__file__).parents[2]
NOT_CARRIED = {f"examples/kafka/{name}" for name in (".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "uv.lock")}
"""What lies in a folder that is used."""


@pytest.fixture(scope="module")
def played() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "msgpact", "demo"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def act(played: subprocess.CompletedProcess[str], title: str) -> list[str]:
    """What is shown under a heading, line by line, up to the next one."""
    text = played.stdout.split(f". {title}\n")[1]
    return [line.strip() for line in re.split(r"\n\n(?=\d\. |That was)", text)[0].splitlines()]


def test_it_succeeds(played: subprocess.CompletedProcess[str]) -> None:
    assert (played.returncode, played.stderr) == (0, "")


def test_it_plays_six_acts(played: subprocess.CompletedProcess[str]) -> None:
    headings = [line for line in played.stdout.splitlines() if line[:1].isdigit()]

    assert headings == [
        "1. The consumer writes a pact",
        "2. The provider honours it",
        "3. A message travels",
        "4. A renamed field",
        "5. A wrong type",
        "6. A missing header",
    ]


def test_it_shows_what_a_consumer_states(played: subprocess.CompletedProcess[str]) -> None:
    shown = act(played, "The consumer writes a pact")

    assert shown[1:3] == ["@fulfilment.expects(", '"an order was placed",']
    assert "pacts/fulfilment-orders.json: 2 messages" in shown


def test_a_message_travels_over_kafka(played: subprocess.CompletedProcess[str]) -> None:
    shown = act(played, "A message travels")

    assert "orders: order 42 is placed" in shown
    assert "fulfilment: to ship {42: {'A-1': 2, 'B-7': 1}}, insured {42}" in shown


BREAKS = {
    "A renamed field": ("+     amount: float", "expected  the key 'total', such as 129.5"),
    "A wrong type": ("+     total: Decimal", 'got       "18.0" (a string)'),
    "A missing header": ('-             "event-id": str(uuid4()),', "metadata event-id"),
}


@pytest.mark.parametrize(("title", "change", "caught"), [(k, *v) for k, v in BREAKS.items()], ids=BREAKS)
def test_a_break_is_shown_and_caught(
    played: subprocess.CompletedProcess[str], title: str, change: str, caught: str
) -> None:
    lines = act(played, title)

    assert change in lines
    assert caught in lines
    assert lines[-2:] == [
        "orders: 1 verified, 1 failed",
        "Caught: the verification ends with code 1, and so does the build.",
    ]


def test_a_break_leaves_nothing_to_the_next(played: subprocess.CompletedProcess[str]) -> None:
    assert played.stdout.count("'total'") == 1
    assert played.stdout.count("event-id\n") == 1


def test_it_has_no_colours_where_there_is_no_terminal(played: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in played.stdout


# -- where the example is --------------------------------------------------------------------------------------------


def test_in_a_checkout_it_plays_the_example_of_the_project() -> None:
    assert demo._example() == PROJECT / "examples" / "kafka"


def test_in_a_wheel_it_plays_what_is_below_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo" / "fulfilment").mkdir(parents=True)
    monkeypatch.setattr("msgpact.__file__", str(tmp_path / "__init__.py"))

    assert demo._example() == tmp_path / "demo"


def test_the_wheel_carries_every_file_of_the_example() -> None:
    built = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    carried = built["targets"]["wheel"]["force-include"]
    example = {f"examples/kafka/{each.name}" for each in demo._example().iterdir()} - NOT_CARRIED

    assert carried == {each: each.replace("examples/kafka", "msgpact/demo") for each in example}


# -- where it cannot be played ---------------------------------------------------------------------------------------


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as it would be played, to be spoilt."""
    copy = tmp_path / "kafka"
    shutil.copytree(demo._example(), copy, ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr(demo, "_example", lambda: copy)
    return copy


def play() -> Result:
    return CliRunner().invoke(demo.command, catch_exceptions=False, standalone_mode=False)


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


SPOILT: dict[str, tuple[str, str, str, type[MsgpactError], str]] = {
    "a consumer that fails": (
        "fulfilment/handlers.py",
        "    if order.total > 100:\n",
        "    raise LookupError\n    if order.total > 100:\n",
        UserCodeError,
        "'msgpact record .*': it ended with code 3, not 0",
    ),
    "a provider that breaks the contract": (
        "orders/publisher.py",
        '"orders.v1"',
        '"orders.v2"',
        UserCodeError,
        "'msgpact verify .*': it ended with code 1, not 0",
    ),
    "a service that fails": (
        "orders/__main__.py",
        "publish(",
        "raise SystemExit(7)\npublish(",
        UserCodeError,
        "'python -m orders': it ended with code 7, not 0",
    ),
    "a file that is not as it was": (
        "orders/publisher.py",
        "total=order.total",
        "total = order.total",
        UsageError,
        r"Cannot change orders/publisher\.py: it does not hold 'total=order\.total' once\. Install msgpact again\.",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "error", "says"), SPOILT.values(), ids=SPOILT)
def test_an_act_that_goes_wrong_ends_it(
    example: Path, file: str, old: str, new: str, error: type[MsgpactError], says: str
) -> None:
    spoil(example / file, old, new)

    with pytest.raises(error, match=says):
        play()


def test_a_break_that_is_not_caught_ends_it(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = demo.Edit("orders/models.py", "    customer: str\n", "    customer: str\n    note: str = ''\n")
    monkeypatch.setattr(demo, "BREAKS", (demo.Break("A new field", "It does no harm.", (harmless,)),))

    with pytest.raises(UserCodeError, match=r"'msgpact verify .*': it ended with code 0, not 1"):
        play()


def test_a_command_that_does_not_end_ends_it(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LIMIT", 0.01)

    with pytest.raises(TimedOut, match=r"Cannot finish 'msgpact record .*': it did not end within 0\.01 s"):
        play()


def test_without_its_example_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msgpact.__file__", str(tmp_path / "lib" / "msgpact" / "__init__.py"))

    with pytest.raises(UsageError, match=r"Cannot play the demo: its example is not at .*\. Install msgpact again\."):
        play()


def test_without_confluent_kafka_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(MissingExtra, match=r"pip install 'msgpact\[kafka\]'"):
        play()
