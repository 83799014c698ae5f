"""What is logged of messages: each thing the first, the tenth, the hundredth time; of a message nothing, unless that is asked."""

from collections.abc import Mapping, Sequence

from msgpact.consuming.control import LOG
from msgpact.errors import Unavailable
from msgpact.model import Message
from msgpact.receivers import Reason
from msgpact.records import text

__all__ = ["BREAKS", "Telling", "said_of", "without_words"]

BREAKS = "a message breaks the contract of %r: %s is not %s"
"""What is logged of a reason's description, path and rule."""

MOST = 1000
"""Different things that are told, before they are told again."""

LONGEST = 2000
"""Characters of contents, where they are logged."""


class Telling:
    """What is wrong with one message is wrong with many: it is not told of each.

    Args:
        payloads: Whether the contents, the metadata, and the words of exceptions, which may quote them, are logged too.
    """

    def __init__(self, *, payloads: bool = False) -> None:
        self._payloads = payloads
        self._told: dict[object, int] = {}

    def tell(
        self,
        words: str,
        values: tuple[object, ...],
        extra: Mapping[str, object],
        error: BaseException | None = None,
        message: Message | None = None,
    ) -> None:
        """Log it the first, the tenth, the hundredth time, …

        Args:
            words: With a place for each of *values*; what has the same of both is the same.
            values: Nothing of a message's.
            extra: The attributes of the record.
            error: What was raised.
            message: Whom it is about.
        """
        if len(self._told) >= MOST:
            self._told.clear()
        times = self._told[words, values] = self._told.get((words, values), 0) + 1
        if str(times).strip("0") != "1":
            return
        said = {**extra, "times": times}
        if self._payloads and message is not None:
            said |= {"contents": _readable(message.contents), "metadata": dict(message.metadata)}
        if error is not None and not self._payloads:
            error = without_words(error)
        LOG.warning(words, *values, exc_info=error, extra=said)

    def broken(self, reasons: Sequence[Reason], message: Message | None = None) -> None:
        """That a message breaks the contract."""
        for each in reasons:
            self.tell(BREAKS, (each.description, each.path, each.rule), said_of(each), message=message)

    def dead(self, reason: Reason, message: Message | None = None) -> None:
        """That a message went to the dead letters."""
        said = {"kind": reason.kind, **said_of(reason)}
        self.tell("a message went to the dead letters: %s", (reason.kind,), said, message=message)


def said_of(reason: Reason) -> dict[str, str]:
    """The attributes of a record about a reason."""
    said = {"consumer": reason.consumer, "pact": reason.pact, "description": reason.description}
    return {**said, "path": reason.path, "rule": reason.rule}


def _readable(contents: bytes | None) -> str | None:
    shown = text.from_bytes(contents)
    return shown if shown is None or len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def without_words(error: BaseException) -> BaseException:
    """An exception that is logged like *error*, its causes and its tracebacks, but for what they say, which may quote a message.

    `Unavailable` keeps its words: they are about what is outside the messages.
    """
    return _without_words(error, {})


def _without_words(error: BaseException, made: dict[int, BaseException]) -> BaseException:
    if id(error) in made:
        return made[id(error)]
    if isinstance(error, Unavailable):
        return error
    kind = type(error)
    named = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    found: BaseException = type(kind.__name__, (BaseException,), named)()
    if isinstance(error, BaseExceptionGroup):
        made[id(error)] = found  # a member may come from it
        members = [_without_words(each, made) for each in error.exceptions]
        found = type(kind.__name__, (BaseExceptionGroup,), named)("", members)
    made[id(error)] = found
    found.__traceback__ = error.__traceback__
    found.__cause__ = None if error.__cause__ is None else _without_words(error.__cause__, made)
    found.__context__ = None if error.__context__ is None else _without_words(error.__context__, made)
    found.__suppress_context__ = error.__suppress_context__
    return found
