"""The verification of one interaction: around → states → producer → check → tear-down, and what becomes of each failure."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pacts import HTTP, Raw, message, pact, request

import msgpact
from msgpact import Interaction, InteractionResult, Message, Outgoing, Provider, generate, match
from msgpact.calls import EventLoop, SyncDriver, drive
from msgpact.errors import Unavailable
from msgpact.planning import Planned
from msgpact.results import Outcome
from msgpact.verification import verification

EXISTS = {"name": "an order exists", "params": {"id": 42}}


@pytest.fixture
def orders() -> Provider:
    return Provider("orders")


def verified(provider: Provider, raw: Raw, **names: object) -> InteractionResult:
    contract = pact(raw)
    with EventLoop() as loop, SyncDriver(loop) as driver:
        return driver.run(verification(provider, Planned(contract, contract.interactions[0]), names))


async def averified(provider: Provider, raw: Raw, **names: object) -> InteractionResult:
    contract = pact(raw)
    return await drive(verification(provider, Planned(contract, contract.interactions[0]), names))


# -- the order of events ---------------------------------------------------------------------------------------------


def with_events(kind: str) -> tuple[Provider, list[str]]:
    """A provider that notes who is called, and its notes; *kind* says how its functions are written."""
    orders, events = Provider("orders"), []

    def resource(name: str) -> Callable[..., Any]:
        def plain() -> Iterator[None]:
            events.append(f"+ {name}")
            yield
            events.append(f"- {name}")

        async def asynchronous() -> AsyncIterator[None]:
            events.append(f"+ {name}")
            yield
            await asyncio.sleep(0)
            events.append(f"- {name}")

        plain.__qualname__ = asynchronous.__qualname__ = name  # places of their own
        return plain if kind == "sync" else asynchronous

    for name in ("a transaction", "a clock"):
        orders.around(resource(name))
    for name in ("a customer exists", "an order exists"):
        orders.state(name)(resource(name))

    @orders.produces("an order was placed")
    def order_placed() -> dict[str, int]:
        events.append("produce")
        return {"id": 42}

    return orders, events


IN_ORDER = [
    "+ a transaction",
    "+ a clock",
    "+ a customer exists",
    "+ an order exists",
    "produce",
    "- an order exists",
    "- a customer exists",
    "- a clock",
    "- a transaction",
]
STATES = ["a customer exists", "an order exists"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_order_of_events(kind: str) -> None:
    orders, events = with_events(kind)

    assert verified(orders, message(given=STATES)).outcome is Outcome.PASSED
    assert events == IN_ORDER


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_the_order_of_events_on_the_callers_loop(kind: str) -> None:
    orders, events = with_events(kind)

    assert (await averified(orders, message(given=STATES))).outcome is Outcome.PASSED
    assert events == IN_ORDER


# -- values for parameters -------------------------------------------------------------------------------------------


def given_to_the_producer(orders: Provider, raw: Raw, **names: object) -> dict[str, object]:
    """What a producer that takes any name is given."""
    found: dict[str, object] = {}

    @orders.produces("an order was placed")
    def order_placed(**names: object) -> dict[str, int]:
        found.update(names)
        return {"id": 42}

    assert verified(orders, raw, **names).text == ""
    return found


def test_where_values_come_from_and_which_wins(orders: Provider) -> None:
    @orders.around
    def around() -> Iterator[dict[str, str]]:
        yield dict.fromkeys("abc", "around")

    @orders.state("given")
    def state(a: str, b: str) -> dict[str, str]:
        return {"a": "returned"}

    raw = message(given=[{"name": "given", "params": {"a": "param", "b": "param"}}])

    assert given_to_the_producer(orders, raw, **dict.fromkeys("abcd", "verify")) == {
        "a": "returned",
        "b": "param",
        "c": "around",
        "d": "verify",
    }


def test_a_later_state_wins_over_an_earlier_one(orders: Provider) -> None:
    orders.state("first")(lambda x: {"x": "first's", "y": "first's"})
    orders.state("second")(lambda x, y: {"y": f"second's after {y} and {x}"})
    raw = message(given=[{"name": "first", "params": {"x": 1}}, {"name": "second", "params": {"x": 2}}])

    assert given_to_the_producer(orders, raw) == {"x": "first's", "y": "second's after first's and 2"}


def test_a_state_that_takes_any_name_gets_its_own_parameters_only(orders: Provider) -> None:
    seen: dict[str, object] = {}

    @orders.state("an order exists")
    def order_exists(clock: str, **params: object) -> None:
        seen.update(params)

    orders.around(lambda: {"clock": "frozen", "session": "open"})
    orders.produces("an order was placed")(lambda id: {"id": id})

    assert verified(orders, message(given=[EXISTS])).outcome is Outcome.PASSED
    assert seen == {"id": 42}


def test_the_interaction_comes_by_annotation(orders: Provider) -> None:
    seen: list[Interaction] = []

    @orders.around
    def around(interaction: Interaction) -> None:
        seen.append(interaction)

    @orders.state("an order exists")
    def order_exists(id: int, about: "Interaction") -> None:
        seen.append(about)

    @orders.produces("an order was placed")
    def order_placed(id: int, *, about: msgpact.Interaction) -> dict[str, object]:
        seen.append(about)
        return {"id": id}

    assert verified(orders, message(given=[EXISTS])).outcome is Outcome.PASSED
    assert [each.description for each in seen] == ["an order was placed"] * 3


def test_a_default_is_kept_where_there_is_no_value(orders: Provider) -> None:
    @orders.produces("an order was placed")
    def order_placed(id: int = 42) -> dict[str, int]:
        return {"id": id}

    assert verified(orders, message()).outcome is Outcome.PASSED


# -- synchronous messages --------------------------------------------------------------------------------------------


class StockQuestion(pydantic.BaseModel):
    sku: str


IN_STOCK = request("is it in stock?", {"sku": "A-1"}, {"units": 3})


def by_model(question: StockQuestion) -> dict[str, int]:
    return {"units": 3 if question.sku == "A-1" else 0}


def by_dict(question: dict[str, str]) -> dict[str, int]:
    return {"units": 3 if question == {"sku": "A-1"} else 0}


def by_anything(question) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return {"units": 3 if question == {"sku": "A-1"} else 0}


def by_bytes(question: bytes) -> dict[str, int]:
    return {"units": 3 if question == b'{"sku":"A-1"}' else 0}


def by_message(question: Message, /) -> dict[str, int]:
    return {"units": 3 if question.content_type == "application/json" else 0}


@pytest.mark.parametrize("answer", [by_model, by_dict, by_anything, by_bytes, by_message])
def test_a_request_comes_as_what_the_function_annotates(orders: Provider, answer: Callable[..., Any]) -> None:
    orders.answers("is it in stock?")(answer)

    result = verified(orders, IN_STOCK)

    assert (result.outcome, result.text) == (Outcome.PASSED, "")


def test_a_request_that_does_not_load(orders: Provider) -> None:
    orders.answers("is it in stock?")(by_model)

    result = verified(orders, request("is it in stock?", {"sku": 1}, {"units": 3}))

    assert result.outcome is Outcome.BROKEN
    assert result.text.startswith("The request of 'is it in stock?' does not load as StockQuestion for ")


def test_a_request_that_is_a_tombstone(orders: Provider) -> None:
    orders.answers("is it in stock?")(lambda question: {"units": 0 if question else 3})
    raw = request("is it in stock?", None, {"units": 3})
    del raw["request"]["contents"]

    assert verified(orders, raw).outcome is Outcome.PASSED


def with_generators(raw: Raw) -> Raw:
    raw["request"]["metadata"] = {"tenant": "example"}
    raw["request"]["generators"] = {
        "body": {"$.sku": {"type": "ProviderState", "expression": "sku"}},
        "metadata": {"tenant": {"type": "ProviderState", "expression": "${tenant}"}},
    }
    return raw


def test_what_the_states_gave_is_put_into_the_request(orders: Provider) -> None:
    seen: list[Message] = []
    orders.state("it is in stock")(lambda tenant: {"sku": "B-2"})

    @orders.answers("is it in stock?")
    def answer(question: Message) -> dict[str, int]:
        seen.append(question)
        return {"units": 3}

    states = [{"name": "it is in stock", "params": {"tenant": "acme"}}]
    raw = with_generators(request("is it in stock?", {"sku": "A-1"}, {"units": 3}, given=states))

    assert verified(orders, raw).text == ""
    assert seen[0].contents == b'{"sku":"B-2"}'
    assert seen[0].metadata["tenant"] == "acme"


def test_a_value_that_no_state_gave(orders: Provider) -> None:
    orders.answers("is it in stock?")(by_model)

    result = verified(orders, with_generators(request("is it in stock?", {"sku": "A-1"}, {"units": 3})))

    assert result.outcome is Outcome.MISUSED
    assert result.text.startswith("Cannot make the request of 'is it in stock?': ")
    assert result.text.endswith("Let a state return the value, or mend the pact.")


TWO = request("is it in stock?", {"sku": "A-1"}, {"units": 3}, {"done": True})


@pytest.mark.parametrize(
    ("raw", "returned", "outcome", "text"),
    [
        pytest.param(TWO, [{"units": 3}, {"done": True}], Outcome.PASSED, "", id="as many as expected"),
        pytest.param(TWO, (b'{"units":3}', Outgoing({"done": True})), Outcome.PASSED, "", id="of other kinds"),
        pytest.param(
            TWO,
            [{"units": 3}],
            Outcome.BROKEN,
            "gave 1 responses, where a list of 2 responses is expected",
            id="one too few",
        ),
        pytest.param(
            TWO, {"units": 3}, Outcome.BROKEN, "gave a dict, where a list of 2 responses is expected", id="no list"
        ),
        pytest.param(TWO, [{"units": 3}, None], Outcome.BROKEN, "returned None: it made no message", id="none"),
        pytest.param(request("is it in stock?", {}), [], Outcome.PASSED, "", id="no response is expected"),
    ],
)
def test_several_responses(orders: Provider, raw: Raw, returned: object, outcome: Outcome, text: str) -> None:
    orders.answers("is it in stock?")(lambda question: returned)

    result = verified(orders, raw)

    assert result.outcome is outcome
    assert text in result.text


def test_a_mismatch_names_the_response(orders: Provider) -> None:
    orders.answers(
        "is it in stock?", serializer=lambda value: b'{"done":false}' if "done" in value else b'{"units":3}'
    )(lambda question: [{"units": 3}, {"done": False}])

    (mismatch,) = verified(orders, TWO).mismatches

    assert (mismatch.part, mismatch.path) == ("response 1 contents", "$.done")


# -- what becomes of failures ----------------------------------------------------------------------------------------


def raises(*_: object, **__: object) -> dict[str, object]:
    raise LookupError("no such order")


def raises_in_tear_down() -> Iterator[None]:
    yield
    raise LookupError("cannot be deleted")


def register(orders: Provider, functions: Mapping[str, Any]) -> None:
    for name, function in functions.items():
        match name:
            case "around":
                orders.around(function)
            case "produce":
                orders.produces("an order was placed")(function)
            case "answer":
                orders.answers("an order was placed")(function)
            case _:
                orders.state(name)(function)


def placed() -> dict[str, int]:
    return {"id": 42}


FAILURES = [
    # what is registered, what is expected → outcome, text
    ({"produce": placed}, message(), Outcome.PASSED, ""),
    ({}, message(), Outcome.BROKEN, "Cannot verify 'an order was placed': nobody produces it. Register one: @provider.produces('an order was placed')."),
    ({}, request("an order was placed", {}), Outcome.BROKEN, "nobody produces it. Register one: @provider.answers('an order was placed')."),
    ({"answer": by_anything}, message(), Outcome.MISUSED, "it is Asynchronous/Messages. Register FILE by_anything by produces instead."),
    ({"produce": raises}, request("an order was placed", {}), Outcome.MISUSED, "it is Synchronous/Messages. Register FILE raises by answers instead."),
    ({"produce": placed}, message(given=["an order exists"]), Outcome.MISUSED, "Cannot verify 'an order was placed': no function sets up the state 'an order exists'. Register one: @provider.state('an order exists')."),
    ({"produce": placed, "an order exist": placed}, message(given=["an order exists"]), Outcome.MISUSED, "no function sets up the state 'an order exists'. Did you mean 'an order exist'?"),
    ({"produce": lambda: None}, message(), Outcome.BROKEN, "returned None: it made no message. Return the message; for a tombstone, return msgpact.Outgoing(None)."),
    ({"produce": object}, message(), Outcome.RAISED, "Cannot send what the producer"),
    ({"produce": lambda: Message(b"{}", content_type="text/plain")}, message(), Outcome.BROKEN, ""),
    ({"produce": lambda: {"id": 43}}, message(), Outcome.BROKEN, ""),
    ({"produce": lambda id: {}}, message(), Outcome.MISUSED, "Cannot call the producer FILE <lambda>: its parameter 'id' has no value (there are: none)."),
    ({"produce": lambda id, **rest: {}}, message(), Outcome.MISUSED, "its parameter 'id' has no value"),
    ({"produce": raises}, message(), Outcome.RAISED, "The producer FILE raises raised LookupError: no such order"),
    ({"produce": placed, "an order exists": raises}, message(given=["an order exists"]), Outcome.RAISED, "The state 'an order exists' FILE raises raised LookupError: no such order"),
    ({"produce": placed, "an order exists": raises_in_tear_down}, message(given=["an order exists"]), Outcome.RAISED, "The tear-down of the state 'an order exists' FILE raises_in_tear_down raised LookupError: cannot be deleted"),
    ({"produce": placed, "around": raises}, message(), Outcome.RAISED, "The around function FILE raises raised LookupError: no such order"),
    ({"produce": placed, "around": raises_in_tear_down}, message(), Outcome.RAISED, "The tear-down of the around function FILE raises_in_tear_down raised LookupError"),
    ({"produce": placed, "an order exists": placed}, message(given=[EXISTS]), Outcome.MISUSED, "Cannot set up the state 'an order exists' with id=42: FILE placed takes no such parameter (it takes: none). Add it, or mend the pact's state."),
    ({"produce": placed, "an order exists": lambda id, at: None}, message(given=[EXISTS]), Outcome.MISUSED, "Cannot call the state 'an order exists' FILE <lambda>: its parameter 'at' has no value (there are: id)."),
    ({"produce": placed, "an order exists": lambda: 42}, message(given=["an order exists"]), Outcome.MISUSED, "Cannot use what the state 'an order exists' FILE <lambda> gives: 42 is no dict of names."),
    ({"produce": placed, "around": lambda: {1: 2}}, message(), Outcome.MISUSED, "gives: {1: 2} is no dict of names. Return a dict, or nothing."),
    ({"produce": placed, "around": lambda: (_ for _ in ())}, message(), Outcome.MISUSED, "it is a generator that never yields. Add a yield."),
    ({"produce": placed, "around": lambda: iter_twice()}, message(), Outcome.MISUSED, "it yields a second time."),
    ({}, HTTP, Outcome.NOT_VERIFIED, "HTTP, not verified here"),
]  # fmt: skip


def iter_twice() -> Iterator[None]:
    yield
    yield


@pytest.mark.parametrize(("functions", "raw", "outcome", "text"), FAILURES)
def test_what_becomes_of_a_failure(
    orders: Provider, functions: dict[str, Any], raw: Raw, outcome: Outcome, text: str
) -> None:
    register(orders, functions)

    result = verified(orders, raw)

    assert result.outcome is outcome
    assert all(part in result.text for part in text.split("FILE"))
    assert bool(result.mismatches) is (outcome is Outcome.BROKEN and not text)


@pytest.mark.asyncio
@pytest.mark.parametrize(("functions", "raw", "outcome", "text"), FAILURES)
async def test_what_becomes_of_it_on_the_callers_loop(
    orders: Provider, functions: dict[str, Any], raw: Raw, outcome: Outcome, text: str
) -> None:
    register(orders, functions)

    assert (await averified(orders, raw)).outcome is outcome


def test_a_serializer_has_the_context_and_the_limit_of_the_producer(orders: Provider) -> None:
    async def asynchronously(value: Any) -> bytes:
        await asyncio.sleep(0)
        return b'{"id": 42}'

    orders.produces("an order was placed", serializer=asynchronously)(object)

    assert verified(orders, message()).outcome is Outcome.PASSED


def test_what_cannot_be_reached_is_not_the_contracts_fault(orders: Provider) -> None:
    @orders.produces("an order was placed")
    def order_placed() -> None:
        raise Unavailable("Cannot reach the registry.")

    result = verified(orders, message())

    assert (result.outcome, result.text) == (Outcome.UNAVAILABLE, "Cannot reach the registry.")


class Forever:
    def __await__(self) -> Generator[None, None, None]:
        while True:
            yield


async def waits_before() -> AsyncIterator[None]:
    await Forever()
    yield


async def waits_after() -> AsyncIterator[None]:
    yield
    await Forever()


async def waits() -> None:
    await Forever()


@pytest.mark.parametrize(
    "functions",
    [
        {"around": waits_before, "produce": placed},
        {"around": lambda: (yield), "produce": waits},
        {"around": waits_after, "produce": placed},
    ],
    ids=["in the set-up", "in the producer", "in the tear-down"],
)
def test_what_is_abandoned_while_it_waits_is_dropped(orders: Provider, functions: dict[str, Any]) -> None:
    """As when a loop is closed: nothing can be awaited any more, and nothing complains."""
    register(orders, functions)
    coroutine = averified(orders, message())
    coroutine.send(None)

    coroutine.close()


def test_states_that_are_missing_are_found_before_anything_is_called(orders: Provider) -> None:
    orders.around(raises)
    orders.produces("an order was placed")(placed)

    assert verified(orders, message(given=["an order exists"])).outcome is Outcome.MISUSED


def test_the_tear_down_of_others_runs_when_a_state_raises() -> None:
    orders, events = with_events("sync")
    orders.state("it raises")(raises)

    result = verified(orders, message(given=["a customer exists", "it raises", "an order exists"]))

    assert result.outcome is Outcome.RAISED
    assert events == [*IN_ORDER[:3], *IN_ORDER[-3:]]


def test_the_tear_down_of_others_runs_when_a_tear_down_raises() -> None:
    orders, events = with_events("sync")
    orders.state("it raises")(raises_in_tear_down)

    result = verified(orders, message(given=["a customer exists", "it raises", "an order exists"]))

    assert result.outcome is Outcome.RAISED
    assert events == IN_ORDER


def test_a_tear_down_that_raises_does_not_hide_what_was_found(orders: Provider) -> None:
    register(orders, {"produce": lambda: {"id": 43}, "around": raises_in_tear_down})

    result = verified(orders, message())

    assert result.outcome is Outcome.RAISED
    assert [each.path for each in result.mismatches] == ["$.id"]
    assert str(result.error) == "cannot be deleted"


def test_all_that_raise_are_reported(orders: Provider) -> None:
    register(orders, {"produce": raises, "around": raises_in_tear_down})

    result = verified(orders, message())

    assert isinstance(result.error, ExceptionGroup)
    assert [str(each) for each in result.error.exceptions] == ["no such order", "cannot be deleted"]
    assert "The producer" in result.text
    assert "The tear-down of the around function" in result.text


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "raised ValueError"),
        (ExceptionGroup("both", [OSError("a"), OSError("b")]), "ExceptionGroup: both (2 sub-exceptions)"),
        (Unspeakable(), "Unspeakable: its message cannot be shown"),
        (StopIteration(3), "it raised StopIteration: 3. Let it return, or raise another exception."),
        (SystemExit(0), "it raised SystemExit: 0."),
        (GeneratorExit(), "it raised GeneratorExit."),
    ],
    ids=lambda each: type(each).__name__,
)
def test_whatever_a_producer_raises_is_a_failure_with_that_error(
    orders: Provider, error: BaseException, words: str
) -> None:
    @orders.produces("an order was placed")
    def order_placed() -> None:
        raise error

    result = verified(orders, message())

    assert (result.outcome, result.error) == (Outcome.RAISED, error)
    assert words in result.text
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_name == "order_placed"


def test_ctrl_c_goes_through_after_the_tear_down() -> None:
    orders, events = with_events("sync")

    @orders.produces("another")
    def another() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verified(orders, message("another", given=STATES))

    assert events == [each for each in IN_ORDER if each != "produce"]


def test_what_is_no_exception_and_no_ctrl_c_is_a_failure_like_any_other() -> None:
    orders, events = with_events("sync")
    error = BaseException("an outcome")  # as the timeouts and test outcomes of some libraries are

    @orders.produces("another")
    def another() -> None:
        raise error

    result = verified(orders, message("another", given=STATES))

    assert (result.outcome, result.error) == (Outcome.RAISED, error)
    assert events == [each for each in IN_ORDER if each != "produce"]


def test_what_is_no_exception_in_a_tear_down_does_not_keep_others_from_theirs() -> None:
    orders, events = with_events("sync")

    @orders.state("it is interrupted")
    def interrupted() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verified(orders, message(given=["a customer exists", "it is interrupted", "an order exists"]))

    assert events == IN_ORDER


# -- in general ------------------------------------------------------------------------------------------------------


class Planned_(NamedTuple):
    """What a state does, of all that it can do."""

    kind: str
    raises: str


planned_states = st.lists(
    st.builds(Planned_, st.sampled_from(["plain", "sync", "async"]), st.sampled_from(["", "", "before", "after"])),
    max_size=6,
)


@given(planned_states, st.booleans())
def test_whatever_was_set_up_is_torn_down_once_and_in_reverse(planned: list[Planned_], produces: bool) -> None:
    orders, set_up, torn_down = Provider("orders"), list[int](), list[int]()

    def register(index: int, state: Planned_) -> None:
        def before() -> None:
            if state.raises == "before":
                raise LookupError(index)
            if state.kind != "plain":
                set_up.append(index)

        def after() -> None:
            torn_down.append(index)
            if state.raises == "after":
                raise LookupError(index)

        def plain() -> None:
            before()

        def sync() -> Iterator[None]:
            before()
            yield
            after()

        async def asynchronous() -> AsyncIterator[None]:
            before()
            yield
            await asyncio.sleep(0)
            after()

        kinds: dict[str, Callable[[], object]] = {"plain": plain, "sync": sync, "async": asynchronous}
        orders.state(f"state {index}")(kinds[state.kind])

    for index, state in enumerate(planned):
        register(index, state)
    orders.produces("an order was placed")(placed if produces else raises)
    result = verified(orders, message(given=[f"state {index}" for index in range(len(planned))]))

    kept = [each.raises != "before" for each in planned]
    reached = kept.index(False) if False in kept else len(planned)
    assert set_up == [index for index, each in enumerate(planned[:reached]) if each.kind != "plain"]
    assert torn_down == set_up[::-1]
    fine = produces and all(each.raises == "" or (each.raises == "after" and each.kind == "plain") for each in planned)
    assert result.outcome is (Outcome.PASSED if fine else Outcome.RAISED)


@pytest.mark.parametrize(
    ("raw", "states_something"),
    [
        pytest.param({"contents": {"content": {}}}, True, id="contents"),
        pytest.param({"metadata": {"topic": "orders"}}, True, id="metadata"),
        pytest.param({}, False, id="neither"),
    ],
)
def test_a_message_of_which_nothing_is_stated_is_said_to_be_so(raw: Raw, states_something: bool) -> None:
    orders = Provider("orders")
    orders.produces("d", metadata={"topic": "orders"})(lambda: {"id": 1})

    result = verified(orders, {"type": "Asynchronous/Messages", "description": "d", **raw})

    assert result.outcome is Outcome.PASSED
    assert bool(result.text) is not states_something


def test_values_of_states_in_what_an_array_contains(tmp_path: Path) -> None:
    asked: list[object] = []
    kiosk = msgpact.Consumer("kiosk", provider="stock")
    template = {"items": match.array_contains({"id": generate.provider_state("${id}", example=5)})}
    kiosk.requests("is it there?", request=template, response={}, given="an item")(lambda answer: None)
    stock = msgpact.Provider("stock")
    stock.state("an item")(lambda: {"id": 77})

    @stock.answers("is it there?")
    def answer(request: object) -> object:
        asked.append(request)
        return {}

    assert msgpact.record(kiosk, tmp_path).ok
    assert msgpact.verify(stock, tmp_path).ok
    assert asked == [{"items": [{"id": 77}]}]
