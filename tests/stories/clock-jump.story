# The API's Date jumps by more than api.settle: nothing is sent until a second answer agrees, since
# the horizon of every lost call rests on that clock.
set api.settle 30s
show probes
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
clock api -40s
answer 1 ok
    note: the API's clock jumped by seconds: -40
    list of REBOOTING and 0 more: none
    note: the API's clock differs by seconds: -40
    event: r1/ein-a dispatched attempts=1 call=1
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b signed=-40s

# One odd answer alone only makes it wait: the next one says what it did before.
hide probes
clock api +10m
reads fail
answer 2 ok
    note: the API's clock jumped by seconds: 640
    event: r2/ein-b dispatched attempts=1 call=2
request r3 ein-c
    event: r3/ein-c accepted
wait 10s
clock api -40s
reads work
wait 1s
    ledger: intent 3 SOFT ein-c
    call 3: SOFT ein-c signed=-40s
