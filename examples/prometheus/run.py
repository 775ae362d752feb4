#!/usr/bin/env python3
"""run.py FOLDER [--url URL --query QUERY] [--hours H] [--unit LOAD] [--boot MINUTES]: FOLDER/autoscale on the last H
hours of a range that a Prometheus has, a number a minute, beside the same server's predict_linear of the same numbers.

    run.py FOLDER --url http://127.0.0.1:9090 --query 'sum(increase(http_requests_total[1m]))' --hours 168 --unit 4900

Without --url a server of its own is started on 127.0.0.1, with its data in FOLDER: ../data/requests.csv, moved so
that it ends at the last midnight (UTC). Nothing is scraped."""
import argparse, csv, json, os, signal, socket, subprocess, sys, time, urllib.error, urllib.parse, urllib.request

STEP, DAY, WINDOW = 60, 1440, 30        # seconds; steps; WINDOW is autoscale's
POINTS = 10000                          # of one answer: Prometheus refuses more than 11000
APART = 1e-12                           # of the load: two ways to sum 30 products of doubles are nearer than 1e-13


def fetch(url, **parameters):
    try:
        with urllib.request.urlopen(url + "?" + urllib.parse.urlencode(parameters), timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        sys.exit("run.py: %s: %s" % (url, refused.read().decode(errors="replace")))
    except OSError as why:
        sys.exit("run.py: %s: %s" % (url, why))


def read_range(url, query, start, end):
    """{time: text of the value} at whole minutes"""
    found = {}
    for first in range(start, end + 1, POINTS * STEP):
        last = min(end, first + (POINTS - 1) * STEP)
        series = fetch(url + "/api/v1/query_range", query=query, start=first, end=last, step=STEP)["data"]["result"]
        if len(series) > 1:
            sys.exit("run.py: %s has %d series, not one" % (query, len(series)))
        for one in series:
            found.update((int(t), value) for t, value in one["values"])
    return found


def fill(folder, end):
    """A block of Prometheus' own for each two hours of requests.csv; the last value is that of the minute to `end`."""
    with open("../data/requests.csv") as rows:
        values = [row.strip() for row in rows if not row.startswith("#")]
    text = os.path.join(folder, "requests.txt")
    with open(text, "w") as out:
        out.write("# TYPE web_requests gauge\n")
        for i, value in enumerate(values):
            out.write("web_requests %s %d\n" % (value, end - (len(values) - 1 - i) * STEP))
        out.write("# EOF\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", text,
                    os.path.join(folder, "data")], check=True)


def serve(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w") as out:
        out.write("global: {scrape_interval: 1m}\n")
    server = subprocess.Popen(["prometheus", "--config.file=" + config, "--web.listen-address=" + address,
                               "--storage.tsdb.path=" + os.path.join(folder, "data"), "--log.level=error"])
    return server, "http://" + address


def wait_ready(server, url):
    until = time.monotonic() + 60.0
    while server.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(url + "/-/ready", timeout=5).close()
            return
        except OSError:                 # not there yet, or 503
            time.sleep(0.1)
    sys.exit("run.py: prometheus does not start")


def autoscale(given, values):
    """A row a value, as --csv has it."""
    steps = os.path.join(given.folder, "steps.csv")
    subprocess.run([os.path.join(given.folder, "autoscale"), "--unit", str(given.unit), "--boot", str(given.boot),
                    "--step", str(STEP), "--season", str(DAY), "--csv", steps],
                   input="\n".join(values) + "\n", text=True, check=True)
    with open(steps) as rows:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(rows)]


def differ(times, steps, line):
    """How far the two lines are apart at most, as a share of the largest load they are drawn through."""
    worst = 0.0
    for i in range(WINDOW - 1, len(times)):
        largest = max(s["load"] for s in steps[i + 1 - WINDOW:i + 1])
        worst = max(worst, abs(line[times[i]] - steps[i]["linear"]) / max(largest, 1.0))
    return worst


def tell(times, steps, line, lead):
    last_day = range(max(WINDOW - 1, len(times) - DAY), len(times) - lead)
    print("\n         load then    predict_linear by         predscale      units wanted by\n"
          "  UTC   in %2d min  Prometheus  autoscale         expects  the line  predscale" % lead)
    for i in last_day[179::180]:
        s = steps[i]
        print("%s %10.0f %11.0f %10.0f %15.0f %9d %10d"
              % (time.strftime("%H:%M", time.gmtime(times[i])), steps[i + lead]["load"], line[times[i]], s["linear"],
                 s["expected"], s["linear_units"], s["units"]))
    for name, expected in (("predict_linear", lambda i: line[times[i]]), ("predscale", lambda i: steps[i]["expected"])):
        error = sum(abs(expected(i) - steps[i + lead]["load"]) for i in last_day) / len(last_day)
        print("%-14s mean absolute error of these %d steps %.0f" % (name, len(last_day), error))


def compare(given, url, end):
    lead = given.boot + 1
    start = end - (int(given.hours * 60) - 1) * STEP
    values = {t: v for t, v in read_range(url, given.query, start, end).items() if 0.0 <= float(v) < 1e12}
    times = sorted(values)
    if len(times) < WINDOW + lead or times[-1] - times[0] != (len(times) - 1) * STEP:
        sys.exit("run.py: %s has %d values, which is too few or leaves gaps" % (given.query, len(times)))
    # The range ends half a step behind its oldest value, so that it has WINDOW of them whether its ends belong to it
    # (Prometheus 2) or the older does not (Prometheus 3). The server may have values from before the first of `times`.
    linear = "predict_linear((%s)[%ds:%ds], %d)" % (given.query, WINDOW * STEP - STEP // 2, STEP, lead * STEP)
    line = {t: float(v) for t, v in read_range(url, linear, times[WINDOW - 1], times[-1]).items()}
    steps = autoscale(given, [values[t] for t in times])
    tell(times, steps, line, lead)
    worst = differ(times, steps, line)
    print("%d values; the two lines at %d steps: at most %.1g of the load apart" % (len(times), len(line), worst))
    return worst > APART


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--url")
    parser.add_argument("--query", default="web_requests")
    parser.add_argument("--hours", type=float, default=288.0)
    parser.add_argument("--unit", type=float, default=4900.0)
    parser.add_argument("--boot", type=int, default=5)
    given = parser.parse_args()
    if given.url:
        return compare(given, given.url.rstrip("/"), int(time.time()) // STEP * STEP)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ["no_proxy"] = "127.0.0.1"
    end = int(time.time()) // 86400 * 86400
    fill(given.folder, end)
    server, url = serve(given.folder)
    try:
        wait_ready(server, url)
        return compare(given, url, end)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
