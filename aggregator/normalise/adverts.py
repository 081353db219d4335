"""The phrases by which a template is known before it was seen three times: adverts of channels, headings of lists."""

import re
from functools import lru_cache

from aggregator.text.fold import fold
from aggregator.text.words import words

LONGEST_ADVERT = 60
LONGEST_CERTAIN_ADVERT = 120
_LONGEST_HEADLINE = 200

_CALLS = """
подписывайтесь|подпишитесь на|присоединяйтесь к|читайте нас|следите за нами|оставайтесь с нами|
жазылыңыз|арнамызға|арнамыздан|парақшамызға|біздің канал|бізге қосылыңыз|
abunə olun|bizi izləyin|kanalımıza|kanalımızı|səhifəmizi bəyənin|bizə qoşulun|
takip edin|abone olun|bizi takip|bize katılın|bültenimize|
follow us|join our|subscribe to our|sign up for our
"""
_OPENINGS = """
поделиться|поделитесь|распечатать|читайте также|читать также|смотрите также|читайте подробнее|читать далее|
читать дальше|читать полностью|читайте еще|подписаться|больше новостей|новости по теме|материалы по теме|по теме|
бөлісу|бөлісіңіз|тағы оқыңыз|тағы да оқыңыз|сондай ақ оқыңыз|толығырақ оқу|
paylaş|paylaşın|həmçinin oxuyun|oxşar xəbərlər|ətraflı oxu|davamını oxu|
paylaş|ayrıca okuyun|devamını oku|haberin devamı|abone ol|
share|share this|share on|read more|read also|also read|see also|continue reading|subscribe|follow|click here
"""
_CHANNELS = """
telegram телеграм телеграмм телеграме телеграмда whatsapp ватсап вотсап instagram инстаграм facebook фейсбук youtube
ютуб tiktok тикток twitter viber вайбер vk вконтакте дзен канал канале каналы каналын арна kanal kanali kanalimiz
kanalimiza channel newsletter
"""
_FILLERS = """
мы наш наша наши в на и официальный біз біздің ресми biz bizim rəsmi resmî we are on our us in the at official
"""
_SOFT_HEADINGS = """
читайте также|читать также|смотрите также|материалы по теме|новости по теме|рекомендуем|тағы оқыңыз|тағы да оқыңыз|
осы тақырыпта|həmçinin oxuyun|read also|see also|also read
"""
_HEADINGS = """
самое читаемое|самые читаемые|самое популярное|самое обсуждаемое|самые обсуждаемые|популярные новости|популярное|
последние новости|другие новости|новости по теме|читайте также|читать также|смотрите также|похожие новости|
похожие материалы|материалы по теме|главные новости|топ новостей|вам может быть интересно|рекомендуем|лента новостей|
ең көп оқылған|ең көп оқылғандар|көп оқылған|көп оқылғандар|танымал жаңалықтар|соңғы жаңалықтар|ұқсас жаңалықтар|
басқа жаңалықтар|тағы оқыңыз|тағы да оқыңыз|осы тақырыпта|eń kóp oqylǵan|
ən çox oxunanlar|ən çox oxunan|çox oxunanlar|son xəbərlər|oxşar xəbərlər|digər xəbərlər|həmçinin oxuyun|
ən populyar|maraqlı xəbərlər|günün xəbərləri|
ilginizi çekebilir|bunlar da ilginizi çekebilir|çok okunanlar|en çok okunanlar|en çok okunan|en çok okunan haberler|
ilgili haberler|benzer haberler|diğer haberler|son dakika haberleri|son haberler|
most read|most popular|most viewed|related articles|related stories|related news|related posts|trending now|trending|
latest news|read also|see also|also read|you may also like|you might also like|more stories|recommended for you|
popular news|top stories|editors picks
"""


def _phrases(listed: str) -> frozenset[str]:
    return frozenset(fold(phrase.strip()) for phrase in listed.replace("\n", "").split("|") if phrase.strip())


_calls = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, _phrases(_CALLS)), key=len, reverse=True))})\b")
_openings = _phrases(_OPENINGS)
_long_openings = tuple(sorted(phrase for phrase in _openings if " " in phrase))
_fillers = frozenset(map(fold, _FILLERS.split()))
_soft_headings = tuple(sorted(_phrases(_SOFT_HEADINGS)))
_channels = frozenset(map(fold, _CHANNELS.split()))
_headings = _phrases(_HEADINGS)
_certain_headings = tuple(sorted(phrase for phrase in _headings if " " in phrase))
_sentence_end = re.compile(r"[.!?…]['\"»”)]*$")


def _normal(line: str) -> str:
    return " ".join(words(fold(line)))


def ends_sentence(line: str) -> bool:
    """Whether a line ends as sentences do."""
    return bool(_sentence_end.search(line))


def is_advert(line: str) -> bool:
    """Whether a line calls the reader to subscribe, share or read on, or does nothing but name a channel.

    A line that only mentions a channel ("Telegram заблокирован в стране") or a call ("призвал поделиться опытом") is
    none. Up to 60 characters; up to 120 when it both calls and names a channel.
    """
    if len(line) > LONGEST_CERTAIN_ADVERT:
        return False
    normal = _normal(line)
    named = [word for word in normal.split() if word in _channels]
    if _calls.search(normal) and (named or len(line) <= LONGEST_ADVERT):
        return True
    return len(line) <= LONGEST_ADVERT and (_opens_advert(normal) or (bool(named) and _is_only_naming(normal)))


def is_certain_advert(line: str) -> bool:
    """Whether a line both calls the reader and names a channel: so certain that it needs no little-known source."""
    if len(line) > LONGEST_CERTAIN_ADVERT:
        return False
    normal = _normal(line)
    return _calls.search(normal) is not None and any(word in _channels for word in normal.split())


def _opens_advert(normal: str) -> bool:
    return normal in _openings or normal.startswith(_long_openings)


def _is_only_naming(normal: str) -> bool:
    return all(word in _channels or word in _fillers for word in normal.split())


def is_heading(line: str) -> bool:
    """Whether a line heads a list of other headlines ("Самое читаемое", "Most read this week")."""
    return len(line) <= LONGEST_ADVERT and _heads_list(line)


@lru_cache(maxsize=8192)
def _heads_list(line: str) -> bool:
    normal = _normal(line)
    if normal in _headings:
        return True
    return normal.startswith(_certain_headings) and len(normal.split()) <= 5 and not ends_sentence(line)


def looks_like_headline(line: str, *, below: str) -> bool:
    """Whether a line may be a headline of the list under the heading `below` rather than a paragraph of an article.

    Lists such as "Читайте также" stand amid articles as well, so there even a short sentence counts as the article.
    """
    longest = 40 if _normal(below).startswith(_soft_headings) else 100
    return len(line) <= _LONGEST_HEADLINE and not (len(line) > longest and ends_sentence(line))
