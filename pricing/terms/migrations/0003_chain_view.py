"""The one place that says which lists count for a dealer and in which order; see `pricing.terms.models.ChainEntry`.

An own list is always nearer than a group's, so a list that a dealer has both ways is left out of the group's part. The
parts are a plain UNION ALL, so that PostgreSQL takes the dealer of a query into each of them.
"""

from django.db import migrations

VIEW = """
CREATE VIEW pricing_terms_chain AS
SELECT l.owner_dealer_id AS dealer_id, l.id AS price_list_id, 0 AS rank
  FROM pricing_terms_pricelist l
  JOIN dealers_accounts_dealer d ON d.id = l.owner_dealer_id AND d.currency = l.currency
 WHERE l.kind = 'exceptions' AND l.is_active
UNION ALL
SELECT own.dealer_id, own.price_list_id, own.priority::integer
  FROM pricing_terms_dealerpricelist own
  JOIN dealers_accounts_dealer d ON d.id = own.dealer_id
  JOIN pricing_terms_pricelist l ON l.id = own.price_list_id AND l.currency = d.currency
 WHERE l.kind <> 'exceptions' AND l.is_active
UNION ALL
SELECT d.id, shared.price_list_id, 100000 + shared.priority
  FROM dealers_accounts_dealer d
  JOIN pricing_terms_grouppricelist shared ON shared.group_id = d.group_id
  JOIN pricing_terms_pricelist l ON l.id = shared.price_list_id AND l.currency = d.currency
 WHERE l.kind <> 'exceptions' AND l.is_active
   AND NOT EXISTS (
       SELECT 1 FROM pricing_terms_dealerpricelist own
        WHERE own.dealer_id = d.id AND own.price_list_id = shared.price_list_id
   )
"""


class Migration(migrations.Migration):
    dependencies = [("pricing_terms", "0002_groups_formulas_exceptions")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW pricing_terms_chain")]
