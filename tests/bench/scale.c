/* scale : a policy under test for ../shared/score/scale.py, by its line protocol: a scaler that is told the load.
 * The clock period whose phase matters is the hour; everything else is the scaler's default. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static psc_scaler *begin(const char *line)
{
    double step, unit, price;
    int boot, max, season, season2;
    psc_scaler_config config;
    psc_scaler *scaler;
    size_t bytes;

    if (sscanf(line, "init %lf %d %lf %d %lf %d %d", &step, &boot, &unit, &max, &price, &season, &season2) != 7)
        exit(2);
    psc_scaler_default(&config);
    config.step_ns = (int64_t)(step * 1e9);
    config.boot_ns = boot * config.step_ns;
    config.max_units = max;
    config.miss_price = price;
    config.unit[PSC_RESOURCE_REQUESTS] = unit;
    config.period1 = season;
    config.period2 = season2;
    config.phase = step < 1800 ? (int32_t)(3600 / step) : 0;
    bytes = psc_scaler_size(&config);
    scaler = (psc_scaler *)malloc(bytes + 8);
    if (!scaler || psc_scaler_init(scaler, bytes, &config) != PSC_OK) exit(2);
    return scaler;
}

int main(void)
{
    psc_scaler *scaler = NULL;
    psc_decision decision;
    double load[PSC_RESOURCES] = {0, 0, 0, 0};
    char line[256];
    long t, active, pending;

    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "end", 3)) break;
        if (!strncmp(line, "init", 4)) {
            free(scaler);
            scaler = begin(line);
            continue;
        }
        if (!scaler || sscanf(line, "%ld %lf %ld %ld", &t, &load[0], &active, &pending) != 4) return 2;
        if (psc_scaler_step(scaler, (int64_t)t, load, active, pending, &decision) != PSC_OK) return 2;
        printf("%lld\n", (long long)decision.units);
        fflush(stdout);
    }
    free(scaler);
    return 0;
}
