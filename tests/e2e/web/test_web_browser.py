"""The site in Chromium, with scripts switched off: it reads well on a phone, by keyboard, in the dark, in five languages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGES = ("/", "/topics/middle-corridor", "/sources", "/nope")
Page = Any

CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c.slice(0, 3); } return [255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest('svg') || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), [a, b] = [light(rgb(style.color).slice(0, 3)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), big = parseFloat(style.fontSize) >= 24;
    if (ratio < (big ? 3 : 4.5)) poor.push(`${e.className || e.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""


@pytest.fixture
def look(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page in a window of its own; what the browser complains of fails the test."""
    contexts, complaints = [], []

    def opened(path: str, width: int = 1200, scheme: str = "light", *, scripts: bool = False, **more: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in complaints if "404" not in text] == []


AXE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def findings(page: Page) -> list[str]:
    """What axe-core finds, of any impact."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": list(AXE)}).response["violations"]
    return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def story(page: Page) -> str:
    return str(page.locator("article.story a.count").first.get_attribute("href"))


def test_a_reader_finds_from_the_front_page_to_a_story_and_its_publisher(look: Callable[..., Page]) -> None:
    page = look("/?hl=en")
    page.get_by_role("link", name="Middle Corridor", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Middle Corridor"
    page.locator("article.story a.count").first.click()
    assert page.get_by_role("heading", name="Why these are one story").is_visible()
    link = page.locator("article.report h4 a").first
    assert ".example" in str(link.get_attribute("href"))
    assert "noopener" in str(link.get_attribute("rel"))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ru", "kk", "az", "tr"])
def test_nothing_is_wider_than_a_small_phone(look: Callable[..., Page], path: str, language: str) -> None:
    page = look(f"{path}?hl={language}", 360, scripts=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(look: Callable[..., Page], scheme: str) -> None:
    for path in (*PAGES, story(look("/topics/middle-corridor"))):
        assert look(path, scheme=scheme, scripts=True).evaluate(CONTRAST) == [], path


def test_dark_mode_follows_the_reader(look: Callable[..., Page]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    colours = {scheme: look("/", scheme=scheme, scripts=True).evaluate(ground) for scheme in ("light", "dark")}
    assert colours == {"light": "rgb(251, 250, 247)", "dark": "rgb(18, 24, 27)"}


def test_the_keyboard_skips_to_the_content_and_sees_where_it_is(look: Callable[..., Page]) -> None:
    page = look("/?hl=en", scripts=True)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to content"
    assert focused.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("e => document.querySelector('main').contains(e)")
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_everything_that_can_be_clicked_has_a_name(look: Callable[..., Page]) -> None:
    for path in PAGES:
        page = look(path)
        for link in page.get_by_role("link").all():
            assert (link.inner_text() or link.get_attribute("aria-label") or "").strip(), path


def test_the_browser_finds_the_feeds_of_a_page(look: Callable[..., Page], address: str) -> None:
    page = look("/topics/green-energy")
    feeds = [
        link.get_attribute("href") for link in page.locator('link[rel=alternate][type="application/atom+xml"]').all()
    ]
    assert f"{address}/feeds/green-energy.atom" in feeds


def test_a_feed_opened_in_the_browser_tells_how_to_subscribe(look: Callable[..., Page], address: str) -> None:
    page = look("/feeds/kz-az.atom")
    assert page.get_by_role("heading", level=1).inner_text()
    assert page.locator("input").input_value() == f"{address}/feeds/kz-az.atom"


def test_the_reader_of_another_language_is_spoken_to_in_it(look: Callable[..., Page]) -> None:
    assert look("/", locale="kk-KZ").get_by_role("heading", level=2).first.inner_text() == "Тақырыптар"
    page = look("/?hl=az")
    page.get_by_role("link", name="Mənbələr").click()
    assert page.locator("html").get_attribute("lang") == "az"


def test_names_of_sources_and_states_are_told_on_a_phone(look: Callable[..., Page]) -> None:
    page = look("/sources?hl=en", 360)
    assert page.get_by_text("The site answers with status 500.").is_visible()
    assert page.get_by_text("Qamal Times").is_visible()


# ---------------------------------------------------------------- the operator's page, and everybody's access


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(look: Callable[..., Page], desk: str, scheme: str) -> None:
    paths = (*PAGES, story(look("/topics/middle-corridor")), desk, f"{desk}/plan?topic=kz-az", "/feeds/kz-az.atom")
    found = {path: findings(look(path, scheme=scheme, scripts=True, bypass_csp=True)) for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["en", "ru", "kk", "az", "tr"])
def test_stories_and_the_operators_page_fit_a_small_phone(look: Callable[..., Page], desk: str, language: str) -> None:
    tale = story(look("/topics/middle-corridor"))
    for path in (f"{tale}?", f"{desk}?", f"{desk}/plan?topic=kz-az&"):
        page = look(f"{path}hl={language}", 360, scripts=True)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path


def test_the_operator_sees_what_is_ill_and_asks_why(look: Callable[..., Page], desk: str, newsroom: Any) -> None:
    from aggregator import store

    page = look(f"{desk}?hl=en")
    assert page.get_by_role("heading", level=1).inner_text() == "Operations"
    assert page.locator(".incidents .state-failing").first.is_visible()
    with newsroom[1].reading() as db:
        one = next(a for a in store.reading.articles(db) if any(m.topic == "middle-corridor" for m in a.topics))
    page.get_by_label("Article number", exact=True).fill(str(one.id))
    page.get_by_role("button", name="Explain").click()
    assert page.get_by_role("row", name="✓ Middle Corridor").is_visible()


def test_the_operator_tries_an_edit_that_is_not_saved(look: Callable[..., Page], desk: str) -> None:
    page = look(f"{desk}?hl=en")
    page.get_by_role("link", name="Plan").click()
    page.get_by_role("link", name="kz-az").click()
    text = page.get_by_label("topics/kz-az.toml")
    before = text.input_value()
    text.fill(before.replace("[tests]", "[testz]"))
    page.get_by_role("button", name="Check and plan").click()
    assert page.locator(".faults").inner_text().startswith("topics/kz-az.toml:")
    text.fill(before.replace("min_score = 5", "min_score = 1000"))
    page.get_by_role("button", name="Check and plan").click()
    assert page.get_by_role("heading", name="Articles that leave").is_visible()
    assert page.locator(".moves li").first.is_visible()
    page.goto(f"{page.url}&topic=kz-az")
    assert text.input_value() == before


def test_the_operator_works_by_keyboard_alone(look: Callable[..., Page], desk: str, newsroom: Any) -> None:
    from aggregator import store

    with newsroom[1].reading() as db:
        pair = [str(one.id) for one, _ in zip(store.reading.articles(db), range(2), strict=False)]
    page = look(f"{desk}?hl=en", scripts=True)
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("id") == "articles":
            break
    page.keyboard.type(" ".join(pair))
    page.keyboard.press("Tab")
    page.keyboard.type("a test says so")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "One story"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()


def test_every_link_of_the_front_page_is_reached_by_keyboard_in_the_order_of_reading(look: Callable[..., Page]) -> None:
    page = look("/?hl=en", scripts=True)
    links = page.evaluate("[...document.querySelectorAll('a[href], summary, button, input')].map(e => e.outerHTML)")
    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").evaluate("e => e.outerHTML"))
    assert reached == links
