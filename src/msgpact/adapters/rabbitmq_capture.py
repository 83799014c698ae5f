"""Capturing what an application publishes to RabbitMQ, by aio-pika or pika: on any exchange, whether it is connected or not."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgpact.adapters.rabbitmq_exchange import CapturingExchange, Exchange, published
from msgpact.adapters.swapping import Patches, Spot, Swaps, Wrap, giving, is_function
from msgpact.captured import Scope, Sink, checked_names
from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.extras import require
from msgpact.records.amqp import from_basic_publish

__all__ = ["at", "capture"]

_SCOPE = Scope("rabbitmq")
_SWAPS = Swaps(_SCOPE)
_FEATURE = "capturing what is published to RabbitMQ"


@dataclass(frozen=True, slots=True)
class RabbitCapture:
    """A capture of what is published.

    Attributes:
        spots: Where exchanges stand besides that capture.
        name: What exchanges are called there where none stands yet.
    """

    everywhere: bool = False
    spots: tuple[Spot, ...] = ()
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def capturing(self, sink: Sink, *, early: bool = False) -> Iterator[None]:
        """Until it is left, what is published here goes to *sink*, and nothing connects."""
        sink.know(self.names)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_PATCHES.on())
            for spot in self.spots:
                stack.enter_context(_SWAPS.at(spot, sink, self._in_place_of, early=early))
            stack.enter_context(_SCOPE.entered(sink, everywhere=self.everywhere))
            yield

    def hint(self) -> str:
        """What is not seen."""
        return (
            "Nothing was published on an exchange of aio-pika or a channel of pika. What a thread or a task publishes that ran "
            "before is captured with rabbitmq.capture(everywhere=True)."
        )

    def _in_place_of(self, there: Any, sink: Sink, said: str) -> object:
        exchange = CapturingExchange.capturing(sink)
        if isinstance(there, Exchange):
            return exchange.named(there.name)
        if there is None:
            return exchange.named(self.name)
        if is_function(there):
            return giving(there, exchange.named(self.name))
        raise DeclarationError(
            f"Cannot capture at {said!r}: there is {shown(there)}, no exchange of aio-pika. Name the attribute that holds it."
        )


def capture(*, everywhere: bool = False, names: Mapping[str, str] | None = None) -> RabbitCapture:
    """A capture for `capture=` of `produces`: of all that is published on exchanges of aio-pika and channels of pika.

    Connecting by aio-pika is an error meanwhile: the application's exchange is to be there, connected or not, or to be given by
    `at` or a `CapturingExchange`.

    Args:
        everywhere: Also what is published elsewhere in this process meanwhile, as by a thread or a task that ran before.
            Otherwise that goes where it always goes.
        names: The deployed names of exchanges and routing keys that contracts name, where they differ.
    """
    return RabbitCapture(everywhere, names=checked_names(names, "names"))


def at(*places: str, name: str = "", names: Mapping[str, str] | None = None) -> RabbitCapture:
    """As `capture`, and at these places stand exchanges that capture: where the application has none before it is connected.

    Args:
        places: Where it finds its exchange when it publishes, as `MODULE:PATH`: there may be one, None, or a function that gives
            one.
        name: What the exchange is called, where there is none to say it.
        names: As of `capture`.

    Raises:
        DeclarationError: a place is not written so, or none is given.
    """
    if not places:
        raise DeclarationError(
            "Cannot capture at no place: say where the exchange stands: rabbitmq.at('app.bus:exchange')."
        )
    return RabbitCapture(spots=tuple(map(Spot.of, places)), name=name, names=checked_names(names, "names"))


# -- the clients -----------------------------------------------------------------------------------------------------


def _methods() -> Iterator[tuple[Any, str, Wrap]]:
    client = require("aio_pika", extra="rabbitmq", feature=_FEATURE)
    yield client.Exchange, "publish", _asking
    yield client.Connection, "connect", _refusing
    yield client.RobustConnection, "connect", _refusing
    for module, kind in (("pika.adapters.blocking_connection", "BlockingChannel"), ("pika.channel", "Channel")):
        if module in sys.modules:  # else the application has none
            yield getattr(sys.modules[module], kind), "basic_publish", _asking_pika


_PATCHES = Patches(_methods)


def _asking(original: Callable[..., Any]) -> Callable[..., Any]:
    """Publish to where somebody captures."""

    async def publish(self: Any, message: Any, routing_key: str, **how: Any) -> Any:
        if (sink := _SCOPE.sink()) is None:
            _SCOPE.pass_by(f"something was published on the exchange {self.name!r}")
            return await original(self, message, routing_key, **how)
        return published(sink, self, message, routing_key)

    return publish


def _asking_pika(original: Callable[..., Any]) -> Callable[..., Any]:
    """Publish to where somebody captures."""

    def basic_publish(
        self: Any, exchange: str, routing_key: str, body: Any, properties: Any = None, mandatory: bool = False
    ) -> Any:
        if (sink := _SCOPE.sink()) is None:
            _SCOPE.pass_by(f"something was published on the exchange {exchange!r}")
            return original(self, exchange, routing_key, body, properties, mandatory)
        if properties is not None:
            properties.encode()  # what has no bytes raises
        sink.take(from_basic_publish(exchange, routing_key, body, properties))
        return None

    return basic_publish


def _refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Connect to nobody while somebody captures."""

    async def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _SCOPE.sink() is None:
            return await original(self, *args, **kwargs)
        raise UsageError(
            f"Cannot connect to RabbitMQ at {self.url.host!r}: what is published is captured, and no broker is reached. Give the "
            "application an exchange that needs none: capture=rabbitmq.at('app.bus:exchange'), or a CapturingExchange."
        )

    return connect
