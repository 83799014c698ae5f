"""An open database transaction around each interaction: visible in states and producers, gone afterwards. Real SQLite."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pacts import message, pact
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import msgpact
from msgpact import Contract, Provider, VerificationReport


class Base(DeclarativeBase): ...


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[float]


CONTRACT = pact(
    message(
        "an order was placed",
        {"id": 42, "total": 12.5},
        given=[{"name": "an order exists", "params": {"id": 42, "total": 12.5}}],
    ),
    message(
        "an order was changed",
        {"id": 42, "total": 1.5},
        given=[{"name": "an order exists", "params": {"id": 42, "total": 1.5}}],
    ),
)
"""Both states insert the same primary key: the second interaction works only if the first one's row is gone."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one table and nothing in it."""
    file = tmp_path / "orders.db"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return file


def rows_left(database: Path) -> int:
    """How many orders another connection sees."""
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as session:
        count = session.scalar(select(func.count()).select_from(Order))
    engine.dispose()
    assert count is not None
    return count


def report_of(provider: Provider) -> VerificationReport:
    return msgpact.verify(provider, CONTRACT)


def on_a_loop(provider: Provider) -> VerificationReport:
    return asyncio.run(msgpact.averify(provider, CONTRACT))


def assert_all_passed(report: VerificationReport) -> None:
    assert [(each.outcome.value, each.text) for each in report.results] == [("passed", "")] * 2


Run = Callable[[Provider], VerificationReport]
both = pytest.mark.parametrize("run", [pytest.param(report_of, id="verify"), pytest.param(on_a_loop, id="averify")])

current: contextvars.ContextVar[Any] = contextvars.ContextVar("current")
"""Where an application keeps the session of the request that it serves."""


# -- an async session ------------------------------------------------------------------------------------------------


@pytest.fixture
def async_orders(database: Path) -> Provider:
    """A provider whose functions take the session by name."""
    orders = Provider("orders")

    @orders.around
    async def rolled_back() -> AsyncIterator[Mapping[str, object]]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
        async with AsyncSession(engine) as session, session.begin():
            yield {"session": session}
            await session.rollback()
        await engine.dispose()

    @orders.state("an order exists")
    async def order_exists(session: AsyncSession, id: int, total: float) -> None:
        session.add(Order(id=id, total=total))
        await session.flush()

    async def order(session: AsyncSession, id: int) -> dict[str, object]:
        found = (await session.scalars(select(Order).where(Order.id == id))).one()
        return {"id": found.id, "total": found.total}

    orders.produces("an order was placed")(orders.produces("an order was changed")(order))
    return orders


@both
def test_an_async_session_by_name(async_orders: Provider, database: Path, run: Run) -> None:
    assert_all_passed(run(async_orders))
    assert rows_left(database) == 0


@both
def test_an_async_session_by_context_variable(database: Path, run: Run) -> None:
    orders = Provider("orders")

    @orders.around
    async def rolled_back() -> AsyncIterator[None]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
        async with AsyncSession(engine) as session, session.begin():
            reset = current.set(session)
            yield
            current.reset(reset)
            await session.rollback()
        await engine.dispose()

    @orders.state("an order exists")
    async def order_exists(id: int, total: float) -> None:
        current.get().add(Order(id=id, total=total))

    async def order(id: int) -> dict[str, object]:
        found = await current.get().get_one(Order, id)
        return {"id": found.id, "total": found.total}

    orders.produces("an order was placed")(orders.produces("an order was changed")(order))

    assert_all_passed(run(orders))
    assert rows_left(database) == 0


@pytest.mark.asyncio
async def test_the_callers_own_open_transaction(database: Path) -> None:
    """As a test's fixture would hold it: the caller's engine, loop and session, and its rows that nobody else sees."""
    engine: AsyncEngine = create_async_engine(f"sqlite+aiosqlite:///{database}")
    orders = Provider("orders")

    async with AsyncSession(engine) as session, session.begin():
        session.add(Order(id=42, total=12.5))
        await session.flush()

        @orders.produces("an order was placed")
        async def order_placed() -> dict[str, object]:
            found = await session.get_one(Order, 42)
            return {"id": found.id, "total": found.total}

        report = await msgpact.averify(orders, pact(message(contents={"id": 42, "total": 12.5})))
        await session.rollback()
    await engine.dispose()

    assert report.ok, report.results[0].text
    assert rows_left(database) == 0


# -- a sync session --------------------------------------------------------------------------------------------------


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{database}")

    # SQLite's driver begins a transaction by itself only before some statements.
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    yield engine
    engine.dispose()


@both
@pytest.mark.parametrize("by", ["name", "context variable"])
def test_a_sync_session(engine: Engine, database: Path, run: Run, by: str) -> None:
    orders = Provider("orders")

    def session_of(names: dict[str, Any]) -> Session:
        found = names["session"] if by == "name" else current.get()
        assert isinstance(found, Session)
        return found

    @orders.around
    def rolled_back() -> Iterator[dict[str, object]]:
        with Session(engine) as session, session.begin():
            reset = current.set(session)
            yield {"session": session} if by == "name" else {}
            current.reset(reset)
            session.rollback()

    @orders.state("an order exists")
    def order_exists(id: int, total: float, session: Session | None = None) -> None:
        session_of({"session": session}).add(Order(id=id, total=total))

    def order(id: int, **names: Any) -> dict[str, object]:
        found = session_of(names).get_one(Order, id)
        return {"id": found.id, "total": found.total}

    orders.produces("an order was placed")(orders.produces("an order was changed")(order))

    assert_all_passed(run(orders))
    assert rows_left(database) == 0


def test_a_transaction_is_rolled_back_when_the_producer_raises(engine: Engine, database: Path) -> None:
    orders = Provider("orders")

    @orders.around
    def rolled_back() -> Iterator[dict[str, object]]:
        with Session(engine) as session:
            yield {"session": session}
            session.rollback()

    @orders.state("an order exists")
    def order_exists(session: Session, id: int, total: float) -> None:
        session.add(Order(id=id, total=total))
        session.flush()

    @orders.produces("an order was placed")
    def order_placed() -> None:
        raise LookupError("no such order")

    report = msgpact.verify(orders, Contract("fulfilment", "orders", CONTRACT.interactions[:1]))

    assert report.exit_code == 3
    assert rows_left(database) == 0
