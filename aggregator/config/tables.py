"""The tables and keys of the configuration files as pydantic models: types, bounds, defaults and descriptions.

pydantic costs 0.1 s to load, so this module is imported inside the functions that read a file.
What spans several keys or files is checked in crosscheck.py: there one fault never hides another.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    RootModel,
    WithJsonSchema,
    model_validator,
)

from aggregator.config import values

HOUR = 3600
DAY = 24 * HOUR


def _pattern(pattern: str) -> Any:
    return Field(json_schema_extra={"pattern": pattern})


def _duration(least: int, most: int) -> Any:
    schema = {"type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": r"^(\d+[dhms])+$"}
    return PlainValidator(values.duration_between(least, most)), WithJsonSchema(schema)


Text: TypeAlias = Annotated[str, AfterValidator(values.not_blank), Field(json_schema_extra={"minLength": 1})]
Id: TypeAlias = Annotated[str, AfterValidator(values.identifier), _pattern("^[a-z0-9][a-z0-9._-]*$")]
ListName: TypeAlias = Annotated[str, AfterValidator(values.list_name), _pattern(r"^[\w-]+$")]
Url: TypeAlias = Annotated[str, AfterValidator(values.url), _pattern("^https?://")]
Country: TypeAlias = Annotated[str, AfterValidator(values.country), _pattern("^([A-Z]{2}|INT)$")]
Language: TypeAlias = Annotated[
    str,
    AfterValidator(values.language),
    _pattern("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*$"),
]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Exemption: TypeAlias = Annotated[
    tuple[str, int],
    PlainValidator(values.exemption),
    WithJsonSchema(
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2}
    ),
]
HeaderName: TypeAlias = Annotated[str, AfterValidator(values.header_name)]
HeaderText: TypeAlias = Annotated[str, AfterValidator(values.header_text)]
Hold: TypeAlias = Annotated[int, *_duration(0, DAY)]
Interval: TypeAlias = Annotated[int, *_duration(1, 30 * DAY)]
Timeout: TypeAlias = Annotated[
    float,
    PlainValidator(values.timeout),
    WithJsonSchema(
        {"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": HOUR, "pattern": r"^(\d+[dhms])+$"}
    ),
]


class Table(BaseModel):
    """What all tables share: exact types, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


# ---------------------------------------------------------------- aggregator.toml


class SiteTable(Table):
    """What subscribers see of the site."""

    title: Text = Field(description="Name of the site, on pages and in feeds.", examples=["Caspian topics"])
    base_url: Annotated[str, AfterValidator(values.base_url), _pattern("^https?://")] = Field(
        description="The site's public address; links and feed ids begin with it.",
        examples=["http://127.0.0.1:8080"],
    )
    languages: list[Language] = Field(
        min_length=1,
        description="Languages the site reads and offers, the default first; articles in others are `und`.",
        examples=[["ru", "kk", "en"]],
    )
    authority: Annotated[str, AfterValidator(values.authority)] | None = Field(
        default=None,
        description="Domain in the ids of published entries (tag: URIs); fixed at the first publication.",
        examples=["news.example.org"],
    )
    hold: Hold = Field(
        default=0,
        description="How long publication waits for a more trusted outlet's copy; seconds, or 2m, 1h.",
        examples=["2m"],
    )


class FetchTable(Table):
    """How the program behaves towards publishers' servers."""

    contact: Annotated[str, AfterValidator(values.contact)] = Field(
        default="",
        description="Page about this fetcher (or mailto:), sent in the User-Agent.",
        examples=["https://example.org/about-our-fetcher"],
    )
    allow: list[Exemption] = Field(
        default=[],
        description="Exemptions from the guard of addresses: [network, port], port 0 for any.",
        examples=[[["127.0.0.0/8", 0]]],
    )
    ports: list[Port] = Field(
        default=[80, 443], min_length=1, description="Ports permitted on public addresses.", examples=[[80, 443]]
    )
    host_gap: float = Field(
        default=1.0,
        ge=0,
        le=HOUR,
        description="Seconds between two requests to one host; 0 removes the wait, never one-at-a-time.",
        examples=[1.0],
    )
    timeout: Timeout = Field(
        default=30.0, description="Seconds that one exchange may take in all, or 30s, 1m.", examples=[30]
    )
    max_bytes: int = Field(
        default=15_000_000,
        ge=1024,
        le=1_000_000_000,
        description="Largest decoded body that is read, in bytes.",
        examples=[15_000_000],
    )
    proxy: Annotated[str, AfterValidator(values.proxy)] | None = Field(
        default=None,
        description="Proxy for all requests; a password in it is best written as $NAME, from the environment.",
        examples=["http://proxy.example:3128"],
    )


class AggregatorFile(Table):
    """aggregator.toml: the site, and how it fetches."""

    site: SiteTable = Field(description="What subscribers see of the site.", examples=["[site]"])
    fetch: FetchTable = Field(
        default_factory=FetchTable, description="How the program behaves towards publishers' servers."
    )


# ---------------------------------------------------------------- sources/*.toml


class SelectorsTable(Table):
    """CSS selectors of a page that lists articles; all but `item` look within an item."""

    item: Text | None = Field(default=None, description="One element for each article.", examples=["article"])
    link: Text | None = Field(default=None, description="Its link; without it, the first.", examples=["h2 a"])
    title: Text | None = Field(default=None, description="Its title; without it, the link's text.", examples=["h2"])
    date: Text | None = Field(default=None, description="Its date; without it, the first <time>.", examples=["time"])
    summary: Text | None = Field(default=None, description="Its summary.", examples=["p"])


class FeedTable(Table):
    """One address of a source, and how to read it."""

    url: Url = Field(description="Address of the feed.", examples=["https://astanatimes.com/feed/"])
    kind: Literal["feed", "page", "sitemap", "channel"] = Field(
        default="feed",
        description="What stands there: a feed, a page that lists articles, a sitemap, a public Telegram channel.",
        examples=["feed"],
    )
    selectors: SelectorsTable | None = Field(
        default=None,
        description='How to read a page that lists articles; `item` is required for kind = "page".',
        examples=[{"item": "article"}],
    )
    content: Literal["feed", "page"] = Field(
        default="feed",
        description="Where the text is: in the feed, or on each article's page, which is then fetched.",
        examples=["page"],
    )
    interval: Interval | None = Field(
        default=None,
        description="Time between two polls, instead of the learned one; seconds, or 30m, 2h.",
        examples=["30m"],
    )
    archive: bool = Field(
        default=False, description="Read the feed's archive pages (RFC 5005) at first.", examples=[True]
    )
    enabled: bool = Field(default=True, description="Whether the feed is polled.", examples=[False])


class SourceTable(Table):
    """A publisher."""

    id: Id = Field(description="Short name, for ever: articles are stored under it.", examples=["astana-times"])
    name: Text = Field(description="Name of the publisher, as readers know it.", examples=["The Astana Times"])
    url: Url = Field(description="The publisher's site.", examples=["https://astanatimes.com/"])
    country: Country = Field(
        default=values.INTERNATIONAL, description="ISO 3166 alpha-2 code, or INT for international.", examples=["KZ"]
    )
    language: Language = Field(
        default="und", description="Language it mostly writes in; und when it has no main one.", examples=["ru"]
    )
    feeds: list[FeedTable] = Field(
        default=[], description="Its addresses.", examples=[[{"url": "https://astanatimes.com/feed/"}]]
    )
    trust: int = Field(
        default=50,
        ge=0,
        le=100,
        description="0 to 100: of several copies of a text, the most trusted source's is shown.",
        examples=[50],
    )
    timezone: Annotated[str, AfterValidator(values.timezone)] = Field(
        default="UTC", description="Time zone of dates without one (IANA name).", examples=["Asia/Almaty"]
    )
    user_agent: HeaderText | None = Field(
        default=None,
        description="User-Agent for a publisher that refuses ours.",
        examples=["Mozilla/5.0 (compatible; aggregator)"],
    )
    publish: Literal["excerpt", "full"] = Field(
        default="excerpt", description="How much of its texts our feeds carry.", examples=["excerpt"]
    )
    robots: bool = Field(default=True, description="Whether robots.txt binds us on its pages.", examples=[True])
    headers: dict[HeaderName, HeaderText] = Field(
        default={},
        description="Further request headers; $NAME or ${NAME} is taken from the environment, $$ is a dollar sign.",
        examples=[{"Authorization": "Bearer ${PUBLISHER_TOKEN}"}],
    )
    formerly: list[Id] = Field(
        default=[], description="Ids it had before: its articles follow it.", examples=[["old-id"]]
    )


class SourcesFile(Table):
    """sources/<any name>.toml: publishers, one [[source]] each."""

    source: list[SourceTable] = Field(default=[], description="The publishers.")


# ---------------------------------------------------------------- topics/*.toml

Terms: TypeAlias = list[Text]
TermsByLanguage: TypeAlias = dict[Language, Terms]


class WeightsTable(Table):
    """Terms of one language by weight."""

    strong: Terms = Field(default=[], description="5 points: one in title or lead is enough.", examples=[["ТМТМ"]])
    medium: Terms = Field(default=[], description="3 points.", examples=[["Актау ~5 Баку"]])
    place: Terms = Field(default=[], description="2 points: places and actors, which only strengthen.")
    weak: Terms = Field(default=[], description="1 point.", examples=[["транзит"]])


class ScopeTable(Table):
    """Which articles a topic looks at; an empty list sets no limit."""

    sources: list[Id] = Field(default=[], description="Only these sources.", examples=[["astana-times"]])
    languages: list[Language] = Field(default=[], description="Only these languages.", examples=[["ru"]])
    countries: list[Country] = Field(default=[], description="Only sources of these countries.", examples=[["KZ"]])


class TestTable(Table):
    """A text that a topic should or should not match; a plain string is its title."""

    title: Text = Field(description="Title of the article.", examples=["Грузы по Срединному коридору выросли на треть"])
    text: str = Field(default="", description="Text of the article.")
    lang: Language | None = Field(default=None, description="Its language; without it, any.", examples=["ru"])

    @model_validator(mode="before")
    @classmethod
    def _title_alone(cls, value: object) -> object:
        return {"title": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "minLength": 1}, table]}


class TestsTable(Table):
    """What `aggregator check` tries on a topic's rules."""

    match: list[TestTable] = Field(default=[], description="Texts the topic must take.", examples=[["…"]])
    reject: list[TestTable] = Field(default=[], description="Texts the topic must not take.", examples=[["…"]])


class TopicFile(Table):
    """topics/<id>.toml: one topic's rules."""

    title: dict[Language, Text] = Field(
        min_length=1, description="Its name by language.", examples=[{"en": "Middle Corridor"}]
    )
    min_score: float = Field(
        default=5.0, gt=0, le=1000, description="Points from which an article belongs to the topic.", examples=[5]
    )
    scope: ScopeTable = Field(default_factory=ScopeTable, description="Which articles it looks at.")
    private: bool = Field(default=False, description="Whether its feeds need a token.", examples=[True])
    formerly: list[Id] = Field(
        default=[], description="Ids it had before: their addresses lead here.", examples=[["old-id"]]
    )
    terms: dict[Language, WeightsTable] = Field(
        min_length=1,
        description="What to look for, by language and weight; `mul` holds names that are spelt alike in several languages.",
        examples=[{"en": {"strong": ["term"]}}],
    )
    minus: TermsByLanguage = Field(default={}, description="Terms that take 5 points.", examples=[{"en": ["term"]}])
    none: TermsByLanguage = Field(
        default={}, description="Terms that rule an article out, in title or lead.", examples=[{"en": ["@sport"]}]
    )
    require_any: Terms = Field(
        default=[],
        description="At least one must be in the text; a region is also met by the source's country.",
        examples=[["@region"]],
    )
    tests: TestsTable = Field(default_factory=TestsTable, description="Texts that `aggregator check` tries.")


class ListTable(Table):
    """A list of terms by language; with `countries` it is a region."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Language, Terms]

    countries: list[Country] = Field(
        default=[], description="Countries that make it a region.", examples=[["KZ", "AZ"]]
    )


class ListsFile(RootModel[dict[ListName, ListTable]]):
    """topics/_lists.toml: term lists, used in topics as @name."""
