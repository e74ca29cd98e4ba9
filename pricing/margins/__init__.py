"""What a dealer keeps of a consumer order, and what the supplier adds so that it is never less than agreed.

Pure. Money is in integer minor units of the order's currency, tax included unless a name says `net`; rates are whole
millionths (`percent("13")` is 130,000), so no rounding happens but where it is named. `amounts` rounds and shares,
`terms` says what goes in, `settle` what comes out, `journal` who owes whom, `returns` takes it back, `spread` brings
amounts of an order to its lines and `planning` tells prices beforehand.
"""
