"""The checklist in docs/publishing.md names tests that exist."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
CHECKLIST = TESTS.parent / "docs" / "publishing.md"


def existing() -> set[str]:
    return {
        f"{path.stem}::{node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_row_of_the_checklist_names_tests_that_exist() -> None:
    text = CHECKLIST.read_text(encoding="utf-8").partition("## Checklist")[2]
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 28
    known = existing()
    for number, row in rows:
        named = re.findall(r"`(test_\w+::\w+)`", row)
        assert named, f"row {number} names no test"
        assert not set(named) - known, f"row {number}"
