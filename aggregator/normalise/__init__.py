"""Entries become articles: identity, plain titles, safe HTML, clean URLs, sane dates, language, no boilerplate."""

from aggregator.normalise.article import article, full_text, whole_text
from aggregator.normalise.batch import articles
from aggregator.normalise.boilerplate import Boilerplate
from aggregator.normalise.identity import Identified, identify
from aggregator.normalise.language import language_of
from aggregator.normalise.revision import material
from aggregator.normalise.trim import trim
from aggregator.normalise.window import Look, Window

__all__ = [
    "Boilerplate",
    "Identified",
    "Look",
    "Window",
    "article",
    "articles",
    "full_text",
    "identify",
    "language_of",
    "material",
    "trim",
    "whole_text",
]
