"""The function that gives what fits a search best: step by step, in one call."""

from __future__ import annotations

from django.db import migrations

# It knows no dealer's assortment: whoever asks filters what comes out.
#
# Each search is planned with its own words (EXECUTE): of common ones enough are met soon in the table, rare ones are
# looked up. Which kind of text (name, fact) a word stands in is known only to the row itself, so no more than `reach`
# rows are read to find better ones. The table is always read from its beginning, so that the same comes out again.
CANDIDATES = """
CREATE FUNCTION portal_search_candidates(
    typed text, typed_end text, asking bigint,
    whole tsquery, named tsquery, stated tsquery, anywhere tsquery, whole_anywhere tsquery,
    most integer, reach integer
) RETURNS TABLE (step integer, code text, product_id bigint)
LANGUAGE plpgsql STABLE ROWS 100
SET synchronize_seqscans = off SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    better CONSTANT text := $sql$
        SELECT $1, '', hit.product_id FROM (
            SELECT e.product_id, e.words FROM portal_search_productentry e WHERE e.words @@ $2 LIMIT $3
        ) AS hit WHERE hit.words @@ $4 LIMIT $5$sql$;
    found integer;
    worst integer := 2;
BEGIN
    -- 0 a whole code, 1 the beginning of one
    IF typed <> '' THEN
        RETURN QUERY
            SELECT CASE WHEN near.key = typed THEN 0 ELSE 1 END, near.key::text, near.product_id FROM (
                (SELECT c.key, c.product_id FROM portal_search_productcode c
                 WHERE c.key >= typed AND c.key < typed_end ORDER BY c.key, c.product_id LIMIT most)
                UNION ALL
                (SELECT n.key, n.product_id FROM pricing_numbers_dealeritemnumber n
                 WHERE n.dealer_id = asking AND n.key >= typed AND n.key < typed_end
                 ORDER BY n.key, n.product_id LIMIT most)
            ) AS near ORDER BY near.key, near.product_id LIMIT most;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found >= most THEN
            RETURN;
        END IF;
    END IF;
    -- 2 all words whole in names, 3 in names, 4 in names, codes and facts, 5 anywhere
    found := 0;
    FOR step, code, product_id IN EXECUTE $sql$
        SELECT CASE WHEN e.words @@ $2 THEN 2 WHEN e.words @@ $3 THEN 3 WHEN e.words @@ $4 THEN 4 ELSE 5 END,
               '', e.product_id
        FROM portal_search_productentry e WHERE e.words @@ $1 LIMIT $5$sql$
        USING anywhere, whole, named, stated, most
    LOOP
        found := found + 1;
        worst := greatest(worst, step);
        RETURN NEXT;
    END LOOP;
    -- There are others: are there better ones?
    IF found < most OR worst = 2 THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE better USING 2, whole_anywhere, reach, whole, most;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found >= most OR worst = 3 THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE better USING 3, anywhere, reach, named, most;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found >= most OR worst = 4 THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE better USING 4, anywhere, reach, stated, most;
END
$$
"""
GONE = "DROP FUNCTION portal_search_candidates"


class Migration(migrations.Migration):
    """No table changes."""

    dependencies = [
        ("portal_search", "0002_codes_and_dictionary"),
        ("pricing_numbers", "__first__"),
    ]

    operations = [migrations.RunSQL(CANDIDATES, GONE)]
