#!/usr/bin/python3
"""Checks the waves of a plan by the rules of ../shared/score/plan.py, not by the library's (needs numpy).

usage: waves.py SCORE_FOLDER MODEL INITIAL SOLUTION WAVES [PER_NODE=2]

WAVES has lines "wave shard from to", as `build/bench/plan ... --waves WAVES` writes them. In each wave: both copies of
what moves fit every resource of their nodes; at most PER_NODE moves
touch a node and one shard of a service moves; nothing arrives where one of its service is or is leaving; and when any
of the moves have ended (all; 20 random subsets and 20 alone up to 1000 shards, 1 of each up to 5000) no two
of a service share a node. Ties may be strained on the way; tests/unit/plan_check.h looks after those. What the waves
leave undone must be the stuck moves alone. Exit 1 with the first fault in words."""
import sys

import numpy as np


def fail(text):
    print("waves: " + text)
    sys.exit(1)


def hard(plan, m, before, at):
    """Violations but those of capacity and transient use, which are checked with both copies, and of ties, which may be
    strained on the way."""
    return [v for v in plan.violations(m, before, at)
            if not v.startswith(("capacity", "transient", "spread", "depend"))]


def check_wave(plan, m, home, at, w, shards, to, limit, rng):
    touch = np.bincount(np.concatenate([at[shards], to]), minlength=m.nM)
    if touch.max() > limit:
        fail("wave %d: %d moves touch node %d" % (w, touch.max(), touch.argmax()))
    if len(set(m.service[shards].tolist())) != len(shards):
        fail("wave %d: two shards of a service move" % w)
    use = plan.usage(m, at)
    np.add.at(use, to, m.need[shards])
    came = np.zeros_like(use)
    np.add.at(came, to, m.need[shards])
    over = np.argwhere((use > m.cap) & (came > 0))
    if len(over):
        fail("wave %d: node %d has no room for both copies in resource %d" % (w, over[0][0], over[0][1]))
    for s, n in zip(shards, to):
        if np.any((m.service == m.service[s]) & (at == n)):
            fail("wave %d: shard %d arrives where one of its service is" % (w, s))
    tries = 20 if m.nP <= 1000 else 1 if m.nP <= 5000 else 0    # a try takes a third of a second on b_3
    subsets = [np.ones(len(shards), bool)] + [rng.random(len(shards)) < 0.5 for _ in range(tries)]
    subsets += [np.arange(len(shards)) == i for i in range(min(len(shards), tries))]
    for done in subsets:
        then = at.copy()
        then[shards[done]] = to[done]
        bad = hard(plan, m, home, then)
        if bad:
            fail("wave %d, with %d of %d moves ended: %s" % (w, done.sum(), len(shards), bad[0]))


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    import plan
    m = plan.Model(sys.argv[2])
    home, want = plan.read_ints(sys.argv[3]), plan.read_ints(sys.argv[4])
    moves = np.loadtxt(sys.argv[5], dtype=np.int64, ndmin=2).reshape(-1, 4)
    limit = int(sys.argv[6]) if len(sys.argv) > 6 else 2
    rng = np.random.default_rng(1)
    at = home.copy()
    stuck = moves[moves[:, 0] < 0]
    for w in range(moves[:, 0].max(initial=-1) + 1):
        rows = moves[moves[:, 0] == w]
        shards, to = rows[:, 1], rows[:, 3]
        if len(rows) == 0 or np.any(at[shards] != rows[:, 2]):
            fail("wave %d is empty, or starts from where a shard is not" % w)
        check_wave(plan, m, home, at, w, shards, to, limit, rng)
        at[shards] = to
    if set(np.flatnonzero(at != want).tolist()) != set(stuck[:, 1].tolist()):
        fail("what is undone is not what is stuck")
    print("waves: %d waves, %d moves, %d stuck, every wave holds" % (moves[:, 0].max(initial=-1) + 1, len(moves) - len(stuck), len(stuck)))


if __name__ == "__main__":
    main()
