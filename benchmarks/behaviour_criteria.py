"""How a feed reader should behave, criterion by criterion: a publisher that tries it, and a judgement of what was seen.

After the criteria that publishers ask readers to keep (conditional requests with exactly what was given, patience,
honest identification) and the RFCs behind them. A judgement is 0 (no), 1 (yes) or between, with what was counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.behaviour_server import DAY, HOUR, Answer, Seen, Site, feed, http_date

ETAG, ODD_DATE = 'W/"a b:%41"', "Sun, 22 Nov 2026 9:05:00 +0000"
SLACK = 60
"""Seconds by which a request may come early: clocks of reader and server differ a little."""


@dataclass(frozen=True)
class Verdict:
    """`score` 0…1, or None where the criterion does not apply; `counted` says what it rests on."""

    score: float | None
    counted: str


Judge = Callable[[list[Seen]], Verdict]


@dataclass(frozen=True)
class Criterion:
    """What is expected, the publisher that tries it, and how its requests are judged."""

    name: str
    site: str
    judge: Judge


# ---------------------------------------------------------------- publishers


def conditional(etag: str | None = None, modified: str | None = None, head: str = "", **fields: str) -> Site:
    """Nothing new, ever; 304 to any of its validators."""

    def answer(seen: Seen) -> Answer:
        given = {"ETag": etag, "Last-Modified": modified}
        mine = {name: value for name, value in given.items() if value} | {
            name.replace("_", "-"): value for name, value in fields.items()
        }
        asked = seen.fields.get("if-none-match"), seen.fields.get("if-modified-since")
        known = (etag is not None and asked[0] == etag) or (modified is not None and asked[1] == modified)
        return Answer(304, mine) if known else Answer(200, mine, feed(seen.watcher.host(seen.site), 20, head))

    return answer


def refusing(status: int, **fields: str) -> Site:
    return lambda _: Answer(status, {k.replace("_", "-"): v for k, v in fields.items()}, b"no")


def first_refusing(status: int, header: Callable[[float], str | None]) -> Site:
    """Refuses once, then is well."""
    well = conditional('"1"')

    def answer(seen: Seen) -> Answer:
        if seen.number > 0:
            return well(seen)
        value = header(seen.at)
        return Answer(status, {"Retry-After": value} if value else {}, b"no")

    return answer


def expiring(seen: Seen) -> Answer:
    fields = {"Date": http_date(seen.at), "Expires": http_date(seen.at + 6 * HOUR)}
    return Answer(200, fields, feed(seen.watcher.host(seen.site), 20))


def lively(seen: Seen) -> Answer:
    """A new entry every hour and a new ETag with it."""
    hours = int(seen.at // HOUR)
    etag = f'"{hours}"'
    if seen.fields.get("if-none-match") == etag:
        return Answer(304, {"ETag": etag})
    return Answer(200, {"ETag": etag}, feed(seen.watcher.host(seen.site), 20 + hours % 100_000))


def redirecting(status: int) -> Site:
    def answer(seen: Seen) -> Answer:
        if seen.path == "/feed":
            return Answer(status, {"Location": "/new"})
        return conditional('"1"', Cache_Control=f"max-age={3 * HOUR}")(seen)

    return answer


def looping(seen: Seen) -> Answer:
    return Answer(302, {"Location": "/a" if seen.path != "/a" else "/b"})


def cookies(seen: Seen) -> Answer:
    return Answer(200, {"Set-Cookie": "id=1; Path=/", "ETag": '"x"'}, feed(seen.watcher.host(seen.site), 20))


def secret(seen: Seen) -> Answer:
    return Answer(302, {"Location": seen.watcher.url("elsewhere")})


def dripping(seen: Seen) -> Answer:
    if seen.number == 0:
        return Answer(200, {}, b"<" * 1000, drip=45)
    return conditional('"1"', Cache_Control=f"max-age={DAY}")(seen)


def many(seen: Seen) -> Answer:
    return conditional('"1"', Cache_Control=f"max-age={12 * HOUR}")(seen)


def crowded(seen: Seen) -> Answer:
    if seen.path == "/feed":
        return Answer(429, {"Retry-After": str(8 * HOUR)}, b"no")
    return conditional('"1"')(seen)


SITES: dict[str, Site] = {
    "etag": conditional(ETAG),
    "modified": conditional(modified=ODD_DATE),
    "both": conditional('"b"', ODD_DATE),
    "none": conditional(),
    "lively": lively,
    "max-age": conditional('"1"', Cache_Control=f"public, max-age={6 * HOUR}"),
    "expires": expiring,
    "ttl": conditional('"1"', head="<ttl>240</ttl>"),
    "sy": conditional('"1"', head="<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"),
    "skip": conditional('"1"', head="<skipHours>" + "".join(f"<hour>{h}</hour>" for h in range(12)) + "</skipHours>"),
    "429": first_refusing(429, lambda _: str(10 * HOUR)),
    "503": first_refusing(503, lambda now: http_date(now + 10 * HOUR)),
    "429 bare": first_refusing(429, lambda _: None),
    "crowded": crowded,
    "410": refusing(410),
    "404": refusing(404),
    "500": refusing(500),
    "301": redirecting(301),
    "308": redirecting(308),
    "302": redirecting(302),
    "loop": looping,
    "cookies": cookies,
    "secret": secret,
    "elsewhere": conditional('"1"'),
    "drip": dripping,
    "many": many,
}
MORE = {"many": ("/feed", "/feed2", "/feed3"), "crowded": ("/feed", "/feed2")}
"""Sites with several feeds."""
NOT_SUBSCRIBED = ("elsewhere",)


# ---------------------------------------------------------------- judgements


def share(part: int, whole: int, what: str) -> Verdict:
    return Verdict(part / whole if whole else 0.0, f"{part} of {whole} {what}")


def verbatim(*pairs: tuple[str, str]) -> Judge:
    """All requests but the first carry exactly these fields."""

    def judge(seen: list[Seen]) -> Verdict:
        later = seen[1:]
        right = [one for one in later if all(one.fields.get(name) == value for name, value in pairs)]
        return share(len(right), len(later), "later requests")

    return judge


def never(*names: str) -> Judge:
    def judge(seen: list[Seen]) -> Verdict:
        bad = [one for one in seen if any(name in one.fields for name in names)]
        return Verdict(float(not bad), f"{len(bad)} of {len(seen)} requests")

    return judge


def apart(seconds: float) -> Judge:
    """No two requests come closer than this."""

    def judge(seen: list[Seen]) -> Verdict:
        early = [1 for one, other in pairwise(seen) if other.at - one.at < seconds - SLACK]
        return Verdict(float(not early and len(seen) > 1), f"{len(early)} of {len(seen) - 1} too early")

    return judge


def at_most(number: int) -> Judge:
    return lambda seen: Verdict(float(0 < len(seen) <= number), f"{len(seen)} requests in three days")


def first_wait(hours: float) -> Judge:
    def judge(seen: list[Seen]) -> Verdict:
        if len(seen) < 2:
            return Verdict(0.0, "never came back")
        wait = (seen[1].at - seen[0].at) / HOUR
        return Verdict(float(wait >= hours - SLACK / HOUR), f"came back after {wait:.1f} h")

    return judge


def outside_hours(seen: list[Seen]) -> Verdict:
    bad = [one for one in seen[1:] if one.at // HOUR % 24 < 12]
    return Verdict(float(not bad), f"{len(bad)} of {len(seen) - 1} requests in skipped hours")


def fresh_validators(seen: list[Seen]) -> Verdict:
    last, right, whole = None, 0, 0
    for one in seen:
        if last is not None:
            whole += 1
            right += one.fields.get("if-none-match") == last
        last = f'"{int(one.at // HOUR)}"'
    return share(right, whole, "requests with the latest ETag")


def adopted(seen: list[Seen]) -> Verdict:
    final = [one for one in seen if one.at >= seen[0].at + 66 * HOUR] if seen else []
    old = [one for one in final if one.path == "/feed"]
    return Verdict(
        float(bool(final) and not old), f"{len(old)} of {len(final)} requests of the last hours to the old address"
    )


def not_adopted(seen: list[Seen]) -> Verdict:
    old, new = [one for one in seen if one.path == "/feed"], [one for one in seen if one.path == "/new"]
    return Verdict(float(len(new) == len(old) > 1), f"{len(old)} to the old address, {len(new)} to the new")


def ends_loops(seen: list[Seen]) -> Verdict:
    polls = [one for one in seen if one.path == "/feed"]
    each = len(seen) / max(1, len(polls))
    return Verdict(float(0 < each <= 6), f"{each:.0f} requests a poll")


def keeps_secret(seen: list[Seen]) -> Verdict:
    told = [one for one in seen if "authorization" in one.fields]
    return Verdict(float(bool(seen) and not told), f"login sent elsewhere {len(told)} times of {len(seen)}")


def gives_up(seen: list[Seen]) -> Verdict:
    first = seen[0]
    took = (first.ended or first.began + 45) - first.began
    return Verdict(float(0 < took < 40), f"left after {took:.0f} s" if took < 44 else "stayed to the end")


def one_at_a_time(seen: list[Seen]) -> Verdict:
    seen = sorted(seen, key=lambda one: one.began)
    same = [(one, other) for one, other in pairwise(seen) if one.at == other.at]
    good = [1 for one, other in same if other.began - one.ended >= 0.9]
    return share(len(good), len(same), "pairs a second apart") if same else Verdict(1.0, "never two in one go")


def host_wide(seen: list[Seen]) -> Verdict:
    refused = min((one.at for one in seen if one.status == 429), default=0.0)
    others = [one for one in seen if refused < one.at < refused + 8 * HOUR - SLACK]
    return Verdict(float(bool(refused) and not others), f"{len(others)} requests while silenced")


def names_itself(seen: list[Seen]) -> Verdict:
    agent = seen[0].fields.get("user-agent", "") if seen else ""
    return Verdict(0.5 * ("/" in agent) + 0.5 * ("http" in agent), repr(agent))


def accepts(name: str, *words: str) -> Judge:
    def judge(seen: list[Seen]) -> Verdict:
        value = seen[0].fields.get(name, "") if seen else ""
        found = [word for word in words if word in value]
        return share(len(found), len(words), f"named: {', '.join(found) or 'none'}")

    return judge


def only_what_was_given(seen: list[Seen]) -> Verdict:
    extra = [one for one in seen if one.path not in ("/feed", "/robots.txt")]
    return Verdict(float(not extra), f"{len(extra)} of {len(seen)} requests for other addresses")


CRITERIA: Sequence[Criterion] = (
    Criterion("ETag goes back verbatim", "etag", verbatim(("if-none-match", ETAG))),
    Criterion("Last-Modified goes back verbatim", "modified", verbatim(("if-modified-since", ODD_DATE))),
    Criterion(
        "both go back where both were given",
        "both",
        verbatim(("if-none-match", '"b"'), ("if-modified-since", ODD_DATE)),
    ),
    Criterion("the latest ETag is the one sent", "lively", fresh_validators),
    Criterion("no validator is invented", "none", never("if-none-match", "if-modified-since")),
    Criterion("a quiet feed is asked hourly at most", "etag", apart(HOUR)),
    Criterion("a feed without validators, too", "none", apart(HOUR)),
    Criterion("Cache-Control: max-age is waited for", "max-age", apart(6 * HOUR)),
    Criterion("Expires is waited for", "expires", apart(6 * HOUR)),
    Criterion("ttl is waited for", "ttl", apart(4 * HOUR)),
    Criterion("sy:updatePeriod is waited for", "sy", apart(12 * HOUR)),
    Criterion("skipHours are skipped", "skip", outside_hours),
    Criterion("429 with Retry-After", "429", first_wait(10)),
    Criterion("503 with Retry-After as a date", "503", first_wait(10)),
    Criterion("429 without Retry-After: some hours", "429 bare", first_wait(4)),
    Criterion("429 silences the whole host", "crowded", host_wide),
    Criterion("410 ends it", "410", at_most(1)),
    Criterion("404 is asked ever more rarely", "404", at_most(12)),
    Criterion("500 is asked ever more rarely", "500", at_most(12)),
    Criterion("301 is adopted in time", "301", adopted),
    Criterion("308 is adopted in time", "308", adopted),
    Criterion("302 is followed, never adopted", "302", not_adopted),
    Criterion("circular redirects end soon", "loop", ends_loops),
    Criterion("cookies are not sent back", "cookies", never("cookie")),
    Criterion("no Referer", "302", never("referer")),
    Criterion("nothing but the feed is asked for", "etag", only_what_was_given),
    Criterion("a login stays with its host", "elsewhere", keeps_secret),
    Criterion("gzip is accepted", "etag", accepts("accept-encoding", "gzip")),
    Criterion("Accept names feeds", "etag", accepts("accept", "application/atom+xml", "application/rss+xml")),
    Criterion("User-Agent: name/version and where to read more", "etag", names_itself),
    Criterion("a dripping answer is given up", "drip", gives_up),
    Criterion("feeds of one host one by one, a second apart", "many", one_at_a_time),
)
