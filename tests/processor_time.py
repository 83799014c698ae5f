"""What a test takes of the processor: that does not change with what else the machine does."""

import os

__all__ = ["spent"]


def spent() -> float:
    """Seconds of processor time, of this process and of those that it started and that ended."""
    return sum(os.times()[:4])
