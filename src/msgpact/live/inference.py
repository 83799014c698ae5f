"""What documents have in common: at each place the kinds of values, which keys there always are, what strings look like."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgpact.rules.matchers import MATCHERS
from msgpact.rules.paths import PathError, Token, Wildcard, expression, parse

__all__ = ["ENOUGH", "MOST_ALTERNATIVES", "UUID", "Place", "is_statable", "is_word"]

ENOUGH = 20
"""Values from which on it is likely that there are no others than those that were seen."""

MOST_ALTERNATIVES = 8
FEWEST_EACH = 3
"""How often each alternative must have come at least."""

FEWEST_KEYS = 4
"""Keys from which on an object may be one whose keys are data."""

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,39}|[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)+|[a-z][a-z0-9]{0,39}")
_DATA_KEY = re.compile(rf"\d+|{UUID.pattern}|\d{{4}}-\d\d-\d\d.*")
_HAS_DIGIT = re.compile(r"\d")

DATETIMES = tuple(
    f"yyyy-MM-dd'T'HH:mm:ss{fraction}{offset}"
    for fraction in ("", ".SSS", ".SSSSSS", ".SSSSSSSSS")
    for offset in ("XXX", "", "Z")
)

LOOKS: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    ("uuid", "regex", {"regex": UUID.pattern}),
    ("date", "date", {"format": "yyyy-MM-dd"}),
    *(("datetime", "datetime", {"format": each}) for each in DATETIMES),
    ("time", "time", {"format": "HH:mm:ss"}),
    ("semver", "semver", {}),
)
"""What strings may look like: the function of `match`, the rule, its attributes. The first that all meet counts."""


@dataclass(slots=True)
class Place:
    """What was seen at a place of documents.

    Attributes:
        kinds: The values by their kind: `null`, `boolean`, `integer`, `decimal`, `string`, `object`, `array`.
        values: Scalars, as they came.
        keys: What was seen under the keys of objects.
        items: What was seen in arrays.
        empty: Arrays without an item.
        is_free: Whether nothing is to be said of it.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    values: list[object] = field(default_factory=list)
    keys: "dict[str, Place]" = field(default_factory=dict)
    items: "Place | None" = None
    empty: int = 0
    is_free: bool = False

    @classmethod
    def of(cls, documents: Iterable[object]) -> "Place":
        """What all documents have in common."""
        found = cls()
        for each in documents:
            found.add(each)
        return found

    def add(self, value: object) -> None:
        """Look at one more value."""
        kind = _KINDS.get(type(value), "other")
        self.kinds[kind] += 1
        if isinstance(value, Mapping):
            for key, below in value.items():
                self.keys.setdefault(str(key), Place()).add(below)
        elif isinstance(value, list):
            self.empty += not value
            self.items = self.items or Place()
            for each in value:
                self.items.add(each)
        else:
            self.values.append(value)

    # -- what it is --

    @property
    def seen(self) -> int:
        """Values in all."""
        return self.kinds.total()

    @property
    def objects(self) -> int:
        """Values that are objects."""
        return self.kinds["object"]

    @property
    def is_open(self) -> bool:
        """Whether a contract cannot say what it is: Pact has no object or array that may be something else too."""
        some = sum(map(bool, (self.kinds["integer"] + self.kinds["decimal"], *(self.kinds[each] for each in _APART))))
        return (
            self.is_free or bool(self.kinds["other"]) or (some > 1 and bool(self.kinds["object"] + self.kinds["array"]))
        )

    @property
    def always(self) -> "Iterator[tuple[str, Place]]":
        """The keys that each object has, and that a contract can state."""
        for key, below in self.keys.items():
            if below.seen == self.objects and not below.is_open and is_statable(key):
                yield key, below

    @property
    def sometimes(self) -> "Iterator[tuple[str, Place]]":
        """The other keys."""
        stated = {key for key, _ in self.always}
        yield from ((key, below) for key, below in self.keys.items() if key not in stated)

    @property
    def is_map(self) -> bool:
        """Whether the keys of objects are data: they look so, or there are many and each object has others."""
        if not self.keys or not all(map(is_statable, self.keys)):
            return False
        if all(map(_DATA_KEY.fullmatch, self.keys)):
            return True
        kinds = {frozenset(below.kinds) for below in self.keys.values()}
        return (
            self.objects > 1
            and len(self.keys) >= FEWEST_KEYS
            and len(kinds) == 1
            and all(below.seen * 2 <= self.objects for below in self.keys.values())
        )

    @property
    def under_any_key(self) -> "Place":
        """What was seen under the keys of objects, as if they were one."""
        found = Place()
        for each in self.keys.values():
            found.take(each)
        return found

    def take(self, other: "Place") -> None:
        """Add what was seen elsewhere."""
        self.kinds += other.kinds
        self.values += other.values
        self.empty += other.empty
        self.is_free = self.is_free or other.is_free
        for key, below in other.keys.items():
            self.keys.setdefault(key, Place()).take(below)
        if other.items is not None:
            self.items = self.items or Place()
            self.items.take(other.items)

    @property
    def looks(self) -> tuple[str, Mapping[str, object]] | None:
        """What all strings look like: a function of `match` and its attributes."""
        strings = self.strings
        if not strings or not all(map(_HAS_DIGIT.search, strings)):
            return None
        for function, rule, attributes in LOOKS:
            if all(MATCHERS[rule].scalar(attributes, each, each) is None for each in strings):
                return function, attributes
        return None

    @property
    def strings(self) -> list[str]:
        """The different strings, the most frequent first."""
        return [each for each, _ in Counter(each for each in self.values if isinstance(each, str)).most_common()]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The few strings that there are, where no others are likely to come; one alone is a constant."""
        counted = Counter(each for each in self.values if isinstance(each, str))
        is_few = counted.total() >= ENOUGH and len(counted) <= MOST_ALTERNATIVES
        if is_few and min(counted.values()) >= FEWEST_EACH and all(map(is_word, counted)):
            return tuple(sorted(counted))
        return ()

    def free(self, tokens: tuple[Token, ...]) -> bool:
        """Let nothing be said at a path, or at the lowest place above it that there is; whether something was."""
        head, below = self._next(tokens)
        if below is None or not below.free(head):
            was, self.is_free = self.is_free, True
            return not was
        return True

    def _next(self, tokens: tuple[Token, ...]) -> "tuple[tuple[Token, ...], Place | None]":
        if not tokens:
            return (), None
        token, rest = tokens[0], tokens[1:]
        if isinstance(token, str) and token in self.keys:
            return rest, self.keys[token]
        is_index = isinstance(token, Wildcard) or token.isdecimal()
        return rest, self.items if is_index else None


_KINDS = {
    type(None): "null", bool: "boolean", int: "integer", float: "decimal", str: "string", dict: "object", list: "array",
}  # fmt: skip
_APART = ("null", "boolean", "string", "object", "array")


def is_word(text: str) -> bool:
    """Whether a text looks like a name of a program's, and not like what people write."""
    return _WORD.fullmatch(text) is not None


def is_statable(key: str) -> bool:
    """Whether a path can name a key."""
    try:
        return parse(expression((key,))) == (key,)
    except PathError:
        return False
