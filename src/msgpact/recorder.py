"""Recording: handlers are given the messages they expect, and what they cope with becomes a pact."""

import datetime
import difflib
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgpact.calls import (
    Call,
    EventLoop,
    Parameters,
    Place,
    Resource,
    Steps,
    SyncDriver,
    close,
    drive,
    enter,
    refuse_running_loop,
)
from msgpact.consumer import Consumer
from msgpact.errors import DeclarationError, MsgpactError, NothingToVerify, UserCodeError
from msgpact.expectation import Expectation
from msgpact.model import Interaction, InteractionType, Message, Presence
from msgpact.pactfile import files
from msgpact.pairs import commit, pairs_of
from msgpact.results import Outcome, Problem, RecordReport, RecordResult, WrittenPact
from msgpact.rules import generators
from msgpact.serializers import serializer_for

__all__ = ["ConsumerCase", "arecord", "consumer_cases", "new_seed", "record"]


def new_seed() -> int:
    """A seed for a run; it is printed, so that the run can be repeated."""
    return random.SystemRandom().randrange(2**32)


# -- one case --------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ConsumerCase:
    """One expected message, to be delivered to its handler by a test.

    Attributes:
        message: What is delivered: the example, with generated values drawn from the run's seed.
        delivered: Whether a handler has returned from it.
    """

    consumer: Consumer
    expectation: Expectation
    seed: int
    loop: EventLoop | None = None
    timeout: float | None = None
    delivered: bool = False
    _message: Message | None = field(default=None, repr=False)

    @property
    def description(self) -> str:
        return self.expectation.description

    @property
    def interaction(self) -> Interaction:
        """The interaction as the pact holds it."""
        return self.expectation.interaction

    @property
    def message(self) -> Message:
        if self._message is None:
            self._message = example_message(self.expectation, self.seed)
        return self._message

    def deliver(self, *, handler: Callable[..., object] | None = None, **names: object) -> Any:
        """Give the message to the handler, sync or async, and return what it returns.

        Args:
            handler: Called instead of the decorated function: a bound method, for handlers that are methods.
            names: Values for the handler's other parameters.

        Raises:
            DeclarationError: the handler cannot be called so, or the example does not fit what it takes.
            WrongDriver: an event loop is running here; `await case.adeliver(...)` instead.
        """
        __tracebackhide__ = True
        refuse_running_loop(f"deliver {self.description!r}", "case.adeliver(...)")
        own_loop = EventLoop() if self.loop is None else None
        try:
            with SyncDriver(self.loop or own_loop or EventLoop(), timeout=self.timeout) as driver:
                result = driver.run(_deliver(self, handler, names))
        finally:
            if own_loop is not None:
                own_loop.close()
        self.delivered = True
        return result

    async def adeliver(self, *, handler: Callable[..., object] | None = None, **names: object) -> Any:
        """As `deliver`, on the event loop that runs here."""
        __tracebackhide__ = True
        result = await drive(_deliver(self, handler, names), timeout=self.timeout)
        self.delivered = True
        return result


def example_message(expectation: Expectation, seed: int) -> Message:
    """The message that a handler is given: the example through the real serializer, with generated values."""
    expected = expectation.interaction.message
    assert expected is not None
    # Each message has a source of its own: which others run, and in what order, changes nothing.
    source = random.Random(f"{seed}:{expectation.provider}:{expectation}")
    context = generators.Context(source, datetime.datetime.now(datetime.UTC))
    try:
        value = generators.apply(expected.contents.value, expected.generators.get("body", {}), context)
        metadata = generators.apply_to_metadata(expected.metadata, expected.generators.get("metadata", {}), context)
    except generators.GeneratorError as error:
        raise DeclarationError(
            f"Cannot generate a value for {expectation.description!r}: {error}. Mend the generator at {expectation.place}."
        ) from None
    if expected.contents.presence is Presence.PRESENT:
        contents: bytes | None = serializer_for(expectation.content_type).dump(value)
    else:
        contents = b"" if expected.contents.presence is Presence.EMPTY else None
    return Message(contents, content_type=expected.contents.content_type, metadata=metadata)


def _deliver(case: ConsumerCase, handler: Callable[..., object] | None, names: Mapping[str, object]) -> Steps[Any]:
    """Decode the message, find a value for every parameter, call the handler, tear down."""
    expectation = case.expectation
    function = handler or expectation.handler
    parameters = Parameters(function) if handler is not None else expectation.parameters
    message = case.message
    first = yield from _contents(expectation, parameters, message)
    resources: list[Resource] = []
    try:
        kwargs = yield from _keywords(case, parameters, message, names, resources)
        return (yield Call(function, (first,), kwargs, "handler"))
    finally:
        for resource in reversed(resources):
            yield from close(resource)


def _contents(expectation: Expectation, parameters: Parameters, message: Message) -> Steps[object]:
    """What the handler's first parameter is given."""
    if expectation.via is not None:
        return (yield Call(expectation.via, (message,), {}, "via function"))
    positional = parameters.positional
    place = Place.of(parameters.function)
    if not positional and not parameters.takes_any_position:
        raise DeclarationError(
            f"Cannot deliver {expectation.description!r} to {place}: it takes no positional parameter. Add one."
        )
    into: Any = parameters.annotation(positional[0], needed=True) if positional else None
    if positional and positional[0].name == "self" and "." in place.name and into is positional[0].empty:
        raise DeclarationError(
            f"Cannot deliver {expectation.description!r} to {place}: it is a method, and there is no instance of its class. "
            "Give one in the test: case.deliver(handler=instance.method)."
        )
    if into is Message:
        return message
    if message.contents is None or into is bytes:
        return message.contents
    if expectation.decode is not None:
        return (yield Call(expectation.decode, (message.contents,), {}, "decode function"))
    serializer = serializer_for(message.content_type)
    try:
        if not positional or _is_plain(into, positional[0].empty):
            return serializer.load(message.contents)
        return serializer.build(message.contents, into)
    except (TypeError, ValueError) as error:
        name = getattr(into, "__name__", str(into))
        raise DeclarationError(
            f"Cannot deliver {expectation.description!r} to {place}: its example does not load as {name}: {error}. "
            "Mend the example, or give the application's own decoder by decode=."
        ) from None


def _is_plain(annotation: object, empty: object) -> bool:
    """Whether a handler takes the decoded document as it is."""
    bare = getattr(annotation, "__origin__", annotation)
    return annotation is empty or (bare in (Any, object, dict, Mapping) and not getattr(annotation, "__args__", None))


def _keywords(
    case: ConsumerCase, parameters: Parameters, message: Message, names: Mapping[str, object], resources: list[Resource]
) -> Steps[dict[str, object]]:
    """Values for the parameters after the first: the test's, metadata, the message, what the consumer provides."""
    place = Place.of(parameters.function)
    first = parameters.positional[0].name if parameters.positional else None
    wanted = {name: each for name, each in parameters.named.items() if name != first}
    for name in names:
        if name not in wanted and not parameters.takes_any_name:
            close_to = difflib.get_close_matches(name, wanted, n=1)
            hint = f"Did you mean {close_to[0]!r}?" if close_to else f"It takes: {', '.join(wanted) or 'nothing more'}."
            raise DeclarationError(
                f"Cannot deliver {case.description!r} with {name}=...: {place} takes no such parameter. {hint}"
            )
    kwargs: dict[str, object] = dict(names)
    for name, parameter in wanted.items():
        if name in kwargs:
            continue
        if name == "metadata":
            kwargs[name] = dict(message.metadata)
        elif parameters.annotation(parameter) is Message:
            kwargs[name] = message
        elif name in case.consumer.factories:
            value, resource = yield from enter(case.consumer.factories[name], {}, "factory")
            kwargs[name] = value
            if resource is not None:
                resources.append(resource)
        elif parameter.default is parameter.empty:
            raise DeclarationError(
                f"Cannot deliver {case.description!r} to {place}: its parameter {name!r} has no value. "
                f"Give it in the test, case.deliver({name}=...), or for runs without pytest by "
                f"consumer.provide({name!r}, factory)."
            )
    return kwargs


def consumer_cases(
    consumer: Consumer,
    selection: Sequence[str | Callable[..., object]] = (),
    *,
    seed: int,
    loop: EventLoop | None = None,
    timeout: float | None = None,
) -> list[ConsumerCase]:
    """A case for each expectation that *selection* (descriptions, handlers) names, or for all.

    Raises:
        NothingToVerify: nothing is declared, or the selection names what is not.
    """
    expectations = consumer.load()
    if not expectations:
        where = (
            f"in {', '.join(consumer.modules)}"
            if consumer.modules
            else "in any module imported so far; name them: modules=[...]"
        )
        raise NothingToVerify(f"Cannot record {consumer.name!r}: it expects no message {where}.")
    chosen = list(expectations)
    if selection:
        chosen = []
        for wanted in selection:
            found = [
                each
                for each in expectations
                if (each.description == wanted if isinstance(wanted, str) else each.handler is wanted)
            ]
            if not found:
                raise NothingToVerify(_not_expected(consumer, wanted, expectations))
            chosen.extend(each for each in found if each not in chosen)
    return [ConsumerCase(consumer, each, seed, loop, timeout) for each in chosen]


def _not_expected(consumer: Consumer, wanted: object, expectations: Sequence[Expectation]) -> str:
    names = [each.description for each in expectations]
    if not isinstance(wanted, str):
        name = Place.of(wanted) if callable(wanted) else repr(wanted)
        return f"Cannot select {name}: consumer {consumer.name!r} expects nothing of it. Decorate it with expects."
    close_to = difflib.get_close_matches(wanted, names, n=1)
    hint = f"Did you mean {close_to[0]!r}?" if close_to else f"It expects: {', '.join(map(repr, names))}."
    return f"Cannot select {wanted!r}: consumer {consumer.name!r} expects no such message. {hint}"


# -- runs without pytest ---------------------------------------------------------------------------------------------

OnResult = Callable[[RecordResult], None]


def record(
    consumer: Consumer,
    pacts: str | os.PathLike[str] = "pacts",
    *,
    spec_version: str = "4.0",
    seed: int | None = None,
    timeout: float | None = None,
    prune: bool = False,
    on_result: OnResult | None = None,
) -> RecordReport:
    """Deliver every expected message to its handler and write the pacts of the pairs that are green.

    Args:
        pacts: The folder.
        spec_version: `4.0` or `3.0.0`.
        seed: Of generated values; a fresh one if not given.
        timeout: Seconds that a handler may take.
        prune: Also drop what modules recorded that are gone.
        on_result: Called with each result as it comes.

    Raises:
        WrongDriver: an event loop is running here; `await arecord(...)` instead.
    """
    refuse_running_loop(f"record {consumer.name!r}", "msgpact.arecord(...)")
    run = _Run(consumer, pacts, spec_version, new_seed() if seed is None else seed, prune, on_result)
    with EventLoop() as loop:
        for case in run.cases():
            with SyncDriver(loop, timeout=timeout) as driver:
                run.add(driver.run(_recorded(case)))
    return run.report()


async def arecord(
    consumer: Consumer,
    pacts: str | os.PathLike[str] = "pacts",
    *,
    spec_version: str = "4.0",
    seed: int | None = None,
    timeout: float | None = None,
    prune: bool = False,
    on_result: OnResult | None = None,
) -> RecordReport:
    """As `record`, on the event loop that runs here."""
    run = _Run(consumer, pacts, spec_version, new_seed() if seed is None else seed, prune, on_result)
    for case in run.cases():
        run.add(await drive(_recorded(case), timeout=timeout))
    return run.report()


def _recorded(case: ConsumerCase) -> Steps[RecordResult]:
    """Deliver, and say what became of it; only what ends the program goes through."""
    expectation = case.expectation
    said: dict[str, Any] = {"handler": expectation.place}
    try:
        said["notes"] = expectation.notes
        interaction = case.interaction
        yield from _deliver(case, None, {})
    except MsgpactError as error:
        outcome = Outcome.RAISED if isinstance(error, UserCodeError) else Outcome.MISUSED
        return RecordResult(
            expectation.consumer, expectation.provider, _named_only(expectation), outcome, str(error), error, **said
        )
    except Exception as error:
        text = f"The handler {expectation.place} raised {type(error).__name__}: {error}"
        return RecordResult(
            expectation.consumer, expectation.provider, _named_only(expectation), Outcome.RAISED, text, error, **said
        )
    return RecordResult(expectation.consumer, expectation.provider, interaction, Outcome.PASSED, **said)


def _named_only(expectation: Expectation) -> Interaction:
    return Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, expectation.description, expectation.states)


class _Run:
    """What `record` and `arecord` share: everything but calling."""

    def __init__(
        self,
        consumer: Consumer,
        pacts: str | os.PathLike[str],
        spec_version: str,
        seed: int,
        prune: bool,
        on_result: OnResult | None,
    ) -> None:
        files.normal_version(spec_version)  # before anything runs
        self.consumer, self.folder, self.spec_version = consumer, Path(pacts), spec_version
        self.seed, self.prune, self.on_result = seed, prune, on_result
        self.results: list[RecordResult] = []
        self.problems: list[Problem] = []

    def cases(self) -> list[ConsumerCase]:
        try:
            return consumer_cases(self.consumer, seed=self.seed)
        except MsgpactError as error:
            self.problems.append(Problem(Outcome.MISUSED, str(error)))
        except Exception as error:  # raised by a module while it was imported
            what = f"{type(error).__name__}: {error}"
            text = f"Cannot import the modules of consumer {self.consumer.name!r}: {what}. Mend the module."
            self.problems.append(Problem(Outcome.RAISED, text, error))
        return []

    def add(self, result: RecordResult) -> None:
        self.results.append(result)
        if self.on_result is not None:
            self.on_result(result)

    def report(self) -> RecordReport:
        written: list[WrittenPact] = []
        if self.results:
            pairs = pairs_of(self.consumer)
            for result in self.results:
                pair = pairs[result.provider]
                if result.outcome is Outcome.PASSED:
                    pair.green[str(result.interaction)] = result.interaction
                else:
                    pair.red.append(str(result.interaction))
            written, problems = commit(list(pairs.values()), self.folder, self.spec_version, prune=self.prune)
            self.problems.extend(problems)
        return RecordReport(self.consumer.name, self.seed, tuple(self.results), tuple(written), tuple(self.problems))
