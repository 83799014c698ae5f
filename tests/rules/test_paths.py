"""Path expressions, and which rules count at a position of a document."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.rules import paths
from msgpact.rules.paths import PathError, Position, Token, Wildcard

ANY, ITEM = Wildcard.ANY, Wildcard.ITEM

PATHS: list[tuple[str, tuple[Token, ...]]] = [
    ("", ()),
    ("$", ()),
    ("$.a", ("a",)),
    ("$.a.b.c", ("a", "b", "c")),
    ("a", ("a",)),
    ("a.b[0]", ("a", "b", "0")),
    ("$.user_id.user-id", ("user_id", "user-id")),
    ("$.urn:ns:a.@id.#text", ("urn:ns:a", "@id", "#text")),
    ("$.é.ñandú.名", ("é", "ñandú", "名")),
    ("$.0", ("0",)),
    ("$.*", (ANY,)),
    ("$.a.*.b", ("a", ANY, "b")),
    ("$[0]", ("0",)),
    ("$[007]", ("7",)),
    ("$.a[12][3]", ("a", "12", "3")),
    ("$[*]", (ITEM,)),
    ("$.a[*].b", ("a", ITEM, "b")),
    ("$['a']", ("a",)),
    ("$['0']", ("0",)),
    ("$['x.y']['$a']", ("x.y", "$a")),
    ("$['a b']['*']['[0]']", ("a b", "*", "[0]")),
    ("$['\"']", ('"',)),
]


@pytest.mark.parametrize(("expression", "tokens"), PATHS, ids=[repr(row[0]) for row in PATHS])
def test_parsing(expression: str, tokens: tuple[Token, ...]) -> None:
    assert paths.parse(expression) == tokens


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$a", "'a' at index 1, where '.' or '[' should follow"),
        ("$.", "no name and no '*' after the '.' at index 1"),
        ("$.a.", "no name and no '*' after the '.' at index 3"),
        ("$..a", "no name and no '*' after the '.' at index 1"),
        ("$.a!", "'!' at index 3"),
        ("$.a b", "' ' at index 3"),
        ("$[", "no number, '*' or quoted name after the '[' at index 1"),
        ("$[]", "no number"),
        ("$[-1]", "no number"),
        ("$[?(@.a)]", "no number"),
        ('$["a"]', "no number"),
        ("$[0:1]", "the '[' at index 1 is not closed"),
        ("$[12a]", "is not closed"),
        ("$[*", "is not closed"),
        ("$['", "the quote at index 2 is not closed"),
        ("$['a", "the quote at index 2 is not closed"),
        ("$['']", "an empty name at index 2"),
        ("$['a'", "is not closed"),
        ("$['a'.b", "is not closed"),
        ("$['a']b", "'b' at index 6"),
        ("!", "a path begins with '$', not with '!'"),
        ("[0]", "a path begins with '$', not with '['"),
    ],
)
def test_what_does_not_parse_says_where(expression: str, reason: str) -> None:
    with pytest.raises(PathError, match=re.escape(reason)):
        paths.parse(expression)


NAMES = st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(NAMES | st.sampled_from(Wildcard)))
@example(["00"])
@example(["0" * 19])
@example(["1" * 5000])
def test_what_is_written_is_what_was_parsed(tokens: list[Token]) -> None:
    assert paths.parse(paths.expression(tokens)) == tuple(tokens)


@pytest.mark.parametrize(
    ("fragments", "path"),
    [
        ([], "$"),
        (["a", 0, "b"], "$.a[0].b"),
        (["a b", "0", "é", "@id", "a-b"], "$['a b']['0']['é']['@id']['a-b']"),
        (["_a1"], "$._a1"),
        (["a\n"], "$['a\n']"),
    ],
)
def test_rendering_a_place(fragments: list[str | int], path: str) -> None:
    assert paths.render(fragments) == path


@pytest.mark.parametrize(
    ("key", "answer"),
    [("0", True), ("12", True), ("", False), ("-1", False), ("1a", False), ("²", False), ("٣", False)],
)
def test_keys_that_look_like_an_index(key: str, answer: bool) -> None:
    assert paths.is_index(key) is answer


# -- which rules count -----------------------------------------------------------------------------------------------


def rule(name: str) -> RuleSet:
    return RuleSet((MatchingRule(name),))


def position(rules: dict[str, RuleSet], way: str) -> Position:
    found = paths.root(PathRules(rules))
    for token in paths.parse(way):
        assert isinstance(token, str)
        found = found.below(token)
    return found


# The rules' paths, the place, and which of them counts there (weight × number of tokens, `$` included).
SELECTION: list[tuple[list[str], str, str | None]] = [
    ([], "$.a", None),
    (["$"], "$", "$"),
    (["$"], "$.a.b", "$"),
    (["$.a"], "$", None),
    (["$.a"], "$.b", None),
    (["$.a", "$.b"], "$.b", "$.b"),
    (["$", "$.a"], "$.a", "$.a"),
    (["$", "$.*"], "$.a", "$.*"),
    (["$.*", "$.a"], "$.a", "$.a"),
    (["$.a", "$.*.b"], "$.a.b", "$.*.b"),  # 4 × 2 = 8 against 4 × 3 = 12
    (["$.a", "$.*.*"], "$.a.b", "$.a"),  # 8 against 2 × 3 = 6
    (["$.*.*.*", "$.a"], "$.a.b.c", "$.*.*.*"),  # 2 × 4 = 8 against 8: the deeper one
    (["$.*.*.*.*", "$.a"], "$.a.b.c.d", "$.*.*.*.*"),  # 10 against 8
    (["$", "$.*.*"], "$.a.b", "$.*.*"),
    (["$[*]"], "$[3]", "$[*]"),
    (["$[*]"], "$['3']", "$[*]"),
    (["$[*]"], "$.k", None),
    (["$.*"], "$[3]", "$.*"),
    (["$[0]"], "$['0']", "$[0]"),
    (["$['0']"], "$[0]", "$['0']"),
    (["$[*]", "$[0]"], "$[0]", "$[0]"),
    (["$[*]", "$[0]"], "$[1]", "$[*]"),
    (["$.a[*].b", "$.a[*].*"], "$.a[4].b", "$.a[*].b"),
    (["$.a[0].b", "$.a[*].b"], "$.a[0].b", "$.a[0].b"),
    (["$.a", "$['a']"], "$.a", "$.a"),
    (["a"], "$.a", "a"),
    (["$['a.b']"], "$['a.b'].c", "$['a.b']"),
]


@pytest.mark.parametrize(("listed", "place", "wanted"), SELECTION, ids=[f"{row[0]} at {row[1]}" for row in SELECTION])
def test_selection(listed: list[str], place: str, wanted: str | None) -> None:
    rules = {path: RuleSet((MatchingRule("regex", {"regex": path}),)) for path in listed}

    found = position(rules, place)

    assert found.rules == (None if wanted is None else rules[wanted])


@pytest.mark.parametrize(
    ("path", "place", "sits"), [("$", "$", True), ("$", "$.a", False), ("$.a", "$.a", True), ("$.*", "$.a.b", False)]
)
def test_rules_sit_or_are_inherited(path: str, place: str, sits: bool) -> None:
    assert position({path: rule("type")}, place).sits is sits


def test_rules_about_keys_and_values_are_not_inherited_beside_others() -> None:
    rules = RuleSet(tuple(MatchingRule(name) for name in ("eachKey", "type", "eachValue")))

    assert position({"$": rules}, "$.a").rules == rule("type")


@pytest.mark.parametrize("name", ["eachKey", "eachValue", "values"])
def test_alone_they_stay_and_say_nothing(name: str) -> None:
    assert position({"$": rule(name)}, "$.a").rules == rule(name)


@pytest.mark.parametrize(
    ("rules", "place", "free"),
    [
        ({"$": "values"}, "$", True),
        ({"$": "eachKey"}, "$", True),
        ({"$": "eachValue"}, "$", True),
        ({"$": "type"}, "$", False),
        ({"$": "values"}, "$.a", False),
        ({"$.*": "values", "$.a": "type"}, "$.a", False),
        ({"$.*": "type", "$.a": "values"}, "$.b", False),
        ({"$.a": "eachKey", "$.*": "type"}, "$.a", True),
    ],
)
def test_where_keys_are_free(rules: dict[str, str], place: str, free: bool) -> None:
    assert position({path: rule(name) for path, name in rules.items()}, place).free_keys is free


@pytest.mark.parametrize(
    ("path", "answer"),
    [("$[*]", False), ("$.*", False), ("$[0]", True), ("$[0].a", True), ("$.a[0]", True), ("$", False)],
)
def test_whether_the_key_matters_below(path: str, answer: bool) -> None:
    assert position({path: rule("type")}, "$").differs_by_key is answer


def test_an_empty_list_of_matchers_is_no_rule() -> None:
    assert position({"$.a": RuleSet(()), "$": rule("type")}, "$.a").rules == rule("type")


def test_what_is_kept_is_bounded_by_the_rules() -> None:
    """Keys come from strangers' messages: only those that an expression names have a position of their own."""
    top = paths.root(PathRules({"$.*": rule("type"), "$.a": rule("null")}))

    assert len({id(top.below(f"key {number}")) for number in range(1000)}) == 1
    assert len({id(top.below(str(number))) for number in range(1000)}) == 1
    assert top.below("a").rules == rule("null")


def test_paths_that_end_in_the_same_rules_share_a_position() -> None:
    """Pacts of thousands of interactions have tens of thousands of paths, and few kinds of rules."""
    same = rule("integer")
    top = paths.root(PathRules({"$.a": same, "$.b": same, "$.c": same, "$.c.d": same}))

    assert top.below("a") is top.below("b")
    assert top.below("c") is not top.below("a")
    assert top.below("c").below("d") is top.below("a")


def test_a_path_that_does_not_parse() -> None:
    with pytest.raises(PathError):
        paths.root({"$..a": rule("type")})
