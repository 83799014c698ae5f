"""What is to be shipped."""

from dataclasses import dataclass, field


@dataclass
class Warehouse:
    """Picking lists by order; in memory, where a real one would have a database."""

    to_ship: dict[int, dict[str, int]] = field(default_factory=dict)
    insured: set[int] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
