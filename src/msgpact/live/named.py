"""The fields that a contract names, and which of them, and which others, documents have."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgpact.rules.matchers import a_kind
from msgpact.rules.paths import PathError, Position, Token, Wildcard, expression, is_index, parse

__all__ = ["Named", "SeenField", "Tally"]

MOST_NEW = 500
"""Fields without a name that are kept: where keys are data, there is no end of them."""

_FREE_KEYS = ("values", "eachKey", "eachValue")

Path = tuple[Token, ...]


@dataclass(slots=True)
class Named:
    """What a contract names at a place and below it.

    Attributes:
        keys: By the keys of an object.
        each: Under any key of an object, or of each item of a list; None where nothing is.
    """

    keys: dict[str, "Named"] = field(default_factory=dict)
    each: "Named | None" = None

    @classmethod
    def of(cls, example: object, position: Position) -> "Named":
        """What an example names with its rules, which may free the keys of an object."""
        if isinstance(example, list):
            items = [cls.of(each, position.below(str(index))) for index, each in enumerate(example)]
            return cls(each=cls.all_of(items) if items else None)
        if not isinstance(example, Mapping):
            return cls()
        keys = {str(key): cls.of(each, position.below(str(key))) for key, each in example.items()}
        rules = position.rules
        if rules is not None and any(rule.match in _FREE_KEYS for rule in rules.matchers):
            return cls(each=cls.all_of(keys.values()))
        return cls(keys)

    @classmethod
    def all_of(cls, several: Iterable["Named"]) -> "Named":
        """What any of several names."""
        found = cls()
        for one in several:
            for key, below in one.keys.items():
                found.keys[key] = cls.all_of((found.keys[key], below)) if key in found.keys else below
            if one.each is not None:
                found.each = one.each if found.each is None else cls.all_of((found.each, one.each))
        return found

    def general(self, path: str) -> str:
        """A path with wildcards for what is data: indexes, and keys where any may be."""
        try:
            tokens = parse(path)
        except PathError:  # of a key that a path cannot name
            return path
        here: Named | None = self
        found: list[Token] = []
        for token in tokens:
            if here is not None and token in here.keys:
                here = here.keys[str(token)]
            elif isinstance(token, str) and (is_index(token) or (here is not None and here.each is not None)):
                here = None if here is None else here.each
                token = Wildcard.ITEM if is_index(token) else Wildcard.ANY
            else:
                here = None
            found.append(token)
        return expression(found)


@dataclass(frozen=True, slots=True)
class SeenField:
    """A field as it was seen.

    Attributes:
        times: How often it was there.
        of: How many objects were seen that could have it.
        kinds: What it was: `a string`, `null`.
    """

    path: str
    times: int
    of: int
    kinds: tuple[str, ...] = ()


class Tally:
    """Counts the fields of documents, by what is named of them."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._times = Counter[Path]()
        self._objects = Counter[Path]()
        self._new: dict[Path, Counter[str]] = {}

    def add(self, document: object) -> None:
        """Count a document."""
        self._walk(document, self._named, ())

    def _walk(self, value: object, named: Named, path: Path) -> None:
        if isinstance(value, list):
            if named.each is not None:
                for item in value:
                    self._walk(item, named.each, (*path, Wildcard.ITEM))
        elif isinstance(value, Mapping):
            self._objects[path] += 1
            for key, below in value.items():
                self._field(str(key), below, named, path)

    def _field(self, key: str, value: object, named: Named, path: Path) -> None:
        if key in named.keys:
            self._times[(*path, key)] += 1
            self._walk(value, named.keys[key], (*path, key))
        elif named.each is not None:
            self._walk(value, named.each, (*path, Wildcard.ANY))
        else:
            here = (*path, key)
            if here in self._new or len(self._new) < MOST_NEW:
                self._new.setdefault(here, Counter())[kind_in_words(value)] += 1

    # -- what was found --

    @property
    def new(self) -> tuple[SeenField, ...]:
        """Fields that are not named, the topmost of each."""
        return tuple(
            SeenField(expression(path), kinds.total(), self._objects[path[:-1]], tuple(sorted(kinds)))
            for path, kinds in sorted(self._new.items(), key=lambda each: expression(each[0]))
        )

    @property
    def optional(self) -> tuple[SeenField, ...]:
        """Named fields that were not always there, and not never."""
        return tuple(
            SeenField(expression(path), self._times[path], self._objects[path[:-1]])
            for path in _paths(self._named, ())
            if 0 < self._times[path] < self._objects[path[:-1]]
        )

    @property
    def never(self) -> tuple[str, ...]:
        """Named fields that were never there, the topmost of each."""
        return tuple(
            expression(path)
            for path in _paths(self._named, ())
            if not self._times[path] and (len(path) == 1 or self._objects[path[:-1]])
        )


def _paths(named: Named, path: Path) -> list[Path]:
    found = []
    for key, below in named.keys.items():
        found += [(*path, key), *_paths(below, (*path, key))]
    if named.each is not None:
        # Which of the two it is shows in the documents: a path that none has counts nothing.
        found += [each for token in Wildcard for each in _paths(named.each, (*path, token))]
    return found


def kind_in_words(value: object) -> str:
    """The kind of a value, integers told from other numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "an integer"
    return "a decimal number" if isinstance(value, float) else a_kind(value)
