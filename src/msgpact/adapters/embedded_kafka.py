"""A Kafka cluster inside this process: the mock cluster that librdkafka, in the confluent-kafka wheel, carries.

It speaks the real protocol on a loopback port, to clients in any process: keys, headers, timestamps, tombstones, every
compression, idempotent producers, groups with commits and rebalances. It starts in milliseconds and keeps everything in memory.

What is not as in a real cluster:

* Transactions isolate nothing and commit no offsets; there is no TLS and no SASL.
* `AdminClient` cannot create, delete or describe: its calls time out. Use `create_topic`. A topic that a client asks for is
  created with 4 partitions.
* `offsets_for_times` finds nothing; the timestamp in a delivery report is not the record's.
* A partition holds about 5 MB and drops the oldest records silently.
* A fetch that waits is not woken by a new record: set `fetch.wait.max.ms` to 10 where half a second matters.
* A member that rejoins a classic group waits for the old session to end: use `group.protocol=consumer`, or a short
  `session.timeout.ms`.
"""

import ctypes
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Protocol, Self

from msgpact.errors import Unavailable, UsageError
from msgpact.extras import require

__all__ = ["EmbeddedKafka"]


class EmbeddedKafka:
    """A cluster, from its construction until `close` or the end of a `with` block.

    Where librdkafka's functions cannot be reached, as in a build that hides them, a client that mocks its own cluster takes
    its place: topics then always have 4 partitions, and the first member of a classic group waits 3 s.

    Args:
        brokers: How many.

    Attributes:
        bootstrap: What clients take as `bootstrap.servers`.
    """

    bootstrap: str

    def __init__(self, *, brokers: int = 1) -> None:
        if brokers < 1:
            raise UsageError(f"Cannot start {brokers!r} Kafka brokers: a cluster has at least one. Say brokers=1.")
        kafka = require("confluent_kafka", extra="kafka", feature="the embedded Kafka")
        library = _library(kafka)
        self._cluster: _Cluster | None = (
            _LibraryCluster(kafka, library, brokers) if library is not None else _ClientCluster(kafka, brokers)
        )
        self.bootstrap = self._cluster.bootstrap

    def create_topic(self, name: str, *, partitions: int = 1) -> None:
        """Create a topic.

        Raises:
            UsageError: there is one of that name, or the cluster is closed.
        """
        if partitions < 1:
            raise UsageError(
                f"Cannot create the topic {name!r} with {partitions!r} partitions: it has at least one. Say partitions=1."
            )
        if self._cluster is None:
            raise UsageError(f"Cannot create the topic {name!r}: the embedded Kafka is closed. Start another.")
        self._cluster.create_topic(name, partitions)

    def close(self) -> None:
        """End the cluster and forget what it held; a second time does nothing."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class _Cluster(Protocol):
    bootstrap: str

    def create_topic(self, name: str, partitions: int) -> None: ...

    def close(self) -> None: ...


# -- by librdkafka's own functions -----------------------------------------------------------------------------------


def _library(kafka: ModuleType) -> ctypes.CDLL | None:
    """The librdkafka that confluent_kafka itself has loaded, if it can be reached."""
    native = Path(kafka.cimpl.__file__)
    # Linux and macOS look a name up in the libraries that the extension is linked to as well; Windows does not.
    for file in (native, *sorted(native.parent.parent.glob("confluent_kafka.libs/librdkafka*.dll"))):
        try:
            library = ctypes.CDLL(str(file))
            _ = library.rd_kafka_mock_group_initial_rebalance_delay_ms  # the youngest of those used
        except (OSError, AttributeError):
            continue
        return library
    return None


class _LibraryCluster:
    """https://github.com/confluentinc/librdkafka/blob/master/src/rdkafka_mock.h"""

    _PRODUCER = 0  # RD_KAFKA_PRODUCER

    def __init__(self, kafka: ModuleType, library: ctypes.CDLL, brokers: int) -> None:
        self._kafka, self._library = kafka, library
        reason, size = ctypes.create_string_buffer(512), ctypes.c_size_t(512)
        configuration = ctypes.c_void_p(self._call("rd_kafka_conf_new", ctypes.c_void_p))
        # The client itself never connects: that it has no servers is not worth a warning on stderr.
        self._call("rd_kafka_conf_set", ctypes.c_int, configuration, b"log_level", b"0", reason, size)
        client = self._call("rd_kafka_new", ctypes.c_void_p, self._PRODUCER, configuration, reason, size)
        self._client = ctypes.c_void_p(client)
        cluster = client and self._call("rd_kafka_mock_cluster_new", ctypes.c_void_p, self._client, brokers)
        if not cluster:
            why = reason.value.decode() or "librdkafka does not say why"
            raise Unavailable(f"Cannot start the embedded Kafka: {why}. Free some memory, threads or ports.")
        self._cluster = ctypes.c_void_p(cluster)
        self._call("rd_kafka_mock_group_initial_rebalance_delay_ms", None, self._cluster, ctypes.c_int32(0))
        self.bootstrap = self._call("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p, self._cluster).decode()

    def _call(self, name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(self._library, name)
        function.restype = result
        return function(*arguments)

    def create_topic(self, name: str, partitions: int) -> None:
        replicas = 1
        code = self._call(
            "rd_kafka_mock_topic_create", ctypes.c_int, self._cluster, name.encode(), partitions, replicas
        )
        if code:
            why = self._kafka.KafkaError(code).str()
            raise UsageError(f"Cannot create the topic {name!r} with {partitions} partitions: {why}. Choose others.")

    def close(self) -> None:
        self._call("rd_kafka_mock_cluster_destroy", None, self._cluster)
        self._call("rd_kafka_destroy", None, self._client)


# -- by a client that mocks its own cluster --------------------------------------------------------------------------


class _ClientCluster:
    def __init__(self, kafka: ModuleType, brokers: int) -> None:
        self._client: Any = kafka.Producer({"test.mock.num.brokers": brokers, "log_level": 0})
        known = self._client.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{each.host}:{each.port}" for each in known)

    def create_topic(self, name: str, partitions: int) -> None:  # noqa: ARG002  (not to be chosen here)
        if name in self._client.list_topics(timeout=10).topics:
            raise UsageError(f"Cannot create the topic {name!r}: there is one of that name. Choose another.")
        self._client.list_topics(name, timeout=10)  # asking for it makes it

    def close(self) -> None:
        self._client = None
