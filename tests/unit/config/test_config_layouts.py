"""Every way TOML allows a source to be laid out: switched off and on again, with all comments where they were."""

import re

import pytest

from aggregator.config import edit, load

LAYOUTS = {
    "inline array": 'source = [ {id="a", name="A", url="https://a.example/", feeds=[{url="https://a.example/f"}]} ] # c1\n',
    "inline multi": 'source = [\n  # c1\n  {id="a", name="A", url="https://a.example/", feeds=[{url="https://a.example/f"}, {url="https://a.example/g", enabled=false}]}, # c2\n  {id="b", name="B", url="https://a.example/"}, # c3\n]\n',
    "dotted": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nheaders.Accept = "x" # c0\nfeeds = [{ url = "https://a.example/f", selectors.item = "a", kind="page" }] # c1\n',
    "tabs": '[[source]]\n\tid="a"#c1\n\tname="A"\n\turl="https://a.example/"\n\n\t[[source.feeds]] # c2\n\turl\t=\t"https://a.example/f" # c3\n\n\n\t# c4\n\t[[source.feeds]]\n\tenabled=true#c5\n\turl="https://a.example/g"\n# end',
    "text that looks like it": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nuser_agent = "[[source.feeds]] url = 1"\n[[source.feeds]]\n# url = "no"\nurl = "https://a.example/f"\n',
    "quoted": '[["source"]]\n"id"="a"\nname="A"\nurl="https://a.example/"\n[["source"."feeds"]]\n"url" = "https://a.example/f" # c1\n',
    "url last with sub": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\n[[source.feeds]]\nkind="page" # c1\nurl="https://a.example/f"\n[source.feeds.selectors] # c2\nitem="x"\n[source.headers] # c3\nAccept="y"\n[[source]]\nid="b"\nname="B"\nurl="https://b.example/"\nfeeds=[]\n',
    "crlf": '[[source]]\r\nid="a"\r\nname="A"\r\nurl="https://a.example/"\r\nfeeds=[\r\n# c1\r\n{url="https://a.example/f"},# c2\r\n]\r\n',
    "multi inline feeds no comma": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nfeeds = [\n    {url="https://a.example/f"} # c1\n  , {url="https://a.example/g"} # c2\n]\n',
    "bom": '\ufeff[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nfeeds = [{url="https://a.example/f"}]\n',
    "feeds dotted header": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nfeeds=[{url="https://a.example/f"}]\nheaders={Accept="z"} #c\n',
    "empty inline": '[[source]]\nid="a"\nname="A"\nurl="https://a.example/"\nfeeds=[{   url="https://a.example/f"   }]\n',
}


def comments(text: str) -> list[str]:
    return re.findall(r"#[^\r\n]*", text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_source_is_switched_off_and_on_in_any_layout(write_config, layout: str) -> None:
    text = LAYOUTS[layout]
    directory = write_config({"sources/kazakhstan.toml": text.encode()})
    before = [source.id for source in load(directory).sources]
    for enabled in (False, True):
        path, changed = edit.set_enabled(directory, "a", enabled)
        assert changed
        held = {source.id: source for source in load(directory).sources}
        assert {feed.enabled for feed in held["a"].feeds} == {enabled}
        assert list(held) == before
        written = path.read_bytes().decode()
        assert comments(written) == comments(text)
        assert written.count("\r\n") == (written.count("\n") if "\r\n" in text else 0)
