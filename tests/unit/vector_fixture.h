/* What the tests of vectors share: texts of vectors, and a machine that does
 * what a test says. */
#ifndef TESTS_UNIT_VECTOR_FIXTURE_H
#define TESTS_UNIT_VECTOR_FIXTURE_H

#include "fuzz/vectors/vector.h"

/* The directory of the conformance vectors. */
#ifndef EL2_VECTORS_DIRECTORY
#define EL2_VECTORS_DIRECTORY "tests/vectors"
#endif
#define PAGES      EL2_VECTORS_DIRECTORY "/pages.jsonl"
#define HYPERCALLS EL2_VECTORS_DIRECTORY "/hypercalls.jsonl"
#define EDGES      EL2_VECTORS_DIRECTORY "/edges.jsonl"

/* Vectors as text: of given steps, and of one vm_poweroff(7) that makes given
 * changes. */
#define PLATFORM                                                               \
    "\"platform\":{\"regions\":["                                              \
    "{\"base\":\"0x80000000\",\"size\":\"0x400000\",\"owned\":true,"           \
    "\"owner\":0},"                                                            \
    "{\"base\":\"0x40000000\",\"size\":\"0x200000\",\"owned\":true,"           \
    "\"owner\":16},"                                                           \
    "{\"base\":\"0x8000000\",\"size\":\"0x1000\",\"owned\":false}],"           \
    "\"smmu\":[{\"base\":\"0x30000000\",\"size\":\"0x20000\",\"banks\":8}]},"  \
    "\"host_offset\":\"0x8000000\""
#define VECTOR(steps)                                                          \
    "{\"id\":\"t\",\"suite\":\"test\"," PLATFORM ",\"steps\":[" steps "]}"
#define STEP(call, args, rest)                                                 \
    "{\"call\":\"" call "\",\"args\":{" args "}," rest "}"
#define OK(changes)       "\"result\":\"ok\",\"changes\":{" changes "}"
#define PANIC             "\"result\":\"panic\""
#define POWEROFF(changes) VECTOR(STEP("vm_poweroff", "\"vmid\":7", OK(changes)))

/* Vectors of one step over a range, and the images of a VM. */
#define CLEAR(vmid, start, size)                                               \
    VECTOR(STEP("clear_vm_s2_range",                                           \
                "\"vmid\":" vmid ",\"start\":\"" start "\",\"size\":\"" size   \
                "\"",                                                          \
                OK("")))
#define IOREMAP(vmid, gpa, pa, size)                                           \
    VECTOR(STEP("phys_addr_ioremap",                                           \
                "\"vmid\":" vmid ",\"gpa\":\"" gpa "\",\"pa\":\"" pa           \
                "\",\"size\":\"" size "\"",                                    \
                OK("")))
#define SHARE(call, addr, size)                                                \
    VECTOR(STEP(call,                                                          \
                "\"vmid\":7,\"addr\":\"" addr "\",\"size\":\"" size "\"",      \
                OK("")))
#define IMAGE(size, mapped)                                                    \
    "{\"load_addr\":\"0x200000\",\"size\":" size                               \
    ",\"remap_addr\":\"0x2000000\",\"mapped\":" mapped "}"
#define ONE IMAGE("\"0x1\"", "0")

/* A cell as a constant: KIND(..) | ID(..) | index. */
#define KIND(kind) ((uint64_t)EL2_CELL_##kind << 56)
#define ID(id)     ((uint64_t)(id) << 48)

/* A machine that does one scripted step: what it says it touched, and what
 * those cells held before and after. Cells that it does not know are zero. */
struct fake_cell {
    el2_cell cell;
    struct el2_value before;
    struct el2_value now;
};

struct fake {
    struct el2_machine machine;
    struct el2_step step;
    struct fake_cell cells[4];
    size_t cell_count;
    el2_cell touched[5];
    struct el2_value values[5];
    size_t touched_count;
    unsigned resets;
    bool full;
};

struct fake fake_idle(void);

/* A machine whose step changes this one cell. */
struct fake fake_change(el2_cell cell, struct el2_value before,
                        struct el2_value now);

/* Read a vector that must be good. The caller destroys it. */
void read_good(const char *json, struct vector *vector);

/* The specification with the oracle of the vectors. The caller destroys it. */
struct el2_machine *model(const struct el2_platform *platform);

/*
 * A vector written by hand from semantics.md sections 3 and 4: the host maps a
 * page of its own, loses it to VM 7, VM 7 maps it, and the host faults on it.
 */
extern const char by_hand[];

#endif
