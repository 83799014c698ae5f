"""Kafka for tests: the embedded cluster, and a real broker that is started here or runs already.

* `MSGPACT_KAFKA=host:port` uses that broker as the real one.
* Else Apache Kafka is started by Java, from jars that Maven fetches once into the user's cache. Where there is no Java or
  no Maven the tests that need it are skipped; with `MSGPACT_NO_SKIP` set they fail.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from filelock import FileLock

from msgpact.adapters.embedded_kafka import EmbeddedKafka

FILES = Path(__file__).parent / "infra" / "kafka"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "msgpact-infra"
# The first compiler only and a class archive: a start takes 1.1 s instead of 4.6 s, 162 MB instead of 321 MB.
JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
)


class KafkaNotStarted(Exception):
    """The real broker could not be had; the message holds the end of its log."""


# -- a real broker ---------------------------------------------------------------------------------------------------


class RunningKafka:
    """A real broker that runs already; it has the methods of `EmbeddedKafka` that tests use."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def create_topic(self, name: str, *, partitions: int = 1) -> None:
        for done in self.admin.create_topics([NewTopic(name, partitions, 1)]).values():
            done.result(30)

    def close(self) -> None:
        """Nothing: it is not ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Relay(Protocol):
    """What stands between clients, who connect to *port*, and a broker's listener, *target*."""

    port: int
    target: int


class StartedKafka(RunningKafka):
    """A real broker, this process's child, on two loopback ports; its data and its log (`out`) lie in *folder*.

    Where there are relays it has a listener behind each; clients that connect to one stay with it.
    """

    def __init__(self, folder: Path, *relays: Relay) -> None:
        self._folder, self._cache, self._relays = folder, prepared(), relays
        shutil.copytree(self._cache / "formatted", folder / "data")
        port = self.start()
        super().__init__(f"127.0.0.1:{relays[0].port if relays else port}")
        try:
            self._create_internal_topics()
        except BaseException:
            self.close()
            raise

    def start(self) -> int:
        """Start it, also again with the data that it has."""
        archive = f"-XX:SharedArchiveFile={self._cache / 'classes.jsa'}"
        port, self._process = _started(self._folder, self._folder / "data", archive, self._cache, self._relays)
        return port

    def crash(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    def _create_internal_topics(self) -> None:
        """The first group, and the first transaction, would wait 3 to 4 s for theirs."""
        compacted = {"cleanup.policy": "compact"}
        names = ("__consumer_offsets", "__transaction_state")
        for done in self.admin.create_topics([NewTopic(name, 1, 1, config=compacted) for name in names]).values():
            done.result(30)

    def close(self) -> None:
        stop(self._process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def prepared() -> Path:
    """The cache folder with the jars, a formatted data folder and a class archive, filled if it is not."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        raise KafkaNotStarted(f"Cannot start Kafka: there is no {'Java' if java is None else 'Maven'} here.")
    version = subprocess.run([java, "-version"], capture_output=True, check=True).stderr
    made_of = [version, *(file.read_bytes() for file in sorted(FILES.iterdir()) if file.is_file())]
    cache = CACHE / f"kafka-{hashlib.sha256(b''.join(made_of)).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{cache}.lock"):  # the workers of a parallel run all want it
        if not (cache / "done").exists():
            shutil.rmtree(cache, ignore_errors=True)
            _prepare(cache, java, maven)
            (cache / "done").touch()
    return cache


def _prepare(cache: Path, java: str, maven: str) -> None:
    cache.mkdir()
    copy = [maven, "-q", "-B", "-f", str(FILES / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    _checked([*copy, f"-DoutputDirectory={cache / 'libs'}"], "fetch Kafka's jars")
    work = cache / "work"
    work.mkdir()
    configuration, _ = _configure(work, work / "data")
    command = [java, *JAVA_OPTIONS, "-cp", f"{cache / 'libs'}{os.sep}*", "kafka.tools.StorageTool", "format"]
    _checked([*command, "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", str(configuration)], "format Kafka's data folder")
    shutil.copytree(work / "data", cache / "formatted")
    _, process = _started(work, work / "data", f"-XX:ArchiveClassesAtExit={cache / 'classes.jsa'}", cache)
    stop(process)
    shutil.rmtree(work)


def _checked(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KafkaNotStarted(f"Cannot {what}: {(done.stdout + done.stderr)[-2000:]}")


def _configure(folder: Path, data: Path, relays: Sequence[Relay] = ()) -> tuple[Path, int]:
    port, controller_port = free_port(), free_port()
    text = (FILES / "server.properties.in").read_text(encoding="utf-8")
    for name, value in (("PORT", port), ("CONTROLLER_PORT", controller_port), ("DATA", data.as_posix())):
        text = text.replace(f"@{name}@", str(value))
    file = folder / "server.properties"
    file.write_text(text + (_listeners(relays, controller_port) if relays else ""), encoding="utf-8")
    return file, port


def _listeners(relays: Sequence[Relay], controller_port: int) -> str:
    """Settings that replace those above them: a listener behind each relay."""
    for each in relays:
        each.target = free_port()
    names = [f"RELAY{number}" for number in range(len(relays))]
    both = list(zip(names, relays, strict=True))
    listeners = [f"{name}://127.0.0.1:{relay.target}" for name, relay in both]
    return "\n".join(
        (
            f"\nlisteners={','.join(listeners)},CONTROLLER://127.0.0.1:{controller_port}",
            f"advertised.listeners={','.join(f'{name}://127.0.0.1:{relay.port}' for name, relay in both)}",
            f"listener.security.protocol.map={','.join(f'{name}:PLAINTEXT' for name in [*names, 'CONTROLLER'])}",
            f"inter.broker.listener.name={names[0]}\n",
        )
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _started(
    folder: Path, data: Path, archive: str, cache: Path, relays: Sequence[Relay] = ()
) -> tuple[int, subprocess.Popen[bytes]]:
    """A broker that accepts clients; another process may take its ports meanwhile, so it gets three tries."""
    log = folder / "out"
    for _ in range(3):
        configuration, port = _configure(folder, data, relays)
        quiet = ("-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
        command = ["java", *JAVA_OPTIONS, *LOGGING, *quiet, archive, "-cp", f"{cache / 'libs'}{os.sep}*"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "kafka.Kafka", str(configuration)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        with log.open("rb") as said:
            if _says(said, b"Kafka Server started", process):
                return port, process
        stop(process)
        if b"Address already in use" not in log.read_bytes():
            break
    raise KafkaNotStarted(f"Cannot start Kafka; the end of its log:\n{log.read_text(errors='replace')[-2000:]}")


def _says(log: IO[bytes], wanted: bytes, writer: subprocess.Popen[bytes]) -> bool:
    """Whether a growing log comes to hold *wanted* while its writer lives, within a minute."""
    read, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        running = writer.poll() is None
        read += log.read()
        if wanted in read or not running:
            return wanted in read
        time.sleep(0.02)
    return False


# -- fixtures --------------------------------------------------------------------------------------------------------

Kafka = EmbeddedKafka | RunningKafka


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[EmbeddedKafka]:
    """A cluster inside the test process."""
    with EmbeddedKafka() as kafka:
        yield kafka


@pytest.fixture(scope="session")
def real_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """A real broker, one for the whole run."""
    if running := os.environ.get("MSGPACT_KAFKA"):
        kafka = RunningKafka(running)
        kafka.admin.list_topics(timeout=10)
        yield kafka
        return
    try:
        started = StartedKafka(tmp_path_factory.mktemp("kafka"))
    except (KafkaNotStarted, KafkaException) as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))
    with started:
        yield started


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.server)])
def kafka(request: pytest.FixtureRequest) -> Kafka:
    """Both, one after the other: what stands in for the broker passes the broker's tests."""
    found: Kafka = request.getfixturevalue(f"{request.param}_kafka")
    return found


@pytest.fixture
def topic(kafka: Kafka) -> str:
    """A topic of the test's own, with one partition."""
    name = f"topic-{uuid.uuid4()}"
    kafka.create_topic(name)
    return name
