"""A setting of an embedded registry: one value for all subjects, and those of subjects that have their own."""

from msgpact.registries.embedded.refused import Refused

__all__ = ["LEVELS", "MODES", "Setting", "levels", "modes"]

_WAYS = ("BACKWARD", "FORWARD", "FULL")
LEVELS = ("NONE", *_WAYS, *(f"{way}_TRANSITIVE" for way in _WAYS))
MODES = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT")


class Setting:
    """A setting with the codes of what can be wrong with it."""

    def __init__(self, name: str, allowed: tuple[str, ...], value: str, *, unset: int, invalid: int) -> None:
        self._name, self._allowed, self._first = name, allowed, value
        self._unset, self._invalid = unset, invalid
        self._value = value
        self._own: dict[str, str] = {}

    def of(self, subject: str | None = None) -> str:
        """The value that counts for a subject; of None, for subjects without their own."""
        return self._value if subject is None else self._own.get(subject, self._value)

    def own(self, subject: str) -> str:
        """The value that a subject has itself."""
        if subject not in self._own:
            raise Refused(self._unset, f"Subject '{subject}' does not have subject-level {self._name} configured")
        return self._own[subject]

    def set(self, value: object, subject: str | None = None) -> None:
        """Set a subject's value, or the one of all others."""
        if value not in self._allowed:
            raise Refused(self._invalid, f"Invalid {self._name}. Valid values are {', '.join(self._allowed)}")
        if subject is None:
            self._value = str(value)
        else:
            self._own[subject] = str(value)

    def unset(self, subject: str | None = None) -> str:
        """Take a value away; what it was."""
        if subject is None:
            old, self._value = self._value, self._first
            return old
        old = self.own(subject)
        del self._own[subject]
        return old

    def forget(self, subject: str) -> None:
        """Take a subject's value away if it has one."""
        self._own.pop(subject, None)


def levels(level: str) -> Setting:
    """The levels of compatibility."""
    return Setting("compatibility level", LEVELS, level, unset=40408, invalid=42203)


def modes() -> Setting:
    """The modes."""
    return Setting("mode", MODES, "READWRITE", unset=40409, invalid=42204)
