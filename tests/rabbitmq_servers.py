"""RabbitMQ for tests: a real server that is started here or runs already.

* `MSGPACT_RABBITMQ=amqp://…` uses that server.
* Else the server that is installed (Debian: `apt-get install rabbitmq-server`) is started. Where there is none the tests that
  need it are skipped; with `MSGPACT_NO_SKIP` set they fail.
"""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pika
import pytest
from kafka_servers import free_port

# What Debian's /usr/sbin/rabbitmq-server runs, which as root changes to the user rabbitmq.
DEBIANS = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class RabbitMQNotStarted(Exception):
    """The server could not be had; the message holds the end of its log."""


class RunningRabbitMQ:
    """A server that runs already."""

    def __init__(self, url: str) -> None:
        self.url = url

    def connect(self) -> Any:
        """A connection of pika: another client than the one that is tested."""
        return pika.BlockingConnection(pika.URLParameters(self.url))

    def create_queue(self, name: str = "", arguments: Mapping[str, object] | None = None) -> str:
        """A durable queue, of a name of its own unless it is told one."""
        name = name or f"queue-{uuid.uuid4()}"
        with self.connect() as connection:
            connection.channel().queue_declare(name, durable=True, arguments=dict(arguments or {}))
        return name

    def close(self) -> None:
        """Nothing: it is not ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class StartedRabbitMQ(RunningRabbitMQ):
    """A server on three loopback ports of its own, with an epmd of its own; its data and its log (`out`) lie in *folder*.

    A quorum queue that is declared less than 2 s before `kill` has no leader after `start`, for ever.
    """

    def __init__(self, folder: Path) -> None:
        found = shutil.which("rabbitmq-server")
        if found is None:
            raise RabbitMQNotStarted("Cannot start RabbitMQ: there is no rabbitmq-server here.")
        self._script, self._folder = str(DEBIANS) if DEBIANS.exists() else found, folder
        self._choose_ports()
        try:
            self.start()
        except RabbitMQNotStarted:  # another process may have taken one of the ports meanwhile
            self._choose_ports()
            self.start()

    def _choose_ports(self) -> None:
        self._port, self._distribution, self._epmd = free_port(), free_port(), free_port()
        super().__init__(f"amqp://guest:guest@127.0.0.1:{self._port}/")

    def start(self) -> None:
        """Start it, again with the data that it has, on the same port."""
        log, pid = self._folder / "out", self._folder / "pid"
        pid.unlink(missing_ok=True)
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [self._script], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **self._settings()}
            )
        end = time.monotonic() + 60
        while b"Server startup complete" not in log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > end:
                self.close()
                said = log.read_text(errors="replace")[-2000:]
                raise RabbitMQNotStarted(f"Cannot start RabbitMQ; the end of its log:\n{said}")
            time.sleep(0.05)

    def _settings(self) -> dict[str, str]:
        folder = self._folder
        (folder / "enabled_plugins").write_text("[].", encoding="utf-8")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{self._port}\n"
            "vm_memory_high_watermark.absolute = 512MB\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console.level = info\n",
            encoding="utf-8",
        )
        (folder / "home").mkdir(exist_ok=True)
        return {
            "HOME": str(folder / "home"),
            "RABBITMQ_NODENAME": f"msgpact{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def kill(self) -> None:
        """End it at once, as a crash does."""
        file = self._folder / "pid"
        if file.exists():  # the node's; the process that was started is a shell, which ends with it
            os.kill(int(file.read_text()), signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        # The node's epmd outlives it, and does not end before it has noticed that the node did.
        environment = {**os.environ, "ERL_EPMD_PORT": str(self._epmd), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        for _ in range(50):
            if subprocess.run(["epmd", "-kill"], env=environment, capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.02)


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRabbitMQ]:
    """A real server, one for the whole run: tests use queues of their own."""
    if running := os.environ.get("MSGPACT_RABBITMQ"):
        found = RunningRabbitMQ(running)
        found.connect().close()
        yield found
        return
    try:
        started = StartedRabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    except RabbitMQNotStarted as error:
        if os.environ.get("MSGPACT_NO_SKIP"):
            raise
        pytest.skip(str(error))
    with started:
        yield started
