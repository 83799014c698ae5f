"""An order, and what the order service tells about it."""

from pydantic import BaseModel


class Line(BaseModel):
    sku: str
    qty: int


class Order(BaseModel):
    id: int
    customer: str
    lines: list[Line]
    total: float


class OrderPlaced(BaseModel):
    id: int
    total: float
    lines: list[Line]


class OrderWithdrawn(BaseModel):
    id: int
