# A cancel that overtakes its request is remembered: the request, when it comes, ends cancelled.
hide looks

cancel r1 ein-a
request r1 ein-a
    event: r1/ein-a accepted
    event: r1/ein-a cancelled
wait 1s

# It is remembered until its own expiresAt, not longer.
cancel r2 ein-a expiresAt=+1m
wait 61s
request r2 ein-a
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
