"""What a test run finds out about consumers' messages: told by the processes that run tests, kept by the one that writes.

With pytest-xdist they are several; so what is told is plain JSON.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgpact.consumer import Consumer
from msgpact.pactfile import plugins, sequences, v4
from msgpact.pactfile.merging import schemas_of
from msgpact.pairs import Pair, commit, pairs_of
from msgpact.recorder import ConsumerCase
from msgpact.results import Problem, WrittenPact

__all__ = ["Findings", "Witness"]


class Witness:
    """Tells what became of cases, in a process that runs tests."""

    def __init__(self) -> None:
        self._tests: dict[str, set[str]] = {}
        self._told: set[int] = set()

    def collected(self, consumer: Consumer, test: str) -> None:
        """Note that a test function, by its id, takes the consumer's cases."""
        self._tests.setdefault(consumer.name, set()).add(test)

    def tell(self, case: ConsumerCase, *, is_green: bool) -> dict[str, Any]:
        """What there is to say after one phase of a test; with the first word on a consumer, all that is declared."""
        consumer, expectation = case.consumer, case.expectation
        told: dict[str, Any] = {
            "consumer": consumer.name,
            "provider": expectation.provider,
            "title": str(expectation),
        }
        if id(consumer) not in self._told:
            self._told.add(id(consumer))
            told["tests"] = sorted(self._tests.get(consumer.name, ()))
            told["pairs"] = [
                {
                    "provider": each.provider,
                    "declared": sorted(each.declared),
                    "modules": sorted(each.modules),
                    "sequences": json.dumps([sequences.write(one) for one in each.sequences]),
                }
                for each in pairs_of(consumer).values()
            ]
        if is_green:
            # As text: floats, big integers and all else travel as they are written.
            told["interaction"] = json.dumps(v4.write(case.interaction))
            told["plugins"] = schemas_of([case.interaction])
        return told


class Findings:
    """What was told, in the process that writes."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._tests: dict[str, set[str]] = {}
        self._red: dict[str, tuple[Pair, str]] = {}
        self._crashed: list[str] = []
        self._is_narrowed = False

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def learn(self, test: str, outcome: str, told: Mapping[str, Any]) -> None:
        """Take in what a `Witness` told of a phase of *test* that ended as *outcome*, in pytest's words."""
        consumer = told["consumer"]
        self._tests.setdefault(consumer, set()).update(told.get("tests", ()))
        for each in told.get("pairs", ()):
            known = self._pairs.setdefault((consumer, each["provider"]), Pair(consumer, each["provider"]))
            known.declared |= set(each["declared"])
            known.modules |= set(each["modules"])
            stated = sequences.read({"metadata": {"msgpact": {"sequences": json.loads(each["sequences"])}}})
            known.sequences += [one for one in stated if one not in known.sequences]
        pair = self._pairs[consumer, told["provider"]]
        if outcome == "rerun":
            self._red.pop(test, None)
        elif outcome != "passed":
            self._red[test] = pair, told["title"]
        if "interaction" in told:
            pair.passed(plugins.bound(v4.read(json.loads(told["interaction"]), 0), {"plugins": told["plugins"]}))

    def crashed(self, test: str) -> None:
        """Note that a process went down with that test."""
        self._crashed.append(test)

    def narrow(self) -> None:
        """Note that more may be declared than is told: something could not be collected."""
        self._is_narrowed = True

    def commit(self, folder: Path, spec_version: str) -> tuple[list[WrittenPact], list[Problem]]:
        """Write what is green."""
        for pair, title in self._red.values():
            pair.red.append(title)
        for pair in self._pairs.values():
            pair.is_narrowed = self._is_narrowed
            pair.red += [each for each in self._crashed if each.partition("[")[0] in self._tests[pair.consumer]]
        return commit(self._pairs.values(), folder, spec_version)
