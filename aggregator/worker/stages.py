"""What every process of the pool shares: imported once, by the server that forks them (multiprocessing's forkserver).

Importing this module reads one small document, so that whatever the stages load on first use is loaded before the first
fork, and then lies in pages that all processes share.
"""

from aggregator import pipeline, topics
from aggregator.model import Document, Feed, Job, Source
from aggregator.worker.memory import spare

_ENTRY = (
    "<item><guid>{0}</guid><title>Қазақстан: порт Актау, Bakıda 12 may, İstanbul'da</title><link>https://example.org/{0}</link>"
    "<description>&lt;p&gt;The port of Aktau took 12 % more cargo, министр Иванов сказал.&lt;/p&gt;</description></item>"
)


def _document() -> bytes:
    return (
        f"<rss version='2.0'><channel><title>Paper</title>{''.join(map(_ENTRY.format, 'ab'))}</channel></rss>".encode()
    )


def warm_up() -> None:
    """Have everything loaded that preparing a document needs."""
    url = "https://example.org/feed"
    document = Document(url, body=_document(), content_type="application/rss+xml")
    job = Job(
        document, Feed("paper", url), Source("paper", "Paper", url, "KZ", "ru"), ("ru", "kk", "az", "tr", "en"), 0
    )
    assert pipeline.prepare(job, topics.compile_rules((), ())).prepared


warm_up()
spare()
