"""Runs the comparisons and prints their table: `uv run python -m benchmarks.run --help`."""

import argparse
import importlib.metadata
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.messages import VARIANTS
from benchmarks.processes import Command, Python, Sample, median_peak, median_seconds, median_wall

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
PACKAGES = ("msgpact", "pact-python", "pact-python-ffi", "pydantic", "orjson", "fastavro", "protobuf")


@dataclass(frozen=True, slots=True)
class Options:
    """How much is run.

    Attributes:
        messages: How many messages the large comparisons are about.
        runs: How many fresh processes a median is of.
        variants: Whether interactions share their rules; see `messages`.
        folder: For the files of a run.
        python: What runs it.
    """

    messages: int
    runs: int
    variants: Sequence[str]
    folder: Path
    python: Python


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; *met* is None where there is no target."""

    what: str
    msgpact: str
    other: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        return f"| {self.what} | {self.msgpact} | {self.other} | {self.ratio} | {self.target} | {met} |"


# -- the comparisons -------------------------------------------------------------------------------------------------


def verification(options: Options) -> Iterator[Row]:
    """A provider verified, the pact's loading included."""
    for variant in options.variants:
        pact = _pact(options, options.messages, variant)
        samples = _both(_arguments("benchmarks.verification", options.messages, variant, pact), options)
        what = f"verify {options.messages:,} messages, {_RULES[variant]}"
        ours, theirs = (median_seconds(each) for each in samples.values())
        yield _faster(what, ours, theirs, 200)
        with_registering = ours + median_seconds(samples["msgpact"], "registering")
        yield _faster("… and register a producer for each", with_registering, theirs)
        yield _memory("… peak memory", samples)


def growth(options: Options) -> Iterator[Row]:
    """What one more message costs, from few to many: msgpact alone."""
    counts = [options.messages // 10, options.messages, options.messages * 10]
    for variant in options.variants:
        commands = {
            f"{each}": _arguments("benchmarks.verification", each, variant, _pact(options, each, variant))("msgpact")
            for each in counts
        }
        few, some, many = (median_seconds(each) for each in options.python.alternate(commands, options.runs).values())
        first, second = (some - few) / (counts[1] - counts[0]), (many - some) / (counts[2] - counts[1])
        steps = f"{counts[0]:,} → {counts[1]:,}, {counts[1]:,} → {counts[2]:,}"
        what = f"one more message ({steps}), {_RULES[variant]}"
        ratio = second / first
        yield Row(what, f"{_time(first)}, {_time(second)}", "", f"{ratio:.2f}", "flat: at most 1.25", ratio <= 1.25)


def recording(options: Options) -> Iterator[Row]:
    """Consumer messages recorded."""
    for variant in options.variants:
        arguments = _arguments("benchmarks.recording", options.messages, variant)
        samples = _both(arguments, options)
        what = f"record {options.messages:,} messages, one `Pact` a test, {_RULES[variant]}"
        ours, theirs = (median_seconds(each) for each in samples.values())
        yield _faster(what, ours, theirs, 50)
        once = options.python.alternate({"one-pact": arguments("one-pact")}, options.runs)
        yield _faster("… all in one `Pact`", ours, median_seconds(once["one-pact"]))


def command(options: Options) -> Iterator[Row]:
    """One message verified, from the start of the process to its end."""
    pact = str(_pact(options, 1, "shared"))
    samples = options.python.alternate(
        {
            "msgpact": ("-m", "msgpact", "verify", "benchmarks.one_by_msgpact:orders", "--pacts", pact),
            "pact-python": ("-m", "benchmarks.one_by_pact_python", pact),
        },
        options.runs,
    )
    yield _part("`msgpact verify` of one message, whole process", samples, 0.5, below=True)
    yield _memory("… peak memory", samples)


def imports(options: Options) -> Iterator[Row]:
    """What a service pays at its start for declaring contracts, beside a package that it has anyway."""
    samples = options.python.alternate(
        {"msgpact": ("-c", "import msgpact"), "pydantic": ("-c", "from pydantic import BaseModel")}, options.runs * 3
    )
    yield _part("`import msgpact` beside `from pydantic import BaseModel`", samples, 1, below=False)


def checking(options: Options) -> Iterator[Row]:
    """Messages checked again and again, beside only parsing them; other arrays, large messages, a large pact."""
    pact = str(_pact(options, 1, "shared"))
    repeated = _checking(options, "repeated", pact)
    yield _beside("check a message of 1 KB that matches, again", repeated, "match", 2)
    yield _beside("… one that does not match", repeated, "mismatch", 30)
    yield _beside("… an array of 1,000 objects", repeated, "objects", 1.5)
    yield _beside("… an array of 1,000 integers", repeated, "scalars", 1.5)
    made = median_seconds(repeated, "made")
    yield Row("… once for each interaction, at the second check", _time(made), "", "", "under 1 ms", made < 1e-3)
    few = max(options.messages // 10, 10)
    samples = options.python.alternate(
        {
            "verifier": (
                "-m",
                "benchmarks.verification",
                "pact-python",
                str(few),
                "shared",
                str(_pact(options, few, "shared")),
            )
        },
        options.runs,
    )
    by_verifier = median_seconds(samples["verifier"]) / few
    yield _faster("… beside a message in a verification", median_seconds(repeated, "match"), by_verifier, 500)
    size = options.messages * 50_000
    growing = _checking(options, "growing", str(size))
    small, large = (median_seconds(growing, name) * 1e6 for name in ("small", "large"))
    small_parse, large_parse = (median_seconds(growing, f"{name} parse") * 1e6 for name in ("small", "large"))
    what = f"check 1 MB of a message of {size / 1e7:g} MB, of {size / 1e6:g} MB"
    times = f"{_time(small)}, {_time(large)}", f"{_time(small_parse)}, {_time(large_parse)}"
    ratio = large / small / (large_parse / small_parse)
    yield Row(what, *times, f"{ratio:.2f}", "grows as parsing does: at most 1.25", ratio <= 1.25)
    many = options.messages * 10
    loading = _checking(options, "loading", str(_pact(options, many, "shared")))
    yield _beside(f"load a pact of {many:,} messages, beside `json.loads`", loading, "load", 5)


def avro(options: Options) -> Iterator[Row]:
    """Avro bodies read again and again, and read and checked, beside only decoding them."""
    samples = options.python.alternate({"avro": ("-m", "benchmarks.avro")}, options.runs)["avro"]
    yield _throughput("read an Avro record of 20 fields, again", samples, "plain", 0.8)
    yield _throughput("… with unions and an enum", samples, "unions", 0.8)
    yield _throughput("… one that the guard is asked about", samples, "guarded", 0.5)
    yield _throughput("… 100 records within one another", samples, "deep", 0.5)
    yield _throughput("read and check an Avro record of 20 fields, again", samples, "plain checked", 0.7)
    yield _throughput("… with unions and an enum", samples, "unions checked", 0.7)
    yield _throughput("… one that the guard is asked about", samples, "guarded checked", 0.4)


def protobuf(options: Options) -> Iterator[Row]:
    """Protobuf messages read again and again, and read and checked, beside google.protobuf's own way to a dict."""
    samples = options.python.alternate({"protobuf": ("-m", "benchmarks.protobuf")}, options.runs)["protobuf"]
    yield _throughput("read a Protobuf message of 20 fields, again", samples, "flat", 0.8)
    yield _throughput("… with messages, lists and a map", samples, "nested", 0.8)
    yield _throughput("… three fields set", samples, "sparse", 0.8)
    yield _throughput("read and check a Protobuf message of 20 fields, again", samples, "flat checked", 0.5)
    yield _throughput("… with messages, lists and a map", samples, "nested checked", 0.5)


COMPARISONS: Mapping[str, Callable[[Options], Iterator[Row]]] = {
    "verification": verification,
    "growth": growth,
    "recording": recording,
    "command": command,
    "imports": imports,
    "checking": checking,
    "avro": avro,
    "protobuf": protobuf,
}

_RULES = {"shared": "all with the same rules", "distinct": "each with rules of its own"}


def _pact(options: Options, messages: int, variant: str) -> Path:
    """A pact file; another process makes it, so that this one stays small (see `processes`)."""
    path = options.folder / f"{variant}-{messages}.json"
    if not path.exists():
        options.python.run("-m", "benchmarks.messages", str(messages), variant, str(path))
    return path


def _arguments(program: str, messages: int, variant: str, *more: Path) -> Callable[[str], Command]:
    """The command line of a program of ours, for a tool."""
    return lambda tool: ("-m", program, tool, str(messages), variant, *map(str, more))


def _both(arguments: Callable[[str], Command], options: Options) -> dict[str, list[Sample]]:
    return options.python.alternate({tool: arguments(tool) for tool in ("msgpact", "pact-python")}, options.runs)


def _checking(options: Options, measure: str, argument: str) -> Sequence[Sample]:
    return options.python.alternate({measure: ("-m", "benchmarks.checking", measure, argument)}, options.runs)[measure]


# -- the table -------------------------------------------------------------------------------------------------------


def _faster(what: str, ours: float, theirs: float, target: int | None = None) -> Row:
    ratio = theirs / ours
    wanted, met = ("", None) if target is None else (f"at least {target} times", ratio >= target)
    by, how = (ratio, "faster") if ratio >= 1 else (1 / ratio, "slower")
    return Row(what, _time(ours), _time(theirs), f"{by:.{0 if by >= 10 else 1}f} times {how}", wanted, met)


def _beside(what: str, samples: Sequence[Sample], name: str, target: float) -> Row:
    """A time beside that of parsing the same bytes; the median of the processes' ratios."""
    ours, parse = median_seconds(samples, name), median_seconds(samples, f"{name} parse")
    ratio = statistics.median(each.said[name] / each.said[f"{name} parse"] for each in samples)
    return Row(what, _time(ours), _time(parse), f"{ratio:.1f} times it", f"at most {target:g} times", ratio <= target)


def _throughput(what: str, samples: Sequence[Sample], name: str, target: float) -> Row:
    """As `_beside`, by what is done in a second."""
    ours, parse = median_seconds(samples, name), median_seconds(samples, f"{name} parse")
    ratio = statistics.median(each.said[f"{name} parse"] / each.said[name] for each in samples)
    return Row(what, _time(ours), _time(parse), f"{ratio:.2f} of it", f"at least {target:g}", ratio >= target)


def _part(what: str, samples: Mapping[str, Sequence[Sample]], target: float, *, below: bool) -> Row:
    ours, theirs = (median_wall(each) for each in samples.values())
    ratio = ours / theirs
    wanted, met = (f"under {target:g}", ratio < target) if below else (f"at most {target:g}", ratio <= target)
    return Row(what, _time(ours), _time(theirs), f"{ratio:.2f} of it", wanted, met)


def _memory(what: str, samples: Mapping[str, Sequence[Sample]]) -> Row:
    ours, theirs = (median_peak(each) for each in samples.values())
    if ours is None or theirs is None:
        return Row(what, "not known", "not known", "", "under 1")
    ratio = ours / theirs
    return Row(what, f"{ours / 2**20:.0f} MiB", f"{theirs / 2**20:.0f} MiB", f"{ratio:.2f} of it", "under 1", ratio < 1)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            amount = seconds / size
            return f"{amount:.{0 if amount >= 100 else 1}f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def facts() -> str:
    """The machine and the versions, in one sentence."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = f", load average {os.getloadavg()[0]:.1f} before the run" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()}){load}; {python}; {versions}."


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    head = "| | msgpact | the other | | target | met |\n|---|--:|--:|--:|---|---|"
    return "\n".join([head, *map(str, rows)])


def rewritten(readme: str, results: str) -> str:
    """The README with *results* between its marks."""
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{results}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--only", choices=COMPARISONS, action="append", help="one comparison; repeatable")
    parser.add_argument(
        "--variant", choices=VARIANTS, action="append", help="shared or distinct rules; both if not said"
    )
    parser.add_argument("--messages", type=int, default=1000, help="how many messages (at least 10; 1,000 if not said)")
    parser.add_argument("--runs", type=int, default=5, help="how many fresh processes a median is of (5 if not said)")
    parser.add_argument("--write", action="store_true", help="rewrite the table in benchmarks/README.md")
    said = parser.parse_args(arguments)
    if said.messages < 10 or said.runs < 1:
        parser.error("there must be at least 10 messages and 1 run")
    machine = facts()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        python = Python(Path(folder, "bytecode"))
        options = Options(said.messages, said.runs, said.variant or VARIANTS, Path(folder), python)
        for name in said.only or COMPARISONS:
            print(f"{name} …", file=sys.stderr, flush=True)
            # Once with few messages, so that whatever Python compiles is compiled before the clock runs.
            list(COMPARISONS[name](replace(options, messages=10, runs=1)))
            rows.extend(COMPARISONS[name](options))
    command_line = " ".join(["uv run python -m benchmarks.run", *(arguments or sys.argv[1:])])
    results = (
        f"{table(rows)}\n\nMedians of {said.runs} fresh processes a side ({said.runs * 3} for the imports), by "
        f"`{command_line}`\non {machine}"
    )
    print(results)
    if said.write:
        README.write_text(rewritten(README.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
