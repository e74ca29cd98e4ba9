"""The design system: numbers and dates as shown, components as rendered, colours that can be read."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.components import charts
from portal.components.formats import (
    as_decimal,
    entered_number,
    format_amount,
    format_date,
    format_datetime,
    format_quantity,
)
from portal.components.templatetags.portal_ui import icon, money_table, state_chip

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "portal" / "static" / "portal" / "css"
OURS = [
    *(ROOT / "templates").glob("*.html"),
    *(ROOT / "templates" / "components").glob("*.html"),
    *(ROOT / "templates" / "account").glob("*.html"),
    *(ROOT / "templates" / "allauth").rglob("*.html"),
    ROOT / "templates" / "shop" / "base.html",
    ROOT / "templates" / "console" / "base.html",
]


def render(source: str, **context: object) -> str:
    return Template("{% load portal_ui %}" + source).render(Context(context))


class OrderForm(forms.Form):
    po_number = forms.CharField(label="PO number", help_text="Your own reference")
    delivery = forms.ChoiceField(choices=[("a", "Complete"), ("b", "Partial")], widget=forms.RadioSelect)
    notify = forms.BooleanField(label="Mail me", required=False)
    ship_to = forms.ChoiceField(choices=[("1", "Beilun")])
    token = forms.CharField(widget=forms.HiddenInput)


class TestNumbers:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (Decimal(12300), "12,300.00"),
            (Decimal("-1234567.5"), "-1,234,567.50"),
            (Decimal("4.1250"), "4.125"),
            (Decimal("1E+3"), "1,000.00"),
            (0, "0.00"),
            ("99999999999999.99", "99,999,999,999,999.99"),
            (None, "–"),
        ],
    )
    def test_an_amount_is_grouped_in_threes_with_two_decimals_or_more(
        self, language: str, value: Decimal | None, shown: str
    ) -> None:
        with translation.override(language):
            assert format_amount(value) == shown

    @given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
    def test_an_amount_never_loses_a_digit(self, value: Decimal) -> None:
        with translation.override("en"):
            assert Decimal(format_amount(value).replace(",", "")) == value

    def test_a_float_is_refused(self) -> None:
        with pytest.raises(TypeError):
            as_decimal(1.5)  # type: ignore[arg-type]  # the point of the test

    def test_words_are_refused(self) -> None:
        with pytest.raises(ValueError, match="Not a number"):
            as_decimal("a lot")

    def test_a_signed_amount_shows_its_plus(self) -> None:
        with translation.override("en"):
            assert format_amount(Decimal(5), signed=True) == "+5.00"

    @pytest.mark.parametrize(
        ("value", "shown"),
        [(Decimal("12.500"), "12.5"), (Decimal(1200), "1,200"), (Decimal("10.00"), "10"), (0, "0")],
    )
    def test_a_quantity_has_no_idle_zeros(self, value: Decimal, shown: str) -> None:
        with translation.override("en"):
            assert format_quantity(value) == shown

    @pytest.mark.parametrize(
        ("value", "shown"),
        [("244.8000", "244.80"), ("0.0125", "0.0125"), ("1E+3", "1000.00"), ("0.0000", "0.00"), ("-7.000", "-7.00")],
    )
    def test_a_stored_number_stands_in_its_box_without_idle_zeros(self, value: str, shown: str) -> None:
        assert str(entered_number(Decimal(value))) == shown


class TestDates:
    def test_the_day_is_the_one_in_the_time_zone(self) -> None:
        moment = dt.datetime(2026, 11, 20, 20, 30, tzinfo=dt.UTC)
        with translation.override("en"), _zone("Asia/Shanghai"):
            assert format_date(moment) == "21 Nov 2026"
            assert format_datetime(moment) == "21 Nov 2026, 04:30"

    def test_in_chinese_the_year_comes_first(self) -> None:
        with translation.override("zh-hans"):
            assert format_date(dt.date(2026, 11, 2)) == "2026-11-02"


def _zone(name: str):  # type: ignore[no-untyped-def]  # django's own context manager
    from zoneinfo import ZoneInfo

    from django.utils import timezone

    return timezone.override(ZoneInfo(name))


class TestChips:
    def test_a_state_is_a_word_with_the_colour_of_its_code(self) -> None:
        assert state_chip("Rejected", "rejected") == '<span class="p-chip p-chip-bad">Rejected</span>'

    def test_an_unknown_state_is_neutral(self) -> None:
        assert "p-chip-neutral" in state_chip("Odd", "never_heard_of")

    def test_the_word_is_escaped(self) -> None:
        assert "<b>" not in state_chip("<b>")

    def test_an_icon_with_a_label_is_read_aloud(self) -> None:
        assert 'aria-label="Truck"' in icon("truck", 20, "Truck")
        assert 'aria-hidden="true"' in icon("truck")


class TestFields:
    def test_an_error_stands_at_its_field_and_is_tied_to_it(self) -> None:
        html = render("{% field form.po_number %}", form=OrderForm({}))
        assert 'aria-invalid="true"' in html
        assert 'aria-describedby="id_po_number_helptext id_po_number_error"' in html
        assert 'id="id_po_number_error"' in html
        assert 'id="id_po_number_helptext"' in html

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("po_number", 'class="form-control"'),
            ("ship_to", 'class="form-select"'),
            ("notify", 'class="form-check-input"'),
            ("delivery", "<fieldset"),
            ("token", 'type="hidden"'),
        ],
    )
    def test_each_kind_of_field_gets_its_layout(self, name: str, expected: str) -> None:
        assert expected in render("{% field bound %}", bound=OrderForm()[name])

    def test_the_summary_links_to_every_field_in_error(self) -> None:
        html = render("{% error_summary form %}", form=OrderForm({"delivery": "a", "ship_to": "1", "token": "x"}))
        assert html.count("<li>") == 1
        assert 'href="#id_po_number"' in html

    def test_there_is_no_summary_without_errors(self) -> None:
        assert render("{% error_summary form %}", form=OrderForm()).strip() == ""


class TestTables:
    def test_cells_are_formatted_by_their_column(self) -> None:
        columns = [{"label": "Date", "kind": "date"}, {"label": "Doc"}, {"label": "Debit", "kind": "amount"}]
        with translation.override("en"):
            laid_out = money_table(columns, [(dt.date(2026, 1, 2), ("INV-1", "/i/1"), Decimal(1200))])
        cells = laid_out["rows"][0]
        assert [cell["text"] for cell in cells] == ["2 Jan 2026", "INV-1", "1,200.00"]
        assert cells[1]["url"] == "/i/1"

    def test_a_row_of_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="longer"):
            money_table([{"label": "A"}, {"label": "B"}], [("only one",)])

    def test_the_shell_keeps_its_content(self) -> None:
        html = render('{% table label="Lines" %}<tbody><tr><td>{{ x }}</td></tr></tbody>{% endtable %}', x="<i>")
        assert 'aria-label="Lines"' in html
        assert "<td>&lt;i&gt;</td>" in html


class TestCharts:
    def test_columns_scale_to_the_highest(self) -> None:
        bars = charts.columns([("Jan", Decimal(50)), ("Feb", Decimal(200)), ("Mar", Decimal(-3))])
        assert [bar.size for bar in bars] == [25, 100, 0]

    def test_nothing_to_show_is_no_error(self) -> None:
        assert charts.columns([]) == []
        assert [bar.size for bar in charts.stack([("a", 0)])] == [0]

    @given(st.lists(st.decimals(min_value=0, max_value=10**9, places=2), min_size=1, max_size=12))
    def test_a_stack_fills_the_whole_without_gaps(self, values: list[Decimal]) -> None:
        bars = charts.stack([("x", value) for value in values])
        assert sum(bar.size for bar in bars) == (100 if sum(values) else 0)
        assert all(left.offset + left.size == right.offset for left, right in itertools.pairwise(bars))

    def test_a_chart_has_its_figures_as_a_table(self) -> None:
        with translation.override("de"):
            html = render('{% bar_chart points title="Purchases" %}', points=[("Jan", Decimal("12.5")), ("Feb", 3)])
        assert "<table" in html
        assert 'height="24.00"' in html  # SVG wants a point whatever the language


def _tokens(*names: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        found |= dict(re.findall(r"--p-([\w-]+): (#[0-9a-f]{6});", (CSS / name).read_text()))
    return found


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT_PAIRS = [
    *((text, ground) for text in ("ink", "muted", "link") for ground in ("canvas", "surface", "sunken")),
    *((text, ground) for text in ("good", "warn", "bad") for ground in ("canvas", "surface", f"{text}-soft")),
    *(("ink", f"{soft}-soft") for soft in ("accent", "good", "warn", "bad")),
    ("link", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad-fill"),
]
GRAPHIC_PAIRS = [("line-strong", "surface"), *((f"chart-{n}", "surface") for n in range(1, 6))]


@pytest.mark.parametrize("files", [("tokens.css",), ("tokens.css", "dark.css")], ids=["light", "dark"])
class TestColours:
    @pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
    def test_text_reads_at_aa(self, files: tuple[str, ...], text: str, ground: str) -> None:
        tokens = _tokens(*files)
        assert _contrast(tokens[text], tokens[ground]) >= 4.5

    @pytest.mark.parametrize(("shape", "ground"), GRAPHIC_PAIRS)
    def test_shapes_stand_out(self, files: tuple[str, ...], shape: str, ground: str) -> None:
        tokens = _tokens(*files)
        assert _contrast(tokens[shape], tokens[ground]) >= 3


class TestTemplates:
    @pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_a_template_compiles_and_holds_no_inline_style_or_script(self, path: Path) -> None:
        get_template(str(path.relative_to(ROOT / "templates")))
        source = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", source)

    @pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
    @pytest.mark.usefixtures("_plain_static")
    def test_an_error_page_needs_no_context(self, name: str) -> None:
        html = get_template(name).render()
        assert "<h1>" in html
        assert 'href="/"' in html

    def test_our_javascript_stays_small(self) -> None:
        sizes = [path.stat().st_size for path in (ROOT / "portal" / "static" / "portal" / "js").glob("*.js")]
        assert sum(sizes) < 50_000


@pytest.fixture
def _plain_static(settings: object) -> None:
    settings.STORAGES = {  # type: ignore[attr-defined]  # pytest-django's settings wrapper
        **settings.STORAGES,  # type: ignore[attr-defined]
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
