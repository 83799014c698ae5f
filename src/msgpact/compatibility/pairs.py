"""Pairs of a reader's and a writer's type, each compared once.

A pair has needs and fails if one of them does. Types may hold themselves, so failures are propagated backwards until nothing
changes, and what then has not failed is compatible. Nothing here recurses, however deep the types.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from msgpact.compatibility.findings import Found, SchemaError

__all__ = ["Need", "Pair", "Path", "Remark", "resolve"]

MOST_NEEDS = 300_000
"""A schema of a thousand types gives a few thousand; one made to multiply its types gives millions."""

Type = TypeVar("Type", bound=Hashable)
Path = tuple[str, ...]
Pair = tuple[Type, Type]
Remark = tuple[str, str, Path]
"""A rule, a sentence, and the path from the pair."""


class Need(NamedTuple, Generic[Type]):
    """What a pair needs: that one of the pairs *of* is compatible.

    If none is, *rule* is broken; or, where there is but one and no rule, what that one breaks is said.
    """

    path: Path
    of: Sequence[Pair[Type]]
    rule: str = ""
    why: str = ""


def resolve(
    root: Pair[Type],
    needs_of: Callable[[Type, Type], Iterable[Need[Type]]],
    remarks_on: Callable[[Type, Type], Iterable[Remark]],
) -> Iterator[Found]:
    """What is found from a pair down, each pair at the first place where it stands.

    Raises:
        SchemaError: there are too many pairs; a clause.
    """
    needs = _explored(root, needs_of)
    yield from _reported(root, needs, _failures(needs), remarks_on)


def _explored(
    root: Pair[Type], needs_of: Callable[[Type, Type], Iterable[Need[Type]]]
) -> dict[Pair[Type], list[Need[Type]]]:
    needs: dict[Pair[Type], list[Need[Type]]] = {}
    waiting = [root]
    budget = MOST_NEEDS
    while waiting:
        pair = waiting.pop()
        if pair in needs:
            continue
        needs[pair] = []
        for need in needs_of(*pair):
            needs[pair].append(need)
            waiting.extend(need.of)
            budget -= 1 + len(need.of)
            if budget < 0:
                raise SchemaError(f"it has more than {MOST_NEEDS:,} pairs of fields and types to compare")
    return needs


def _failures(needs: dict[Pair[Type], list[Need[Type]]]) -> set[Pair[Type]]:
    """The pairs with a need all of whose alternatives fail."""
    users: dict[Pair[Type], list[tuple[Pair[Type], int]]] = {}
    left: dict[tuple[Pair[Type], int], int] = {}
    failing: list[Pair[Type]] = []
    for pair, listed in needs.items():
        for index, need in enumerate(listed):
            left[pair, index] = len(need.of)
            if not need.of:
                failing.append(pair)
            for each in need.of:
                users.setdefault(each, []).append((pair, index))
    failed: set[Pair[Type]] = set()
    while failing:
        pair = failing.pop()
        if pair in failed:
            continue
        failed.add(pair)
        for user, index in users.get(pair, ()):
            left[user, index] -= 1
            if not left[user, index]:
                failing.append(user)
    return failed


def _reported(
    root: Pair[Type],
    needs: dict[Pair[Type], list[Need[Type]]],
    failed: set[Pair[Type]],
    remarks_on: Callable[[Type, Type], Iterable[Remark]],
) -> Iterator[Found]:
    waiting: list[tuple[Pair[Type], Path]] = [(root, ())]
    seen: set[Pair[Type]] = set()
    while waiting:
        pair, path = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        for rule, sentence, below in remarks_on(*pair):
            yield Found(rule, _text((*path, *below)), sentence)
        following: list[tuple[Pair[Type], Path]] = []
        for need in needs[pair]:
            there = (*path, *need.path)
            chosen = next((each for each in need.of if each not in failed), None)
            if chosen is None and need.rule:
                yield Found(need.rule, _text(there), need.why)
            else:
                following.append((need.of[0] if chosen is None else chosen, there))
        waiting.extend(reversed(following))


def _text(path: Path) -> str:
    return "$" + "".join(path)
