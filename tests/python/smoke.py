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


KINDS = {"u32": u32, "i32": i32, "i64": i64, "u64": u64, "f64": f64, "size": size,
         "*i32": P(i32), "*i64": P(i64), "*f64": P(f64), "*u8": C.c_char_p,
         "*balance": C.c_void_p, "*event": C.c_void_p}


def struct(name, fields):
    """A Structure from "type: names; type: names", the type one of KINDS or a structure made before; a number after a
    name is the length of an array."""
    out = []
    for part in fields.split(";"):
        kind, names = part.split(":")
        for field in names.split():
            field, _, length = field.partition("[")
            one = KINDS[kind.strip()]
            out.append((field, one * int(length.rstrip("]")) if length else one))
    KINDS[name] = type(name, (C.Structure,), {"_fields_": out})
    return KINDS[name]


# In the order of PSC_STRUCT_...
State = struct("State", "u64: kind words")
Beat = struct("Beat", "i64: node sender; u64: epoch sequence; i64: sent_at received_at shards")
NodeConfig = struct("NodeConfig", "u32: struct_size; i32: metrics; i64: id learn memory interval_ns pause_ns day_ns step_ns;"
                    "u64: max_jump; f64: winsor relative_floor; *f64: floor")
NodeScore = struct("NodeScore", "f64: instability level z joint drift phi jitter onset progress; i32: metric learned;"
                   "i64: beats shards; f64: sign[9]; i32: signs reserved")
FailureConfig = struct("FailureConfig", "u32: struct_size; i32: capacity; i64: horizon_ns wait_ns;"
                       "f64: base slope_z slope_phi correct_from")
TrackerConfig = struct("TrackerConfig", "u32: struct_size; i32: period1 period2 reserved; f64: alpha gamma lower upper")
Drift = struct("Drift", "i64: alarms seen; i32: last ready; f64: shift size")
Series = struct("Series", "u32: struct_size; i32: periods; *f64: value; size: n; *i32: period; f64: lower upper;"
                "*f64: regressor; i32: regressors reserved")
NaiveOptions = struct("NaiveOptions", "i32: kind period index reserved")
SarOptions = struct("SarOptions", "i32: lags seasonal form window; f64: ridge")
ThetaOptions = struct("ThetaOptions", "i32: kind period index reserved; f64: alpha theta")
DecompositionOptions = struct("DecompositionOptions", "i32: iterations reserved; f64: trend")
CrostonOptions = struct("CrostonOptions", "i32: kind criterion; f64: alpha beta")
EtsOptions = struct("EtsOptions", "i32: error trend season reserved; f64: alpha beta gamma phi")
ArOptions = struct("ArOptions", "i32: method order order_max reserved")
ArimaOptions = struct("ArimaOptions", "i32: p d q seasonal_p seasonal_d seasonal_q constant method models given;"
                      "f64: ar[8] ma[8] seasonal_ar[2] seasonal_ma[2] mean")
AdditiveOptions = struct("AdditiveOptions", "u32: struct_size; i32: knots harmonics[4] robust correct;"
                         "f64: memory reach change effect damping")
GruOptions = struct("GruOptions", "i32: units steps window reserved; f64: rate; u64: seed")
ForecastConfig = struct("ForecastConfig", "u32: struct_size; i32: model horizon transform origins with_ robust"
                        " reserved; f64: clip; NaiveOptions: naive; SarOptions: sar; ThetaOptions: theta;"
                        "DecompositionOptions: decomposition; CrostonOptions: croston; EtsOptions: ets; ArOptions: ar;"
                        "ArimaOptions: arima; AdditiveOptions: additive; GruOptions: gru")
ForecastInfo = struct("ForecastInfo", "i32: model transform members tests note refit; i64: used origins;"
                      "f64: sigma loss optimism; i64: observed; Drift: drift")
ForecastMember = struct("ForecastMember", "i32: model kind lags window; f64: weight loss")
BacktestConfig = struct("BacktestConfig", "u32: struct_size; i32: origins stride reserved; f64: level")
Accuracy = struct("Accuracy", "f64: smape mase msis coverage scale; i64: steps origins")
Parts = struct("Parts", "i32: note reserved; f64: trend season[4]")
RegressorsConfig = struct("RegressorsConfig", "u32: struct_size; i32: transform blocks most; f64: start margin;"
                          "AdditiveOptions: additive")
RegressorsInfo = struct("RegressorsInfo", "i32: chosen done transform reserved; f64: before after needed rho")
Event = struct("Event", "i64: start end; f64: amount; i32: column reserved")
Calendar = struct("Calendar", "u32: struct_size groups; i64: start step; *i32: offset; *event: event; size: events;"
                  "i32: event_columns offset_minutes")
Hierarchy = struct("Hierarchy", "u32: struct_size; i32: method nonnegative reserved; size: series steps; *i32: parent;"
                   "*f64: point spread share")
ReconcileInfo = struct("ReconcileInfo", "f64: before moved; i64: rounds held")
Changes = struct("Changes", "u32: struct_size; i32: decision; size: n; *f64: now next spread lower upper;"
                 "f64: level rate")
Ranked = struct("Ranked", "i64: index; f64: change now next z probability p")
RankInfo = struct("RankInfo", "i64: ups downs up_total down_total; f64: limit")
Balance = struct("Balance", "i32: first second; i64: ratio weight")
Cluster = struct("Cluster", "u32: struct_size; i32: resources nodes shards groups balances places pairs;"
                 "*i64: capacity soft; *i32: domain zone place closed; *i64: load_weight; *i32: risk; *i64: demand;"
                 "*i32: home group; *i64: move_cost size; *i32: pinned going; *i64: impact rested;"
                 "*i32: spread depend_from depend transient; *i64: weight; *balance: balance pair; *i64: distance;"
                 "i64: weight_move weight_group weight_distance weight_apart weight_disruption")
Imbalance = struct("Imbalance", "f64: fleet rms peak; i32: node resource above overloaded")
PlanConfig = struct("PlanConfig", "u32: struct_size; i32: targets max_node_moves reserved;"
                    "i64: max_moves max_move_cost max_bytes cooldown horizon; u64: seed")
PlanInfo = struct("PlanInfo", "i64: cost load balance move group distance apart disruption risk cost_before bound overload"
                  " overload_before moves bytes evaluations; i32: done reserved")
Refusal = struct("Refusal", "i32: block node resource count[14] reserved; i64: gain")
WavesConfig = struct("WavesConfig", "u32: struct_size; i32: per_node total parks strict trials; i64: bytes")
Move = struct("Move", "i32: shard from_ to wave block resource")
WavesInfo = struct("WavesInfo", "i32: waves moves stuck parks strained reserved")
Pair = struct("Pair", "i32: a b; i64: weight")
Fault = struct("Fault", "i32: status field; i64: index")
Provision = struct("Provision", "f64: use; i32: verdict resource nodes shard")
FailureReport = struct("FailureReport", "f64: outcomes failures brier skill ece rows[10] told[10] came[10];"
                       "i64: waiting dropped corrected")
ThresholdConfig = struct("ThresholdConfig", "u32: struct_size; i32: reserved; f64: cost_act cost_fail effect needless gain"
                         " pull reach patience hysteresis environment; i64: hold_ns")
Shift = struct("Shift", "i64: on since")
SilenceConfig = struct("SilenceConfig", "u32: struct_size; i32: reserved; i64: interval_ns round_ns;"
                       "f64: cost_suspect cost_late most_false; i64: prior_ns")
SilenceReport = struct("SilenceReport", "i64: limit_ns excused_ns overdue trusted_from doubted_until;"
                       "f64: gaps failures false_a_year")
Relief = struct("Relief", "u32: struct_size; i32: nodes shards reserved; *f64: p; *i32: crossed; *f64: capacity; *i32: home;"
                "*f64: impact disruption; *i64: tied_from; *i32: tied_to; *f64: tie; f64: budget in_service")
ReliefInfo = struct("ReliefInfo", "i32: shards drained kept reserved; f64: risk disruption")
PersonasConfig = struct("PersonasConfig", "u32: struct_size; i32: nodes types policy streak cold;"
                        "i64: beat_ns hold_ns cold_ns warm_ns warm_requests; u64: seed; i64: start_ns;"
                        "f64: service error_cost price_weight congestion shift_margin target drain_at shadow_rate"
                        " shadow_tolerance weight_affinity weight_stability weight_cost; *f64: workers speed price")
PersonaBeat = struct("PersonaBeat", "f64: busy errors contention workers failure")
Request = struct("Request", "i32: type lead; f64: size complexity steps")
Assignment = struct("Assignment", "i32: node runner_up shadow choice; f64: score runner_up_score wait service price"
                    " congestion risk shadow_service use")
Outcome = struct("Outcome", "i32: node ok shadow reserved; f64: expected latency service reference use")
Persona = struct("Persona", "i32: state prefetch verdict held; f64: capacity stability affinity cost weight workers out"
                 " foreign wait service factor risk uptime contention ramp share confidence; i64: shadows")
SplitConfig = struct("SplitConfig", "u32: struct_size; i32: shards samples settle; f64: mark size over big order undo;"
                     "u64: seed")
SplitView = struct("SplitView", "u32: struct_size; i32: leads; *f64: size; *u8: busy; *f64: forecast")
SplitOrder = struct("SplitOrder", "u64: key; i32: kind shard")
EchoConfig = struct("EchoConfig", "u32: struct_size; i32: nodes tracked echoes copies node_copies; i64: interval_ns;"
                    "f64: gain; u64: seed epoch")
EchoNodes = struct("EchoNodes", "u32: struct_size; i32: reserved; *i64: backlog_ns service_ns; *i32: places domain;"
                   "*i64: distance_ns")
EchoRoute = struct("EchoRoute", "u64: epoch; i32: node echo")
EchoOrder = struct("EchoOrder", "u64: block epoch; i32: kind primary node reserved")
EchoBlock = struct("EchoBlock", "u64: block; f64: reads weight writes; i32: primary echoes node[8]")
MapConfig = struct("MapConfig", "u32: struct_size; i32: partitions areas echoes")
MapChange = struct("MapChange", "u64: key epoch; i32: kind partition node reserved")
MapPlace = struct("MapPlace", "u64: first last; i32: partition node echoes reserved echo[8]; u64: epoch[8]")
MapFault = struct("MapFault", "i32: partition kind node wanted")
Message = struct("Message", "i64: shard from_ to; u64: epoch held; i32: kind reserved")
TransferConfig = struct("TransferConfig", "u32: struct_size; i32: owns; i64: self shard; u64: epoch;"
                        "i32: retry_ms patience_ms")
TransferEvent = struct("TransferEvent", "i32: kind reserved; i64: peer; u64: version; Message: message")
TransferAction = struct("TransferAction", "i32: persist send serves phase; u64: version epoch; i64: peer wake;"
                        "Message: message")
TrialConfig = struct("TrialConfig", "u32: struct_size; i32: quantiles; f64: quantile[3] harm[3] error_harm slack alpha"
                     " beta; i64: learn max_pairs max_ns")
TrialPair = struct("TrialPair", "f64: source_latency target_latency; i32: source_failed target_failed")
TrialInfo = struct("TrialInfo", "i32: verdict channel passed reserved; i64: pairs;"
                   "f64: threshold[3] harmless[4] harmful[4]")
StagesConfig = struct("StagesConfig", "u32: struct_size; i32: reserved; i64: source target copy_rate copy_burst warm_ns"
                      " hold_ns grace_ns patience_ns; f64: first growth unstable")
StagesInput = struct("StagesInput", "i64: copied left; f64: instability; i32: verdict owner cancel reserved")
StagesOutput = struct("StagesOutput", "i32: stage share action reason; i64: copy_bytes")
Way = struct("Way", "i64: serve shadow")
BlocksInfo = struct("BlocksInfo", "i64: load bytes; i32: blocks reached")
Usage = struct("Usage", "i64: at; u64: source; i32: type reserved; f64: size cpu memory network")
ProducerConfig = struct("ProducerConfig", "u32: struct_size; i32: types; i64: id bin_ns; i32: window sources period1"
                        " period2")
Source = struct("Source", "u64: source; f64: load error")
Report = struct("Report", "u32: struct_size; i32: points; i64: producer; u64: epoch sequence; i64: made_at;"
                "f64: level confidence; i64: horizon[4]; f64: now[4] capacity[4] expected[16] lower[16] upper[16];"
                "i32: advice advice_resource; f64: advice_share advice_amount")
Bottleneck = struct("Bottleneck", "i32: resource reserved; f64: probability seconds use")
DemandConfig = struct("DemandConfig", "u32: struct_size; i32: period1 period2 phase; f64: unit level")
DemandNow = struct("DemandNow", "f64: expected order keep violated; i64: outcomes")
ScalerConfig = struct("ScalerConfig", "u32: struct_size; i32: producers; i64: step_ns boot_ns out_cooldown_ns"
                      " in_cooldown_ns starts_ns max_starts min_units max_units stale_ns forget_ns;"
                      "f64: miss_price jump unit[4]; i32: period1 period2 phase reserved")
Decision = struct("Decision", "i64: units change; i32: reason resource lead reserved; f64: expected upper confidence rho"
                  " violated vertical; i64: vertical_units")
OutlookConfig = struct("OutlookConfig", "u32: struct_size; i32: series hour far week tags; *i32: tag")
Surge = struct("Surge", "f64: from to factor; i32: tag reserved")
Control = struct("Control", "u32: struct_size; i32: nodes shards flows hour far pairs targets copies moves rest kins;"
                 "*f64: capacity able failure room load path spread stock; *i32: home going waiting group kin rested;"
                 "*f64: price landing impact; *balance: pair; f64: talk[4] steep caution margin fade ill")
Order = struct("Order", "i32: shard from to cause; f64: gain")
ControlInfo = struct("ControlInfo", "f64: before after peak; i32: node step moves recalls")

STRUCTS = [State, Beat, NodeConfig, NodeScore, FailureConfig, TrackerConfig, Drift, Series, NaiveOptions, SarOptions,
           ThetaOptions, DecompositionOptions, CrostonOptions, EtsOptions, ArOptions, ArimaOptions, AdditiveOptions,
           GruOptions, ForecastConfig, ForecastInfo, ForecastMember, BacktestConfig, Accuracy, Parts, RegressorsConfig,
           RegressorsInfo, Event, Calendar, Hierarchy, ReconcileInfo, Changes, Ranked, RankInfo, Balance, Cluster,
           Imbalance, PlanConfig, PlanInfo, Refusal, WavesConfig, Move, WavesInfo, FailureReport, ThresholdConfig, Shift,
           SilenceConfig, SilenceReport, Relief, ReliefInfo,
           Pair, Fault, Provision, PersonasConfig, PersonaBeat, Request, Assignment, Outcome, Persona,
           SplitConfig, SplitView, SplitOrder, EchoConfig, EchoNodes, EchoRoute, EchoOrder, EchoBlock, MapConfig, MapChange,
           MapPlace, MapFault, Message, TransferConfig, TransferEvent, TransferAction, TrialConfig, TrialPair, TrialInfo,
           StagesConfig, StagesInput, StagesOutput, Way, BlocksInfo, Usage, ProducerConfig, Source, Report, Bottleneck,
           DemandConfig, DemandNow, ScalerConfig, Decision,
           OutlookConfig, Surge, Control, Order, ControlInfo]

for name, result, arguments in [
        ("psc_strerror", C.c_char_p, [i32]), ("psc_version_string", C.c_char_p, []), ("psc_struct_bytes", size, [i32]),
        ("psc_node_size", size, [P(NodeConfig)]), ("psc_tracker_size", size, [P(TrackerConfig)]),
        ("psc_forecast_size", size, [P(Series), P(ForecastConfig)]), ("psc_imbalance_size", size, [P(Cluster)]),
        ("psc_plan_size", size, [P(Cluster), P(PlanConfig)]), ("psc_waves_size", size, [P(Cluster)]),
        ("psc_backtest_size", size, [P(Series), P(ForecastConfig), P(BacktestConfig)]),
        ("psc_decompose_size", size, [P(Series)]), ("psc_periods_size", size, [size]),
        ("psc_regressors_size", size, [P(Series), P(RegressorsConfig)]), ("psc_rank_size", size, [P(Changes)]),
        ("psc_calendar_columns", size, [P(Calendar)]), ("psc_reconcile_size", size, [P(Hierarchy)]),
        ("psc_save_size", size, [C.c_void_p]), ("psc_load_size", size, [C.c_void_p, size]),
        ("psc_save", i32, [C.c_void_p, C.c_void_p, size, P(size)]),
        ("psc_load", i32, [i32, C.c_void_p, size, C.c_void_p, size]),
        ("psc_tracker_init", i32, [C.c_void_p, size, P(TrackerConfig)]),
        ("psc_tracker_observe", i32, [C.c_void_p, f64]), ("psc_tracker_drift", i32, [C.c_void_p, P(Drift)]),
        ("psc_tracker_predict", i32, [C.c_void_p, size, P(f64), size, P(f64), P(f64)]),
        ("psc_trackers_observe", i32, [C.c_void_p, size, P(f64)]),
        ("psc_trackers_predict", i32, [C.c_void_p, size, size, f64, P(f64)]),
        ("psc_node_init", i32, [C.c_void_p, size, P(NodeConfig)]),
        ("psc_node_observe", i32, [C.c_void_p, P(Beat), P(f64)]),
        ("psc_node_score_at", i32, [C.c_void_p, i64, P(NodeScore)]),
        ("psc_nodes_observe", i32, [C.c_void_p, size, size, P(Beat), P(i32), P(f64), P(i32)]),
        ("psc_failure_size", size, [P(FailureConfig)]),
        ("psc_failure_init", i32, [C.c_void_p, size, P(FailureConfig)]),
        ("psc_failure_learn", i32, [C.c_void_p, P(NodeScore), i32]),
        ("psc_failure_report_of", i32, [C.c_void_p, P(FailureReport)]),
        ("psc_failure_probability", i32, [C.c_void_p, P(NodeScore), P(f64)]),
        ("psc_threshold_size", size, [P(ThresholdConfig)]),
        ("psc_threshold_init", i32, [C.c_void_p, size, P(ThresholdConfig)]),
        ("psc_threshold_decide", i32, [C.c_void_p, f64, i64, P(Shift), P(f64)]),
        ("psc_silence_size", size, [P(SilenceConfig)]),
        ("psc_silence_init", i32, [C.c_void_p, size, P(SilenceConfig)]),
        ("psc_silence_round", i32, [C.c_void_p, i64, size, P(i64), P(i32)]),
        ("psc_relief_size", size, [P(Relief)]),
        ("psc_relief_of", i32, [P(Relief), C.c_void_p, size, P(f64), P(i32), P(ReliefInfo)]),
        ("psc_forecast_init", i32, [C.c_void_p, size, P(Series), P(ForecastConfig)]),
        ("psc_forecast_step", i32, [C.c_void_p, i64]),
        ("psc_forecast_fit", i32, [C.c_void_p, size, P(Series), P(ForecastConfig), P(ForecastInfo)]),
        ("psc_forecast_predict", i32, [C.c_void_p, size, P(f64), size, P(f64), P(f64)]),
        ("psc_forecast_mean", i32, [C.c_void_p, size, P(f64)]),
        ("psc_forecast_paths", i32, [C.c_void_p, size, size, P(f64)]),
        ("psc_forecast_observe", i32, [C.c_void_p, P(f64), size]),
        ("psc_forecast_describe", i32, [C.c_void_p, P(ForecastInfo), P(ForecastMember), size, P(size)]),
        ("psc_forecast_parameters", i32, [C.c_void_p, P(f64), size, P(size)]),
        ("psc_accuracy_of", i32, [P(f64), P(f64), P(f64), P(f64), size, f64, f64, P(Accuracy)]),
        ("psc_backtest_run", i32, [P(Series), P(ForecastConfig), P(BacktestConfig), C.c_void_p, size, P(Accuracy)]),
        ("psc_decompose", i32, [P(Series), C.c_void_p, size, P(f64), P(f64), P(f64), P(Parts)]),
        ("psc_periods_of", i32, [P(f64), size, C.c_void_p, size, P(i32), P(i32)]),
        ("psc_regressors_init", i32, [C.c_void_p, size, P(Series), P(RegressorsConfig)]),
        ("psc_regressors_step", i32, [C.c_void_p, P(Series), P(RegressorsConfig), i64]),
        ("psc_regressors_best", i32, [C.c_void_p, P(i32), P(f64), P(RegressorsInfo)]),
        ("psc_calendar_column", i32, [P(Calendar), size, P(i32), P(i32)]),
        ("psc_calendar_fill", i32, [P(Calendar), size, P(f64), size]),
        ("psc_reconcile_run", i32, [P(Hierarchy), C.c_void_p, size, P(f64), P(f64), P(ReconcileInfo)]),
        ("psc_rank_shards", i32, [P(Changes), C.c_void_p, size, P(Ranked), size, P(Ranked), size, P(RankInfo)]),
        ("psc_personas_size", size, [P(PersonasConfig)]),
        ("psc_personas_init", i32, [C.c_void_p, size, P(PersonasConfig)]),
        ("psc_personas_beat", i32, [C.c_void_p, i64, i32, P(PersonaBeat)]),
        ("psc_personas_assign", i32, [C.c_void_p, i64, P(Request), P(Assignment)]),
        ("psc_personas_outcome", i32, [C.c_void_p, i64, P(Request), P(Outcome)]),
        ("psc_personas_explain", i32, [C.c_void_p, i32, i32, P(Persona)]),
        ("psc_cluster_check", i32, [P(Cluster)]), ("psc_soft_amounts", i32, [P(Cluster), f64, P(i64)]),
        ("psc_imbalance_of", i32, [P(Cluster), P(i32), f64, C.c_void_p, size, P(f64), P(f64), P(Imbalance)]),
        ("psc_plan_init", i32, [C.c_void_p, size, P(Cluster), P(PlanConfig)]),
        ("psc_plan_step", i32, [C.c_void_p, P(Cluster), i64]),
        ("psc_plan_best", i32, [C.c_void_p, P(Cluster), P(i32), P(PlanInfo)]),
        ("psc_plan_explain", i32, [C.c_void_p, P(Cluster), i32, P(Refusal)]),
        ("psc_split_size", size, [P(SplitConfig)]), ("psc_map_size", size, [P(MapConfig)]),
        ("psc_echo_size", size, [P(EchoConfig)]), ("psc_echo_init", i32, [C.c_void_p, size, P(EchoConfig)]),
        ("psc_echo_read", i32, [C.c_void_p, u64, i32, i64, P(EchoRoute)]),
        ("psc_split_init", i32, [C.c_void_p, size, P(SplitConfig)]),
        ("psc_split_shards", i32, [C.c_void_p, P(u64), size]), ("psc_split_observe", i32, [C.c_void_p, u64, C.c_double]),
        ("psc_split_tick", i32, [C.c_void_p, P(SplitView), P(SplitOrder), size, P(size), P(C.c_double)]),
        ("psc_map_init", i32, [C.c_void_p, size, P(MapConfig)]),
        ("psc_map_apply", i32, [C.c_void_p, u64, P(MapChange)]), ("psc_map_find", i32, [C.c_void_p, u64, P(MapPlace)]),
        ("psc_waves_of", i32, [P(Cluster), P(WavesConfig), P(i32), C.c_void_p, size, P(Move), size, P(WavesInfo)]),
        ("psc_transfer_init", i32, [C.c_void_p, size, P(TransferConfig)]),
        ("psc_transfer_step", i32, [C.c_void_p, P(TransferEvent), i64, P(TransferAction)]),
        ("psc_stages_size", size, [P(StagesConfig)]), ("psc_stages_init", i32, [C.c_void_p, size, P(StagesConfig)]),
        ("psc_stages_step", i32, [C.c_void_p, P(StagesInput), i64, P(StagesOutput)]),
        ("psc_route", i32, [C.c_void_p, u64, P(Way)]),
        ("psc_trial_size", size, [P(TrialConfig)]), ("psc_trial_init", i32, [C.c_void_p, size, P(TrialConfig)]),
        ("psc_trial_observe", i32, [C.c_void_p, P(TrialPair), i64]), ("psc_trial_verdict", i32, [C.c_void_p, P(TrialInfo)]),
        ("psc_blocks_order", i32, [P(f64), P(i64), size, P(i64), P(i32)])]:
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


def test_transfer():
    sides = [block(80), block(80)]
    for me, side in enumerate(sides):
        config = default(TransferConfig, "psc_transfer_default")
        config.self, config.owns = me, me == 0
        ok(psc.psc_transfer_init(side, 80, C.byref(config)))
    at, event, action = 0, TransferEvent(kind=2, peer=1), TransferAction()      # proposes to node 1
    for _ in range(20):
        ok(psc.psc_transfer_step(sides[at], C.byref(event), 0, C.byref(action)))
        if action.persist:
            event = TransferEvent(kind=4, version=action.version)
        elif action.send:
            event = TransferEvent(kind=1, message=action.message)
            at = action.message.to
        else:
            break
    assert at == 0 and action.phase == 4 and not action.serves
    ok(psc.psc_transfer_step(sides[1], C.byref(TransferEvent()), 0, C.byref(action)))
    assert action.serves == 1


def test_stages_and_trial():
    config, way, out = default(StagesConfig, "psc_stages_default"), Way(), StagesOutput()
    n = psc.psc_stages_size(C.byref(config))
    stages = block(n)
    ok(psc.psc_stages_init(stages, n, C.byref(config)))
    ok(psc.psc_stages_step(stages, C.byref(StagesInput(left=100)), 0, C.byref(out)))
    ok(psc.psc_route(stages, 7, C.byref(way)))
    assert out.copy_bytes == 100 and (way.serve, way.shadow) == (0, 1)
    config, info = default(TrialConfig, "psc_trial_default"), TrialInfo()
    n = psc.psc_trial_size(C.byref(config))
    trial = block(n)
    ok(psc.psc_trial_init(trial, n, C.byref(config)))
    for t in range(10):
        ok(psc.psc_trial_observe(trial, C.byref(TrialPair(0.01, 0.01, 0, 1)), t))
    ok(psc.psc_trial_verdict(trial, C.byref(info)))
    assert (info.verdict, info.channel) == (2, 3)
    order, work = array(i32, [0] * 3), array(i64, [0] * 3)
    ok(psc.psc_blocks_order(array(f64, [1.0, 3.0, 2.0]), None, 3, work, order))
    assert list(order) == [1, 2, 0]


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
    drift = Drift()
    ok(psc.psc_tracker_drift(state, C.byref(drift)))
    assert drift.ready == 1 and drift.seen == 241 - 24 and drift.alarms == 0


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
    assert psc.psc_node_observe(state, C.byref(Beat(7, 7, 1, 99)), (f64 * 7)()) == -13
    beats, results = (Beat * 2)(Beat(7, 7, 1, 101, 0, 0, 12), Beat(7, 7, 1, 100, 0, 0, 12)), (i32 * 2)(9, 9)
    ok(psc.psc_nodes_observe(state, 1, 2, beats, array(i32, [0, 0]), (f64 * 14)(), results))
    assert list(results) == [0, 0]
    config = default(FailureConfig, "psc_failure_default")
    config.capacity = 0
    n = psc.psc_failure_size(C.byref(config))
    model, report = block(n), FailureReport()
    ok(psc.psc_failure_init(model, n, C.byref(config)))
    ok(psc.psc_failure_probability(model, C.byref(score), C.byref(p)))
    assert 0.5 < p.value <= 1.0
    ok(psc.psc_failure_learn(model, C.byref(score), 1))
    ok(psc.psc_failure_report_of(model, C.byref(report)))
    assert (report.outcomes, report.failures) == (1.0, 1.0)


def test_decide():
    """The first of three nodes is likely to fail: it is shifted, and so is what pays; a node that is silent is suspected."""
    config = default(ThresholdConfig, "psc_threshold_default")
    n = psc.psc_threshold_size(C.byref(config))
    threshold, shift, value = block(n), Shift(), f64()
    ok(psc.psc_threshold_init(threshold, n, C.byref(config)))
    ok(psc.psc_threshold_decide(threshold, 0.9, 5, C.byref(shift), C.byref(value)))
    assert (shift.on, shift.since) == (1, 5) and 0.1 < value.value < 0.9
    config = default(SilenceConfig, "psc_silence_default")
    n = psc.psc_silence_size(C.byref(config))
    silence, suspected = block(n), (i32 * 3)()
    ok(psc.psc_silence_init(silence, n, C.byref(config)))
    ok(psc.psc_silence_round(silence, 30 * 10**9, 3, array(i64, [0, 30 * 10**9, 30 * 10**9]), suspected))
    assert list(suspected) == [1, 0, 0]
    relief = default(Relief, "psc_relief_default")
    relief.nodes, relief.shards = 3, 4
    relief.p, relief.crossed = array(f64, [0.9, 0.0, 0.0]), array(i32, [1, 0, 0])
    relief.home, relief.impact = array(i32, [0, 0, 1, 0]), array(f64, [1.0, 5.0, 9.0, 8.0])
    relief.disruption = array(f64, [2.0, 2.0, 2.0, 2.0])
    n = psc.psc_relief_size(C.byref(relief))
    drain, shard, info = (f64 * 3)(), (i32 * 4)(), ReliefInfo()
    ok(psc.psc_relief_of(C.byref(relief), block(n), n, drain, shard, C.byref(info)))
    assert info.shards == 2 and list(shard[:2]) == [3, 1] and drain[0] == 0.9


def make_series(hours):
    """A series of so many hours with a daily season; it keeps what it points to."""
    series = default(Series, "psc_series_default")
    series.value, series.n = array(f64, map(day, range(hours))), hours
    series.period, series.periods = array(i32, [24]), 1
    return series


def make_fit(series, config):
    n = psc.psc_forecast_size(C.byref(series), C.byref(config))
    fit, info = block(n), ForecastInfo()
    ok(psc.psc_forecast_fit(fit, n, C.byref(series), C.byref(config), C.byref(info)))
    return fit, info


def test_forecast():
    series, config = make_series(24 * 28), default(ForecastConfig, "psc_forecast_default")
    fit, info = make_fit(series, config)
    level, point, quantile, mean = array(f64, [0.05, 0.5, 0.95]), (f64 * 24)(), (f64 * 72)(), (f64 * 24)()
    ok(psc.psc_forecast_predict(fit, 24, level, 3, point, quantile))
    assert info.model == 0 and all(abs(point[i] - day(24 * 28 + i)) < 15.0 for i in range(24))
    assert all(quantile[3 * i] <= quantile[3 * i + 1] <= quantile[3 * i + 2] for i in range(24))
    ok(psc.psc_forecast_mean(fit, 24, mean))
    assert all(abs(mean[i] - point[i]) < 15.0 for i in range(24))
    member, members = (ForecastMember * 24)(), size()
    ok(psc.psc_forecast_describe(fit, C.byref(info), member, 24, C.byref(members)))
    assert info.used == 24 * 28 and info.members <= members.value and info.tests == 24
    assert abs(sum(member[i].weight for i in range(members.value)) - 1.0) < 1e-9


def test_forecast_in_slices():
    series, config = make_series(24 * 9), default(ForecastConfig, "psc_forecast_default")
    fit, _ = make_fit(series, config)
    n = psc.psc_forecast_size(C.byref(series), C.byref(config))
    twin, one, other = block(n), (f64 * (5 * 24))(), (f64 * (5 * 24))()
    ok(psc.psc_forecast_init(twin, n, C.byref(series), C.byref(config)))
    while ok(psc.psc_forecast_step(twin, 10)) == 1:
        pass
    ok(psc.psc_forecast_paths(fit, 24, 5, one))
    ok(psc.psc_forecast_paths(twin, 24, 5, other))
    assert bytes(one) == bytes(other)
    ok(psc.psc_forecast_observe(fit, array(f64, map(day, range(24 * 9, 24 * 10))), 24))
    ok(psc.psc_forecast_paths(fit, 24, 5, other))
    assert bytes(one) != bytes(other)


def test_models():
    """Every model by name fits and has parameters or none; the numbers are those of PSC_MODEL_..."""
    series, config = make_series(24 * 6), default(ForecastConfig, "psc_forecast_default")
    parameter, count = (f64 * 1000)(), size()
    for model in range(1, 11):
        config.model = model
        fit, info = make_fit(series, config)
        ok(psc.psc_forecast_parameters(fit, parameter, 1000, C.byref(count)))
        assert info.model == model and (count.value > 0) == (model != 1), model


def test_backtest():
    series, config = make_series(24 * 14), default(ForecastConfig, "psc_forecast_default")
    backtest, accuracy = default(BacktestConfig, "psc_backtest_default"), Accuracy()
    n = psc.psc_backtest_size(C.byref(series), C.byref(config), C.byref(backtest))
    ok(psc.psc_backtest_run(C.byref(series), C.byref(config), C.byref(backtest), block(n), n, C.byref(accuracy)))
    assert accuracy.origins == 3 and accuracy.steps == 72 and accuracy.mase < 2.0
    one = array(f64, [1.0, 2.0])
    ok(psc.psc_accuracy_of(one, array(f64, [2.0, 2.0]), None, None, 2, 0.9, 0.5, C.byref(accuracy)))
    assert accuracy.mase == 1.0


def test_parts_and_periods():
    series = make_series(24 * 8)
    trend, season, rest, parts = (f64 * series.n)(), (f64 * series.n)(), (f64 * series.n)(), Parts()
    n = psc.psc_decompose_size(C.byref(series))
    ok(psc.psc_decompose(C.byref(series), block(n), n, trend, season, rest, C.byref(parts)))
    assert all(abs(trend[t] + season[t] + rest[t] - day(t)) < 1e-9 for t in range(series.n)) and parts.season[0] > 0.9
    period, count = (i32 * 3)(), i32()
    n = psc.psc_periods_size(series.n)
    ok(psc.psc_periods_of(series.value, series.n, block(n), n, period, C.byref(count)))
    assert 24 in period[:count.value]


def test_regressors_of_a_calendar():
    """A nightly job of an hour tells the load; being Monday does not."""
    job = (Event * 14)(*[Event(86400 * d + 3 * 3600, 86400 * d + 4 * 3600, 1.0, 0, 0) for d in range(14)])
    calendar = default(Calendar, "psc_calendar_default")
    calendar.groups, calendar.event, calendar.events, calendar.event_columns = 4, C.cast(job, C.c_void_p), 14, 1
    columns, group, index = psc.psc_calendar_columns(C.byref(calendar)), i32(), i32()
    assert columns == 7
    ok(psc.psc_calendar_column(C.byref(calendar), 6, C.byref(group), C.byref(index)))
    assert (group.value, index.value) == (4096, 0)
    row = (f64 * (24 * 14 * 7))()
    ok(psc.psc_calendar_fill(C.byref(calendar), 24 * 14, row, columns))
    assert row[7 * 3 + 6] == 1.0 and sum(row[6::7]) == 14.0
    series = default(Series, "psc_series_default")
    series.value, series.n = array(f64, [t * 7919 % 13 + 50.0 * (t % 24 == 3) for t in range(24 * 14)]), 24 * 14
    series.regressor, series.regressors = row, columns
    config = default(RegressorsConfig, "psc_regressors_default")
    n = psc.psc_regressors_size(C.byref(series), C.byref(config))
    select, order, gain, info = block(n), (i32 * 7)(), (f64 * 7)(), RegressorsInfo()
    ok(psc.psc_regressors_init(select, n, C.byref(series), C.byref(config)))
    while ok(psc.psc_regressors_step(select, C.byref(series), C.byref(config), 100)) == 1:
        pass
    ok(psc.psc_regressors_best(select, order, gain, C.byref(info)))
    assert info.done == 1 and order[6] == 1 and info.chosen == 1 and info.after < info.before, list(order)


def test_reconcile():
    """A fleet of two nodes, of which only the sum is sure."""
    tree = default(Hierarchy, "psc_reconcile_default")
    tree.series, tree.parent = 3, array(i32, [-1, 0, 0])
    tree.point, tree.spread = array(f64, [10.0, 4.0, 4.0]), array(f64, [0.0, 1.0, 1.0])
    n, info = psc.psc_reconcile_size(C.byref(tree)), ReconcileInfo()
    point, spread = (f64 * 3)(), (f64 * 3)()
    ok(psc.psc_reconcile_run(C.byref(tree), block(n), n, point, spread, C.byref(info)))
    assert list(point) == [10.0, 5.0, 5.0] and info.before == 2.0 and info.rounds == 1


def test_rank():
    changes = default(Changes, "psc_changes_default")
    changes.n, changes.now, changes.next = 4, array(f64, [5, 5, 5, 5]), array(f64, [6, 9, 1, 5])
    up, down, info, n = (Ranked * 2)(), (Ranked * 2)(), RankInfo(), psc.psc_rank_size(C.byref(changes))
    ok(psc.psc_rank_shards(C.byref(changes), block(n), n, up, 2, down, 2, C.byref(info)))
    assert [up[i].index for i in range(info.ups)] == [1, 0] and [down[i].index for i in range(info.downs)] == [2]
    changes.spread = array(f64, [2, 1, 1, 1])
    ok(psc.psc_rank_shards(C.byref(changes), block(n), n, up, 2, down, 2, C.byref(info)))
    assert info.ups == 1 and up[0].z == 4.0 and up[0].p < 0.001


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


def test_personas():
    config = default(PersonasConfig, "psc_personas_default")
    config.nodes, config.speed = 3, array(f64, [1.0, 2.0, 1.0])
    n = psc.psc_personas_size(C.byref(config))
    state, request, answer, persona = block(n), Request(0, -1, 1.0), Assignment(), Persona()
    ok(psc.psc_personas_init(state, n, C.byref(config)))
    ok(psc.psc_personas_assign(state, 0, C.byref(request), C.byref(answer)))
    assert answer.node == 1 and answer.runner_up == 0 and answer.score > 0.0
    nan = float("nan")
    ok(psc.psc_personas_outcome(state, 1, C.byref(request),
                                C.byref(Outcome(1, 0, 0, 0, answer.service, 0.001, 0.001, nan, nan))))
    ok(psc.psc_personas_beat(state, 2, 0, C.byref(PersonaBeat(0.5, 0.0, 0.1, nan, 0.01))))
    ok(psc.psc_personas_assign(state, 3, C.byref(request), C.byref(answer)))
    assert answer.node != 1
    ok(psc.psc_personas_explain(state, 1, 0, C.byref(persona)))
    assert persona.state == 2 and 0.09 < persona.risk < 0.11


def test_blocks():
    config, view, load, n = default(SplitConfig, "psc_split_default"), default(SplitView, "psc_split_view_default"), \
        (C.c_double * 1)(), size()
    bytes_, orders = psc.psc_split_size(C.byref(config)), (SplitOrder * 8)()
    split = block(bytes_)
    ok(psc.psc_split_init(split, bytes_, C.byref(config)))
    ok(psc.psc_split_shards(split, (u64 * 1)(0), 1))
    for t in range(3):
        for k in range(200):
            ok(psc.psc_split_observe(split, 1000 + k, 1.0))
        ok(psc.psc_split_tick(split, C.byref(view), orders, 8, C.byref(n), load))
        if n.value:
            break
    assert n.value == 1 and orders[0].kind == 1 and 1050 < orders[0].key < 1150 and load[0] == 200.0

    config, route = default(EchoConfig, "psc_echo_default"), EchoRoute()
    bytes_ = psc.psc_echo_size(C.byref(config))
    echo = block(bytes_)
    ok(psc.psc_echo_init(echo, bytes_, C.byref(config)))
    ok(psc.psc_echo_read(echo, 5, 1, 0, C.byref(route)))
    assert (route.node, route.echo, route.epoch) == (1, 0, 0)

    config, place = default(MapConfig, "psc_map_default"), MapPlace()
    config.partitions, config.areas = 2, 2
    bytes_ = psc.psc_map_size(C.byref(config))
    there = block(bytes_)
    ok(psc.psc_map_init(there, bytes_, C.byref(config)))
    for version, change in enumerate([MapChange(kind=1, partition=1, node=7), MapChange(kind=2, key=100, partition=1)]):
        ok(psc.psc_map_apply(there, version, C.byref(change)))
    ok(psc.psc_map_find(there, 150, C.byref(place)))
    assert (place.first, place.last, place.partition, place.node) == (100, 2**64 - 1, 1, 7)


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
