#!/usr/bin/python3
"""The optima of tests/vectors/plan_small.txt by a second way: each model as a mixed integer program, solved by glpsol.

usage: plan_exact COUNT models | plan_glpk.py OPTIMA FOLDER

Written from the definitions in predscale.h alone: x_s_n is 1 if shard s is on node n, all else follows from that by
linear constraints. Every model begins whole, so that each hard constraint is its plain form. FOLDER gets the model in
hand. Exit 1 with the first optimum that differs; 0 with a word where there is no glpsol."""
import shutil
import subprocess
import sys


class Program:
    """An integer program in LP format: binaries by name, sums as {name: factor}."""

    def __init__(self):
        self.rows, self.cost, self.binaries, self.constant = [], {}, [], 0

    def row(self, sum_, sense, bound):
        if sum_:
            self.rows.append("%s %s %d" % (" ".join("%+d %s" % (f, v) for v, f in sum_.items()), sense, bound))

    def text(self):
        cost = " ".join("%+d %s" % (f, v) for v, f in {**self.cost, "one": self.constant}.items())
        return "Minimize\n c: %s\nSubject To\n %s\n one = 1\nBinary\n %s\nEnd\n" % (
            cost, "\n ".join(self.rows), "\n ".join(self.binaries))


def add(sum_, name, factor):
    if factor:
        sum_[name] = sum_.get(name, 0) + factor


def above(p, name, sum_, bound, factor):
    """Costs factor for each unit of sum_ above bound."""
    if factor:
        p.row({**sum_, name: -1}, "<=", bound)
        add(p.cost, name, factor)


def everywhere(m, R, N, S, g):
    there = {m["going"][s] for s in range(S) if m["group"][s] == g}
    return all(m["closed"][n] or n in there for n in range(N))


def program(m):
    p = Program()
    R, N, S, G = m["shape"]
    home, group, d = m["going"], m["group"], m["demand"]
    most_moves, most_cost, most_bytes, most_touches, cooldown = m["limits"]
    w_move, w_group, w_distance, w_apart, w_disruption = m["weights"]
    pairs = [m["pair"][i:i + 3] for i in range(0, len(m["pair"]), 3)]
    places = m["place"]
    side = round(len(m["distance"]) ** 0.5)

    def x(s, n):
        return "x_%d_%d" % (s, n)

    for s in range(S):
        p.binaries += [x(s, n) for n in range(N)]
        p.row({x(s, n): 1 for n in range(N)}, "=", 1)
        stays = m["pinned"][s] or home[s] != m["home"][s] or m["rested"][s] < cooldown
        if stays or everywhere(m, R, N, S, group[s]):
            p.row({x(s, home[s]): 1}, "=", 1)
        for n in range(N):
            if m["closed"][n] and n != home[s]:
                p.row({x(s, n): 1}, "=", 0)
            add(p.cost, x(s, n), m["risk"][n] * m["impact"][s] // 1000000)
            if n == home[s]:
                continue
            price = w_move * m["move_cost"][s] + w_distance * m["distance"][places[home[s]] * side + places[n]]
            price += w_disruption * sum(w for a, b, w in pairs if s in (a, b))
            add(p.cost, x(s, n), price)
    for n in range(N):
        sums = []
        for r in range(R):
            i = n * R + r
            use = {x(s, n): d[s * R + r] for s in range(S) if d[s * R + r]}
            left = sum(d[s * R + r] for s in range(S) if m["home"][s] == n and home[s] != n)
            start = left + sum(d[s * R + r] for s in range(S) if home[s] == n)
            both, copies = dict(use), left
            for s in range(S):
                if home[s] == n and m["transient"][r]:
                    copies += d[s * R + r]
                    add(both, x(s, n), -d[s * R + r])
            p.row({v: f for v, f in both.items() if f}, "<=", max(m["capacity"][i], start) - copies)
            p.row(use, "<=", m["capacity"][i])
            above(p, "over_%d_%d" % (n, r), use, m["soft"][i], m["load_weight"][n] * m["weight"][r])
            sums.append(use)
        for b in range(0, len(m["balance"]), 4):
            first, second, ratio, weight = m["balance"][b:b + 4]
            tilt = dict(sums[second])
            for v, f in sums[first].items():
                add(tilt, v, -ratio * f)
            bound = m["capacity"][n * R + second] - ratio * m["capacity"][n * R + first]
            above(p, "tilt_%d_%d" % (n, b), tilt, bound, weight)
        touches = {x(s, n): -1 if home[s] == n else 1 for s in range(S)}
        p.row(touches, "<=", most_touches - home.count(n))
    for g in range(G):
        members = [s for s in range(S) if group[s] == g]
        for n in range(N):
            p.row({x(s, n): 1 for s in members}, "<=", 1)
        domains = sorted(set(m["domain"]))
        for k in domains:
            has = {x(s, n): -1 for s in members for n in range(N) if m["domain"][n] == k}
            p.row({"in_%d_%d" % (g, k): 1, **has}, "<=", 0)
            p.row({"in_%d_%d" % (g, k): 1}, "<=", 1)
        p.row({"in_%d_%d" % (g, k): 1 for k in domains}, ">=", m["spread"][g])
        if w_group and members:
            p.row({**{x(s, home[s]): -1 for s in members}, "most": -1}, "<=", -len(members))
        for needed in m["depend"][m["depend_from"][g]:m["depend_from"][g + 1]]:
            for z in set(m["zone"]) if needed != g else []:
                nodes = [n for n in range(N) if m["zone"][n] == z]
                near = {x(o, n): -1 for o in range(S) if group[o] == needed for n in nodes}
                for s in members:
                    p.row({**{x(s, n): 1 for n in nodes}, **near}, "<=", 0)
    add(p.cost, "most", w_group)
    for i, (a, b, w) in enumerate(pairs):
        for n in range(N):
            p.row({x(a, n): 1, x(b, n): -1, "apart_%d" % i: -1}, "<=", 0)
        add(p.cost, "apart_%d" % i, w_apart * w)
    for most, each in (most_moves, [1] * S), (most_cost, m["move_cost"]), (most_bytes, m["size"]):
        p.row({x(s, home[s]): -each[s] for s in range(S) if each[s]}, "<=", most - sum(each))
    return p


def optimum(p, folder):
    lp, out = folder + "/plan_glpk.lp", folder + "/plan_glpk.out"
    with open(lp, "w") as f:
        f.write(p.text())
    run = subprocess.run(["glpsol", "--lp", lp, "--cuts", "-o", out], capture_output=True, text=True)
    found = dict(line.split(":", 1) for line in open(out) if ":" in line) if run.returncode == 0 else {}
    if "INTEGER OPTIMAL" not in found.get("Status", ""):
        sys.exit("plan_glpk: glpsol has no optimum: %s" % (found.get("Status", run.stdout[-300:]).strip()))
    return round(float(found["Objective"].split("=")[1].split()[0]))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not shutil.which("glpsol"):
        print("plan_glpk: no glpsol here, nothing compared")
        return
    stored = dict(tuple(map(int, line.split())) for line in open(sys.argv[1]))
    models = []
    for line in sys.stdin:
        name, *numbers = line.split()
        if name == "model":
            models.append({})
        models[-1][name] = [int(x) for x in numbers]
    for m in models:
        seed = m["model"][0]
        found = optimum(program(m), sys.argv[2])
        if found != stored[seed]:
            sys.exit("plan_glpk: model %d has the optimum %d, not %d" % (seed, found, stored[seed]))
    print("plan_glpk: %d optima, all as stored" % len(models))


if __name__ == "__main__":
    main()
