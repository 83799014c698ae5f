"""What is logged of messages: how often, and nothing that they hold unless that is asked for."""

import logging
import re
import traceback
from typing import Any

import pytest

from msgpact import Message
from msgpact.consuming.telling import Telling, without_words
from msgpact.errors import Unavailable
from msgpact.receivers import Reason

SECRET = "4242 4242"
MESSAGE = Message(SECRET.encode(), metadata={"topic": "orders.v1", "owner": "Ada"})


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if each.name == "msgpact.consume"]


def text_of(record: logging.LogRecord) -> str:
    return f"{logging.Formatter().format(record)} {vars(record)}"


def raised(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


def refuse() -> None:
    raise LookupError(SECRET)


def refuse_because_of_another() -> None:
    try:
        refuse()
    except LookupError as error:
        raise ValueError(SECRET) from error


def refuse_while_handling_another() -> None:
    try:
        refuse()
    except LookupError:
        raise ValueError(SECRET)  # noqa: B904  (that is the case)


def refuse_several() -> None:
    raise BaseExceptionGroup(SECRET, [raised(refuse), ValueError(SECRET)])


def refuse_one_of_which_comes_from_all() -> None:
    member = ValueError(SECRET)
    group = ExceptionGroup(SECRET, [member])
    member.__context__ = group
    raise group


def test_the_same_is_told_the_first_the_tenth_and_the_hundredth_time(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling()

    for _ in range(150):
        telling.tell("something", (), {})
    telling.tell("something else", (), {})

    assert [(each.getMessage(), vars(each)["times"]) for each in told(caplog)] == [
        ("something", 1), ("something", 10), ("something", 100), ("something else", 1),
    ]  # fmt: skip


def test_what_is_different_each_time_needs_no_memory_without_end(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling()

    for number in range(2500):
        telling.tell("number %d", (number,), {})

    assert len(telling._told) <= 1000


@pytest.mark.parametrize(
    "function",
    [
        refuse,
        refuse_because_of_another,
        refuse_while_handling_another,
        refuse_several,
    ],
)
def test_an_exception_is_logged_with_its_traceback_but_not_its_words(
    function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    error = raised(function)

    Telling().tell("it failed", (), {}, error, MESSAGE)

    (record,) = told(caplog)
    assert SECRET not in text_of(record)
    assert f"in {function.__name__}" in text_of(record)
    assert record.exc_info is not None
    assert without_secrets(record.exc_info[1]) == without_secrets(error)


def without_secrets(error: BaseException | None) -> str:
    assert error is not None
    return re.sub(rf": ?({SECRET})?(?=\n| \()", "", "".join(traceback.format_exception(error)))


def test_exceptions_that_come_from_one_another_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    Telling().tell("it failed", (), {}, raised(refuse_one_of_which_comes_from_all), MESSAGE)

    (record,) = told(caplog)
    assert SECRET not in text_of(record)
    assert "ValueError" in text_of(record)


def test_what_is_outside_the_messages_keeps_its_words() -> None:
    error = Unavailable("Cannot reach the registry: it is away. Start it.")

    assert without_words(error) is error


def test_where_it_is_asked_for_everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = raised(refuse)

    Telling(payloads=True).tell("it failed", (), {"kind": "failed"}, error, MESSAGE)

    (record,) = told(caplog)
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    assert vars(record)["contents"] == SECRET
    assert vars(record)["metadata"] == {"topic": "orders.v1", "owner": "Ada"}


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        pytest.param(None, None, id="a tombstone"),
        pytest.param(b"\xff", "base64:/w==", id="no text"),
        pytest.param(b"x" * 5000, "x" * 1999 + "…", id="long"),
    ],
)
def test_contents_as_they_are_logged(contents: bytes | None, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    Telling(payloads=True).dead(Reason("contract"), Message(contents))

    (record,) = told(caplog)
    assert vars(record)["contents"] == expected


def test_what_is_said_of_a_message_that_breaks_the_contract(caplog: pytest.LogCaptureFixture) -> None:
    reason = Reason("contract", "shop", "shop-orders", "an order was placed", "$.id", "a number", SECRET)

    Telling().broken([reason], MESSAGE)
    Telling().dead(reason, MESSAGE)

    for record in told(caplog):
        said = {name: vars(record)[name] for name in ("consumer", "pact", "description", "path", "rule")}
        assert said == {
            "consumer": "shop", "pact": "shop-orders", "description": "an order was placed", "path": "$.id", "rule": "a number",
        }  # fmt: skip
        assert SECRET not in text_of(record)
