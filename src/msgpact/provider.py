"""A provider: the service that registers the functions that really make its messages, and those that set up its states."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import ParamSpec, TypeVar

from msgpact import modules
from msgpact.calls import Parameters, Place
from msgpact.consumer import add_cases
from msgpact.errors import DeclarationError
from msgpact.model import Contract

__all__ = ["Producer", "Provider", "Registered", "Selection"]

P = ParamSpec("P")
R = TypeVar("R")
Serialize = Callable[[object], bytes]
Source = str | PathLike[str] | Contract


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
    """

    registered: Registered
    metadata: Mapping[str, object]
    content_type: str
    serializer: Serialize | None
    answers: bool = False


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

    def __str__(self) -> str:
        said = [("description", self.descriptions), ("state", self.states), ("consumer", self.consumers)]
        return ", ".join(f"{name} {' or '.join(map(repr, each))}" for name, each in said if each)


@dataclass(slots=True)
class _Registry:
    producers: dict[str, Producer] = field(default_factory=dict)
    states: dict[str, Registered] = field(default_factory=dict)
    arounds: dict[str, Registered] = field(default_factory=dict)


class Provider:
    """A service that sends messages.

    Args:
        name: The name in the pacts.
        modules: Modules that hold the producers and states; they are imported before a run, so that none is missed.
        serializer: What production uses to make bytes of what producers return, unless `produces` says otherwise.
        content_type: Of the messages, unless `produces` says otherwise.
    """

    def __init__(
        self,
        name: str,
        *,
        modules: Sequence[str] = (),
        serializer: Serialize | None = None,
        content_type: str = "application/json",
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise DeclarationError(f"Cannot name a provider {name!r}: a name is text that is not empty. Give one.")
        if isinstance(modules, str):
            raise DeclarationError(
                f"Cannot use modules={modules!r}: it is one text. Write a list: modules=[{modules!r}]."
            )
        self.name = name
        self.modules = tuple(modules)
        self._serializer = serializer
        self._content_type = content_type
        self._registry = _Registry()

    def __repr__(self) -> str:
        return (
            f"Provider({self.name!r}, producers={len(self._registry.producers)}, states={len(self._registry.states)})"
        )

    @property
    def producers(self) -> Mapping[str, Producer]:
        """The functions registered so far, by description."""
        return dict(self._registry.producers)

    @property
    def states(self) -> Mapping[str, Registered]:
        """The state functions registered so far, by the state's name."""
        return dict(self._registry.states)

    @property
    def arounds(self) -> tuple[Registered, ...]:
        """The functions around each interaction, outermost first."""
        return tuple(self._registry.arounds.values())

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
        serializer: Serialize | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that makes the message of that description. The function is returned, unchanged.

        It returns a model, a dict, a list, bytes, a `Message`, or `Outgoing(value, metadata=…)`. Its parameters are
        filled by name: what the states returned, the states' parameters, what `around` yielded, the names given to
        `case.verify`; a parameter annotated as `Interaction` gets the interaction.

        Args:
            metadata: What production adds to the message: topic, headers, …
            content_type: Of this message.
            serializer: Makes bytes of this message, as production does.

        Raises:
            DeclarationError: another place produces it already.
        """
        return self._register_producer(description, metadata, content_type, serializer, answers=False)

    def answers(
        self,
        description: str,
        *,
        metadata: Mapping[str, object] | None = None,
        content_type: str | None = None,
        serializer: Serialize | None = None,
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
        serializer: Serialize | None,
        *,
        answers: bool,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        if not isinstance(description, str) or not description.strip():
            raise DeclarationError(
                f"Cannot produce {description!r}: a description is text that is not empty. Give one."
            )
        if serializer is not None and not callable(serializer):
            raise DeclarationError(
                f"Cannot use serializer={serializer!r} for {description!r}: it is no function. Give one."
            )

        def mark(function: Callable[P, R]) -> Callable[P, R]:
            registered = _registered(function, f"produce {description!r} by")
            if answers and not registered.parameters.positional:
                raise DeclarationError(
                    f"Cannot answer {description!r} by {registered.place}: it takes no positional parameter for the request. "
                    "Add one: def answer(request: Request)."
                )
            there = self._registry.producers.get(description)
            if there is not None:
                self._refuse_two(there.registered, registered, f"produce {description!r}", "it makes")
            self._registry.producers[description] = Producer(
                registered,
                dict(metadata or {}),
                content_type or self._content_type,
                serializer or self._serializer,
                answers,
            )
            return function

        return mark

    def state(self, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register the function that brings about a provider state; a generator function adds the tear-down.

        It takes the state's parameters by name (and what `around` yielded, and the names given to `case.verify`), and
        may return or yield a dict of values that producers take by name.
        """
        if not isinstance(name, str) or not name.strip():
            raise DeclarationError(
                f"Cannot name a state {name!r}: a name is text that is not empty. Write @provider.state('an order exists')."
            )

        def mark(function: Callable[P, R]) -> Callable[P, R]:
            registered = _registered(function, f"set up the state {name!r} by")
            there = self._registry.states.get(name)
            if there is not None:
                self._refuse_two(there, registered, f"set up the state {name!r}", "it sets up")
            self._registry.states[name] = registered
            return function

        return mark

    def around(self, function: Callable[P, R]) -> Callable[P, R]:
        """Register a generator around each interaction: a transaction, a frozen clock. It may yield a dict of names.

        Several nest in the order of their registration. What comes after the yield runs whatever happened.
        """
        registered = _registered(function, "put around each interaction")
        self._registry.arounds[f"{registered.place.file}:{registered.place.line}"] = registered
        return function

    def _refuse_two(self, there: Registered, here: Registered, doing: str, what: str) -> None:
        if there.function is here.function:
            raise DeclarationError(
                f"Cannot {doing} twice by {here.place}: {what} it already. Remove one of the decorators."
            )
        if (there.place.file, there.place.line) != (here.place.file, here.place.line):
            raise DeclarationError(
                f"Cannot {doing} by {here.place}: {there.place} does it already for provider {self.name!r}. Remove one of them."
            )

    def parametrize(
        self,
        *,
        pacts: Source | Sequence[Source],
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
        sources = tuple(pacts) if isinstance(pacts, list | tuple) else (pacts,)

        def mark(test: Callable[P, R]) -> Callable[P, R]:
            add_cases(test, self, (sources, Selection.of(description, state, consumer)))
            return test

        return mark


def _registered(function: object, doing: str) -> Registered:
    if isinstance(function, staticmethod | classmethod):
        kind = type(function).__name__
        raise DeclarationError(f"Cannot {doing} a {kind}: put @{kind} above the decorator, not below it.")
    if not callable(function):
        raise DeclarationError(f"Cannot {doing} {function!r}: it is no function. Decorate one.")
    return Registered(function, Place.of(function), Parameters(function))
