"""`msgpact demo`"""

import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click

import msgpact
from msgpact.adapters.embedded_kafka import EmbeddedKafka
from msgpact.cli.output import echo, style
from msgpact.errors import TimedOut, UsageError, UserCodeError

__all__ = ["command"]

RECORD = "msgpact record fulfilment.contract:fulfilment --pacts pacts/"
VERIFY = "msgpact verify orders.contract:orders --pacts pacts/"
LIMIT = 60
"""Seconds for one command; all of them take some three."""


class Edit(NamedTuple):
    """What a developer changes in a file: a text that stands in it once."""

    file: str
    old: str
    new: str


class Break(NamedTuple):
    """A change of the provider that its consumer does not survive."""

    title: str
    story: str
    edits: tuple[Edit, ...]


BREAKS = (
    Break(
        "A renamed field",
        "Somebody finds that 'amount' is the better word.",
        (
            Edit("orders/models.py", "    id: int\n    total: float\n", "    id: int\n    amount: float\n"),
            Edit("orders/publisher.py", "total=order.total", "amount=order.total"),
        ),
    ),
    Break(
        "A wrong type",
        "Somebody wants money to be exact. Pydantic writes a Decimal as text.",
        (
            Edit("orders/models.py", "from pydantic import", "from decimal import Decimal\n\nfrom pydantic import"),
            Edit("orders/models.py", "    id: int\n    total: float\n", "    id: int\n    total: Decimal\n"),
        ),
    ),
    Break(
        "A missing header",
        "Somebody tidies up: the order service itself has no use for the event's id.",
        (Edit("orders/publisher.py", '            "event-id": str(uuid4()),\n', ""),),
    ),
)


@click.command("demo")
def command() -> int:
    """Play the whole loop over an embedded Kafka: record, verify, publish, consume, break.

    It plays examples/kafka, in a copy: two services, orders and fulfilment, and the contract between them.
    """
    example = _example()
    with EmbeddedKafka() as kafka, tempfile.TemporaryDirectory(prefix="msgpact-demo-") as folder:
        kafka.create_topic("orders.v1")
        for service in ("orders", "fulfilment"):
            shutil.copytree(example / service, Path(folder, service), ignore=shutil.ignore_patterns("__pycache__"))
        echo("Two services and the contract between them: orders sends, fulfilment receives.")
        echo(f"Kafka runs inside this process, at {kafka.bootstrap}.")
        _Stage(Path(folder), kafka.bootstrap).play()
    echo(f"\nThat was all of it, and it is yours to read: {example}")
    return 0


def _example() -> Path:
    """The example: in a wheel below the package, in a checkout beside it."""
    package = Path(msgpact.__file__).parent
    places = [package / "demo", package.parents[1] / "examples" / "kafka"]
    for place in places:
        if (place / "fulfilment").is_dir():
            return place
    raise UsageError(f"Cannot play the demo: its example is not at {places[0]}. Install msgpact again.")


class _Stage:
    """The folder in which the example is played."""

    def __init__(self, folder: Path, bootstrap: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, "KAFKA_BOOTSTRAP": bootstrap}
        if self.environment.pop("PYTHONDONTWRITEBYTECODE", None):
            # Seven processes would compile everything; so the first of them does, into a folder that goes with the demo.
            self.environment["PYTHONPYCACHEPREFIX"] = str(folder / ".bytecode")
        self.acts = self.edits = 0

    def play(self) -> None:
        self.act("The consumer writes a pact", "Above each handler of fulfilment stands the message that it relies on:")
        echo(_declaration(Path(self.folder, "fulfilment", "handlers.py")))
        self.say("Every handler is given its message. Those that cope make the pact.")
        self.run(RECORD)
        self.act("The provider honours it", "The functions of orders that make these messages are called, and checked.")
        self.run(VERIFY)
        self.act("A message travels", "What was verified goes over Kafka, from one service to the other's handler.")
        self.run("python -m orders")
        self.run("python -m fulfilment 1")
        for each in BREAKS:
            self.act(each.title, each.story)
            before = self.change(each.edits)
            self.run(VERIFY, code=1)
            self.say("Caught: the verification ends with code 1, and so does the build.")
            for file, text in before.items():
                self.write(file, text)

    def act(self, title: str, story: str) -> None:
        self.acts += 1
        echo("\n" + style(f"{self.acts}. {title}", "bold"))
        self.say(story)

    def say(self, sentence: str) -> None:
        echo(f"   {sentence}")

    def run(self, line: str, *, code: int = 0) -> None:
        """Run a command line as a user would, its output going straight to the screen."""
        echo(style(f"$ {line}", "bold"))
        words = shlex.split(line)
        arguments = words[1:] if words[0] == "python" else ["-m", *words]
        command = [sys.executable, *arguments]
        try:
            done = subprocess.run(  # noqa: S603  (the lines above, nobody else's)
                command, cwd=self.folder, env=self.environment, check=False, timeout=LIMIT
            )
        except subprocess.TimeoutExpired:
            raise TimedOut(
                f"Cannot finish {line!r}: it did not end within {LIMIT} s. See whether something keeps 127.0.0.1 from being used."
            ) from None
        if done.returncode != code:
            raise UserCodeError(
                f"Cannot go on after {line!r}: it ended with code {done.returncode}, not {code}. "
                "What it wrote above says why."
            )

    def change(self, edits: tuple[Edit, ...]) -> Mapping[str, str]:
        """Edit the files, show the lines that change, and give their text before."""
        before: dict[str, str] = {}
        for edit in edits:
            path = Path(self.folder, edit.file)
            text = path.read_text(encoding="utf-8")
            if text.count(edit.old) != 1:
                raise UsageError(
                    f"Cannot change {edit.file}: it does not hold {edit.old!r} once. Install msgpact again."
                )
            before.setdefault(edit.file, text)
            self.write(edit.file, text.replace(edit.old, edit.new))
        for file, text in before.items():
            echo("\n".join((file, *_changes(text, Path(self.folder, file).read_text(encoding="utf-8")))))
        return before

    def write(self, file: str, text: str) -> None:
        """Write a file, each time some seconds later: bytecode knows its source by the second and by the size."""
        path = Path(self.folder, file)
        path.write_text(text, encoding="utf-8")
        self.edits += 2
        now = path.stat().st_mtime + self.edits
        os.utime(path, (now, now))


def _declaration(file: Path) -> str:
    """The first decorated function of a file, from its decorator to its signature."""
    lines = file.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("@"))
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("def "))
    return "\n".join(lines[start : end + 1])


def _changes(before: str, after: str) -> Iterator[str]:
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if line.startswith(("- ", "+ ")) and line[2:].strip():
            yield style(line, "red" if line.startswith("-") else "green")
