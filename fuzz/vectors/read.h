/* The parts of reading a vector. Each returns false with its message put. */
#ifndef FUZZ_VECTORS_READ_H
#define FUZZ_VECTORS_READ_H

#include "fuzz/vectors/json.h"
#include "fuzz/vectors/vector.h"

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

/* What the steps up to here say that a VM has. All zero at boot. */
struct vector_vm {
    struct el2_value vcpus[EL2_VCPU_LIMIT];   /* EL2_CELL_VCPU */
    struct el2_value images[EL2_IMAGE_LIMIT]; /* EL2_CELL_IMAGE */
    struct el2_value remaps[EL2_IMAGE_LIMIT]; /* EL2_CELL_IMAGE_REMAP */
};

/* Where the changes of a step go: to the end of the vector's. */
struct changes_reader {
    struct json_reader *json;
    struct vector *vector;
    struct vector_vm *vms; /* EL2_VMID_LIMIT of them */
};

/* Append one change. False also when there are too many. */
bool vector_read_change(const struct changes_reader *reader,
                        enum el2_cell_kind kind, uint64_t id, uint64_t index,
                        struct el2_value value);

/* Append what `changes` says, runs expanded, in ascending order of cells. */
bool vector_read_changes(const struct changes_reader *reader,
                         const cJSON *changes);

/* Append what changed of one VM: in any order, and from lists, which vectors
 * write in full, only what is not as before. */
bool vector_read_vm(const struct changes_reader *reader, const cJSON *vm,
                    uint64_t vmid);

#endif
