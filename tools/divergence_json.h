/* A divergence, and the table that was made to fail, as JSON. */
#ifndef TOOLS_DIVERGENCE_JSON_H
#define TOOLS_DIVERGENCE_JSON_H

#include "fuzz/divergence.h"

#include <cjson/cJSON.h>

/* 64-bit values are strings: a JSON number is exact up to 2^53 only. */
void json_add_hex(cJSON *object, const char *key, uint64_t value);

/* Member "divergence": signature, step, what differs in words, and all that
 * saw it. `other` is the machine that was compared with a specification.
 * Returns the member, or NULL when there is not enough memory. */
cJSON *json_add_divergence(cJSON *object, const struct divergence *divergence,
                           const struct el2_machine *other);

/* Member "failed_table", when there is one. */
void json_add_failed_table(cJSON *object,
                           const struct table_allocation *failed);

#endif
