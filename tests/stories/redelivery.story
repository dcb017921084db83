# Tasks that come again, since intake lost its offsets or a second one reads the same input, are
# dropped by their place in the input, whatever became of them.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
# Outstanding, in the air, done: nothing happens.
redeliver r1
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
redeliver r1
answer 1 FailedOperation.OperationNotAllow
    event: r1/ein-a failed attempts=1 call=1 error=FailedOperation.OperationNotAllow
redeliver r1
wait 1m

# A refusal has its one event, too.
refuse bad ein-b request.field.stopType
    event: bad/ein-b rejected error=request.field.stopType
redeliver bad
refuse worse - request.field.requestId
    event: worse/ rejected error=request.field.requestId
redeliver worse
