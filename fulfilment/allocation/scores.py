"""How dealers do, counted anew from their offers and allocations; what ranking and fairness look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from fulfilment.allocation.models import ConsumerTerms
from pricing.margins.amounts import MILLION, half_up

#: What is believed of a dealer before it was asked: it signed the contract, so four asks in five. As much evidence as
#: five answers: one "no" makes it two in three, not never, and ten answers outweigh it.
PRIOR_YES, PRIOR_NO = 4, 1
PRIOR_ACCEPTANCE = half_up(PRIOR_YES * MILLION, PRIOR_YES + PRIOR_NO)
#: An answer counts half after so many days; what is older than a year (a sixty-fourth) is not counted at all.
HALF_LIFE_DAYS, COUNTED_DAYS = 60, 365
FAIRNESS_DAYS = 30

# Asked is who had to answer: what was given without asking says nothing about acceptance. Withdrawn and superseded
# offers are nobody's fault. Units are those that an open offer holds and those accepted and not cancelled.
REFRESH = """
WITH answers AS (
    SELECT f.dealer_id, count(*) AS asked,
           count(*) FILTER (WHERE f.state = 'accepted') AS accepted,
           count(*) FILTER (WHERE f.state = 'declined') AS declined,
           count(*) FILTER (WHERE f.state = 'expired') AS expired,
           sum(a.weight) FILTER (WHERE f.state = 'accepted') AS yes,
           sum(a.weight) AS every,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.answered_at - f.sent_at) / 60)
               FILTER (WHERE f.state <> 'expired') AS minutes
    FROM fulfilment_allocation_offer f
    CROSS JOIN LATERAL (
        SELECT 0.5 ^ (greatest(extract(epoch FROM %(now)s - coalesce(f.answered_at, f.expires_at)), 0)::double precision
                      / (86400 * %(half_life)s)) AS weight
    ) a
    WHERE f.sent_at > %(since)s AND f.expires_at IS NOT NULL AND f.state IN ('accepted', 'declined', 'expired')
    GROUP BY f.dealer_id
), sendings AS (
    SELECT l.dealer_id, count(*) AS sent, count(*) FILTER (WHERE f.ship_by IS NULL OR l.sent_at <= f.ship_by) AS on_time
    FROM fulfilment_allocation_allocation l JOIN fulfilment_allocation_offer f ON f.id = l.offer_id
    WHERE l.accepted_at > %(since)s AND l.sent_at IS NOT NULL
    GROUP BY l.dealer_id
), leavings AS (
    SELECT l.dealer_id, count(*) AS times
    FROM fulfilment_allocation_unclaimrequest u
    JOIN fulfilment_allocation_allocation l ON l.offer_id = u.allocation_id
    WHERE u.granted AND u.at > %(since)s
    GROUP BY l.dealer_id
), takings AS (
    SELECT dealer_id, sum(quantity) AS units
    FROM (
        SELECT f.dealer_id, l.quantity
        FROM fulfilment_allocation_offer f JOIN fulfilment_allocation_offerline l ON l.offer_id = f.id
        WHERE f.state = 'sent' AND f.holds AND f.sent_at > %(fair_since)s
        UNION ALL
        SELECT f.dealer_id, l.quantity
        FROM fulfilment_allocation_offer f
        JOIN fulfilment_allocation_allocationline l ON l.allocation_id = f.id
        WHERE f.state = 'accepted' AND f.sent_at > %(fair_since)s AND l.cancelled_at IS NULL
    ) taken
    GROUP BY dealer_id
)
INSERT INTO fulfilment_allocation_dealerscore
    (dealer_id, acceptance, asked, accepted, declined, expired, answer_minutes, sent, sent_on_time, "left", units,
     counted_at)
SELECT c.dealer_id,
       round(1000000 * (%(yes)s + coalesce(answers.yes, 0)) / (%(yes)s + %(no)s + coalesce(answers.every, 0)))::integer,
       coalesce(answers.asked, 0), coalesce(answers.accepted, 0), coalesce(answers.declined, 0),
       coalesce(answers.expired, 0), round(greatest(answers.minutes, 0))::integer, coalesce(sendings.sent, 0),
       coalesce(sendings.on_time, 0), coalesce(leavings.times, 0), coalesce(takings.units, 0), %(now)s
FROM fulfilment_allocation_consumercontract c
LEFT JOIN answers ON answers.dealer_id = c.dealer_id
LEFT JOIN sendings ON sendings.dealer_id = c.dealer_id
LEFT JOIN leavings ON leavings.dealer_id = c.dealer_id
LEFT JOIN takings ON takings.dealer_id = c.dealer_id
ORDER BY c.dealer_id
ON CONFLICT (dealer_id) DO UPDATE SET
    acceptance = excluded.acceptance, asked = excluded.asked, accepted = excluded.accepted,
    declined = excluded.declined, expired = excluded.expired, answer_minutes = excluded.answer_minutes,
    sent = excluded.sent, sent_on_time = excluded.sent_on_time, "left" = excluded."left", units = excluded.units,
    counted_at = excluded.counted_at
"""


def refresh(now: dt.datetime) -> int:
    """Count the scores of all dealers with a contract anew, as of a moment; how many. Two statements.

    Acceptance is the mean of a Beta posterior in millionths. Answers of the last year count, and units of the days that
    the terms look back for fairness.
    """
    terms = ConsumerTerms.objects.filter(valid_from__lte=now).order_by("-valid_from", "-pk").first()
    fairness_days = terms.fairness_days if terms else FAIRNESS_DAYS
    parameters: dict[str, Any] = {
        "now": now,
        "since": now - dt.timedelta(days=COUNTED_DAYS),
        "fair_since": now - dt.timedelta(days=fairness_days),
        "half_life": HALF_LIFE_DAYS,
        "yes": PRIOR_YES,
        "no": PRIOR_NO,
    }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, parameters)
        return cursor.rowcount
