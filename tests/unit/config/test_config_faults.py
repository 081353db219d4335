"""Every kind of fault: exact file and line, the key as the operator wrote it, what is wrong and the mend."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError, Fault

TOP, KZ, RAIL, LISTS = "aggregator.toml", "sources/kazakhstan.toml", "topics/rail.toml", "topics/_lists.toml"

SITE = '[site]\ntitle = "T"\nbase_url = "https://t.example"\nlanguages = ["en"]\n'
SOURCE = '[[source]]\nid = "alpha"\nname = "Alpha"\nurl = "https://alpha.example/"\n'
TOPIC = 'title = { en = "Rail" }\n[terms.en]\nstrong = ["block train"]\n'


def faults_of(directory: Path, environ: Mapping[str, str] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        load(directory, environ=environ or {})
    return caught.value.faults


# Each case: file, its text with the faulty line marked `# here`, key, what the message and the mend contain.
CASES = [
    # ---- keys
    (TOP, SITE + 'hold_time = "2m" # here', "site.hold_time", "unknown key", "did you mean hold?"),
    (TOP, SITE + 'contcat = "x" # here', "site.contcat", "unknown key", "known here: title, base_url"),
    (TOP, SITE + '[fetch]\ncontcat = "" # here', "fetch.contcat", "unknown key", "did you mean contact?"),
    (TOP, SITE + "host_gap = 2 # here", "site.host_gap", "unknown key", "it belongs to [fetch]"),
    (TOP, SITE + "[fetsh] # here\nports = [80]", "fetsh", "unknown key", "did you mean fetch?"),
    (TOP, '[site] # here\nbase_url = "https://t.example"\nlanguages = ["en"]', "site.title", "is required, but missing",
     'for example title = "Caspian topics"'),
    (TOP, "# here\n[fetch]", "site", "is required, but missing", "add [site]"),
    (KZ, "[[source]] # here\nid = 'a'\nurl = 'https://a.example/'", "source[0].name", "is required", "The Astana Times"),
    (KZ, SOURCE + 'feeds = [\n  { url = "https://a.example/" },\n  { kind = "feed" }, # here\n]', "source[0].feeds[1].url",
     "is required", 'for example url = "https://astanatimes.com/feed/"'),
    (KZ, SOURCE + "[source.headers]\ncountry = 'KZ' # here", "source[0].headers.country", "is a key of the source",
     "write it above the headers"),
    (RAIL, TOPIC + "min_score = 3 # here", "terms.en.min_score", "unknown key", "it belongs to the top of the file"),
    (RAIL, TOPIC + 'stong = ["x"] # here', "terms.en.stong", "unknown key", "did you mean strong?"),
    (RAIL, TOPIC + '[tests]\nmatch = [\n "t",\n { titel = "x", title = "t" }, # here\n]', "tests.match[1].titel",
     "unknown key", "did you mean title?"),
    # ---- types and bounds
    (TOP, SITE.replace('"T"', "5 # here"), "site.title", "should be text, not 5", "write it in quotes"),
    (TOP, SITE.replace('"T"', '"  " # here'), "site.title", "should not be empty", "Caspian topics"),
    (TOP, SITE.replace('["en"]', "[] # here"), "site.languages", "should not be empty", 'languages = ["ru", "kk", "en"]'),
    (TOP, SITE.replace('["en"]', '"en" # here'), "site.languages", "should be a list, not text", "languages = ["),
    (TOP, "site = 3 # here", "site", "should be a table, not 3", "add [site]"),
    (TOP, SITE + "[fetch]\nports = [\n80,\n0, # here\n]", "fetch.ports[1]", "should be at least 1, not 0", ""),
    (TOP, SITE + "[fetch]\nports = [70000] # here", "fetch.ports[0]", "should be at most 65535", ""),
    (TOP, SITE + '[fetch]\nports = ["80"] # here', "fetch.ports[0]", "should be a whole number, not text", ""),
    (TOP, SITE + "[fetch]\nhost_gap = -1 # here", "fetch.host_gap", "should be at least 0", "host_gap = 1.0"),
    (TOP, SITE + "[fetch]\nhost_gap = nan # here", "fetch.host_gap", "should be a finite number, not nan", ""),
    (TOP, SITE + "[fetch]\nhost_gap = true # here", "fetch.host_gap", "should be a number, not true", ""),
    (TOP, SITE + "[fetch]\ntimeout = 0 # here", "fetch.timeout", "0 is out of bounds", "more than 0"),
    (TOP, SITE + "[fetch]\ntimeout = 1979-05-27 # here", "fetch.timeout", "is not a duration", "90s"),
    (TOP, SITE + "[fetch]\nmax_bytes = 1.5 # here", "fetch.max_bytes", "should be a whole number, not 1.5", ""),
    (TOP, SITE + 'hold = "2 weeks" # here', "site.hold", '"2 weeks" is not a duration', "2m"),
    (TOP, SITE + 'hold = "2d" # here', "site.hold", '"2d" is out of bounds', "86400"),
    (KZ, SOURCE + "trust = 101 # here", "source[0].trust", "should be at most 100", "trust = 50"),
    (KZ, SOURCE + 'robots = "no" # here', "source[0].robots", "should be true or false, not text", ""),
    (KZ, SOURCE + 'publish = "all" # here', "source[0].publish", 'should be "excerpt" or "full", not "all"', ""),
    (KZ, SOURCE + 'feeds = [{ url = "https://a.example/", interval = 0 }] # here', "source[0].feeds[0].interval",
     "0 is out of bounds", ""),
    (KZ, SOURCE + 'feeds = [{ url = "https://a.example/", kind = "chanel" }] # here', "source[0].feeds[0].kind",
     'not "chanel"', "did you mean channel?"),
    (KZ, SOURCE + 'feeds = ["https://a.example/"] # here', "source[0].feeds[0]", "should be a table, not text", ""),
    (KZ, SOURCE + "[source.feeds] # here\nurl = 'https://a.example/'", "source[0].feeds", "should be a list, not a table", ""),
    (KZ, "[source] # here\nid = 'a'", "source", "should be a list, not a table", ""),
    (RAIL, "terms = 3 # here\ntitle.en = 'R'", "terms", "should be a table, not 3", ""),
    (RAIL, 'title = "Rail" # here\n[terms.en]\nstrong = ["x"]', "title", "should be a table, not text",
     'title = { en = "Middle Corridor" }'),
    (RAIL, TOPIC + 'weak = [\n"a",\n["b"], # here\n]', "terms.en.weak[1]", "should be text, not a list", ""),
    (RAIL, TOPIC + 'weak = [" "] # here', "terms.en.weak[0]", "should not be empty", ""),
    (RAIL, "min_score = 0 # here\n" + TOPIC, "min_score", "should be more than 0", ""),
    (LISTS, "[region]\nen = ['x']\nru = [5] # here", "region.ru[0]", "should be text", ""),
    (LISTS, "[region]\nen = ['x']\n[sport] # here\ncountries = 'KZ' # here", "sport.countries", "should be a list", ""),
    # ---- values
    (TOP, SITE.replace('"https://t.example"', '"ftp://t.example" # here'), "site.base_url", "is not an http or https", ""),
    (TOP, SITE.replace('"https://t.example"', '"t.example" # here'), "site.base_url", "", "write https://t.example"),
    (TOP, SITE.replace('"https://t.example"', '"https://t.example/?x" # here'), "site.base_url", "query or fragment", ""),
    (TOP, SITE.replace('["en"]', '[\n"en",\n"english", # here\n]'), "site.languages[1]", "is not a language code", "kk"),
    (TOP, SITE.replace('["en"]', '["RU"] # here'), "site.languages[0]", "usual case", "write ru"),
    (TOP, SITE.replace('["en"]', '["kk-latn"] # here'), "site.languages[0]", "usual case", "write kk-Latn"),
    (TOP, SITE + 'authority = "News Site" # here', "site.authority", "is not a domain", "news.example.org"),
    (TOP, SITE + '[fetch]\nallow = [\n["127.0.0.0/8", 0],\n["127.0.0.1/8", 0], # here\n]', "fetch.allow[1]",
     '"127.0.0.1/8" is not a network', "write 127.0.0.0/8"),
    (TOP, SITE + '[fetch]\nallow = [["localhost", 0]] # here', "fetch.allow[0]", "is not a network", "127.0.0.0/8"),
    (TOP, SITE + '[fetch]\nallow = [["::1", 65536]] # here', "fetch.allow[0]", "65536 is not a port", "0 for any"),
    (TOP, SITE + '[fetch]\nallow = ["127.0.0.1"] # here', "fetch.allow[0]", "should be a network and a port", ""),
    (TOP, SITE + '[fetch]\ncontact = "me" # here', "fetch.contact", "is not an http or https address", ""),
    (TOP, SITE + '[fetch]\ncontact = "mailto:a@b\\r\\nX: y" # here', "fetch.contact", "control character (U+000D)", ""),
    (TOP, SITE + '[fetch]\nproxy = "socks5://p" # here', "fetch.proxy", "is not the address of an http or https proxy", ""),
    (KZ, SOURCE.replace('"alpha"', '"Alpha News" # here'), "source[0].id", "is not an id", "write alpha-news"),
    (KZ, SOURCE.replace('"alpha"', '"-x" # here'), "source[0].id", "is not an id", "write x"),
    (KZ, SOURCE.replace('"https://alpha.example/"', '"https://u:p@a.example/" # here'), "source[0].url", "name or password",
     "Authorization"),
    (KZ, SOURCE.replace('"https://alpha.example/"', '"https://a example/" # here'), "source[0].url", "white space", "%20"),
    (KZ, SOURCE.replace('"https://alpha.example/"', '"https://a.example:99999/" # here'), "source[0].url", "not an address", ""),
    (KZ, SOURCE.replace('"https://alpha.example/"', '"https://[::1/" # here'), "source[0].url", "is not an address", ""),
    (KZ, SOURCE + 'country = "kz" # here', "source[0].country", "is not a country code", "write KZ"),
    (KZ, SOURCE + 'country = "UK" # here', "source[0].country", "is not a country code", "write GB"),
    (KZ, SOURCE + 'country = "Kazakhstan" # here', "source[0].country", "is not a country code", "two capital letters"),
    (KZ, SOURCE + 'language = "ru_RU" # here', "source[0].language", "is not a language code", "for example ru"),
    (KZ, SOURCE + 'timezone = "Almaty" # here', "source[0].timezone", "is not a known time zone", "mean Asia/Almaty?"),
    (KZ, SOURCE + 'timezone = "Asia" # here', "source[0].timezone", "is not a known time zone", ""),
    (KZ, SOURCE + 'timezone = "../../etc/passwd" # here', "source[0].timezone", "is not a known time zone", "Asia/Almaty"),
    (KZ, SOURCE + 'timezone = "+05:00" # here', "source[0].timezone", "is not a known time zone", "Asia/Almaty"),
    (KZ, SOURCE + 'user_agent = "a\\nb" # here', "source[0].user_agent", "control character (U+000A)", "in one line"),
    (KZ, SOURCE + 'user_agent = "агент" # here', "source[0].user_agent", "should be plain ASCII", ""),
    (KZ, SOURCE + 'headers = { "X Y" = "1" } # here', 'source[0].headers."X Y"', "is not the name of a header", ""),
    (KZ, SOURCE + 'headers = { Host = "x" } # here', "source[0].headers.Host", "is set by the fetcher", "from the url"),
    (KZ, SOURCE + 'headers = { user-agent = "x" } # here', "source[0].headers.user-agent", "", "use the key user_agent"),
    (KZ, SOURCE + 'headers = { TE = "x" } # here', "source[0].headers.TE", "is set by the fetcher itself", "remove it"),
    (KZ, SOURCE + 'formerly = ["a", "B"] # here', "source[0].formerly[1]", "is not an id", "write b"),
    (RAIL, '[title]\nen = "Rail"\nEN = "x" # here\n[terms.en]\nstrong = ["x"]', "title.EN", "usual case", "write en"),
    (RAIL, TOPIC + '[scope]\ncountries = ["XYZ"] # here', "scope.countries[0]", "is not a country code", ""),
    (LISTS, '[region]\nen = ["x"]\n["my list"] # here\nen = ["x"]', '"my list"', "is not the name of a list", ""),
    (LISTS, '[region]\nenglish = ["x"] # here', "region.english", "is not a language code", ""),
    # ---- between keys and files
    (KZ, SOURCE + SOURCE.replace('"alpha"', '"alpha" # here'), "source[1].id", "used twice: here and at ", "change one"),
    (KZ, SOURCE + 'formerly = [\n  "old",\n  "alpha", # here\n]', "source[0].formerly[1]", "is still in use at ", "remove it"),
    (KZ, SOURCE + 'feeds = [\n{ url = "https://a.example/" },\n{ url = "https://a.example/" }, # here\n]',
     "source[0].feeds[1].url", "has this address already, at line 6", "remove one"),
    (KZ, SOURCE + 'feeds = [{ url = "https://a.example/", kind = "page" }] # here', "source[0].feeds[0].selectors",
     'is required for kind = "page"', "selectors = { item ="),
    (KZ, SOURCE + 'feeds = [{ url = "https://a.example/", kind = "page", selectors = { link = "a" } }] # here',
     "source[0].feeds[0].selectors.item", 'is required for kind = "page"', 'item = "article"'),
    (KZ, SOURCE + "[[source.feeds]]\nurl = 'https://a.example/'\nkind = 'page'\n[source.feeds.selectors]\nitem = 'li'\n"
     "lnik = 'a' # here", "source[0].feeds[0].selectors.lnik", "unknown key", "did you mean link?"),
    (KZ, SOURCE + '[source.headers]\nAuthorization = "Bearer $TOKEN" # here', "source[0].headers.Authorization",
     "the environment variable TOKEN is not set", "export TOKEN"),
    (KZ, SOURCE + 'headers = { X-Key = "${A-B}" } # here', "source[0].headers.X-Key", "names no environment variable", "$$"),
    (TOP, SITE + '[fetch]\nproxy = "http://u:${PW}@p.example" # here', "fetch.proxy", "variable PW is not set", "export PW"),
    (RAIL, 'require_any = [\n"@regoin", # here\n]\n' + TOPIC, "require_any[0]", "there is no list @regoin", "mean region?"),
    (RAIL, TOPIC + 'medium = ["x",\n"summit @nowhere", # here\n]', "terms.en.medium[1]", "no list @nowhere", "add [nowhere]"),
    (RAIL, TOPIC + '[none]\nen = ["@sport"] # here', "none.en[0]", "there is no list @sport", "topics/_lists.toml"),
    (RAIL, 'formerly = ["all"] # here\n' + TOPIC, "formerly[0]", "the topic id all is reserved", "remove it"),
    (RAIL, 'formerly = ["rail"] # here\n' + TOPIC, "formerly[0]", "is still in use at ", "rename that topic"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "key", "message", "mend"), CASES, ids=[f"{c[2]}:{c[3][:24]}" for c in CASES])
def test_a_fault_names_file_line_key_and_mend(
    write_config, file: str, text: str, key: str, message: str, mend: str
) -> None:
    directory = write_config({file: text})
    here = [number for number, line in enumerate(text.split("\n"), 1) if "# here" in line]
    found = [fault for fault in faults_of(directory) if fault.key == key]
    assert len(found) == 1, faults_of(directory)
    assert (found[0].file, found[0].line) == (str(directory / file), here[-1])
    assert message in found[0].message
    assert mend in found[0].mend


SYNTAX = [
    (b"[site]\ntitle = \n", 2, "Invalid value at column 9", "in quotes"),
    (b"[site]\ntitle = 'x'\ntitle = 'y'\n", 3, "Cannot overwrite a value", "twice"),
    (b"[site]\n[site]\n", 2, "Cannot declare ('site',) twice at column 6", "twice"),
    (b'[site]\ntitle = "abc\n', 2, "Illegal character '\\n' at column 13", "quotes"),
    (b'[site]\npath = "C:\\Users"\n', 2, "at column", "backslash"),
    (b'[site]\npath = "C:\\site"\n', 2, "at column", "backslash"),
    (b"[site\n", 1, "at column 6", "close the header"),
    (b"[site]\na = [1,\n2\n\n", 3, "at the end of the file", "close it with ]"),
    (b"a = {x = 1\n}\n", 1, "Unclosed inline table", "on its line"),
    (b"a = 1 b = 2\n", 1, "at column 7", "one key on a line"),
    (b"my key = 1\n", 1, "at column 4", 'key = "value"'),
    (b"a = " + b"[" * 5000, 1, "nested too deeply", ""),
    (b"a = " + b"9" * 5000, 1, "", ""),
    (b"a = 1979-02-30\n", 1, "Invalid date", ""),
]


@pytest.mark.parametrize(("content", "line", "message", "mend"), SYNTAX)
def test_a_syntax_error_names_line_column_and_mend(
    write_config, content: bytes, line: int, message: str, mend: str
) -> None:
    directory = write_config({TOP: content})
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line, fault.key) == (str(directory / TOP), line, "syntax")
    assert message in fault.message
    assert mend in fault.mend


def test_bytes_that_are_not_utf8_are_named_by_line_and_column(write_config) -> None:
    directory = write_config({RAIL: "title = {}\n# тема\nx = 'Каз".encode() + "ах".encode("cp1251")})
    (fault,) = faults_of(directory)
    assert fault == Fault(
        str(directory / RAIL), 3, "encoding", "is not UTF-8: byte 0xe0 at column 9", "save the file as UTF-8"
    )


def test_utf16_is_named_as_an_encoding_fault(write_config) -> None:
    (fault,) = faults_of(write_config({RAIL: TOPIC.encode("utf-16")}))
    assert (fault.line, fault.key) == (1, "encoding")


def test_a_byte_order_mark_is_no_fault(write_config) -> None:
    load(write_config({RAIL: b"\xef\xbb\xbf" + TOPIC.encode()}), environ={})


def test_a_missing_directory_is_one_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "nowhere")
    assert (fault.file, fault.key) == (str(tmp_path / "nowhere"), "directory")
    assert "--config" in fault.mend


def test_a_file_in_place_of_the_directory_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    (fault,) = faults_of(tmp_path / "config")
    assert "not a directory" in fault.message


def test_a_missing_main_file_is_named_beside_the_faults_of_others(write_config) -> None:
    directory = write_config({TOP: None, RAIL: "title = 3"})
    faults = faults_of(directory)
    assert {(Path(fault.file).name, fault.key) for fault in faults} == {
        (TOP, "file"), ("rail.toml", "title"), ("rail.toml", "terms"),
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_named_with_the_reason(write_config) -> None:
    directory = write_config()
    (directory / "sources" / "folder.toml").mkdir()
    (directory / "topics" / "dangling.toml").symlink_to("nowhere")
    folder, link = faults_of(directory)
    assert "is a directory" in folder.message
    assert "no such file" in link.message


def test_a_folder_that_is_a_file_is_named(write_config) -> None:
    directory = write_config({KZ: None})
    (directory / "sources").rmdir()
    (directory / "sources").write_text("")
    (fault,) = faults_of(directory)
    assert (fault.file, fault.key) == (str(directory / "sources"), "directory")


def test_files_are_named_as_the_operator_typed_the_directory(write_config, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_config({RAIL: "title = 3\n" + TOPIC.partition("\n")[2]})
    monkeypatch.chdir(directory.parent)
    assert [fault.file for fault in faults_of(Path("config"))] == ["config/topics/rail.toml"]
    assert [fault.file for fault in faults_of(Path("../" + directory.parent.name + "/config"))] == [
        f"../{directory.parent.name}/config/topics/rail.toml"
    ]


def test_an_id_used_in_two_files_names_both_places(write_config) -> None:
    directory = write_config({"sources/again.toml": "\n\n" + SOURCE})
    (fault,) = faults_of(directory)
    again, first = directory / "sources/again.toml", directory / KZ
    assert (fault.file, fault.line) == (str(first), 3)
    assert f'"alpha" is used twice: here and at {again}:4' in fault.message


def test_an_id_used_three_times_is_two_faults(write_config) -> None:
    assert [fault.line for fault in faults_of(write_config({KZ: SOURCE * 3}))] == [6, 10]


def test_two_sources_cannot_follow_the_same_old_id(write_config) -> None:
    other = SOURCE.replace("alpha", "gamma")
    (fault,) = faults_of(write_config({KZ: f'{SOURCE}formerly = ["old"]\n{other}formerly = ["old"]\n'}))
    assert (fault.line, fault.key) == (10, "source[1].formerly[0]")


@pytest.mark.parametrize("name", ["all", "operations"])
def test_reserved_topic_ids_are_refused(write_config, name: str) -> None:
    directory = write_config({f"topics/{name}.toml": TOPIC})
    expected = Fault(
        str(directory / f"topics/{name}.toml"), 1, "id", f"the topic id {name} is reserved", "rename the file"
    )
    assert faults_of(directory) == (expected,)


@pytest.mark.parametrize(("name", "mend"), [("Middle Corridor", "write middle-corridor"), ("_list", "write list")])
def test_a_topics_file_name_is_its_id(write_config, name: str, mend: str) -> None:
    (fault,) = faults_of(write_config({f"topics/{name}.toml": TOPIC}))
    assert fault.key == "id"
    assert "is not an id" in fault.message
    assert mend in fault.mend


def test_a_topic_cannot_take_over_an_id_that_another_has_now(write_config) -> None:
    directory = write_config({"topics/other.toml": 'formerly = ["rail"]\n' + TOPIC})
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line) == (str(directory / "topics/other.toml"), 1)
    assert str(directory / RAIL) in fault.message


# ---------------------------------------------------------------- secrets

HEADER = SOURCE + '[source.headers]\nAuthorization = "Bearer ${TOKEN}"\nX-Price = "$$5"\n'


def test_secrets_come_from_the_environment(write_config) -> None:
    config = load(write_config({KZ: HEADER}), environ={"TOKEN": "s3cret"})
    assert config.sources[0].headers == {"Authorization": "Bearer s3cret", "X-Price": "$5"}


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "is not set"),
        ({"TOKEN": ""}, "is empty"),
        ({"TOKEN": "abc\nX-Evil: 1"}, "plain ASCII"),
        ({"TOKEN": "ключ"}, "ASCII"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_a_fault_that_does_not_show_it(
    write_config, environ: dict[str, str], message: str
) -> None:
    (fault,) = faults_of(write_config({KZ: HEADER}), environ)
    assert (fault.line, fault.key) == (6, "source[0].headers.Authorization")
    assert message in fault.message
    assert not any(secret and secret in str(fault) for secret in environ.values())


def test_a_header_with_a_wrong_value_is_not_repeated_in_the_fault(write_config) -> None:
    (fault,) = faults_of(write_config({KZ: SOURCE + 'headers = { X-Key = "пароль" }'}))
    assert "пароль" not in str(fault)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@a.example/",
        "ftp://user:hunter2@a.example/",
        "//user:hunter2@a.example",
        "http://u:hunter2@[::1/",
    ],
)
def test_credentials_in_an_address_are_not_repeated_in_the_fault(write_config, url: str) -> None:
    (fault,) = faults_of(write_config({KZ: SOURCE + f'feeds = [{{ url = "{url}" }}]'}))
    assert "hunter2" not in str(fault)


# ---------------------------------------------------------------- all at once


def test_ten_faults_in_five_files_are_reported_at_once(write_config) -> None:
    directory = write_config({
        TOP: SITE.replace('["en"]', '["english"]') + "[fetch]\nports = [0]\ntimeuot = 5\n",
        KZ: SOURCE + 'country = "kz"\nfeeds = [{ url = "alpha.example", kind = "page" }]\n',
        "sources/more.toml": SOURCE.replace("Alpha", "Copy"),
        RAIL: 'min_score = "5"\nrequire_any = ["@nowhere"]\n' + TOPIC,
        "topics/broken.toml": "title = \n",
    })  # fmt: skip
    assert [(fault.file.removeprefix(f"{directory}/"), fault.line, fault.key) for fault in faults_of(directory)] == [
        (TOP, 4, "site.languages[0]"),
        (TOP, 6, "fetch.ports[0]"),
        (TOP, 7, "fetch.timeuot"),
        (KZ, 5, "source[0].country"),
        (KZ, 6, "source[0].feeds[0].selectors"),
        (KZ, 6, "source[0].feeds[0].url"),
        ("sources/more.toml", 2, "source[0].id"),
        ("topics/broken.toml", 1, "syntax"),
        (RAIL, 1, "min_score"),
        (RAIL, 2, "require_any[0]"),
    ]


def test_the_error_reads_as_lines_for_an_operator(write_config) -> None:
    directory = write_config({KZ: SOURCE + 'country = "kz"\n'})
    with pytest.raises(ConfigError) as caught:
        load(directory, environ={})
    wanted = 'source[0].country: "kz" is not a country code of ISO 3166 (alpha-2) nor INT (write KZ)'
    assert str(caught.value) == f"{directory}/{KZ}:5: {wanted}"
