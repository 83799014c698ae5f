"""The reference implementation, as pact-python's wheel brings it: its own matching functions, called in memory."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from pact_ffi.ffi import ffi, lib

Raw = dict[str, Any]

NOTHING = ffi.NULL


class Unreadable(Exception):
    """The reference does not read the pact; the message says why."""


class Pact:
    """A pact file's text as the reference reads it."""

    def __init__(self, text: bytes) -> None:
        pact = NOTHING if b"\0" in text else lib.pactffi_parse_pact_json(text)
        if pact == NOTHING:
            raise Unreadable(_last_error())
        # The iterator copies the interactions and owns the copies.
        self._iterator = lib.pactffi_pact_model_interaction_iterator(pact)
        lib.pactffi_pact_model_delete(pact)
        self._interactions = list(self._each())

    def _each(self) -> Iterator[Any]:
        while (interaction := lib.pactffi_pact_interaction_iter_next(self._iterator)) != NOTHING:
            yield interaction

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        lib.pactffi_pact_interaction_iter_delete(self._iterator)

    def message(self, index: int) -> Any:
        """A copy of a message, which the one who takes it must give back or use up."""
        message = lib.pactffi_pact_interaction_as_message(self._interactions[index])
        assert message != NOTHING, "not a message"
        return message


def mismatches(expected: Pact, index: int, actual: Pact, which: int) -> list[str] | None:
    """What the reference says against a message; None where it does not come to a verdict."""
    found = lib.pactffi_match_message(expected.message(index), actual.message(which))  # uses both up
    if found == NOTHING:
        return None
    iterator = lib.pactffi_mismatches_get_iter(found)
    said = []
    while (each := lib.pactffi_mismatches_iter_next(iterator)) != NOTHING:
        said.append(_text(lib.pactffi_mismatch_description(each)))
    lib.pactffi_mismatches_iter_delete(iterator)
    lib.pactffi_mismatches_delete(found)
    return said


def fits_date(pattern: str, text: str) -> bool:
    """Whether the reference takes *text* for a date or time written by a Java pattern."""
    return bool(lib.pactffi_validate_datetime(text.encode(), pattern.encode()) == 0)


def _text(owned: Any) -> str:
    if owned == NOTHING:  # it holds a NUL, which C's text cannot
        return "something with a NUL in it"
    try:
        return bytes(ffi.string(owned)).decode("utf-8", "replace")
    finally:
        lib.pactffi_string_delete(owned)


def _last_error() -> str:
    room = ffi.new("char[]", 4096)
    lib.pactffi_get_error_message(room, 4096)
    return bytes(ffi.string(room)).decode("utf-8", "replace")
