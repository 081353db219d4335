"""Writes a site as static files, for any web server or object store.

A reader never sees half a file; a file that did not change keeps its time, and so the validators that a plain web
server makes of it; what an earlier export wrote and this one did not is removed. Files of others are never touched,
links are never followed out of the directory.
"""

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import AggregatorError

MANIFEST = ".aggregator-export"
"""The list of files that we wrote, one a line, kept in the directory. A name is added before its file is written, so
that even a killed export leaves nothing that the next one does not know of.
"""

_FILE_MODE = 0o644


class ExportError(AggregatorError):
    """A path would lead out of the directory, something that is not ours stands in the way, or another export runs."""


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files were written anew, stood there already, and were removed."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0


def write_site(files: Iterable[tuple[str, bytes]], directory: Path) -> Exported:
    """Make `directory` hold these files ("feeds/all.atom", bytes); earlier ones of ours that are not among them go.

    ExportError for an absolute path or one with "..", for a link or a stranger's directory in the way, or when another
    export of this directory is under way; OSError when the disk refuses. After either the earlier files all stand.
    """
    directory.mkdir(parents=True, exist_ok=True)
    root = directory.resolve()
    with _alone(root):
        before, now, written = _known(root), set[str](), 0
        for name, body in files:
            path = _place(root, name)
            now.add(name)
            if not _holds(path, body):
                _note(root, name, before)
                _replace(path, body)
                written += 1
        removed = sum(_remove(root, name) for name in sorted(before - now))
        _replace(root / MANIFEST, "".join(f"{name}\n" for name in sorted(now)).encode())
        return Exported(written, len(now) - written, removed)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the directory: two exports at once would remove each other's files."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ExportError(f"another export to {root} is under way") from None
    finally:
        os.close(handle)


def _parts(name: str) -> list[str]:
    """The steps of a relative path; ExportError when it is anything else."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or not part.isprintable() or "\\" in part for part in parts) or name == MANIFEST:
        raise ExportError(f"cannot export to {name!r}: not a plain path inside the directory")
    return parts


def _place(root: Path, name: str) -> Path:
    """Where a file goes, its directories made. Every step is a real directory inside the root."""
    *folders, last = _parts(name)
    path = root
    for folder in folders:
        path /= folder
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise ExportError(f"cannot export to {name!r}: {path} is a link or a file")
        path.mkdir(exist_ok=True)
    path /= last
    if path.is_dir() and not path.is_symlink():
        raise ExportError(f"cannot export to {name!r}: a directory stands there")
    return path


def _holds(path: Path, body: bytes) -> bool:
    """Whether a regular file with just these bytes stands there."""
    with suppress(FileNotFoundError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == len(body) and path.read_bytes() == body
    return False


def _replace(path: Path, body: bytes) -> None:
    """Put the bytes there at once: written aside, then renamed. A link that stands there is replaced, not followed.

    Not flushed to disk file by file, which would take minutes for a large site: what a crash of the machine leaves
    incomplete differs from its bytes, and so the next export writes it again.
    """
    aside = path.with_name(f".{path.name}.part")
    aside.unlink(missing_ok=True)
    with aside.open("xb") as file:
        file.write(body)
    aside.chmod(_FILE_MODE)
    aside.replace(path)


def _remove(root: Path, name: str) -> bool:
    """Remove a file of an earlier export and the directories that it leaves empty. A tampered list removes nothing."""
    try:
        parts = _parts(name)
        parents = [root.joinpath(*parts[:count]) for count in range(1, len(parts))]
        if any(parent.is_symlink() for parent in parents):
            return False
        root.joinpath(*parts).unlink()
    except (ExportError, FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    with suppress(OSError):
        for parent in reversed(parents):
            parent.rmdir()
    return True


def _known(root: Path) -> set[str]:
    """The files that earlier exports wrote."""
    path = root / MANIFEST
    if path.is_symlink() or not path.is_file():
        return set()
    return set(path.read_text(encoding="utf-8", errors="replace").splitlines())


def _note(root: Path, name: str, known: set[str]) -> None:
    if name not in known:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(root / MANIFEST, flags, _FILE_MODE), "ab") as file:
            file.write(f"{name}\n".encode())
        known.add(name)
