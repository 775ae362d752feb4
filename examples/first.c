#include "predscale.h"
#include <stdio.h>

int main(void)
{
    static const double level[2] = {0.1, 0.9};      /* 80 % of what comes should lie between these */
    static uint64_t memory[400];                    /* the tracker's state is ours to keep */
    psc_tracker *tracker = (psc_tracker *)memory;
    psc_tracker_config config;
    double point[3], range[3 * 2];
    int i;

    psc_tracker_default(&config);
    config.period1 = 24;
    if (psc_tracker_init(tracker, sizeof memory, &config) != PSC_OK) return 1;
    for (i = 0; i < 7 * 24; i++)                    /* a week of hourly requests, by a made-up rule */
        if (psc_tracker_observe(tracker, 500 + 40 * (i % 24) + i * 37 % 50) != PSC_OK) return 1;
    if (psc_tracker_predict(tracker, 3, level, 2, point, range) != PSC_OK) return 1;
    for (i = 0; i < 3; i++) printf("in %d h: %.0f requests, %.0f to %.0f\n", i + 1, point[i], range[2 * i], range[2 * i + 1]);
    return 0;
}
