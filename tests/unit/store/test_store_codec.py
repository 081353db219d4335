"""Bodies come back as they were packed, with whatever dictionary, and the dictionary is worth its place."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store import codec
from aggregator.store.codec import Texts, pack_texts, unpack_texts

NEWS = Texts(
    "<p>Министерство энергетики сообщило, что соглашение о поставках подписали президенты двух стран.</p>",
    "Министерство энергетики сообщило, что соглашение о поставках подписали президенты двух стран.",
)


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_texts_come_back_as_they_were(html: str, text: str) -> None:
    assert unpack_texts(pack_texts(Texts(html, text))) == Texts(html, text)


def test_a_body_from_before_the_dictionary_is_read() -> None:
    old = zstandard.ZstdCompressor(level=3).compress(f"{NEWS.html}\0{NEWS.text}".encode())
    assert unpack_texts(old) == NEWS


def test_a_body_names_its_dictionary_and_that_one_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_texts(NEWS)
    assert packed[0] == codec.DICTIONARY
    monkeypatch.setattr(codec, "DICTIONARY", 2)
    assert unpack_texts(packed) == NEWS


def test_every_number_up_to_the_present_has_its_dictionary() -> None:
    shipped = {path.name for path in (Path(codec.__file__).parent / "data").glob("bodies-*.dict")}
    assert shipped == {f"bodies-{number}.dict" for number in range(1, codec.DICTIONARY + 1)}
    assert zstandard.FRAME_HEADER[0] > codec.DICTIONARY, "the byte tells bodies from before the dictionary"


def test_news_takes_less_than_without_the_dictionary() -> None:
    alone = zstandard.ZstdCompressor(level=codec.LEVEL).compress(f"{NEWS.html}\0{NEWS.text}".encode())
    assert len(pack_texts(NEWS)) < 0.8 * len(alone)


def test_threads_pack_and_read_side_by_side() -> None:
    wrong: list[Texts] = []

    def work(number: int) -> None:
        texts = Texts(f"<p>{number}</p>" * 50, str(number))
        wrong.extend(found for _ in range(50) if (found := unpack_texts(pack_texts(texts))) != texts)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


_MANY_THREADS = """
import threading
from aggregator.store.codec import Texts, pack_texts
texts = Texts("<p>" + "абв где " * 5000 + "</p>", "абв где " * 5000)
for _ in range(20):
    threads = [threading.Thread(target=lambda: [pack_texts(texts) for _ in range(20)]) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


@pytest.mark.slow
def test_a_thread_that_begins_takes_nothing_from_those_that_work() -> None:
    """A dictionary prepared again in one thread freed what others compressed with: the process died."""
    assert subprocess.run([sys.executable, "-c", _MANY_THREADS], check=False).returncode == 0
