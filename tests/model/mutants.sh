#!/bin/bash
# mutants.sh [FOLDER] : breaks the transfer protocol of partition.c in one place at a time and explores each broken one with
# tests/model/transfer.c, which must find a violation. Prints each with its trace, newest state first, when TRACE=1.
# Exit 0: all found. The last line counts them.
set -u
T=${1:-build/mutants}
CC=${CC:-cc}
mkdir -p "$T"
T=$(cd "$T" && pwd) || exit 2
found=0 missed=0
$CC -O1 -std=c99 -I. -c predscale.c -o "$T/predscale.o" && $CC -O1 -std=c99 -I. -c forecast.c -o "$T/forecast.o" || exit 2

# mutant ARGUMENTS NAME SED
mutant() {
    local arguments=$1 name=$2
    sed -E "$3" partition.c > "$T/partition.c"
    if cmp -s partition.c "$T/partition.c"; then
        echo "MISSING $name: the source has no such place"
        missed=$((missed + 1))
        return
    fi
    $CC -O1 -w -std=c99 -I. -Itests -DPARTITION="\"$T/partition.c\"" tests/model/transfer.c "$T/predscale.o" \
        "$T/forecast.o" -lm -o "$T/transfer" || exit 2
    "$T/transfer" $arguments > "$T/out.txt"
    if [ $? -eq 1 ] && grep -q '^VIOLATED' "$T/out.txt"; then
        found=$((found + 1))
        echo "found   $name: $(grep '^VIOLATED' "$T/out.txt" | sed 's/^VIOLATED //; s/; backwards://'), $(grep -c '^  0:' "$T/out.txt") steps"
        [ -z "${TRACE:-}" ] || grep '^  0:' "$T/out.txt"
    else
        missed=$((missed + 1))
        echo "MISSED  $name: $(tail -n 1 "$T/out.txt")"
    fi
}

mutant 3 "source serves until DONE" '/^static int pt_serves/,/^}/ s/phase == PSC_PHASE_OFFERING \|\|/phase == PSC_PHASE_OFFERING || phase == PSC_PHASE_RELEASED ||/'
mutant 3 "target serves once it has accepted" '/^static int pt_serves/,/^}/ s/phase == PSC_PHASE_KEPT \|\|/phase == PSC_PHASE_KEPT || phase == PSC_PHASE_ACCEPTED ||/'
mutant 3 "target serves before it has stored" '/^static int pt_serves/,/^}/ s/ && !pt_is_pending\(t\)//'
mutant 3 "source goes back after the release" '/^static int32_t pt_way_back/,/^}/ s/== PSC_PHASE_OFFERING\)/== PSC_PHASE_OFFERING || pt_phase(t->version) == PSC_PHASE_RELEASED)/'
mutant 3 "REFUSE takes the release back" 's/^(        if \(pt_phase\(t->version\) == PSC_PHASE_OFFERING)\) pt_enter\(t, agreed/\1 || m->kind == PSC_MESSAGE_REFUSE) pt_enter(t, agreed/'
mutant 3 "an offer of an old epoch is accepted" '/^static void pt_on_offer/,/^}/ s/m->epoch > pt_epoch\(t\) && phase/m->epoch > 0 \&\& phase/'
mutant 3 "a commit of an old epoch is taken" '/^static void pt_on_commit/,/^}/ { s/m->epoch < pt_epoch\(t\)/m->epoch < 1/; s/m->epoch == pt_epoch\(t\) && m->from == t->peer/m->epoch > 0/ }'
mutant 4 "an epoch is not fresh" 's/pt_enter\(t, PSC_PHASE_OFFERING, pt_epoch\(t\) \+ 1,/pt_enter(t, PSC_PHASE_OFFERING, pt_epoch(t) + (pt_epoch(t) == 0),/'
mutant 3 "sent before it is stored" '/^static void pt_on_answer/,/^}/ s/PSC_PHASE_OFFERING\) pt_enter\(t, agreed, m->epoch, m->from\);/PSC_PHASE_OFFERING) { pt_enter(t, agreed, m->epoch, m->from); pt_repeat(t, action); }/'
mutant 3 "a late acknowledgement counts for the new version" 's/ && event->version == t->version\) pt_stored/) pt_stored/'
mutant 3 "withdrawn target takes no commit" '/^static void pt_on_commit/,/^}/ s/phase == PSC_PHASE_ACCEPTED \|\| phase == PSC_PHASE_WITHDRAWN/phase == PSC_PHASE_ACCEPTED/'
mutant 3 "DONE of any epoch ends a release" '/^static void pt_on_end/,/^}/ s/m->epoch == pt_epoch\(t\) && //'
mutant 3 "a commit that was taken is not confirmed later" '/^static void pt_on_commit/,/^}/ s/if \(t->held == 0\) pt_reply/if (0) pt_reply/'
mutant 3 "a target that asks hears of no abort" '/^static int pt_given_up/,/^}/ s/return t->version ==/return 0 \&\& t->version ==/'
mutant 3 "an old target that asks hears of no abort" '/^static int pt_given_up/,/^}/ s/return t->held == 0/return 0/'
mutant 3 "the release is told once only" '/^static int pt_waits/,/^}/ s/<= PSC_PHASE_WITHDRAWN/<= PSC_PHASE_ACCEPTED/'
mutant "2 lost" "an owner ignores the fence" '/^static void pt_on_fence/,/^}/ s/m->epoch > pt_epoch\(t\)\)/m->epoch > pt_epoch(t) \&\& pt_phase(t->version) < PSC_PHASE_OWNER)/'
mutant "2 lost" "a fenced target confirms what it has not taken" '/^static void pt_on_commit/,/^}/ s/if \(t->held == 0\) pt_reply/pt_reply/'
mutant "2 lost" "the fence forgets what it stopped" '/^static void pt_on_fence/,/^}/ s/t->held = t->version/t->held = PSC_PHASE_IDLE/'
echo "$found found, $missed missed"
[ "$missed" -eq 0 ]
