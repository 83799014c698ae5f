"""A Kafka producer that captures: what `confluent_kafka.Producer` would send, with nothing sent."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from msgpact.captured import CapturingClient, Sent, Sink
from msgpact.errors import UsageError
from msgpact.extras import require
from msgpact.model import Message
from msgpact.records.kafka import from_produce
from msgpact.records.text import to_bytes

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, KafkaException, Producer
    from confluent_kafka import Message as Record
else:
    _client = require("confluent_kafka", extra="kafka", feature="capturing what Kafka's producer sends")
    KafkaError, KafkaException, Producer, Record = (
        _client.KafkaError,
        _client.KafkaException,
        _client.Producer,
        _client.Message,
    )

__all__ = ["NO_CLUSTER", "CapturingProducer", "KafkaException", "Producer"]

NO_CLUSTER = "msgpact"
_CREATE_TIME = 1
_OPEN = "its transaction was not committed"
_ABORTED = "its transaction was aborted"
_PURGED = "it was purged"


class _Waiting(NamedTuple):
    """A message of which the application has not been told that it is delivered."""

    sent: Sent
    callback: Callable[..., object] | None
    facts: Mapping[str, Any]


class _State:
    """What a producer that captures knows; apart from it, so that nothing of a subclass's gets in its way."""

    def __init__(self, sink: Sink, callback: Callable[..., object] | None = None) -> None:
        self.sink = sink
        self.callback = callback
        self.waiting: deque[_Waiting] = deque()
        self.failed: deque[_Waiting] = deque()
        self.transaction: list[Sent] | None = None
        self.is_transactional = False
        self.is_closed = False
        self.offsets: Counter[tuple[str, int]] = Counter()
        self.topics: dict[str, None] = {}
        self.lock = threading.Lock()


class CapturingProducer(CapturingClient, Producer):
    """A `confluent_kafka.Producer` that sends nothing and keeps what it would have sent.

    It takes what `Producer` takes and refuses what it refuses. Delivery reports come with the next `poll` or `flush`. What is
    purged, or in a transaction that is not committed, was not sent. It never connects, whatever its config says.
    """

    hint = "Hand the CapturingProducer that it takes to the application's code that publishes."
    _into: Sink | None = None
    """Where instances of a class that takes the place of the application's put their messages."""

    def __init__(self, config: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        # Not the base's own: it would start librdkafka's threads.
        callback = {**(config or {}), **more}.get("on_delivery")
        self._capture = _State(Sink("a CapturingProducer") if self._into is None else self._into, callback)

    @classmethod
    def capturing(cls, sink: Sink) -> Self:
        """One whose messages go to *sink*."""
        made = Producer.__new__(cls)  # not what a subclass makes of it
        made._capture = _State(sink)
        return made

    @property
    def messages(self) -> tuple[Message, ...]:
        """What would have been sent, in order."""
        return self._capture.sink.messages

    # -- producing -------------------------------------------------------------------------------------------------

    def produce(
        self,
        topic: str,
        value: str | bytes | None = None,
        key: str | bytes | None = None,
        partition: int = -1,
        callback: Callable[..., object] | None = None,
        on_delivery: Callable[..., object] | None = None,
        timestamp: int = 0,
        headers: Any = None,
    ) -> None:
        """As of `Producer`."""
        _check_text("topic", topic)
        _check_bytes("value", value)
        _check_bytes("key", key)
        _check_whole("partition", partition)
        _check_whole("timestamp", timestamp)
        message = from_produce(topic, value, key, partition, timestamp=timestamp, headers=_checked_headers(headers))
        report = callback or on_delivery
        with self._capture.lock:
            self._put(message, topic, partition, timestamp, report)

    def _put(
        self, message: Message, topic: str, partition: int, timestamp: int, report: Callable[..., object] | None
    ) -> None:
        state = self._open
        if state.is_transactional and state.transaction is None:
            raise _erroneous("Unable to produce message: Local: Erroneous state")
        sent = state.sink.take(message, "" if state.transaction is None else _OPEN)
        if state.transaction is not None:
            state.transaction.append(sent)
        place = topic, max(partition, 0)
        facts = {
            "topic": topic,
            "partition": place[1],
            "offset": state.offsets[place],
            "timestamp": (_CREATE_TIME, timestamp or int(time.time() * 1000)),
        }
        state.offsets[place] += 1
        state.topics[topic] = None
        state.waiting.append(_Waiting(sent, report or state.callback, facts))

    def produce_batch(
        self,
        topic: str,
        messages: list[dict[str, Any]],
        partition: int = -1,
        callback: Callable[..., object] | None = None,
        on_delivery: Callable[..., object] | None = None,
    ) -> int:
        """As of `Producer`, which sends none of the headers that are given here."""
        _check_text("topic", topic)
        if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
            raise TypeError("messages must be a list of dictionaries")
        for each in messages:
            for name in ("value", "key"):
                _check_bytes(name, each.get(name))
            if "timestamp" in each:
                raise NotImplementedError("Message timestamps are not currently supported in batch mode")
        for each in messages:
            report = each.get("callback") or each.get("on_delivery") or callback or on_delivery
            self.produce(
                topic, each.get("value"), each.get("key"), each.get("partition", partition), on_delivery=report
            )
        return len(messages)

    # -- delivery --------------------------------------------------------------------------------------------------

    def poll(self, timeout: float = -1) -> int:  # noqa: ARG002  (nothing is waited for)
        """As of `Producer`: every message that was produced counts as delivered."""
        state, served = self._open, 0
        while waiting := _first(state.failed) or _first(state.waiting):
            served += 1
            if waiting.callback is not None:
                _report(waiting)
        return served

    def flush(self, timeout: float = -1) -> int:
        """As of `Producer`."""
        self.poll(timeout)
        return 0

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:  # noqa: ARG002  (nothing is in flight)
        """As of `Producer`: what has not been polled since is not sent."""
        state = self._open
        while in_queue and (waiting := _first(state.waiting)):
            waiting.sent.withheld = _PURGED
            state.failed.append(waiting)

    def __len__(self) -> int:
        return len(self._capture.waiting) + len(self._capture.failed)

    def __bool__(self) -> bool:
        return True

    def close(self) -> bool:
        """As of `Producer`."""
        if not self._capture.is_closed:
            self.flush()
            self._capture.is_closed = True
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- transactions ----------------------------------------------------------------------------------------------

    def init_transactions(self, timeout: float = -1) -> None:  # noqa: ARG002  (nothing is waited for)
        """As of `Producer`."""
        self._open.is_transactional = True

    def begin_transaction(self) -> None:
        """As of `Producer`; `init_transactions` may have been called on what this one stands for."""
        state = self._open
        if state.transaction is not None:
            raise _erroneous("Operation not valid in state InTransaction")
        state.is_transactional, state.transaction = True, []

    def commit_transaction(self, timeout: float = -1) -> None:
        """As of `Producer`."""
        for sent in self._ended(timeout):
            if sent.withheld == _OPEN:
                sent.withheld = ""

    def abort_transaction(self, timeout: float = -1) -> None:
        """As of `Producer`."""
        self.purge()
        for sent in self._ended(timeout):
            sent.withheld = _ABORTED

    def _ended(self, timeout: float) -> Iterable[Sent]:
        state = self._open
        if state.transaction is None:
            raise _erroneous("Operation not valid in state Ready")
        self.flush(timeout)
        ended, state.transaction = state.transaction, None
        return ended

    def send_offsets_to_transaction(self, positions: Any, group_metadata: Any, timeout: float = -1) -> None:  # noqa: ARG002
        """As of `Producer`: offsets are no messages."""
        if self._open.transaction is None:
            raise _erroneous("Operation not valid in state Ready")

    # -- the cluster -----------------------------------------------------------------------------------------------

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:  # noqa: ARG002  (nothing is waited for)
        """The topics that were produced to, and the one that is asked for, with one partition each."""
        admin = require("confluent_kafka.admin", extra="kafka", feature="capturing what Kafka's producer sends")
        found = admin.ClusterMetadata()
        found.cluster_id = self.cluster_id()
        for name in [topic] if topic is not None else self._open.topics:
            partition, known = admin.PartitionMetadata(), admin.TopicMetadata()
            partition.id, partition.leader, partition.replicas, partition.isrs = 0, 0, [0], [0]
            known.topic, known.partitions = name, {0: partition}
            found.topics[name] = known
        return found

    def cluster_id(self, timeout: float = -1) -> str:  # noqa: ARG002  (nothing is waited for)
        """That of no cluster."""
        return NO_CLUSTER

    def set_sasl_credentials(self, username: str, password: str) -> None:
        """As of `Producer`: nobody asks for them."""

    @property
    def _open(self) -> _State:
        if self._capture.is_closed:
            raise RuntimeError("Producer has been closed")
        return self._capture


def _unknown(name: str) -> Callable[..., NoReturn]:
    def refuse(self: object, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG001  (whatever it takes)
        raise UsageError(
            f"Cannot call {name} of a CapturingProducer: it sends nothing, and does not know what that would do. "
            "Leave it out while messages are captured."
        )

    return refuse


for _name in dir(Producer):  # what a later version of the client adds, which would find no client behind it
    if not _name.startswith("_") and getattr(CapturingProducer, _name) is getattr(Producer, _name):
        setattr(CapturingProducer, _name, _unknown(_name))


def _report(waiting: _Waiting) -> None:
    """Tell the application what became of a message."""
    message, withheld = waiting.sent.message, waiting.sent.withheld
    error = KafkaError(KafkaError._PURGE_QUEUE) if withheld == _PURGED else None
    key = message.metadata["key"]
    record = Record(
        **waiting.facts, key=None if key is None else to_bytes(str(key)), value=message.contents, error=error
    )
    assert waiting.callback is not None
    waiting.callback(error, record)


def _first(queue: "deque[_Waiting]") -> _Waiting | None:
    """The first, taken out; another thread may have taken the last."""
    try:
        return queue.popleft()
    except IndexError:
        return None


# -- what the client refuses -----------------------------------------------------------------------------------------


def _erroneous(why: str) -> Exception:
    return KafkaException(KafkaError(KafkaError._STATE, why))


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"argument {name!r} must be str, not {_kind(value)}")


def _check_bytes(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str | bytes):
        raise TypeError(f"argument {name!r} must be a read-only bytes-like object, not {_kind(value)}")


def _check_whole(name: str, value: object) -> None:
    if not hasattr(type(value), "__index__"):
        raise TypeError(f"argument {name!r}: {_kind(value)!r} object cannot be interpreted as an integer")


def _checked_headers(headers: object) -> list[tuple[str, str | bytes | None]] | None:
    """The headers as pairs; those that the client refuses raise as it does."""
    if headers is None:
        return None
    if not isinstance(headers, dict | list):
        raise TypeError(f"expected headers to be dict or list of (key, value) tuples, not {_kind(headers)}")
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError("Headers are expected to be a list of (key, value) tuples")
        if pair[1] is not None and not isinstance(pair[1], str | bytes):
            raise TypeError(f"expected header value to be None, binary, or unicode string, not {_kind(pair[1])}")
    return pairs


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
