"""URLs: the link to publish, and the key to compare by.

`clean` changes only what cannot change where a link leads (RFC 3986, section 6; the WHATWG URL standard where browsers
are laxer), and drops what serves tracking. `key` goes further and is never shown or fetched.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import urljoin

LONGEST = 8192
"""Characters of a URL; no server answers a longer one."""
LONGEST_KEY = 500

_TRACKERS = """
    fbclid gclid gclsrc dclid gbraid wbraid srsltid yclid ysclid _openstat openstat etext erid msclkid twclid ttclid
    li_fat_id igshid igsh mc_cid mc_eid _ga _gl _hsenc _hsmi __hstc __hssc __hsfp hsctatracking mkt_tok vero_id
    vero_conv oly_anon_id oly_enc_id wickedid rb_clickid s_cid ncid cmpid xtor wt_mc wt.mc_id guccounter guce_referrer
    guce_referrer_sig _branch_match_id __twitter_impression fb_action_ids fb_action_types fb_source fb_ref
    phpsessid jsessionid traffic_source frommail rss_source
"""
_TRACKER_NAMES = frozenset(_TRACKERS.split())
_FAMILIES = "utm_ pk_ mtm_ matomo_ piwik_ hsa_ at_custom ns_mchannel ns_campaign ns_source"
_TRACKER_FAMILIES = tuple(_FAMILIES.split())

_PATH = r"(?:[A-Za-z0-9/_~+,=@:!$&'()*.-]++|%[0-9A-Fa-f]{2})*+"
_tidy = re.compile(rf"https?://[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+/{_PATH}").fullmatch
_parts = re.compile(r"(https?):[/\\]{2,}([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.I | re.S).fullmatch
_host = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*").fullmatch
_ipv6 = re.compile(r"\[[0-9a-f:.]+\]").fullmatch
_session = re.compile(r";jsessionid=[^/;]*", re.I)
_bare_percent = re.compile(r"%(?![0-9A-Fa-f]{2})")
_illegal_in_path = re.compile(r"[^A-Za-z0-9/_~+,=@:!$&'()*.;%-]")
_illegal_in_query = re.compile(r"[^A-Za-z0-9/_~+,=@:!$&'()*.;%?-]")
_escape = re.compile(r"%([0-9A-Fa-f]{2})")
_escaped_twice = re.compile(r"&(?:amp;)+")
_unprintable = re.compile(r"[\t\r\n]")
_edges = "".join(map(chr, range(0x21)))
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": "80", "https": "443"}


def clean(url: str, *, fragment: bool = False) -> str | None:
    """The link to publish, or None when `url` is not an absolute http(s) URL.

    Lower-case scheme and host (IDNA), no credentials, default port, dot segments, session or tracking parameters;
    illegal characters percent-encoded. The fragment goes unless asked for: it leads to the same document.
    """
    if len(url) > LONGEST:
        return None
    if _tidy(url) and "/." not in url:
        return url
    return _cleaned(url, fragment)


@lru_cache(maxsize=512)
def _cleaned(url: str, fragment: bool) -> str | None:
    """Remembered, for identity, digest, key and link of an entry ask for the same."""
    parts = _parts(_unprintable.sub("", url.strip(_edges)))
    if parts is None:
        return None
    scheme = parts[1].lower()
    authority = _authority(parts[2], _PORTS[scheme])
    if authority is None:
        return None
    query = _query(parts[4] or "")
    kept = parts[5] if fragment else None
    return (
        f"{scheme}://{authority}{_path(parts[3])}"
        + (f"?{query}" if query else "")
        + (f"#{_quote(kept, _illegal_in_query)}" if kept else "")
    )


def absolute(url: str, base: str, *, fragment: bool = False) -> str | None:
    """`url`, resolved against `base` when it is relative (RFC 3986, section 5), and cleaned; an empty one is none."""
    if len(url) <= LONGEST and _tidy(url) and "/." not in url:
        return url
    written = url.strip(_edges)
    if written.startswith(("https://", "http://")):
        return clean(written, fragment=fragment)
    try:
        return clean(urljoin(base, written), fragment=fragment) if written else None
    except ValueError:
        return None


def key(url: str) -> str:
    """What equal pages have in common: no scheme, no www., sorted query, no trailing slash, one percent-encoding.

    At most LONGEST_KEY characters, the end of a longer one hashed.
    """
    cleaned = clean(url)
    return _bounded(url.strip() if cleaned is None else _key(cleaned))


def _key(cleaned: str) -> str:
    rest = cleaned.partition("://")[2].removeprefix("www.")
    path, _, query = rest.partition("?")
    path = path.rstrip("/")
    if query:
        path = f"{path}?{'&'.join(sorted(query.split('&')))}"
    return _escape.sub(_one_encoding, path) if "%" in path else path


def _bounded(found: str) -> str:
    """A key that fits into any database's index."""
    if len(found) <= LONGEST_KEY:
        return found
    return (
        f"{found[: LONGEST_KEY - 33]}#{hashlib.blake2b(found.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
    )


@lru_cache(maxsize=1024)
def _authority(written: str, default_port: str) -> str | None:
    """Host and port as they are to be written; None when there is no such host. Credentials are dropped."""
    written_name, port = _host_and_port(written.rpartition("@")[2])
    name = _ascii_host(written_name.lower().rstrip("."))
    if name is None or (port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536)):
        return None
    port = port.lstrip("0")
    return name if port in ("", default_port) else f"{name}:{port}"


def _host_and_port(written: str) -> tuple[str, str]:
    if written.startswith("["):
        name, bracket, rest = written.partition("]")
        return name + bracket, rest.removeprefix(":")
    name, _, port = written.partition(":")
    return name, port


def _ascii_host(name: str) -> str | None:
    if name.startswith("["):
        return name if _ipv6(name) else None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return name if _host(name) and len(name) < 254 else None


def _path(written: str) -> str:
    path = written.replace("\\", "/") or "/"
    if ";" in path:
        path = _session.sub("", path)
    path = _quote(path, _illegal_in_path)
    return _without_dots(path) if "/." in path else path


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(written: str) -> str:
    if not written:
        return ""
    parameters = _escaped_twice.sub("&", written).split("&")
    return _quote("&".join(part for part in parameters if part and not _tracks(part)), _illegal_in_query)


def _tracks(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _TRACKER_NAMES or name.startswith(_TRACKER_FAMILIES)


def _quote(part: str, illegal: re.Pattern[str]) -> str:
    if illegal.search(part):
        part = illegal.sub(_encoded, part)
    return _bare_percent.sub("%25", part) if "%" in part else part


def _encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _one_encoding(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
