"""`aggregator check` names all that is wrong at once, whatever else is wrong."""

from pathlib import Path

from aggregator.checking import examine

SITE = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
RAIL = 'title = { en = "Rail" }\n[terms.en]\nstrong = ["block train"]\n[tests]\nmatch = ["A block train left"]\n'


def findings(directory: Path, files: dict[str, str]) -> list[tuple[str, int, str]]:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    _, faults, _ = examine(directory)
    return [(str(Path(fault.file).relative_to(directory)), fault.line, fault.key) for fault in faults]


def test_faults_of_files_of_terms_and_of_tests_come_together(tmp_path: Path) -> None:
    files = {
        "aggregator.toml": SITE + "langages = 3\n",
        "sources/kz.toml": "[[source]]\nid = 'a'\n",
        "topics/rail.toml": RAIL.replace("block train left", "goods train left"),
        "topics/sea.toml": 'titel = "Sea"\n[terms.en]\nstrong = [\n  "ferry ~~ port",\n  "@nowhere",\n]\n',
    }
    assert findings(tmp_path, files) == [
        ("aggregator.toml", 5, "site.langages"),
        ("sources/kz.toml", 1, "source[0].name"),
        ("sources/kz.toml", 1, "source[0].url"),
        ("topics/rail.toml", 5, "tests.match"),
        ("topics/sea.toml", 1, "titel"),
        ("topics/sea.toml", 1, "title"),
        ("topics/sea.toml", 4, "terms.en.strong"),
        ("topics/sea.toml", 5, "terms.en.strong[1]"),
    ]


def test_topics_are_not_tried_against_lists_at_fault(tmp_path: Path) -> None:
    files = {"aggregator.toml": SITE, "topics/rail.toml": RAIL, "topics/_lists.toml": '[sea]\nen = ["ferry ~~ port"]\n'}
    assert findings(tmp_path, files) == [("topics/_lists.toml", 2, "sea.en")]


def test_a_sound_configuration_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, {"aggregator.toml": SITE, "topics/rail.toml": RAIL}) == []
