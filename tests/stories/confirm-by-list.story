# Many are rebooting, few describe calls are to be had: lists of whatever is not RUNNING instead of
# looks. Seen down, then absent from two complete lists that began later: succeeded by absence. At
# one call a second, five can be read by ID per interval of one second; here are six.
set api.rate_limit 1
set confirm.interval 1s
hide intents calls events

request r1 ein-[1-6]
wait 2s
ein-[1-6] is REBOOTING
answer 1 ok
    list of REBOOTING and 4 more: ein-1 REBOOTING, ein-2 REBOOTING, ein-3 REBOOTING, ein-4 REBOOTING, ein-5 REBOOTING, ein-6 REBOOTING
show events
ein-3 is RUNNING
# A list is two calls: a filter takes five of the eight states. The first one has seen ein-3 down;
# two more have to miss it.
wait 5100ms
    list of SHUTDOWN and 2 more: none
    list of REBOOTING and 4 more: ein-1 REBOOTING, ein-2 REBOOTING, ein-4 REBOOTING, ein-5 REBOOTING, ein-6 REBOOTING
    list of SHUTDOWN and 2 more: none
    list of REBOOTING and 4 more: ein-1 REBOOTING, ein-2 REBOOTING, ein-4 REBOOTING, ein-5 REBOOTING, ein-6 REBOOTING
    list of SHUTDOWN and 2 more: none
    ledger: seen ein-3 absent
    event: r1/ein-3 succeeded attempts=1 call=1 batch=6 confirmedBy=absence

# Listed in a state that does not lead to RUNNING: read by ID, since only that is believed.
ein-6 is STOPPED
hide lists
wait 6s
    look: ein-6 STOPPED
    look: ein-6 STOPPED
    ledger: seen ein-6 down
    event: r1/ein-6 failed attempts=1 call=1 batch=6 error=instance.down

# Few are left: back to looks.
hide seen events
ein-[4-5] is RUNNING
ein-1 is RUNNING
wait 6s
    look: ein-2 REBOOTING
    look: ein-2 REBOOTING
