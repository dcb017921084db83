# The API refuses a signature as too old: its clock and ours differ. That was not executed and does
# not count; the clock is learnt anew, and the next try is a new dispatch with a new intent and a
# fresh signature, never the old one signed again.
set retry.max_attempts 1
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
clock api +20s
answer 1 AuthFailure.SignatureExpire
    note: the API's clock differs by seconds: 20
wait 300ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a signed=+20s
answer 2 ok
    event: r1/ein-a dispatched attempts=2 call=2
