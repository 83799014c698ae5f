"""What stands at a place of the application's, `MODULE:PATH`, replaced for a time; and methods of its clients."""

import contextlib
import functools
import inspect
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgpact import modules
from msgpact.captured import Scope, Sink
from msgpact.errors import DeclarationError, shown

__all__ = ["Patches", "Spot", "Swaps", "Wrap", "giving", "is_function"]

_FORM = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Spot:
    """An attribute: of a module, or below it of an object or a class.

    Attributes:
        said: As it is written: `app.bus:producer`, `app.bus:bus.producer`.
    """

    said: str

    @classmethod
    def of(cls, said: object) -> "Spot":
        """The spot that is written so.

        Raises:
            DeclarationError: it is not written as one.
        """
        if not isinstance(said, str) or _FORM.fullmatch(said) is None:
            raise DeclarationError(
                f"Cannot capture at {said!r}: it is not of the form MODULE:NAME. Write where the application has its client, "
                "like 'app.bus:producer'."
            )
        return cls(said)

    def holder(self) -> tuple[Any, str]:
        """What has the attribute, and its name; the module is imported.

        Raises:
            DeclarationError: there is no such attribute.
            ModuleNotLoadable: there is no such module.
        """
        module, _, path = self.said.partition(":")
        holder: Any = modules.load(module)
        *above, name = path.split(".")
        for each in above:
            holder = self._below(holder, each)
        self._below(holder, name)
        return holder, name

    def _below(self, holder: Any, name: str) -> Any:
        if (found := getattr(holder, name, _MISSING)) is _MISSING:
            kind = f"{type(holder).__name__} {getattr(holder, '__name__', '')}".strip()
            raise DeclarationError(
                f"Cannot capture at {self.said!r}: the {kind} has no {name!r}. Name the attribute that holds the client."
            )
        return found


InPlaceOf = Callable[[Any, Sink, str], object]
"""Makes what captures into a sink as what is there would send, at a place that is so called; or raises a DeclarationError."""


class Swaps:
    """What of a transport's is replaced now, by what captures in the *scope*."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._put: dict[int, Sink] = {}  # by the id of what takes a place

    @contextlib.contextmanager
    def at(self, spot: Spot, sink: Sink, in_place_of: InPlaceOf, *, early: bool = False) -> Iterator[None]:
        """As `swapped`; where it is *early* the spot need not be there."""
        try:
            holder, name = spot.holder()
        except DeclarationError:
            if not early:
                raise
            yield
            return
        with self.swapped(holder, name, spot.said, sink, in_place_of):
            yield

    @contextlib.contextmanager
    def swapped(self, holder: Any, name: str, said: str, sink: Sink, in_place_of: InPlaceOf) -> Iterator[None]:
        """Until it is left, what captures into *sink* stands in the place of what is there; who changes it keeps that.

        Raises:
            DeclarationError: it cannot be replaced, or is by somebody else.
        """
        there = getattr(holder, name)
        standing = self._put.get(id(there))
        if standing is sink:  # put there before
            yield
            return
        if standing is not None and standing not in self._scope.nested:
            raise DeclarationError(
                f"Cannot capture at {said!r} for {sink.whose}: the messages of {standing.whose} are being captured there. "
                "Verify one after another."
            )
        replacement = in_place_of(there, sink, said)
        self._put[id(replacement)] = sink
        try:
            with _set(holder, name, replacement, said):
                yield
        finally:
            del self._put[id(replacement)]


@contextlib.contextmanager
def _set(holder: Any, name: str, replacement: object, said: str) -> Iterator[None]:
    before = getattr(holder, "__dict__", {}).get(name, _MISSING)  # as it is stored: a staticmethod is to stay one
    if before is _MISSING and not hasattr(holder, "__dict__"):
        before = getattr(holder, name)
    try:
        setattr(holder, name, replacement)
    except (AttributeError, TypeError) as error:
        raise DeclarationError(
            f"Cannot capture at {said!r}: {shown(holder)} does not let it be set ({error}). Name another place."
        ) from None
    try:
        yield
    finally:
        if getattr(holder, name, _MISSING) is replacement:
            if before is _MISSING:
                delattr(holder, name)
            else:
                setattr(holder, name, before)


# -- methods ---------------------------------------------------------------------------------------------------------

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes what is called in a method's place, from the method."""


class Patches:
    """Methods of a client's classes, replaced while anybody captures.

    Args:
        methods: Which they are: the class, the name, and what is called in its place.
    """

    def __init__(self, methods: Callable[[], Iterable[tuple[Any, str, Wrap]]]) -> None:
        self._methods = methods
        self._users = 0
        self._undo: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Until it is left by the last, they are replaced."""
        with self._lock:
            for owner, name, wrap in () if self._users else tuple(self._methods()):
                original = vars(owner)[name]
                setattr(owner, name, functools.wraps(original)(wrap(original)))
                self._undo.append(functools.partial(setattr, owner, name, original))
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                while not self._users and self._undo:
                    self._undo.pop()()


# -- functions that give a client ------------------------------------------------------------------------------------


def is_function(there: object) -> bool:
    """Whether it is a function, and no client that can be called."""
    return inspect.isroutine(there) or isinstance(there, functools.partial) or hasattr(there, "cache_clear")


def giving(function: Any, client: object) -> Callable[..., object]:
    """A function that gives the client, where *function* gave one."""

    def give(*_: object, **__: object) -> object:
        return client

    async def agive(*_: object, **__: object) -> object:
        return client

    return agive if inspect.iscoroutinefunction(function) else give
