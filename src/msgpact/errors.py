"""Everything msgpact raises on purpose, as one tree. Branches follow what the caller can do about it.

MsgpactError
├── UsageError (ValueError)            something was said that cannot be: mend the call, the declaration or the setting
│   ├── DeclarationError               a decorator, template or signature that cannot work
│   ├── WrongDriver                    a plain name under a running event loop: await the `a…` name instead
│   ├── ModuleNotLoadable              a MODULE:NAME that cannot be imported or is not what it should be
│   └── MissingExtra (ImportError)     an optional library is not installed
├── PactFileError (ValueError)         a pact that cannot be read, written or merged: mend the file or the folder
│   ├── UnreadablePact
│   ├── UnwritablePact
│   └── MergeConflict
├── NothingToVerify (LookupError)      no pact, no interaction, no function for a state: nothing was checked
├── UserCodeError (RuntimeError)       a handler, producer, state or factory failed: mend that code
│   ├── Unserializable                 what it returned has no bytes
│   └── TimedOut (TimeoutError)        it did not end in time
├── ContractBroken (AssertionError)    what came out is not what the contract says
└── Unavailable (ConnectionError)      a broker, registry or network could not be reached

Messages have one form: *Cannot {do what} {value!r}: {why}. {What to do}.*
`exit_code` is what the command line ends with when the error reaches it.
"""

from typing import ClassVar

__all__ = [
    "ContractBroken",
    "DeclarationError",
    "MergeConflict",
    "MissingExtra",
    "ModuleNotLoadable",
    "MsgpactError",
    "NothingToVerify",
    "PactFileError",
    "TimedOut",
    "Unavailable",
    "UnreadablePact",
    "Unserializable",
    "UnwritablePact",
    "UsageError",
    "UserCodeError",
    "WrongDriver",
]


def shown(value: object, limit: int = 200) -> str:
    """A value as it stands in a message: its repr, cut where it is long; whatever the repr does."""
    try:
        text = repr(value)
    except Exception:  # deep recursion, integers of thousands of digits, the user's own __repr__
        text = f"a {type(value).__qualname__} that cannot be shown"
    return text if len(text) <= limit else f"{text[:limit]}…"


class MsgpactError(Exception):
    """The root: catching it catches everything msgpact raises on purpose."""

    exit_code: ClassVar[int] = 2


class UsageError(MsgpactError, ValueError):
    """Something was said that cannot be."""


class DeclarationError(UsageError):
    """A decorator, template or signature that cannot work."""


class WrongDriver(UsageError):
    """A plain name was called under a running event loop."""


class ModuleNotLoadable(UsageError):
    """A module could not be imported, or holds no such object."""


class MissingExtra(UsageError, ImportError):
    """An optional library is not installed; the message holds the install line."""


class PactFileError(MsgpactError, ValueError):
    """A pact file that cannot be read, written or merged."""


class UnreadablePact(PactFileError):
    """Not a pact, or one of its interactions is not one."""


class UnwritablePact(PactFileError):
    """The file system refused; what was there before is still there."""


class MergeConflict(PactFileError):
    """The file holds something that this contract may not replace."""


class NothingToVerify(MsgpactError, LookupError):
    """What was asked for is not there, so nothing was checked."""


class UserCodeError(MsgpactError, RuntimeError):
    """A handler, producer, state or factory failed; `__cause__` is its own exception, if it raised one."""

    exit_code = 3


class Unserializable(UserCodeError):
    """A value has no form in the content type it should be sent as."""


class TimedOut(UserCodeError, TimeoutError):
    """User code did not end within the time limit; the message shows where it stood."""


class ContractBroken(MsgpactError, AssertionError):
    """A message is not what the contract says; the message is the report of that one interaction."""

    exit_code = 1


class Unavailable(MsgpactError, ConnectionError):
    """A broker, registry or network could not be reached."""

    exit_code = 4
