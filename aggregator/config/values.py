"""Single values an operator writes: what is right, and what to write instead.

Each function takes a value as TOML gives it and returns the effective one, or raises Wrong.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from urllib.parse import urlsplit

from aggregator.config.keys import toml_value

_ASSIGNED = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ASSIGNED.split())
"""ISO 3166-1 alpha-2, officially assigned: the 249 codes of the ISO 3166 Maintenance Agency (Online Browsing Platform)."""

UNOFFICIAL = frozenset({"XK"})
"""Kosovo: from the codes left to users (AA, QM to QZ, XA to XZ, ZZ), the one that the European Union and CLDR use."""

INTERNATIONAL = "INT"
RESERVED_TOPICS = frozenset({"all", "operations"})

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LANGUAGE = re.compile(r"([a-z]{2,3})((?:-[a-z]{4})?)((?:-(?:[a-z]{2}|[0-9]{3}))?)((?:-[a-z0-9]{5,8})*)", re.IGNORECASE)
_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?")
_AUTHORITY = re.compile(r"(?:[a-z0-9._+-]+@)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_OURS = {
    "user-agent": "use the key user_agent",
    "host": "it follows from the url",
    "if-none-match": "validators are sent by themselves",
    "if-modified-since": "validators are sent by themselves",
    "accept-encoding": "it is set to what can be decoded",
    "a-im": "it is sent by itself",
}
_SOURCE_KEYS = frozenset(
    {"id", "name", "url", "country", "language", "feeds", "trust", "timezone", "user_agent"}
    | {"publish", "robots", "headers", "formerly"}
)
_CONNECTION = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "range"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)


class Wrong(ValueError):
    """A value that cannot stand: what is wrong with it, and how to mend it."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend


def quoted(value: object) -> str:
    """A value as part of a message, cut to a readable length."""
    text = str(value)
    return f'"{text[:60]}…"' if len(text) > 61 else f'"{text}"'


def shown(value: object) -> str:
    """A value that should have been of another type, as TOML writes it."""
    return quoted(value) if isinstance(value, str) else toml_value(value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word closest to `word`, as a question for the operator; empty when none is close."""
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def identifier(value: str) -> str:
    """An id of a source or topic: part of addresses and file names, so lower case and never changing."""
    if _ID.fullmatch(value):
        return value
    suggestion = re.sub(r"[^a-z0-9._-]+", "-", value.lower()).strip("-._")
    mend = f"write {suggestion}" if _ID.fullmatch(suggestion) else "for example astana-times"
    raise Wrong(f"{quoted(value)} is not an id: lower-case letters, digits, and . _ - after the first", mend)


def list_name(value: str) -> str:
    """The name of a shared list, as terms write it behind @."""
    if not re.fullmatch(r"[\w-]+", value):
        raise Wrong(f"{quoted(value)} is not the name of a list: letters, digits, - and _", "for example region")
    return value


def not_blank(value: str) -> str:
    """A text that says something and fits on one line."""
    if not value.strip():
        raise Wrong("should not be empty")
    return one_line(value)


def one_line(value: str) -> str:
    """A text without control characters (a line break in a header would start another header)."""
    if found := _CONTROL.search(value):
        raise Wrong(f"holds a control character (U+{ord(found.group()):04X})", "write it in one line")
    return value


def country(value: str) -> str:
    """ISO 3166-1 alpha-2, or INT for a publisher that belongs to no single country."""
    if value in COUNTRIES | UNOFFICIAL or value == INTERNATIONAL:
        return value
    upper = {"UK": "GB", "EN": "GB"}.get(value.upper(), value.upper())
    known = upper in COUNTRIES or upper == INTERNATIONAL
    mend = f"write {upper}" if known else "two capital letters, such as KZ, or INT for an international publisher"
    raise Wrong(f"{quoted(value)} is not a country code of ISO 3166 (alpha-2) nor INT", mend)


def language(value: str) -> str:
    """A language tag (BCP 47: language, script, region, variants), in its canonical case."""
    found = _LANGUAGE.fullmatch(value)
    if not found:
        raise Wrong(f"{quoted(value)} is not a language code", "for example ru, kk, kk-Latn")
    primary, script, region, variants = found.groups()
    proper = primary.lower() + script.title() + region.upper() + variants.lower()
    if value != proper:
        raise Wrong(f"{quoted(value)} is not a language code in its usual case", f"write {proper}")
    return value


def timezone(value: str) -> str:
    """A name of the IANA time zone database that this machine knows."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # a malformed name, a directory of the database, an unknown name
        mend = did_you_mean_zone(value, available_timezones()) or "for example Asia/Almaty"
        raise Wrong(f"{quoted(value)} is not a known time zone", mend) from None
    return value


def did_you_mean_zone(value: str, zones: Iterable[str]) -> str:
    """Zones are compared by their city too, because that is the part people remember."""
    by_word = {word.lower(): zone for zone in sorted(zones) for word in (zone, zone.rpartition("/")[2])}
    close = difflib.get_close_matches(value.lower().replace(" ", "_"), sorted(by_word), n=1, cutoff=0.7)
    return f"did you mean {by_word[close[0]]}?" if close else ""


def url(value: str) -> str:
    """An absolute http or https address without credentials in it; those are never repeated in a message."""
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise Wrong("holds white space or a control character", "write %20 for a space")
    if re.match(r"[^/?#]*//[^/?#]*@", value):
        raise Wrong("holds a name or password", 'use headers = { Authorization = "Basic $NAME" }')
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise Wrong(f"{quoted(value)} is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Wrong(f"{quoted(value)} is not an http or https address", _address_mend(value, parts.scheme))
    return value


def _address_mend(value: str, scheme: str) -> str:
    bare_host = not scheme and re.match(r"[\w-]+(\.[\w-]+)+(/|$)", value)
    return f"write https://{value}" if bare_host else "for example https://example.org/feed"


def base_url(value: str) -> str:
    """The site's own address, without the slash at its end."""
    if any(mark in url(value) for mark in "?#"):
        raise Wrong("should not hold a query or fragment", "end it with the host or a folder")
    return value.rstrip("/")


def contact(value: str) -> str:
    """Where publishers read about our fetcher: a page, or mailto:; empty for none."""
    if value.startswith("mailto:") and "@" in one_line(value):
        return value
    return url(value) if value else value


def proxy(value: str) -> str:
    """An http or https proxy; credentials may stand in it, best as $NAME."""
    parts = urlsplit(one_line(value))
    if parts.scheme not in ("http", "https") or not parts.netloc.rpartition("@")[2]:
        raise Wrong("is not the address of an http or https proxy", "for example http://proxy.example:3128")
    return value


def authority(value: str) -> str:
    """A domain or e-mail address of ours, as tag: ids name it (RFC 4151)."""
    if not _AUTHORITY.fullmatch(value):
        raise Wrong(f"{quoted(value)} is not a domain in lower case", "for example news.example.org")
    return value


def duration(value: object) -> int:
    """Seconds, written as an integer or as `90s`, `2m`, `1h`, `1h30m`, `2d`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _DURATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        raise Wrong(f"{shown(value)} is not a duration", "seconds, or for example 90s, 2m, 1h")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def network(value: object) -> str:
    """An IPv4 or IPv6 network, or a single address."""
    try:
        return str(ip_network(str(value)))
    except ValueError:
        raise Wrong(f"{quoted(value)} is not a network", _network_mend(str(value))) from None


def _network_mend(value: str) -> str:
    try:
        return f"write {ip_network(value, strict=False)}"
    except ValueError:
        return "for example 127.0.0.0/8"


def exemption(value: object) -> tuple[str, int]:
    """An exemption from the guard of addresses: `[network, port]`, port 0 for any."""
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong("should be a network and a port", 'for example ["127.0.0.0/8", 8080], port 0 for any')
    where, port = value
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise Wrong(f"{shown(port)} is not a port", "0 for any, else 1 to 65535")
    return network(where), port


def header_name(value: str) -> str:
    """A header that an operator may set; those that the fetcher sets itself are refused."""
    lower = value.lower()
    if not _TOKEN.fullmatch(value):
        raise Wrong(f"{quoted(value)} is not the name of a header")
    if lower in _SOURCE_KEYS:
        raise Wrong(f"{value} is a key of the source, not a header", "write it above the headers")
    if lower in _OURS or lower in _CONNECTION:
        raise Wrong(f"{value} is set by the fetcher itself", _OURS.get(lower, "remove it"))
    return value


def header_text(value: str) -> str:
    """What may stand in a request header we send: one line of visible ASCII."""
    if not value.strip() or not one_line(value).isascii():
        raise Wrong("should be plain ASCII text, not empty")
    return value


def duration_between(least: int, most: int) -> Callable[[object], int]:
    """A check of durations within bounds, both in seconds."""

    def check(value: object) -> int:
        seconds = duration(value)
        if not least <= seconds <= most:
            raise Wrong(f"{shown(value)} is out of bounds", f"from {least} seconds to {most}")
        return seconds

    return check


def timeout(value: object) -> float:
    """Seconds above zero, up to an hour, as a number or a duration."""
    seconds = value if isinstance(value, float) else duration(value)
    if not 0 < seconds <= 3600:
        raise Wrong(f"{shown(value)} is out of bounds", "more than 0 seconds, up to 3600")
    return float(seconds)
