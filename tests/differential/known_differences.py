"""Where msgpact judges otherwise than the reference implementation, and why: the only place that may excuse it.

Each row has a witness, a pair that both still judge differently: a row goes when its reason does.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from contracts import json_entry
from json_text import Number, nodes, text
from judges import Pair, Sent, expected_by
from sites import Site, sites

from msgpact.model import Form, MatchingRule
from msgpact.results import Mismatch
from msgpact.rules.content_types import guess, parse
from msgpact.rules.matchers import size
from msgpact.serializers import json as json_serializer

Raw = dict[str, Any]


class Row(NamedTuple):
    """A known difference.

    Attributes:
        reason: Why msgpact differs.
        section: Where shared/spec/semantics.md says what it differs in.
        refused_by: Who of the two refuses the message; "either" where it is random.
        concerns: Whether the difference is one of this pair's.
        witness: An example of it: interaction, message, version.
    """

    reason: str
    section: str
    refused_by: Literal["us", "them", "either"]
    concerns: Callable[[Pair], bool]
    witness: tuple[Raw, Sent] | None

    def covers(self, pair: Pair) -> bool:
        """Whether the row excuses that the two differ on the pair, or on one part of it."""
        refused = "us" if pair.ours else "them"
        return self.refused_by in (refused, "either") and self.concerns(pair)


def a_site(concerns: Callable[[Site], bool]) -> Callable[[Pair], bool]:
    """Whether there is a place in the contents that *concerns* answers True for."""
    return lambda pair: any(concerns(site) for site in _sites(pair))


def _sites(pair: Pair) -> Iterator[Site]:
    expected = expected_by(pair)
    if expected.contents.form is not Form.JSON or not pair.sent.contents:
        return
    try:
        actual = json_serializer.load(pair.sent.contents)
    except ValueError:
        return
    yield from sites(expected.contents.value, actual, expected.matching_rules.get("body", {}))


def _matchers(site: Site) -> tuple[MatchingRule, ...]:
    return site.rules.matchers if site.rules is not None else ()


def _is_out_of_bounds(site: Site) -> bool:
    return (
        site.example == []
        and site.sits
        and isinstance(site.actual, list)
        and any(rule.match == "type" and size(rule.attributes, [], site.actual) for rule in _matchers(site))
    )


def _holds(*names: str) -> Callable[[Site], bool]:
    return lambda site: site.sits and any(rule.match in names for rule in _matchers(site))


def _is_scalar(site: Site) -> bool:
    return not isinstance(site.example, dict | list)


def _is_either_on_an_object(site: Site) -> bool:
    return (
        isinstance(site.example, dict)
        and site.rules is not None
        and site.rules.combine == "OR"
        and len(_matchers(site)) > 1
    )


def _inherits_only_part(site: Site) -> bool:
    about_below = any(rule.match in ("eachKey", "eachValue") for rule in _matchers(site))
    return (
        not site.sits
        and about_below
        and len(_matchers(site)) > 1
        and site.rules is not None
        and site.rules.combine == "OR"
    )


_NO_TYPE_KEY = re.compile(r"Expected message metadata '(?i:content-?type)' but was missing")


def _lacks_only_spellings_of_the_type(pair: Pair) -> bool:
    return all(_NO_TYPE_KEY.fullmatch(each) for each in pair.theirs or ())


_OTHER_TYPE = re.compile(r"Expected metadata key '(?i:content-?type)' to have value '\"(.*)\"' but was '\"(.*)\"' - .*")


def _differs_only_in_the_case_of_the_type(pair: Pair) -> bool:
    said = [_OTHER_TYPE.fullmatch(each) for each in pair.theirs or ()]
    return all(
        each is not None and each[1].lower() in (each[2].lower(), each[2].lower().partition(";")[0]) for each in said
    )


def _is_a_document_under_another_type(pair: Pair) -> bool:
    contents = pair.entry.get("contents")
    document = contents.get("content") if pair.version == 4 and isinstance(contents, dict) else contents
    expected = expected_by(pair).contents
    unsorted = any(isinstance(value, dict) and list(value) != sorted(value) for _, value in nodes(document))
    return unsorted and expected.form is not Form.JSON


def _about_containers_in_metadata(pair: Pair) -> bool:
    rules = expected_by(pair).matching_rules.get("metadata", {})
    return any(rule.match in _ABOUT_CONTAINERS for each in rules.values() for rule in each.matchers)


_ABOUT_KEYS = {"values", "eachKey", "eachValue"}
_ABOUT_CONTAINERS = {"eachKey", "eachValue", "arrayContains"}


def _asks_one_at_random(site: Site) -> bool:
    free = {any(rule.match in _ABOUT_KEYS for rule in rules.matchers) for rules in site.sitting}
    return isinstance(site.example, dict) and len(free) > 1


def _is_about_a_type_that_metadata_do_not_state(pair: Pair) -> bool:
    rules = expected_by(pair).matching_rules.get("metadata", {})
    stated = pair.entry.get("metadata", pair.entry.get("metaData", {}))
    assert isinstance(stated, dict)
    reaches = any(not path.lstrip("$.") or "*" in path for path in rules)
    return reaches and "contentType" not in stated and all("'contentType'" in each for each in pair.theirs or ())


def _is_negative_without_a_type(pair: Pair) -> bool:
    contents = pair.entry.get("contents")
    document = contents.get("content") if pair.version == 4 and isinstance(contents, dict) else contents
    stated = "contentType" in contents if isinstance(contents, dict) else False
    return isinstance(document, Number) and document.startswith("-") and not stated


def _only_looks_like_json(pair: Pair) -> bool:
    expected = expected_by(pair).contents
    if not isinstance(expected.value, str) or expected.content_type != "text/plain":
        return False
    said = (
        "Expected a body of 'application/json'",
        "Expected metadata key 'contentType' to have value '\"application/json\"'",
    )
    looks_like_json = guess(expected.value.encode()) == "application/json"
    return looks_like_json and all(each.startswith(said) for each in pair.theirs or ())


def _differs_in_its_suffix(found: Mismatch) -> bool:
    wanted, came = (parse(str(each)) for each in (found.expected, found.actual))
    return wanted is not None and came is not None and wanted[:2] == came[:2] and wanted.suffix != came.suffix


def _says(words: str) -> Callable[[Pair], bool]:
    return lambda pair: all(words in each for each in pair.theirs or ())


def _has_pattern(form: str) -> Callable[[Pair], bool]:
    """Whether a regular expression of the body's rules is of that form."""

    def has(pair: Pair) -> bool:
        rules = expected_by(pair).matching_rules.get("body", {}).values()
        return any(re.search(form, str(rule.attributes.get("regex"))) for each in rules for rule in each.matchers)

    return has


def pattern(regex: str, actual: str) -> tuple[Raw, Sent]:
    """A witness: one regular expression."""
    return one({"a": "x"}, text({"a": actual}), {"match": "regex", "regex": regex})


def _inherits_each_key_beside_its_own(site: Site) -> bool:
    has_each_key = any(rule.match == "eachKey" for rule in _matchers(site))
    return isinstance(site.example, dict) and not site.sits and bool(site.sitting) and has_each_key


def one(example: Any, actual: str, *matchers: Raw, combine: str = "AND", at: str = "$.a") -> tuple[Raw, Sent]:
    """A witness: rules at one path of a JSON example."""
    return json_entry(example, {at: {"combine": combine, "matchers": list(matchers)}}), Sent(actual.encode())


TABLE = (
    Row(
        "an example list that is empty says nothing of the items, but its min and max hold",
        "2.4, 3",
        "us",
        a_site(_is_out_of_bounds),
        one({"a": []}, '{"a":[]}', {"match": "type", "min": 1}),
    ),
    Row(
        "a rule about containers cannot be met by a scalar, and says so",
        "2.5, arrayContains",
        "us",
        a_site(lambda site: _is_scalar(site) and _holds("eachKey", "eachValue", "arrayContains", "contentType")(site)),
        one({"a": 1}, '{"a":1}', {"match": "eachValue", "rules": [{"match": "type"}]}),
    ),
    Row(
        "arrayContains cannot be met by an object, and says so",
        "2.5, arrayContains",
        "us",
        a_site(lambda site: isinstance(site.example, dict) and _holds("arrayContains")(site)),
        one({"a": {}}, '{"a":{}}', {"match": "arrayContains", "variants": []}),
    ),
    Row(
        "OR is honoured on objects too",
        "2.1, AND",
        "them",
        a_site(_is_either_on_an_object),
        one({"a": {}}, '{"a":{}}', {"match": "type"}, {"match": "number"}, combine="OR"),
    ),
    Row(
        "eachKey and eachValue are not inherited: under OR they let nothing pass below",
        "2.3, 5",
        "us",
        a_site(_inherits_only_part),
        one(
            {"a": [1]},
            '{"a":["x"]}',
            {"match": "integer"},
            {"match": "eachKey", "rules": [{"match": "type"}]},
            combine="OR",
        ),
    ),
    Row(
        "eachKey is not inherited: it says nothing of the keys of an object below that has a rule of its own",
        "2.3, 5",
        "them",
        a_site(_inherits_each_key_beside_its_own),
        (
            json_entry(
                [[{"c": 1}]],
                {
                    "$[0]": {"matchers": [{"match": "eachKey", "rules": [{"match": "regex", "regex": "x"}]}]},
                    "$[*][*]": {"matchers": [{"match": "type"}]},
                },
            ),
            Sent(b'[[{"c":1}]]'),
        ),
    ),
    Row(
        "a content type is one fact, however the key is spelled that states it",
        "2.8, 2",
        "them",
        _lacks_only_spellings_of_the_type,
        (
            {"contents": "x", "metadata": {"content-type": "text/plain"}},
            Sent(b"x", "text/plain"),
        ),
    ),
    Row(
        "content types are the same in any case (RFC 6838)",
        "2.8, 1",
        "them",
        _differs_only_in_the_case_of_the_type,
        (json_entry({"a": 1}, {}), Sent(b'{"a":1}', "APPLICATION/JSON")),
    ),
    Row(
        "a document under a type that is not JSON is its text as it stands; the reference sorts its keys",
        "1.1, contents",
        "either",
        _is_a_document_under_another_type,
        (
            {"contents": {"b": 1, "a": 2}, "metadata": {"contentType": "text/plain"}},
            Sent(b'{"b":1,"a":2}', "text/plain", {"contentType": "text/plain"}),
        ),
    ),
    Row(
        "a string under a JSON type is that string, whatever it holds",
        "1.1, contents",
        "them",
        lambda pair: all("Failed to parse the expected body" in each for each in pair.theirs or ()),
        (
            {"contents": 'a"b', "metadata": {"contentType": "application/json"}},
            Sent(b'"a\\"b"', "application/json"),
        ),
    ),
    Row(
        "the signatures by which contents show their type are another table",
        "2.5, contentType",
        "either",
        lambda pair: any(
            rule.match == "contentType"
            for rules in expected_by(pair).matching_rules.get("body", {}).values()
            for rule in rules.matchers
        ),
        None,
    ),
    Row(
        "a rule about containers says nothing of an entry of the metadata, which is seen as a whole, and says so",
        "2.8, 2",
        "us",
        lambda pair: _about_containers_in_metadata(pair) and all(each.part == "metadata" for each in pair.ours),
        (
            {
                "type": "Asynchronous/Messages",
                "metadata": {"k": 1},
                "matchingRules": {
                    "metadata": {"k": {"matchers": [{"match": "eachValue", "rules": [{"match": "type"}]}]}}
                },
            },
            Sent(b"x", "text/plain", {"k": 1}),
        ),
    ),
    Row(
        "contents that are stated to be empty must be empty",
        "1.3, content",
        "us",
        lambda pair: all(each.rule == "empty contents" for each in pair.ours),
        ({"type": "Asynchronous/Messages", "contents": {"content": ""}}, Sent(b"x", "text/plain")),
    ),
    Row(
        "whether an object's keys are free the reference asks one of the paths that lead there, at random",
        "2.3, 4",
        "either",
        a_site(_asks_one_at_random),
        None,
    ),
    Row(
        "the type that contents state is no entry of the metadata, so that rules for any entry do not reach it",
        "2.8, 2",
        "either",
        _is_about_a_type_that_metadata_do_not_state,
        (
            {
                "type": "Asynchronous/Messages",
                "contents": {"content": "x", "contentType": "text/plain"},
                "metadata": {"k": 1},
                "matchingRules": {"metadata": {"$.*": {"matchers": [{"match": "integer"}]}}},
            },
            Sent(b"x", "text/plain", {"k": 2}),
        ),
    ),
    Row(
        "contents of a type of text that are no UTF-8 are compared as bytes",
        "1.3, encoded",
        "them",
        lambda pair: any("as UTF-8 text" in each for each in pair.theirs or ()),
        (
            {
                "type": "Asynchronous/Messages",
                "contents": {"content": "//79", "encoded": "base64", "contentType": "text/plain"},
                "matchingRules": {"body": {"$": {"matchers": [{"match": "type"}]}}},
            },
            Sent(b"\xff\xfe\xfd", "text/plain"),
        ),
    ),
    Row(
        "a reference to a group that there is not is no pattern; Oniguruma takes one of two digits for a character's code",
        "2.5, regex",
        "us",
        lambda pair: all("invalid group reference" in each.reason for each in pair.ours),
        pattern(r"(x\11)?b", "b"),
    ),
    Row(
        "under an option within the pattern the `regex` library finds ß only as ss",
        "2.5, regex",
        "us",
        _has_pattern(r".\(\?[a-z]*i.*ß|\(\?[a-z]*i[a-z-]*:.*ß"),
        pattern("(?i:ß)", "ß"),
    ),
    Row(
        "where blanks count for nothing they do so in a count too",
        "2.5, regex",
        "either",
        _has_pattern(r"\(\?[a-z]*x.*\{ "),
        pattern("(?:(?x: c{ 1,2} )+)", "c"),
    ),
    Row(
        "a name may be referred to before its group",
        "2.5, regex",
        "them",
        _says("undefined name"),
        pattern(r"(?<=\k<n>)(?<n>a)|b", "b"),
    ),
    Row(
        "a group with a name does not keep others from being referred to by number",
        "2.5, regex",
        "them",
        _says("numbered backref"),
        pattern(r"(?<n>a)(b)\1|c", "c"),
    ),
    Row(
        "what only looks like JSON is text",
        "1.3, contentType",
        "them",
        _only_looks_like_json,
        ({"type": "Asynchronous/Messages", "contents": {"content": "10 items"}}, Sent(b"10 items", "text/plain")),
    ),
    Row(
        "a suffix is part of a subtype",
        "2.8, 1",
        "us",
        lambda pair: all(each.part == "content type" and _differs_in_its_suffix(each) for each in pair.ours),
        (
            {
                "contents": "eA==",
                "metadata": {"contentType": "application/vnd.x"},
                "matchingRules": {"metadata": {"contentType": {"matchers": [{"match": "type"}]}}},
            },
            Sent(b"x", "application/vnd.x+json"),
        ),
    ),
    Row(
        "bytes of no type that is known are application/octet-stream; the reference calls them */*",
        "1.3, contentType",
        "them",
        _says("*/*"),
        (
            {"type": "Asynchronous/Messages", "contents": {"content": "//79", "encoded": "base64"}},
            Sent(b"\xff\xfe\xfd", "application/octet-stream"),
        ),
    ),
    Row(
        "quotes are no part of a parameter's value (RFC 9110)",
        "2.8, 1",
        "them",
        _says('\\"'),
        (
            {"contents": Number("1"), "metadata": {"contentType": "application/json;charset=UTF-8"}},
            Sent(b"1", 'application/json;charset="UTF-8"'),
        ),
    ),
    Row(
        "a document that is a negative number is JSON, also where no type is stated",
        "1.3, contentType",
        "either",
        _is_negative_without_a_type,
        ({"type": "Asynchronous/Messages", "contents": {"content": Number("-1")}}, Sent(b"-1")),
    ),
    Row(
        "what has no width may be repeated, to no effect; Oniguruma refuses it, java.util.regex does not",
        "2.5, regex",
        "them",
        _says("target of repeat operator is invalid"),
        pattern(r"\p{Digit}\B?", "1"),
    ),
    Row(
        "what may stand in a look-behind is more than Oniguruma allows, and repeated there it finds other ends",
        "2.5, regex",
        "either",
        _has_pattern(r"\(\?<[=!].*[*+?{|]"),
        pattern("1|(?<!1|(?!2).)a", "1"),
    ),
    Row(
        "a count of a count is no pattern; java.util.regex refuses it too",
        "2.5, regex",
        "us",
        lambda pair: all("multiple repeat" in each.reason for each in pair.ours),
        pattern("b{1,2}{2}", "bb"),
    ),
    Row(
        "a property that tells upper case from lower does so in any case; Unicode's folding takes in both",
        "2.5, regex",
        "either",
        _has_pattern(r"\(\?[a-z]*i.*(?:\\[pP]\{|\[:)"),
        pattern(r"(?i)\p{Lu}", "e"),
    ),
    Row(
        "of equally heavy paths the reference takes one at random",
        "2.3, 4",
        "either",
        a_site(lambda site: site.tied),
        None,
    ),
)


# -- reading ---------------------------------------------------------------------------------------------------------


class ReadingRow(NamedTuple):
    """Why one of the two does not read a pact that the other reads: words of the one that does not."""

    reason: str
    section: str
    ours: str = ""
    theirs: str = ""

    def covers(self, ours: object, theirs: object) -> bool:
        said = (ours, self.ours) if isinstance(ours, str) else (theirs, self.theirs)
        return bool(said[1]) and said[1] in str(said[0])


READING = (
    ReadingRow("contents that are called JSON and are none could never be met", "1.3, encoded", ours="but it is"),
)


# -- dates -----------------------------------------------------------------------------------------------------------


class DatePair(NamedTuple):
    """A pattern, a text, and whether each of the two takes it."""

    pattern: str
    text: str
    ours: bool
    theirs: bool


class DateRow(NamedTuple):
    """A known difference about dates.

    Attributes:
        fits_for_us: Which of the two takes the text.
        pattern: A regular expression of what is in the date pattern, its quoted text included.
        text: One of what is in the text.
        witness: A date pattern and a text.
    """

    reason: str
    section: str
    fits_for_us: bool
    pattern: str
    text: str
    witness: tuple[str, str]

    def covers(self, pair: DatePair) -> bool:
        """Whether the row excuses that the two differ on the pair."""
        found = re.search(self.pattern, pair.pattern) and re.search(self.text, pair.text)
        return self.fits_for_us is pair.ours and bool(found)


DATES = (
    DateRow("offsets reach to 18 hours, as in java.time", "2.6", True, "[xXZO]", r"[+-]1[2-8]", ("XXX", "+14:00")),
    DateRow("a year has 366 days", "2.6", True, "D", r"3(?:5[7-9]|6[0-6])", ("DDD", "360")),
    DateRow("UTC is a zone", "2.6", True, "z", "UTC", ("HH:mm z", "10:00 UTC")),
    DateRow(
        "zones have names of one part, of more than two, and with _ + - in them",
        "2.6",
        True,
        "V",
        r"UTC|GMT|_|[A-Z]{3}|/.*/",
        ("VV", "America/New_York"),
    ),
    DateRow(
        "a zone's name ends where the zone does",
        "2.6",
        True,
        "[zV](?:'?[A-UW-Za-y0-9])",
        "[A-Za-z]{3}",
        ("VV'T'", "Europe/BerlinT"),
    ),
    DateRow("a month is one whether M or L says it: April has no 31st", "2.6", False, "L", "29|30|31", ("L d", "4 31")),
    DateRow(
        "of several zones in one text the first is looked up", "2.6", True, "z[^z]+z|V[^V]+V", "", ("zz-zzz", "CET-XYZ")
    ),
    DateRow(
        "hours and minutes of an offset without a colon have two digits",
        "2.6",
        False,
        "[xXZ]",
        r"[+-]\d{3}",
        ("xx", "+010"),
    ),
    DateRow(
        "minutes and seconds of an offset without a colon have two digits",
        "2.6",
        True,
        "[xX]",
        r"[+-]\d{3}",
        ("xxxxYY", "+00000"),
    ),
    DateRow(
        "a zone's name may be of any number of parts", "2.6", False, "V/.*V", "/.*/", ("VV/VV", "Asia/Tokyo/Asia/Tokyo")
    ),
)
