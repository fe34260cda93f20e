#include "tools/run_digest.h"

struct run_digest run_digest_begin(void)
{
    return (struct run_digest){UINT64_C(0xcbf29ce484222325)};
}

void run_digest_add(struct run_digest *digest, uint64_t word)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        digest->value ^= (word >> shift) & 0xff;
        digest->value *= UINT64_C(0x100000001b3);
    }
}

void run_digest_add_step(struct run_digest *digest, const struct el2_step *step)
{
    run_digest_add(digest, step->panicked);
    run_digest_add(digest, step->has_result);
    run_digest_add(digest, step->has_result ? step->result : 0);
    run_digest_add(digest, step->access);
    run_digest_add(digest, step->outcome);
}

void run_digest_add_touched(struct run_digest *digest,
                            const struct el2_touched *touched)
{
    run_digest_add(digest, touched->count);
    for (size_t i = 0; i < touched->count; i++) {
        run_digest_add(digest, touched->cells[i]);
        run_digest_add(digest, touched->values[i].words[0]);
        run_digest_add(digest, touched->values[i].words[1]);
    }
}
