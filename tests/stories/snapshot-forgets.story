# What is spent has no image, and is forgotten at END: nothing is open, the closed requests are past
# dedup.window and their expiresAt, and the last reboot is too old to serve anybody.
set snapshot_bytes_min 300
set request.max_age 1m
set dedup.window 10s
set confirm.enabled false

request r1 ein-a
    event: r1/ein-a accepted
wait 1s
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched final attempts=1 call=1
wait 30s
request r1 ein-a
    event: r1/ein-a dispatched final attempts=1 call=1 (again)
wait 10m
request r2 ein-b notBefore=+1m
    event: r2/ein-b accepted
request r3 ein-c notBefore=+1m
    ledger: begin
    ledger: image ein-b ein-c
    ledger: end
    event: r3/ein-c accepted
# r1 is a new request.
request r1 ein-a
    event: r1/ein-a accepted
