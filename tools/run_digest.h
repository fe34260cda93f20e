/*
 * What runs did, as one number: of how every call ended on both machines and
 * what it changed. Equal runs have equal digests on every processor and with
 * every compiler; a digest shows that two runs differ, and not where.
 */
#ifndef TOOLS_RUN_DIGEST_H
#define TOOLS_RUN_DIGEST_H

#include "el2/machine.h"

#include <stdint.h>

/* FNV-1a, 64 bits, over little-endian words. */
struct run_digest {
    uint64_t value;
};

struct run_digest run_digest_begin(void);

void run_digest_add(struct run_digest *digest, uint64_t word);

/* How a call ended: panic, result, access and outcome. */
void run_digest_add_step(struct run_digest *digest,
                         const struct el2_step *step);

/* What a call changed, in the order in which the machine says it. */
void run_digest_add_touched(struct run_digest *digest,
                            const struct el2_touched *touched);

#endif
