# "Not running": the state decides. On its way to RUNNING an instance waits and is tried again; in a
# state that leads nowhere it fails, with the API's error; the others go on.
request r1 ein-run ein-start ein-stop
    event: r1/ein-run accepted
    event: r1/ein-start accepted
    event: r1/ein-stop accepted
wait 200ms
    ledger: intent 1 SOFT ein-run ein-start ein-stop
    call 1: SOFT ein-run ein-start ein-stop
ein-start is STARTING after StartInstances OPERATING
ein-stop is STOPPED after StopInstances
answer 1 ResourceUnavailable.InstanceNotRunning
    look: ein-run RUNNING, ein-start STARTING, ein-stop STOPPED
    ledger: seen ein-run clear, ein-stop not runnable
    event: r1/ein-stop failed attempts=1 call=1 batch=3 error=ResourceUnavailable.InstanceNotRunning
wait 200ms
    ledger: intent 2 SOFT ein-run
    call 2: SOFT ein-run
answer 2 ok
    event: r1/ein-run dispatched attempts=2 call=2
hide looks
wait 10s
ein-start is RUNNING
wait 5s
    ledger: seen ein-start clear
    ledger: intent 3 SOFT ein-start
    call 3: SOFT ein-start
answer 3 ok
    event: r1/ein-start dispatched attempts=2 call=3
