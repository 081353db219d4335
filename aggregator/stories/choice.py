"""Which of several reports of the same stands for them."""

import re
from collections.abc import Sequence

from aggregator.model import Report

_DATELINE = re.compile(
    r"\s*[A-ZА-ЯӘҒҚҢӨҰҮҺІƏĞIİÖÜÇŞ][\w .’'-]{1,40}(?:,[^/(—–\n]{1,30})?\s*(?:/[\w .«»-]+/|\([\w .«»-]+\))\s*[-–—.:]"
)


def has_dateline(text: str) -> bool:
    """Whether a text opens as an agency's does: a place, then the agency in brackets or slashes, then a dash."""
    return _DATELINE.match(text) is not None


def canonical(reports: Sequence[Report], *, pinned: int | None = None, language: str | None = None) -> int:
    """The id of the report to show: pin, then trust, agency dateline, the feed's language, earliest, longest.

    A pin on an article that is not among them is ignored. Raises ValueError without reports.
    """

    def rank(report: Report) -> tuple[bool, int, bool, bool, int, int, int]:
        return (
            report.id != pinned,
            -report.trust,
            not has_dateline(report.text),
            language is not None and report.language != language,
            report.when,
            -len(report.text),
            report.id,
        )

    if len(reports) == 1:
        return reports[0].id
    return min(reports, key=rank).id
