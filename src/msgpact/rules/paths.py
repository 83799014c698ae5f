"""Pact path expressions: parse, print, and the tree of rules that says which rule counts at a place of a document.

A path is `$` and then any of `.name`, `.*`, `['any text']`, `[n]`, `[*]` (specification 3, "Matching Rules"). A name and
an index are one kind of token: `$['0']` and `$[0]` mean the same, and both fit the key "0" and the first list item.
"""

import enum
import functools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgpact.model import PathRules, RuleSet

__all__ = ["Best", "Node", "PathError", "Token", "Wildcard", "field", "is_index", "parse", "render", "tree"]


class Wildcard(enum.Enum):
    """Tokens that fit more than one key."""

    ANY = ".*"
    """Any map key or list index; weight 1."""
    ITEM = "[*]"
    """Any list index, or a map key that looks like one; weight 1."""


Token = str | Wildcard


class PathError(ValueError):
    """A path expression that does not parse; the message says where and why."""


_NAME = re.compile(r"[\w\-:#@]+")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@functools.lru_cache(maxsize=16384)
def parse(expression: str) -> tuple[Token, ...]:
    """The tokens after `$`, which may be left out: `a.b` is `$.a.b`.

    Raises:
        PathError: what stands in the way, and where.
    """
    tokens: list[Token] = []
    at, end = 0, len(expression)
    if expression.startswith("$"):
        at = 1
    elif match := _NAME.match(expression):
        tokens.append(match[0])
        at = match.end()
    elif expression:
        raise PathError(f"a path begins with '$', not with {expression[0]!r}")
    while at < end:
        character = expression[at]
        if character == ".":
            at = _dotted(expression, at + 1, tokens)
        elif character == "[":
            at = _bracketed(expression, at + 1, tokens)
        else:
            raise PathError(f"{character!r} at index {at}, where '.' or '[' should follow")
    return tuple(tokens)


def _dotted(expression: str, at: int, tokens: list[Token]) -> int:
    if expression.startswith("*", at):
        tokens.append(Wildcard.ANY)
        return at + 1
    match = _NAME.match(expression, at)
    if match is None:
        raise PathError(f"no name and no '*' after the '.' at index {at - 1}")
    tokens.append(match[0])
    return match.end()


def _bracketed(expression: str, at: int, tokens: list[Token]) -> int:
    if expression.startswith("'", at):
        close = expression.find("'", at + 1)
        if close < 0:
            raise PathError(f"the quote at index {at} is not closed")
        if close == at + 1:
            raise PathError(f"an empty name at index {at}")
        tokens.append(expression[at + 1 : close])
        close += 1
    elif expression.startswith("*", at):
        tokens.append(Wildcard.ITEM)
        close = at + 1
    else:
        close = at
        while close < len(expression) and expression[close] in "0123456789":
            close += 1
        if close == at:
            raise PathError(f"no number, '*' or quoted name after the '[' at index {at - 1}")
        tokens.append(str(int(expression[at:close])))
    if not expression.startswith("]", close):
        raise PathError(f"the '[' at index {at - 1} is not closed")
    return close + 1


def is_index(key: str) -> bool:
    """Whether a map key looks like a list index."""
    return key.isdecimal() and key.isascii()


def field(key: str) -> str:
    """A map key as it is appended to a path: `.name`, or `['any text']`."""
    return f".{key}" if _PLAIN.match(key) else f"['{key}']"


def render(fragments: Sequence[str | int]) -> str:
    """The path of a place in a document: map keys are str, list indexes int."""
    return "$" + "".join(f"[{each}]" if isinstance(each, int) else field(each) for each in fragments)


class Best(NamedTuple):
    """The rules that count at a place: where they sit is `depth` tokens below the root."""

    score: int
    depth: int
    rules: RuleSet


class Node:
    """A place in the tree of rules; `rules` are those that sit exactly here.

    A place below which no rule sits is not a Node but its RuleSet alone, so that flat documents need one Node in all.
    """

    __slots__ = ("any", "exact", "item", "rules")

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.rules = rules
        self.exact: dict[str, Node | RuleSet] = {}
        self.any: Node | None = None
        self.item: Node | None = None

    def below(self, token: Token) -> "Node":
        """The node at *token* below this one, made where there is none."""
        if token is Wildcard.ANY:
            self.any = following = self.any or Node()
        elif token is Wildcard.ITEM:
            self.item = following = self.item or Node()
        else:
            there = self.exact.get(token)
            following = there if isinstance(there, Node) else Node(there)
            self.exact[token] = following
        return following


def tree(rules: Mapping[str, RuleSet]) -> Node:
    """The rules of one category by path, as a tree. Of two that mean the same path the first counts.

    Raises:
        PathError: a path does not parse.
    """
    if isinstance(rules, PathRules) and rules.tree is not None:
        return rules.tree  # type: ignore[return-value]  # the model below us cannot know the type
    root = Node()
    for path, rule_set in rules.items():
        if not rule_set.matchers:  # an empty list of matchers is no rule
            continue
        tokens = parse(path)
        node = root
        for token in tokens[:-1]:
            node = node.below(token)
        last = tokens[-1] if tokens else None
        if last.__class__ is str and last not in node.exact:
            node.exact[last] = rule_set
            continue
        if last is not None:
            node = node.below(last)
        if node.rules is None:
            node.rules = rule_set
    if isinstance(rules, PathRules):
        rules.tree = root
    return root
