#!/usr/bin/python3
"""Checks the waves of a plan by the rules of ../shared/score/plan.py, not by the library's (needs numpy).

usage: waves.py SCORE_FOLDER MODEL INITIAL SOLUTION WAVES [PER_NODE=2]

WAVES has lines "wave shard from to block", as `build/bench/plan ... --waves WAVES` writes them. In each wave: both
copies of what moves fit every resource of their nodes; at most PER_NODE moves touch a node and one shard of a service
moves; nothing arrives where one of its service is or is leaving, so that no two of a service ever share a node. At
every instant, whichever moves of the wave have ended, no service has fewer locations and no shard lacks another service
nearby than when the wave began, but for moves whose block says that they strain a tie: of a service one shard moves, so
that what it leaves and where it comes tell all instants. What the waves leave undone must be the stuck moves alone; the
last line counts moves that strain. Exit 1 with the first fault in words."""
import sys

import numpy as np


def fail(text):
    print("waves: " + text)
    sys.exit(1)


def check_room(plan, m, at, w, shards, to, limit):
    touch = np.bincount(np.concatenate([at[shards], to]), minlength=m.nM)
    if touch.max() > limit:
        fail("wave %d: %d moves touch node %d" % (w, touch.max(), touch.argmax()))
    use = plan.usage(m, at)
    np.add.at(use, to, m.need[shards])
    came = np.zeros_like(use)
    np.add.at(came, to, m.need[shards])
    over = np.argwhere((use > m.cap) & (came > 0))
    if len(over):
        fail("wave %d: node %d has no room for both copies in resource %d" % (w, over[0][0], over[0][1]))


def check_services(m, at, w, shards, to, strained):
    """One shard of a service moves, to no node of the service; it leaves no location that the service needs."""
    if len(set(m.service[shards].tolist())) != len(shards):
        fail("wave %d: two shards of a service move" % w)
    for s, n, excused in zip(shards, to, strained):
        nodes = at[m.service == m.service[s]]
        if np.any(nodes == n):
            fail("wave %d: shard %d arrives where one of its service is" % (w, s))
        others = m.loc[at[(m.service == m.service[s]) & (np.arange(m.nP) != s)]]
        before, after = len(set(others) | {m.loc[at[s]]}), len(set(others) | {m.loc[n]})
        if after < min(before, m.spread_min[m.service[s]]) and not excused:
            fail("wave %d: service %d has %d locations when shard %d has moved" % (w, m.service[s], after, s))


def check_near(m, at, w, shards, to, strained):
    """near[s, z]: shards of service s that stay in neighbourhood z, whichever moves have ended."""
    zones = int(m.neigh.max(initial=0)) + 1
    near = np.zeros((m.nS, zones), np.int64)
    np.add.at(near, (m.service, m.neigh[at]), 1)
    began = near.copy()
    away = m.neigh[at[shards]] != m.neigh[to]
    np.add.at(near, (m.service[shards[away]], m.neigh[at[shards[away]]]), -1)
    mover = {int(m.service[s]): (int(m.neigh[at[s]]), int(m.neigh[n]), bool(e))
             for s, n, e in zip(shards[away], to[away], strained[away])}
    for s in range(m.nS):
        for t in m.deps[s]:
            excused = int(t) in mover and mover[int(t)][2]
            lost = (near[s] > 0) & (began[t] > 0) & (near[t] == 0)
            if lost.any() and not excused:
                fail("wave %d: service %d stays in neighbourhood %d when service %d leaves it"
                     % (w, s, int(np.argmax(lost)), t))
            old, new, own = mover.get(s, (0, 0, True))
            if own or excused or began[t][old] == 0:
                continue
            if near[t][old] == 0 or near[t][new] == 0:
                fail("wave %d: service %d moves from neighbourhood %d to %d without service %d" % (w, s, old, new, t))


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    import plan
    m = plan.Model(sys.argv[2])
    home, want = plan.read_ints(sys.argv[3]), plan.read_ints(sys.argv[4])
    moves = np.loadtxt(sys.argv[5], dtype=np.int64, ndmin=2).reshape(-1, 5)
    limit = int(sys.argv[6]) if len(sys.argv) > 6 else 2
    at = home.copy()
    stuck = moves[moves[:, 0] < 0]
    done = moves[moves[:, 0] >= 0]
    waves = done[:, 0].max(initial=-1) + 1
    for w in range(waves):
        rows = done[done[:, 0] == w]
        shards, to, strained = rows[:, 1], rows[:, 3], rows[:, 4] != 0
        if len(rows) == 0 or np.any(at[shards] != rows[:, 2]):
            fail("wave %d is empty, or starts from where a shard is not" % w)
        check_room(plan, m, at, w, shards, to, limit)
        check_services(m, at, w, shards, to, strained)
        check_near(m, at, w, shards, to, strained)
        at[shards] = to
    if set(np.flatnonzero(at != want).tolist()) != set(stuck[:, 1].tolist()):
        fail("what is undone is not what is stuck")
    print("waves: %d waves, %d moves, %d stuck, every wave holds, %d moves strain a tie"
          % (waves, len(done), len(stuck), np.count_nonzero(done[:, 4])))


if __name__ == "__main__":
    main()
