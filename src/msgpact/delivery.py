"""One message on its way to its handler: made from the example, loaded as the handler wants it, handed over."""

import datetime
import difflib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgpact.annotations import name_of
from msgpact.calls import Call, Resource, Steps, enter, finish, in_words
from msgpact.check import check_message
from msgpact.errors import DeclarationError
from msgpact.expectation import Expectation, load_as, message_of, native_type
from msgpact.model import Contents, Form, Generator, Message, MessageContents, Presence, RuleSet
from msgpact.rules import generators
from msgpact.serializers import serializer_for, xml
from msgpact.signatures import Parameters, Place

__all__ = ["Delivery", "example_message"]

Handler = Callable[..., object]
Factories = Mapping[str, Callable[..., object]]


# -- the message -----------------------------------------------------------------------------------------------------


def example_message(expectation: Expectation, seed: int) -> Message:
    """The message that a handler is given: the example through the real serializer, with generated values.

    Raises:
        DeclarationError: what was stated cannot be, or a generator's value does not meet the rule at its place.
    """
    expected = expectation.interaction.message
    assert expected is not None
    in_body, in_metadata = _body_generators(expected), expected.generators.get("metadata", {})
    if not in_body and not in_metadata:
        return message_of(expected, expected.contents.value, expected.metadata)
    # Each message has a source of its own: which others run, and in what order, changes nothing.
    source = random.Random(f"{seed}:{expectation.provider}:{expectation}")
    context = generators.Context(source, datetime.datetime.now(datetime.UTC))
    try:
        value = _generated(expected.contents, in_body, context)
        metadata = generators.apply_to_metadata(expected.metadata, in_metadata, context)
    except generators.GeneratorError as error:
        raise DeclarationError(
            f"Cannot generate a value for {expectation.description!r}: {error}. Mend the generator at {expectation.place}."
        ) from None
    message = message_of(expected, value, metadata)
    for mismatch in check_message(expected, message):
        raise DeclarationError(
            f"Cannot deliver a generated value for {expectation.description!r}: it does not meet its rule ({mismatch}). "
            f"Mend the generator at {expectation.place}, or the rule."
        )
    return message


def _generated(contents: Contents, in_body: Mapping[str, Generator], context: generators.Context) -> object:
    """The contents with their generated values."""
    serializer = serializer_for(contents.content_type)
    if contents.presence is not Presence.PRESENT or contents.form is not Form.TEXT or serializer is not xml:
        return generators.apply(contents.value, in_body, context)
    root = xml.load(str(contents.value))
    generators.apply_to_xml(root, in_body, context)
    return root


def _body_generators(expected: MessageContents) -> dict[str, Generator]:
    """The generators of the contents, those of arrayContains' variants at the items that show them."""
    return {
        **dict(_of_variants("$", expected.matching_rules.get("body", {}))),
        **expected.generators.get("body", {}),
    }


def _of_variants(top: str, rules: Mapping[str, RuleSet]) -> Iterator[tuple[str, Generator]]:
    for path, rule_set in rules.items():
        for rule in rule_set.matchers:
            variants: Any = rule.attributes.get("variants", ())
            for variant in variants:
                item = f"{top}{path.removeprefix('$')}[{variant.index}]"
                for below, generator in variant.generators.items():
                    yield item + below.removeprefix("$"), generator
                yield from _of_variants(item, variant.rules or {})


# -- the way ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Delivery:
    """One message on its way.

    Attributes:
        factories: What the consumer provides for parameters that nobody else gives.
        turn: Whose turn it is, in words, and its place: what raises now, raises there.
    """

    expectation: Expectation
    message: Message
    factories: Factories = field(default_factory=dict)
    turn: tuple[str, Place] | None = None

    def made(self, handler: Handler | None = None, names: Mapping[str, object] | None = None) -> Steps[Any]:
        """Load the message, find a value for every parameter, call the handler, tear down; gives what it returned."""
        function = handler or self.expectation.handler
        parameters = self.expectation.parameters if handler is None else Parameters(handler)
        contents = yield from self._contents(parameters)
        kwargs, wanted = self._arguments(parameters, names or {})
        return (yield from self._called(function, contents, kwargs, wanted))

    def _contents(self, parameters: Parameters) -> Steps[object]:
        """What the handler's first parameter is given."""
        expectation, message = self.expectation, self.message
        place, positional = Place.of(parameters.function), parameters.positional
        if not positional and not parameters.takes_any_position:
            raise DeclarationError(
                f"Cannot deliver {expectation.description!r} to {place}: it takes no positional parameter. Add one."
            )
        if parameters is expectation.parameters and expectation.is_method:
            raise DeclarationError(
                f"Cannot deliver {expectation.description!r} to {place}: it is a method, and nobody made what it belongs to. "
                "Give it in a test: case.deliver(handler=instance.method)."
            )
        if expectation.via is not None:
            return (yield self._call(expectation.via, (message,), {}, "via function"))
        into: Any = parameters.annotation(positional[0], needed=True) if positional else Any
        if native_type(into) is Message:
            return message
        if message.contents is None:
            return None
        if expectation.decode is not None:
            return (yield self._call(expectation.decode, (message.contents,), {}, "decode function"))
        if native_type(into) is bytes:
            return message.contents
        if positional and into is positional[0].empty:
            into = Any
        try:
            return load_as(into, message.contents, message.content_type)
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot deliver {expectation.description!r} to {place}: its example does not load as {name_of(into)}: "
                f"{str(error).rstrip('.')}. Mend the example, or give the application's own decoder by decode=."
            ) from None

    def _arguments(
        self, parameters: Parameters, names: Mapping[str, object]
    ) -> tuple[dict[str, object], list[tuple[str, Callable[..., object]]]]:
        """Values for the parameters after the first, and which of them factories are to make."""
        place, description = Place.of(parameters.function), self.expectation.description
        first = parameters.positional[0].name if parameters.positional else None
        taken = {name: each for name, each in parameters.named.items() if name != first}
        for name in names:
            if name not in taken and not parameters.takes_any_name:
                raise DeclarationError(
                    f"Cannot deliver {description!r} with {name}=...: {_not_taken(name, first, place, list(taken))}"
                )
        kwargs, wanted = dict(names), []
        for name, parameter in taken.items():
            if name in kwargs:
                continue
            if name == "metadata":
                kwargs[name] = dict(self.message.metadata)
            elif native_type(parameters.annotation(parameter)) is Message:
                kwargs[name] = self.message
            elif name in self.factories:
                wanted.append((name, self.factories[name]))
            elif parameter.default is parameter.empty:
                raise DeclarationError(
                    f"Cannot deliver {description!r} to {place}: its parameter {name!r} has no value. "
                    f"Give it in the test, case.deliver({name}=...), or for runs without pytest by "
                    f"consumer.provide({name!r}, factory)."
                )
        return kwargs, wanted

    def _called(
        self,
        function: Handler,
        contents: object,
        kwargs: Mapping[str, object],
        wanted: list[tuple[str, Callable[..., object]]],
    ) -> Steps[Any]:
        """Call the handler within what the factories make; the last one made is torn down first."""
        given = dict(kwargs)
        resources: list[Resource] = []
        result: Any = None
        failure: BaseException | None = None
        try:
            for name, factory in wanted:
                self.turn = "factory", Place.of(factory)
                given[name], resource = yield from enter(factory, {}, "factory")
                if resource is not None:
                    resources.append(resource)
            result = yield self._call(function, (contents,), given, "handler")
        except GeneratorExit:  # the steps are abandoned: no more can be called
            resources.clear()
            raise
        except BaseException as error:
            failure = error
        yield from finish(resources, late := _Late(failure, self.turn))
        self.turn = late.turn
        if late.failure is not None:
            raise late.failure
        return result

    def _call(self, function: Handler, args: tuple[object, ...], kwargs: Mapping[str, object], role: str) -> Call:
        self.turn = role, Place.of(function)
        return Call(function, args, kwargs, role)


@dataclass(slots=True)
class _Late:
    """What went wrong in the end: the first failure, to which those of tear-downs are noted."""

    failure: BaseException | None
    turn: tuple[str, Place] | None

    def __call__(self, resource: Resource, error: BaseException) -> None:
        turn = f"tear-down of the {resource.role}", Place.of(resource.function)
        if self.failure is None:
            self.failure, self.turn = error, turn
        else:
            self.failure.add_note(f"The {turn[0]} {turn[1]} raised {in_words(error)}")


def _not_taken(name: str, first: str | None, place: Place, taken: list[str]) -> str:
    if name == first:
        return f"{place} takes the message there. Leave it out."
    close_to = difflib.get_close_matches(name, taken, n=1)
    hint = f"Did you mean {close_to[0]!r}?" if close_to else f"It takes: {', '.join(taken) or 'nothing more'}."
    return f"{place} takes no such parameter. {hint}"
