"""Lines of carts that were open before lines had a side of their own."""

from django.db import migrations

FILL = """
INSERT INTO fulfilment_ordering_cartline (line_id, unit, note, added_by_id, changed_by_id, changed_at, version)
SELECT l.id, '', '', c.user_id, c.user_id, coalesce(l.date_updated, now()), 1
FROM basket_line l JOIN fulfilment_ordering_dealercart c ON c.basket_id = l.basket_id
WHERE c.is_open
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("fulfilment_ordering", "0003_carts_and_saved_lists")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
