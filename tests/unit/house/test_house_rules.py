"""The rules of the house that no other tool holds: lengths, docstrings, and the page that tells the whole story."""

import ast
import re
from pathlib import Path

import aggregator

HOUSE = Path(aggregator.__file__).parent
MODULES = sorted(path for path in HOUSE.rglob("*.py") if "migrations/versions" not in path.as_posix())
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def functions(path: Path) -> tuple[Function, ...]:
    return tuple(node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, Function))


def is_command(node: Function) -> bool:
    """Whether a decorator makes it a command of the command line, whose signature is its help."""
    found = (part.func if isinstance(part, ast.Call) else part for part in node.decorator_list)
    return any(isinstance(part, ast.Attribute) and part.attr in {"command", "callback"} for part in found)


def length(node: Function) -> int:
    """Lines from `def` to the end; of a command only those after its signature."""
    first = node.body[0].lineno if is_command(node) else node.lineno
    return (node.end_lineno or first) - first + 1


def test_the_pipeline_is_told_on_a_page() -> None:
    assert len((HOUSE / "pipeline.py").read_text("utf-8").splitlines()) <= 100


def test_every_module_says_what_it_is_for() -> None:
    said = {name(path): re.match(r'(?s)r?"""(.+?)"""', path.read_text("utf-8")) for path in MODULES}
    assert [path for path, found in said.items() if found is None or len(found[1].split()) < 3] == []


def test_functions_are_short_as_a_rule_and_none_is_longer_than_sixty_lines() -> None:
    found = [(length(node), f"{name(path)}:{node.lineno} {node.name}") for path in MODULES for node in functions(path)]
    assert [place for lines, place in found if lines > 60] == []
    lengths = sorted(lines for lines, _ in found)
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 95 // 100] <= 25


def test_files_are_of_a_size_to_be_read() -> None:
    long = {name(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_the_house_is_as_the_architecture_lists_it() -> None:
    text = (HOUSE.parent / "docs" / "architecture.md").read_text("utf-8")
    rooms = {p.name for p in HOUSE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    pages = {p.name for p in HOUSE.glob("*.py") if not p.name.startswith("__")}
    assert [room for room in sorted(rooms) if f"`{room}/`" not in text] == []
    assert [page for page in sorted(pages) if f"`{page}`" not in text] == []


def test_the_stores_door_names_every_room_behind_it() -> None:
    """They load on first use, so that a misspelt one would be found only then."""
    rooms = {path.stem for path in (HOUSE / "store").glob("*.py")} - {
        "__init__",
        "tables",
        "declared",
        "codec",
        "engine",
        "faults",
    }
    named = (HOUSE / "store" / "__init__.py").read_text("utf-8")
    assert [room for room in sorted(rooms) if f"import {room} as {room}" not in named] == []
