"""One process that verifies a provider against a pact, and says how long reading the pact and verifying took.

    python -m benchmarks.verification msgpact|pact-python COUNT shared|distinct PACT

What the provider sends is made before the clock starts; making bytes of it is part of verifying, for both.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.messages import CONTENT_TYPE, METADATA, PROVIDER, Variant, body, variant_of

Bodies = list[dict[str, object]]


def by_msgpact(bodies: Bodies, pact: str) -> dict[str, float]:
    """Seconds: for a producer per message to be registered, and for the verification."""
    import msgpact

    registering = time.perf_counter()
    provider = msgpact.Provider(PROVIDER)
    for number, each in enumerate(bodies):
        provider.produces(f"order event {number}", metadata=METADATA)(_producer(each))
    started = time.perf_counter()
    report = msgpact.verify(provider, [pact])
    ended = time.perf_counter()
    if not report.ok or len(report.results) != len(bodies):
        raise SystemExit(f"not verified: {report}")
    return {"seconds": ended - started, "registering": started - registering}


def _producer(contents: dict[str, object]) -> Callable[[], dict[str, object]]:
    def produce() -> dict[str, object]:
        return contents

    return produce


def by_pact_python(bodies: Bodies, pact: str) -> dict[str, float]:
    """Seconds, from naming the pact to the verdict; an interaction that fails raises."""
    from pact import Verifier

    asked: set[str] = set()

    def produce(name: str, metadata: object = None) -> Any:  # noqa: ARG001  (pact-python passes it by name)
        asked.add(name)
        contents = json.dumps(bodies[int(name.rpartition(" ")[2])]).encode()
        return {
            "contents": contents,
            "content_type": CONTENT_TYPE,
            "metadata": {"contentType": CONTENT_TYPE, **METADATA},
        }

    started = time.perf_counter()
    Verifier(PROVIDER).message_handler(produce).add_source(pact).verify()
    ended = time.perf_counter()
    if len(asked) != len(bodies):
        raise SystemExit(f"not verified: {len(asked)} of {len(bodies)} messages were asked for")
    return {"seconds": ended - started}


TOOLS = {"msgpact": by_msgpact, "pact-python": by_pact_python}


def bodies_of(count: int, variant: Variant) -> Bodies:
    """What the provider sends."""
    return [body(number, variant) for number in range(count)]


if __name__ == "__main__":
    _, _tool, _count, _variant, _pact = sys.argv
    print()  # pact-python's report may not end its last line
    print(json.dumps(TOOLS[_tool](bodies_of(int(_count), variant_of(_variant)), _pact)))
