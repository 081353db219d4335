"""The nouns of the project as frozen dataclasses, by the stage that makes them (docs/glossary.md defines each word).

Times are whole seconds since the epoch, UTC, unless a name says otherwise. Only the edges (JSON, feeds, pages) turn them
into text.
"""

from aggregator.model.articles import Article, Features, Hit, Match
from aggregator.model.clock import Seconds
from aggregator.model.configured import Config, Feed, FetchRules, Scope, Site, Source, TermList, Topic, TopicTest
from aggregator.model.documents import Document, Enclosure, Entry, FeedFacts, Reading, Validators
from aggregator.model.grouping import Edge, Group, Reach, Report, Ruling
from aggregator.model.polling import Batch, Claim, Failure, Job, Outcome, Pace, Polled, Prepared
from aggregator.model.published import Also, Chain, Item, Publication, Rendering, Standing, Tombstone
from aggregator.model.stored import StoredArticle, StoredStory

__all__ = [
    "Also",
    "Article",
    "Batch",
    "Chain",
    "Claim",
    "Config",
    "Document",
    "Edge",
    "Enclosure",
    "Entry",
    "Failure",
    "Features",
    "Feed",
    "FeedFacts",
    "FetchRules",
    "Group",
    "Hit",
    "Item",
    "Job",
    "Match",
    "Outcome",
    "Pace",
    "Polled",
    "Prepared",
    "Publication",
    "Reach",
    "Reading",
    "Rendering",
    "Report",
    "Ruling",
    "Scope",
    "Seconds",
    "Site",
    "Source",
    "Standing",
    "StoredArticle",
    "StoredStory",
    "TermList",
    "Tombstone",
    "Topic",
    "TopicTest",
    "Validators",
]
