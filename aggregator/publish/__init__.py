"""Stories → feeds: the bytes of Atom, RSS, JSON Feed and OPML, and the site as static files. The one door to feedgen.

Serving them is the business of aggregator.web; what stands in them is decided by the store.
"""

from aggregator.publish import export
from aggregator.publish.addresses import hub as hub_address
from aggregator.publish.addresses import private_path, with_token
from aggregator.publish.deltas import delta
from aggregator.publish.excerpts import excerpt
from aggregator.publish.items import item
from aggregator.publish.outlines import opml, opml_sources, read_opml
from aggregator.publish.publications import publication
from aggregator.publish.renderings import MEDIA_TYPES, etag, page, render, stylesheet
from aggregator.publish.tags import authority, tag
from aggregator.publish.words import localised

__all__ = [
    "MEDIA_TYPES",
    "authority",
    "delta",
    "etag",
    "excerpt",
    "export",
    "hub_address",
    "item",
    "localised",
    "opml",
    "opml_sources",
    "page",
    "private_path",
    "publication",
    "read_opml",
    "render",
    "stylesheet",
    "tag",
    "with_token",
]
