"""How what a dealer accepted gets to the consumer, and back: parcels, pickup codes, overrides and returns.

Stock and states move through `fulfilment.allocation.held` alone; here stands what is known beside them: which carrier
has which lines, which code was shown at which outlet, who let goods go without one, and why goods came back.
"""
