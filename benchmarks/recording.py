"""One process that records consumer messages into a pact, and says how long declaring, delivering and writing took.

    python -m benchmarks.recording msgpact|pact-python|one-pact COUNT shared|distinct

All declare the same examples with the same rules and give each message to a handler that takes the decoded body.
msgpact records one run, as its tests do. pact-python makes one `Pact` per test, as its documentation does: each is
verified with a handler of its own and then merged into the pair's file. `one-pact` is pact-python with all messages in
one `Pact` and one handler: no test suite is written so, but it shows what the merging costs.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.messages import CONSUMER, CONTENT_TYPE, METADATA, PROVIDER, Expected, Variant, expected, variant_of

Messages = list[Expected]
Matchers = Mapping[str, Callable[[Any, Mapping[str, Any]], object]]


def template(message: Expected, matchers: Matchers) -> dict[str, object]:
    """The example with a tool's matchers around its values."""
    rules = message.rules
    return {name: matchers[str(rules[name]["match"])](value, rules[name]) for name, value in message.example.items()}


def by_msgpact(messages: Messages, folder: str) -> dict[str, float]:
    """Seconds, from the first declaration to the written file."""
    import msgpact
    from msgpact import match

    matchers: Matchers = {
        "type": lambda value, rule: match.like(value, rule.get("min")),
        "integer": lambda value, _: match.integer(value),
        "decimal": lambda value, _: match.decimal(value),
        "regex": lambda value, rule: match.regex(rule["regex"], value),
        "datetime": lambda value, rule: match.datetime(value, rule["format"]),
    }
    handled: list[object] = []

    def handler_of(message: Expected) -> Callable[[dict[str, object]], None]:
        def handle(contents: dict[str, object]) -> None:
            assert contents == message.example
            handled.append(contents)

        return handle

    started = time.perf_counter()
    consumer = msgpact.Consumer(CONSUMER, provider=PROVIDER)
    for message in messages:
        expects = consumer.expects(message.description, contents=template(message, matchers), metadata=METADATA)
        expects(handler_of(message))
    report = msgpact.record(consumer, folder)
    ended = time.perf_counter()
    if not report.ok:
        raise SystemExit(f"not recorded: {report}")
    return _seconds(ended - started, handled, messages)


def by_pact_python(messages: Messages, folder: str) -> dict[str, float]:
    """Seconds, from the first declaration to the last writing of the file; a handler that fails raises."""
    from pact import Pact

    matchers = _pact_python_matchers()
    handled: list[object] = []
    started = time.perf_counter()
    for message in messages:
        pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
        interaction = pact.upon_receiving(message.description, "Async")
        interaction.with_body(template(message, matchers), CONTENT_TYPE).with_metadata(dict(METADATA))
        pact.verify(_handler(message.example, handled), "Async")
        pact.write_file(folder)
    ended = time.perf_counter()
    return _seconds(ended - started, handled, messages)


def by_one_pact(messages: Messages, folder: str) -> dict[str, float]:
    """Seconds, as above, with all messages in one pact."""
    from pact import Pact

    matchers = _pact_python_matchers()
    handled: list[object] = []
    started = time.perf_counter()
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    for message in messages:
        interaction = pact.upon_receiving(message.description, "Async")
        interaction.with_body(template(message, matchers), CONTENT_TYPE).with_metadata(dict(METADATA))
    pact.verify(_handler(None, handled), "Async")
    pact.write_file(folder)
    ended = time.perf_counter()
    return _seconds(ended - started, handled, messages)


def _pact_python_matchers() -> Matchers:
    from pact import match

    return {
        "type": lambda value, rule: match.like(value, min=rule.get("min")),
        "integer": lambda value, _: match.integer(value),
        "decimal": lambda value, _: match.decimal(value),
        "regex": lambda value, rule: match.regex(value, regex=rule["regex"]),
        "datetime": lambda value, rule: match.datetime(value, format=rule["format"], disable_conversion=True),
    }


def _handler(example: object, handled: list[object]) -> Callable[[str | bytes | None, dict[str, object]], None]:
    def handle(contents: str | bytes | None, _: dict[str, object]) -> None:
        assert contents is not None
        decoded = json.loads(contents)
        assert example is None or decoded == example
        handled.append(decoded)

    return handle


def _seconds(seconds: float, handled: list[object], messages: Messages) -> dict[str, float]:
    if len(handled) != len(messages):
        raise SystemExit(f"not recorded: {len(handled)} of {len(messages)} messages were handled")
    return {"seconds": seconds}


TOOLS = {"msgpact": by_msgpact, "pact-python": by_pact_python, "one-pact": by_one_pact}


def messages_of(count: int, variant: Variant) -> Messages:
    """What the consumer expects."""
    return [expected(number, variant) for number in range(count)]


if __name__ == "__main__":
    _, _tool, _count, _variant = sys.argv
    with tempfile.TemporaryDirectory() as _folder:
        print(json.dumps(TOOLS[_tool](messages_of(int(_count), variant_of(_variant)), _folder)))
