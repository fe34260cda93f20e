/*
 * The mutator as AFL++ loads it: AFL_CUSTOM_MUTATOR_LIBRARY names this library,
 * EL2DIFF_TARGET the fuzz target whose calls it draws, EL2DIFF_PLATFORM the
 * platform if all programs run on one, as for the target (fuzz/target.h). The
 * same code mutates for libFuzzer, so that a corpus means the same to both.
 *
 * AFL++ calls these by name, from one thread.
 */
#include "devicetree/known.h"
#include "fuzz/pairing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As long as the longest program that tools/fuzz asks libFuzzer for. */
#define LONGEST 4096

/* More than there are built-in platforms. */
#define GUIDE_LIMIT 16

struct afl_mutator {
    struct mutator mutator;
    struct guide guides[GUIDE_LIMIT];
    uint32_t seed;
    uint8_t bytes[LONGEST];
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t size, uint8_t **out,
                       uint8_t *other, size_t other_size, size_t max_size);
void afl_custom_deinit(void *data);

/* Without its mutator AFL++ would go on with bytes only, and nobody would
 * notice. */
_Noreturn static void refuse(const char *why)
{
    fprintf(stderr, "el2diff's mutator: %s\n", why);
    exit(2);
}

static void create_guide(struct afl_mutator *data, const char *platform_name)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = "too many platforms";
    if (!platform_load(platform_name, &platform, why, sizeof why)) {
        refuse(why);
    }
    if (data->mutator.guide_count == GUIDE_LIMIT ||
        !guide_create(&data->guides[data->mutator.guide_count], &platform,
                      &reason)) {
        refuse(reason);
    }
    data->mutator.guide_count++;
}

/* Of the one platform, or of all that programs can name. */
static void create_guides(struct afl_mutator *data)
{
    const char *only = getenv("EL2DIFF_PLATFORM");
    data->mutator.guides = data->guides;
    create_guide(data, only != NULL ? only : KNOWN_PLATFORM_DEFAULT);
    for (size_t i = 0; only == NULL && i < known_platform_count(); i++) {
        const char *known = known_platform_at(i)->name;
        if (strcmp(known, KNOWN_PLATFORM_DEFAULT) != 0) {
            create_guide(data, known);
        }
    }
}

void *afl_custom_init(void *afl, unsigned int seed)
{
    const char *target = getenv("EL2DIFF_TARGET");
    const struct pairing *pairing = pairing_find(
        target == NULL || *target == '\0' ? PAIRING_DEFAULT : target);
    struct afl_mutator *data = calloc(1, sizeof *data);
    (void)afl;
    if (pairing == NULL) {
        refuse("EL2DIFF_TARGET names no target");
    }
    if (data == NULL) {
        refuse("not enough memory");
    }
    mutator_create(&data->mutator, pairing->weight);
    create_guides(data);
    data->seed = seed;
    return data;
}

size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t size, uint8_t **out,
                       uint8_t *other, size_t other_size, size_t max_size)
{
    struct afl_mutator *m = data;
    size_t limit = max_size < LONGEST ? max_size : LONGEST;
    uint32_t seed = m->seed++;
    *out = m->bytes;
    /* Now and then the start of this program with a part of another. */
    if (other != NULL && seed % 8 == 0) {
        size_t crossed = mutator_cross_over(&m->mutator, bytes, size, other,
                                            other_size, m->bytes, limit, seed);
        if (crossed > 0) {
            return crossed;
        }
    }
    size_t kept = size < limit ? size : limit;
    memcpy(m->bytes, bytes, kept);
    return mutator_mutate(&m->mutator, m->bytes, kept, limit, seed);
}

void afl_custom_deinit(void *data)
{
    struct afl_mutator *m = data;
    for (size_t i = 0; i < m->mutator.guide_count; i++) {
        guide_destroy(&m->guides[i]);
    }
    free(m);
}
