"""One message on its way to its handler: loaded as the handler wants it, handed over."""

import difflib
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgpact.annotations import name_of
from msgpact.calls import Call, Resource, Steps, enter, finish, in_words, refuse_generators
from msgpact.checking import check_once
from msgpact.errors import ContractBroken, DeclarationError, MsgpactError
from msgpact.example_messages import Examples
from msgpact.expectation import Expectation, is_tombstone, load_as, native_type
from msgpact.model import Message, Serializer
from msgpact.producing import Broken, Maker, message_of
from msgpact.signatures import Parameters, Place

__all__ = ["Delivery"]

Handler = Callable[..., object]
Factories = Mapping[str, Callable[..., object]]


@dataclass(slots=True)
class Delivery:
    """One message on its way, or the responses to a request.

    Attributes:
        factories: What the consumer provides for parameters that nobody else gives.
        turn: Whose turn it is, in words, and its place: what raises now, raises there.
    """

    expectation: Expectation
    examples: Examples
    factories: Factories = field(default_factory=dict)
    turn: tuple[str, Place] | None = None

    def steps(self, handler: Handler | None = None, names: Mapping[str, object] | None = None) -> Steps[Any]:
        """Load the message, find a value for every parameter, call the handler, tear down; gives what it returned.

        Of a synchronous message the function that makes the request is called before, and what it makes is checked.
        """
        function, given = handler or self.expectation.handler, names or {}
        parameters = self.expectation.parameters if handler is None else Parameters(handler)
        contents = yield from self._contents(parameters)
        synchronous = self.expectation.synchronous
        sender = None if synchronous is None else synchronous.sent_by
        self._check_names(given, [parameters] if sender is None else [parameters, sender])
        first = parameters.positional[0].name if parameters.positional else None
        arguments = self._arguments(parameters, given, self._offered(parameters), without=first)
        of_sender = _Arguments() if sender is None else self._arguments(sender, given, {})
        return (yield from self._called(function, contents, arguments, sender, of_sender))

    def _contents(self, parameters: Parameters) -> Steps[object]:
        """What the handler's first parameter is given."""
        expectation, message = self.expectation, self.examples.delivered[0]
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
        if positional and into is positional[0].empty:
            into = Any
        if len(self.examples.delivered) == 1:
            return (yield from self._loaded(message, into, place))
        several = []
        for each in self.examples.delivered:
            several.append((yield from self._loaded(each, self._item(into, place), place)))
        return several

    def _item(self, into: Any, place: Place) -> Any:
        """As what each of several responses is delivered to a parameter that takes all of them."""
        if into in (Any, object, list):
            return Any
        if typing.get_origin(into) is list:
            return typing.get_args(into)[0]
        raise DeclarationError(
            f"Cannot deliver {self.expectation.description!r} to {place} as {name_of(into)}: several responses are "
            f"delivered as a list. Annotate it as one: list[dict], say."
        )

    def _loaded(self, message: Message, into: Any, place: Place) -> Steps[object]:
        """One message's contents as a parameter annotates them."""
        decode = self.expectation.decode
        if native_type(into) is Message:
            return message
        if is_tombstone(message, self.expectation.delivered_by):
            return None
        if decode is not None:
            return (yield self._call(decode, (message.contents or b"",), {}, "decode function"))
        if native_type(into) is bytes:
            return message.contents or b""
        return self._built(message, into, place, "example", self.expectation.delivered_by)

    def _built(self, message: Message, into: Any, place: Place, what: str, serializer: Serializer | None) -> object:
        try:
            return load_as(into, message, serializer)
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot deliver {self.expectation.description!r} to {place}: its {what} does not load as {name_of(into)}: "
                f"{str(error).rstrip('.')}. Mend the example, or give the application's own decoder by decode=."
            ) from None

    # -- parameters --

    def _check_names(self, names: Mapping[str, object], called: list[Parameters]) -> None:
        """Refuse names that none of the functions that are called takes."""
        first = called[0].positional[0].name if called[0].positional else None
        taken = list(dict.fromkeys(name for each in called for name in each.named if name != first))
        for name in names:
            if name not in taken and not any(each.takes_any_name for each in called):
                place = Place.of(called[0].function)
                raise DeclarationError(
                    f"Cannot deliver {self.expectation.description!r} with {name}=...: "
                    f"{_not_taken(name, first, place, taken)}"
                )

    def _offered(self, parameters: Parameters) -> dict[str, Callable[[inspect.Parameter], object]]:
        """What a handler is given by name if it takes it: functions of the parameter."""
        first, request = self.examples.delivered[0], self.examples.request
        place = Place.of(parameters.function)
        offered: dict[str, Callable[[inspect.Parameter], object]] = {
            name: lambda _: first
            for name, parameter in parameters.named.items()
            if native_type(parameters.annotation(parameter)) is Message
        }
        offered["metadata"] = lambda _: dict(first.metadata)
        if request is not None:
            offered["request"] = lambda parameter: self._request(request, parameters.annotation(parameter), place)
        return offered

    def _arguments(
        self,
        parameters: Parameters,
        names: Mapping[str, object],
        offered: Mapping[str, Callable[[inspect.Parameter], object]],
        *,
        without: str | None = None,
    ) -> "_Arguments":
        """Values for a function's parameters but the one *without*, and which of them factories are to make."""
        place, description = Place.of(parameters.function), self.expectation.description
        found = _Arguments()
        if parameters.takes_any_name:
            found.values.update(names)
        for name, parameter in parameters.named.items():
            if name == without:
                continue
            if name in names:
                found.values[name] = names[name]
            elif name in offered:
                found.values[name] = offered[name](parameter)
            elif name in self.factories:
                found.wanted.append(name)
            elif parameter.default is parameter.empty:
                raise DeclarationError(
                    f"Cannot deliver {description!r} to {place}: its parameter {name!r} has no value. "
                    f"Give it in the test, case.deliver({name}=...), or for runs without pytest by "
                    f"consumer.provide({name!r}, factory)."
                )
        return found

    def _request(self, request: Message, annotation: Any, place: Place) -> object:
        """The request that is answered, as the handler's parameter annotates it."""
        if native_type(annotation) is Message:
            return request
        if native_type(annotation) is bytes or request.contents is None:
            return request.contents
        into = Any if annotation is inspect.Parameter.empty else annotation
        return self._built(request, into, place, "request", self.expectation.serializer)

    # -- calling --

    def _called(
        self,
        function: Handler,
        contents: object,
        arguments: "_Arguments",
        sender: Parameters | None,
        of_sender: "_Arguments",
    ) -> Steps[Any]:
        """Call the functions within what the factories make; the last one made is torn down first."""
        resources: list[Resource] = []
        result: Any = None
        failure: BaseException | None = None
        try:
            made: dict[str, object] = {}
            for name in dict.fromkeys([*of_sender.wanted, *arguments.wanted]):
                factory = self.factories[name]
                self.turn = "factory", Place.of(factory)
                made[name], resource = yield from enter(factory, {}, "factory")
                if resource is not None:
                    resources.append(resource)
            if sender is not None:
                yield from self._check_request(sender, of_sender.complete(made))
            call = self._call(function, (contents,), arguments.complete(made), "handler")
            refuse_generators(result := (yield call), call)
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

    def _check_request(self, sender: Parameters, names: Mapping[str, object]) -> Steps[None]:
        """Let the request be made, and check that it is the one that is stated."""
        place, expected = Place.of(sender.function), self.expectation.interaction.request
        assert expected is not None
        returned = yield self._call(sender.function, (), names, "sender")
        try:
            content_type = expected.contents.content_type or ""
            serializer = self.expectation.serializer or expected.contents.serializer
            request = message_of(returned, Maker(place, content_type, serializer=serializer, role="sender"))
        except Broken as error:
            raise ContractBroken(str(error)) from None
        # Exactly: a provider is verified with what is stated, and with nothing more.
        if mismatches := check_once(expected, request, unexpected_keys=False):
            listed = "".join(f"\n    {each}" for each in mismatches)
            raise ContractBroken(
                f"Cannot request {self.expectation.description!r}: what {place} sends is not what is stated. "
                f"Mend the one or the other.{listed}"
            )

    def _call(self, function: Handler, args: tuple[object, ...], kwargs: Mapping[str, object], role: str) -> Call:
        self.turn = role, Place.of(function)
        return Call(function, args, kwargs, role)


class _Arguments:
    """What a function is given by name: values that are there, and names whose values factories make."""

    __slots__ = ("values", "wanted")

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.wanted: list[str] = []

    def complete(self, made: Mapping[str, object]) -> dict[str, object]:
        """All of it, once the factories have *made* theirs."""
        return {**self.values, **{name: made[name] for name in self.wanted}}


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
