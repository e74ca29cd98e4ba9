"""A home page in each language instead of Wagtail's placeholder, so that a fresh portal has a front door."""

from uuid import uuid4

from django.db import migrations

WORDS = {
    "en": ("Home", "home", "Order online", "Sign in to see your assortment, your prices and your orders."),
    "zh-hans": ("首页", "home-zh-hans", "在线订货", "登录后查看您的可订货品、专属价格和订单。"),
}


def make_home_pages(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType")
    locales = apps.get_model("wagtailcore", "Locale")
    pages = apps.get_model("wagtailcore", "Page")
    sites = apps.get_model("wagtailcore", "Site")
    home_pages = apps.get_model("portal_cms", "HomePage")
    pages.objects.filter(depth=2, slug="home").delete()
    sites.objects.all().delete()
    kind, _made = content_types.objects.get_or_create(app_label="portal_cms", model="homepage")
    key = uuid4()
    for place, (language, (title, slug, headline, introduction)) in enumerate(WORDS.items(), start=1):
        locale, _made = locales.objects.get_or_create(language_code=language)
        page = home_pages.objects.create(
            title=title,
            draft_title=title,
            slug=slug,
            content_type=kind,
            path=f"0001{place:04d}",
            depth=2,
            numchild=0,
            url_path=f"/{slug}/",
            locale=locale,
            translation_key=key,
            headline=headline,
            introduction=introduction,
        )
        if place == 1:
            sites.objects.create(hostname="localhost", site_name="", root_page=page, is_default_site=True)
    pages.objects.filter(depth=1).update(numchild=len(WORDS))


class Migration(migrations.Migration):
    dependencies = [("portal_cms", "0001_initial"), ("wagtailcore", "0098_apitoken")]

    operations = [migrations.RunPython(make_home_pages, migrations.RunPython.noop, elidable=False)]
