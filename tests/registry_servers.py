"""Schema registries for tests: the embedded one, and a real one that is started here or runs already.

* `MSGPACT_REAL_REGISTRY=http://…` uses the registry with Confluent's API at that address as the real one; it should be empty.
* Else Apicurio is started by Java, in memory, from an archive that Maven fetches once into the user's cache. Where there is
  no Java or no Maven the tests that need it are skipped; with `MSGPACT_NO_SKIP` set they fail.
"""

import hashlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from kafka_servers import CACHE, JAVA_OPTIONS, free_port, stop

from msgpact.registries.embedded import EmbeddedRegistry

POM = Path(__file__).parent / "infra" / "registry" / "pom.xml"


class RegistryNotStarted(Exception):
    """The real registry could not be had; the message holds the end of its log."""


@dataclass(frozen=True)
class Server:
    """A running registry: what it is, and where its API is."""

    kind: str
    url: str


def prepared() -> tuple[str, Path]:
    """Java, and the cache folder with the unpacked archive, filled if it is not."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        raise RegistryNotStarted(
            f"Cannot start a schema registry: there is no {'Java' if java is None else 'Maven'} here."
        )
    cache = CACHE / f"registry-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{cache}.lock"):  # the workers of a parallel run all want it
        if not (cache / "done").exists():
            shutil.rmtree(cache, ignore_errors=True)
            unpack = [maven, "-q", "-B", "-f", str(POM), "dependency:unpack-dependencies", f"-DoutputDirectory={cache}"]
            done = subprocess.run(unpack, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RegistryNotStarted(f"Cannot fetch the registry: {(done.stdout + done.stderr)[-2000:]}")
            (cache / "done").touch()
    return java, cache


def started(folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """A registry that answers; another process may take its port meanwhile, so it gets three tries."""
    java, cache = prepared()
    (runner,) = cache.glob("*-runner.jar")
    log = folder / "out"
    for _ in range(3):
        port = free_port()
        options = (f"-Dquarkus.http.port={port}", "-Dquarkus.http.host=127.0.0.1", "-Dquarkus.log.level=WARN")
        with log.open("wb") as out:
            process = subprocess.Popen(
                [java, *JAVA_OPTIONS, *options, "-jar", str(runner)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
        if _answers(url, process):
            return url, process
        stop(process)
        if b"already in use" not in log.read_bytes():
            break
    raise RegistryNotStarted(
        f"Cannot start the registry; the end of its log:\n{log.read_text(errors='replace')[-2000:]}"
    )


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether a registry comes to answer while its process lives, within a minute."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/subjects", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


@pytest.fixture
def embedded_registry() -> Iterator[Server]:
    """A registry of the test's own, inside the test process."""
    with EmbeddedRegistry() as registry:
        yield Server("embedded", registry.url)


@pytest.fixture(scope="session")
def apicurio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real registry, one for the whole run."""
    if running := os.environ.get("MSGPACT_REAL_REGISTRY"):
        yield Server("apicurio", running)
        return
    try:
        url, process = started(tmp_path_factory.mktemp("registry"))
    except RegistryNotStarted as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))
    yield Server("apicurio", url)
    stop(process)


@pytest.fixture(params=["embedded", pytest.param("apicurio", marks=pytest.mark.server)])
def registry_server(request: pytest.FixtureRequest) -> Server:
    """Both, one after the other: what stands in for a registry passes the registry's tests."""
    found: Server = request.getfixturevalue("embedded_registry" if request.param == "embedded" else "apicurio")
    return found
