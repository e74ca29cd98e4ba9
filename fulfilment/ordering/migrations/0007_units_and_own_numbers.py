"""What a line was ordered in, and the dealer's own number for it, as they were then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fulfilment_ordering", "0006_promotions"),
    ]

    operations = [
        migrations.AddField(
            model_name="dealerorderline",
            name="own_number",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="own item number"
            ),
        ),
        migrations.AddField(
            model_name="dealerorderline",
            name="ordered_unit",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="ordered in"),
        ),
        migrations.AddField(
            model_name="dealerorderline",
            name="ordered_factor",
            field=models.PositiveIntegerField(db_default=1, default=1, verbose_name="contents of it"),
        ),
    ]
