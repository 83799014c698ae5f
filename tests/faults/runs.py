"""A run: messages are sent, faults happen to those that consume them, and in the end nothing may be lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rigs import Rig, Sent

SCRIPT = Path(__file__).with_name("service.py")
KEYS = 50
LIMIT = 600
"""Seconds for a run."""


@dataclass(frozen=True)
class Figures:
    """What came of a run."""

    transport: str
    faults: str
    handled: int
    again: int
    """Times that a message was handled, or was made a dead letter, once more."""
    bound: int
    dead: int
    interruptions: int
    shares: Sequence[int]
    seconds: float

    def __str__(self) -> str:
        return (
            f"| {self.transport} | {self.faults} | {self.handled:,} | {self.dead} | {self.interruptions} | {self.again:,} | "
            f"{self.bound:,} | {self.seconds:.0f} s |  {'/'.join(map(str, self.shares))}"
        )


class Service:
    """A consumer, a process of its own."""

    def __init__(self, name: str, settings: Mapping[str, object], output: Path) -> None:
        self.name = name
        with output.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT), json.dumps(settings)], stdout=out, stderr=out
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)


class Run:
    """Messages, one in a hundred of them poison, and the services that consume them."""

    def __init__(self, rig: Rig, folder: Path, *, seed: int = 42) -> None:
        self.rig, self.random = rig, random.Random(seed)
        self.services: list[Service] = []
        self.interruptions = 0
        self.clock_jumps = False
        self._notes, self._output, self.database = folder / "notes", folder / "output", folder / "database"
        self._notes.touch()
        self.handlers_take(0.001)
        self._read, self._lines = 0, list[tuple[int, str]]()
        self._seen = set[int]()
        self._good = list[int]()
        self._keys: dict[int, str] = {}
        self._poison = set[bytes]()
        self._names = 0
        self._end = time.monotonic() + LIMIT

    # -- messages --

    def send(self, count: int) -> None:
        """Send so many messages more."""
        sent = []
        for number in range(count):
            key = f"key {self.random.randrange(KEYS)}"
            if number % 100 == 50:
                serial = len(self._poison) + 1
                contents = b"poison %d \xff" % serial if serial % 2 else b'{"id": -%d}' % serial
                self._poison.add(contents)
            else:
                serial = len(self._good) + 1
                contents = b'{"id": %d}' % serial
                self._good.append(serial)
                self._keys[serial] = key
            sent.append(Sent(contents, key))
        self.rig.send(sent)

    def parts(self, share: int, of: int) -> Iterator[int]:
        """Send a share of a run's messages in so many parts; after each, others have to be handled before it goes on."""
        for number in range(of):
            count = share * (number + 1) // of - share * number // of
            before = self.handled
            self.send(count)
            self.until(lambda before=before, count=count: self.handled > before + count // 4)  # type: ignore[misc]  # a loop's
            yield number

    @property
    def handled(self) -> int:
        """How many different good messages were handled."""
        self._read_notes()
        return len(self._seen)

    def _read_notes(self) -> None:
        with self._notes.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode().splitlines():
            number, _, name = line.partition(" ")
            self._lines.append((int(number), name))
            self._seen.add(int(number))

    def until(self, is_so: Callable[[], object]) -> None:
        while not is_so():
            assert all(each.is_running for each in self.services), self.output[-3000:]
            assert time.monotonic() < self._end, self._where()
            time.sleep(0.01)

    def _where(self) -> str:
        """How far a run is that takes too long."""
        missing = sorted(set(self._good) - self._seen)
        said = f"{len(missing)} of {len(self._good)} were not handled, {missing[:10]} are the first of them"
        return f"{said}; {self.rig.left()} are left\n{self.output[-3000:]}"

    def pause(self, seconds: float) -> None:
        """Let a fault last."""
        time.sleep(seconds)

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    # -- services --

    def handlers_take(self, seconds: float) -> None:
        """Let handlers take so long from now on, for what their database tells them."""
        new = self.database.with_name("new")
        new.write_text(str(seconds))
        new.rename(self.database)

    def start(self, count: int = 1) -> None:
        for _ in range(count):
            self._names += 1
            name = f"member-{self._names}"
            ours = {"name": name, "notes": str(self._notes), "database": str(self.database)}
            settings = {"transport": self.rig.name, "clock_jumps": self.clock_jumps, **ours, **self.rig.settings}
            self.services.append(Service(name, settings, self._output))

    def kill(self) -> None:
        """Kill one of the services, as by kill -9."""
        self.services.pop(self.random.randrange(len(self.services))).kill()
        self.interruptions += 1

    def stop(self) -> None:
        """Stop one of the services, as an operator does."""
        code = self.services.pop(self.random.randrange(len(self.services))).stop()
        assert code == 0, self.output[-3000:]

    def until_each_has_a_share(self) -> None:
        """Send more until each of the services has handled some."""
        names = {each.name for each in self.services}
        self._read_notes()
        start = len(self._lines)
        while not names <= {name for _, name in self._lines[start:]}:
            before = self.handled
            self.send(KEYS)
            self.until(lambda before=before: self.handled > before + KEYS // 2)  # type: ignore[misc]  # a loop's
            self.pause(0.1)  # who comes may take a while

    # -- the end --

    def finish(self) -> None:
        """Wait until all is handled that can be; what is held needs another message behind it."""
        self.until(lambda: self.handled == len(self._good))
        while not self._is_done():
            self.send(KEYS)
            self.until(lambda: self.handled == len(self._good))
        while self.services:
            self.stop()

    def _is_done(self) -> bool:
        """Whether all is acknowledged within some seconds: what was in the hands of one that was killed comes again by then."""
        end = time.monotonic() + 3
        while time.monotonic() < end:
            if self.rig.left() == 0:
                return set(self.rig.dead_letters()) >= self._poison
            time.sleep(0.05)
        return False

    def close(self) -> None:
        for each in self.services:
            each.kill()

    def verdict(self, faults: str, started: float) -> Figures:
        """Nothing is lost, nothing good is dead, nothing is in disorder, and not too much came again."""
        self._read_notes()
        times, dead = Counter(number for number, _ in self._lines), self.rig.dead_letters()
        assert set(times) == set(self._good)
        assert set(dead) == self._poison
        assert self.rig.left() == 0
        if self.rig.is_ordered:
            self._check_order()
        again = times.total() - len(times) + len(dead) - len(set(dead))
        self.interruptions += sum(self.output.count(sign) for sign in self.rig.signs)
        bound = self.interruptions * self.rig.most_again
        shares = Counter(name for _, name in self._lines).values()
        assert again <= bound, (again, bound)
        return Figures(
            self.rig.name, faults, len(times), again, bound, len(set(dead)), self.interruptions, list(shares),
            time.monotonic() - started,
        )  # fmt: skip

    def _check_order(self) -> None:
        """The first time that each message was handled came after those of the messages before it with the same key."""
        last: defaultdict[str, int] = defaultdict(int)
        for number in dict.fromkeys(number for number, _ in self._lines):
            key = self._keys[number]
            assert number > last[key], (key, number, last[key])
            last[key] = number


# -- faults ----------------------------------------------------------------------------------------------------------


def consumer_killed(run: Run, share: int) -> None:
    """Ten times, by kill -9, in the midst of it."""
    for _ in run.parts(share, 10):
        run.kill()
        run.start()


def server_restarted(run: Run, share: int) -> None:
    """Twice, by kill -9."""
    for _ in run.parts(share, 2):
        run.rig.restart(0.5)


def network_cut(run: Run, share: int) -> None:
    """Three times, for longer and longer."""
    for number in run.parts(share, 3):
        run.rig.relay.cut()
        run.pause(0.3 + number)
        run.rig.relay.mend()


def network_slow(run: Run, share: int) -> None:
    """Each piece takes 50 ms longer each way."""
    run.rig.relay.delay = 0.05
    for _ in run.parts(share, 1):
        run.rig.relay.delay = 0


def dead_letters_away(run: Run, share: int) -> None:
    said = run.output.count("the dead letters cannot be delivered")
    with run.rig.without_dead_letters():
        run.send(share)
        run.until(lambda: run.output.count("the dead letters cannot be delivered") > said)


def database_away(run: Run, share: int) -> None:
    """Until a consumer is paused for it."""
    away = run.database.with_name("away")
    for _ in run.parts(share, 1):
        said = run.output.count("consuming is paused")
        os.rename(run.database, away)
        run.send(2 * KEYS)
        run.until(lambda said=said: run.output.count("consuming is paused") > said)  # type: ignore[misc]  # a loop's
        os.rename(away, run.database)


def members_change(run: Run, share: int) -> None:
    """Three of a group, each with its share: one is stopped, one is killed, and others come."""
    run.start(2)
    for number in run.parts(share, 4):
        run.until_each_has_a_share()
        if number % 2:
            run.kill()
        else:
            run.stop()
        run.start()
    run.until_each_has_a_share()


def handlers_slow(run: Run, share: int) -> None:
    """Some take a fifth of a second."""
    run.handlers_take(0.2)
    before = run.handled
    run.send(share)
    run.until(lambda: run.handled > before + 20)
    run.handlers_take(0.001)


def clock_jumps(run: Run, share: int) -> None:
    """By an hour, to and fro, in one more service."""
    run.clock_jumps = True
    run.start()
    run.clock_jumps = False
    for _ in run.parts(share, 1):
        run.until_each_has_a_share()
    run.stop()


def credentials_expire(run: Run, share: int) -> None:
    """For a second, where there are some."""
    for _ in run.parts(share, 1):
        run.rig.have_expired = run.rig.has_credentials
        run.pause(1 if run.rig.has_credentials else 0)
        run.rig.have_expired = False


TOGETHER: dict[str, tuple[Callable[[Run, int], None], ...]] = {
    "consumers": (consumer_killed, members_change),
    "outages": (
        server_restarted, network_cut, network_slow, dead_letters_away, database_away, handlers_slow, clock_jumps, credentials_expire,
    ),
}  # fmt: skip
"""The faults of a run, one after another."""


def figures_of(rig: Rig, folder: Path, messages: int, faults: str) -> Figures:
    """What comes of so many messages, among which faults happen."""
    started, several = time.monotonic(), TOGETHER[faults]
    run = Run(rig, folder)
    try:
        run.start()
        for each in several:
            each(run, messages // len(several))
        run.finish()
        return run.verdict(faults, started)
    finally:
        run.close()
