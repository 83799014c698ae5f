"""Both judges on the same contracts and messages: msgpact and the reference implementation.

Each run of the suite judges the same pairs, so that what turns red is what was changed. New ones are judged by hand:
`MSGPACT_DIFFERENTIAL_MINUTES=30 uv run pytest -s -m differential` does so for half an hour, from other seeds each time.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random, SystemRandom
from typing import NamedTuple

import contracts
import made_dates
import made_patterns
import pytest
import reference
from json_text import text
from judges import Pair, Raw, Sent, both_read, judged
from known_differences import DATES, READING, TABLE, DatePair, DateRow, Row
from smallest import smallest

from msgpact.errors import UnreadablePact
from msgpact.rules import dates

pytestmark = pytest.mark.differential

MINUTES = float(os.environ.get("MSGPACT_DIFFERENTIAL_MINUTES", "0"))


def sources(count: int, share: float) -> Iterator[tuple[int, Random]]:
    """So many seeds from 0; by hand new ones for a share of the time."""
    if not MINUTES:
        yield from ((seed, Random(seed)) for seed in range(count))
        return
    end = time.monotonic() + MINUTES * 60 * share
    while time.monotonic() < end:
        seed = SystemRandom().getrandbits(48)
        yield seed, Random(seed)


# -- contracts and messages ------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A contract and the messages that are judged under it."""

    entry: Raw
    version: int
    messages: Sequence[Sent]


def json_contents(r: Random) -> Case:
    example, version = contracts.value(r, container=True), r.choice([4, 4, 3])
    entry = contracts.json_entry(
        example, contracts.rules_by_path(r, example), version, r.choice(["body", "body", "content"])
    )
    return Case(entry, version, [Sent(text(contracts.changed(r, example)).encode()) for _ in range(10)])


def whole_messages(r: Random) -> Case:
    version = r.choice([4, 3])
    entry, example, content_type = contracts.any_entry(r, version)
    stated = entry["metadata"] if "metadata" in entry else entry["metaData"]
    messages = [
        Sent(
            example if r.random() < 0.6 else r.choice(contracts.BODIES),
            contracts.content_type_near(r, content_type),
            contracts.metadata_near(r, stated),
        )
        for _ in range(8)
    ]
    return Case(entry, version, messages)


def patterns(r: Random) -> Case:
    rule = {"match": "regex", "regex": made_patterns.pattern(r)}
    entry = contracts.json_entry({"a": "x"}, {"$.a": {"matchers": [rule]}})
    return Case(entry, 4, [Sent(text({"a": each}).encode()) for each in r.sample(made_patterns.TEXTS, 12)])


@pytest.mark.parametrize(
    ("make", "count", "share", "least"),
    [(json_contents, 1500, 0.5, 0.2), (whole_messages, 1500, 0.2, 0.1), (patterns, 600, 0.2, 0.03)],
    ids=["JSON contents", "whole messages", "patterns"],
)
def test_both_judge_alike(make: Callable[[Random], Case], count: int, share: float, least: float) -> None:
    """*least*: the share of the messages that must fit, so that not nearly all are refused for the first thing seen."""
    tally: Counter[str] = Counter()
    for seed, r in sources(count, share):
        case = make(r)
        try:
            pairs = judged(*case)
        except (UnreadablePact, reference.Unreadable):
            read_differently(case, seed)
            tally["unreadable"] += 1
            continue
        for pair in pairs:
            tally["judged"] += 1
            tally["fit"] += not pair.ours
            if not pair.agree:
                row = excuse(pair)
                if row is None:
                    found = smallest(pair, lambda each: not each.agree and excuse(each) is None)
                    pytest.fail(f"the two differ (seed {seed}):\n{found}")
                tally[row.reason] += 1
    print(*(f"{number:9} {what}" for what, number in tally.most_common()), sep="\n")
    assert tally["fit"] > tally["judged"] * least
    assert sum(tally[row.reason] for row in TABLE) < tally["judged"] * 0.15


def excuse(pair: Pair) -> Row | None:
    """The row that excuses the difference, or the first of those that excuse its parts."""
    if pair.theirs is None:
        return None
    rows = [next((row for row in TABLE if row.covers(part)), None) for part in pair.parts() if not part.agree]
    return rows[0] if None not in rows else next((row for row in TABLE if row.covers(pair)), None)


def read_differently(case: Case, seed: int) -> None:
    """A pact that one of them does not read: neither may, or a row says why."""
    ours, theirs = both_read(case.entry, case.version)
    if isinstance(ours, str) and theirs is not True:
        return
    if not any(row.covers(ours, theirs) for row in READING):
        pytest.fail(f"only one reads it (seed {seed}):\n{text(case.entry)}\n  ours: {ours}\n  theirs: {theirs}")


@pytest.mark.parametrize("row", [row for row in TABLE if row.witness is not None], ids=lambda row: row.reason[:60])
def test_a_known_difference_is_still_one(row: Row) -> None:
    assert row.witness is not None
    entry, sent = row.witness
    version = 4 if "type" in entry else 3

    (pair,) = judged(entry, version, [sent])

    assert not pair.agree
    assert row.covers(pair)
    assert row.refused_by in ("either", "us" if pair.ours else "them")


# -- dates -----------------------------------------------------------------------------------------------------------


def date_pair(pattern: str, text: str) -> DatePair:
    try:
        ours = dates.fits(pattern, text)
    except dates.DatePatternError:
        ours = False
    return DatePair(pattern, text, ours, reference.fits_date(pattern, text))


def test_both_read_dates_alike() -> None:
    tally: Counter[str] = Counter()
    for seed, r in sources(6000, 0.1):
        pattern = made_dates.pattern(r)
        for _ in range(6):
            pair = date_pair(pattern, made_dates.text_for(r, pattern))
            tally["judged"] += 1
            tally["fit"] += pair.ours
            if pair.ours is not pair.theirs:
                row = next((row for row in DATES if row.covers(pair)), None)
                assert row is not None, f"the two differ (seed {seed}): {pair}"
                tally[row.reason] += 1
    print(*(f"{number:9} {what}" for what, number in tally.most_common()), sep="\n")
    assert tally["fit"] > tally["judged"] * 0.15
    assert sum(tally[row.reason] for row in DATES) < tally["judged"] * 0.05


@pytest.mark.parametrize("row", DATES, ids=lambda row: row.reason[:60])
def test_a_known_difference_of_dates_is_still_one(row: DateRow) -> None:
    pair = date_pair(*row.witness)

    assert pair.ours is not pair.theirs
    assert row.covers(pair)
