"""One process that checks messages again and again, as a guard or a loop of a library's user does, beside reading them.

    python -m benchmarks.checking repeated PACT | growing BYTES | loading PACT

`repeated`: messages of 1 KB as the pact expects them, and arrays of 1,000 items. `growing`: one message of a tenth of
BYTES, and one of BYTES. `loading`: the pact itself. What stands beside it reads the same bytes in the same process:
`pydantic_core.from_json`, for a pact file `json.loads`.
"""

import copy
import functools
import gc
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from pydantic_core import from_json

import msgpact
from benchmarks.messages import CONTENT_TYPE, METADATA, body
from msgpact import match
from msgpact.model import Interaction, InteractionType, Serializer
from msgpact.template import compile_message

Seconds = dict[str, float]
Work = Callable[[], object]

ITEMS = 1000


def repeated(pact: str) -> Seconds:
    """Of a check and of a parse, for each kind of message; and of what the second check makes."""
    interaction = next(iter(msgpact.load(pact)))
    order = body(0, "shared")
    lines = {"lines": [{"sku": f"SKU-{n}", "quantity": n % 9, "price": n + 0.5} for n in range(ITEMS)]}
    line = {"sku": match.string(), "quantity": match.integer(), "price": match.decimal()}
    orders, integers = expecting({"lines": match.each_like(line)}), expecting(match.each_like(match.integer()))
    return {
        **beside_parsing("match", interaction, order),
        **beside_parsing("mismatch", interaction, {**order, "quantity": "many"}, mismatches=1),
        **beside_parsing("objects", orders, lines),
        **beside_parsing("scalars", integers, list(range(ITEMS))),
        "made": made(interaction, order),
    }


def growing(size: str) -> Seconds:
    """Of a check and of a parse, for each byte of a message and of one ten times as large."""
    line = {"sku": "SKU-1", "quantity": 1, "price": 0.5}
    interaction = expecting(match.each_like(match.like(line)))
    each = len(orjson.dumps(line)) + 1
    large = orjson.dumps([line] * (int(size) // each))
    small = orjson.dumps([line] * (int(size) // 10 // each))
    found: Seconds = {}
    for name, work in (
        ("", lambda text: check_of(interaction, text)),
        (" parse", lambda text: lambda: from_json(text)),
    ):
        times = fastest(work(small), work(large), rounds=5)
        found |= {f"small{name}": times[0] / len(small), f"large{name}": times[1] / len(large)}
    return found


def loading(pact: str) -> Seconds:
    """Of loading a pact, and of parsing its text."""
    text = Path(pact).read_bytes()
    ours, theirs = fastest(lambda: msgpact.load(pact), lambda: json.loads(text), rounds=5)
    return {"load": ours, "load parse": theirs}


def expecting(template: object) -> Interaction:
    """An interaction with that template."""
    return Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", (), compile_message(template, METADATA, CONTENT_TYPE))


def expecting_like(document: object, serializer: Serializer) -> Interaction:
    """An interaction that wants each value of a document with a schema to be of its type, and lists to have items like its."""
    contents = compile_message(_like(document), {}, None, serializer)
    return Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", (), contents)


def _like(document: object) -> object:
    match document:
        case dict():
            return {key: _like(each) for key, each in document.items()}
        case [first, *_]:
            return match.each_like(_like(first))
        case None:
            return None
    return match.like(document)


def checked_like(document: object, serializer: Any, contents: bytes) -> Work:
    """The check of contents that are like a document by `expecting_like`; it was checked before, as from then on it is fast."""
    interaction = expecting_like(document, serializer)
    message = msgpact.Message(contents, content_type=serializer.content_type)
    for _ in range(3):
        if msgpact.check(interaction, message):
            raise SystemExit(f"not met: {msgpact.check(interaction, message)}")
    return lambda: msgpact.check(interaction, message)


def beside_parsing(name: str, interaction: Interaction, value: object, *, mismatches: int = 0) -> Seconds:
    """Of a check, and of a parse."""
    contents = orjson.dumps(value)
    check, parse = fastest(check_of(interaction, contents, mismatches=mismatches), lambda: from_json(contents))
    return {name: check, f"{name} parse": parse}


def check_of(interaction: Interaction, contents: bytes, *, mismatches: int = 0) -> Work:
    """The check of a message; the interaction was checked before."""
    message = msgpact.Message(contents, content_type=CONTENT_TYPE, metadata=METADATA)
    for _ in range(2):
        found = msgpact.check(interaction, message)
        if len(found) != mismatches:
            raise SystemExit(f"not checked: {found}")
    return lambda: msgpact.check(interaction, message)


def made(interaction: Interaction, value: object) -> float:
    """What the second check of an interaction takes longer than the third, each at its fastest."""
    message = msgpact.Message(orjson.dumps(value), content_type=CONTENT_TYPE, metadata=METADATA)
    best = [math.inf] * 3
    for _ in range(100):
        again = copy.deepcopy(interaction)
        for number in range(3):
            best[number] = min(best[number], _seconds(functools.partial(msgpact.check, again, message), 1))
    return best[1] - best[2]


def fastest(*works: Work, rounds: int = 40, seconds: float = 0.004) -> list[float]:
    """Seconds that each of the works takes, in its fastest round; they take turns."""
    times = [max(1, round(seconds / _seconds(work, 1))) for work in works]
    best = [math.inf] * len(works)
    for _ in range(rounds):
        for index, (work, count) in enumerate(zip(works, times, strict=True)):
            best[index] = min(best[index], _seconds(work, count))
    return best


def _seconds(work: Work, count: int) -> float:
    """For each of *count* times; garbage is collected before, as it may be another's."""
    gc.collect()
    repeat = range(count)
    started = time.perf_counter()
    for _ in repeat:
        work()
    return (time.perf_counter() - started) / count


MEASURES = {"repeated": repeated, "growing": growing, "loading": loading}

if __name__ == "__main__":
    _, _name, _argument = sys.argv
    print(json.dumps(MEASURES[_name](_argument)))
