"""A consumer: the service whose handlers state, by a decorator, the messages they must cope with."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from msgpact import modules
from msgpact.errors import DeclarationError
from msgpact.expectation import Decode, Expectation, Via
from msgpact.model import ProviderState, states_from
from msgpact.signatures import Parameters, Place
from msgpact.template import UNSET

__all__ = ["CASES", "Consumer"]

P = ParamSpec("P")
R = TypeVar("R")
States = str | ProviderState | Iterable[str | ProviderState]

CASES = "__msgpact_cases__"
"""The attribute by which a test function says whose cases it takes; the pytest plugin expands it."""


class Consumer:
    """A service that consumes messages, and everything its handlers expect.

    Args:
        name: The name in the pact.
        provider: Who sends the messages, unless `expects` says otherwise.
        modules: Modules that hold the handlers; they are imported before a run, so that none is missed.
        decode: The application's own decoder from bytes to what its handlers take.
    """

    def __init__(
        self, name: str, *, provider: str | None = None, modules: Sequence[str] = (), decode: Decode | None = None
    ) -> None:
        self.name = _named(name, "a consumer")
        self.provider = None if provider is None else _named(provider, "a provider")
        if isinstance(modules, str):
            raise DeclarationError(
                f"Cannot use modules={modules!r}: it is one text. Write a list: modules=[{modules!r}]."
            )
        self.modules = tuple(modules)
        self.decode = decode
        self._expectations: dict[tuple[object, ...], Expectation] = {}
        self._factories: dict[str, Callable[..., object]] = {}

    def __repr__(self) -> str:
        return f"Consumer({self.name!r}, provider={self.provider!r}, expectations={len(self._expectations)})"

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What is declared so far, in order; `load` first imports the modules."""
        return tuple(self._expectations.values())

    def load(self) -> tuple[Expectation, ...]:
        """Import `modules`, then give every expectation.

        Raises:
            ModuleNotLoadable: one of them does not exist.
        """
        modules.load_all(self.modules, wanted_by=f"consumer {self.name!r}")
        return self.expectations

    def expects(
        self,
        description: str,
        *,
        given: States = (),
        contents: object = UNSET,
        example: object = UNSET,
        metadata: Mapping[str, object] | None = None,
        provider: str | None = None,
        content_type: str | None = None,
        decode: Decode | None = None,
        via: Via | None = None,
        pending: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """State a message that the decorated handler must cope with. The handler itself is returned, unchanged.

        Args:
            description: Its name; the same description with other states is another interaction.
            given: The provider states under which it is sent.
            contents: A template of plain values, `match.…` and `generate.…`; None is a tombstone. Beside *example*:
                the fields whose derived rules it overrides.
            example: A model instance, dataclass or dict; rules follow from the types.
            metadata: Topic, key, headers, …: a template each.
            provider: Who sends it, if not the consumer's own provider.
            content_type: What the contents are serialized as; JSON unless the metadata says otherwise.
            decode: The application's decoder for this handler, from bytes.
            via: Makes the native record that the handler takes from a `Message` (`records.kafka.to_record`).
            pending: A failure at the provider is reported but does not fail its run.

        Raises:
            DeclarationError: what is said cannot be, or another place says it already.
        """
        sender = provider if provider is not None else self.provider
        if sender is None:
            raise DeclarationError(
                f"Cannot expect {description!r}: nobody is said to send it. "
                f"Write expects(..., provider='orders'), or Consumer({self.name!r}, provider='orders')."
            )
        _named(sender, "a provider")
        _named(description, "a message")
        if contents is UNSET and example is UNSET:
            raise DeclarationError(
                f"Cannot expect {description!r}: neither contents nor an example are stated, so any message would do. "
                "Write contents={...} or example=...; a message without contents is contents=None."
            )
        for name, function in (("decode", decode), ("via", via)):
            if function is not None and not callable(function):
                raise DeclarationError(
                    f"Cannot use {name}={function!r} for {description!r}: it is no function. Give one."
                )
        if metadata is not None and not isinstance(metadata, Mapping):
            raise DeclarationError(
                f"Cannot use metadata={metadata!r} for {description!r}: it is no dict. Write metadata={{'topic': 'orders'}}."
            )
        states = tuple(map(_as_json, states_from(given)))

        def mark(handler: Callable[P, R]) -> Callable[P, R]:
            self._register(
                Expectation(
                    consumer=self.name,
                    provider=sender,
                    description=description,
                    states=states,
                    handler=handler,
                    place=Place.of(handler),
                    contents=contents,
                    example=example,
                    metadata=dict(metadata or {}),
                    content_type=content_type,
                    decode=decode or self.decode,
                    via=via,
                    pending=pending,
                    parameters=_parameters(handler, description),
                )
            )
            return handler

        return mark

    def _register(self, expectation: Expectation) -> None:
        states = tuple((each.name, json.dumps(each.params, sort_keys=True)) for each in expectation.states)
        identity = (expectation.provider, expectation.description, states)
        there = self._expectations.get(identity)
        if there is not None and there.handler is expectation.handler:
            raise DeclarationError(
                f"Cannot expect {str(expectation)!r} twice on {there.place}: one of the two would be lost. "
                "Give one of them another description or other states."
            )
        if there is not None and not _is_same(there.place, expectation.place):
            raise DeclarationError(
                f"Cannot expect {str(expectation)!r} at {expectation.place}: {there.place} expects it already. "
                "Give one of them another description or other states."
            )
        if there is None or expectation.place.module != "__main__":  # a name by which it was imported before stays
            self._expectations[identity] = expectation

    def provide(self, name: str, factory: Callable[..., object]) -> None:
        """Say what handlers are given for their parameter *name* in runs without pytest.

        *factory* takes no arguments and is called once a message; a generator function adds the tear-down. It may be
        async.
        """
        if not callable(factory):
            raise DeclarationError(
                f"Cannot provide {name!r} by {factory!r}: it is no function. Write provide({name!r}, lambda: value)."
            )
        self._factories[name] = factory

    @property
    def factories(self) -> Mapping[str, Callable[..., object]]:
        """What `provide` was told."""
        return dict(self._factories)

    def parametrize(self, *selection: str | Callable[..., object]) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a test run once per expected message, as its parameter `case` (a `ConsumerCase`).

        Args:
            selection: Descriptions or handlers; none means every expectation.

        Raises:
            DeclarationError: it is used without parentheses.
        """
        if len(selection) == 1 and getattr(selection[0], "__name__", "").startswith("test"):
            raise DeclarationError(
                f"Cannot parametrize by {Place.of(selection[0])}: that is a test. Write the parentheses: "  # type: ignore[arg-type]  # it has a name
                "@consumer.parametrize()."
            )

        def mark(test: Callable[P, R]) -> Callable[P, R]:
            add_cases(test, self, selection)
            return test

        return mark


def add_cases(test: Callable[..., object], source: object, arguments: object) -> None:
    """Note on a test function whose cases it takes."""
    noted: Any = test
    setattr(noted, CASES, [*getattr(noted, CASES, ()), (source, arguments)])


def _named(name: object, what: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(f"Cannot name {what} {name!r}: a name is text that is not empty. Give one.")
    return name


def _as_json(state: ProviderState) -> ProviderState:
    """The state with its parameters as they will be read from the pact: `(1, 2)` as `[1, 2]`."""
    try:
        return ProviderState(state.name, json.loads(json.dumps(dict(state.params), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use the provider state {str(state)!r}: its parameters are no JSON ({error}). "
            "Write them as strings, numbers, booleans, lists and dicts."
        ) from None


def _is_same(one: Place, other: Place) -> bool:
    """Whether two places are one, imported twice: reloaded, or run as `__main__` too."""
    files = {os.path.realpath(one.file), os.path.realpath(other.file)}
    return len(files) == 1 and (one.line, one.name) == (other.line, other.name)


def _parameters(handler: object, description: str) -> Parameters:
    """What the handler takes, if it can be given a message."""
    if isinstance(handler, staticmethod | classmethod):
        kind = type(handler).__name__
        raise DeclarationError(
            f"Cannot expect {description!r} of a {kind}: put @{kind} above the expects decorator, not below it."
        )
    if not callable(handler):
        raise DeclarationError(f"Cannot expect {description!r} of {handler!r}: it is no function. Decorate a handler.")
    parameters = Parameters(handler)
    if not parameters.positional and not parameters.takes_any_position:
        raise DeclarationError(
            f"Cannot expect {description!r} of {Place.of(handler)}: it takes no positional parameter for the contents. "
            "Add one: def handler(order: OrderPlaced)."
        )
    first = 2 if parameters.positional and parameters.positional[0].name in ("self", "cls") else 1
    for each in parameters.positional_only[first:]:
        if each.default is each.empty:
            raise DeclarationError(
                f"Cannot expect {description!r} of {Place.of(handler)}: its parameter {each.name!r} cannot be given by name, "
                "and only the message is given by position. Remove the '/' behind it."
            )
    return parameters
