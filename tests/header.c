/* header.c - what predscale.h promises about itself: layouts, sizes, versions, texts, defaults. */
#include "predscale.h"
#include "test.h"

typedef struct field {
    size_t offset, bytes;
} field;

#define F(name) { offsetof(T, name), sizeof(((T *)0)->name) }
#define TILED(which, fields) tiled(#which, which, sizeof(T), fields, sizeof fields / sizeof fields[0])

/* The library agrees about the size, and the fields follow one another without a hole (where pointers and size_t
 * have 8 bytes), so that a binding may declare them one by one. */
static void tiled(const char *name, int32_t which, size_t size, const field *f, size_t fields)
{
    size_t i, at = 0;
    char text[128];

    snprintf(text, sizeof text, "psc_struct_bytes(%s)", name);
    test_int(__FILE__, __LINE__, text, (long long)psc_struct_bytes(which), (long long)size);
    if (sizeof(void *) != 8 || sizeof(size_t) != 8) return;
    for (i = 0; i < fields; i++) {
        snprintf(text, sizeof text, "%s: offset of field %lu", name, (unsigned long)i);
        test_int(__FILE__, __LINE__, text, (long long)f[i].offset, (long long)at);
        at += f[i].bytes;
    }
    snprintf(text, sizeof text, "%s: sum of the fields", name);
    test_int(__FILE__, __LINE__, text, (long long)at, (long long)size);
}

static void test_state_layout(void)
{
    typedef psc_state T;
    static const field f[] = { F(kind), F(words) };
    TILED(PSC_STRUCT_STATE, f);
}

static void test_beat_layout(void)
{
    typedef psc_beat T;
    static const field f[] = {
        F(node), F(sender), F(epoch), F(sequence), F(sent_at), F(received_at), F(shards)
    };
    TILED(PSC_STRUCT_BEAT, f);
}

static void test_node_config_layout(void)
{
    typedef psc_node_config T;
    static const field f[] = {
        F(struct_size), F(metrics), F(id), F(learn), F(memory), F(interval_ns), F(pause_ns), F(day_ns),
        F(step_ns), F(max_jump),
        F(winsor), F(relative_floor), F(floor)
    };
    TILED(PSC_STRUCT_NODE_CONFIG, f);
}

static void test_node_score_layout(void)
{
    typedef psc_node_score T;
    static const field f[] = {
        F(instability), F(level), F(z), F(joint), F(drift), F(phi), F(jitter), F(onset), F(progress), F(metric),
        F(learned), F(beats), F(shards), F(sign), F(signs), F(reserved)
    };
    TILED(PSC_STRUCT_NODE_SCORE, f);
}

static void test_failure_config_layout(void)
{
    typedef psc_failure_config T;
    static const field f[] = {
        F(struct_size), F(capacity), F(horizon_ns), F(wait_ns), F(base), F(slope_z), F(slope_phi), F(correct_from)
    };
    TILED(PSC_STRUCT_FAILURE_CONFIG, f);
}

static void test_tracker_config_layout(void)
{
    typedef psc_tracker_config T;
    static const field f[] = {
        F(struct_size), F(period1), F(period2), F(reserved), F(alpha), F(gamma), F(lower), F(upper)
    };
    TILED(PSC_STRUCT_TRACKER_CONFIG, f);
}

static void test_drift_layout(void)
{
    typedef psc_drift T;
    static const field f[] = { F(alarms), F(seen), F(last), F(ready), F(shift), F(size) };
    TILED(PSC_STRUCT_DRIFT, f);
}

static void test_series_layout(void)
{
    typedef psc_series T;
    static const field f[] = {
        F(struct_size), F(periods), F(value), F(n), F(period), F(lower), F(upper), F(regressor), F(regressors),
        F(reserved)
    };
    TILED(PSC_STRUCT_SERIES, f);
}

static void test_naive_options_layout(void)
{
    typedef psc_naive_options T;
    static const field f[] = { F(kind), F(period), F(index), F(reserved) };
    TILED(PSC_STRUCT_NAIVE_OPTIONS, f);
}

static void test_sar_options_layout(void)
{
    typedef psc_sar_options T;
    static const field f[] = { F(lags), F(seasonal), F(form), F(window), F(ridge) };
    TILED(PSC_STRUCT_SAR_OPTIONS, f);
}

static void test_theta_options_layout(void)
{
    typedef psc_theta_options T;
    static const field f[] = { F(kind), F(period), F(index), F(reserved), F(alpha), F(theta) };
    TILED(PSC_STRUCT_THETA_OPTIONS, f);
}

static void test_decomposition_options_layout(void)
{
    typedef psc_decomposition_options T;
    static const field f[] = { F(iterations), F(reserved), F(trend) };
    TILED(PSC_STRUCT_DECOMPOSITION_OPTIONS, f);
}

static void test_croston_options_layout(void)
{
    typedef psc_croston_options T;
    static const field f[] = { F(kind), F(criterion), F(alpha), F(beta) };
    TILED(PSC_STRUCT_CROSTON_OPTIONS, f);
}

static void test_ets_options_layout(void)
{
    typedef psc_ets_options T;
    static const field f[] = {
        F(error), F(trend), F(season), F(reserved), F(alpha), F(beta), F(gamma), F(phi)
    };
    TILED(PSC_STRUCT_ETS_OPTIONS, f);
}

static void test_ar_options_layout(void)
{
    typedef psc_ar_options T;
    static const field f[] = { F(method), F(order), F(order_max), F(reserved) };
    TILED(PSC_STRUCT_AR_OPTIONS, f);
}

static void test_arima_options_layout(void)
{
    typedef psc_arima_options T;
    static const field f[] = {
        F(p), F(d), F(q), F(seasonal_p), F(seasonal_d), F(seasonal_q), F(constant), F(method), F(models),
        F(given), F(ar), F(ma), F(seasonal_ar), F(seasonal_ma), F(mean)
    };
    TILED(PSC_STRUCT_ARIMA_OPTIONS, f);
}

static void test_additive_options_layout(void)
{
    typedef psc_additive_options T;
    static const field f[] = {
        F(struct_size), F(knots), F(harmonics), F(robust), F(correct), F(memory), F(reach), F(change),
        F(effect), F(damping)
    };
    TILED(PSC_STRUCT_ADDITIVE_OPTIONS, f);
}

static void test_gru_options_layout(void)
{
    typedef psc_gru_options T;
    static const field f[] = { F(units), F(steps), F(window), F(reserved), F(rate), F(seed) };
    TILED(PSC_STRUCT_GRU_OPTIONS, f);
}

static void test_forecast_config_layout(void)
{
    typedef psc_forecast_config T;
    static const field f[] = {
        F(struct_size), F(model), F(horizon), F(transform), F(origins), F(with), F(robust), F(reserved),
        F(clip), F(naive), F(sar), F(theta), F(decomposition), F(croston), F(ets), F(ar), F(arima), F(additive),
        F(gru)
    };
    TILED(PSC_STRUCT_FORECAST_CONFIG, f);
}

static void test_forecast_info_layout(void)
{
    typedef psc_forecast_info T;
    static const field f[] = {
        F(model), F(transform), F(members), F(tests), F(note), F(refit), F(used), F(origins), F(sigma), F(loss),
        F(optimism), F(observed), F(drift)
    };
    TILED(PSC_STRUCT_FORECAST_INFO, f);
}

static void test_forecast_member_layout(void)
{
    typedef psc_forecast_member T;
    static const field f[] = { F(model), F(kind), F(lags), F(window), F(weight), F(loss) };
    TILED(PSC_STRUCT_FORECAST_MEMBER, f);
}

static void test_backtest_config_layout(void)
{
    typedef psc_backtest_config T;
    static const field f[] = { F(struct_size), F(origins), F(stride), F(reserved), F(level) };
    TILED(PSC_STRUCT_BACKTEST_CONFIG, f);
}

static void test_accuracy_layout(void)
{
    typedef psc_accuracy T;
    static const field f[] = { F(smape), F(mase), F(msis), F(coverage), F(scale), F(steps), F(origins) };
    TILED(PSC_STRUCT_ACCURACY, f);
}

static void test_parts_layout(void)
{
    typedef psc_parts T;
    static const field f[] = { F(note), F(reserved), F(trend), F(season) };
    TILED(PSC_STRUCT_PARTS, f);
}

static void test_regressors_config_layout(void)
{
    typedef psc_regressors_config T;
    static const field f[] = {
        F(struct_size), F(transform), F(blocks), F(most), F(start), F(margin), F(additive)
    };
    TILED(PSC_STRUCT_REGRESSORS_CONFIG, f);
}

static void test_regressors_info_layout(void)
{
    typedef psc_regressors_info T;
    static const field f[] = {
        F(chosen), F(done), F(transform), F(reserved), F(before), F(after), F(needed), F(rho)
    };
    TILED(PSC_STRUCT_REGRESSORS_INFO, f);
}

static void test_event_layout(void)
{
    typedef psc_event T;
    static const field f[] = { F(start), F(end), F(amount), F(column), F(reserved) };
    TILED(PSC_STRUCT_EVENT, f);
}

static void test_calendar_layout(void)
{
    typedef psc_calendar T;
    static const field f[] = {
        F(struct_size), F(groups), F(start), F(step), F(offset), F(event), F(events), F(event_columns),
        F(offset_minutes)
    };
    TILED(PSC_STRUCT_CALENDAR, f);
}

static void test_hierarchy_layout(void)
{
    typedef psc_hierarchy T;
    static const field f[] = {
        F(struct_size), F(method), F(nonnegative), F(reserved), F(series), F(steps), F(parent), F(point),
        F(spread), F(share)
    };
    TILED(PSC_STRUCT_HIERARCHY, f);
}

static void test_reconcile_info_layout(void)
{
    typedef psc_reconcile_info T;
    static const field f[] = { F(before), F(moved), F(rounds), F(held) };
    TILED(PSC_STRUCT_RECONCILE_INFO, f);
}

static void test_changes_layout(void)
{
    typedef psc_changes T;
    static const field f[] = {
        F(struct_size), F(decision), F(n), F(now), F(next), F(spread), F(lower), F(upper), F(level), F(rate)
    };
    TILED(PSC_STRUCT_CHANGES, f);
}

static void test_ranked_layout(void)
{
    typedef psc_ranked T;
    static const field f[] = { F(index), F(change), F(now), F(next), F(z), F(probability), F(p) };
    TILED(PSC_STRUCT_RANKED, f);
}

static void test_rank_info_layout(void)
{
    typedef psc_rank_info T;
    static const field f[] = { F(ups), F(downs), F(up_total), F(down_total), F(limit) };
    TILED(PSC_STRUCT_RANK_INFO, f);
}

static void test_balance_layout(void)
{
    typedef psc_balance T;
    static const field f[] = { F(first), F(second), F(ratio), F(weight) };
    TILED(PSC_STRUCT_BALANCE, f);
}

static void test_cluster_layout(void)
{
    typedef psc_cluster T;
    static const field f[] = {
        F(struct_size), F(resources), F(nodes), F(shards), F(groups), F(balances), F(places), F(pairs),
        F(capacity), F(soft), F(domain), F(zone), F(place), F(closed), F(load_weight), F(risk), F(demand), F(home),
        F(group), F(move_cost), F(size), F(pinned), F(going), F(impact), F(rested), F(spread), F(depend_from), F(depend), F(transient), F(weight), F(balance), F(pair),
        F(distance), F(weight_move), F(weight_group), F(weight_distance), F(weight_apart), F(weight_disruption)
    };
    TILED(PSC_STRUCT_CLUSTER, f);
}

static void test_imbalance_layout(void)
{
    typedef psc_imbalance T;
    static const field f[] = { F(fleet), F(rms), F(peak), F(node), F(resource), F(above), F(overloaded) };
    TILED(PSC_STRUCT_IMBALANCE, f);
}

static void test_plan_config_layout(void)
{
    typedef psc_plan_config T;
    static const field f[] = { 
        F(struct_size), F(targets), F(max_node_moves), F(reserved), F(max_moves), F(max_move_cost), F(max_bytes),
        F(cooldown), F(horizon), F(seed)
    };
    TILED(PSC_STRUCT_PLAN_CONFIG, f);
}

static void test_plan_info_layout(void)
{
    typedef psc_plan_info T;
    static const field f[] = {
        F(cost), F(load), F(balance), F(move), F(group), F(distance), F(apart), F(disruption), F(risk),
        F(cost_before), F(bound), F(overload), F(overload_before), F(moves), F(bytes), F(evaluations), F(done), F(reserved)
    };
    TILED(PSC_STRUCT_PLAN_INFO, f);
}

static void test_refusal_layout(void)
{
    typedef psc_refusal T;
    static const field f[] = { F(block), F(node), F(resource), F(count), F(reserved), F(gain) };
    TILED(PSC_STRUCT_REFUSAL, f);
}

static void test_waves_config_layout(void)
{
    typedef psc_waves_config T;
    static const field f[] = { F(struct_size), F(per_node), F(total), F(parks), F(strict), F(trials), F(bytes) };
    TILED(PSC_STRUCT_WAVES_CONFIG, f);
}

static void test_move_layout(void)
{
    typedef psc_move T;
    static const field f[] = { F(shard), F(from), F(to), F(wave), F(block), F(resource) };
    TILED(PSC_STRUCT_MOVE, f);
}

static void test_waves_info_layout(void)
{
    typedef psc_waves_info T;
    static const field f[] = { F(waves), F(moves), F(stuck), F(parks), F(strained), F(reserved) };
    TILED(PSC_STRUCT_WAVES_INFO, f);
}

static void test_pair_layout(void)
{
    typedef psc_pair T;
    static const field f[] = { F(a), F(b), F(weight) };
    TILED(PSC_STRUCT_PAIR, f);
}

static void test_fault_layout(void)
{
    typedef psc_fault T;
    static const field f[] = { F(status), F(field), F(index) };
    TILED(PSC_STRUCT_FAULT, f);
}

static void test_provision_layout(void)
{
    typedef psc_provision T;
    static const field f[] = { F(use), F(verdict), F(resource), F(nodes), F(shard) };
    TILED(PSC_STRUCT_PROVISION, f);
}

static void test_personas_config_layout(void)
{
    typedef psc_personas_config T;
    static const field f[] = {
        F(struct_size), F(nodes), F(types), F(policy), F(streak), F(cold), F(beat_ns), F(hold_ns), F(cold_ns),
        F(warm_ns), F(warm_requests), F(seed), F(start_ns), F(service), F(error_cost), F(price_weight),
        F(congestion), F(shift_margin), F(target), F(drain_at), F(shadow_rate), F(shadow_tolerance),
        F(weight_affinity), F(weight_stability), F(weight_cost), F(workers), F(speed), F(price)
    };
    TILED(PSC_STRUCT_PERSONAS_CONFIG, f);
}

static void test_persona_beat_layout(void)
{
    typedef psc_persona_beat T;
    static const field f[] = {
        F(busy), F(errors), F(contention), F(workers), F(failure)
    };
    TILED(PSC_STRUCT_PERSONA_BEAT, f);
}

static void test_request_layout(void)
{
    typedef psc_request T;
    static const field f[] = {
        F(type), F(lead), F(size), F(complexity), F(steps)
    };
    TILED(PSC_STRUCT_REQUEST, f);
}

static void test_assignment_layout(void)
{
    typedef psc_assignment T;
    static const field f[] = {
        F(node), F(runner_up), F(shadow), F(choice), F(score), F(runner_up_score), F(wait), F(service),
        F(price), F(congestion), F(risk), F(shadow_service), F(use)
    };
    TILED(PSC_STRUCT_ASSIGNMENT, f);
}

static void test_outcome_layout(void)
{
    typedef psc_outcome T;
    static const field f[] = {
        F(node), F(ok), F(shadow), F(reserved), F(expected), F(latency), F(service), F(reference), F(use)
    };
    TILED(PSC_STRUCT_OUTCOME, f);
}

static void test_persona_layout(void)
{
    typedef psc_persona T;
    static const field f[] = {
        F(state), F(prefetch), F(verdict), F(held), F(capacity), F(stability), F(affinity), F(cost),
        F(weight), F(workers), F(out), F(foreign), F(wait), F(service), F(factor), F(risk), F(uptime),
        F(contention), F(ramp), F(share), F(confidence), F(shadows)
    };
    TILED(PSC_STRUCT_PERSONA, f);
}

static void test_split_config_layout(void)
{
    typedef psc_split_config T;
    static const field f[] = {
        F(struct_size), F(shards), F(samples), F(settle), F(mark), F(size),
        F(over), F(big), F(order), F(undo), F(seed)
    };
    TILED(PSC_STRUCT_SPLIT_CONFIG, f);
}

static void test_split_view_layout(void)
{
    typedef psc_split_view T;
    static const field f[] = { F(struct_size), F(leads), F(size), F(busy), F(forecast) };
    TILED(PSC_STRUCT_SPLIT_VIEW, f);
}

static void test_split_order_layout(void)
{
    typedef psc_split_order T;
    static const field f[] = { F(key), F(kind), F(shard) };
    TILED(PSC_STRUCT_SPLIT_ORDER, f);
}

static void test_echo_config_layout(void)
{
    typedef psc_echo_config T;
    static const field f[] = {
        F(struct_size), F(nodes), F(tracked), F(echoes), F(copies),
        F(node_copies), F(interval_ns), F(gain), F(seed), F(epoch)
    };
    TILED(PSC_STRUCT_ECHO_CONFIG, f);
}

static void test_echo_nodes_layout(void)
{
    typedef psc_echo_nodes T;
    static const field f[] = {
        F(struct_size), F(reserved), F(backlog_ns), F(service_ns), F(places),
        F(domain), F(distance_ns)
    };
    TILED(PSC_STRUCT_ECHO_NODES, f);
}

static void test_echo_route_layout(void)
{
    typedef psc_echo_route T;
    static const field f[] = { F(epoch), F(node), F(echo) };
    TILED(PSC_STRUCT_ECHO_ROUTE, f);
}

static void test_echo_order_layout(void)
{
    typedef psc_echo_order T;
    static const field f[] = { F(block), F(epoch), F(kind), F(primary), F(node), F(reserved) };
    TILED(PSC_STRUCT_ECHO_ORDER, f);
}

static void test_echo_block_layout(void)
{
    typedef psc_echo_block T;
    static const field f[] = {
        F(block), F(reads), F(weight), F(writes), F(primary), F(echoes),
        F(node)
    };
    TILED(PSC_STRUCT_ECHO_BLOCK, f);
}

static void test_map_config_layout(void)
{
    typedef psc_map_config T;
    static const field f[] = { F(struct_size), F(partitions), F(areas), F(echoes) };
    TILED(PSC_STRUCT_MAP_CONFIG, f);
}

static void test_map_change_layout(void)
{
    typedef psc_map_change T;
    static const field f[] = { F(key), F(epoch), F(kind), F(partition), F(node), F(reserved) };
    TILED(PSC_STRUCT_MAP_CHANGE, f);
}

static void test_map_place_layout(void)
{
    typedef psc_map_place T;
    static const field f[] = {
        F(first), F(last), F(partition), F(node), F(echoes), F(reserved),
        F(echo), F(epoch)
    };
    TILED(PSC_STRUCT_MAP_PLACE, f);
}

static void test_map_fault_layout(void)
{
    typedef psc_map_fault T;
    static const field f[] = { F(partition), F(kind), F(node), F(wanted) };
    TILED(PSC_STRUCT_MAP_FAULT, f);
}

static void test_message_layout(void)
{
    typedef psc_message T;
    static const field f[] = { F(shard), F(from), F(to), F(epoch), F(held), F(kind), F(reserved) };
    TILED(PSC_STRUCT_MESSAGE, f);
}

static void test_transfer_config_layout(void)
{
    typedef psc_transfer_config T;
    static const field f[] = { F(struct_size), F(owns), F(self), F(shard), F(epoch), F(retry_ms), F(patience_ms) };
    TILED(PSC_STRUCT_TRANSFER_CONFIG, f);
}

static void test_transfer_event_layout(void)
{
    typedef psc_transfer_event T;
    static const field f[] = { F(kind), F(reserved), F(peer), F(version), F(message) };
    TILED(PSC_STRUCT_TRANSFER_EVENT, f);
}

static void test_transfer_action_layout(void)
{
    typedef psc_transfer_action T;
    static const field f[] = { F(persist), F(send), F(serves), F(phase), F(version), F(epoch), F(peer), F(wake), F(message) };
    TILED(PSC_STRUCT_TRANSFER_ACTION, f);
}

static void test_trial_config_layout(void)
{
    typedef psc_trial_config T;
    static const field f[] = {
        F(struct_size), F(quantiles), F(quantile), F(harm), F(error_harm), F(slack), F(alpha), F(beta),
        F(learn), F(max_pairs), F(max_ns)
    };
    TILED(PSC_STRUCT_TRIAL_CONFIG, f);
}

static void test_trial_pair_layout(void)
{
    typedef psc_trial_pair T;
    static const field f[] = { F(source_latency), F(target_latency), F(source_failed), F(target_failed) };
    TILED(PSC_STRUCT_TRIAL_PAIR, f);
}

static void test_trial_info_layout(void)
{
    typedef psc_trial_info T;
    static const field f[] = { F(verdict), F(channel), F(passed), F(reserved), F(pairs), F(threshold), F(harmless), F(harmful) };
    TILED(PSC_STRUCT_TRIAL_INFO, f);
}

static void test_stages_config_layout(void)
{
    typedef psc_stages_config T;
    static const field f[] = {
        F(struct_size), F(reserved), F(source), F(target), F(copy_rate), F(copy_burst), F(warm_ns),
        F(hold_ns), F(grace_ns), F(patience_ns), F(first), F(growth), F(unstable)
    };
    TILED(PSC_STRUCT_STAGES_CONFIG, f);
}

static void test_stages_input_layout(void)
{
    typedef psc_stages_input T;
    static const field f[] = { F(copied), F(left), F(instability), F(verdict), F(owner), F(cancel), F(reserved) };
    TILED(PSC_STRUCT_STAGES_INPUT, f);
}

static void test_stages_output_layout(void)
{
    typedef psc_stages_output T;
    static const field f[] = { F(stage), F(share), F(action), F(reason), F(copy_bytes) };
    TILED(PSC_STRUCT_STAGES_OUTPUT, f);
}

static void test_way_layout(void)
{
    typedef psc_way T;
    static const field f[] = { F(serve), F(shadow) };
    TILED(PSC_STRUCT_WAY, f);
}

static void test_blocks_info_layout(void)
{
    typedef psc_blocks_info T;
    static const field f[] = { F(load), F(bytes), F(blocks), F(reached) };
    TILED(PSC_STRUCT_BLOCKS_INFO, f);
}

static void test_usage_layout(void)
{
    typedef psc_usage T;
    static const field f[] = { F(at), F(source), F(type), F(reserved), F(size), F(cpu), F(memory), F(network) };
    TILED(PSC_STRUCT_USAGE, f);
}

static void test_producer_config_layout(void)
{
    typedef psc_producer_config T;
    static const field f[] = {
        F(struct_size), F(types), F(id), F(bin_ns), F(window), F(sources), F(period1), F(period2)
    };
    TILED(PSC_STRUCT_PRODUCER_CONFIG, f);
}

static void test_source_layout(void)
{
    typedef psc_source T;
    static const field f[] = { F(source), F(load), F(error) };
    TILED(PSC_STRUCT_SOURCE, f);
}

static void test_report_layout(void)
{
    typedef psc_report T;
    static const field f[] = {
        F(struct_size), F(points), F(producer), F(epoch), F(sequence), F(made_at), F(level), F(confidence),
        F(horizon), F(now), F(capacity), F(expected), F(lower), F(upper), F(advice), F(advice_resource),
        F(advice_share), F(advice_amount)
    };
    TILED(PSC_STRUCT_REPORT, f);
}

static void test_bottleneck_layout(void)
{
    typedef psc_bottleneck T;
    static const field f[] = { F(resource), F(reserved), F(probability), F(seconds), F(use) };
    TILED(PSC_STRUCT_BOTTLENECK, f);
}

static void test_demand_config_layout(void)
{
    typedef psc_demand_config T;
    static const field f[] = { F(struct_size), F(period1), F(period2), F(phase), F(unit), F(level) };
    TILED(PSC_STRUCT_DEMAND_CONFIG, f);
}

static void test_demand_now_layout(void)
{
    typedef psc_demand_now T;
    static const field f[] = { F(expected), F(order), F(keep), F(violated), F(outcomes) };
    TILED(PSC_STRUCT_DEMAND_NOW, f);
}

static void test_scaler_config_layout(void)
{
    typedef psc_scaler_config T;
    static const field f[] = {
        F(struct_size), F(producers), F(step_ns), F(boot_ns), F(out_cooldown_ns), F(in_cooldown_ns), F(starts_ns),
        F(max_starts), F(min_units), F(max_units), F(stale_ns), F(forget_ns), F(miss_price), F(jump), F(unit),
        F(period1), F(period2), F(phase), F(reserved)
    };
    TILED(PSC_STRUCT_SCALER_CONFIG, f);
}

static void test_decision_layout(void)
{
    typedef psc_decision T;
    static const field f[] = {
        F(units), F(change), F(reason), F(resource), F(lead), F(reserved), F(expected), F(upper), F(confidence),
        F(rho), F(violated), F(vertical), F(vertical_units)
    };
    TILED(PSC_STRUCT_DECISION, f);
}

static void test_outlook_config_layout(void)
{
    typedef psc_outlook_config T;
    static const field f[] = { F(struct_size), F(series), F(hour), F(far), F(week), F(tags), F(tag) };
    TILED(PSC_STRUCT_OUTLOOK_CONFIG, f);
}

static void test_surge_layout(void)
{
    typedef psc_surge T;
    static const field f[] = { F(from), F(to), F(factor), F(tag), F(reserved) };
    TILED(PSC_STRUCT_SURGE, f);
}

static void test_control_layout(void)
{
    typedef psc_control T;
    static const field f[] = {
        F(struct_size), F(nodes), F(shards), F(flows), F(hour), F(far), F(pairs), F(targets), F(copies), F(moves),
        F(rest), F(kins), F(capacity), F(able), F(failure), F(room), F(load), F(path), F(spread), F(stock), F(home),
        F(going), F(waiting), F(group), F(kin), F(rested), F(price), F(landing), F(impact), F(pair), F(talk), F(steep),
        F(caution), F(margin), F(fade), F(ill)
    };
    TILED(PSC_STRUCT_CONTROL, f);
}

static void test_order_layout(void)
{
    typedef psc_order T;
    static const field f[] = { F(shard), F(from), F(to), F(cause), F(gain) };
    TILED(PSC_STRUCT_ORDER, f);
}

static void test_control_info_layout(void)
{
    typedef psc_control_info T;
    static const field f[] = { F(before), F(after), F(peak), F(node), F(step), F(moves), F(recalls) };
    TILED(PSC_STRUCT_CONTROL_INFO, f);
}

static void test_unknown_struct(void)
{
    static const int32_t unknown[] = { 0, -1, PSC_STRUCT_END, 1000, INT32_MAX, INT32_MIN };
    size_t i;

    for (i = 0; i < sizeof unknown / sizeof unknown[0]; i++) CHECK_INT(psc_struct_bytes(unknown[i]), 0);
    CHECK_INT(PSC_STRUCT_STATE, 1);
}

static void test_version(void)
{
    char text[32];

    CHECK_INT(psc_version(), PSC_VERSION_MAJOR * 10000 + PSC_VERSION_MINOR * 100 + PSC_VERSION_PATCH);
    CHECK_INT(strcmp(psc_version_string(), PSC_VERSION_STRING), 0);
    snprintf(text, sizeof text, "%d.%d.%d", PSC_VERSION_MAJOR, PSC_VERSION_MINOR, PSC_VERSION_PATCH);
    CHECK_INT(strcmp(text, PSC_VERSION_STRING), 0);
}

/* A text that a host can put into its own log line: ASCII, lower case, one line, no blank at either end. */
static int presentable(const char *text)
{
    size_t i;

    if (!text || !text[0] || text[0] == ' ' || text[strlen(text) - 1] == ' ') return 0;
    for (i = 0; text[i]; i++)
        if (text[i] < ' ' || text[i] > '~' || (text[i] >= 'A' && text[i] <= 'Z')) return 0;
    return 1;
}

/* Texts of the codes first..last differ from each other and from that of any unknown code; the same code gives the
 * same text. */
static void texts(const char *(*text)(int32_t), int32_t first, int32_t last)
{
    static const int32_t far_off[] = { 100, -100, 65536, -65536, INT32_MAX, INT32_MIN };
    const char *unknown = text(INT32_MAX);
    int32_t a, b;
    size_t i;

    for (a = first - 20; a <= last + 20; a++) {
        CHECK(presentable(text(a)));
        CHECK(text(a) == text(a));
        if (a < first || a > last) {
            CHECK_INT(strcmp(text(a), unknown), 0);
            continue;
        }
        CHECK(strcmp(text(a), unknown) != 0);
        for (b = first; b < a; b++) CHECK(strcmp(text(a), text(b)) != 0);
    }
    for (i = 0; i < sizeof far_off / sizeof far_off[0]; i++) CHECK(presentable(text(far_off[i])));
}

static void test_status_texts(void)
{
    texts(psc_strerror, PSC_ERR_IMPOSSIBLE, PSC_MORE);
}

static void test_block_texts(void)
{
    texts(psc_block_text, PSC_BLOCK_NONE, PSC_BLOCK_COUNT - 1);
}

/* Each default sets every byte of what it is given, struct_size to the size of the struct. */
#define CHECK_DEFAULT(type, set) \
    do { \
        type a, b; \
        memset(&a, 0x00, sizeof a); \
        memset(&b, 0xff, sizeof b); \
        set(&a); \
        set(&b); \
        CHECK_INT(a.struct_size, sizeof a); \
        CHECK_INT(memcmp(&a, &b, sizeof a), 0); \
        set(NULL); \
    } while (0)

static void test_failure_report_layout(void)
{
    typedef psc_failure_report T;
    static const field f[] = {
        F(outcomes), F(failures), F(brier), F(skill), F(ece), F(rows), F(told), F(came), F(waiting), F(dropped),
        F(corrected)
    };
    TILED(PSC_STRUCT_FAILURE_REPORT, f);
}

static void test_threshold_layouts(void)
{
    {
        typedef psc_threshold_config T;
        static const field f[] = {
            F(struct_size), F(reserved), F(cost_act), F(cost_fail), F(effect), F(needless), F(gain), F(pull), F(reach),
            F(patience), F(hysteresis), F(environment), F(hold_ns)
        };
        TILED(PSC_STRUCT_THRESHOLD_CONFIG, f);
    }
    {
        typedef psc_shift T;
        static const field f[] = { F(on), F(since) };
        TILED(PSC_STRUCT_SHIFT, f);
    }
}

static void test_silence_layouts(void)
{
    {
        typedef psc_silence_config T;
        static const field f[] = {
            F(struct_size), F(reserved), F(interval_ns), F(round_ns), F(cost_suspect), F(cost_late), F(most_false),
            F(prior_ns)
        };
        TILED(PSC_STRUCT_SILENCE_CONFIG, f);
    }
    {
        typedef psc_silence_report T;
        static const field f[] = {
            F(limit_ns), F(excused_ns), F(overdue), F(trusted_from), F(doubted_until), F(gaps), F(failures),
            F(false_a_year)
        };
        TILED(PSC_STRUCT_SILENCE_REPORT, f);
    }
}

static void test_relief_layouts(void)
{
    {
        typedef psc_relief T;
        static const field f[] = {
            F(struct_size), F(nodes), F(shards), F(reserved), F(p), F(crossed), F(capacity), F(home), F(impact),
            F(disruption), F(tied_from), F(tied_to), F(tie), F(budget), F(in_service)
        };
        TILED(PSC_STRUCT_RELIEF, f);
    }
    {
        typedef psc_relief_info T;
        static const field f[] = { F(shards), F(drained), F(kept), F(reserved), F(risk), F(disruption) };
        TILED(PSC_STRUCT_RELIEF_INFO, f);
    }
}

static void test_defaults(void)
{
    CHECK_DEFAULT(psc_node_config, psc_node_default);
    CHECK_DEFAULT(psc_failure_config, psc_failure_default);
    CHECK_DEFAULT(psc_silence_config, psc_silence_default);
    CHECK_DEFAULT(psc_threshold_config, psc_threshold_default);
    CHECK_DEFAULT(psc_relief, psc_relief_default);
    CHECK_DEFAULT(psc_tracker_config, psc_tracker_default);
    CHECK_DEFAULT(psc_series, psc_series_default);
    CHECK_DEFAULT(psc_forecast_config, psc_forecast_default);
    CHECK_DEFAULT(psc_backtest_config, psc_backtest_default);
    CHECK_DEFAULT(psc_regressors_config, psc_regressors_default);
    CHECK_DEFAULT(psc_calendar, psc_calendar_default);
    CHECK_DEFAULT(psc_hierarchy, psc_reconcile_default);
    CHECK_DEFAULT(psc_changes, psc_changes_default);
    CHECK_DEFAULT(psc_cluster, psc_cluster_default);
    CHECK_DEFAULT(psc_plan_config, psc_plan_default);
    CHECK_DEFAULT(psc_waves_config, psc_waves_default);
    CHECK_DEFAULT(psc_personas_config, psc_personas_default);
    CHECK_DEFAULT(psc_transfer_config, psc_transfer_default);
    CHECK_DEFAULT(psc_trial_config, psc_trial_default);
    CHECK_DEFAULT(psc_stages_config, psc_stages_default);
}

/* The values that the comments of the fields name, part by part; 0 where nothing is said here. */
static void test_tracker_and_series_defaults(void)
{
    psc_tracker_config tracker;
    psc_series series;

    psc_tracker_default(&tracker);
    CHECK(tracker.period1 == 0 && tracker.period2 == 0 && tracker.alpha == 0.05 && tracker.gamma == 0.5);
    CHECK(tracker.lower != tracker.lower && tracker.upper != tracker.upper);
    psc_series_default(&series);
    CHECK(series.periods == 0 && series.n == 0 && series.regressors == 0);
    CHECK(!series.value && !series.period && !series.regressor);
    CHECK(series.lower != series.lower && series.upper != series.upper);
}

static void test_forecast_defaults(void)
{
    psc_forecast_config c;

    psc_forecast_default(&c);
    CHECK(c.model == PSC_MODEL_AUTO && c.horizon == 24 && c.transform == PSC_TRANSFORM_AUTO && c.origins == 150);
    CHECK(c.with == 0 && c.robust == 0 && c.clip == 0.1);
    CHECK(c.naive.kind == PSC_NAIVE_SEASONAL && c.naive.period == 0 && c.naive.index == PSC_INDEX_AUTO);
    CHECK(c.sar.lags == 3 && c.sar.seasonal == 1 && c.sar.form == PSC_SAR_LEVEL && c.sar.window == 0);
    CHECK(c.sar.ridge == 1e-4);
    CHECK(c.theta.kind == PSC_THETA_STANDARD && c.theta.period == 0 && c.theta.index == PSC_INDEX_AUTO);
    CHECK(c.theta.alpha != c.theta.alpha && c.theta.theta != c.theta.theta);
    CHECK(c.decomposition.iterations == 2 && c.decomposition.trend == 0.2);
    CHECK(c.croston.kind == PSC_CROSTON_TSB && c.croston.criterion == PSC_CRITERION_SQUARE);
    CHECK(c.croston.alpha != c.croston.alpha && c.croston.beta != c.croston.beta);
}

static void test_model_defaults(void)
{
    psc_forecast_config c;

    psc_forecast_default(&c);
    CHECK(c.ets.error == PSC_ETS_AUTO && c.ets.trend == PSC_ETS_AUTO && c.ets.season == PSC_ETS_AUTO);
    CHECK(c.ets.alpha != c.ets.alpha && c.ets.beta != c.ets.beta);
    CHECK(c.ets.gamma != c.ets.gamma && c.ets.phi != c.ets.phi);
    CHECK(c.ar.method == PSC_AR_BURG && c.ar.order == -1 && c.ar.order_max == 0);
    CHECK(c.arima.p == -1 && c.arima.d == -1 && c.arima.q == -1 && c.arima.constant == -1 && c.arima.given == 0);
    CHECK(c.arima.seasonal_p == -1 && c.arima.seasonal_d == -1 && c.arima.seasonal_q == -1);
    CHECK(c.arima.method == PSC_ARIMA_LIKELIHOOD && c.arima.models == 40);
    CHECK_INT(c.additive.struct_size, sizeof c.additive);
    CHECK(c.additive.knots == 12 && c.additive.harmonics[0] == 0 && c.additive.robust == 1 && c.additive.correct == 1);
    CHECK(c.additive.memory != c.additive.memory && c.additive.reach == 0.8 && c.additive.change == 0.05);
    CHECK(c.additive.effect == 10.0 && c.additive.damping == 0.95);
    CHECK(c.gru.units == 8 && c.gru.steps == 500 && c.gru.window == 32 && c.gru.rate == 0.003 && c.gru.seed == 1);
}

static void test_personas_defaults(void)
{
    psc_personas_config c;

    psc_personas_default(&c);
    CHECK(c.nodes == 1 && c.types == 1 && c.policy == PSC_POLICY_TIME && c.streak == 4 && c.cold == 0 && c.seed == 1);
    CHECK(c.beat_ns == 1000000000 && c.hold_ns == 2000000000 && c.cold_ns == 0 && c.warm_ns == INT64_C(10000000000));
    CHECK(c.warm_requests == 100 && c.start_ns == 0 && c.service == 0.025 && c.error_cost == 1.0);
    CHECK(c.price_weight == 0.0 && c.congestion == 1.5 && c.shift_margin == 8.0 && c.target == 0.9 && c.drain_at == 0.5);
    CHECK(c.shadow_rate == 0.002 && c.shadow_tolerance == 1.5);
    CHECK(c.weight_affinity == 1.0 && c.weight_stability == 1.0 && c.weight_cost == 1.0);
    CHECK(!c.workers && !c.speed && !c.price);
}

static void test_other_defaults(void)
{
    psc_regressors_config regressors;
    psc_backtest_config backtest;
    psc_calendar calendar;
    psc_hierarchy hierarchy;
    psc_changes changes;

    psc_backtest_default(&backtest);
    CHECK(backtest.origins == 3 && backtest.stride == 24 && backtest.level == 0.95);
    psc_regressors_default(&regressors);
    CHECK(regressors.transform == PSC_TRANSFORM_AUTO);
    CHECK(regressors.blocks == 5 && regressors.most == PSC_MAX_REGRESSORS);
    CHECK(regressors.start == 0.5 && regressors.margin == 0.01);
    CHECK_INT(regressors.additive.struct_size, sizeof regressors.additive);
    psc_calendar_default(&calendar);
    CHECK(calendar.groups == 0 && calendar.start == 0 && calendar.step == 3600 && calendar.event_columns == 0);
    psc_reconcile_default(&hierarchy);
    CHECK(hierarchy.method == PSC_RECONCILE_TRACE && hierarchy.nonnegative == 1 && hierarchy.series == 0);
    CHECK(hierarchy.steps == 1 && !hierarchy.parent && !hierarchy.point && !hierarchy.spread && !hierarchy.share);
    psc_changes_default(&changes);
    CHECK(changes.decision == PSC_RANK_RATE && changes.n == 0 && changes.level == 0.8 && changes.rate == 0.1);
    CHECK(!changes.spread && !changes.lower && !changes.upper);
}

static void test_transfer_defaults(void)
{
    psc_transfer_config transfer;
    psc_trial_config trial;
    psc_stages_config stages;

    psc_transfer_default(&transfer);
    CHECK(transfer.owns == 0 && transfer.self == 0 && transfer.shard == 0 && transfer.epoch == 0);
    CHECK(transfer.retry_ms == 1000 && transfer.patience_ms == 30000);
    psc_trial_default(&trial);
    CHECK(trial.quantiles == 3 && trial.quantile[0] == 0.5 && trial.quantile[1] == 0.95 && trial.quantile[2] == 0.99);
    CHECK(trial.harm[0] == 0.1 && trial.harm[1] == 0.03 && trial.harm[2] == 0.01 && trial.error_harm == 0.005);
    CHECK(trial.slack == 0.1 && trial.alpha == 0.05 && trial.beta == 0.05 && trial.learn == 200);
    CHECK(trial.max_pairs == 20000 && trial.max_ns == INT64_C(600000000000));
    psc_stages_default(&stages);
    CHECK(stages.source == 0 && stages.target == 1 && stages.copy_rate == 10000000 && stages.copy_burst == 1000000);
    CHECK(stages.warm_ns == INT64_C(30000000000) && stages.hold_ns == INT64_C(60000000000));
    CHECK(stages.grace_ns == INT64_C(600000000000) && stages.patience_ns == INT64_C(3600000000000));
    CHECK(stages.first == 0.01 && stages.growth == 3.0 && stages.unstable == 0.5);
    CHECK(psc_transfer_size(&transfer) == 80 && psc_trial_size(&trial) > 0 && psc_stages_size(&stages) > 0);
}

/* A default is good for a call as it is, but for what is to be set. */
static void test_defaults_are_valid(void)
{
    psc_tracker_config tracker;
    psc_forecast_config forecast;
    psc_backtest_config backtest;
    psc_regressors_config regressors;
    psc_series series;
    psc_hierarchy hierarchy;
    psc_changes changes;

    psc_tracker_default(&tracker);
    psc_forecast_default(&forecast);
    psc_backtest_default(&backtest);
    psc_regressors_default(&regressors);
    psc_series_default(&series);
    psc_reconcile_default(&hierarchy);
    psc_changes_default(&changes);
    CHECK(psc_tracker_size(&tracker) > 0);
    CHECK(psc_forecast_size(&series, &forecast) > 0);
    CHECK(psc_backtest_size(&series, &forecast, &backtest) > 0);
    CHECK(psc_rank_size(&changes) > 0);
    CHECK_INT(psc_reconcile_size(&hierarchy), 0);
    CHECK_INT(psc_regressors_size(&series, &regressors), 0);
}

int main(void)
{
    RUN(test_state_layout);
    RUN(test_beat_layout);
    RUN(test_node_config_layout);
    RUN(test_node_score_layout);
    RUN(test_failure_config_layout);
    RUN(test_failure_report_layout);
    RUN(test_threshold_layouts);
    RUN(test_silence_layouts);
    RUN(test_relief_layouts);
    RUN(test_tracker_config_layout);
    RUN(test_drift_layout);
    RUN(test_series_layout);
    RUN(test_naive_options_layout);
    RUN(test_sar_options_layout);
    RUN(test_theta_options_layout);
    RUN(test_decomposition_options_layout);
    RUN(test_croston_options_layout);
    RUN(test_ets_options_layout);
    RUN(test_ar_options_layout);
    RUN(test_arima_options_layout);
    RUN(test_additive_options_layout);
    RUN(test_gru_options_layout);
    RUN(test_forecast_config_layout);
    RUN(test_forecast_info_layout);
    RUN(test_forecast_member_layout);
    RUN(test_backtest_config_layout);
    RUN(test_accuracy_layout);
    RUN(test_parts_layout);
    RUN(test_regressors_config_layout);
    RUN(test_regressors_info_layout);
    RUN(test_event_layout);
    RUN(test_calendar_layout);
    RUN(test_hierarchy_layout);
    RUN(test_reconcile_info_layout);
    RUN(test_changes_layout);
    RUN(test_ranked_layout);
    RUN(test_rank_info_layout);
    RUN(test_balance_layout);
    RUN(test_cluster_layout);
    RUN(test_imbalance_layout);
    RUN(test_plan_config_layout);
    RUN(test_plan_info_layout);
    RUN(test_refusal_layout);
    RUN(test_waves_config_layout);
    RUN(test_move_layout);
    RUN(test_waves_info_layout);
    RUN(test_pair_layout);
    RUN(test_fault_layout);
    RUN(test_provision_layout);
    RUN(test_personas_config_layout);
    RUN(test_persona_beat_layout);
    RUN(test_request_layout);
    RUN(test_assignment_layout);
    RUN(test_outcome_layout);
    RUN(test_persona_layout);
    RUN(test_split_config_layout);
    RUN(test_split_view_layout);
    RUN(test_split_order_layout);
    RUN(test_echo_config_layout);
    RUN(test_echo_nodes_layout);
    RUN(test_echo_route_layout);
    RUN(test_echo_order_layout);
    RUN(test_echo_block_layout);
    RUN(test_map_config_layout);
    RUN(test_map_change_layout);
    RUN(test_map_place_layout);
    RUN(test_map_fault_layout);
    RUN(test_message_layout);
    RUN(test_transfer_config_layout);
    RUN(test_transfer_event_layout);
    RUN(test_transfer_action_layout);
    RUN(test_trial_config_layout);
    RUN(test_trial_pair_layout);
    RUN(test_trial_info_layout);
    RUN(test_stages_config_layout);
    RUN(test_stages_input_layout);
    RUN(test_stages_output_layout);
    RUN(test_way_layout);
    RUN(test_blocks_info_layout);
    RUN(test_usage_layout);
    RUN(test_producer_config_layout);
    RUN(test_source_layout);
    RUN(test_report_layout);
    RUN(test_bottleneck_layout);
    RUN(test_demand_config_layout);
    RUN(test_demand_now_layout);
    RUN(test_scaler_config_layout);
    RUN(test_decision_layout);
    RUN(test_outlook_config_layout);
    RUN(test_surge_layout);
    RUN(test_control_layout);
    RUN(test_order_layout);
    RUN(test_control_info_layout);
    RUN(test_unknown_struct);
    RUN(test_version);
    RUN(test_status_texts);
    RUN(test_block_texts);
    RUN(test_defaults);
    RUN(test_tracker_and_series_defaults);
    RUN(test_forecast_defaults);
    RUN(test_model_defaults);
    RUN(test_personas_defaults);
    RUN(test_other_defaults);
    RUN(test_transfer_defaults);
    RUN(test_defaults_are_valid);
    return test_end();
}
