"""Single values: what is accepted, and as what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import values
from aggregator.config.environment import expand, names


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(0, 0), (90, 90), ("90s", 90), ("2m", 120), ("1h", 3600), ("1h30m", 5400), ("1h 30m", 5400), ("2d", 172_800)],
)
def test_durations_are_seconds(written: object, seconds: int) -> None:
    assert values.duration(written) == seconds


@pytest.mark.parametrize("written", ["", "2", "m", "30m1h", "-5m", "1.5h", "2 weeks", True, 1.5, None, ["2m"], "5M"])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(values.Wrong):
        values.duration(written)


@given(st.integers(0, 999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    assert (
        values.duration(f"{days}d{hours}h{minutes}m{seconds}s") == ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    )


@pytest.mark.parametrize(
    "code", ["ru", "kk", "und", "mul", "kk-Latn", "zh-Hant-TW", "es-419", "uz-Cyrl-UZ", "sl-rozaj"]
)
def test_language_codes_in_their_usual_case_are_kept(code: str) -> None:
    assert values.language(code) == code


@pytest.mark.parametrize("code", ["", "r", "russian", "ru_RU", "ru-", "ru RU", "12", "ру"])
def test_what_is_no_language_code_is_refused(code: str) -> None:
    with pytest.raises(values.Wrong):
        values.language(code)


@pytest.mark.parametrize("code", ["KZ", "AZ", "GB", "INT", "XK"])
def test_country_codes_that_are_assigned_and_that_of_kosovo_are_kept(code: str) -> None:
    assert values.country(code) == code


@pytest.mark.parametrize("code", ["", "K", "kz", "KA", "UK", "EU", "INTL", "KZ ", "КЗ", "ZZ", "AA", "QZ", "XX", "AN"])
def test_what_is_no_country_code_is_refused(code: str) -> None:
    with pytest.raises(values.Wrong):
        values.country(code)


def test_all_officially_assigned_countries_are_known() -> None:
    assert len(values.COUNTRIES) == 249


@pytest.mark.parametrize(
    "url",
    ["http://a", "https://a.example/x?y=@z#f", "https://[::1]:8080/", "http://127.0.0.1:8080/feed", "https://пример.рф/лента",
     "HTTPS://A.example/", "https://www.aa.com.tr/tr/rss/default?cat=ekonomi"],
)  # fmt: skip
def test_addresses_are_kept_as_written(url: str) -> None:
    assert values.url(url) == url


@pytest.mark.parametrize(
    "url",
    ["", "a.example", "/feed", "ftp://a.example", "file:///etc/passwd", "https://", "https:///x", "https://a.example:0/",
     "https://a.example:port/", "javascript:alert(1)", "https://a\tb.example", "https://a.example/\n"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(values.Wrong):
        values.url(url)


@pytest.mark.parametrize("name", ["astana-times", "24.kg", "a", "0", "a_b", "kz..az"])
def test_ids_are_kept(name: str) -> None:
    assert values.identifier(name) == name


@given(st.text(max_size=12))
def test_an_id_is_accepted_exactly_when_it_fits_the_documented_pattern(name: str) -> None:
    letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
    fits = bool(name) and name[0] in letters + digits and set(name) <= set(letters + digits + "._-")
    try:
        values.identifier(name)
    except values.Wrong:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize("zone", ["Asia/Almaty", "Asia/Baku", "Europe/Istanbul", "UTC", "Etc/GMT+5"])
def test_time_zones_of_the_database_are_known(zone: str) -> None:
    assert values.timezone(zone) == zone


@pytest.mark.parametrize("zone", ["", "Almaty", "Asia", "MSK", "/etc/localtime", "Asia/../Asia/Almaty", "Asia/\x00"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(values.Wrong):
        values.timezone(zone)


@pytest.mark.parametrize(
    ("written", "network"),
    [("127.0.0.0/8", "127.0.0.0/8"), ("10.1.2.3", "10.1.2.3/32"), ("::1", "::1/128"), ("fd00::/8", "fd00::/8")],
)
def test_networks_and_single_addresses_are_networks(written: str, network: str) -> None:
    assert values.exemption([written, 0]) == (network, 0)


@pytest.mark.parametrize("pair", [["10.0.0.0/8", True], ["10.0.0.0/8", -1], ["10.0.0.0/8"], [0, 0, 0], [5.5, 80], "x"])
def test_what_is_no_exemption_is_refused(pair: object) -> None:
    with pytest.raises(values.Wrong):
        values.exemption(pair)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("Bearer $A", "Bearer x"), ("${A}b", "xb"), ("$A$A", "xx"), ("$$A", "$A"), ("$$$A", "$x"), ("plain", "plain")],
)
def test_references_to_the_environment_are_expanded(text: str, expanded: str) -> None:
    assert expand(text, {"A": "x"}) == expanded


@pytest.mark.parametrize("text", ["$", "a $ b", "${", "${A", "$1", "${}", "$B", "$Ab"])
def test_references_that_lead_nowhere_are_refused(text: str) -> None:
    with pytest.raises(values.Wrong):
        expand(text, {"A": "x"})


def test_a_secrets_own_dollar_signs_are_left_alone() -> None:
    assert expand("$A", {"A": "p$A$$w"}) == "p$A$$w"


def test_the_names_a_text_refers_to_are_listed() -> None:
    assert names("$A ${B_2} $$C") == ["A", "B_2"]


def test_long_values_are_cut_in_messages() -> None:
    assert len(values.quoted("x" * 500)) < 70
