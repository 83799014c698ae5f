r"""Regular expressions out of pact files: written in another dialect, matched against the whole text, bounded in time.

Pact's dialect is Oniguruma's (Ruby) in the reference implementation and java.util.regex on the JVM. What Python lacks is
translated: `\h` (a hex digit), `\z`, `(?<name>…)`, `(?m)`, `[[:alpha:]]`, `\p{Alpha}`, `\Q…\E`. `(?s)`, `(?a)`, `(?u)` and
`(?P<name>…)` are invalid, as in the reference. A pattern that cannot run away goes to `re`; anything else goes to the
`regex` library, with a time limit.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

__all__ = ["TIME_LIMIT", "PatternError", "TooSlow", "expansion", "fullmatch", "matcher", "quote"]

TIME_LIMIT = 0.5
"""Seconds that a pattern may take for a text; half of it after each time that it did not do."""


class PatternError(ValueError):
    """Not a valid regular expression; the message says why."""


class TooSlow(Exception):
    """The pattern was given up on this text."""


MANY = 1000
"""Ways through a pattern that are few enough to try one after another."""

LONG = 5000
"""Characters of a pattern beyond which it is not looked into."""

MOST = 100_000
"""Characters that a pattern may come to when its repetitions of repetitions are written out: engines do that."""

STEPS = 5_000_000
"""Steps that `re` may take at most, some 50 ms: it cannot be stopped."""

# What `re` does not know, or knows with another meaning: these patterns go to `regex`.
_FOREIGN = re.compile(r"\\[pPXRGKhHzQEkexgB]|\(\?<|[*+?}]\+|\(\?>|\(\?\(|\(\?[a-z]*[imx-]|\{,")
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_QUOTED = re.compile(r"\\Q(?P<text>.*?)(?:\\E|\Z)|\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_FOREIGN_CLASS = re.compile(r".\^?\[|--|&&|~~|\|\|")
_INVALID = re.compile(r"\(\?(?:P[<=>]|[a-zA-Z]*[sauL])")
# For _is_tame, on a pattern whose escapes and classes are blanked out.
_FIXED_GROUP = re.compile(r"\((?:\?:)?(?:[^()|*+?{}]|\{\d+\})*\)\{\d+\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_UNBOUNDED = re.compile(r"[*+]|\{\d+,\}")
_BOUNDED = re.compile(r"\{(\d+),(\d+)\}")
_WIDTH = re.compile(r"\{(?:\d+,)?(\d+)\}")
_COUNT = re.compile(r"[*+]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}")
_OPTIONAL = re.compile(r"(?<!\()\?")
_INNERMOST_GROUP = re.compile(r"\([^()]*\)")


@functools.lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], object]:
    """A function that matches a whole text: something true, or None.

    The function raises TooSlow. It lives as long as the cache does.

    Raises:
        PatternError: the pattern is not one.
    """
    pattern = _unquoted(pattern)
    if bad := _INVALID.search(_CLASS.sub("_", _ESCAPE.sub("_", pattern))):
        raise PatternError(f"{bad[0]!r} is not part of Pact's regular expressions")
    if expansion(pattern, unbounded=1) > MOST:
        raise PatternError("it repeats what repeats too often to be made ready")
    try:
        if not _is_tame(pattern):
            return _bounded(_translate(pattern))
        tame = re.compile(pattern).fullmatch
        steps = _steps_per_character(pattern)
        return tame if steps == 0 else _up_to(STEPS // steps, tame, pattern)
    except RecursionError:
        raise PatternError("it is nested too deep") from None
    except MemoryError:
        raise PatternError("it is too large") from None
    except (re.error, OverflowError, ValueError) as error:
        raise PatternError(str(error)) from None


def _unquoted(pattern: str) -> str:
    r"""Java's `\Q…\E`, as pact-jvm writes addresses, with what stands in it escaped."""
    if r"\Q" not in pattern:
        return pattern
    return _QUOTED.sub(lambda match: match[0] if match["text"] is None else re.escape(match["text"]), pattern)


def expansion(pattern: str, *, unbounded: int) -> int:
    """How many characters a pattern comes to when its repeated groups are written out, `*` and `+` as so many.

    What counts a single character is not written out by any engine, and comes to one.
    """
    plain = _CLASS.sub("_", _ESCAPE.sub("_", pattern))
    sizes, last, at = [0], 0, 0
    while at < len(plain):
        counted = _COUNT.match(plain, at) if last else None
        if counted is not None:
            said = counted["most"] or counted["least"]
            times = unbounded if said is None else min(int(said[:7] or 0), 10**7)
            sizes[-1] += last * max(times - 1, 0) if last > 1 or len(sizes) > 1 else 0
            last *= max(times, 1)
            at = counted.end()
            continue
        if plain[at] == "(":
            sizes.append(1)
            last = 0
        elif plain[at] == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
        at += 1
    return sum(sizes)


def fullmatch(pattern: str, text: str) -> bool:
    """Whether *pattern* matches the whole of *text*. Raises PatternError and TooSlow."""
    return matcher(pattern)(text) is not None


def _is_tame(pattern: str) -> bool:
    """Whether `re` understands the pattern as Pact means it, and cannot run away on it."""
    if len(pattern) > LONG or _FOREIGN.search(pattern):
        return False
    plain = _ESCAPE.sub("_", pattern)
    if any(_FOREIGN_CLASS.search(each) for each in _CLASS.findall(plain)):
        return False
    plain = _FIXED_GROUP.sub("_", _CLASS.sub("_", plain))
    return not _REPEATED_GROUP.search(plain) and len(_UNBOUNDED.findall(plain)) <= 1 and _ways(plain) <= MANY


def _ways(plain: str) -> int:
    """How many ways through a pattern there are at most, but for its one unbounded repetition."""
    ways = int(2 ** len(_OPTIONAL.findall(plain)))
    for least, most in _BOUNDED.findall(plain):
        ways *= abs(int(most) - int(least)) + 1
    while group := _INNERMOST_GROUP.search(plain):
        ways *= group[0].count("|") + 1
        plain = plain.replace(group[0], "_", 1)
    return ways * (plain.count("|") + 1)


def _steps_per_character(pattern: str) -> int:
    """What each character of a text costs a tame pattern at most; 0 where only the pattern decides.

    At each place where its one unbounded repetition may end, the rest of the pattern is tried.
    """
    plain = _CLASS.sub("_", _ESCAPE.sub("_", pattern))
    if not _UNBOUNDED.search(plain):
        return 0
    # A run of plain characters is compared a hundred times as fast as a repetition counts.
    width = 1 + len(plain) // 100 + sum(int(most) for most in _WIDTH.findall(plain))
    return width * _ways(_FIXED_GROUP.sub("_", plain))


def _up_to(length: int, tame: Callable[[str], object], pattern: str) -> Callable[[str], object]:
    """*tame* for texts of that length; what can be stopped for longer ones."""
    longer: Callable[[str], object] | None = None

    def match(text: str) -> object:
        nonlocal longer
        if len(text) <= length:
            return tame(text)
        longer = longer or _bounded(_translate(pattern))
        return longer(text)

    return match


def _bounded(pattern: str) -> Callable[[str], object]:
    import regex

    try:
        # Version 1 has sets within sets, flags that hold from where they stand, and folds case as Unicode says.
        compiled: Any = regex.compile(pattern, flags=regex.V1)
    except regex.error as error:
        raise PatternError(str(error)) from None

    patience = 1.0

    def bounded(text: str) -> object:
        nonlocal patience
        try:
            return compiled.fullmatch(text, timeout=TIME_LIMIT * patience)
        except TimeoutError:
            patience = max(patience / 2, 0.002)  # it may be asked about thousands of list items
            raise TooSlow from None

    return bounded


_TOKEN = re.compile(
    r"\\x\{(?P<code>[0-9a-fA-F]{1,6})\}|\\k<(?P<name>\w+)>|\\(?P<letter>.)|\(\?(?P<options>[a-z-]+)\)|\(\?(?P<flags>[a-z-]+):"
    r"|\[:(?P<posix>\^?\w+):\]|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<operator>--|\|\||~~)|(?P<group>\()|(?P<end>\))",
    re.DOTALL,
)
_HEX = "0-9a-fA-F"
_OUTSIDE = {"h": f"[{_HEX}]", "H": f"[^{_HEX}]", "z": r"\Z", "e": r"\x1b"}
_INSIDE = {"h": _HEX, "e": r"\x1b"}
# What `regex` takes for ASCII alone.
_POSIX = {"digit": r"\d", "^digit": r"\D", "alnum": r"\p{Alnum}", "^alnum": r"\P{Alnum}"}


def _translate(pattern: str) -> str:
    """Oniguruma's and Java's own spellings in `regex`'s."""
    depth = 0  # of classes
    ends = [""]  # what closes the options that stand in each group that is open
    spaced = [False]  # whether x is in force in each: then a comment, which ends with its line, may come before the end

    def opened(options: str) -> str:
        """Options as `regex` has them: m lets a dot match newlines, as in Ruby."""
        on, _, off = options.partition("-")
        spaced[-1] = ("x" in on or spaced[-1]) and "x" not in off
        return options.replace("m", "s")

    def written(match: re.Match[str]) -> str:
        nonlocal depth
        text = match[0]
        match match.lastgroup:
            case "code":
                return f"\\U{int(match['code'], 16):08x}"
            case "name":
                return f"(?P={match['name']})"
            case "letter":
                return (_INSIDE if depth else _OUTSIDE).get(match["letter"], text)
            case "options" if match.start() == 0:  # for all of the pattern, as `regex` has it; scoped, its ß misses ß
                return f"(?{opened(match['options'])})"
            case "options" if not depth:  # they hold for the rest of the group, all its alternatives
                written = f"(?{opened(match['options'])}:"
                ends[-1] = ("\n)" if spaced[-1] else ")") + ends[-1]
                return written
            case "flags" | "group" if not depth:
                ends.append("")
                spaced.append(spaced[-1])
                return f"(?{opened(match['flags'])}:" if match["flags"] else text
            case "end" if not depth and len(ends) > 1:
                spaced.pop()
                return ends.pop() + text
            case "operator" if depth:  # of `regex` alone
                return re.escape(text)
            case "posix":
                return _POSIX.get(match["posix"], text)
            case "open":
                depth += 1
            case "close":
                depth = max(depth - 1, 0)
        return text

    return _TOKEN.sub(written, pattern) + ends[0]


def quote(text: str) -> str:
    """A pattern for exactly *text* that every dialect reads alike (`re.escape` also escapes blanks and hyphens)."""
    return re.sub(r"([\\.^$|?*+()\[\]{}])", r"\\\1", text)
