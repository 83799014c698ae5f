"""Pact path expressions: parse, print, and which rules count at a position of a document.

A path is `$` and then any of `.name`, `.*`, `['any text']`, `[n]`, `[*]` (specification 3, "Matching Rules"). A name and
an index are one kind of token: `$['0']` and `$[0]` mean the same, and both fit the key "0" and the first list item.
"""

import enum
import functools
import re
from collections.abc import Mapping, Sequence

from msgpact.model import PathRules, RuleSet

__all__ = ["PathError", "Position", "Token", "Wildcard", "expression", "field", "is_index", "parse", "render", "root"]


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
_NAMES = re.compile(r"\$(?:\.[\w\-:#@]+)+")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


LONGEST_INDEX = 18
"""Digits of an index; a key of more is a key like any other."""


@functools.lru_cache(maxsize=16384)
def parse(expression: str) -> tuple[Token, ...]:
    """The tokens after `$`, which may be left out: `a.b` is `$.a.b`.

    Raises:
        PathError: it does not parse.
    """
    if _NAMES.fullmatch(expression):  # nearly all are such
        return tuple(expression.split(".")[1:])
    try:
        return _parsed(expression)
    except PathError as error:
        raise PathError(f"the path {expression!r} does not parse: {error}") from None


def _parsed(expression: str) -> tuple[Token, ...]:
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
        if close - at > LONGEST_INDEX:
            raise PathError(f"the index at index {at} has more than {LONGEST_INDEX} digits")
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


def expression(tokens: Sequence[Token]) -> str:
    """The tokens as they are written."""
    return "$" + "".join(_written(token) for token in tokens)


def _written(token: Token) -> str:
    if isinstance(token, Wildcard):
        return token.value
    is_plain_index = is_index(token) and len(token) <= LONGEST_INDEX and token == str(int(token))  # "00" is another key
    return f"[{token}]" if is_plain_index else field(token)


def render(fragments: Sequence[str | int]) -> str:
    """The path of a place in a document: map keys are str, list indexes int."""
    return "$" + "".join(f"[{each}]" if isinstance(each, int) else field(each) for each in fragments)


# -- which rules count -----------------------------------------------------------------------------------------------


class _Node:
    """What the path expressions that have led here say next.

    Attributes:
        sets: The rules that sit one exact token below.
        nodes: Where expressions go on behind that token.
        any: Where `.*` follows.
        item: Where `[*]` follows.
        rules: Those that sit here, for the root and behind a wildcard.
    """

    __slots__ = ("any", "item", "nodes", "rules", "sets")

    def __init__(self) -> None:
        self.sets: dict[str, RuleSet] = {}
        self.nodes: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.item: _Node | None = None
        self.rules: RuleSet | None = None

    def behind(self, token: Token) -> "_Node":
        """The node behind *token*, made where there is none."""
        if token is Wildcard.ANY:
            self.any = following = self.any or _Node()
        elif token is Wildcard.ITEM:
            self.item = following = self.item or _Node()
        else:
            following = self.nodes.get(token) or self.nodes.setdefault(token, _Node())
        return following


_ABOUT_KEYS = frozenset({"values", "eachKey", "eachValue"})
_NOT_INHERITED = frozenset({"eachKey", "eachValue"})


class Position:
    """A position in a document as the rules see it. Those below it are found once, for all documents.

    Attributes:
        rules: Those that count here, or None.
        sits: Whether they sit exactly here; else they are inherited from above.
        inherited: What of them counts below, where no rule is nearer.
        sets: The rules of each key below, where they depend on exact keys alone; None where `below` must tell.
        free_keys: Whether a rule that sits here is about keys, so that an object need not have the example's.
        is_typed: Whether a rule about types sits here, though another may count.
    """

    __slots__ = (
        "_below",
        "_beneath",
        "_depth",
        "_fits",
        "_score",
        "free_keys",
        "inherited",
        "is_typed",
        "rules",
        "sets",
        "sits",
    )

    def __init__(
        self,
        rules: RuleSet | None = None,
        fits: tuple[tuple[_Node, int], ...] = (),
        *,
        depth: int = 0,
        score: int = 0,
        sits: bool = True,
        free_keys: bool = False,
        is_typed: bool = False,
    ) -> None:
        self.rules = rules
        self.sits = sits
        self.free_keys = free_keys
        self.is_typed = is_typed
        self.inherited = _inherited(rules) if sits else rules
        # The nodes that this position fits, each with the product of the weights of the tokens that led there.
        self._fits = fits
        self._depth = depth
        self._score = score
        if fits:
            node, weight = fits[0]
            plain = len(fits) == 1 and node.any is None and node.item is None and weight * 2 * (depth + 2) >= score
            self.sets: dict[str, RuleSet] | None = node.sets if plain else None
            self._below: dict[Token, Position] = {}
        else:  # no rule is nearer, however deep it goes
            self.sets = {}
            self._beneath = Position(self.inherited, sits=False) if sits else None

    @property
    def differs_by_key(self) -> bool:
        """Whether an expression names a key or an index below; else the rules are the same for all items of a list."""
        return any(node.sets or node.nodes for node, _ in self._fits)

    def names_index(self, index: int) -> bool:
        """Whether an expression says which of several it means: by this index, or by `[*]`."""
        key = str(index)
        return any(node.item is not None or key in node.sets or key in node.nodes for node, _ in self._fits)

    def below(self, key: str) -> "Position":
        """The position under a map key or, written as text, a list index."""
        if self._fits:
            return self._below.get(key) or self._entered(key)
        return self._beneath or self

    def _entered(self, key: str) -> "Position":
        if self.sets and key in self.sets and key not in self._fits[0][0].nodes:
            return _alone(self.sets[key])
        # Keys that no expression names are two kinds, so that what is kept is bounded by the rules.
        kind: Token = Wildcard.ITEM if is_index(key) else Wildcard.ANY
        for node, _ in self._fits:
            if key in node.sets or key in node.nodes:
                kind = key
                break
        position = self._below.get(kind)
        if position is None:
            position = self._below[kind] = self._made(key)
        return position

    def _made(self, key: str) -> "Position":
        fits: list[tuple[_Node, int]] = []
        best, heaviest, free_keys, is_typed = None, 0, False, False
        for node, weight in self._fits:
            sitting = [(weight * 2, node.sets.get(key))]
            if following := node.nodes.get(key):
                fits.append((following, weight * 2))
            for wild in (node.any, node.item if is_index(key) else None):
                if wild is not None:
                    fits.append((wild, weight))
                    sitting.append((weight, wild.rules))
            for each_weight, rules in sitting:
                if rules is None:
                    continue
                free_keys = free_keys or _is_about_keys(rules)
                is_typed = is_typed or _is_about_types(rules)
                if each_weight > heaviest:
                    best, heaviest = rules, each_weight
        depth = self._depth + 1
        # As the reference: the weight counts once for each token, `$` included; of equals the deeper one.
        score = heaviest * (depth + 1)
        if best is not None and score >= self._score:
            free_keys = _is_about_keys(best)
            return Position(best, tuple(fits), depth=depth, score=score, free_keys=free_keys, is_typed=is_typed)
        return Position(
            self.inherited,
            tuple(fits),
            depth=depth,
            score=self._score,
            sits=False,
            free_keys=free_keys,
            is_typed=is_typed,
        )


def _alone(rules: RuleSet) -> Position:
    """The position where *rules* sit and no expression goes on: one for all paths that end in them."""
    if rules.position is None:
        position = Position(rules, free_keys=_is_about_keys(rules), is_typed=_is_about_types(rules))
        object.__setattr__(rules, "position", position)
    return rules.position  # type: ignore[return-value]  # the model below us cannot know the type


def _is_about_keys(rules: RuleSet) -> bool:
    return any(rule.match in _ABOUT_KEYS for rule in rules.matchers)


def _is_about_types(rules: RuleSet) -> bool:
    return any(rule.match == "type" for rule in rules.matchers)


def _inherited(rules: RuleSet | None) -> RuleSet | None:
    """What of a position's rules counts below it.

    Rules about keys and values do not. Where there are no others, they stay: they say nothing there, and so keep
    equality out, as in the reference.
    """
    if rules is None or len(rules.matchers) == 1:
        return rules
    kept = tuple(rule for rule in rules.matchers if rule.match not in _NOT_INHERITED)
    return rules if len(kept) in (0, len(rules.matchers)) else RuleSet(kept, rules.combine)


def _put(top: _Node, tokens: Sequence[Token], rules: RuleSet) -> None:
    """Let *rules* sit behind *tokens*, unless others do."""
    if not rules.matchers:  # an empty list of matchers is no rule
        return
    node = top
    for token in tokens[:-1]:
        node = node.behind(token)
    last = tokens[-1] if tokens else None
    if isinstance(last, str):
        node.sets.setdefault(last, rules)
        return
    if last is not None:
        node = node.behind(last)
    node.rules = node.rules or rules


def root(rules: Mapping[str, RuleSet]) -> Position:
    """The root of a document under the rules of one category by path. Of two that mean the same place the first counts.

    Raises:
        PathError: a path does not parse; the message says which, and why.
    """
    if isinstance(rules, PathRules) and rules.root is not None:
        return rules.root  # type: ignore[return-value]  # the model below us cannot know the type
    top = _Node()
    for path, rule_set in rules.items():
        name = path[2:]
        # Nearly all are a plain name of the root's.
        if path[:2] == "$." and name.isascii() and name.isidentifier() and rule_set.matchers:
            top.sets.setdefault(name, rule_set)
        else:
            _put(top, parse(path), rule_set)
    position = Position(
        top.rules,
        ((top, 2),),
        score=2 if top.rules else 0,
        free_keys=top.rules is not None and _is_about_keys(top.rules),
        is_typed=top.rules is not None and _is_about_types(top.rules),
    )
    if isinstance(rules, PathRules):
        rules.root = position
    return position
