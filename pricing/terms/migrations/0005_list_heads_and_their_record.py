"""A list's Chinese name and days, and the record of who changed a list and whom it is given to."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

ONLY_GROWS = """
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON pricing_terms_pricelistchange
    FOR EACH ROW EXECUTE FUNCTION dealers_accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dealers_accounts", "0004_groups_and_margin"),
        ("pricing_terms", "0004_price_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceListChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_code", models.CharField(max_length=50, verbose_name="price list")),
                ("dealer_number", models.CharField(blank=True, max_length=50, verbose_name="dealer number")),
                ("group_code", models.CharField(blank=True, max_length=50, verbose_name="dealer group")),
                ("field", models.CharField(max_length=50, verbose_name="field")),
                ("old", models.CharField(blank=True, max_length=300, verbose_name="from")),
                ("new", models.CharField(blank=True, max_length=300, verbose_name="to")),
                ("by_name", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("source", models.CharField(max_length=100, verbose_name="source")),
            ],
            options={
                "verbose_name": "change of a price list",
                "verbose_name_plural": "changes of price lists",
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="pricelist",
            name="name_zh",
            field=models.CharField(blank=True, max_length=200, verbose_name="Chinese name"),
        ),
        migrations.AddField(
            model_name="pricelist",
            name="valid_from",
            field=models.DateField(blank=True, null=True, verbose_name="valid from"),
        ),
        migrations.AddField(
            model_name="pricelist",
            name="valid_to",
            field=models.DateField(blank=True, null=True, verbose_name="valid to"),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from__isnull", True),
                    ("valid_to__isnull", True),
                    ("valid_to__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="price_list_ends_after_it_starts",
            ),
        ),
        migrations.AddField(
            model_name="pricelistchange",
            name="by",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="pricelistchange",
            name="price_list",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="head_changes",
                to="pricing_terms.pricelist",
            ),
        ),
        migrations.AddIndex(
            model_name="pricelistchange",
            index=models.Index(fields=["price_list", "-id"], name="list_changes_by_list"),
        ),
        migrations.AddIndex(
            model_name="pricelistchange",
            index=models.Index(fields=["dealer_number", "-id"], name="list_changes_by_dealer"),
        ),
        migrations.RunSQL(ONLY_GROWS, "DROP TRIGGER only_grows ON pricing_terms_pricelistchange"),
    ]
