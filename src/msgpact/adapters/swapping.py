"""What stands at a place of the application's, `MODULE:PATH`, replaced for a time."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgpact import modules
from msgpact.errors import DeclarationError, shown

__all__ = ["Spot", "swapped"]

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


@contextlib.contextmanager
def swapped(holder: Any, name: str, replacement: object, said: str) -> Iterator[None]:
    """Until it is left, the attribute is *replacement*; who changes it meanwhile keeps what he put there.

    Raises:
        DeclarationError: it cannot be set.
    """
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
