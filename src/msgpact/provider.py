"""A provider: the service that registers the functions that really make its messages, and those that set up its states."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from msgpact import modules
from msgpact.captured import Capture, checked_captures
from msgpact.consumer import add_cases
from msgpact.declarations import (
    checked_content_type,
    checked_function,
    checked_metadata,
    checked_modules,
    checked_name,
    checked_serializer,
    checked_target,
    refuse_generator,
)
from msgpact.errors import DeclarationError
from msgpact.model import Contract, Serializer
from msgpact.serializers.framed import Registry
from msgpact.serializers.members import usual_content_type
from msgpact.signatures import Parameters, Place, is_again

__all__ = ["Producer", "Provider", "Registered", "Selection", "Serialize", "Source", "sources_of"]

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it

P = ParamSpec("P")
R = TypeVar("R")
Serialize = Callable[[Any], bytes | str | Awaitable[bytes | str]]
Source = str | PathLike[str] | Contract


def sources_of(pacts: Source | Iterable[Source]) -> tuple[Source, ...]:
    """One source of contracts, or several, as a tuple.

    Raises:
        DeclarationError: it is something else.
    """
    several = isinstance(pacts, Iterable) and not isinstance(pacts, str | PathLike | Contract)
    sources = tuple(pacts) if several else (pacts,)  # type: ignore[arg-type]  # it is iterable
    for each in sources:
        if not isinstance(each, str | PathLike | Contract):
            raise DeclarationError(
                f"Cannot read pacts from {each!r}: it is a {type(each).__name__}. Give a file, a folder, or a contract."
            )
    return sources  # type: ignore[return-value]  # each has been looked at


@dataclass(frozen=True, slots=True)
class Registered:
    """A function of the user's with its place and its signature."""

    function: Callable[..., object]
    place: Place
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Producer:
    """A function that makes a message, and what production adds to what it returns.

    Attributes:
        answers: Whether it answers a request (a synchronous message) that its first parameter takes.
        assumed: Whether nobody said the content type: it is JSON's for want of another.
        captures: What takes the place of the application's clients: what it sends counts, not what it returns.
        role: What it is called in messages: a `producer`, or an `action` that sends several.
    """

    registered: Registered
    metadata: Mapping[str, object]
    content_type: str
    serializer: Serialize | Serializer | None
    answers: bool = False
    assumed: bool = False
    captures: tuple[Capture, ...] = ()
    role: str = "producer"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which interactions of the pacts are verified; empty means all. `*` stands for any text.

    Attributes:
        descriptions: By their description.
        states: By the name of one of their provider states.
        consumers: By the consumer's name.
    """

    descriptions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        description: str | Iterable[str] | None = None,
        state: str | Iterable[str] | None = None,
        consumer: str | Iterable[str] | None = None,
    ) -> "Selection":
        """A selection from what a user says: one name, several, or none."""
        return cls(
            *((each,) if isinstance(each, str) else tuple(each or ()) for each in (description, state, consumer))
        )


class Provider:
    """A service that sends messages.

    Args:
        name: The name in the pacts.
        modules: Modules that hold the producers and states; they are imported before a run, so that none is missed.
        serializer: What production uses to make bytes of what producers return, unless `produces` says otherwise: a
            function, or one that knows a schema, `Avro(…)`, `Protobuf(…)`.
        content_type: Of the messages, unless `produces` says otherwise; JSON unless the serializer says otherwise.
        registry: Where the schemas are looked up that the frames of messages name, unless the serializer's frame has one.
    """

    def __init__(
        self,
        name: str,
        *,
        modules: Sequence[str] = (),
        serializer: Serialize | Serializer | None = None,
        content_type: str | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.name = checked_name(name, "name a provider")
        self.modules = checked_modules(modules)
        self._serializer = _serializer(serializer, f"provider {name!r}")
        checked_content_type(content_type, f"provider {name!r}")
        self._content_type = content_type
        self.registry = registry
        self._producers: dict[str, Producer] = {}
        self._actions: dict[str, Producer] = {}
        self._states: dict[str, Registered] = {}
        self._arounds: list[Registered] = []

    def __repr__(self) -> str:
        return f"Provider({self.name!r}, producers={len(self._producers)}, states={len(self._states)})"

    @property
    def producers(self) -> Mapping[str, Producer]:
        """The functions registered so far, by description."""
        return MappingProxyType(self._producers)

    @property
    def actions(self) -> Mapping[str, Producer]:
        """The functions registered so far for sequences, by description."""
        return MappingProxyType(self._actions)

    @property
    def states(self) -> Mapping[str, Registered]:
        """The state functions registered so far, by the state's name."""
        return MappingProxyType(self._states)

    @property
    def arounds(self) -> tuple[Registered, ...]:
        """The functions around each interaction, outermost first."""
        return tuple(self._arounds)

    @property
    def functions(self) -> Iterator[Registered]:
        """Every function that is registered: around each interaction, for a state, as a producer, as an action."""
        yield from self._arounds
        yield from self._states.values()
        yield from (each.registered for each in (*self._producers.values(), *self._actions.values()))

    def load(self) -> None:
        """Import `modules`.

        Raises:
            ModuleNotLoadable: one of them does not exist.
        """
        modules.load_all(self.modules, wanted_by=f"provider {self.name!r}")

    def produces(
        self,
        description: str,
        *,
        metadata: Mapping[str, object] | None = None,
        content_type: str | None = None,
        serializer: Serialize | Serializer | None = None,
        capture: Capture | Sequence[Capture] | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that makes the message of that description. The function is returned, unchanged.

        It returns a model, a dict, a list, bytes, a `Message`, or `Outgoing(value, metadata=…)`. Its parameters are
        filled by name: what the states returned, the states' parameters, what `around` yielded, the names given to
        `case.verify`; a parameter annotated as `Interaction` gets the interaction.

        Or it calls the application's own code that sends the message, which is captured: with *capture*, or by a client that
        captures, which a parameter annotated so gets (`kafka.CapturingProducer`).

        Args:
            metadata: What production adds to the message: topic, headers, …
            content_type: Of this message.
            serializer: Makes bytes of this message, as production does: a function, or `Avro(…)`, `Protobuf(…)`.
            capture: What takes the place of the client that the application sends by: `kafka.at('app.bus:producer')`.

        Raises:
            DeclarationError: another place produces it already, or the function can't be called so.
        """
        captures = checked_captures(capture, repr(description))
        if captures and metadata:
            raise DeclarationError(
                f"Cannot add metadata={metadata!r} to {description!r}: what is captured is all that is sent. "
                "Leave it out; it is the application that says it."
            )
        return self._register_producer(description, metadata, content_type, serializer, captures=captures)

    def action(
        self,
        description: str,
        *,
        content_type: str | None = None,
        serializer: Serialize | Serializer | None = None,
        capture: Capture | Sequence[Capture] | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that does what a consumer's sequence is about. The function is returned, unchanged.

        It calls the application's own code, and all that this sends is captured and held to the sequence: each message to the
        contract of its description, their order, and that there are no others. Its parameters are filled as those of `produces`.

        Args:
            content_type: Of messages that say none, and that no function `produces`.
            serializer: Of messages with a schema, likewise.
            capture: As of `produces`; or a parameter is annotated as a client that captures.

        Raises:
            DeclarationError: another place does it already, or the function can't be called so.
        """
        captures = checked_captures(capture, repr(description))
        return self._register_producer(description, None, content_type, serializer, captures=captures, role="action")

    def answers(
        self,
        description: str,
        *,
        metadata: Mapping[str, object] | None = None,
        content_type: str | None = None,
        serializer: Serialize | Serializer | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that answers the request of that description (a synchronous message).

        Its first parameter is the request, as the type it annotates; otherwise as `produces`. Where several responses
        are expected it returns a list of them.
        """
        return self._register_producer(description, metadata, content_type, serializer, answers=True)

    def _register_producer(
        self,
        description: str,
        metadata: Mapping[str, object] | None,
        content_type: str | None,
        serializer: Serialize | Serializer | None,
        *,
        answers: bool = False,
        captures: tuple[Capture, ...] = (),
        role: str = "producer",
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        registry = self._actions if role == "action" else self._producers
        verb = "action" if role == "action" else "answers" if answers else "produces"
        to = "do" if role == "action" else verb.removesuffix("s")
        checked_name(description, to, f"@provider.{verb}('an order was placed').")
        serializer = _serializer(serializer, repr(description)) or self._serializer
        checked_content_type(content_type, repr(description))
        entries = checked_metadata(metadata, repr(description))

        def mark(function: Callable[P, R]) -> Callable[P, R]:
            doing = f"{to} {description!r}"
            registered = _registered(function, f"{doing} by", by_position=1 if answers else 0)
            refuse_generator(function, f"{doing} by", "Return the message.")
            if answers and not registered.parameters.positional:
                raise DeclarationError(
                    f"Cannot {doing} by {registered.place}: it takes no positional parameter for the request. "
                    "Add one: def answer(request: Request)."
                )
            there = registry.get(description)
            if there is not None:
                self._refuse_two(there.registered, registered, doing)
            said = content_type or usual_content_type(serializer) or self._content_type
            registry[description] = Producer(
                registered, entries, said or "application/json", serializer, answers, said is None, captures, role
            )
            return function

        return mark

    def state(self, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that brings about a provider state; a generator function adds the tear-down.

        It takes by name the state's parameters, what the states before it returned, what `around` yielded, and the names
        given to `case.verify`; and may return or yield a dict of values that producers take by name.

        Raises:
            DeclarationError: another place sets it up already, or the function can't be called so.
        """
        checked_name(name, "set up the state", "@provider.state('an order exists').")

        def mark(function: Callable[P, R]) -> Callable[P, R]:
            registered = _registered(function, f"set up the state {name!r} by")
            there = self._states.get(name)
            if there is not None:
                self._refuse_two(there, registered, f"set up the state {name!r}")
            self._states[name] = registered
            return function

        return mark

    def around(self, function: Callable[P, R]) -> Callable[P, R]:
        """Register a generator around each interaction: a transaction, a frozen clock. It may yield a dict of names.

        Several nest in the order of their registration. What comes after the yield runs whatever happened.
        """
        registered = _registered(function, "put around each interaction")
        for index, there in enumerate(self._arounds):
            if is_again(there.function, function):
                self._arounds[index] = registered
                return function
        self._arounds.append(registered)
        return function

    def _refuse_two(self, there: Registered, here: Registered, doing: str) -> None:
        if there.function is here.function:
            raise DeclarationError(
                f"Cannot {doing} twice by {here.place}: it does so already. Remove one of the decorators."
            )
        if not is_again(there.function, here.function):
            raise DeclarationError(
                f"Cannot {doing} by {here.place}: {there.place} does it already for provider {self.name!r}. "
                "Remove one of them."
            )

    def parametrize(
        self,
        pacts: Source | Iterable[Source],
        *,
        description: str | Iterable[str] | None = None,
        state: str | Iterable[str] | None = None,
        consumer: str | Iterable[str] | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a test run once per interaction, as its parameter `case` (a `ProviderCase`).

        Args:
            pacts: Files, folders (from the root of the test run) or contracts.
            description: Only interactions so described; `*` stands for any text.
            state: Only interactions in a state so named.
            consumer: Only these consumers' pacts.
        """
        if callable(pacts):
            raise DeclarationError(
                f"Cannot parametrize by {Place.of(pacts)}: it is not said where the pacts are. "
                "Write @provider.parametrize(pacts='pacts/')."
            )
        sources, selection = sources_of(pacts), Selection.of(description, state, consumer)

        def mark(test: Callable[P, R]) -> Callable[P, R]:
            add_cases(test, self, (sources, selection))
            return test

        return mark


def _registered(function: object, doing: str, *, by_position: int = 0) -> Registered:
    """The function with its signature, which must be one that can be called with names only after *by_position*."""
    parameters = checked_target(function, doing)
    registered = Registered(parameters.function, Place.of(parameters.function), parameters)
    positional, place = registered.parameters.positional, registered.place
    if positional and positional[0].name == "self" and _is_in_a_class(place):
        raise DeclarationError(
            f"Cannot {doing} {place}: it is a method, and there is no instance of its class. "
            "Register the method of an instance: decorator(instance.method)."
        )
    for each in positional[by_position:]:
        if each.kind is each.POSITIONAL_ONLY and each.default is each.empty:
            raise DeclarationError(
                f"Cannot {doing} {place}: its parameter {each.name!r} is positional-only, and values are given "
                "by name. Remove the '/' from its signature."
            )
    return registered


def _serializer(serializer: Any, whose: str) -> Serialize | Serializer | None:
    """A function that makes bytes, or a serializer."""
    if callable(serializer) and not isinstance(serializer, type):
        checked_function(serializer, "serializer", whose, takes=1)
        return serializer  # type: ignore[no-any-return]  # it has been looked at
    return checked_serializer(serializer, whose, otherwise=", and no function")


def _is_in_a_class(place: Place) -> bool:
    outer = place.name.rpartition(".")[0]
    return bool(outer) and not outer.endswith("<locals>")
