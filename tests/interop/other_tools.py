"""Other implementations of Pact: what each says of pacts as a provider, and the pacts that it writes as a consumer.

Each is two programs of its own: one reads jobs from a file and writes a report on each into another, the other writes pacts
into a folder. They are started once for all that they are asked. pact-python is installed with the development tools. pact-jvm
is fetched by Maven and pact-js by npm, once, into the user's cache; where Java, Maven or Node are missing, `ToolMissing` says so.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock
from kafka_servers import CACHE
from our_messages import Sent

import msgpact
from msgpact.model import Interaction
from msgpact.results import Outcome

HERE = Path(__file__).parent
JVM, JS = (HERE.parent / "infra" / name for name in ("pact-jvm", "pact-js"))
# The first compiler only: these programs live for seconds.
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8")
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"


class ToolMissing(Exception):
    """A tool could not be had; the message says what is missing."""


# -- what they are asked, and what they say --------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """Pacts to verify in one run, and what the provider `orders` sends, by description."""

    pacts: Sequence[Path]
    messages: Mapping[str, Sent]

    def as_json(self) -> dict[str, object]:
        messages = {
            description: {
                "contents": base64.b64encode(sent.body).decode(),
                "contentType": sent.content_type,
                "metadata": dict(sent.metadata),
            }
            for description, sent in self.messages.items()
        }
        states = sorted(states_of(map(msgpact.load, self.pacts)))
        return {"pacts": list(map(str, self.pacts)), "provider": "orders", "messages": messages, "states": states}


def states_of(contracts: Iterable[msgpact.Contract]) -> set[str]:
    """The names of the provider states in some contracts."""
    return {state.name for contract in contracts for each in contract.interactions for state in each.provider_states}


class Verdict(NamedTuple):
    """What a tool says of one interaction."""

    consumer: str
    description: str
    held: bool
    said: str


class State(NamedTuple):
    """A provider state."""

    name: str
    parameters: dict[str, object]


@dataclass(frozen=True)
class Report:
    """What a tool says of a job.

    Attributes:
        held: Whether the run as a whole succeeded.
        asked: The descriptions of the messages that it had made.
        states: The provider states that it had set up.
    """

    held: bool
    said: str
    verdicts: Sequence[Verdict]
    asked: Sequence[str]
    states: Sequence[State]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Report":
        verdicts = [Verdict(*each) for each in raw["verdicts"]]
        return cls(**{**raw, "verdicts": verdicts, "states": [State(*each) for each in raw["states"]]})


@dataclass(frozen=True)
class Tool:
    """An implementation of Pact.

    Attributes:
        verify: The command that takes two files: jobs, and where the reports go.
        write: The command that takes a folder for pacts.
    """

    name: str
    verify: Sequence[str]
    write: Sequence[str]

    def reports(self, jobs: Sequence[Job], folder: Path) -> list[Report]:
        """What it says of each job; *folder* is for the files of the exchange."""
        asked, answered = folder / "jobs.json", folder / "reports.json"
        asked.write_text(json.dumps([job.as_json() for job in jobs]), encoding="utf-8")
        run([*self.verify, str(asked), str(answered)], f"verify with {self.name}")
        reports = [Report.of(each) for each in json.loads(answered.read_text(encoding="utf-8"))]
        assert len(reports) == len(jobs)
        return reports

    def write_pacts(self, folder: Path) -> None:
        run([*self.write, str(folder)], f"write pacts with {self.name}")


WITHIN = 600
"""Seconds that a program of another tool, or fetching it, may take."""


def run(command: Sequence[str], what: str, **more: Any) -> None:
    """A program that must succeed."""
    quiet = {"PACT_DO_NOT_TRACK": "true", "pact_do_not_track": "true"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **quiet},
            check=False,
            timeout=WITHIN,
            **more,
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"Cannot {what}: it did not end within {WITHIN} s. {str(error.stderr)[-2000:]}") from None
    if done.returncode:
        raise AssertionError(f"Cannot {what}: {(done.stdout + done.stderr)[-4000:]}")


# -- the tools -------------------------------------------------------------------------------------------------------


def pact_python() -> Tool:
    verify, write = (str(HERE / f"pact_python_{verb}.py") for verb in ("verifies", "writes"))
    return Tool("pact-python", (sys.executable, verify), (sys.executable, write))


def pact_jvm() -> Tool:
    java, javac, maven = (found("pact-jvm", program) for program in ("java", "javac", "mvn"))

    def fill(cache: Path) -> None:
        copy = [maven, "-q", "-B", "-f", str(JVM / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        # With their groups: jars of two groups may have one name.
        into = [f"-DoutputDirectory={cache / 'libs'}", "-Dmdep.prependGroupId=true"]
        run([*copy, *into], "fetch pact-jvm")
        sources = map(str, sorted(JVM.glob("*.java")))
        compile_ = [javac, "-encoding", "UTF-8", "-cp", f"{cache / 'libs'}{os.sep}*", "-d", str(cache / "classes")]
        run([*compile_, *sources], "compile the programs for pact-jvm")

    cache = filled("pact-jvm", JVM, java, fill)
    start = (java, *JAVA_OPTIONS, QUIET, "-cp", f"{cache / 'libs'}{os.sep}*{os.pathsep}{cache / 'classes'}")
    return Tool("pact-jvm", (*start, "Verify"), (*start, "Write"))


def pact_js() -> Tool:
    node, npm = (found("pact-js", program) for program in ("node", "npm"))

    def fill(cache: Path) -> None:
        cache.mkdir()
        for file in JS.iterdir():
            shutil.copy(file, cache)
        run(
            [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
            "fetch pact-js",
            cwd=cache,
        )

    cache = filled("pact-js", JS, node, fill)
    return Tool("pact-js", (node, str(cache / "verify.mjs")), (node, str(cache / "write.mjs")))


def found(tool: str, program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise ToolMissing(f"Cannot run {tool}: there is no {program} here.")
    return path


def filled(name: str, files: Path, program: str, fill: Callable[[Path], None]) -> Path:
    """The cache folder of a tool, filled if it is not: another one for other files, or another version of the *program*."""
    version = subprocess.run([program, "--version"], capture_output=True, check=True).stdout
    made_of = [version, *(file.read_bytes() for file in sorted(files.iterdir()) if file.is_file())]
    cache = CACHE / f"{name}-{hashlib.sha256(b''.join(made_of)).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{cache}.lock", timeout=WITHIN):  # the workers of a parallel run all want it
        if not (cache / "done").exists():
            shutil.rmtree(cache, ignore_errors=True)
            fill(cache)
            (cache / "done").touch()
    return cache


TOOLS = {"pact-python": pact_python, "pact-jvm": pact_jvm, "pact-js": pact_js}

EACH = ["pact-python", *(pytest.param(name, marks=pytest.mark.interop) for name in ("pact-jvm", "pact-js"))]
"""The names of the tools, to parametrize by."""


def tool(name: str) -> Tool:
    """The tool; where it is missing the test is skipped, or fails if nothing may be skipped."""
    try:
        return TOOLS[name]()
    except ToolMissing as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))


# -- ours ------------------------------------------------------------------------------------------------------------


def report_of_msgpact(job: Job) -> Report:
    """What msgpact says of a job."""
    contracts = [msgpact.load(pact) for pact in job.pacts]
    by_description = {each.description: each for contract in contracts for each in contract.interactions}
    provider, asked, states = msgpact.Provider("orders"), list[str](), list[State]()
    for description, interaction in by_description.items():
        register(provider, interaction, job.messages[description], asked)
    for name in states_of(contracts):
        provider.state(name)(state_of(name, states))
    report = msgpact.verify(provider, contracts)
    verdicts = [
        Verdict(each.consumer, each.description, each.outcome is Outcome.PASSED, f"{each.text} {each.mismatches}")
        for each in report.results
    ]
    return Report(report.ok, "; ".join(each.text for each in report.problems), verdicts, asked, states)


def register(provider: msgpact.Provider, interaction: Interaction, sent: Sent, asked: list[str]) -> None:
    """A producer of the message that is sent: of the answer, where the interaction is a request."""

    def produce() -> msgpact.Message:
        asked.append(interaction.description)
        return sent.message

    def answer(request: dict[str, object]) -> msgpact.Message:
        return produce()

    if interaction.request is None:
        provider.produces(interaction.description)(produce)
    else:
        provider.answers(interaction.description)(answer)


def state_of(name: str, states: list[State]) -> Callable[..., None]:
    def set_up(**parameters: object) -> None:
        states.append(State(name, parameters))

    return set_up
