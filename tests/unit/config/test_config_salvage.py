"""What is sound in a broken configuration is handed on with the error, so that its terms can be judged as well."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError

SITE = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
TOPIC = 'title = { en = "Rail" }\n[terms.en]\nstrong = ["block train"]\n'


def broken(directory: Path, files: Mapping[str, str]) -> ConfigError:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(directory, environ={})
    return caught.value


def test_sound_topics_and_lists_come_with_the_faults_of_other_files(tmp_path: Path) -> None:
    error = broken(
        tmp_path,
        {"aggregator.toml": "[sit]", "topics/rail.toml": TOPIC, "topics/_lists.toml": '[sea]\nen = ["Caspian"]'},
    )
    assert [(topic.id, topic.terms) for topic in error.topics] == [("rail", {"en": {"strong": ("block train",)}})]
    assert [(terms.name, terms.terms) for terms in error.lists] == [("sea", {"en": ("Caspian",)})]


@pytest.mark.parametrize(
    "text",
    [
        TOPIC.replace('"block train"', '"block train", 7'),
        TOPIC.replace("title", "titel"),
        "min_score = 'five'\n" + TOPIC,
        TOPIC + "weight = 3\n",
        TOPIC + '[terms.english]\nstrong = ["y"]\n',
        TOPIC + "[[tests.match]]\ntext = 'without a title'\n",
    ],
)
def test_a_topic_loses_only_what_is_at_fault(tmp_path: Path, text: str) -> None:
    error = broken(tmp_path, {"aggregator.toml": SITE, "topics/rail.toml": text})
    assert len(error.faults) in (1, 2)
    assert [topic.terms["en"]["strong"] for topic in error.topics] == [("block train",)]


def test_a_list_that_is_missing_or_broken_stands_there_empty(tmp_path: Path) -> None:
    topic = TOPIC.replace('"block train"', '"@ferry ~3 @port"')
    files = {"aggregator.toml": SITE, "topics/rail.toml": topic, "topics/_lists.toml": "ferry = 7"}
    error = broken(tmp_path, files)
    assert sorted((terms.name, terms.terms) for terms in error.lists) == [("ferry", {}), ("port", {})]


def test_a_file_that_is_no_toml_takes_nothing_else_with_it(tmp_path: Path) -> None:
    files = {"aggregator.toml": SITE, "topics/bad.toml": "title = ", "topics/rail.toml": TOPIC}
    assert [topic.id for topic in broken(tmp_path, files).topics] == ["rail"]
