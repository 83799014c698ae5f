"""What is done with a pact from its bytes to the report, with bounds on the time and the memory that it takes."""

import contextlib
import datetime
import itertools
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from processor_time import spent

from msgpact.check import check_message
from msgpact.errors import MsgpactError, UnreadablePact
from msgpact.model import Contract, Interaction, Message, MessageContents, Presence, is_content_type_key
from msgpact.pactfile import files
from msgpact.pactfile.interactions import bytes_of
from msgpact.reporters import reporter
from msgpact.reporters.base import BUILT_IN
from msgpact.results import InteractionResult, Mismatch, Outcome, VerificationReport
from msgpact.rules import generators

SECONDS = 80.0
"""What one pact may take with all that is done with it; far more than any does, far less than what runs away."""

MEGABYTES = 64
"""What may be held at once beside a multiple of the input."""

LONGEST_SENTENCE = 2000

DEEP = b"[" * 1000 + b"]" * 1000
MESSAGES = [
    None, b"", b"null", b'"x"', b"\xff\xfe", DEEP, b'"' + b"a" * 5000 + b'!"', b"[" + b"1," * 2000 + b"1]", b'{"id":1e400}',
    b'{"id":' + b"9" * 5000 + b"}", b'{"id":"\\u2028","lines":{},"tags":[[]],"map":null,"any":"' + b"a" * 5000 + b'!"}',
]  # fmt: skip


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Fail if what is done takes too much of the processor."""
    start = spent()
    yield
    took = spent() - start
    assert took < SECONDS, f"it took {took:.1f} s of the processor"


@contextlib.contextmanager
def bounded(given: int) -> Iterator[None]:
    """Fail if what is done takes too long or holds too much; *given* is the size of the input in bytes."""
    tracemalloc.start()
    try:
        with in_time():
            yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTES * 2**20 + 100 * given, f"it held {peak / 2**20:.0f} MB"


def exercise(text: bytes, folder: Path) -> Contract | None:
    """Everything from reading to reporting; None where the bytes are no pact, with a sentence that says so.

    Any exception but msgpact's own is let through.
    """
    try:
        contract = files.loads(text)
    except MsgpactError as error:
        sentence = str(error)
    else:
        _use(contract, folder)
        return contract
    assert sentence.startswith("Cannot read the pact '<bytes>': ")
    assert len(sentence) < LONGEST_SENTENCE
    return None


def _use(contract: Contract, folder: Path) -> None:
    report(contract, [(each, tuple(itertools.chain(*checked(each)))) for each in contract.interactions])
    rewrite(contract, folder)


def checked(interaction: Interaction) -> Iterator[tuple[Mismatch, ...]]:
    for expected in (interaction.message, interaction.request, *interaction.responses):
        if expected is None:
            continue
        says_type = any(map(is_content_type_key, expected.metadata))
        stated = None if says_type else expected.contents.content_type
        for contents in (bytes_of(expected.contents), *MESSAGES):
            yield check(expected, Message(contents, content_type=stated, metadata=expected.metadata))
        yield check(expected, Message(b"{}", metadata={"k": [1], "contentType": "a/b;c"}))
        generate(expected)


def check(expected: MessageContents, message: Message) -> tuple[Mismatch, ...]:
    """What a message differs in; nothing where the pact's schema cannot be used, which a sentence says."""
    try:
        return check_message(expected, message)
    except UnreadablePact as error:
        sentence = str(error)
    assert sentence.startswith("Cannot read the contents of ")
    assert len(sentence) < LONGEST_SENTENCE
    return ()


def generate(expected: MessageContents) -> None:
    """Apply the generators, which answer values or say why not."""
    now = datetime.datetime(2024, 2, 29, 23, 59, 60 - 1, tzinfo=datetime.UTC)
    for mode in ("consumer", "provider"):
        context = generators.Context(random.Random(1), now, mode, {"a": 1}, "http://127.0.0.1:1")
        with contextlib.suppress(generators.GeneratorError):
            body = expected.generators.get("body", {})
            generators.apply(expected.contents.value, body, context, expected.matching_rules.get("body"))
        with contextlib.suppress(generators.GeneratorError):
            generators.apply_to_metadata(expected.metadata, expected.generators.get("metadata", {}), context)


def report(contract: Contract, found: list[tuple[Interaction, tuple[Mismatch, ...]]]) -> None:
    results = tuple(
        InteractionResult(contract.consumer, contract.provider, each, Outcome.BROKEN, mismatches)
        for each, mismatches in found
        if mismatches
    )
    for name in BUILT_IN:
        reporter(name)(VerificationReport(contract.provider, results))


def rewrite(contract: Contract, folder: Path) -> None:
    """What is written means the same, and the same bytes when it is written again; what cannot be written says so."""
    version = contract.spec_version
    try:
        file = files.write(contract, folder, spec_version=version, overwrite=True)
    except MsgpactError:
        return
    text, again = file.read_bytes(), files.load(file)
    meaning, meaning_again = (
        [_meaning(each) for each in contract.interactions],
        [_meaning(each) for each in again.interactions],
    )
    assert all(each in meaning for each in meaning_again)
    assert all(each in meaning_again for each in meaning)
    assert files.write(again, folder, spec_version=version, overwrite=True).read_bytes() == text


def _meaning(interaction: Interaction) -> object:
    """All but where version 3 states the type of contents, where msgpact's own marks stand, and what says nothing."""
    messages = [each for each in (interaction.message, interaction.request, *interaction.responses) if each is not None]
    said = interaction.type, interaction.description, interaction.provider_states, interaction.pending, interaction.key
    return said, [_meaning_of(each) for each in messages]


def _meaning_of(message: MessageContents) -> object:
    contents = message.contents if message.contents.presence is Presence.PRESENT else message.contents.presence
    metadata = {name: value for name, value in message.metadata.items() if not is_content_type_key(name)}
    rules = {category: by_path for category, by_path in message.matching_rules.items() if by_path}
    return contents, metadata, rules, {category: by_path for category, by_path in message.generators.items() if by_path}
