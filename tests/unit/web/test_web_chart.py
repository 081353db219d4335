"""The geometry of the charts: nothing is drawn outside, lost, or out of scale."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.store.reading import Volume
from aggregator.web.chart import HEIGHT, WIDTH, chart, nice, shares

TODAY = 20779


def _volume(day: int, language: str, reports: int, source: str = "s") -> Volume:
    return Volume("t", day, language, source, reports)


volumes = st.lists(
    st.builds(
        _volume, st.integers(TODAY - 20, TODAY + 2), st.sampled_from(["ru", "kk", "und", "en"]), st.integers(1, 5000)
    ),
    max_size=40,
)


@given(volumes)
def test_every_report_of_the_days_shown_is_drawn_once_and_inside(found: list[Volume]) -> None:
    made = chart(found, TODAY, ("ru", "kk"))
    shown = sum(v.reports for v in found if TODAY - 14 < v.day <= TODAY)
    assert made.total == shown == sum(column.total for column in made.columns) == sum(n for _, n in made.languages)
    for column in made.columns:
        assert column.total <= made.top
        assert 0 <= column.x < column.x + column.width <= WIDTH
        for bar in column.bars:
            assert -0.02 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.02
        assert abs(sum(bar.height for bar in column.bars) - HEIGHT * column.total / made.top) < 0.1


def test_languages_are_stacked_in_the_order_of_the_site_others_on_top() -> None:
    made = chart([_volume(TODAY, code, 1) for code in ("und", "kk", "ru")], TODAY, ("ru", "kk"))
    bars = made.columns[-1].bars
    assert [bar.language for bar in bars] == ["ru", "kk", "und"]
    assert bars[0].y > bars[1].y > bars[2].y


def test_scales_end_on_numbers_whose_half_is_whole() -> None:
    assert [nice(top) for top in (0, 1, 4, 5, 7, 9, 10, 11, 41, 99, 101)] == [2, 2, 4, 6, 8, 10, 10, 20, 50, 100, 200]


def test_sources_are_ranked_and_measured_against_the_biggest() -> None:
    found = shares(
        [_volume(1, "ru", 3, "b"), _volume(2, "ru", 1, "b"), _volume(1, "kk", 1, "a"), _volume(1, "kk", 1, "c")]
    )
    assert [(share.source, share.reports, share.percent) for share in found] == [
        ("b", 4, 100),
        ("a", 1, 25),
        ("c", 1, 25),
    ]
