"""What a handler annotates, made by Pydantic: of JSON, or of a document of Python's own values."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    # 190 ms; reading and comparing do without it.
    from pydantic import TypeAdapter, ValidationError

__all__ = ["adapter_of", "built_from", "built_from_json", "in_words"]

T = TypeVar("T")


def built_from_json(contents: bytes, into: object) -> object:
    """*into* from JSON: models, dataclasses, TypedDicts, lists of them, unions, scalars.

    Raises ValueError with Pydantic's complaints, TypeError for what it cannot make; clauses.
    """
    return in_words(lambda: adapter_of(into).validate_json(contents))


def built_from(document: object, into: object) -> object:
    """As `built_from_json`, of a document that may hold what JSON cannot."""
    return in_words(lambda: adapter_of(into).validate_python(document))


@functools.lru_cache(maxsize=512)
def adapter_of(into: Any) -> "TypeAdapter[Any]":
    """What validates and writes a type; it takes long to make."""
    from pydantic import TypeAdapter

    return TypeAdapter(into)


def in_words(build: Callable[[], T]) -> T:
    """What *build* makes by Pydantic, whose complaints become clauses."""
    from pydantic import PydanticUserError, ValidationError

    try:
        return build()
    except ValidationError as error:
        raise ValueError(_listed(error)) from None
    except PydanticUserError as error:
        raise TypeError(f"Pydantic cannot make it: {error.message}") from None


def _listed(error: "ValidationError") -> str:
    """Pydantic's complaints as one clause, without its links."""
    lines = []
    for each in error.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in each["loc"]) or "the whole"
        lines.append(f"{where}: {each['msg']}, got {each['input']!r}")
    return "; ".join(lines)
