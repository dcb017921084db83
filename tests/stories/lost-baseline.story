# The read that a LatestOperation is compared with must be younger than the last reboot that is known:
# here the first reboot was confirmed by lists, so nobody has read ein-1 since.
set api.rate_limit 1
set confirm.interval 1s
set retry.initial 100ms
hide looks lists intents calls events notes
ein-[1-6] is RUNNING after StartInstances

request r1 ein-[1-6]
wait 2s
# Everybody is read: the latest operation is no reboot.
answer 1 OperationDenied.InstanceOperationInProgress It is `ein-1`.
    ledger: seen ein-1 clear, ein-2 clear, ein-3 clear, ein-4 clear, ein-5 clear
wait 5s
    ledger: seen ein-6 clear
ein-[1-6] is REBOOTING
answer 2 ok
answer 3 ok
show calls events
request r2 ein-1 allowRepeat
    event: r2/ein-1 accepted
wait 3s
ein-1 is RUNNING after RebootInstances
wait 6s
    ledger: seen ein-1 absent
    event: r1/ein-1 succeeded attempts=2 call=3 confirmedBy=absence
    call 4: SOFT ein-1
show notes
answer 4 lost
    note: an answer is lost; instances unknown: 1
# That it reads RebootInstances now is the first one's doing.
wait 60s
