#include "predscale.h"
#include <stdio.h>

int main(void)
{
    static double load[7 * 24], point[3], range[3 * 2];     /* a week of hourly requests, by a made-up rule */
    static const double level[2] = {0.1, 0.9};              /* 80 % of what comes should lie between these */
    static uint64_t memory[400];
    psc_tracker *tracker = (psc_tracker *)memory;
    psc_tracker_config config;
    psc_status status;
    int i;

    for (i = 0; i < 7 * 24; i++) load[i] = 500 + 40 * (i % 24) + (i * 37) % 50;
    psc_tracker_default(&config);
    config.period1 = 24;
    status = psc_tracker_init(tracker, sizeof memory, &config);
    for (i = 0; i < 7 * 24 && status == PSC_OK; i++) status = psc_tracker_observe(tracker, load[i]);
    if (status == PSC_OK) status = psc_tracker_predict(tracker, 3, level, 2, point, range);
    if (status != PSC_OK) return printf("%s\n", psc_strerror(status)), 1;
    for (i = 0; i < 3; i++) printf("in %d h: %.0f requests, %.0f to %.0f\n", i + 1, point[i], range[2 * i], range[2 * i + 1]);
    return 0;
}
