"""A site as static files: whole files or none, unchanged ones untouched, stale ones gone, strangers' files left alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.publish.export import MANIFEST, Exported, ExportError, write_site

SITE = {"index.html": b"<p>", "feeds/all.atom": b"<feed/>", "feeds/archive/1.atom": b"<feed>1</feed>"}


def export(files: dict[str, bytes], directory: Path) -> Exported:
    return write_site(files.items(), directory)


def tree(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_a_site_is_written_with_its_directories(tmp_path: Path) -> None:
    assert export(SITE, tmp_path / "new" / "site") == Exported(written=3)
    assert tree(tmp_path / "new" / "site") == SITE
    assert (tmp_path / "new/site/index.html").stat().st_mode & 0o777 == 0o644


def test_unchanged_files_keep_their_time_and_their_inode(tmp_path: Path) -> None:
    export(SITE, tmp_path)
    for name in SITE:
        os.utime(tmp_path / name, (1_700_000_000, 1_700_000_000))
    before = (tmp_path / "feeds/all.atom").stat()

    assert export(SITE | {"index.html": b"<p>2"}, tmp_path) == Exported(written=1, unchanged=2)
    after = (tmp_path / "feeds/all.atom").stat()
    assert (after.st_mtime, after.st_ino) == (before.st_mtime, before.st_ino)
    assert (tmp_path / "index.html").stat().st_mtime > 1_700_000_000
    assert tree(tmp_path)["index.html"] == b"<p>2"


def test_a_change_of_the_same_length_is_written(tmp_path: Path) -> None:
    export({"a": b"12"}, tmp_path)

    assert export({"a": b"21"}, tmp_path) == Exported(written=1)
    assert tree(tmp_path) == {"a": b"21"}


def test_files_of_an_earlier_export_go_with_the_directories_they_leave_empty(tmp_path: Path) -> None:
    export(SITE, tmp_path)

    assert export({"index.html": b"<p>"}, tmp_path) == Exported(unchanged=1, removed=2)
    assert tree(tmp_path) == {"index.html": b"<p>"}
    assert not (tmp_path / "feeds").exists()


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/mine.txt").write_text("mine")
    export(SITE, tmp_path)
    export({}, tmp_path)

    assert tree(tmp_path) == {"feeds/mine.txt": b"mine"}


@pytest.mark.parametrize(
    "name", ["../out", "/etc/x", "a/../../out", "", "a//b", "./a", "a/.", "a\\b", "a\0b", "a\nb", MANIFEST, "..", "//x"]
)
def test_paths_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        export({name: b"x"}, tmp_path / "site")

    assert tree(tmp_path) == {}


def test_links_in_the_directory_are_not_followed(tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    site.mkdir()
    outside.mkdir()
    (outside / "victim").write_text("safe")
    (site / "feeds").symlink_to(outside)
    (site / "index.html").symlink_to(outside / "victim")

    with pytest.raises(ExportError, match="is a link"):
        export({"feeds/all.atom": b"x"}, site)
    assert export({"index.html": b"x"}, site) == Exported(written=1)

    assert tree(outside) == {"victim": b"safe"}
    assert not (site / "index.html").is_symlink()


def test_a_link_that_came_later_is_not_followed_when_stale_files_go(tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    export(SITE, site)
    outside.mkdir()
    (outside / "all.atom").write_text("safe")
    for name in ("feeds/all.atom", "feeds/archive/1.atom"):
        (site / name).unlink()
    (site / "feeds/archive").rmdir()
    (site / "feeds").rmdir()
    (site / "feeds").symlink_to(outside)

    export({}, site)

    assert tree(outside) == {"all.atom": b"safe"}


def test_a_tampered_list_of_files_removes_nothing_outside(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "victim").write_text("safe")
    (site / MANIFEST).write_text("../victim\n/etc/passwd\n\n..\nabsent\n")

    assert export({}, site) == Exported()
    assert (tmp_path / "victim").read_text() == "safe"


def test_a_directory_in_the_way_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()

    with pytest.raises(ExportError, match="directory stands there"):
        export(SITE, tmp_path)


def broken_off() -> Iterator[tuple[str, bytes]]:
    yield "a", b"2"
    yield "b", b"1"
    raise RuntimeError("killed")


def test_an_export_that_broke_off_removed_nothing_and_is_finished_by_the_next(tmp_path: Path) -> None:
    export({"a": b"1", "c": b"1"}, tmp_path)
    with pytest.raises(RuntimeError):
        write_site(broken_off(), tmp_path)

    assert tree(tmp_path) == {"a": b"2", "b": b"1", "c": b"1"}
    assert export({"a": b"2"}, tmp_path) == Exported(unchanged=1, removed=2)
    assert tree(tmp_path) == {"a": b"2"}


def test_a_half_written_file_of_a_killed_export_is_never_in_place(tmp_path: Path) -> None:
    export({"a": b"whole"}, tmp_path)
    (tmp_path / ".a.part").write_bytes(b"ha")

    export({"a": b"another"}, tmp_path)

    assert tree(tmp_path) == {"a": b"another"}


def test_two_exports_at_once_do_not_mix(tmp_path: Path) -> None:
    def nested() -> Iterator[tuple[str, bytes]]:
        yield "a", b"1"
        with pytest.raises(ExportError, match="under way"):
            export({"b": b"1"}, tmp_path)

    assert write_site(nested(), tmp_path) == Exported(written=1)
    assert tree(tmp_path) == {"a": b"1"}
