"""times: instants to the nanosecond are datetimes in everything that a datetime is."""

import copy
import datetime
import operator
import pickle
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.times import Duration, Timestamp

UTC = datetime.UTC
plain = datetime.datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
exact = Timestamp(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC, nanosecond=789)
TWO_HOURS = datetime.timezone(datetime.timedelta(hours=2))


def test_without_nanoseconds_it_is_the_datetime() -> None:
    same = Timestamp.of(plain)

    assert same == plain
    assert plain == same
    assert not plain != same  # noqa: SIM202  (the other operator is meant)
    assert hash(same) == hash(plain)
    assert len({same, plain}) == 1


def test_nanoseconds_count_in_comparisons() -> None:
    later = exact.replace(nanosecond=790)

    assert exact != plain
    assert plain != exact
    assert plain < exact < later
    assert later > exact > plain
    assert plain <= exact <= later
    assert later >= exact >= plain
    assert not exact <= plain
    assert not plain >= exact
    assert hash(exact) != hash(later)
    assert sorted([later, plain, exact]) == [plain, exact, later]


def test_one_instant_in_two_zones_is_equal() -> None:
    elsewhere = exact.astimezone(TWO_HOURS)

    assert elsewhere == exact
    assert hash(elsewhere) == hash(exact)
    assert elsewhere.isoformat() == "2026-11-20T12:00:00.123456789+02:00"
    assert elsewhere.nanoseconds == exact.nanoseconds


def test_it_is_no_date_and_no_number() -> None:
    with pytest.raises(TypeError, match="not supported between"):
        operator.lt(exact, 3)
    assert exact != 3


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(exact, "2026-11-20T10:00:00.123456789+00:00", id="aware"),
        pytest.param(exact.replace(tzinfo=None), "2026-11-20T10:00:00.123456789", id="local"),
        pytest.param(exact.replace(microsecond=0, nanosecond=7), "2026-11-20T10:00:00.000000007+00:00", id="zeros"),
        pytest.param(Timestamp.of(plain), "2026-11-20T10:00:00.123456+00:00", id="none"),
        pytest.param(Timestamp(2026, 11, 20), "2026-11-20T00:00:00", id="whole"),
    ],
)
def test_isoformat_has_nine_digits_where_they_are_needed(moment: Timestamp, text: str) -> None:
    assert moment.isoformat() == text
    assert str(moment) == text.replace("T", " ")
    assert moment.isoformat(timespec="seconds") == plain.replace(hour=moment.hour, tzinfo=moment.tzinfo).isoformat(
        timespec="seconds"
    )


def test_the_repr_says_the_nanoseconds() -> None:
    assert repr(exact) == ("Timestamp(2026, 11, 20, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc, nanosecond=789)")
    assert repr(Timestamp(2026, 11, 20)) == "Timestamp(2026, 11, 20, 0, 0)"


def test_arithmetic_keeps_the_nanoseconds() -> None:
    day = datetime.timedelta(days=1)

    assert (exact + day).isoformat() == "2026-11-21T10:00:00.123456789+00:00"
    assert (day + exact) == exact + day
    assert (exact - day).isoformat() == "2026-11-19T10:00:00.123456789+00:00"
    assert exact - plain == datetime.timedelta(0)
    assert (exact + day) - exact == day
    assert plain - exact == datetime.timedelta(0)


@pytest.mark.parametrize("nanosecond", [-1, 1000])
def test_a_nanosecond_is_within_a_microsecond(nanosecond: int) -> None:
    with pytest.raises(ValueError, match=r"nanosecond must be in 0\.\.999"):
        Timestamp(2026, 11, 20, nanosecond=nanosecond)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (-1, "1969-12-31T23:59:59.999999999+00:00"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807+00:00"),
        (-(2**63), "1677-09-21T00:12:43.145224192+00:00"),
    ],
)
def test_since_the_epoch(nanoseconds: int, text: str) -> None:
    assert Timestamp.since_epoch(nanoseconds).isoformat() == text
    assert Timestamp.since_epoch(nanoseconds).nanoseconds == nanoseconds
    assert Timestamp.since_epoch(nanoseconds, None).isoformat() == text.removesuffix("+00:00")


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([UTC, TWO_HOURS, None]))
def test_every_long_is_kept(nanoseconds: int, zone: datetime.tzinfo | None) -> None:
    moment = Timestamp.since_epoch(nanoseconds, zone)

    assert moment.nanoseconds == nanoseconds
    for same in (pickle.loads(pickle.dumps(moment)), copy.deepcopy(moment), Timestamp.of(moment)):
        assert same == moment
        assert same.nanosecond == moment.nanosecond
        assert same.tzinfo == moment.tzinfo


class Model(pydantic.BaseModel):
    at: Timestamp
    also: datetime.datetime


def test_a_model_holds_it() -> None:
    made = Model(at=exact, also=exact)

    assert made.at is exact
    assert made.also == exact
    assert Model(at=plain, also=plain).at == Timestamp.of(plain)  # type: ignore[arg-type]  # any datetime is taken
    assert made.model_dump()["at"] is exact
    assert '"at":"2026-11-20T10:00:00.123456789Z"' in made.model_dump_json()
    with pytest.raises(pydantic.ValidationError, match="datetime"):
        Model(at="soon", also=plain)  # type: ignore[arg-type]  # what is tested


def test_a_duration_is_three_amounts() -> None:
    amounts: Any = Duration(14, 3, 86_400_001)

    assert amounts == (14, 3, 86_400_001)
    assert (amounts.months, amounts.days, amounts.millis) == amounts
