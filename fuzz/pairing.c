#include "fuzz/pairing.h"

#include <string.h>

/* Against real memory the model leaves content as it is; two machines without
 * memory of their own draw the same values from a formula. */
static struct el2_machine *model(const struct el2_platform *platform,
                                 const char **why)
{
    return el2_create_model(platform, el2_oracle_unchanged, why);
}

static struct el2_machine *drawing_model(const struct el2_platform *platform,
                                         const char **why)
{
    return el2_create_model(platform, el2_oracle_formula, why);
}

static struct el2_machine *primitives(const struct el2_platform *platform,
                                      const char **why)
{
    return el2_create_primitives(platform, el2_oracle_formula, why);
}

static struct el2_machine *published_model(const struct el2_platform *platform,
                                           const char **why)
{
    return el2_create_published_model(platform, el2_oracle_formula, why);
}

static struct el2_machine *
published_primitives(const struct el2_platform *platform, const char **why)
{
    return el2_create_published_primitives(platform, el2_oracle_formula, why);
}

static const struct pairing pairings[] = {
    {"fuzz_pages", "the specification and the EL2 code", true, model,
     el2_create_impl},
    {"fuzz_primitives", "the specification and its primitives", true,
     drawing_model, primitives},
    {"fuzz_published", "the atomic texts and the primitives, as published",
     false, published_model, published_primitives},
};

const struct pairing *pairing_at(size_t index)
{
    return index < sizeof pairings / sizeof pairings[0] ? &pairings[index]
                                                        : NULL;
}

const struct pairing *pairing_find(const char *target)
{
    for (size_t i = 0; pairing_at(i) != NULL; i++) {
        if (strcmp(pairing_at(i)->target, target) == 0) {
            return pairing_at(i);
        }
    }
    return NULL;
}

static void destroy(struct el2_machine *machine)
{
    if (machine != NULL) {
        machine->operations->destroy(machine);
    }
}

bool pairing_boot(const struct pairing *pairing,
                  const struct el2_platform *platform,
                  struct paired_machines *pair, const char **why)
{
    pair->platform = *platform;
    struct el2_machine *specification =
        pairing->create_specification(platform, why);
    struct el2_machine *other =
        specification == NULL ? NULL : pairing->create_other(platform, why);
    if (other == NULL) {
        destroy(specification);
        return false;
    }
    if (!lockstep_create(&pair->lockstep, specification, other,
                         &pair->platform)) {
        destroy(specification);
        destroy(other);
        *why = "not enough memory for the engine";
        return false;
    }
    pair->lockstep.check_invariants = pairing->check_invariants;
    return true;
}

void pairing_shut_down(struct paired_machines *pair)
{
    destroy(pair->lockstep.specification);
    destroy(pair->lockstep.other);
    lockstep_destroy(&pair->lockstep);
}
