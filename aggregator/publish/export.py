"""Writes a site as static files, for any web server or object store.

A reader never sees half a file, a file that did not change keeps its time (and so the validators that a plain web
server makes of it), and what an earlier export wrote and this one did not is removed. Files that we did not write are
never touched.
"""

import json
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import AggregatorError

MANIFEST = ".aggregator-export.json"
"""The list of files that we wrote, kept in the directory."""

_FILE_MODE = 0o644


class UnsafePath(AggregatorError):
    """A path that leads out of the directory of the export, or through a symbolic link in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files were written anew, stood there already, and were removed."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0


def write_site(files: Iterable[tuple[str, bytes]], directory: Path) -> Exported:
    """Make `directory` hold these files ("feeds/all.atom", bytes); earlier ones of ours that are not among them go.

    UnsafePath for an absolute path, a "..", or a link inside the directory; OSError when the disk refuses. The list of
    our files is written before a removal, so that an interrupted export is finished by the next one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    root = directory.resolve()
    before = _manifest(root)
    written = unchanged = 0
    now: set[str] = set()
    for name, body in files:
        path = _place(root, name)
        now.add(path.relative_to(root).as_posix())
        if _holds(path, body):
            unchanged += 1
        else:
            _replace(path, body)
            written += 1
    _keep_manifest(root, before | now)
    removed = sum(_remove(root, name) for name in sorted(before - now))
    _keep_manifest(root, now)
    return Exported(written, unchanged, removed)


def _place(root: Path, name: str) -> Path:
    """Where a file goes, its directories made. Every step must be a real directory inside the root."""
    parts = name.removeprefix("/").split("/")
    if name.startswith("//") or "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts):
        raise UnsafePath(f"cannot export to {name!r}: not a plain path inside the directory")
    if parts == [MANIFEST]:
        raise UnsafePath(f"cannot export to {name!r}: the list of exported files stands there")
    path = root
    for part in parts[:-1]:
        path /= part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise UnsafePath(f"cannot export to {name!r}: {path} is a link or a file")
        path.mkdir(exist_ok=True)
    return path / parts[-1]


def _holds(path: Path, body: bytes) -> bool:
    """Whether a regular file with just these bytes stands there."""
    with suppress(FileNotFoundError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == len(body) and path.read_bytes() == body
    return False


def _replace(path: Path, body: bytes) -> None:
    """Put the bytes there at once: written aside, flushed to disk, renamed. A link there is replaced, not followed."""
    if path.is_dir() and not path.is_symlink():
        raise UnsafePath(f"cannot export to {str(path)!r}: a directory stands there")
    handle, aside = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(_FILE_MODE)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _remove(root: Path, name: str) -> bool:
    """Remove a file of an earlier export and the directories that it leaves empty."""
    try:
        path = _existing(root, name)
        path.unlink()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, UnsafePath):
        return False
    with suppress(OSError):
        for parent in path.parents:
            if parent == root:
                break
            parent.rmdir()
    return True


def _existing(root: Path, name: str) -> Path:
    """The file that a line of the manifest names; the manifest may have been tampered with."""
    parts = name.split("/")
    steps = [root.joinpath(*parts[:count]) for count in range(1, len(parts))]
    if any(part in ("", ".", "..") for part in parts) or any(step.is_symlink() for step in steps):
        raise UnsafePath(name)
    return root.joinpath(*parts)


def _manifest(root: Path) -> set[str]:
    try:
        names = json.loads((root / MANIFEST).read_bytes())["files"]
        return {str(name) for name in names}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()


def _keep_manifest(root: Path, names: set[str]) -> None:
    body = json.dumps({"files": sorted(names)}, ensure_ascii=False, indent=0).encode()
    if not _holds(root / MANIFEST, body):
        _replace(root / MANIFEST, body)
