"""Recording: handlers are given the messages they expect, and what they cope with becomes a pact."""

import difflib
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgpact.calls import (
    EventLoop,
    Steps,
    SyncDriver,
    drive,
    ends_the_run,
    in_users_code,
    in_words,
    refuse_running_loop,
)
from msgpact.consumer import Consumer
from msgpact.deadlines import checked_timeout
from msgpact.delivery import Delivery
from msgpact.errors import ContractBroken, MsgpactError, NothingToVerify, UserCodeError
from msgpact.example_messages import Examples, examples
from msgpact.expectation import Expectation
from msgpact.model import Interaction, InteractionType, Message
from msgpact.pactfile import files
from msgpact.pairs import Pair, commit, pairs_of
from msgpact.results import Outcome, Problem, RecordReport, RecordResult, WrittenPact
from msgpact.signatures import Place

__all__ = ["ConsumerCase", "arecord", "consumer_cases", "new_seed", "record"]


def new_seed() -> int:
    """A seed for a run; it is printed, so that the run can be repeated."""
    return random.SystemRandom().randrange(2**32)


# -- one case --------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class ConsumerCase:
    """One expected message, to be delivered to its handler by a test.

    Attributes:
        message: What is delivered: the example, with generated values drawn from the run's seed; the first response to
            a request.
        responses: All responses to a request.
        request: The request, as stated.
        delivered: Whether a handler has returned from it.
    """

    consumer: Consumer
    expectation: Expectation
    seed: int
    _loop: EventLoop | None = None
    _timeout: float | None = None
    delivered: bool = False
    _examples: Examples | None = None

    def __repr__(self) -> str:
        return f"ConsumerCase({str(self.expectation)!r}, consumer={self.consumer.name!r})"

    @property
    def description(self) -> str:
        return self.expectation.description

    @property
    def interaction(self) -> Interaction:
        """The interaction as the pact holds it."""
        return self.expectation.interaction

    @property
    def message(self) -> Message:
        return self._messages.delivered[0]

    @property
    def responses(self) -> tuple[Message, ...]:
        return self._messages.delivered if self.expectation.synchronous is not None else ()

    @property
    def request(self) -> Message | None:
        return self._messages.request

    @property
    def _messages(self) -> Examples:
        if self._examples is None:
            self._examples = examples(self.expectation, self.seed)
        return self._examples

    def deliver(self, *, handler: Callable[..., object] | None = None, **names: object) -> Any:
        """Give the message to the handler, sync or async, and return what it returns.

        Args:
            handler: Called instead of the decorated function: a bound method, for handlers that are methods.
            names: Values for the handler's other parameters.

        Raises:
            DeclarationError: the handler cannot be called so, or the example does not fit what it takes.
            WrongDriver: an event loop is running here; `await case.adeliver(...)` instead.
        """
        refuse_running_loop(f"deliver {self.description!r}", "case.adeliver(...)")
        with EventLoop() as own_loop, SyncDriver(self._loop or own_loop, timeout=self._timeout) as driver:
            result = driver.run(self._delivery().steps(handler, names))
        self.delivered = True
        return result

    async def adeliver(self, *, handler: Callable[..., object] | None = None, **names: object) -> Any:
        """As `deliver`, on the event loop that runs here."""
        result = await drive(self._delivery().steps(handler, names), timeout=self._timeout)
        self.delivered = True
        return result

    def _delivery(self) -> Delivery:
        return Delivery(self.expectation, self._messages, self.consumer.factories)


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
    run = _Run(consumer, pacts, spec_version, seed, prune, timeout, on_result)
    with EventLoop() as loop:
        for case in run.cases():
            # A driver for each message: what one sets in its context is not seen by the next.
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
    run = _Run(consumer, pacts, spec_version, seed, prune, timeout, on_result)
    for case in run.cases():
        run.add(await drive(_recorded(case), timeout=timeout))
    return run.report()


def _recorded(case: ConsumerCase) -> Steps[RecordResult]:
    """Deliver, and say what became of it; only Ctrl-C and a cancelled caller go through."""
    expectation = case.expectation
    delivery: Delivery | None = None
    try:
        interaction, notes = case.interaction, expectation.notes
        delivery = case._delivery()
        yield from delivery.steps()
    except ContractBroken as error:
        return _failed(expectation, Outcome.BROKEN, str(error), None)
    except MsgpactError as error:
        outcome = Outcome.RAISED if isinstance(error, UserCodeError) else Outcome.MISUSED
        return _failed(expectation, outcome, str(error), error.__cause__)
    except BaseException as error:
        if ends_the_run(error):
            raise
        role, place = (
            delivery.turn if delivery is not None and delivery.turn is not None else ("example of", expectation.place)
        )
        text = f"The {role} {place} raised {in_words(error)}"
        return _failed(expectation, Outcome.RAISED, text, in_users_code(error))
    return RecordResult(
        expectation.consumer,
        expectation.provider,
        interaction,
        Outcome.PASSED,
        handler=expectation.place,
        notes=notes,
    )


def _failed(expectation: Expectation, outcome: Outcome, text: str, error: BaseException | None) -> RecordResult:
    named = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, expectation.description, expectation.states)
    return RecordResult(
        expectation.consumer, expectation.provider, named, outcome, text, error, handler=expectation.place
    )


class _Run:
    """What `record` and `arecord` share: everything but calling."""

    def __init__(
        self,
        consumer: Consumer,
        pacts: str | os.PathLike[str],
        spec_version: str,
        seed: int | None,
        prune: bool,
        timeout: float | None,
        on_result: OnResult | None,
    ) -> None:
        files.normal_version(spec_version)  # before anything runs
        checked_timeout(timeout)
        self.consumer, self.folder, self.spec_version = consumer, Path(pacts).absolute(), spec_version
        self.said = Path(pacts)
        self.seed, self.prune, self.on_result = new_seed() if seed is None else seed, prune, on_result
        self.results: list[RecordResult] = []
        self.problems: list[Problem] = []
        self.pairs: dict[str, Pair] = {}

    def cases(self) -> list[ConsumerCase]:
        try:
            cases = consumer_cases(self.consumer, seed=self.seed)
        except MsgpactError as error:
            self.problems.append(Problem.of(error))
            return []
        self.pairs = pairs_of(self.consumer)
        return cases

    def add(self, result: RecordResult) -> None:
        self.results.append(result)
        pair = self.pairs[result.provider]
        if result.outcome is Outcome.PASSED:
            pair.passed(result.interaction)
        else:
            pair.red.append(str(result.interaction))
        if self.on_result is not None:
            self.on_result(result)

    def _as_said(self, written: WrittenPact) -> WrittenPact:
        """With the path as the caller says it."""
        path = Path(written.path) if written.path is not None else None
        is_there = path is not None and path.parent == self.folder
        return replace(written, path=os.fspath(self.said / path.name)) if path is not None and is_there else written

    def report(self) -> RecordReport:
        written: list[WrittenPact] = []
        if self.results:
            # Users' code may have changed the current folder: the pacts go where they were to go when the run began.
            written, problems = commit(self.pairs.values(), self.folder, self.spec_version, prune=self.prune)
            written = [self._as_said(each) for each in written]
            self.problems.extend(problems)
        return RecordReport(self.consumer.name, self.seed, tuple(self.results), tuple(written), tuple(self.problems))
