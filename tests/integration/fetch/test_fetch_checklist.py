"""The checklist in docs/fetching.md names tests that exist, and every test that claims a row stands in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[2]
CHECKLIST = TESTS.parent / "docs" / "fetching.md"
CLAIM = re.compile(r"Rows? (\d+(?:(?:, | and )\d+)*)(?:[:.]| of the fetching checklist)")


def claimed() -> Iterator[tuple[int, str]]:
    """(row, test) for each test, wherever it lives, whose docstring begins with its rows."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                rows = CLAIM.match(ast.get_docstring(node) or "")
                for row in re.findall(r"\d+", rows.group(1)) if rows else ():
                    yield int(row), f"{path.stem}::{node.name}"


def listed() -> dict[int, set[str]]:
    lines = re.findall(r"^\| (\d+) \|(.*)\|$", CHECKLIST.read_text(encoding="utf-8"), re.MULTILINE)
    return {int(row): set(re.findall(r"`(test_\w+::\w+)`", rest)) for row, rest in lines}


def test_the_checklist_is_complete_and_true() -> None:
    rows = listed()
    assert sorted(rows) == list(range(1, 51))
    assert [row for row, tests in rows.items() if not tests] == []
    assert {(row, test) for row, tests in rows.items() for test in tests} == set(claimed())
