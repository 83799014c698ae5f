"""Expressions that move a date or a time: bases, offsets, `next` and `last`, what is no expression."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.rules import expressions
from msgpact.rules.expressions import ExpressionError

BASE = datetime.datetime(2024, 1, 31, 10, 30, 15)  # a Wednesday

DATES = [
    ("", "2024-01-31"),
    ("now", "2024-01-31"),
    ("today", "2024-01-31"),
    ("yesterday", "2024-01-30"),
    ("tomorrow", "2024-02-01"),
    ("  ToDay  ", "2024-01-31"),
    ("+ 1 day", "2024-02-01"),
    ("+1 day", "2024-02-01"),
    ("- 2 days", "2024-01-29"),
    ("today + 1 week", "2024-02-07"),
    ("today + 1 month", "2024-02-29"),
    ("today - 1 month", "2023-12-31"),
    ("today + 2 years", "2026-01-31"),
    ("today + 1 month - 1 day", "2024-02-28"),
    ("tomorrow + 1 week + 2 days", "2024-02-10"),
    ("next day", "2024-02-01"),
    ("last week", "2024-01-24"),
    ("next fortnight", "2024-02-14"),
    ("next month", "2024-02-29"),
    ("last year", "2023-01-31"),
    ("next wednesday", "2024-02-07"),
    ("last wed", "2024-01-24"),
    ("next thurs", "2024-02-01"),
    ("last tues", "2024-01-30"),
    ("next january", "2025-01-01"),
    ("last jan", "2023-01-01"),
    ("next sept", "2024-09-01"),
    ("last december", "2023-12-01"),
    ("next monday + 1 week", "2024-02-12"),
]


@pytest.mark.parametrize(("expression", "moved"), DATES)
def test_dates(expression: str, moved: str) -> None:
    assert expressions.date(BASE, expression) == datetime.datetime.fromisoformat(f"{moved}T10:30:15")


TIMES = [
    ("", "10:30:15"),
    ("now", "10:30:15"),
    ("midnight", "00:00:00"),
    ("noon", "12:00:00"),
    ("1 o'clock", "13:00:00"),  # the half of the day that the base is not in
    ("1 o'clock am", "01:00:00"),
    ("1 o'clock pm", "13:00:00"),
    ("12 o'clock am", "12:00:00"),
    ("+ 1 hour", "11:30:15"),
    ("- 31 minutes", "09:59:15"),
    ("noon + 90 seconds", "12:01:30"),
    ("+ 1500 milliseconds", "10:30:16.500000"),
    ("next hour", "11:30:15"),
    ("last minute", "10:29:15"),
    ("3 o'clock pm - 1 hour", "14:00:00"),
]


@pytest.mark.parametrize(("expression", "moved"), TIMES)
def test_times(expression: str, moved: str) -> None:
    assert expressions.time(BASE, expression).time() == datetime.time.fromisoformat(moved)


def test_an_hour_without_half_in_the_afternoon() -> None:
    assert expressions.time(BASE.replace(hour=15), "2 o'clock").hour == 2


@pytest.mark.parametrize(
    ("expression", "moved"),
    [
        ("", "2024-01-31T10:30:15"),
        ("tomorrow", "2024-02-01T10:30:15"),
        ("today @ noon", "2024-01-31T12:00:00"),
        ("@ midnight", "2024-01-31T00:00:00"),
        ("tomorrow @", "2024-02-01T10:30:15"),
        ("yesterday @ midnight - 1 hour", "2024-01-29T23:00:00"),
        ("next monday @ 3 o'clock pm", "2024-02-05T15:00:00"),
    ],
)
def test_dates_with_times(expression: str, moved: str) -> None:
    assert expressions.date_and_time(BASE, expression) == datetime.datetime.fromisoformat(moved)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("nonsense", "'nonsense' where '\\+' or '-' should follow"),
        ("today 2 weeks", "'2' where"),
        ("next", "it ends after 'next' or 'last'"),
        ("next sometime", "'sometime' is nothing to be next or last"),
        ("next hour", "'hour' is nothing"),
        ("+ 1", "no number and unit after '\\+'"),
        ("+ day", "no number and unit"),
        ("+ 1 hour", "'hour' is no unit; known are day, week, month, year"),
        ("+ 9999999999 days", "no number and unit"),
        ("today!", "'!' means nothing here"),
        ("+ 99999 years", "it leaves the years 1 to 9999"),
        ("- 3000 years", "it leaves the years 1 to 9999"),
    ],
)
def test_what_is_no_date_says_which_word(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        expressions.date(BASE, expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("44 o'clock", "an hour is 1 to 12"),
        ("today", "'today' where"),
        ("next monday", "is nothing"),
        ("+ 1 day", "no unit"),
    ],
)
def test_what_is_no_time_says_which_word(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        expressions.time(BASE, expression)


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)), st.integers(0, 500))
def test_weeks_are_seven_days(base: datetime.datetime, count: int) -> None:
    assert expressions.date(base, f"+ {count} weeks") == expressions.date(base, f"+ {7 * count} days")


@given(
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
    st.sampled_from(["mon", "friday", "sun"]),
)
def test_the_next_weekday_is_within_a_week_and_never_today(base: datetime.datetime, day: str) -> None:
    away = expressions.date(base, f"next {day}") - base

    assert datetime.timedelta(0) < away <= datetime.timedelta(days=7)
    assert expressions.date(base, f"next {day}").strftime("%a").lower() == day[:3]
