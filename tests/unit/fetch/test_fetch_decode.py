"""A body that was read is gone at once, without waiting for a search for cycles."""

import gc
import gzip
import weakref
from collections.abc import Iterator
from contextlib import closing

import pytest

from aggregator.fetch.decode import Body, Bomb


@pytest.fixture
def no_search() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "br", "zstd"])
def test_what_is_closed_holds_nothing(no_search: None, coding: str) -> None:
    with closing(Body([coding], 1000)) as body:
        gone = weakref.ref(body)
    del body
    assert gone() is None


def test_what_is_decoded_outlives_its_body(no_search: None) -> None:
    with closing(Body(["gzip"], 1000)) as body:
        body.feed(gzip.compress(b"news"))
        found = body.finish()
    assert found == b"news"
    with pytest.raises(Bomb):
        body.feed(b"more")
