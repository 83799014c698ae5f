"""A consumer: the service whose handlers state, by a decorator, the messages they must cope with."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from msgpact import modules
from msgpact.declarations import (
    checked_content_type,
    checked_function,
    checked_metadata,
    checked_modules,
    checked_name,
    checked_serializer,
    checked_target,
    refuse_generator,
    refuse_method,
)
from msgpact.errors import DeclarationError
from msgpact.expectation import Decode, Expectation, SynchronousMessage, Via
from msgpact.model import MessageSequence, ProviderState, Serializer, states_from
from msgpact.sequences import Emissions, Emits, StatedSequence, place_of_caller
from msgpact.signatures import Parameters, Place, is_again
from msgpact.template import UNSET

__all__ = ["CASES", "Consumer", "add_cases"]

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it

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
        serializer: Reads and writes the contents, unless `expects` says otherwise: `Avro(…)`, `Protobuf(…)`; for what
            follows from the content type (JSON, XML, forms, text) none is needed.
    """

    def __init__(
        self,
        name: str,
        *,
        provider: str | None = None,
        modules: Sequence[str] = (),
        decode: Decode | None = None,
        serializer: Serializer | None = None,
    ) -> None:
        self.name = checked_name(name, "name a consumer")
        self.provider = None if provider is None else checked_name(provider, "name a provider")
        self.modules = checked_modules(modules)
        checked_function(decode, "decode", f"consumer {name!r}", takes=1)
        self.decode = decode
        self.serializer = checked_serializer(serializer, f"consumer {name!r}")
        self._expectations: dict[tuple[object, ...], Expectation] = {}
        self._sequences: dict[tuple[object, ...], StatedSequence] = {}
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
            DeclarationError: a sequence names a message that is not expected.
        """
        modules.load_all(self.modules, wanted_by=f"consumer {self.name!r}")
        self.sequences  # noqa: B018  (what they say is looked at now)
        return self.expectations

    @property
    def sequences(self) -> tuple[tuple[str, MessageSequence], ...]:
        """The sequences declared so far, each with its provider.

        Raises:
            DeclarationError: one of them names a message that is not expected.
        """
        return tuple((each.provider, each.of(self.expectations)) for each in self._sequences.values())

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
        serializer: Serializer | None = None,
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
            content_type: What the contents are serialized as; JSON unless the metadata or the serializer says otherwise.
            serializer: Reads and writes the contents, where they have a schema: `Avro(…)`, `Protobuf(…)`.
            decode: The application's decoder for this handler, from bytes.
            via: Makes the native record that the handler takes from a `Message` (`records.kafka.to_record`).
            pending: A failure at the provider is reported but does not fail its run.

        Raises:
            DeclarationError: what is said cannot be, or another place says it already.
        """
        checked_name(description, "expect", "@consumer.expects('an order was placed', ...)")
        states = self._checked(description, given, decode, content_type, pending=pending)
        sender = self._other_side(f"expect {description!r}", provider, "send it")
        if contents is UNSET and example is UNSET:
            raise DeclarationError(
                f"Cannot expect {description!r}: neither contents nor an example are stated, so any message would do. "
                "Write contents={...} or example=...; a message without contents is contents=None."
            )
        checked_function(via, "via", repr(description), takes=1)
        entries = checked_metadata(metadata, repr(description))

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
                    metadata=entries,
                    content_type=content_type,
                    decode=decode or self.decode,
                    serializer=checked_serializer(serializer, repr(description)) or self.serializer,
                    via=via,
                    pending=pending,
                    parameters=_parameters(handler, f"expect {description!r} of"),
                )
            )
            return handler

        return mark

    def requests(
        self,
        description: str,
        *,
        request: object,
        response: object = UNSET,
        responses: Sequence[object] = (),
        given: States = (),
        sent_by: Callable[..., object] | None = None,
        provider: str | None = None,
        content_type: str | None = None,
        serializer: Serializer | None = None,
        response_serializer: Serializer | None = None,
        decode: Decode | None = None,
        pending: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """State a request that this consumer sends and the response that the decorated handler must cope with.

        A synchronous message of specification 4. The handler takes the response as `expects` would give it a message
        (a list of them, if several are expected) and by name, if it wants, `request`. It is returned, unchanged.

        Args:
            description: Its name; the same description with other states is another interaction.
            request: A template of what is sent, as `contents` of `expects`; with metadata, `Outgoing(template, metadata)`.
            response: A template of what comes back, likewise.
            responses: Where several come back: a template each.
            given: The provider states under which the request is answered.
            sent_by: The function that makes the request in production. It is called too, with the names given to
                `case.deliver` or by `provide`, and what it returns must be what *request* states.
            provider: Who answers, if not the consumer's own provider.
            content_type: Of the request and of the responses; JSON unless their metadata or the serializer says otherwise.
            serializer: Of the request and of the responses, as of `expects`.
            response_serializer: Of the responses, where they have another schema.
            decode: The application's decoder for the responses, from bytes.
            pending: A failure at the provider is reported but does not fail its run.

        Raises:
            DeclarationError: what is said cannot be, or another place says it already.
        """
        checked_name(description, "request", "@consumer.requests('a price is asked for', request=..., response=...)")
        states = self._checked(description, given, decode, content_type, pending=pending)
        answerer = self._other_side(f"request {description!r}", provider, "answer it")
        if (response is UNSET) == (not responses):
            raise DeclarationError(
                f"Cannot request {description!r}: exactly one of response= and responses= says what comes back. "
                "Write response={...}, or for several responses=[{...}, {...}]."
            )
        if responses and not isinstance(responses, list | tuple):
            raise DeclarationError(
                f"Cannot use responses={responses!r} for {description!r}: it is no list. Write response= for a single one."
            )
        checked_function(sent_by, "sent_by", repr(description))
        if sent_by is not None:
            refuse_method(sent_by, f"let {description!r} be sent by")
            refuse_generator(sent_by, f"let {description!r} be sent by", "Return the request.")
        synchronous = SynchronousMessage(
            request,
            tuple(responses) if responses else (response,),
            None if sent_by is None else checked_target(sent_by, f"let {description!r} be sent by"),
            checked_serializer(response_serializer, repr(description)),
        )

        def mark(handler: Callable[P, R]) -> Callable[P, R]:
            self._register(
                Expectation(
                    consumer=self.name,
                    provider=answerer,
                    description=description,
                    states=states,
                    handler=handler,
                    place=Place.of(handler),
                    content_type=content_type,
                    decode=decode or self.decode,
                    serializer=checked_serializer(serializer, repr(description)) or self.serializer,
                    pending=pending,
                    parameters=_parameters(handler, f"request {description!r} of"),
                    synchronous=synchronous,
                )
            )
            return handler

        return mark

    def sequence(
        self,
        description: str,
        *,
        emits: Sequence[Emits],
        given: States = (),
        ordered: bool = True,
        exactly: bool = True,
        within: Sequence[str] = (),
        provider: str | None = None,
        pending: bool = False,
    ) -> None:
        """State which messages one action of the provider's sends; the provider registers it by `action`.

        Args:
            description: What happens at the provider: `checkout completes`.
            emits: Descriptions of messages that are expected of the same provider, once for each time that one is sent; with its
                states where several have that description: `("an order was placed", "an order exists")`. Which states are stated
                for a message does not matter here: the action has its own. An empty list: nothing is sent within *within*.
            given: The provider states under which it happens.
            ordered: Whether they are sent in this order.
            exactly: Whether nothing else is sent where these go, nor within *within*.
            within: Names of topics, queues and exchanges to which nothing else may be sent.
            provider: Whose action it is, if not the consumer's own provider's.
            pending: A failure at the provider is reported but does not fail its run.

        Raises:
            DeclarationError: what is said cannot be, or another place says it already.
        """
        checked_name(description, "state the sequence")
        states = self._checked(description, given, None, None, pending=pending)
        emitter = self._other_side(f"state the sequence {description!r}", provider, "send the messages")
        sent = Emissions.of(description, emits, within, ordered=ordered, exactly=exactly)
        place = place_of_caller(description)
        stated = StatedSequence(emitter, description, states, sent, pending, place)
        identity = (emitter, description, _by_json(states))
        there = self._sequences.get(identity)
        if there is not None and not there.place.is_same(place):
            raise DeclarationError(
                f"Cannot state the sequence {description!r} at {place}: {there.place} does it already. "
                "Give one of them another description or other states."
            )
        self._sequences[identity] = stated

    def _checked(
        self,
        description: str,
        given: States,
        decode: object,
        content_type: object,
        *,
        pending: object,
    ) -> tuple[ProviderState, ...]:
        """The states that are stated; refuses what neither decorator takes."""
        checked_function(decode, "decode", repr(description), takes=1)
        checked_content_type(content_type, repr(description))
        if not isinstance(pending, bool):
            raise DeclarationError(
                f"Cannot use pending={pending!r} for {description!r}: it is a {type(pending).__name__}. Say True or False."
            )
        return tuple(map(_as_json, states_from(given)))

    def _other_side(self, what: str, provider: str | None, doing: str) -> str:
        """The name of the provider that is meant; *what* cannot be done without one."""
        found = provider if provider is not None else self.provider
        if found is None:
            raise DeclarationError(
                f"Cannot {what}: nobody is said to {doing}. "
                f"Write provider='orders', or Consumer({self.name!r}, provider='orders')."
            )
        return checked_name(found, "name a provider")

    def _register(self, expectation: Expectation) -> None:
        verb = "expect" if expectation.synchronous is None else "request"
        identity = (expectation.provider, expectation.description, _by_json(expectation.states))
        there = self._expectations.get(identity)
        if there is not None and there.handler is expectation.handler:
            raise DeclarationError(
                f"Cannot {verb} {str(expectation)!r} twice on {there.place}: one of the two would be lost. "
                "Give one of them another description or other states."
            )
        if there is not None and not is_again(there.handler, expectation.handler):
            raise DeclarationError(
                f"Cannot {verb} {str(expectation)!r} at {expectation.place}: {there.place} {verb}s it already. "
                "Give one of them another description or other states."
            )
        if there is None or expectation.place.module != "__main__":  # a name by which it was imported before stays
            self._expectations[identity] = expectation

    def provide(self, name: str, factory: Callable[..., object]) -> None:
        """Say what handlers are given for their parameter *name* in runs without pytest.

        *factory* takes no arguments and is called once a message; a generator function adds the tear-down. It may be
        async.
        """
        checked_name(name, "provide a value for")
        if not callable(factory):
            raise DeclarationError(
                f"Cannot provide {name!r} by {factory!r}: it is no function. Write provide({name!r}, lambda: value)."
            )
        checked_function(factory, "factory", repr(name), takes=0)
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
        each: object  # what users give is looked at, whatever its annotation says
        for each in selection:
            if not isinstance(each, str) and not callable(each):
                raise DeclarationError(
                    f"Cannot parametrize by {each!r}: it is a {type(each).__name__}. "
                    "Name descriptions or handlers, one by one: parametrize('a', 'b')."
                )
            if len(selection) == 1 and callable(each) and _is_a_test(each):
                raise DeclarationError(
                    f"Cannot parametrize by {Place.of(each)}: that is a test. Write the parentheses: "
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


def _is_a_test(function: Callable[..., object]) -> bool:
    """Whether it is a test that takes cases, as where the parentheses behind `parametrize` were forgotten."""
    takes = getattr(getattr(function, "__code__", None), "co_varnames", ())
    return getattr(function, "__name__", "").startswith("test") and "case" in takes


def _by_json(states: Iterable[ProviderState]) -> tuple[tuple[str, str], ...]:
    """States, to be told apart."""
    return tuple((each.name, json.dumps(each.params, sort_keys=True)) for each in states)


def _as_json(state: ProviderState) -> ProviderState:
    """The state with its parameters as they will be read from the pact: `(1, 2)` as `[1, 2]`."""
    try:
        return ProviderState(state.name, json.loads(json.dumps(dict(state.params), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use the provider state {str(state)!r}: its parameters are no JSON ({error}). "
            "Write them as strings, numbers, booleans, lists and dicts."
        ) from None


def _parameters(handler: object, doing: str) -> Parameters:
    """What the handler takes, if it can be given a message."""
    if isinstance(handler, type):
        raise DeclarationError(
            f"Cannot {doing} {Place.of(handler)}: it is a class, and calling it handles nothing. "
            "Decorate a function, or register a method of an instance: expects(...)(instance.method)."
        )
    if type(handler).__module__.startswith("faststream."):
        raise DeclarationError(
            f"Cannot {doing} {handler!r}: it is what FastStream made of a handler, which it calls by itself. Write the "
            "decorator below FastStream's, right above the function."
        )
    parameters = checked_target(handler, doing)
    place = Place.of(parameters.function)
    refuse_generator(parameters.function, doing, "Let it handle the message when it is called.")
    if not parameters.positional and not parameters.takes_any_position:
        raise DeclarationError(
            f"Cannot {doing} {place}: it takes no positional parameter for the contents. "
            "Add one: def handler(order: OrderPlaced)."
        )
    first = 2 if parameters.positional and parameters.positional[0].name in ("self", "cls") else 1
    for each in parameters.positional_only[first:]:
        if each.default is each.empty:
            raise DeclarationError(
                f"Cannot {doing} {place}: its parameter {each.name!r} cannot be given by name, "
                "and only the message is given by position. Remove the '/' behind it."
            )
    return parameters
