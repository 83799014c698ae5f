"""Regular expressions of pact files: whole match, the dialect, what is invalid, and the bound on time."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processor_time import spent

from msgpact.rules import patterns
from msgpact.rules.patterns import PatternError, TooSlow, fullmatch

# The pattern, what it matches, what it does not.
DIALECT: list[tuple[str, list[str], list[str]]] = [
    (r"\d+", ["1", "123", "٣"], ["", "a1b", "1\n"]),
    (r"^\d+$", ["1"], ["1\n"]),
    (r"\Aabc\Z", ["abc"], ["abc\n"]),
    (r"abc\z", ["abc"], ["abc\n"]),
    ("a.b", ["axb"], ["a\nb"]),
    ("(?m)a.b", ["axb", "a\nb"], ["ab"]),
    ("(?im)A.b", ["a\nB"], ["b\na"]),
    ("^b$", ["b"], ["a\nb\nc"]),
    ("", [""], ["a"]),
    ("(?i)abc", ["ABC", "aBc"], ["abd"]),
    ("(?i)straße", ["STRASSE", "straße"], ["STRASE"]),
    ("a(?i)b", ["ab", "aB"], ["Ab"]),
    ("(?i:a)b", ["Ab"], ["aB"]),
    ("(?-i)a", ["a"], ["A"]),
    ("(?x) a b", ["ab"], [" a b"]),
    # Options within a group hold for the rest of it, all its alternatives: `a(?i)b|c` is `a(?i:b|c)`.
    ("a(?i)b|c", ["ab", "aC"], ["c", "C", "Ab"]),
    ("(a(?i)b|c)d|e", ["aCd", "e"], ["cd", "E", "aCD"]),
    ("x(?m)|[a-z](?i)y", ["x", "xaY"], ["xA", "ay"]),
    ("c|(?x) d", ["c", "d"], [" d"]),
    ("(?x) a # (the first", ["a"], [" a"]),
    ("(a(?x) b # c\n)d(?i)e", ["abde", "abdE"], ["abDe"]),
    ("(?x:a )b(?i)c", ["abc", "abC"], ["aBc"]),
    ("(?x)a(?-x)(?i) b", ["a b", "a B"], ["ab"]),
    ("(?x)a(?i)b # both", ["ab", "aB"], ["Ab"]),
    ("a(?i)[)]|b", ["a)", "aB"], ["b"]),
    (r"a(?i)\)|b", ["a)", "aB"], ["b"]),
    (r"\h+", ["fF09"], ["g"]),
    (r"\H+", ["xyz"], ["a"]),
    (r"[\h-]+", ["f-0"], ["g"]),
    (r"[^\h]+", ["xyz"], ["a"]),
    (r"(?<n>a)\k<n>", ["aa"], ["a"]),
    (r"(?<year>\d{4})", ["2020"], ["20"]),
    (r"\B", [""], ["a"]),
    (r"\R", ["\r\n", "\n"], ["a"]),
    (r"\e\x41\x{e9}", ["\x1bAé"], ["A"]),
    ("(?>a+)a", [], ["aaa"]),
    ("a++b", ["aab"], ["aa"]),
    ("a++a", [], ["aaa"]),
    ("a{,2}", ["", "aa"], ["aaa"]),
    ("[[:alpha:]]+", ["aé"], ["1"]),
    ("[[:^digit:]]+", ["ab"], ["1", "٣"]),
    ("[[:digit:]]+", ["1٣"], ["a"]),
    ("[[:alnum:]-]+", ["aé٣-"], ["_"]),
    ("[[:^alnum:]]+", ["-_"], ["٣"]),
    ("[[:upper:]0]+", ["A0"], ["a"]),
    (r"\p{Alpha}+", ["aé"], ["1"]),
    (r"\p{Lu}\P{Lu}", ["Aa"], ["AA"]),
    (r"[\p{L}0]+", ["a0"], ["1"]),
    ("[a-z&&[^b]]+", ["ac"], ["abc"]),
    ("[[a-c][x-z]]+", ["ax"], ["m"]),
    ("[^[a-c]]+", ["xy"], ["a"]),
    ("[a--]+", ["a-"], ["b"]),
    ("[a||b]+", ["a|b"], ["c"]),
    ("[]a]+", ["]a"], ["b"]),
    (r"[\d\-]+", ["1-2"], ["a"]),
    (r"\w+\s", ["é_1 "], ["- "]),
    ("(?=a)a(?!b)", ["a"], ["b"]),
    ("(?<=a)b|a(?<!b)b", ["ab"], ["b"]),
    (r".*\/(\Qorders\E\/\Q4.2\E)$", ["http://x/orders/4.2"], ["http://x/orders/432", "http://x/Qorders/4.2"]),
    (r"\Qa*(\d", [r"a*(\d"], ["aa(1", r"Qa*(\d"]),
    (r"\\Qa+", [r"\Qaa"], ["a+", "aa"]),
    ("b(?<=|b|éa)", ["b"], ["a"]),
    (r"\/\-\_", ["/-_"], ["/"]),
    ("PLACED|PAID", ["PLACED", "PAID"], ["PLACEDPAID", "PLACE"]),
]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        pytest.param(pattern, text, matches, id=f"{pattern!r} {'ok' if matches else 'no'} {text!r}")
        for pattern, good, bad in DIALECT
        for matches, texts in ((True, good), (False, bad))
        for text in texts
    ],
)
def test_dialect(pattern: str, text: str, matches: bool) -> None:
    assert fullmatch(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing"),
        ("[a", "unterminated character set"),
        ("*a", "nothing to repeat"),
        ("\\", "bad escape"),
        ("[z-a]", "bad character range"),
        ("(?<n", "missing"),
        (r"\p{NoSuch}", "unknown property"),
        ("[[:nosuch:]]", "unknown property"),
        ("(?s)a", "is not part of Pact's"),
        ("(?P<n>a)", "is not part of Pact's"),
        ("(?a)a", "is not part of Pact's"),
        ("(?u)a", "is not part of Pact's"),
        ("(?is:a)", "is not part of Pact's"),
        ("(" * 2000 + ")" * 2000, "it is nested too deep"),
        ("(" * 100_000 + ")" * 100_000, "it is nested too deep"),
        ("a{99999999999999999999}", "too large"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_invalid_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        patterns.matcher(pattern)


@pytest.mark.parametrize("pattern", [r"\(?s", "[(?s]+", r"\\(?:s)?"])
def test_what_only_looks_invalid(pattern: str) -> None:
    patterns.matcher(pattern)


# -- bounded in time -------------------------------------------------------------------------------------------------

RUNAWAYS = [
    ("(a+)+b", "a" * 5000),
    ("(a|a)*b", "a" * 5000),
    ("(a|aa)+$b", "a" * 5000),
    ("a*a*a*a*a*a*a*b", "a" * 5000),
    ("(.*)*x", "a" * 5000),
    ("a{0,99}" * 8 + "b", "a" * 800),
    ("(?:a?){30}a{30}b", "a" * 60),
    ("a?" * 40 + "a" * 40 + "b", "a" * 80),
    ("(a|b|ab)(a|b|ab)" * 12 + "c", "ab" * 30),
    (r"([a-z0-9]+[-_.]?)+@x", "a" * 5000),
    (r"^(\w+\s?)*$", "a" * 5000 + "!"),
]


@pytest.mark.parametrize(("pattern", "text"), RUNAWAYS, ids=[row[0][:30] for row in RUNAWAYS])
def test_no_pattern_runs_away(pattern: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.1)
    start = spent()

    try:
        matched = fullmatch(pattern, text)
    except TooSlow:
        matched = False

    assert not matched
    assert spent() - start < 5  # without a bound these take years


def test_a_pattern_that_is_too_slow_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.05)

    with pytest.raises(TooSlow):
        fullmatch("(a|aa)+b|(x+x+)+y", "x" * 5000)


def test_a_slow_pattern_is_given_up_sooner_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.4)
    start = spent()

    for _ in range(20):
        with pytest.raises(TooSlow):
            fullmatch("(a|aa)+c", "a" * 5000)

    assert spent() - start < 4  # not 20 times 0.4 s


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})",
        "A|B|C|D|E|F|G|H|I|J|K",
        r"\w+@example\.com",
        r"-?\d+",
        "(cat|dog) [a-z]*",
    ],
)
def test_usual_patterns_need_no_other_engine(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are matched by `re`, which is there already and much faster."""
    monkeypatch.delattr(patterns, "_bounded")
    patterns.matcher.cache_clear()

    fullmatch(pattern, "x" * 1000)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\w*\d{1,999}", "1" * 100_000 + "!"),
        (r"\w*\d{999}", "1" * 1_000_000 + "!"),
    ],
    ids=["a wide range", "a wide count"],
)
def test_a_long_text_does_not_make_a_usual_pattern_run_away(
    pattern: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`re` cannot be stopped: what could take it long goes to the engine that can."""
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.05)
    patterns.matcher.cache_clear()

    with pytest.raises(TooSlow):
        fullmatch(pattern, text)


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_an_error(pattern: str) -> None:
    with contextlib.suppress(PatternError, TooSlow):
        fullmatch(pattern, "aab")


@given(st.text())
def test_a_quoted_text_matches_itself_alone(text: str) -> None:
    assert fullmatch(patterns.quote(text), text)
    assert not fullmatch(patterns.quote(text), text + "x")


@pytest.mark.parametrize(
    "pattern",
    ["((a{1000}){1000}){1000}", "(?:.?){1000000}", "((((a{99}){99}){99}){99})", "(ab){99999999999999999999}"],
)
def test_what_would_be_written_out_endlessly_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternError, match="it repeats what repeats too often"):
        patterns.matcher(pattern)


@pytest.mark.parametrize(
    "pattern", [r"[\s\S]{0,100000}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "(a{10}){10}", "a{,3}", "(a)*"]
)
def test_what_repeats_within_reason_is_a_pattern(pattern: str) -> None:
    patterns.matcher(pattern)
