#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Checks the models of the ledger protocol with spin. What must hold is searched to the end; each
# rule of the protocol is broken once (a define of that name), and the checker must refute it, for
# the reason named here.
#
#   run.sh         all
#   run.sh quick   what must hold within smaller bounds, and all that is broken: for each test run
#
# Two searches run at a time. All of it took 5 minutes and 9 GiB on two cores, quick half a minute.
# A counterexample by hand, for example:
#   spin -a -DNOT_WAITED ledger.pml && gcc -O2 -DSAFETY -DCOLLAPSE -DNOREDUCE -o pan pan.c
#   ./pan -E; spin -p -t -DNOT_WAITED ledger.pml
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$here/../../build/model
command -v spin >/dev/null || exit 77

# when, model, what is found (or: holds), broken rule (or: -), bounds
rows() {
    cat <<'END'
full  ledger   holds          -                     -DSNAPS=1 -DLATE=1 -DTWICE -DL=10
full  snapshot holds          -                     -DN=3 -DCLAIMS=3 -DL=10
full  outbox   holds          -                     -DLATE=1 -DL=9
full  ledger   holds          -                     -DSNAPS=2 -DVOIDS=2 -DL=11
quick ledger   holds          -                     -DSNAPS=0 -DLATE=1 -DTWICE -DL=9
quick ledger   holds          -                     -DSNAPS=1 -DL=10
quick ledger   holds          -                     -DSNAPS=0 -DN=3 -DL=10
quick snapshot holds          -                     -DCLAIMS=2 -DL=9
quick outbox   holds          -                     -DL=8
both  ledger   second-reboot  NOT_WAITED            -DSNAPS=0
both  ledger   second-reboot  CALL_BEFORE_READ_BACK -DSNAPS=0
both  ledger   second-reboot  CLAIM_NOT_AWAITED     -DSNAPS=0 -DCALLS=3 -DHARM_ONLY
both  ledger   second-reboot  EPOCH_IGNORED         -DSNAPS=0 -DCALLS=3
both  ledger   second-reboot  REPEATED_ACCEPTED     -DSNAPS=0 -DCALLS=3 -DLATE=1 -DTWICE
both  ledger   second-reboot  SIGNED_LATE           -DSNAPS=0
both  ledger   second-reboot  LOOSE_MATCH           -DSNAPS=2 -DHARM_ONLY -DCLAIMS=2
both  ledger   second-reboot  OLD_STATE_KEPT        -DSNAPS=1 -DHARM_ONLY
both  ledger   second-reboot  COMPACTION            -DSNAPS=0 -DCALLS=3 -DHARM_ONLY
both  ledger   second-reboot  REPLY_OF_ANOTHER      -DSNAPS=0 -DCALLS=3
both  ledger   reply-lost     REPLY_UNDER_PROPOSAL  -DSNAPS=1
both  ledger   reply-lost     REPLY_FORGOTTEN       -DSNAPS=0 -DCLAIMS=4 -DL=8
both  ledger   reply-lost     REPLY_DELETED         -DSNAPS=1 -DL=9
both  ledger   reply-lost     EVIDENCE_FIRST        -DSNAPS=0
both  snapshot task-lost      CURSOR_AHEAD          -DSNAPS=0
both  snapshot task-lost      GAP_ACCEPTED          -DSNAPS=0 -DLATE=1
both  snapshot joined-twice   CURSOR_IN_ENTRIES     -DNO_POSITIONS -DMARKS=0 -DCLAIMS=2 -DHARM_ONLY
both  snapshot joined-twice   CURSOR_NOT_IN_BEGIN   -DNO_POSITIONS -DCLAIMS=2 -DHARM_ONLY
both  snapshot state-differs  CURSOR_NOT_IN_BEGIN   -DCLAIMS=2
both  snapshot joined-twice   POSITIONS_IGNORED     -DCLAIMS=2
both  snapshot closed-twice   POSITION_NOT_IN_BEGIN -DCLAIMS=2 -DVOIDS=0 -DHARM_ONLY
both  snapshot state-differs  IMAGE_OMITTED         -DCLAIMS=2
both  snapshot image-stale    TASK_BEFORE_IMAGE     -DCLAIMS=2
both  snapshot state-differs  BEGIN_TOO_EARLY       -DCLAIMS=2
both  snapshot state-differs  END_NOT_AWAITED       -DCLAIMS=2
both  outbox   event-lost     MARK_AHEAD
both  outbox   event-lost     DELETED_UNMARKED
both  outbox   event-lost     ACK_BY_NUMBER         -DVOIDS=0 -DWINDOW=1
both  outbox   two-finals     PUBLISHED_BEFORE_READ_BACK
END
}

# The property behind an assertion of the models.
name_of() {
    case $1 in
    *effects==1*) echo second-reboot ;;
    *sealed*) echo call-without-intent ;;
    *kind\[i\]*) echo reply-lost ;;
    *truth\[*) echo state-differs ;;
    *task\[i\]*) echo task-lost ;;
    *joined*) echo joined-twice ;;
    *closed*) echo closed-twice ;;
    *before==true_memory*) echo image-stale ;;
    *before*) echo open-forgotten ;;
    *told\[i\]*) echo event-lost ;;
    *told*) echo two-finals ;;
    *) echo "$1" ;;
    esac
}

# Searches one row in a folder of its own; what came of it goes to the file `row`.
search() {
    local folder=$1 when=$2 model=$3 expected=$4 rule=$5 bounds=("${@:6}")
    local slots=22 mega=2000 found states seconds verdict=ok
    [[ $when != full ]] || { slots=26 && mega=5500; }
    [[ $rule == - ]] || bounds+=("-D$rule")
    cd "$folder"
    spin -a "${bounds[@]}" "$here/$model.pml" >spin.log
    gcc -w -O2 -DSAFETY -DCOLLAPSE -DNOREDUCE -DVECTORSZ=4096 -DMEMLIM="$mega" -o pan pan.c
    nice ./pan -E -m10000 -w"$slots" >pan.log 2>&1 || true
    states=$(awk '/states, stored/ { print $1 }' pan.log)
    seconds=$(awk '/elapsed time/ { print $4 }' pan.log)
    found=$(sed -n 's/.*assertion violated *\(.*\) (at depth .*/\1/p' pan.log | head -n 1)
    if [[ $found ]]; then
        found=$(name_of "$found")
    elif grep -q 'errors: 0' pan.log && ! grep -qE 'not completed|depth too small' pan.log; then
        found=holds
    else
        found=unfinished
    fi
    [[ $found == "$expected" ]] || verdict=WRONG
    printf '%-8s %-21s %-36s %-14s %-14s %11s %7s %s\n' "$model" "${rule#-}" "${*:6}" \
        "$expected" "$found" "$states" "$seconds" "$verdict" | tee row
    [[ $verdict == WRONG ]] || rm -f pan pan.*
}

mkdir -p "$work"
rm -rf "${work:?}"/*
printf '%-8s %-21s %-36s %-14s %-14s %11s %7s\n' model 'broken rule' bounds expected found \
    states seconds
number=0
while read -r -a row; do
    [[ ${row[0]} == both || ${row[0]} == "${1:-full}" ]] || continue
    while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
    number=$((number + 1))
    mkdir "$work/$number"
    search "$work/$number" "${row[@]}" &
done < <(rows)
wait
right=$(cat "$work"/*/row 2>/dev/null | grep -c ' ok$' || true)
echo "$right of $number as expected"
[[ $right == "$number" ]]
