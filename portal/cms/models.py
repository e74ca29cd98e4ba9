"""Words and pictures for the public: the signed-out home page and the news."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

PLAIN_TEXT = ["bold", "italic", "link", "ol", "ul", "h3"]


class HomePage(Page):
    """What a visitor sees before signing in; one per language."""

    headline = models.CharField(_("headline"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    body = RichTextField(_("text"), blank=True, features=PLAIN_TEXT)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("headline"),
        FieldPanel("introduction"),
        FieldPanel("picture"),
        FieldPanel("body"),
    ]
    template = "cms/home_page.html"
    subpage_types: ClassVar[list[str]] = ["portal_cms.NewsIndexPage"]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds the three newest news items below this page."""
        context = super().get_context(request, *args, **kwargs)
        context["news"] = NewsPage.objects.live().descendant_of(self).order_by("-date", "-pk")[:3]
        return context


class NewsIndexPage(Page):
    """All news, newest first."""

    template = "cms/news_index_page.html"
    parent_page_types: ClassVar[list[str]] = ["portal_cms.HomePage"]
    subpage_types: ClassVar[list[str]] = ["portal_cms.NewsPage"]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds the news items of this language."""
        context = super().get_context(request, *args, **kwargs)
        context["news"] = NewsPage.objects.live().child_of(self).order_by("-date", "-pk")
        return context


class NewsPage(Page):
    """One announcement."""

    date = models.DateField(_("date"))
    summary = models.TextField(_("summary"))
    body = RichTextField(_("text"), features=PLAIN_TEXT)

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("date"),
        FieldPanel("summary"),
        FieldPanel("body"),
    ]
    template = "cms/news_page.html"
    parent_page_types: ClassVar[list[str]] = ["portal_cms.NewsIndexPage"]
    subpage_types: ClassVar[list[str]] = []
