"""JSON with its numbers as they are written: `1.50`, `1e2` and `-0` are what a matching engine must not normalise."""

import json
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]


class Number(str):
    """A number as it stands in a document."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Number({str(self)!r})"


def text(value: Any) -> str:
    """The value as JSON."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{text(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a document with its path, the document itself first."""
    yield path, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from nodes(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from nodes(each, (*path, index))


def replaced(value: Any, path: Path, by: Callable[[Any], Any]) -> Any:
    """A copy in which *by* has changed what stands at *path*."""
    if not path:
        return by(value)
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], by)
    return copy
