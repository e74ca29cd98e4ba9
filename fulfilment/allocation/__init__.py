"""Which outlet fulfils a consumer order, and why.

The decision is one pure function, `plan.plan(order, snapshot, rules)`, used live, in batches (`batch`) and in
simulation alike: `facts` and `rules` go in; `eligibility` says who may, `parcels` what each would cost, `search` which
parcels are cheapest together, and `trace` why. These modules import no Django and read no clock.
"""
