r"""Regular expressions out of pact files: written in another dialect, matched against the whole text, bounded in time.

Pact's dialect is Oniguruma's (Ruby) in the reference implementation and java.util.regex on the JVM. What Python lacks is
translated: `\h` (a hex digit), `\z`, `(?<name>…)`, `[[:alpha:]]`, `\p{Alpha}`. `(?s)`, `(?a)`, `(?u)` and `(?P<name>…)`
are invalid, as in the reference. A pattern with at most one unbounded repetition cannot run away and goes to `re`;
anything else goes to the `regex` library with a time limit.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

__all__ = ["TIME_LIMIT", "PatternError", "TooSlow", "fullmatch", "matcher", "quote"]

TIME_LIMIT = 0.5
"""Seconds that one pattern may take for one text."""


class PatternError(ValueError):
    """Not a valid regular expression; the message says why."""


class TooSlow(Exception):
    """The pattern did not finish within TIME_LIMIT."""


# What `re` does not know, or knows with another meaning: these patterns go to `regex`.
_FOREIGN = re.compile(r"\\[pPXRGKhHzQE]|\[\[|\[:|&&|\(\?<[A-Za-z_]|[*+?}]\+|\(\?>|\(\?\(|\\g")
_INVALID = re.compile(r"\(\?(?:P[<=>]|[a-zA-Z]*[sauL])")
# For _is_tame, on a pattern whose escapes and classes are blanked out.
_FIXED_GROUP = re.compile(r"\((?:\?:)?(?:[^()|*+?{}]|\{\d+\})*\)\{\d+\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_UNBOUNDED = re.compile(r"[*+]|\{\d*,\}|\{\d*,\d{3,}\}")
_CHOICE = re.compile(r"\||(?<!\()\?|\{\d*,\d+\}")
_ALTERNATION = re.compile(r"\([^()]*\|[^()]*\)")


@functools.lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], object]:
    """A function that matches a whole text: something true, or None.

    The function raises TooSlow. It lives as long as the cache does.

    Raises:
        PatternError: the pattern is not one.
    """
    if bad := _find_unescaped(_INVALID, pattern):
        raise PatternError(f"{bad!r} is not part of Pact's regular expressions")
    try:
        if _is_tame(pattern):
            return re.compile(pattern).fullmatch
        return _bounded(_translate(pattern))
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        raise PatternError(str(error)) from None


def fullmatch(pattern: str, text: str) -> bool:
    """Whether *pattern* matches the whole of *text*. Raises PatternError and TooSlow."""
    return matcher(pattern)(text) is not None


def _is_tame(pattern: str) -> bool:
    """Whether `re` understands the pattern as Pact means it, and matches it in linear time."""
    if _FOREIGN.search(pattern) or "{," in pattern:
        return False
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "_", re.sub(r"\\.", "_", pattern))
    plain = _FIXED_GROUP.sub("_", plain)
    if _REPEATED_GROUP.search(plain) or len(_UNBOUNDED.findall(plain)) > 1:
        return False
    # A group of alternatives is one choice however many it has; what multiplies is choices one after another.
    return len(_CHOICE.findall(_ALTERNATION.sub("(|)", plain))) <= 8


def _find_unescaped(what: re.Pattern[str], pattern: str) -> str | None:
    found = what.search(re.sub(r"\\.", "__", pattern))
    return found[0] if found else None


def _bounded(pattern: str) -> Callable[[str], object]:
    try:
        import regex
    except ImportError:  # pragma: no cover  (a core dependency: only a broken installation lacks it)
        raise PatternError("the 'regex' package is not installed") from None
    try:
        compiled: Any = regex.compile(pattern, flags=regex.V0)
    except regex.error as error:
        raise PatternError(str(error)) from None

    def bounded(text: str) -> object:
        try:
            return compiled.fullmatch(text, timeout=TIME_LIMIT)
        except TimeoutError:
            raise TooSlow from None

    return bounded


def _translate(pattern: str) -> str:
    r"""Oniguruma's and Java's own escapes in `regex`'s spelling; `$` and `\Z` allow no newline at the end."""
    out: list[str] = []
    at, in_class = 0, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            out.append(_escape(pattern[at + 1], in_class=in_class > 0))
            at += 2
            continue
        if character == "[":
            if in_class and pattern.startswith("[:", at) and (close := pattern.find(":]", at)) > 0:
                out.append(pattern[at : close + 2])
                at = close + 2
                continue
            in_class += 1
        elif character == "]" and in_class:
            in_class -= 1
        out.append(character)
        at += 1
    return "".join(out)


def _escape(letter: str, *, in_class: bool) -> str:
    if letter == "h":
        return "0-9a-fA-F" if in_class else "[0-9a-fA-F]"
    if letter == "H" and not in_class:
        return "[^0-9a-fA-F]"
    if letter == "z" and not in_class:
        return r"\Z"
    return "\\" + letter


def quote(text: str) -> str:
    """A pattern for exactly *text* that every dialect reads alike (`re.escape` also escapes blanks and hyphens)."""
    return re.sub(r"([\\.^$|?*+()\[\]{}])", r"\\\1", text)
