"""SNS and SQS for tests: the embedded ones, real ones that are started here or run already, and a strict second opinion on SQS.

* `MSGPACT_SQS=http://…` uses what answers at that address as the real ones.
* Else LocalStack is started by a Python 3.13 of its own, which uv fills once in the user's cache.
* ElasticMQ, which has no SNS and is strict about limits and errors, is started by Java, from jars that Maven fetches once.

Where these cannot be had the tests that need them are skipped; with `MSGPACT_NO_SKIP` set they fail.
"""

import hashlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from filelock import FileLock
from kafka_servers import CACHE, JAVA_OPTIONS, free_port, stop

from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs

INFRA = Path(__file__).parent / "infra"
RELEASED = "2026-02-28T00:00:00Z"
"""LocalStack's dependencies are pinned loosely; with those that came after its release it fails."""


class SqsNotStarted(Exception):
    """A real server could not be had; the message holds the end of its log."""


class RunningSqs:
    """A server that runs already; it has the methods of `EmbeddedSnsSqs` that tests use."""

    def __init__(self, url: str, kind: str = "localstack") -> None:
        self.url, self.kind = url, kind

    def client(self, service: str, **more: Any) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        quick = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=30, connect_timeout=5)
        return boto3.client(service, endpoint_url=self.url, **{**keys, "config": quick, **more})


# -- LocalStack ------------------------------------------------------------------------------------------------------


def _localstack() -> Path:
    """The interpreter that LocalStack is installed for, in the user's cache."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise SqsNotStarted("Cannot start LocalStack: there is no uv here.")
    requirements = INFRA / "localstack" / "requirements.txt"
    cache = CACHE / f"localstack-{hashlib.sha256(requirements.read_bytes() + RELEASED.encode()).hexdigest()[:12]}"
    python = cache / "venv" / "bin" / "python"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{cache}.lock"):  # the workers of a parallel run all want it
        if not (cache / "done").exists():
            shutil.rmtree(cache, ignore_errors=True)
            _checked([uv, "venv", "-q", "--python", "3.13", str(cache / "venv")], "make LocalStack's environment")
            install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(python)]
            _checked([*install, "--exclude-newer", RELEASED, "-r", str(requirements)], "install LocalStack")
            (cache / "done").touch()
    return python


def _checked(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_every_python())
    if done.returncode:
        raise SqsNotStarted(f"Cannot {what}: {(done.stdout + done.stderr)[-2000:]}")


def _every_python() -> dict[str, str]:
    """Of pyenv's versions only those that are active are seen."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}
    ours["UV_PYTHON_DOWNLOADS"] = "never"
    if (pyenv := shutil.which("pyenv")) is not None:
        listed = subprocess.run([pyenv, "versions", "--bare"], capture_output=True, text=True, check=False)
        ours["PYENV_VERSION"] = ":".join(each for each in listed.stdout.split() if each.startswith("3."))
    return ours


def start_localstack(folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """LocalStack, this process's child; its files and its log (`out`) lie in *folder*."""
    python = _localstack()
    settings = {
        "HOME": str(folder),
        # Where /.dockerenv exists it would write under /var/lib.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(folder),
        # Its other server listens on all interfaces, whatever it is told.
        "GATEWAY_SERVER": "hypercorn",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "SERVICES": "sqs,sns",
        "EAGER_SERVICE_LOADING": "1",
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE", "AWS_"))}

    def started(port: int, log: Any) -> subprocess.Popen[bytes]:
        environment = {**plain, **settings, "GATEWAY_LISTEN": f"127.0.0.1:{port}"}
        command = [str(python), "-m", "localstack.runtime.main"]
        return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    return _answering("LocalStack", folder, started, "/_localstack/health")


# -- ElasticMQ -------------------------------------------------------------------------------------------------------


def start_elasticmq(folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """ElasticMQ, this process's child; its log (`out`) lies in *folder*."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        raise SqsNotStarted(f"Cannot start ElasticMQ: there is no {'Java' if java is None else 'Maven'} here.")
    pom = INFRA / "elasticmq" / "pom.xml"
    cache = CACHE / f"elasticmq-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{cache}.lock"):
        if not (cache / "done").exists():
            shutil.rmtree(cache, ignore_errors=True)
            copy = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
            _checked([*copy, f"-DoutputDirectory={cache / 'libs'}"], "fetch ElasticMQ's jars")
            (cache / "done").touch()
    template = (INFRA / "elasticmq" / "elasticmq.conf.in").read_text(encoding="utf-8")

    def started(port: int, log: Any) -> subprocess.Popen[bytes]:
        file = folder / "elasticmq.conf"
        file.write_text(template.replace("@PORT@", str(port)), encoding="utf-8")
        command = [java, *JAVA_OPTIONS, f"-Dconfig.file={file}", "-cp", f"{cache / 'libs'}{os.sep}*"]
        main = "org.elasticmq.server.Main"
        return subprocess.Popen([*command, main], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    return _answering("ElasticMQ", folder, started, "/?Action=ListQueues")


# -- both ------------------------------------------------------------------------------------------------------------


def _answering(
    name: str, folder: Path, started: Callable[[int, Any], subprocess.Popen[bytes]], path: str
) -> tuple[str, subprocess.Popen[bytes]]:
    """A server that answers; another process may take its port meanwhile, so it gets three tries."""
    log = folder / "out"
    for _ in range(3):
        port = free_port()
        with log.open("wb") as out:
            process = started(port, out)
        if _answers(f"http://127.0.0.1:{port}{path}", process):
            return f"http://127.0.0.1:{port}", process
        process.kill()
        process.wait()
        if b"already in use" not in log.read_bytes():
            break
    raise SqsNotStarted(f"Cannot start {name}; the end of its log:\n{log.read_text(errors='replace')[-2000:]}")


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether a server comes to answer while its process lives, within a minute."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


# -- fixtures --------------------------------------------------------------------------------------------------------

SqsServer = EmbeddedSnsSqs | RunningSqs


@pytest.fixture(scope="session")
def embedded_sqs() -> Iterator[EmbeddedSnsSqs]:
    """SNS and SQS inside the test process."""
    with EmbeddedSnsSqs() as server:
        yield server


def _had(start: Callable[[Path], tuple[str, subprocess.Popen[bytes]]], folder: Path) -> Any:
    try:
        return start(folder)
    except SqsNotStarted as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSqs]:
    """Real SNS and SQS, one for the whole run."""
    if running := os.environ.get("MSGPACT_SQS"):
        yield RunningSqs(running)
        return
    url, process = _had(start_localstack, tmp_path_factory.mktemp("localstack"))
    yield RunningSqs(url)
    process.kill()  # asked to end it takes 9 s
    process.wait()


@pytest.fixture(scope="session")
def elasticmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSqs]:
    """A strict SQS without SNS, one for the whole run."""
    url, process = _had(start_elasticmq, tmp_path_factory.mktemp("elasticmq"))
    yield RunningSqs(url, "elasticmq")
    stop(process)


@pytest.fixture(params=["embedded", pytest.param("localstack", marks=pytest.mark.server)])
def sns_sqs_server(request: pytest.FixtureRequest) -> SqsServer:
    """Both, one after the other."""
    return _server(request)


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("localstack", marks=pytest.mark.server),
        pytest.param("elasticmq", marks=pytest.mark.server),
    ]
)
def sqs_server(request: pytest.FixtureRequest) -> SqsServer:
    """All, one after the other: what stands in for the service passes the service's tests."""
    return _server(request)


def _server(request: pytest.FixtureRequest) -> SqsServer:
    found: SqsServer = request.getfixturevalue("embedded_sqs" if request.param == "embedded" else request.param)
    return found


def queue(server: SqsServer, *, fifo: bool = False, **attributes: str) -> str:
    """The URL of a queue of the test's own."""
    if fifo:
        attributes |= {"FifoQueue": "true"}
    name = f"queue-{uuid.uuid4()}{'.fifo' if fifo else ''}"
    url: str = server.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url
