"""What a contract's example states: which paths of a schema lead to something in it."""

from typing import Any

from msgpact.rules import paths

__all__ = ["states"]


def states(document: Any, path: str) -> bool:
    """Whether a path of a finding leads to something in a document."""
    found = [document]
    for token in paths.parse(path):
        found = [below for each in found for below in _below(each, token)]
    return bool(found)


def _below(value: Any, token: object) -> list[Any]:
    if isinstance(token, paths.Wildcard):
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(value, dict):
        return [value[token]] if token in value else []
    if isinstance(value, list) and paths.is_index(str(token)):
        return value[int(str(token)) :][:1]
    return []
