#include "fuzz/vectors/names.h"

#include <stddef.h>
#include <string.h>

struct alias {
    const char *here; /* in calls.def */
    const char *vectors;
};

static const struct alias call_aliases[] = {
    {"npt_map", "map_s2pt"},         {"npt_walk", "walk_s2pt"},
    {"npt_level", "get_level_s2pt"}, {"spt_init", "init_spt"},
    {"spt_walk", "walk_spt"},        {"spt_map", "map_spt"},
    {"spt_unmap", "unmap_spt"},
};

/* In any call. */
static const struct alias argument_aliases[] = {
    {"vm", "vmid"},    {"vcpu", "vcpuid"}, {"bank", "cbndx"}, {"smmu", "index"},
    {"desc", "pte"},   {"n", "num"},       {"in", "inbuf"},   {"buf", "inbuf"},
    {"out", "outbuf"}, {"i", "load_idx"},
};

/* In one call only, by its name in calls.def. */
static const struct {
    const char *call;
    struct alias alias;
} special_aliases[] = {
    {"spt_map", {"iova", "addr"}},
    {"spt_walk", {"iova", "addr"}},
    {"spt_unmap", {"iova", "addr"}},
    {"smmu_map", {"pa", "paddr"}},
};

const char *vector_call_name(uint32_t number)
{
    const char *name = el2_calls[number].name;
    size_t count = sizeof(call_aliases) / sizeof(call_aliases[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, call_aliases[i].here) == 0) {
            return call_aliases[i].vectors;
        }
    }
    return name;
}

bool vector_call_number(const char *name, uint32_t *number)
{
    for (uint32_t i = 0; i < EL2_CALL_NUMBER_LIMIT; i++) {
        if (el2_calls[i].name != NULL &&
            strcmp(vector_call_name(i), name) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

const char *vector_argument_name(uint32_t number, uint32_t argument)
{
    const char *call = el2_calls[number].name;
    const char *name = el2_calls[number].arguments[argument].name;
    size_t count = sizeof(special_aliases) / sizeof(special_aliases[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(call, special_aliases[i].call) == 0 &&
            strcmp(name, special_aliases[i].alias.here) == 0) {
            return special_aliases[i].alias.vectors;
        }
    }
    count = sizeof(argument_aliases) / sizeof(argument_aliases[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, argument_aliases[i].here) == 0) {
            return argument_aliases[i].vectors;
        }
    }
    return name;
}

const char *vector_owner_argument(uint32_t number)
{
    return number == EL2_CALL_dev_load || number == EL2_CALL_dev_store ? "vmid"
                                                                       : NULL;
}

bool vector_argument_is_plain(enum el2_argument_kind kind)
{
    switch (kind) {
    case EL2_ARGUMENT_VMID:
    case EL2_ARGUMENT_LEVEL:
    case EL2_ARGUMENT_BANK:
    case EL2_ARGUMENT_SMMU:
    case EL2_ARGUMENT_VCPU:
    case EL2_ARGUMENT_IMAGE:
    case EL2_ARGUMENT_WIDTH:
        return true;
    default:
        return false;
    }
}

static const char *const access_names[] = {
    [EL2_ACCESS_FAULT] = "fault",
    [EL2_ACCESS_DEVICE] = "device",
    [EL2_ACCESS_UNKNOWN] = "unknown",
};

#define ACCESS_COUNT (sizeof(access_names) / sizeof(access_names[0]))

const char *vector_access_name(enum el2_access access)
{
    return access < ACCESS_COUNT ? access_names[access] : NULL;
}

bool vector_access(const char *name, enum el2_access *access)
{
    for (size_t i = 0; i < ACCESS_COUNT; i++) {
        if (access_names[i] != NULL && strcmp(access_names[i], name) == 0) {
            *access = (enum el2_access)i;
            return true;
        }
    }
    return false;
}
