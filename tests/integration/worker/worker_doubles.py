"""What stands in for preparing a document in a pool's process: its body says what becomes of it."""

import os
import sys
import time
from pathlib import Path

from aggregator.errors import ParseError
from aggregator.model import Batch, Document, Feed, FeedFacts, Job, Source


def prepare(job: Job) -> Batch:
    what, _, more = job.document.body.decode().partition(" ")
    if what == "die":
        os._exit(3)
    if what == "hang":
        time.sleep(600)
    if what == "sleep":
        time.sleep(float(more))
    if what == "loaded":
        return Batch(FeedFacts(title=f"{more in sys.modules}"))
    if what == "refuse":
        raise ParseError("no feed")
    if what == "once" and not Path(more).exists():
        Path(more).touch()
        os._exit(3)
    return Batch(FeedFacts(title=f"{what} {os.getpid()}"))


def job(body: str) -> Job:
    url = "https://paper.example/feed"
    document = Document(url, body=body.encode())
    return Job(document, Feed("paper", url), Source("paper", "Paper", url, "KZ", "en"), ("en",), 0)
