#!/usr/bin/env python3
"""The library as a binding sees it: ctypes and nothing else.

    smoke.py [build/libpredscale.so]

Holds its own declaration of every struct against psc_struct_bytes and makes one call of each part. The last line
is "N passed, N failed"."""
import ctypes as C
import math
import pickle
import sys
import traceback

psc = C.CDLL(sys.argv[1] if len(sys.argv) > 1 else "build/libpredscale.so")

u32, i32, i64, u64, f64, size = C.c_uint32, C.c_int32, C.c_int64, C.c_uint64, C.c_double, C.c_size_t
P = C.POINTER


def struct(name, fields):
    """A Structure from "type: names; type: names"; a number after a name is the length of an array."""
    kinds = {"u32": u32, "i32": i32, "i64": i64, "u64": u64, "f64": f64, "size": size,
             "*i32": P(i32), "*i64": P(i64), "*f64": P(f64), "*balance": C.c_void_p}
    out = []
    for part in fields.split(";"):
        kind, names = part.split(":")
        for field in names.split():
            field, _, length = field.partition("[")
            one = kinds[kind.strip()]
            out.append((field, one * int(length.rstrip("]")) if length else one))
    return type(name, (C.Structure,), {"_fields_": out})


# In the order of PSC_STRUCT_...
State = struct("State", "u64: kind words")
Beat = struct("Beat", "i64: node sender; u64: epoch sequence; i64: sent_at received_at shards")
NodeConfig = struct("NodeConfig", "u32: struct_size; i32: metrics; i64: id learn memory interval_ns pause_ns;"
                    "u64: max_jump; f64: winsor relative_floor; *f64: floor")
NodeScore = struct("NodeScore", "f64: instability z phi onset; i32: metric learned; i64: beats shards")
FailureConfig = struct("FailureConfig", "u32: struct_size; i32: reserved; f64: base slope_z slope_phi")
TrackerConfig = struct("TrackerConfig", "u32: struct_size; i32: period1 period2 reserved;"
                       "f64: alpha beta phi gamma1 gamma2 lower upper")
Series = struct("Series", "u32: struct_size; i32: periods; *f64: value; size: n; *i32: period; f64: lower upper")
ForecastConfig = struct("ForecastConfig", "u32: struct_size; i32: model horizon lags transform window origins reserved;"
                        "f64: ridge clip")
ForecastInfo = struct("ForecastInfo", "i32: model transform terms note; i64: used origins; f64: sigma")
BacktestConfig = struct("BacktestConfig", "u32: struct_size; i32: origins stride reserved; f64: level")
Accuracy = struct("Accuracy", "f64: smape mase msis coverage scale; i64: steps origins")
Ranked = struct("Ranked", "i64: index; f64: change now next")
Balance = struct("Balance", "i32: first second; i64: ratio weight")
Cluster = struct("Cluster", "u32: struct_size; i32: resources nodes shards groups balances places reserved;"
                 "*i64: capacity soft; *i32: domain zone place closed; *i64: demand; *i32: home group; *i64: move_cost;"
                 "*i32: pinned spread depend_from depend transient; *i64: weight; *balance: balance; *i64: distance;"
                 "i64: weight_move weight_group weight_distance")
Imbalance = struct("Imbalance", "f64: fleet rms peak; i32: node resource above overloaded")
PlanConfig = struct("PlanConfig", "u32: struct_size; i32: targets; i64: max_moves max_move_cost")
PlanInfo = struct("PlanInfo", "i64: cost load balance move group distance cost_before overload overload_before moves"
                  " evaluations; i32: done reserved")
Refusal = struct("Refusal", "i32: block node resource count[12] reserved; i64: gain")
WavesConfig = struct("WavesConfig", "u32: struct_size; i32: per_node total reserved")
Move = struct("Move", "i32: shard from_ to wave block resource")
WavesInfo = struct("WavesInfo", "i32: waves moves stuck reserved")
STRUCTS = [State, Beat, NodeConfig, NodeScore, FailureConfig, TrackerConfig, Series, ForecastConfig, ForecastInfo,
           BacktestConfig, Accuracy, Ranked, Balance, Cluster, Imbalance, PlanConfig, PlanInfo, Refusal, WavesConfig,
           Move, WavesInfo]

for name, result, arguments in [
        ("psc_strerror", C.c_char_p, [i32]), ("psc_version_string", C.c_char_p, []), ("psc_struct_bytes", size, [i32]),
        ("psc_node_size", size, [P(NodeConfig)]), ("psc_tracker_size", size, [P(TrackerConfig)]),
        ("psc_forecast_size", size, [P(Series), P(ForecastConfig)]), ("psc_imbalance_size", size, [P(Cluster)]),
        ("psc_plan_size", size, [P(Cluster), P(PlanConfig)]), ("psc_waves_size", size, [P(Cluster)]),
        ("psc_backtest_size", size, [P(Series), P(ForecastConfig)]),
        ("psc_save_size", size, [C.c_void_p]), ("psc_load_size", size, [C.c_void_p, size]),
        ("psc_save", i32, [C.c_void_p, C.c_void_p, size, P(size)]),
        ("psc_load", i32, [i32, C.c_void_p, size, C.c_void_p, size]),
        ("psc_tracker_init", i32, [C.c_void_p, size, P(TrackerConfig)]), ("psc_tracker_observe", i32, [C.c_void_p, f64]),
        ("psc_tracker_predict", i32, [C.c_void_p, size, P(f64), size, P(f64), P(f64)]),
        ("psc_trackers_observe", i32, [C.c_void_p, size, P(f64)]),
        ("psc_trackers_predict", i32, [C.c_void_p, size, size, f64, P(f64)]),
        ("psc_node_init", i32, [C.c_void_p, size, P(NodeConfig)]),
        ("psc_node_observe", i32, [C.c_void_p, P(Beat), P(f64)]),
        ("psc_node_score_at", i32, [C.c_void_p, i64, P(NodeScore)]),
        ("psc_failure_probability", i32, [P(FailureConfig), P(NodeScore), P(f64)]),
        ("psc_forecast_fit", i32, [P(Series), P(ForecastConfig), C.c_void_p, size, P(ForecastInfo)]),
        ("psc_forecast_predict", i32, [C.c_void_p, size, P(f64), size, P(f64), P(f64)]),
        ("psc_backtest_run", i32, [P(Series), P(ForecastConfig), P(BacktestConfig), C.c_void_p, size, P(Accuracy)]),
        ("psc_rank_shards", i32, [P(f64), P(f64), size, P(Ranked), size, P(size), P(Ranked), size, P(size)]),
        ("psc_cluster_check", i32, [P(Cluster)]), ("psc_soft_amounts", i32, [P(Cluster), f64, P(i64)]),
        ("psc_imbalance_of", i32, [P(Cluster), P(i32), f64, C.c_void_p, size, P(f64), P(f64), P(Imbalance)]),
        ("psc_plan_init", i32, [C.c_void_p, size, P(Cluster), P(PlanConfig)]),
        ("psc_plan_step", i32, [C.c_void_p, P(Cluster), i64]),
        ("psc_plan_best", i32, [C.c_void_p, P(Cluster), P(i32), P(PlanInfo)]),
        ("psc_plan_explain", i32, [C.c_void_p, P(Cluster), i32, P(Refusal)]),
        ("psc_waves_of", i32, [P(Cluster), P(WavesConfig), P(i32), C.c_void_p, size, P(Move), size, P(WavesInfo)])]:
    getattr(psc, name).restype, getattr(psc, name).argtypes = result, arguments


def block(n):
    """Memory of n bytes, aligned to 8."""
    assert n > 0 and n % 8 == 0, n
    return (u64 * (n // 8))()


def ok(status):
    assert status >= 0, psc.psc_strerror(status).decode()
    return status


def default(kind, name):
    config = kind()
    getattr(psc, name)(C.byref(config))
    assert config.struct_size == C.sizeof(kind)
    return config


def array(kind, values):
    values = list(values)
    return (kind * len(values))(*values)


def day(t):
    """Load in hour t: a daily cycle."""
    return 100.0 + 30.0 * math.sin(t * math.pi / 12.0) + t % 7


def make_tracker(hours):
    config = default(TrackerConfig, "psc_tracker_default")
    config.period1, config.lower = 24, 0.0
    n = psc.psc_tracker_size(C.byref(config))
    state = block(n)
    ok(psc.psc_tracker_init(state, n, C.byref(config)))
    for t in range(hours):
        ok(psc.psc_tracker_observe(state, day(t)))
    return state


def test_structs():
    for number, kind in enumerate(STRUCTS, 1):
        assert psc.psc_struct_bytes(number) == C.sizeof(kind), kind.__name__
    assert psc.psc_struct_bytes(len(STRUCTS) + 1) == 0


def test_version():
    major, minor, patch = map(int, psc.psc_version_string().decode().split("."))
    assert psc.psc_version() == major * 10000 + minor * 100 + patch


def test_tracker():
    state = make_tracker(240)
    level, point, quantile = array(f64, [0.1, 0.9]), (f64 * 24)(), (f64 * 48)()
    ok(psc.psc_tracker_predict(state, 24, level, 2, point, quantile))
    assert all(quantile[2 * i] <= point[i] <= quantile[2 * i + 1] for i in range(24))
    assert abs(point[5] - day(245)) < 15.0
    ok(psc.psc_trackers_observe(state, 1, array(f64, [day(240)])))
    ok(psc.psc_trackers_predict(state, 1, 3, 0.5, point))


def test_node():
    config = default(NodeConfig, "psc_node_default")
    config.id = 7
    n = psc.psc_node_size(C.byref(config))
    state, score, p = block(n), NodeScore(), f64()
    ok(psc.psc_node_init(state, n, C.byref(config)))
    for t in range(100):
        beat = Beat(7, 7, 1, t, t * 10**9, t * 10**9, 12)
        ok(psc.psc_node_observe(state, C.byref(beat), array(f64, [day(t), 0.01, 0.0, 0.3, 0.5, 1e6, 500.0])))
    ok(psc.psc_node_score_at(state, 100 * 10**9, C.byref(score)))
    assert (score.beats, score.learned, score.shards) == (100, 1, 12) and score.instability < 0.5
    ok(psc.psc_node_score_at(state, 200 * 10**9, C.byref(score)))
    assert score.instability > 0.9 and score.metric == -1
    failure = default(FailureConfig, "psc_failure_default")
    ok(psc.psc_failure_probability(C.byref(failure), C.byref(score), C.byref(p)))
    assert 0.5 < p.value <= 1.0
    assert psc.psc_node_observe(state, C.byref(Beat(7, 7, 1, 99)), (f64 * 7)()) == -13


def test_forecast():
    value, period = array(f64, map(day, range(24 * 28))), array(i32, [24])
    series, config = default(Series, "psc_series_default"), default(ForecastConfig, "psc_forecast_default")
    series.value, series.n, series.period, series.periods = value, len(value), period, 1
    n = psc.psc_forecast_size(C.byref(series), C.byref(config))
    fit, info, level = block(n), ForecastInfo(), array(f64, [0.05, 0.5, 0.95])
    point, quantile = (f64 * 24)(), (f64 * 72)()
    ok(psc.psc_forecast_fit(C.byref(series), C.byref(config), fit, n, C.byref(info)))
    ok(psc.psc_forecast_predict(fit, 24, level, 3, point, quantile))
    assert info.model == 1 and all(abs(point[i] - day(24 * 28 + i)) < 15.0 for i in range(24))
    assert all(quantile[3 * i] <= quantile[3 * i + 1] <= quantile[3 * i + 2] for i in range(24))
    backtest, accuracy = default(BacktestConfig, "psc_backtest_default"), Accuracy()
    n = psc.psc_backtest_size(C.byref(series), C.byref(config))
    ok(psc.psc_backtest_run(C.byref(series), C.byref(config), C.byref(backtest), block(n), n, C.byref(accuracy)))
    assert accuracy.origins == 3 and accuracy.mase < 2.0


def test_rank():
    up, down, ups, downs = (Ranked * 2)(), (Ranked * 2)(), size(), size()
    ok(psc.psc_rank_shards(array(f64, [5, 5, 5, 5]), array(f64, [6, 9, 1, 5]), 4, up, 2, C.byref(ups),
                           down, 2, C.byref(downs)))
    assert [up[i].index for i in range(ups.value)] == [1, 0] and [down[i].index for i in range(downs.value)] == [2]


def make_cluster():
    """Three nodes of 100, all six shards of 30 or 10 on the first: it is above its capacity."""
    cluster = default(Cluster, "psc_cluster_default")
    cluster.resources, cluster.nodes, cluster.shards = 1, 3, 6
    cluster.capacity, cluster.demand = array(i64, [100] * 3), array(i64, [30, 30, 30, 10, 10, 10])
    cluster.home = array(i32, [0] * 6)
    ok(psc.psc_cluster_check(C.byref(cluster)))
    return cluster


def test_imbalance():
    cluster, out, node = make_cluster(), Imbalance(), (f64 * 3)()
    n = psc.psc_imbalance_size(C.byref(cluster))
    ok(psc.psc_imbalance_of(C.byref(cluster), None, 0.1, block(n), n, node, None, C.byref(out)))
    assert (out.node, out.above, out.overloaded) == (0, 1, 1) and abs(out.peak - 1.2) < 1e-12 and node[1] == -1.0


def test_plan_and_waves():
    cluster, config = make_cluster(), default(PlanConfig, "psc_plan_default")
    soft = (i64 * 3)()
    ok(psc.psc_soft_amounts(C.byref(cluster), 0.1, soft))
    cluster.soft = soft
    n = psc.psc_plan_size(C.byref(cluster), C.byref(config))
    plan, assignment, info, why = block(n), (i32 * 6)(), PlanInfo(), Refusal()
    ok(psc.psc_plan_init(plan, n, C.byref(cluster), C.byref(config)))
    while ok(psc.psc_plan_step(plan, C.byref(cluster), 10)) == 1:
        pass
    ok(psc.psc_plan_best(plan, C.byref(cluster), assignment, C.byref(info)))
    use = [sum(d for d, a in zip(cluster.demand[:6], assignment) if a == node) for node in range(3)]
    assert info.done == 1 and info.overload == 0 and info.cost < info.cost_before and max(use) <= 50, use
    ok(psc.psc_plan_explain(plan, C.byref(cluster), 0, C.byref(why)))
    assert sum(why.count) == 3
    waves, order, done = default(WavesConfig, "psc_waves_default"), (Move * 6)(), WavesInfo()
    n = psc.psc_waves_size(C.byref(cluster))
    ok(psc.psc_waves_of(C.byref(cluster), C.byref(waves), assignment, block(n), n, order, 6, C.byref(done)))
    assert done.stuck == 0 and done.moves == info.moves and done.waves >= 1
    assert all(order[i].to == assignment[order[i].shard] for i in range(done.moves))


def test_pickle():
    state, written = make_tracker(100), size()
    n = psc.psc_save_size(state)
    saved = C.create_string_buffer(n)
    ok(psc.psc_save(state, saved, n, C.byref(written)))
    there = pickle.loads(pickle.dumps(saved.raw))
    assert written.value == n == len(there) and psc.psc_load_size(there, n) == n - 8
    twin = block(n - 8)
    ok(psc.psc_load(1, there, n, twin, n - 8))
    for t in range(100, 150):
        ok(psc.psc_tracker_observe(state, day(t)))
        ok(psc.psc_tracker_observe(twin, day(t)))
    assert bytes(state) == bytes(twin)
    assert psc.psc_load(1, there[:-1], n - 1, twin, n - 8) == -8 and bytes(state) == bytes(twin)


def main():
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
        except Exception:
            failed += 1
            print("FAILED", name)
            traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
