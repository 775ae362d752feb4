/* loop - a host's control loop: an hour's requests of each shard a line on standard input, moves on standard output.
 *
 *     build/loop < examples/data/shards.csv */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODES = 6, SHARDS = 60, FAR = 12, HOURS = FAR + 1, LEARN = 14 * 24 };

static double load[SHARDS], path[SHARDS * HOURS], spread[SHARDS * HOURS], work[4 * HOURS], capacity[NODES], price[SHARDS];
static int32_t home[SHARDS], going[SHARDS], rested[SHARDS];
static psc_order order[SHARDS];

/* Your counts: here the next line of a recording. */
static int measure(void)
{
    static char line[8192];
    char *at = line;
    int s = 0;

    if (fgets(line, sizeof line, stdin))
        for (strtol(line, &at, 10); s < SHARDS && *at == ','; s++) load[s] = strtod(at + 1, &at);
    return s == SHARDS;
}

int main(void)
{
    psc_outlook_config config;
    psc_control control;
    psc_control_info info;
    psc_outlook *outlook;
    void *room;
    int hour, s, i;

    psc_outlook_default(&config);
    psc_control_default(&control);
    config.series = control.shards = SHARDS;
    config.hour = control.hour = 1;                         /* steps an hour */
    config.far = control.far = FAR;
    control.nodes = NODES;
    control.capacity = capacity, control.load = load, control.path = path, control.spread = spread, control.price = price;
    control.home = home, control.going = going, control.rested = rested;
    outlook = (psc_outlook *)malloc(psc_outlook_size(&config));
    room = malloc(psc_control_size(&control));
    if (psc_outlook_init(outlook, psc_outlook_size(&config), &config) != PSC_OK || !room) return 1;
    for (i = 0; i < NODES; i++) capacity[i] = 626;          /* requests an hour that a node serves */
    for (s = 0; s < SHARDS; s++) home[s] = going[s] = s / (SHARDS / NODES), price[s] = 2;   /* late requests a move costs */

    measure();                                              /* the line of names */
    for (hour = 0; measure(); hour++) {
        for (s = 0; s < SHARDS; s++) {                      /* your moves: here what was ordered has landed */
            rested[s] = home[s] == going[s] ? rested[s] + 1 : 0;
            home[s] = going[s];
        }
        if (psc_outlook_observe(outlook, load, NULL, 0, work) != PSC_OK) return 1;
        if (hour < LEARN) continue;
        if (psc_outlook_predict(outlook, 0, SHARDS, NULL, 0, path, spread, work) != PSC_OK) return 1;
        if (psc_control_of(&control, room, psc_control_size(&control), order, SHARDS, &info) != PSC_OK) return 1;
        for (i = 0; i < info.moves; i++) {
            going[order[i].shard] = order[i].to;
            printf("hour %d: node %d at %.0f %% in %d h; shard %d from %d to %d saves %.1f late requests beyond its price\n",
                   hour, info.node, 100 * info.peak, info.step + 1, order[i].shard, order[i].from, order[i].to, order[i].gain);
        }
    }
    free(room);
    free(outlook);
    return 0;
}
