# After an attempt that may have had its effect nothing more is sent for an instance that cannot be
# read; a throttle, a refused signature or an unsent call would have been proof enough.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
reads fail
answer 1 ResourceUnavailable.InstanceNotRunning
    event: r1/ein-a retrying attempts=1 call=1 error=ResourceUnavailable.InstanceNotRunning
wait 2m
ein-a is REBOOTING
reads work
wait 30s
    ledger: seen ein-a it went
    event: r1/ein-a dispatched attempts=1 call=1
