"""What a handler annotates, made by Pydantic: of JSON, or of a document of Python's own values."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    # 190 ms; reading and comparing do without it.
    from pydantic import TypeAdapter, ValidationError

__all__ = ["adapter_of", "builder_from_json", "built_from", "built_from_json", "in_words"]

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
    try:
        return build()
    except Exception as error:
        clause = _clause(error)
        if clause is None:
            raise
        raise clause from None


def _clause(error: Exception) -> Exception | None:
    """What is said of a complaint of Pydantic's; None of another's."""
    from pydantic import PydanticUserError, ValidationError

    if isinstance(error, ValidationError):
        return ValueError(_listed(error))
    return TypeError(f"Pydantic cannot make it: {error.message}") if isinstance(error, PydanticUserError) else None


def builder_from_json(into: object) -> Callable[[bytes], object]:
    """As `built_from_json`, for one type: what can be looked up beforehand is looked up."""
    validate = in_words(lambda: adapter_of(into)).validator.validate_json

    def build(contents: bytes) -> object:
        try:
            return validate(contents)
        except Exception:  # once more, for the words
            return built_from_json(contents, into)

    return build


def _listed(error: "ValidationError") -> str:
    """Pydantic's complaints as one clause, without its links."""
    lines = []
    for each in error.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in each["loc"]) or "the whole"
        lines.append(f"{where}: {each['msg']}, got {each['input']!r}")
    return "; ".join(lines)
