#!/usr/bin/env python3
"""run.py AGENT [RUNS]: three servers behind HAProxy on 127.0.0.1; the third becomes slow (5 ms to 100 ms a request, memory
climbing), then fails half and in the end all of its requests, then is well again. The same load is sent with HAProxy's
own health checks and with the agent, RUNS times each; the counts of both are printed.

   second   0..6   all well              6..12  the third slows down         12..16  it fails too      16..24  well again
"""
import asyncio, os, random, re, shutil, socket, subprocess, sys, tempfile, time

SERVERS, RATE, SECONDS, SLOW, FAIL, WELL = 3, 150, 24.0, 6.0, 12.0, 16.0
BASE = 18100            # servers, agents, beats and HAProxy have ports from here on

CONFIG = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 500ms
frontend f
    bind 127.0.0.1:{front}
    default_backend b
backend b
    balance roundrobin
    option httpchk GET /health
    http-check expect status 200
"""


class Server:
    def __init__(self, number, beats):
        self.number, self.beats, self.sequence = number, beats, 0
        self.requests = self.errors = self.busy = 0
        self.latency, self.start, self.sick = 0.0, time.monotonic(), number == SERVERS - 1

    def age(self):
        return time.monotonic() - self.start if self.sick else 0.0

    def delay(self):
        t = self.age()
        return 0.005 * (0.8 + 0.4 * random.random()) + (0.095 * min(1.0, (t - SLOW) / 4.0) if SLOW < t < WELL else 0.0)

    def fails(self):
        t = self.age()
        return FAIL < t < WELL and random.random() < min(1.0, 0.5 + (t - FAIL) / 4.0)

    async def serve(self, reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            begin, self.busy = time.monotonic(), self.busy + 1      # a health check does what a request does, so that
            await asyncio.sleep(self.delay())                       # a server that gets none is still heard of
            bad = self.fails()
            self.busy -= 1
            self.requests += 1
            self.errors += bad
            self.latency += time.monotonic() - begin
            status = b"500 Internal Server Error" if bad else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nX-Server: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                         % self.number)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def heartbeat(self):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            await asyncio.sleep(0.1)
            t, n = self.age(), max(1, self.requests)
            memory = 0.4 + 0.02 * random.random() + (0.5 * min(1.0, (t - SLOW) / 6.0) if SLOW < t < WELL else 0.0)
            self.sequence += 1
            out.sendto(b"%d %d %d %.4f %.6f %.3f %.3f" % (self.number, self.sequence, self.requests, self.errors / n,
                       self.latency / n, min(1.0, self.busy / 8.0), memory), ("127.0.0.1", self.beats))
            self.requests = self.errors = 0
            self.latency = 0.0


async def ask(port, begin, log):
    status, server = 0, -1
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 6)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = await asyncio.wait_for(reader.read(4096), 6)
        writer.close()
        status = int(head.split(b" ", 2)[1])
        found = re.search(rb"x-server: (\d+)", head, re.I)
        server = int(found.group(1)) if found else -1
    except (OSError, asyncio.TimeoutError, IndexError, ValueError):
        pass
    log.append((begin, time.monotonic() - begin, status, server))


async def load(agent, run, folder):
    base = BASE + 40 * run
    front, agents, beats = base, base + 20, base + 30
    config = CONFIG.format(front=front)
    for i in range(SERVERS):
        config += "    server s%d 127.0.0.1:%d weight 100 check inter 200ms fall 3 rise 2" % (i, base + 10 + i)
        config += " agent-check agent-port %d agent-inter 200ms\n" % (agents + i) if agent else "\n"
    path = os.path.join(folder, "haproxy-%d.cfg" % run)
    with open(path, "w") as file:
        file.write(config)
    children, servers, tasks, log = [], [], [], []
    try:
        if agent:
            out = open(os.path.join(folder, "agent-%d.log" % run), "w")
            children.append(subprocess.Popen([agent, str(beats), str(agents), str(SERVERS)], stdout=out))
        for i in range(SERVERS):
            one = Server(i, beats)
            servers.append(await asyncio.start_server(one.serve, "127.0.0.1", base + 10 + i))
            tasks.append(asyncio.create_task(one.heartbeat()))
        children.append(subprocess.Popen([shutil.which("haproxy") or "/usr/sbin/haproxy", "-f", path, "-db"],
                                         stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        await asyncio.sleep(0.7)
        start, asked = time.monotonic() - 0.7, []
        for k in range(int((SECONDS - 0.7) * RATE)):
            due = start + 0.7 + k / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            asked.append(asyncio.create_task(ask(front, time.monotonic(), log)))
        await asyncio.gather(*asked)
        return [(t - start, d, s, n) for t, d, s, n in log]
    finally:
        for child in children:
            child.terminate()
            child.wait()
        for task in tasks:
            task.cancel()
        for one in servers:
            one.close()


def report(name, run, log):
    def share(low, high):
        part = [n for t, _, _, n in log if low <= t < high]
        return 100.0 * sum(n == SERVERS - 1 for n in part) / max(1, len(part))

    bad = [t for t, _, s, _ in log if s != 200]
    slow = sum(d > 0.05 for _, d, _, _ in log)
    print("%-12s %3d %9d %7d %7d %14.1f %14.1f %13.1f" % (name, run, len(log), len(bad), slow, share(1, SLOW),
          share(FAIL - 1, FAIL), share(SECONDS - 3, SECONDS)))
    sys.stdout.flush()
    return len(bad)


def main():
    agent, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    folder = tempfile.mkdtemp()
    print("                                                  share of the third server, %, of requests")
    print("with         run  requests  errors  >50 ms   while well  1 s before errors   at the end")
    total = {}
    for run in range(runs):
        for name, program in (("own checks", None), ("agent", agent)):
            bad = report(name, run + 1, asyncio.run(load(program, 2 * run + (program is not None), folder)))
            total[name] = total.get(name, 0) + bad
    if not os.environ.get("KEEP"):
        shutil.rmtree(folder)
    else:
        print("kept", folder)
    return total["agent"] >= total["own checks"]


if __name__ == "__main__":
    sys.exit(main())
