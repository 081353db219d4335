"""A valid directory as a Config: every key arrives, defaults hold, the digest sees what matters, lint only warns."""

import pickle
import time
from pathlib import Path

import pytest

from aggregator.config import load, locate
from aggregator.model import Feed, FetchRules, Scope, Site, Source, TermList, TopicTest

FULL = {
    "aggregator.toml": """\
[site]
title = "Новости Каспия"
base_url = "https://news.example.org/caspian/"
languages = ["ru", "kk-Latn", "en"]
authority = "example.org"
hold = "2m"
[fetch]
contact = "mailto:ops@example.org"
allow = [["127.0.0.0/8", 0], ["::1", 8080]]
ports = [80, 443, 8443]
host_gap = 0
timeout = "1m"
max_bytes = 2_000_000
proxy = "http://user:$PW@proxy.example:3128"
""",
    "sources/kazakhstan.toml": """\
[[source]]
id = "alpha.2_x-y"
name = "Альфа"
url = "https://alpha.example/"
country = "KZ"
language = "kk-Latn"
trust = 90
timezone = "Asia/Almaty"
user_agent = "Mozilla/5.0"
publish = "full"
robots = false
headers = { Authorization = "Bearer $TOKEN" }
formerly = ["alpha"]
[[source.feeds]]
url = "https://alpha.example/news"
kind = "page"
selectors = { item = "li", link = "h2 a", date = "time" }
content = "page"
interval = "1h30m"
archive = true
enabled = false
""",
    "topics/rail.toml": """\
title = { ru = "Рельсы", en = "Rail" }
min_score = 6
private = true
formerly = ["trains"]
require_any = ["@region"]
[scope]
sources = ["alpha.2_x-y"]
languages = ["ru"]
countries = ["KZ", "INT"]
[terms.ru]
strong = ["блок-поезд"]
weak = ["вагон", "путь"]
medium = []
[minus]
ru = ["игрушка"]
[none]
en = ["@region"]
[tests]
match = ["Блок-поезд вышел", { title = "Т", text = "Длинный\\nтекст", lang = "ru" }]
reject = ["Погода"]
""",
    "topics/_lists.toml": """\
[region]
ru = ["Каспий"]
en = ["Caspian"]
countries = ["KZ", "AZ"]
[sport]
ru = ["матч"]
""",
}
ENVIRON = {"PW": "pw", "TOKEN": "t"}


def test_every_key_arrives(write_config) -> None:
    config = load(write_config(FULL), environ=ENVIRON)
    assert config.site == Site(
        title="Новости Каспия",
        base_url="https://news.example.org/caspian",
        languages=("ru", "kk-Latn", "en"),
        authority="example.org",
        hold=120,
    )
    assert config.fetch == FetchRules(
        contact="mailto:ops@example.org",
        allow=(("127.0.0.0/8", 0), ("::1/128", 8080)),
        ports=(80, 443, 8443),
        host_gap=0.0,
        timeout=60.0,
        max_bytes=2_000_000,
        proxy="http://user:pw@proxy.example:3128",
    )
    feed = Feed(
        source="alpha.2_x-y",
        url="https://alpha.example/news",
        kind="page",
        content="page",
        selectors={"item": "li", "link": "h2 a", "date": "time"},
        interval=5400,
        archive=True,
        enabled=False,
    )
    assert config.sources == (
        Source(
            id="alpha.2_x-y",
            name="Альфа",
            url="https://alpha.example/",
            country="KZ",
            language="kk-Latn",
            feeds=(feed,),
            trust=90,
            timezone="Asia/Almaty",
            user_agent="Mozilla/5.0",
            publish="full",
            robots=False,
            headers={"Authorization": "Bearer t"},
            formerly=("alpha",),
        ),
    )
    assert config.lists == (
        TermList("region", {"ru": ("Каспий",), "en": ("Caspian",)}, ("KZ", "AZ")),
        TermList("sport", {"ru": ("матч",)}),
    )


def test_every_key_of_a_topic_arrives(write_config) -> None:
    (topic,) = load(write_config(FULL), environ=ENVIRON).topics
    assert (topic.id, topic.title, topic.min_score) == ("rail", {"ru": "Рельсы", "en": "Rail"}, 6.0)
    assert topic.terms == {"ru": {"strong": ("блок-поезд",), "weak": ("вагон", "путь")}}
    assert (topic.minus, topic.none) == ({"ru": ("игрушка",)}, {"en": ("@region",)})
    assert (topic.private, topic.formerly, topic.require_any) == (True, ("trains",), ("@region",))
    assert topic.scope == Scope(("alpha.2_x-y",), ("ru",), ("KZ", "INT"))
    assert topic.match == (TopicTest("Блок-поезд вышел"), TopicTest("Т", "Длинный\nтекст", "ru"))
    assert topic.reject == (TopicTest("Погода"),)


def test_what_is_left_out_has_the_models_defaults(write_config) -> None:
    minimal = '[[source]]\nid = "a"\nname = "A"\nurl = "http://a.example"\nfeeds = [{ url = "http://a.example/f" }]\n'
    top = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
    config = load(write_config({"aggregator.toml": top, "sources/kazakhstan.toml": minimal}), environ={})
    assert config.site == Site("T", "https://t.example", ("en",))
    assert config.fetch == FetchRules()
    assert config.sources == (Source("a", "A", "http://a.example", "INT", "und", (Feed("a", "http://a.example/f"),)),)


def test_the_main_file_alone_is_a_configuration(write_config) -> None:
    others = ("sources/kazakhstan.toml", "topics/rail.toml", "topics/_lists.toml")
    config = load(write_config(dict.fromkeys(others)), environ={})
    assert (config.sources, config.topics, config.lists) == ((), (), ())


def test_the_environment_is_the_process_environment_by_default(write_config, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert load(write_config(FULL)).fetch.proxy == "http://user:pw@proxy.example:3128"


def test_a_config_can_be_sent_to_another_process(write_config) -> None:
    config = load(write_config(FULL), environ=ENVIRON)
    assert pickle.loads(pickle.dumps(config)) == config


def test_names_and_urls_may_repeat_between_sources(write_config) -> None:
    source = (
        '[[source]]\nid = "{}"\nname = "N"\nurl = "https://n.example/"\nfeeds = [{{ url = "https://n.example/f" }}]\n'
    )
    config = load(write_config({"sources/kazakhstan.toml": source.format("a") + source.format("b")}), environ={})
    assert [feed.url for source in config.sources for feed in source.feeds] == ["https://n.example/f"] * 2


def test_hidden_files_of_editors_are_not_read(write_config) -> None:
    load(
        write_config({"topics/.rail.toml": "broken =", "sources/x.toml~": "broken =", "topics/note.txt": "x"}),
        environ={},
    )


def test_windows_line_ends_are_read(write_config) -> None:
    crlf = {name: text.replace("\n", "\r\n") for name, text in FULL.items()}
    assert load(write_config(crlf), environ=ENVIRON) == load(write_config(FULL), environ=ENVIRON)


# ---------------------------------------------------------------- digest


def digest(directory: Path) -> str:
    return load(directory, environ=ENVIRON).digest


def test_comments_order_and_the_split_into_files_do_not_change_the_digest(write_config) -> None:
    before = digest(write_config())
    kazakhstan = (write_config() / "sources/kazakhstan.toml").read_text()
    first, second = kazakhstan.split("\n\n")
    moved = write_config({"sources/kazakhstan.toml": f"# new\n{first}\n", "sources/a.toml": f"{second}\n# comment\n"})
    assert digest(moved) == before


def test_a_key_written_with_its_default_does_not_change_the_digest(write_config) -> None:
    before = digest(write_config())
    directory = write_config()
    path = directory / "aggregator.toml"
    path.write_text(path.read_text() + "ports = [80, 443]\ntimeout = 30\n")
    assert digest(directory) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("aggregator.toml", '"2m"', '"3m"'),
        ("aggregator.toml", '["127.0.0.0/8", 0]', '["127.0.0.0/8", 1]'),
        ("sources/kazakhstan.toml", "trust = 90", "trust = 91"),
        ("sources/kazakhstan.toml", "h2 a", "h3 a"),
        ("sources/kazakhstan.toml", "enabled = false", "enabled = true"),
        ("topics/rail.toml", "Погода", "погода"),
        ("topics/rail.toml", '"вагон", "путь"', '"путь", "вагон"'),
        ("topics/_lists.toml", '"AZ"', '"TR"'),
    ],
)
def test_any_effective_change_changes_the_digest(write_config, file: str, old: str, new: str) -> None:
    assert old in FULL[file]
    assert digest(write_config({**FULL, file: FULL[file].replace(old, new)})) != digest(write_config(FULL))


def test_a_new_secret_changes_the_digest_and_does_not_show_in_it(write_config) -> None:
    directory = write_config(FULL)
    assert load(directory, environ={**ENVIRON, "TOKEN": "other"}).digest != load(directory, environ=ENVIRON).digest


def test_warnings_are_no_part_of_the_digest(write_config) -> None:
    quiet, loud = write_config(), write_config({"stray.toml": "x = 1"})
    assert digest(quiet) == digest(loud)


# ---------------------------------------------------------------- warnings


def warnings(directory: Path) -> list[str]:
    return [str(warning).removeprefix(f"{directory}/") for warning in load(directory, environ={"TOKEN": "t"}).warnings]


def test_the_good_configuration_has_no_warnings(write_config) -> None:
    assert warnings(write_config()) == []


SOURCE = '[[source]]\nid = "a"\nname = "A"\nurl = "http://a.example/"\n'
TOP = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
TOPIC = 'title.en = "R"\n[terms.en]\nstrong = ["x"]\n'


@pytest.mark.parametrize(
    ("file", "text", "beginning", "contains"),
    [
        ("aggregator.toml", TOP, "aggregator.toml:1: fetch.contact: publishers cannot see who", 'contact = "https'),
        ("sources/kazakhstan.toml", SOURCE, "sources/kazakhstan.toml:1: source[0]: source \"a\" has no feeds", "feeds ="),
        ("sources/kazakhstan.toml", "", "aggregator.toml:1: source: there are no sources", "sources/"),
        ("sources/kazakhstan.toml", SOURCE + 'feeds = [{ url = "https://a.example", enabled = false }]',
         "aggregator.toml:1: source: no feed of any source is enabled", "nothing will be fetched"),
        ("sources/kazakhstan.toml", SOURCE + 'language = "de"\nfeeds = [{ url = "https://a.example" }]',
         "sources/kazakhstan.toml:5: source[0].language: de is not among the site's languages", 'add "de"'),
        ("sources/kazakhstan.toml", SOURCE + 'feeds = [\n{ url = "https://a.example", selectors = { link = "a" } }]',
         'sources/kazakhstan.toml:6: source[0].feeds[0].selectors: has no effect on kind = "feed"', "remove it"),
        ("sources/kazakhstan.toml", SOURCE + 'feeds = [\n{ url = "https://a.example", interval = "1m" }]',
         "sources/kazakhstan.toml:6: source[0].feeds[0].interval: 60 seconds is very often", "5 minutes"),
        ("sources/kazakhstan.toml", SOURCE + 'feeds = [{ url = "http://a.example" }]\nheaders = { X-Key = "$TOKEN" }',
         "sources/kazakhstan.toml:6: source[0].headers.X-Key: is sent in the clear", "https"),
        ("topics/rail.toml", TOPIC + '[terms.de]\nweak = ["x"]', "topics/rail.toml:4: terms.de: de is not among", 'add "de"'),
        ("topics/rail.toml", TOPIC + '[scope]\nsources = [\n"alpha",\n"aplha"]',
         'topics/rail.toml:7: scope.sources[1]: there is no source "aplha"', "did you mean alpha?"),
        ("topics/rail.toml", None, "aggregator.toml:1: topics: there are no topics", "topics/<id>.toml"),
        ("rail.toml", TOPIC, "rail.toml:1: file: is not read here", "move it to sources/ or topics/"),
    ],
)  # fmt: skip
def test_soft_findings_are_warnings_with_file_and_line(
    write_config, file: str, text: str | None, beginning: str, contains: str
) -> None:
    found = warnings(write_config({file: text}))
    assert any(warning.startswith(beginning) and contains in warning for warning in found), found


def test_names_common_to_all_languages_are_no_finding(write_config) -> None:
    assert warnings(write_config({"topics/rail.toml": TOPIC + '[terms.mul]\nstrong = ["TITR x"]'})) == []


# ---------------------------------------------------------------- locate


def test_a_key_that_another_stage_names_is_found(write_config) -> None:
    directory = write_config(FULL)
    rail, lists = str(directory / "topics/rail.toml"), str(directory / "topics/_lists.toml")
    assert locate(directory, "rail", "terms.ru.weak[1]") == (rail, 12)
    assert locate(directory, "rail", ("tests", "match", 1, "text")) == (rail, 19)
    assert locate(directory, "rail", "terms.kk.strong") == (rail, 10)
    assert locate(directory, "rail", "nothing") == (rail, 1)
    assert locate(directory, "_lists", "sport.ru") == (lists, 6)
    assert locate(directory, "@sport", "ru") == (lists, 6)


def test_a_term_is_found_in_its_list(write_config) -> None:
    text = 'title.en = "R"\n[terms.en]\nstrong = [\n  "one",\n  "two",\n]\n[tests]\nreject = ["a",\n  { title = "b" },\n]\n'
    directory = write_config({"topics/rail.toml": text, "topics/_lists.toml": '[region]\nen = [\n"x",\n"y",\n]\n'})
    assert locate(directory, "rail", "terms.en.strong", "two")[1] == 5
    assert locate(directory, "rail", "terms.en.strong", "three")[1] == 3
    assert locate(directory, "rail", "tests.reject", "b")[1] == 9
    assert locate(directory, "@region", "en", "y")[1] == 4


def test_a_file_that_cannot_be_read_is_located_where_it_breaks(write_config) -> None:
    directory = write_config({"topics/broken.toml": "a = 1\nb = \n"})
    assert locate(directory, "broken", "a") == (str(directory / "topics/broken.toml"), 2)
    assert locate(directory, "absent", "a") == (str(directory / "topics/absent.toml"), 1)


# ---------------------------------------------------------------- many


def test_a_thousand_sources_are_loaded_in_little_time(write_config) -> None:
    source = '[[source]]\nid = "s{0}"\nname = "S"\nurl = "https://s{0}.example/"\nfeeds = [{{ url = "https://s{0}.example/f" }}]\n'
    directory = write_config({"sources/many.toml": "\n".join(map(source.format, range(1000)))})
    started = time.process_time()
    config = load(directory, environ={})
    assert len(config.sources) == 1002
    assert time.process_time() - started < 2


def test_a_thousand_faults_are_reported_in_little_time(write_config) -> None:
    source = '[[source]]\nid = "s{0}"\nname = "S"\nurl = "s{0}"\ncuntry = "KZ"\n'
    directory = write_config({"sources/many.toml": "\n".join(map(source.format, range(500)))})
    started = time.process_time()
    with pytest.raises(Exception, match="cuntry") as caught:
        load(directory, environ={})
    assert len(caught.value.faults) == 1000
    assert time.process_time() - started < 3
