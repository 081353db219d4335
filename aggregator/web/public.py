"""What of a live configuration anybody may see: public topics, their titles, the site's addresses. Private topics are
left out here, once, so that no page, feed or list has to remember it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from aggregator import publish
from aggregator.bootstrap import Live
from aggregator.model import Site, Source, Topic
from aggregator.web.phrases import LANGUAGES

EVERYTHING = "all"
"""The feed of every story, matched or not."""


@dataclass(frozen=True, slots=True)
class Public:
    """The public half of a configuration. `root` is the path of the site's address ("" or "/news"), `renamed` leads
    from former ids of topics to their new ones; `private` are ids that must look as if they did not exist.
    """

    live: Live
    base: str
    root: str
    topics: Mapping[str, Topic]
    titles: Mapping[str, Mapping[str, str]]
    renamed: Mapping[str, str]
    private: frozenset[str]

    @classmethod
    def of(cls, live: Live) -> Self:
        shown = {topic.id: topic for topic in live.config.topics if not topic.private}
        base = live.config.site.base_url.rstrip("/")
        return cls(
            live=live,
            base=base,
            root=urlsplit(base).path.rstrip("/"),
            topics=shown,
            titles={id_: topic.title for id_, topic in shown.items()},
            renamed={old: topic.id for topic in shown.values() for old in topic.formerly if old not in shown},
            private=frozenset(topic.id for topic in live.config.topics if topic.private),
        )

    @property
    def site(self) -> Site:
        return self.live.config.site

    @property
    def sources(self) -> Mapping[str, Source]:
        return self.live.sources

    @property
    def feed_languages(self) -> tuple[str, ...]:
        """Those that we have words for; English stands in for the others."""
        return tuple(code for code in self.site.languages if code in LANGUAGES) or ("en",)

    def has_feed(self, topic: str) -> bool:
        return topic in self.topics or topic == EVERYTHING

    def title(self, topic: str, language: str) -> str:
        """A topic's title in a language, else in the site's."""
        if topic == EVERYTHING:
            return self.site.title
        return publish.localised(self.titles[topic], (language, *self.site.languages)) or topic

    def feed_titles(self, topic: str) -> Mapping[str, str]:
        """By language, of a topic, of several ("a+b"), or of everything."""
        if "+" in topic:
            return {code: " + ".join(self.title(one, code) for one in topic.split("+")) for code in self.site.languages}
        return self.titles.get(topic) or dict.fromkeys(self.site.languages, self.site.title)

    def source_name(self, source: str) -> str:
        known = self.sources.get(source)
        return known.name if known else source
