"""Capturing what an application sends to Kafka: its producers give way to ones that capture, and are put back.

`confluent_kafka.Producer` is a C type, so that its methods cannot be replaced; the objects that applications hold can.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgpact.adapters.kafka_producer import NO_CLUSTER, CapturingProducer, KafkaException, Producer
from msgpact.adapters.swapping import Spot, Swaps, giving, is_function
from msgpact.captured import CapturingClient, Scope, Sink, checked_names, is_uncaptured
from msgpact.errors import DeclarationError, shown

__all__ = ["at", "capture"]

_SCOPE = Scope("kafka")
_SWAPS = Swaps(_SCOPE)
_PATIENCE = 60.0
"""Seconds that the client's own serializers wait for a broker."""
_GLANCE = 0.5
"""Seconds in which a broker that is there answers."""


@dataclass(frozen=True, slots=True)
class At:
    """A capture of what goes through the producers at these spots."""

    spots: tuple[Spot, ...]
    topics: Mapping[str, str]

    @contextlib.contextmanager
    def capturing(self, sink: Sink, *, early: bool = False) -> Iterator[None]:
        """Until it is left, producers that capture stand there."""
        sink.know(self.topics)
        with contextlib.ExitStack() as stack:
            for spot in self.spots:
                stack.enter_context(_SWAPS.at(spot, sink, _in_place_of, early=early))
            stack.enter_context(_SCOPE.entered(sink))
            with contextlib.nullcontext() if early else _watched(sink):
                yield

    def hint(self) -> str:
        """Where else a producer stands."""
        named = {each.said for each in self.spots}
        stood = f"A CapturingProducer stood at {' and at '.join(map(repr, sorted(named)))}"
        found = ((getattr(module, name), said) for module, name, said in _standing())
        others = sorted(said for there, said in found if said not in named and not isinstance(there, type))
        if others:
            return f"{stood}; producers stand also at {', '.join(map(repr, others))}. Name them too."
        return f"{stood}. Name the place at which the application finds the producer that sends it."


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A capture of what goes through all producers that stand in modules."""

    topics: Mapping[str, str]

    @contextlib.contextmanager
    def capturing(self, sink: Sink, *, early: bool = False) -> Iterator[None]:
        """Until it is left, producers that capture stand there, and their classes make such."""
        sink.know(self.topics)
        with contextlib.ExitStack() as stack:
            for module, name, said in list(_standing()):
                stack.enter_context(_SWAPS.swapped(module, name, said, sink, _in_place_of))
            stack.enter_context(_SCOPE.entered(sink))
            with contextlib.nullcontext() if early else _watched(sink):
                yield

    def hint(self) -> str:
        """What is not seen."""
        return (
            "kafka.capture() replaces what stands in a module. If the application's producer is an attribute of an object, say "
            "where: capture=kafka.at('app.bus:bus.producer')."
        )


def at(*places: str, topics: Mapping[str, str] | None = None) -> At:
    """A capture for `capture=` of `produces`: at these places stand producers that capture, while the function runs.

    Args:
        places: Where the application finds its producer when it sends, as `MODULE:PATH`: a name of a module, or an attribute
            of an object or a class in it. There may be a producer of any kind (a subclass, a `SerializingProducer`, an
            `AIOProducer`), the class that makes them, a function that gives one, or None as long as there is none. A module that
            has imported the object by its own name is a place of its own.
        topics: The deployed names of the topics that contracts name, where they differ.

    Raises:
        DeclarationError: a place is not written so, or none is given.
    """
    if not places:
        raise DeclarationError(
            "Cannot capture at no place: say where the producer stands: kafka.at('app.bus:producer')."
        )
    return At(tuple(map(Spot.of, places)), checked_names(topics, "topics"))


def capture(*, topics: Mapping[str, str] | None = None) -> Everywhere:
    """A capture for `capture=` of `produces`: of all producers, and classes of producers, that stand in imported modules.

    Args:
        topics: As of `at`.
    """
    return Everywhere(checked_names(topics, "topics"))


# -- what stands where -----------------------------------------------------------------------------------------------


def _standing() -> Iterator[tuple[Any, str, str]]:
    """The names in modules that hold a producer, or a class of producers: the module, the name, and both as a spot."""
    # By its type: what only pretends to be something may do anything when it is asked.
    kinds, others = _kinds(), set[type]([type])
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(("confluent_kafka.", "msgpact.")):  # what their classes are made of
            continue
        for name, value in list(getattr(module, "__dict__", {}).items()):
            kind = value if type(value) is type else type(value)
            if kind in others:
                continue
            if not issubclass(kind, kinds):
                others.add(kind)
            elif not name.startswith("__"):
                yield module, name, f"{module_name}:{name}"


def _kinds() -> tuple[type, ...]:
    return tuple(kind for kind, _ in _pairs())


@contextlib.contextmanager
def _watched(sink: Sink) -> Iterator[None]:
    """Tell the sink which real producers, of those that stand in modules, were given messages meanwhile."""
    for there, _ in _real():
        _tell(there)
    before = {said: len(there) for there, said in _real()}
    yield
    for there, said in _real():
        known = before.get(said, 0)
        if len(there) > known and _is_away(there):
            _tell(there)
        if len(there) > known:
            sink.leaked.append(f"the producer at {said!r} holds {len(there) - known} more messages than before")


def _tell(there: Any) -> None:
    """Let a real producer tell what it has to: it counts as messages, and that its broker is away it tells again and again."""
    if isinstance(there, Producer):
        there.poll(0)


def _is_away(there: Any) -> bool:
    """Whether a real producer cannot have delivered anything, which only what it has to tell would still show."""
    try:
        if isinstance(there, Producer):
            there.list_topics(timeout=_GLANCE)
    except KafkaException:
        return True
    return False


def _real() -> Iterator[tuple[Any, str]]:
    for module, name, said in _standing():
        there = getattr(module, name)
        if not isinstance(there, type | CapturingClient):
            yield there, said


def _pairs() -> Iterator[tuple[type, type[CapturingClient]]]:
    """The client's producers, and which of ours captures in their place."""
    yield Producer, CapturingProducer
    if (asynchronous := sys.modules.get("confluent_kafka.aio")) is not None:
        ours = importlib.import_module("msgpact.adapters.kafka_async_producer")  # which needs asyncio, as theirs does
        yield asynchronous.AIOProducer, ours.CapturingAIOProducer


def _in_place_of(there: Any, sink: Sink, said: str) -> object:
    """What captures into *sink* as *there* would send."""
    if there is None:
        return CapturingProducer.capturing(sink)
    for kind, ours in _pairs():
        if isinstance(there, type) and issubclass(there, kind):
            return _class_in_place_of(there, _bases(there, kind, ours), sink)
        if issubclass(type(there), kind):
            made: Any = type(type(there).__name__, _bases(type(there), kind, ours), {}).capturing(sink)  # type: ignore[attr-defined]  # as ours has it
            made.__dict__.update({**getattr(there, "__dict__", {}), **made.__dict__})
            _let_serializers_know(there)
            return made
    if is_function(there):
        return giving(there, CapturingProducer.capturing(sink))
    inside = sorted(name for name, value in getattr(there, "__dict__", {}).items() if issubclass(type(value), _kinds()))
    close = f", {said + '.' + inside[0]!r}" if inside else ""
    raise DeclarationError(
        f"Cannot capture at {said!r}: there is {shown(there)}, no Kafka producer. Name the attribute that holds it{close}."
    )


def _class_in_place_of(there: Any, bases: tuple[type, ...], sink: Sink) -> type:
    """A class whose instances capture into *sink*; what is to be sent all the same gets a real one."""

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if is_uncaptured():
            return there(*args, **kwargs)
        above: Any = super(made, cls).__new__
        return above(cls) if above is object.__new__ else above(cls, *args, **kwargs)

    made: Any = type(there.__name__, bases, {"_into": sink, "__new__": new})
    return made  # type: ignore[no-any-return]  # it is a class


def _let_serializers_know(there: Any) -> None:
    """Let those that would ask a broker for the cluster's id, for up to a minute, not ask while messages are captured."""

    def cluster_id() -> Any:
        return NO_CLUSTER if _SCOPE.is_open else there.cluster_id(timeout=_PATIENCE)

    async def acluster_id() -> Any:
        return NO_CLUSTER if _SCOPE.is_open else await there.cluster_id(timeout=_PATIENCE)

    for each in getattr(there, "__dict__", {}).values():
        for name, ask in (("set_cluster_id_resolver", cluster_id), ("set_async_cluster_id_resolver", acluster_id)):
            if not isinstance(each, type) and callable(tell := getattr(each, name, None)):
                tell(ask)


def _bases(kind: type, theirs: type, ours: type) -> tuple[type, ...]:
    """Bases by which what a subclass adds is kept, and what it calls of the client's class is ours."""
    return (kind,) if issubclass(kind, ours) else (ours,) if kind is theirs else (kind, ours)
