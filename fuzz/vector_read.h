/* The parts of reading a vector. Each returns false with its message put. */
#ifndef FUZZ_VECTOR_READ_H
#define FUZZ_VECTOR_READ_H

#include "fuzz/vector.h"
#include "fuzz/vector_json.h"

/*
 * The platform from the vector's members `platform`, `host_offset`, `limits`
 * and `boot_pattern`; the last two may be NULL.
 */
struct vector_platform_members {
    const cJSON *platform;
    const cJSON *host_offset;
    const cJSON *limits;
    const cJSON *boot_pattern;
};

bool vector_read_platform(struct json_reader *reader,
                          const struct vector_platform_members *members,
                          struct el2_platform *platform);

/* Append what `changes` says to the vector's changes, runs expanded, in
 * ascending order of cells. */
bool vector_read_changes(struct json_reader *reader, const cJSON *changes,
                         struct vector *vector);

#endif
