# After an accepted reboot the instance ends in a state that does not lead to RUNNING, or is gone: two
# reads in a row, and it has failed.
set confirm.interval 5s

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1 batch=2
    event: r1/ein-b dispatched attempts=1 call=1 batch=2
ein-a is STOPPED
ein-b is gone
wait 500ms
    look: ein-a STOPPED, ein-b gone
wait 5s
    look: ein-a STOPPED, ein-b gone
    ledger: seen ein-a down, ein-b down
    event: r1/ein-a failed attempts=1 call=1 batch=2 error=instance.down
    event: r1/ein-b failed attempts=1 call=1 batch=2 error=instance.down
