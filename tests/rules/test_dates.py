"""Java date patterns: what fits them, what is no pattern, and how an instant is printed."""

import contextlib
import datetime
import locale

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.rules import dates
from msgpact.rules.dates import DatePatternError

# The pattern, what fits it, what does not.
FITS: list[tuple[str, list[str], list[str]]] = [
    (
        "yyyy-MM-dd",
        ["2000-01-05", "2000-1-5", "20-01-05"],
        ["12020-01-05", "2000-13-01", "2000-00-01", "2000-01-32", ""],
    ),
    ("yyyy-MM-dd", ["2000-02-29", "2024-02-29"], ["1900-02-29", "2023-02-29", "2020-02-30", "2020-04-31"]),
    ("yyyy-MM-dd", [], ["2000-01-05 ", " 2000-01-05", "2000-01-05T", "2000/01/05"]),
    ("yy", ["00", "5"], ["2000"]),
    ("yyyyMMdd", ["20000105", "2000015"], ["20001"]),
    ("dd.MM.yyyy", ["31.01.2000"], ["31.02.2000"]),
    ("dd MMM yyyy", ["05 Jan 2020", "05 JAN 2020"], ["05 January 2020", "05 Foo 2020", "30 Feb 2020"]),
    ("MMMM d", ["may 5", "February 28"], ["Mai 5", "February 29"]),
    ("L", ["1", "12"], ["13"]),
    ("EEE EEEE", ["Mon Monday", "SUN sunday"], ["Mo Monday"]),
    ("e", ["1", "7"], ["0", "8"]),
    ("DDD", ["1", "001", "366"], ["000", "367"]),
    ("w W F", ["1 1 0", "53 5 4"], ["57 1 1"]),
    ("Q QQQ QQQQ", ["1 Q1 1st quarter"], ["5 Q1 1st quarter"]),
    ("G", ["AD", "bc"], ["XX"]),
    ("HH:mm:ss", ["00:00:00", "23:59:59", "10:00:60", "1:2:3"], ["24:00:00", "10:60:00", "10:00:61", "10:00"]),
    ("hh:mm a", ["12:00 AM", "1:00 pm"], ["0:00 am", "13:00 PM", "12:00"]),
    ("K k", ["0 24", "11 1"], ["12 1", "0 0", "0 25"]),
    ("ss.SSS", ["01.123", "01.1"], ["01.", "01.1234"]),
    ("n A N", ["1 2 3"], ["a b c"]),
    ("HHX", ["10Z", "10+01", "10-0730"], ["10", "10+1", "10z"]),
    ("HHXX", ["10Z", "10+0100"], ["10+01:00"]),
    ("HHXXX", ["10Z", "10+01:00", "10+14:00", "10-18:00"], ["10+0100", "10+19:00"]),
    ("HHx", ["10+01"], ["10Z"]),
    ("HHZ", ["10+0100", "10-0000"], ["10Z", "10+01:00"]),
    ("HHZZZZ", ["10GMT", "10UTC+01:00"], ["10+01:00"]),
    ("HHZZZZZ", ["10+01:00"], ["10+0100"]),
    ("yyyy yyyy-MM-dd", ["1900 2024-02-28"], ["2023 2024-02-29"]),
    ("HH z", ["10 UTC", "10 GMT", "10 CET", "10 PST"], ["10 XYZ", "10 utc"]),
    ("VV", ["Europe/Vienna", "UTC"], ["Nowhere/City"]),
    ("O", ["GMT+1", "UTC+01:00"], ["+01:00"]),
    # What could be the offset's own minutes or seconds is.
    ("XXXXX:K", ["+01:00:6:6"], ["+01:00:6"]),
    ("xxxx ss", ["+0100 06"], []),
    ("xxxxss", ["+01000606"], ["+010006"]),
    ("xmm", ["+010606"], ["+0106"]),
    ("O:mm", ["GMT+1:02:03"], ["GMT+1:02"]),
    ("ZZZZss", ["GMT06", "GMT+1:0206"], []),
    ("yyyy-MM-dd'T'HH:mm", ["2000-01-01T10:00"], ["2000-01-01 10:00"]),
    ("HH 'o''clock'", ["10 o'clock"], ["10 oclock"]),
    ("''yy", ["'00"], ["00"]),
    ("HH'Z'", ["10Z"], ["10+00"]),
    ("HH:mm:ss.SSSXXX", ["10:00:00.000Z"], ["10:00:00Z"]),
]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        pytest.param(pattern, text, fits, id=f"{pattern} {'ok' if fits else 'no'} {text!r}")
        for pattern, good, bad in FITS
        for fits, texts in ((True, good), (False, bad))
        for text in texts
    ],
)
def test_fitting(pattern: str, text: str, fits: bool) -> None:
    assert dates.fits(pattern, text) is fits


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "it is empty"),
        ("yyyy-MM-ddTHH", "the letter 'T' has no meaning"),
        ("j", "the letter 'j' has no meaning"),
        ("HHH", "too many 'H' in a row: 3"),
        ("ddd", "too many 'd' in a row: 3"),
        ("yyyy'T", r"\"'\" at index 4 is not allowed unquoted"),
        ("yyyy{", r"'\{' at index 4 is not allowed unquoted"),
        ("[yyyy]", "at index 0 is not allowed unquoted"),
        ("yyyy1", "'1' at index 4"),
    ],
)
def test_what_is_no_pattern_says_which_letter(pattern: str, reason: str) -> None:
    with pytest.raises(DatePatternError, match=reason):
        dates.fits(pattern, "2000")


NOON = datetime.datetime(2024, 2, 5, 12, 4, 6, 78900, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2024-02-05"),
        ("yy", "24"),
        ("yyyyy", "02024"),
        ("d MMM", "5 Feb"),
        ("MMMM", "February"),
        ("EEE EEEE", "Mon Monday"),
        ("D e", "36 1"),
        ("Q QQQ QQQQ", "1 Q1 1st quarter"),
        ("G", "AD"),
        ("HH:mm:ss.SSS", "12:04:06.078"),
        ("SSSSSSSSS", "078900000"),
        ("h a", "12 PM"),
        ("K k", "0 12"),
        ("A N n", "43446078 43446078900000 78900000"),
        ("X XX XXX", "+0530 +0530 +05:30"),
        ("x Z ZZZZZ", "+0530 +0530 +05:30"),
        ("O OOOO ZZZZ", "GMT+5:30 GMT+05:30 GMT+05:30"),
        ("'T'''", "T'"),
    ],
)
def test_printing(pattern: str, text: str) -> None:
    assert dates.print_instant(pattern, NOON) == text


@pytest.mark.parametrize(
    ("pattern", "text"), [("X", "Z"), ("x", "+00"), ("Z", "+0000"), ("ZZZZ", "GMT"), ("z", "UTC"), ("VV", "UTC")]
)
def test_printing_utc(pattern: str, text: str) -> None:
    moment = datetime.datetime(2024, 2, 5, tzinfo=datetime.UTC)

    assert dates.print_instant(pattern, moment) == text
    assert dates.print_instant(pattern, moment.replace(tzinfo=None)) == text


PRINTED = [
    "yyyy-MM-dd",
    "HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "EEE, d MMM yyyy hh:mm:ss a Z",
    "DDD Q n A",
    "kk KK",
]


@given(st.datetimes(timezones=st.just(datetime.UTC)), st.sampled_from(PRINTED))
def test_what_is_printed_fits(moment: datetime.datetime, pattern: str) -> None:
    assert dates.fits(pattern, dates.print_instant(pattern, moment))


def test_names_are_english_in_any_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, "")
        assert dates.print_instant("EEEE MMMM a", NOON) == "Monday February PM"
    finally:
        locale.setlocale(locale.LC_TIME, before)


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_a_pattern_or_an_error(pattern: str, text: str) -> None:
    with contextlib.suppress(DatePatternError):
        dates.fits(pattern, text)
