"""The tree of errors: drawn in the docstring, one branch for each thing that a caller can do."""

import re

import pytest

from msgpact import errors
from msgpact.errors import MsgpactError

ALL = [getattr(errors, name) for name in errors.__all__]


def drawn() -> dict[str, tuple[str, ...]]:
    """The tree of the docstring: each name with the names of what it derives from."""
    tree: dict[str, tuple[str, ...]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"((?:[│ ]   )*)([├└]── )?(\w+)(?: \((\w+)\))?(?: {2,}.*)?$", line)
        if found is None or (found[2] is None and found[3] != "MsgpactError"):
            continue
        depth = 0 if found[2] is None else len(found[1]) // 4 + 1
        above[depth:] = [found[3]]
        bases = [above[depth - 1] if depth else "Exception", *([found[4]] if found[4] else [])]
        tree[found[3]] = tuple(bases)
    return tree


def test_the_tree_is_as_drawn() -> None:
    assert {each.__name__: tuple(base.__name__ for base in each.__bases__) for each in ALL} == drawn()


def test_the_list_is_complete_and_sorted() -> None:
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, MsgpactError)
    }

    assert errors.__all__ == sorted(defined)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ContractBroken", 1),
        ("UsageError", 2),
        ("WrongDriver", 2),
        ("MissingExtra", 2),
        ("ModuleNotLoadable", 2),
        ("UnreadablePact", 2),
        ("UnwritablePact", 2),
        ("NothingToVerify", 2),
        ("UserCodeError", 3),
        ("Unserializable", 3),
        ("TimedOut", 3),
        ("Unavailable", 4),
    ],
)
def test_exit_code(error: str, code: int) -> None:
    assert getattr(errors, error).exit_code == code
