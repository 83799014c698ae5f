"""Verification runs: results as they come, in the caller's context, and an interaction as a case of a test."""

import asyncio
import contextvars
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pacts import HTTP, Raw, message, pact, pact_file

import msgpact
from msgpact import InteractionResult, Provider, VerificationReport
from msgpact.errors import (
    ContractBroken,
    DeclarationError,
    MsgpactError,
    NothingToVerify,
    Unavailable,
    UsageError,
    UserCodeError,
    WrongDriver,
)
from msgpact.planning import plan
from msgpact.reporters.console import explain
from msgpact.results import Outcome
from msgpact.verifier import ProviderCase, provider_cases

tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")


def averify(*args: Any, **options: Any) -> VerificationReport:
    return asyncio.run(msgpact.averify(*args, **options))


Verify = Callable[..., VerificationReport]
both = pytest.mark.parametrize("verify", [msgpact.verify, averify])


@pytest.fixture
def orders() -> Provider:
    """A provider whose producers are named after how they behave."""
    orders = Provider("orders")

    @orders.produces("honoured")
    def honoured() -> dict[str, int]:
        return {"id": 42}

    @orders.produces("honoured later")
    async def honoured_later() -> dict[str, int]:
        await asyncio.sleep(0)
        return {"id": 42}

    @orders.produces("broken")
    def broken() -> dict[str, str]:
        return {"id": "42"}

    @orders.produces("nothing")
    def nothing() -> None:
        return None

    @orders.produces("of another type", content_type="text/plain")
    def of_another_type() -> str:
        return '{"id": 42}'

    @orders.produces("raising")
    def raising() -> None:
        raise LookupError("no such order")

    @orders.produces("unserializable")
    def unserializable() -> object:
        return object()

    @orders.produces("hanging")
    async def hanging() -> None:
        await asyncio.sleep(600)

    @orders.produces("exiting")
    def exiting() -> None:
        raise SystemExit(0)

    @orders.produces("unreachable")
    def unreachable() -> None:
        raise Unavailable("Cannot reach the registry.")

    return orders


# -- no silent green -------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("interactions", "code"),
    [
        pytest.param([message("honoured")], 0, id="honoured"),
        pytest.param([message("honoured later")], 0, id="honoured by a coroutine"),
        pytest.param([message("honoured"), message("broken")], 1, id="a mismatch"),
        pytest.param([message("honoured"), message("unheard of")], 1, id="a message that nobody produces"),
        pytest.param([message("nothing")], 1, id="a producer that returns None"),
        pytest.param([message("of another type")], 1, id="a wrong content type"),
        pytest.param([message("honoured", given=["unheard of"])], 2, id="a state without a function"),
        pytest.param([HTTP], 2, id="HTTP only"),
        pytest.param([], 2, id="zero interactions"),
        pytest.param([message("raising")], 3, id="a producer that raises"),
        pytest.param([message("unserializable")], 3, id="an unserializable value"),
        pytest.param([message("hanging")], 3, id="a timeout"),
        pytest.param([message("exiting")], 3, id="a producer that exits"),
        pytest.param([message("unreachable")], 4, id="a registry that is unavailable"),
        pytest.param([message("broken"), message("raising")], 3, id="3 goes before 1"),
        pytest.param([message("raising"), message("unreachable")], 4, id="4 goes before 3"),
        pytest.param(
            [message("broken"), message("raising"), message("honoured", given=["x"])], 2, id="2 goes before all"
        ),
        pytest.param([HTTP, message("honoured")], 0, id="beside HTTP: the messages' code, passed"),
        pytest.param([HTTP, message("broken")], 1, id="beside HTTP: the messages' code, broken"),
        pytest.param([message("broken", pending=True), message("honoured")], 0, id="only a pending one is broken"),
        pytest.param([message("broken", pending=True), message("raising", pending=True)], 0, id="all are pending"),
        pytest.param([message("broken", pending=True), message("raising")], 3, id="a pending one does not count"),
    ],
)
def test_exit_code(orders: Provider, verify: Verify, interactions: list[Raw], code: int) -> None:
    report = verify(orders, pact(*interactions), timeout=0.05)

    assert report.exit_code == code
    assert report.ok is (code == 0)
    assert len(report.results) == len(interactions)


@both
@pytest.mark.parametrize(
    ("options", "code"),
    [({"description": "honoured"}, 0), ({"consumer": "fulfil*"}, 1), ({"state": "x"}, 2), ({"consumer": "billing"}, 2)],
    ids=str,
)
def test_exit_code_of_what_is_selected(orders: Provider, verify: Verify, options: dict[str, str], code: int) -> None:
    assert verify(orders, [pact(message("honoured"), message("broken"))], **options).exit_code == code


@both
def test_exit_code_of_pact_files(orders: Provider, verify: Verify, tmp_path: Path) -> None:
    pact_file(tmp_path / "good", message("honoured"))
    pact_file(tmp_path / "bad", message("broken"))
    (tmp_path / "bad" / "x.json").write_text("{")
    (tmp_path / "none").mkdir()

    assert [verify(orders, tmp_path / each).exit_code for each in ("good", "bad", "none", "nowhere")] == [0, 2, 2, 2]


def test_a_report_of_nothing_is_not_green() -> None:
    report = VerificationReport("orders")

    assert (report.ok, report.exit_code) == (False, 2)


@both
def test_http_interactions_are_listed_and_the_report_is_not_complete(orders: Provider, verify: Verify) -> None:
    report = verify(orders, pact(HTTP, message("honoured")))

    assert [each.outcome for each in report.results] == [Outcome.NOT_VERIFIED, Outcome.PASSED]
    assert (report.ok, report.complete) == (True, False)


@both
def test_producers_that_no_pact_asks_for_are_in_the_report(verify: Verify) -> None:
    orders = Provider("orders")
    orders.produces("honoured")(lambda: {"id": 42})
    orders.produces("left over")(lambda: {"id": 42})

    report = verify(orders, pact(message("honoured")))

    assert report.ok
    assert [each.partition(" (")[0] for each in report.unused] == ["left over"]


# -- how a run goes --------------------------------------------------------------------------------------------------


@both
def test_results_come_one_by_one(verify: Verify) -> None:
    orders, events = Provider("orders"), list[str]()

    @orders.around
    def around(interaction: msgpact.Interaction) -> Iterator[None]:
        events.append(interaction.description)
        yield

    for name in ("first", "second"):
        orders.produces(name)(lambda: {"id": 42})

    verify(
        orders, pact(message("first"), message("second")), on_result=lambda result: events.append(result.outcome.value)
    )

    assert events == ["first", "passed", "second", "passed"]


def as_tenant() -> None:
    tenant.set("orders")


def test_what_one_interaction_sets_in_its_context_is_not_seen_by_the_next(orders: Provider) -> None:
    seen: list[str] = []
    orders.state("as a tenant")(as_tenant)
    orders.around(lambda: seen.append(tenant.get()))

    reset = tenant.set("the caller's")
    msgpact.verify(orders, pact(message("honoured", given=["as a tenant"]), message("honoured later")))

    assert seen == ["the caller's", "the caller's"]
    assert tenant.get() == "the caller's"
    tenant.reset(reset)


@pytest.mark.asyncio
async def test_on_the_callers_loop_everything_is_the_callers() -> None:
    orders, seen = Provider("orders"), list[object]()
    orders.state("as a tenant")(as_tenant)

    @orders.produces("an order was placed")
    async def order_placed() -> dict[str, int]:
        seen.append(asyncio.current_task())
        return {"id": 42}

    report = await msgpact.averify(orders, pact(message(given=["as a tenant"])))

    assert report.ok
    assert seen == [asyncio.current_task()]
    assert tenant.get() == "orders"


class Outcome_(BaseException):
    """What some libraries' timeouts and test outcomes are: no Exception."""


def test_what_is_no_exception_does_not_end_the_run(orders: Provider) -> None:
    error = Outcome_("gone")

    @orders.produces("ended")
    def ended() -> None:
        raise error

    report = msgpact.verify(orders, pact(message("ended"), message("honoured")))

    ended_, honoured = report.results
    assert (ended_.outcome, ended_.error) == (Outcome.RAISED, error)
    assert ended_.text.endswith("ended raised Outcome_: gone")
    assert honoured.outcome is Outcome.PASSED


def test_ctrl_c_ends_the_run_after_what_was_found_is_told(orders: Provider) -> None:
    results: list[InteractionResult] = []

    @orders.produces("interrupted")
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        msgpact.verify(
            orders, pact(message("honoured"), message("interrupted"), message("raising")), on_result=results.append
        )

    assert [each.description for each in results] == ["honoured"]


@both
def test_a_limit_that_cannot_be_is_refused_before_anything_is_called(verify: Verify) -> None:
    with pytest.raises(UsageError, match="Cannot use the timeout -1"):
        verify(Provider("orders", modules=["nowhere"]), [], timeout=-1)


@pytest.mark.asyncio
async def test_the_plain_name_under_a_running_loop(orders: Provider) -> None:
    with pytest.raises(
        WrongDriver, match=r"Cannot verify 'orders' here: .*Write `await msgpact\.averify\(\.\.\.\)` instead\."
    ):
        msgpact.verify(orders, pact(message("honoured")))


# -- one interaction as a case of a test -----------------------------------------------------------------------------


def case_of(provider: Provider, raw: Raw) -> ProviderCase:
    (case,) = provider_cases(plan(provider, [pact(raw)]), explain)
    return case


def verify_case(case: ProviderCase, **names: object) -> InteractionResult:
    return case.verify(**names)


def averify_case(case: ProviderCase, **names: object) -> InteractionResult:
    return asyncio.run(case.averify(**names))


both_cases = pytest.mark.parametrize("verify", [verify_case, averify_case])


@both_cases
def test_a_case_that_passes(verify: Verify) -> None:
    orders = Provider("orders")
    orders.produces("an order was placed")(lambda number: {"id": number})
    case = case_of(orders, message())

    returned: Any = verify(case, number=42)

    result = case.result
    assert returned is result
    assert result is not None
    assert result.outcome is Outcome.PASSED
    assert (case.description, case.interaction) == (result.description, result.interaction)
    assert case.contract == pact(message())


@both_cases
@pytest.mark.parametrize(
    ("raw", "error", "text"),
    [
        pytest.param(
            message("broken"),
            ContractBroken,
            r"broken\nexpected by  fulfilment\nproduced by  orders: .*\n\n\$\.id\n",
            id="broken",
        ),
        pytest.param(message("unheard of"), ContractBroken, "nobody produces it", id="nobody produces it"),
        pytest.param(
            message("honoured", given=["x"]), NothingToVerify, "no function sets up the state 'x'", id="no state"
        ),
        pytest.param(message("raising"), LookupError, "^no such order", id="the user's exception itself"),
        pytest.param(message("unserializable"), UserCodeError, "Cannot send what the producer", id="unserializable"),
        pytest.param(message("unreachable"), Unavailable, "Cannot reach the registry", id="unavailable"),
        pytest.param(message("exiting"), UserCodeError, "it raised SystemExit: 0", id="not what would end the process"),
    ],
)
def test_a_case_that_fails(orders: Provider, verify: Verify, raw: Raw, error: type[Exception], text: str) -> None:
    case = case_of(orders, raw)

    with pytest.raises(error, match=text):
        verify(case)
    assert case.result is not None
    assert case.result.failed


@both_cases
def test_the_users_exception_says_whose_it_was(orders: Provider, verify: Verify) -> None:
    with pytest.raises(LookupError) as caught:
        verify(case_of(orders, message("raising")))

    (note,) = caught.value.__notes__
    assert note.startswith("The producer ")
    assert note.endswith("raising raised LookupError: no such order")


def test_mismatches_are_not_hidden_by_a_tear_down_that_raises(orders: Provider) -> None:
    @orders.around
    def around() -> Iterator[None]:
        yield
        raise LookupError("cannot be deleted")

    with pytest.raises(UserCodeError, match=r"(?s)cannot be deleted.*\$\.id\n  expected") as caught:
        case_of(orders, message("broken")).verify()
    assert isinstance(caught.value.__cause__, LookupError)


@both_cases
def test_a_case_that_is_pending_does_not_fail(orders: Provider, verify: Verify) -> None:
    result: Any = verify(case_of(orders, message("broken", pending=True)))

    assert result.outcome is Outcome.BROKEN


@pytest.mark.asyncio
async def test_a_case_under_a_running_loop(orders: Provider) -> None:
    with pytest.raises(
        WrongDriver, match=r"Cannot verify 'honoured' here: .*Write `await case\.averify\(\.\.\.\)` instead\."
    ):
        case_of(orders, message("honoured")).verify()


def test_cases_of_a_run_that_cannot_be(orders: Provider) -> None:
    with pytest.raises(NothingToVerify, match="Cannot verify provider 'orders': there is no pact") as caught:
        provider_cases(plan(orders, []), explain)
    assert isinstance(caught.value, MsgpactError)


@pytest.mark.parametrize(
    ("names", "hint"),
    [({"sesion": 1}, "Did you mean 'session'?"), ({"zzz": 1}, "They take: session.")],
    ids=["a typo", "another name"],
)
@pytest.mark.parametrize("verify", [verify_case, averify_case], ids=["verify", "averify"])
def test_a_name_that_no_function_takes_is_refused(verify: Verify, names: dict[str, object], hint: str) -> None:
    orders = Provider("orders")
    orders.produces("honoured")(lambda session=None: {"id": 42})
    case = case_of(orders, message("honoured"))

    with pytest.raises(DeclarationError, match=re.escape(f"takes such a parameter. {hint}")):
        verify(case, **names)

    assert case.result is None
