"""Pact files on disk: found, read, merged under a lock and replaced as a whole.

What is written is stable: sorted, indented, without times or paths, so that equal contracts are equal bytes. What other
tools wrote into a file stays as it is.
"""

import contextlib
import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgpact.errors import UnreadablePact, UnwritablePact, UsageError
from msgpact.model import Contract
from msgpact.pactfile import bound
from msgpact.pactfile.documents import loads
from msgpact.pactfile.merging import as_text, merged
from msgpact.serializers.framed import Registry

__all__ = ["Merged", "file_name", "find", "load", "loads", "merge", "normal_version", "write"]


PATIENCE = 60.0
"""Seconds that a writer waits for another one."""


# -- reading ---------------------------------------------------------------------------------------------------------


def load(path: str | os.PathLike[str], *, registry: Registry | None = None) -> Contract:
    """The contract in a pact file of any version.

    Args:
        path: The file.
        registry: Where the schemas are looked up that the frames of messages name, where a contract demands frames.

    Raises:
        UnreadablePact: there is no such file, it is not a pact, or one of its interactions is not one.
    """
    shown = os.fspath(path)
    try:
        text = Path(path).read_bytes()
    except IsADirectoryError:
        raise UnreadablePact(f"Cannot read the pact {shown!r}: it is a folder. Name one of the files in it.") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = getattr(error, "strerror", None) or error
        raise UnreadablePact(f"Cannot read the pact {shown!r}: {why}. Check the path.") from None
    return bound.with_registry(loads(text, source=shown), registry)


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The pact files that *paths* name: files as they are, of folders every `*.json` in them, sorted.

    Raises:
        UnreadablePact: a path does not exist.
    """
    found: list[Path] = []
    for each in paths:
        path = Path(each)
        if path.is_dir():
            found.extend(sorted(path.glob("*.json")))
        elif path.exists():
            found.append(path)
        else:
            raise UnreadablePact(
                f"Cannot read the pact {os.fspath(each)!r}: there is no such file or folder. Check the path."
            )
    return found


# -- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Attributes:
        changed: Whether the file's bytes are others than before.
        removed: Descriptions of what was dropped.
        kept: `(description, origin)` of what msgpact recorded into the file earlier and this merge did not write.
    """

    path: Path
    changed: bool
    removed: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def normal_version(spec_version: str) -> int:
    """3 or 4, from `3`, `3.0`, `3.0.0`, `4`, `4.0`, `4.0.0`."""
    if spec_version in ("3", "3.0", "3.0.0"):
        return 3
    if spec_version in ("4", "4.0", "4.0.0"):
        return 4
    close = difflib.get_close_matches(str(spec_version), ["3.0.0", "4.0"], n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "Say '4.0' or '3.0.0'."
    raise UsageError(
        f"Cannot write version {spec_version!r} of the Pact specification: it is not one that is written. {hint}"
    )


def file_name(consumer: str, provider: str) -> str:
    """The name of a pair's file; characters that some file system refuses become `_`."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", f"{consumer}-{provider}") + ".json"


def write(
    contract: Contract, folder: str | os.PathLike[str], *, spec_version: str = "4.0", overwrite: bool = False
) -> Path:
    """Write the contract into its file in *folder*, merging with what is there; *overwrite* replaces it.

    Raises:
        MergeConflict: the file is another pair's, of a newer version, or holds what cannot stand beside messages.
        UnwritablePact: the file system refused; what was there before is still there.
    """
    return merge(contract, folder, spec_version=spec_version, overwrite=overwrite).path


def merge(
    contract: Contract,
    folder: str | os.PathLike[str],
    *,
    spec_version: str = "4.0",
    overwrite: bool = False,
    drop: Callable[[str], bool] = lambda origin: False,
    delete_empty: bool = False,
) -> Merged:
    """As `write`; entries that msgpact recorded earlier and whose origin *drop* answers True for go.

    With *delete_empty* a file that would hold no interaction is deleted.
    """
    version = normal_version(spec_version)
    path = Path(folder) / file_name(contract.consumer, contract.provider)
    with _refusals(path):
        if path.is_symlink():
            path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            before = path.read_bytes() if path.exists() else None
            outcome = merged(contract, None if overwrite else before, version, os.fspath(path), drop)
            text = as_text(outcome.document, os.fspath(path))
            if delete_empty and not outcome.document.get("interactions") and not outcome.document.get("messages"):
                path.unlink(missing_ok=True)
            elif text != before:
                _replace(path, text)
            return Merged(path, text != before, outcome.removed, outcome.kept)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: its folder is a file. Choose another folder."
        ) from None
    except OSError as error:
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: {error.strerror or error}. "
            "Nothing was changed; choose a folder that can be written, or make room."
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other writers of the same file out, in this process and in others; leaves no lock file behind."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE)
    if os.name == "posix":  # a folder in which no file can be made would be taken for one whose lock is held
        os.close(os.open(lock.lock_file, os.O_RDWR | os.O_CREAT, 0o666))
    try:
        with lock:
            try:
                yield
            finally:
                # Unlinked while held: a waiter that gets the lock of an unlinked file notices and starts over.
                with contextlib.suppress(OSError):
                    os.unlink(lock.lock_file)
    except Timeout:
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: another process holds {lock.lock_file!r} for more than {PATIENCE:g} s. "
            "End that process, or delete the lock file if there is none."
        ) from None


def _replace(path: Path, text: bytes) -> None:
    """Put *text* in the file's place as a whole: written beside it, flushed to disk, then renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Not tempfile: its files are readable by nobody else, and a pact's mode should follow the umask.
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
