/* map.c - changes of any kind: replicas stay equal, every key is where it should be; claims are counted by hand. */
#include "states.h"

enum { NODES = 5, MOST = 12 };

/* Faults of one partition by the words of the header. */
static int faulty(const int *by, int32_t home, const uint8_t *heard)
{
    int n, claimants = 0, right = 0;

    for (n = 0; n < NODES; n++) {
        claimants += by[n] > 0;
        right += by[n] > 0 && n == home;
    }
    if (claimants == 0) return home >= 0 && (home >= NODES || !heard || heard[home]);
    return claimants > 1 || !right;
}

/* homes: where the host has put the partitions, from the changes that were applied. */
static void check_claims(input *in, const psc_map *map, const int32_t *homes, int32_t partitions)
{
    int32_t from[NODES + 1], claim[NODES * MOST], p;
    int by[16][NODES];
    uint8_t heard[NODES];
    psc_map_fault fault[8];
    const size_t bytes = psc_map_claims_size(map);
    void *work = block_of(bytes);
    size_t count, want = 0;
    int n, k;

    memset(by, 0, sizeof by);
    from[0] = 0;
    for (n = 0; n < NODES; n++) {
        const int length = (int)take_byte(in) % MOST;
        heard[n] = (uint8_t)(take_byte(in) & 1);
        from[n + 1] = from[n] + length;
        for (k = from[n]; k < from[n + 1]; k++) {
            claim[k] = (int32_t)(take_byte(in) % 12) - 1;
            if (claim[k] < 0 || claim[k] >= partitions) want++;
            else by[claim[k]][n]++;
        }
    }
    for (p = 0; p < partitions; p++) want += (size_t)faulty(by[p], homes[p], heard);
    REQUIRE(psc_map_claims(map, from, claim, heard, NODES, work, bytes, fault, 8, &count) == PSC_OK);
    REQUIRE(count == want);
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_map_config config;
    psc_map *map, *replica;
    uint64_t version = 0;
    int32_t homes[16];
    size_t bytes;
    int i;

    take_map_config(&in, &config);
    bytes = psc_map_size(&config);
    if (bytes == 0 || bytes > 1 << 20 || config.partitions > 16) return 0;
    map = (psc_map *)block_of(bytes);
    replica = (psc_map *)other_block_of(bytes);
    REQUIRE(psc_map_init(map, bytes, &config) == PSC_OK && psc_map_init(replica, bytes, &config) == PSC_OK);
    for (i = 0; i < 16; i++) homes[i] = -1;
    for (i = 0; i < 120 && in.left > 0; i++) {
        void *before = copy_of(map, bytes);
        psc_map_change change;
        psc_status status;
        take_change(&in, &change);
        status = psc_map_apply(map, version, &change);
        check_error(status, before, map);
        check_find(map, change.key);
        if (status != PSC_OK) continue;
        if (change.kind == PSC_MAP_PARTITION) homes[change.partition] = change.node;
        REQUIRE(psc_map_apply(replica, version, &change) == PSC_OK);
        REQUIRE(psc_map_apply(replica, version, &change) == PSC_ERR_STALE);
        version++;
    }
    REQUIRE(memcmp(map, replica, bytes) == 0);
    check_claims(&in, map, homes, config.partitions);
    free(reload(map));
    free(replica);
    free(map);
    return 0;
}
