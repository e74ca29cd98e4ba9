"""A sequence for order numbers: gaps are harmless, doubles are not."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("fulfilment_ordering", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE fulfilment_ordering_number START 1", "DROP SEQUENCE fulfilment_ordering_number"
        )
    ]
