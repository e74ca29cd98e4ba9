"""The demo company's public pages, as Wagtail pages in both languages."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from pathlib import Path

from django.core.files.images import ImageFile
from wagtail.images.models import Image
from wagtail.models import Locale

from portal.cms.models import HomePage, NewsIndexPage, NewsPage
from portal.demo.company.stories import HOME, NEWS, Text

LANGUAGES = {"en": "en", "zh-hans": "zh"}
NEWS_TITLE = Text("News", "新闻")


def are_loaded() -> bool:
    """Whether the last page of a load is there: the news of the last language come last."""
    return NewsPage.objects.count() >= len(NEWS) * len(LANGUAGES)


def load(today: date, pictures: Path) -> None:
    """Fill the home page and the news of each language; news that is there already is left alone."""
    picture = _picture(pictures / HOME.picture)
    for language, words in LANGUAGES.items():
        home = HomePage.objects.get(locale=Locale.objects.get(language_code=language), depth=2)
        home.headline = getattr(HOME.title, words)
        home.introduction = f"{getattr(HOME.lead, words)}\n{getattr(HOME.introduction, words)}"
        home.body = (
            "".join(
                f"<h3>{escape(getattr(each.title, words))}</h3><p>{escape(getattr(each.body, words))}</p>"
                for each in HOME.features
            )
            + f"<p>{escape(getattr(HOME.closing, words))}</p>"
        )
        home.picture = picture
        home.save_revision().publish()
        _load_news(home, words, today)


def _load_news(home: HomePage, words: str, today: date) -> None:
    index = NewsIndexPage.objects.child_of(home).first()
    if index is None:
        index = NewsIndexPage(title=getattr(NEWS_TITLE, words), slug="news", show_in_menus=True, locale=home.locale)
        home.add_child(instance=index)
    for story in NEWS:
        if not NewsPage.objects.child_of(index).filter(slug=story.slug).exists():
            index.add_child(
                instance=NewsPage(
                    title=getattr(story.title, words),
                    slug=story.slug,
                    locale=home.locale,
                    date=today - timedelta(days=story.days_ago),
                    summary=getattr(story.summary, words),
                    body="".join(f"<p>{escape(getattr(paragraph, words))}</p>" for paragraph in story.body),
                )
            )


def _picture(path: Path) -> Image:
    image = Image.objects.filter(title=path.stem).first()
    if image is None:
        with path.open("rb") as file:
            image = Image.objects.create(title=path.stem, file=ImageFile(file, name=path.name))
    return image
