"""Dates as publishers write them → seconds since the epoch; never a guess.

The forms known here are RFC 822/5322 and its usual faults, ISO 8601/RFC 3339/W3CDTF (basic and extended), asctime and
Java's toString, numeric dates with the day first, written-out dates with the month in Russian, Kazakh (both scripts),
Azerbaijani, Turkish or English, and epoch seconds or milliseconds. Anything else is no date, and so is an impossible
date (31 February): a date nobody can read must not become today's.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

Seconds = int

_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_LONGEST = 100
"""No date is longer; what is longer is a text, and the patterns never see it."""

_MONTH_NAMES = (
    "jan january янв январь января қаң қаңтар қантар qañ qañtar qantar yan yanvar oca ocak",
    "feb february фев февр февраль февраля ақп ақпан aqp aqpan fev fevral şub şubat subat",
    "mar march мар март марта нау наур наурыз nau nauryz naurız naýryz mart",
    "apr april апр апрель апреля сәу сәуір säu säuir sáýir aprel nis nisan",
    "may май мая мам мамыр mam mamyr mamır mayıs",
    "jun june июн июнь июня мау маусым mau mausym mausım maýsym iyn iyun haz haziran",
    "jul july июл июль июля шіл шілде şil şilde shilde iyl iyul tem temmuz",
    "aug august авг август августа там тамыз tam tamyz tamız avq avqust ağu ağustos agustos",
    "sep sept september сен сент сентябрь сентября қыр қырк қыркүйек qyr qyrküiek qyrkúıek sentyabr eyl eylül eylul",
    "oct october окт октябрь октября қаз қазан qaz qazan okt oktyabr eki ekim",
    "nov november ноя нояб ноябрь ноября қар қараш қараша qar qaraşa qarasha noy noyabr kas kasım",
    "dec december дек декабрь декабря жел желт желтоқсан jel jeltoqsan dek dekabr ara aralık",
)

_WEEKDAY_NAMES = (
    "mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday "
    "пн понедельник вт вторник ср среда чт четверг пт пятница сб суббота вс воскресенье "
    "дүйсенбі дс сейсенбі сс сәрсенбі бейсенбі бс жұма жм сенбі жексенбі жс "
    "dúısenbi düisenbi seisenbi särsenbi beisenbi juma jūma senbi jeksenbi "
    "bazar bazarertəsi çərşənbə çərşənbəaxşamı cümə cüməaxşamı şənbə b.e ç.a ç c.a c ş b "
    "pazartesi pzt salı sal çarşamba çar perşembe per cuma cum cumartesi cmt pazar paz"
)

_MINUTES_EAST = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "west", "bst", "mez"), 60),
    **dict.fromkeys(("eet", "cest", "mesz", "cat", "sast"), 120),
    **dict.fromkeys(("msk", "мск", "eest", "trt", "tsi", "fet"), 180),
    **dict.fromkeys(("azt", "get", "amt", "samt", "gst", "msd"), 240),
    **dict.fromkeys(("azst", "aqtt", "orat", "qyzt", "uzt", "tmt", "tjt", "yekt", "pkt"), 300),
    **dict.fromkeys(("kgt", "omst", "bdt"), 360),
    **dict.fromkeys(("novt", "krat", "ict", "wib"), 420),
    **dict.fromkeys(("irkt", "hkt", "sgt", "awst"), 480),
    **dict.fromkeys(("jst", "kst", "yakt"), 540),
    **dict.fromkeys(("aest", "vlat"), 600),
    **dict.fromkeys(("ast", "edt"), -240),
    **dict.fromkeys(("est", "cdt"), -300),
    **dict.fromkeys(("cst", "mdt"), -360),
    **dict.fromkeys(("mst", "pdt"), -420),
    **dict.fromkeys(("pst", "akdt"), -480),
    "adt": -180,
    "akst": -540,
    "hst": -600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
    "irst": 210,
    "ist": 330,
    # RFC 5322, section 4.3: single letters were so often sent wrong that they mean "unknown", that is UTC
    **dict.fromkeys("abcdefghiklmnopqrstuvwxy", 0),
}

_ALMATY_MOVED = dt.date(2024, 3, 1).toordinal()


def _fold(word: str) -> str:
    """Lower case without the difference between dotted and dotless i, which Turkish capitals lose."""
    return unicodedata.normalize("NFC", word.lower()).replace("i̇", "i").replace("ı", "i")


_MONTHS = {_fold(name): number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTHS |= {name.title(): number for name, number in _MONTHS.items()}
_WEEKDAYS = frozenset(_fold(name) for name in _WEEKDAY_NAMES.split())
"""On this day Almaty and Astana went from +06:00 to +05:00 (tz database 2024a)."""

_ZONE = (
    r"(?:\s*(?P<zone>(?:UTC|GMT|UT)?\s?[+\-−–]\d{1,2}:?(?:\d\d)?|[^\W\d_]{1,5})(?![^\W_]))?"
    r"(?:\s*[(\[](?P<aside>[^()\[\]]*)[)\]])?"
)
_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?"
)
_TIME = _CLOCK + _ZONE
_YEAR = r"(?P<year>\d{4})"
_YEAR_WORD = r"(?:\s*[-–]?\s*(?:жылы|жылғы|жыл|ж|года|год|г|ildə|il|c[iıuü] ildə|c[iıuü] il|yılı)\b\.?)?"
_JOIN = r"(?:\s*,?\s*[-–—|/•·]?\s*(?:(?:в|at|saat|saatı|сағат)\s+)?|T)"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_DAY = r"(?P<day>\d{1,2})"
_NTH = "(?:st|nd|rd|th|-е|-го)?"
_WEEKDAY_AFTER = r"(?:\s*,?\s*(?!(?:at|saat|saatı|сағат)\s)(?P<weekday>[^\W\d_]{3,15}(?:\s(?:ertəsi|axşamı))?))?"
_ISO_TIME = r"(?:(?:[Tt_]?|\s+)(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?" + _ZONE + ")?"
_THEN_TIME = f"(?:{_JOIN}{_TIME})?"
_NUMERIC = rf"{_DAY}(?P<sep>[./-])(?P<month>\d{{1,2}})(?P=sep)"

_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[\s-]([A-Z][a-z]{2})[\s-](\d{4})\s(\d\d):(\d\d)(?::(\d\d))?"
    r"\s(?:([+-])(\d\d):?(\d\d)|([A-Z]{1,5}(?<![AP]M)))"
)
_OFFSET = re.compile(r"(?:utc|gmt|ut)?([+-])(\d{1,2}?):?(\d\d)?")
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{10})\d{3}")
_WEEKDAY = re.compile(r"([^\W\d_]{1,15}(?:\.[^\W\d_])?(?:\s(?:ertəsi|axşamı))?)([.,]*)\s*(?=\S)", re.I)
_FORMS = tuple(
    re.compile(form)
    for form in (
        # 20261024T153000Z · 2026.10.24 15:30 +0500 · 2026-10-24T24:00:00 · 2026-10
        rf"{_YEAR}(?P<sep>[-./]?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d){_ISO_TIME}",
        rf"{_YEAR}(?:-(?P<month>\d\d))?",
        # 24 октября 2026 г., 15:30 · 24-Oct-26 15:30 +05 · 24 Ekim 2026 Cumartesi 15:30
        rf"{_DAY}{_NTH}[\s.-]+(?:of\s+)?{_MONTH}[\s,-]+(?P<year>\d{{4}}|\d\d){_YEAR_WORD}{_WEEKDAY_AFTER}{_THEN_TIME}",
        # October 24, 2026 3:30 PM
        rf"{_MONTH}\s+{_DAY}{_NTH},?\s+{_YEAR}{_THEN_TIME}",
        # Oct 24 15:30:00 ALMT 2026: asctime and Java
        rf"{_MONTH}\s+{_DAY}\s+{_TIME}\s+{_YEAR}",
        # 2026 жылғы 24 қазан, 15:30
        rf"{_YEAR}{_YEAR_WORD}[\s,-]+{_DAY}[\s-]+{_MONTH}{_THEN_TIME}",
        # 24.10.2026 15:30, the day first
        rf"{_NUMERIC}(?P<year>\d{{4}}|\d\d){_YEAR_WORD}{_WEEKDAY_AFTER}{_THEN_TIME}",
        # 2026-1-4 5:03
        rf"{_YEAR}(?P<sep>[./-])(?P<month>\d{{1,2}})(?P=sep){_DAY}{_THEN_TIME}",
        # 15:30, 24 октября 2026 · 15:30 24.10.2026
        rf"{_CLOCK}\s*[,|/•·–—-]?\s*{_DAY}[\s.-]+{_MONTH}[\s,-]+{_YEAR}{_YEAR_WORD}",
        rf"{_CLOCK}\s*[,|/•·–—-]?\s*{_NUMERIC}{_YEAR}{_YEAR_WORD}",
    )
)


def parse_date(text: str, timezone: str = "UTC") -> Seconds | None:
    """Seconds since the epoch that `text` names, or None when it names no possible date.

    `timezone` (an IANA name, an abbreviation such as "MSK", or "+05:00") serves dates without a zone; ValueError when
    it is none of these. A date without a time is midnight in its zone; an unknown abbreviation counts as no zone.
    """
    default = zone(timezone)
    text = text.strip()
    try:
        return _common(text, default) if len(text) <= _LONGEST else None
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def zone(name: str) -> dt.tzinfo:
    """The time zone that an IANA name, an abbreviation or an offset stands for; ValueError when none."""
    offset = _seconds_east(name, dt.date.max.toordinal())
    if offset is not None:
        return dt.timezone(dt.timedelta(seconds=offset))
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def _common(text: str, default: dt.tzinfo) -> Seconds | None:
    """The two forms that nearly every feed uses; the others cost more and come after."""
    match = _RFC822.fullmatch(text)
    if match and match[2] in _MONTHS:
        return _rfc822(match, default)
    if text[4:5] == "-":
        try:
            return _instant(dt.datetime.fromisoformat(text), default)
        except ValueError:
            pass
    return _uncommon(text, default)


def _rfc822(match: re.Match[str], default: dt.tzinfo) -> Seconds | None:
    day, month, year, hour, minute, second, sign, east, east_minutes, name = match.groups()
    when = dt.date(int(year), _MONTHS[month], int(day))
    clock = (int(hour), int(minute), int(second or 0))
    if name is not None:
        return _moment(when, clock, name, default)
    offset = _checked(int(east), int(east_minutes))
    return (when.toordinal() - _EPOCH_DAY) * 86400 + _seconds(*clock) - (-offset if sign == "-" else offset)


def _uncommon(text: str, default: dt.tzinfo) -> Seconds | None:
    if epoch := _EPOCH.fullmatch(text):
        return int(epoch[1] or epoch[2])
    text = _without_weekday(unicodedata.normalize("NFC", " ".join(text.split())))
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _written(match.groupdict(), default)
    return None


def _without_weekday(text: str) -> str:
    match = _WEEKDAY.match(text)
    if match is None:
        return text
    word = _fold(match[1]).replace(" ", "")
    known = word in _WEEKDAYS or ("," in match[2] and word not in _MONTHS)
    return text[match.end() :] if known else text


def _written(parts: Mapping[str, str | None], default: dt.tzinfo) -> Seconds | None:
    """The moment that the named groups of one of _FORMS describe."""
    month, day, weekday, name = (parts.get(key) for key in ("month", "day", "weekday", "zone"))
    if weekday and _fold(weekday).replace(" ", "") not in _WEEKDAYS:
        return None
    number = int(month or 1) if (month or "1").isdigit() else _MONTHS.get(_fold(month or ""), 0)
    clock = (_hour(parts), int(parts.get("minute") or 0), int(parts.get("second") or 0))
    when = dt.date(_year(parts["year"] or ""), number, int(day or 1))
    aside = (parts.get("aside") or "").strip()
    if not name and aside and _seconds_east(aside, when.toordinal()) is not None:
        name = aside  # "09:00 (MSK)"; beside an offset it only explains
    return _moment(when, clock, name, default)


def _year(digits: str) -> int:
    """Two digits as RFC 5322, section 4.3, reads them: 00-49 are 2000-2049."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year


def _hour(parts: Mapping[str, str | None]) -> int:
    hour, half = int(parts.get("hour") or 0), parts.get("half")
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if half in "Pp" else 0)


def _moment(day: dt.date, clock: tuple[int, int, int], name: str | None, default: dt.tzinfo) -> Seconds | None:
    ordinal = day.toordinal()
    seconds = (ordinal - _EPOCH_DAY) * 86400 + _seconds(*clock)
    if name:
        offset = _seconds_east(name, ordinal)
        if offset is not None:
            return seconds - offset
        if not (name.isascii() and name.isupper()):
            return None
    return _instant(dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=default), default)


def _seconds(hour: int, minute: int, second: int) -> Seconds:
    """Of the day; 24:00:00 is the next midnight, and a leap second the one after it (ISO 8601, RFC 3339)."""
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no such time")
    return hour * 3600 + minute * 60 + second


def _instant(moment: dt.datetime, default: dt.tzinfo) -> Seconds:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=default)
    return int(moment.timestamp() // 1)


def _seconds_east(name: str, ordinal: int) -> Seconds | None:
    """Offset of a zone's name or number ("+05:00", "GMT+5") on a day; None when unknown."""
    folded = _fold(name).replace(" ", "").replace("−", "-").replace("–", "-")
    if folded == "almt":
        return 18000 if ordinal >= _ALMATY_MOVED else 21600
    if folded in _MINUTES_EAST:
        return _MINUTES_EAST[folded] * 60
    match = _OFFSET.fullmatch(folded)
    if match is None:
        return None
    offset = _checked(int(match[2]), int(match[3] or 0))
    return -offset if match[1] == "-" else offset


def _checked(hours: int, minutes: int) -> Seconds:
    """An offset in seconds; no place on earth is more than 14 hours away from Greenwich."""
    if hours > 14 or minutes > 59:
        raise ValueError("no such offset")
    return hours * 3600 + minutes * 60
