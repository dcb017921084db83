# A batch that the API finds too large is halved, and so are the next ones of its lane.
hide looks events

request r1 ein-[01-12]
wait 200ms
    ledger: intent 1 SOFT ein-01 .. ein-12 (12)
    call 1: SOFT ein-01 .. ein-12 (12)
answer 1 InvalidParameterValue.ParameterValueTooLarge
    ledger: seen ein-01 clear, ein-02 clear, ein-03 clear, ein-04 clear, ein-05 clear
wait 500ms
    ledger: seen ein-06 clear, ein-07 clear, ein-08 clear, ein-09 clear, ein-10 clear
    ledger: intent 2 SOFT ein-01 ein-02 ein-03 ein-04 ein-05 ein-06
    call 2: SOFT ein-01 ein-02 ein-03 ein-04 ein-05 ein-06
    ledger: seen ein-11 clear, ein-12 clear
    ledger: intent 3 SOFT ein-07 ein-08 ein-09 ein-10 ein-11 ein-12
    call 3: SOFT ein-07 ein-08 ein-09 ein-10 ein-11 ein-12
answer 2 ok
answer 3 ok
request r2 ein-[13-19]
    ledger: intent 4 SOFT ein-13 ein-14 ein-15 ein-16 ein-17 ein-18
    call 4: SOFT ein-13 ein-14 ein-15 ein-16 ein-17 ein-18
wait 500ms
    ledger: intent 5 SOFT ein-19
    call 5: SOFT ein-19
# Hard is another lane.
request r3 ein-[20-27] kind=HARD
wait 500ms
    ledger: intent 6 HARD ein-20 ein-21 ein-22 ein-23 ein-24 ein-25 ein-26 ein-27
    call 6: HARD ein-20 ein-21 ein-22 ein-23 ein-24 ein-25 ein-26 ein-27
