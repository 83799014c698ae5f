"""Fresh processes: how long each took and how much memory it held at its peak."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Sample:
    """One process.

    Attributes:
        said: What it printed as its last line, as JSON: what it measured itself.
        wall: Seconds from its start to its end.
        peak: Bytes of memory held at most; None where the system does not say (Windows).
    """

    said: Mapping[str, float]
    wall: float
    peak: int | None


Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Python:
    """This interpreter, started afresh for each command.

    Attributes:
        bytecode: A folder for what it compiles: whether an installer compiled a package, or the environment forbids to
            write bytecode, must not count for or against anybody.
    """

    bytecode: Path

    def run(self, *arguments: str) -> Sample:
        """Run it with *arguments* in the project's folder."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            started = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, *arguments], stdout=output, stderr=errors, cwd=ROOT, env=self._environment()
            )
            peak = _finish(process)
            wall = time.perf_counter() - started
            printed, complained = _lines(output), _lines(errors)
        if process.returncode != 0:
            tail = "\n".join([*printed, *complained][-20:])
            raise SystemExit(f"python {' '.join(arguments)} ended with code {process.returncode}:\n{tail}")
        last = printed[-1] if printed else ""
        return Sample(json.loads(last) if last.startswith("{") else {}, wall, peak)

    def alternate(self, commands: Mapping[str, Command], runs: int) -> dict[str, list[Sample]]:
        """Run the commands in turn, *runs* times, so that whatever else the machine does falls on all of them alike."""
        samples: dict[str, list[Sample]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                samples[name].append(self.run(*command))
        return samples

    def _environment(self) -> dict[str, str]:
        theirs = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        # pact-python would otherwise report its use to a server, in the time that is measured.
        return {**theirs, "PYTHONPYCACHEPREFIX": str(self.bytecode), "PYTHONUTF8": "1", "PACT_DO_NOT_TRACK": "true"}


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return file.read().decode(errors="replace").splitlines()


def _finish(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for the process to end; its peak memory, which on Linux is never less than this process's own."""
    if sys.platform == "win32":
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def median_seconds(samples: Sequence[Sample], key: str = "seconds") -> float:
    """The median of what the processes measured themselves."""
    return statistics.median(each.said[key] for each in samples)


def median_wall(samples: Sequence[Sample]) -> float:
    """The median of the whole processes' times."""
    return statistics.median(each.wall for each in samples)


def median_peak(samples: Sequence[Sample]) -> float | None:
    """The median of the peaks."""
    peaks = [each.peak for each in samples if each.peak is not None]
    return statistics.median(peaks) if peaks else None
