# R is requestedAt, within bounds: an upstream's clock can neither reach into the future nor dig up
# an old reboot.
set dedup.window 5m
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# Two minutes later, a clock that is an hour ahead: counted as made on arrival, so it is served. The
# formula alone (S > now + 1h - 5m) would say no.
wait 2m
request ahead ein-a requestedAt=+1h
    event: ahead/ein-a accepted
    event: ahead/ein-a succeeded servedBy=r1 call=1 confirmedBy=state

# Seven minutes after the reboot, with requestedAt three minutes before: R - 5m lies before S.
wait 5m
request believed ein-a requestedAt=-3m
    event: believed/ein-a accepted
    event: believed/ein-a succeeded servedBy=r1 call=1 confirmedBy=state

# Eleven minutes after it nobody reaches it any more: requestedAt is believed for dedup.window
# before the record, no longer.
wait 4m
request digs ein-a requestedAt=-20m
    event: digs/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
