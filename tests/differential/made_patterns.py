"""Regular expressions in Oniguruma's dialect, and short texts that they may match."""

from random import Random

ATOMS = [
    "a", "b", "c", "x", "1", "é", "ß", ".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\h", r"\H", r"\R", r"\b", r"\B", r"\A",
    r"\z", r"\Z", "^", "$", "[abc]", "[^abc]", "[a-c]", "[[:alpha:]]", "[[:digit:]]", "[[:^alpha:]]", "[[:space:]]",
    "[[:word:]]", "[[:punct:]]", "[[:xdigit:]]", "[[:upper:]x]", r"[\d]", r"[\w-]", "[a-z&&[^b]]", "[]a]", r"[a\]]",
    "[a[bc]]", r"[^\n]", "[.]", r"\.", r"\-", r"\/", r"\n", r"\t", r"\x41", r"\x{e9}", r"\e", r"\p{Alpha}", r"\p{L}", r"\p{Lu}",
    r"\P{L}", r"\p{Digit}", r"\p{^L}", r"\p{Latin}", r"\p{Alnum}", r"\p{Upper}", r"\k<n>", r"\1", r"\2", "-", " ", "_", '"', "/",
    ":", "@", "#", "&", "~", "&&", "--", "{", "}", "]", r"\v", r"\f", r"\a", r"\_", r"\é", r"\G", r"\0", r"\141", r"\u00e9",
]  # fmt: skip
QUANTIFIERS = [
    "*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "{0}", "*?", "+?", "??", "{1,2}?", "*+", "++", "?+", "{", "{a}", "{1", "{ 1,2}",
]  # fmt: skip
GROUPS = [
    "({})", "({})", "(?:{})", "(?:{})", "(?<n>{})", "(?P<n>{})", "(?>{})", "(?={})", "(?!{})", "(?<={})", "(?<!{})", "(?i){}",
    "(?i:{})", "(?m){}", "(?m:{})", "(?s){}", "(?x: {} )", "(?im){}", "(?-i){}", "(?i-m:{})", "(?#{})", "(?a){}", "(?u){}", "({}",
    "{})",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "c", "x", "1", "12", "abc", "ab", "aab", "aa", "abab", "bc", "A", "ABC", "é", "É", "ß", "SS", "ss", "\n", "a\n",
    "a\nb", "\r\n", " ", "a b", "-", ".", "_", '"', "/", "0", "01", "F", "f", "g", "\u0661", "\t", "^", "$", "$1", "{", "}", "a{", "a{1",
    "a{a}", "{2}", "[", "]", "a]", "\\", "a.b", ".x", "z", "Z", "h", "e", "@", "#", "&", "&&", "--", "~", "x-y", "a+b", "a*",
    r"\d", "true", "é9", "T",
]  # fmt: skip


def pattern(r: Random) -> str:
    made = _alternatives(r, 2)
    return f"^{made}$" if r.random() < 0.2 else made


def _alternatives(r: Random, depth: int) -> str:
    return "|".join(_sequence(r, depth) for _ in range(r.choice([1, 1, 1, 1, 2, 3])))


def _sequence(r: Random, depth: int) -> str:
    return "".join(
        _atom(r, depth) + (r.choice(QUANTIFIERS) if r.random() < 0.3 else "")
        for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3]))
    )


def _atom(r: Random, depth: int) -> str:
    if depth == 0 or r.random() < 0.72:
        return r.choice(ATOMS) if r.random() < 0.6 else r.choice(ATOMS[:8])
    return r.choice(GROUPS).replace("{}", _alternatives(r, depth - 1))
