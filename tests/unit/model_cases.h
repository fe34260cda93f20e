/*
 * Cases of the specification: a few calls that lead to a state, one call, and
 * all that it changes. A case fails when the call ends otherwise, changes
 * something else, or leaves something out.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_MODEL_CASES_H
#define TESTS_UNIT_MODEL_CASES_H

#include "el2/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * The board, in pages:
 *
 *   0x000 .. 0x010   host, with page 0
 *   0x010 .. 0x400   nothing: devices
 *   0x400 .. 0xc00   host, four blocks
 *   0xc00 .. 0x1000  EL2
 */
#define DEVICE_PAGE UINT64_C(0x100)
#define HOST_PAGE   UINT64_C(0x400)
#define HOST_END    UINT64_C(0xc00)
#define EL2_PAGE    UINT64_C(0xc00)
#define EL2_END     UINT64_C(0x1000)
#define HOST_OFFSET UINT64_C(0x8000000)
#define CORE_VMID   16u
#define SHARE_LIMIT 3u
#define DMA_LIMIT   2u
#define NPT_LEVEL1  2u
#define NPT_LEVEL2  3u
#define NPT_LEVEL3  4u
#define SPT_LEVEL2  2u
#define SPT_LEVEL3  3u

/* The address of a page. */
#define AT(page) ((page)*EL2_PAGE_SIZE)

static inline struct el2_platform board(void)
{
    return (struct el2_platform){
        .name = "board",
        .region_count = 3,
        .regions = {{0, 0x10, EL2_HOSTVISOR},
                    {HOST_PAGE, HOST_END - HOST_PAGE, EL2_HOSTVISOR},
                    {EL2_PAGE, EL2_END - EL2_PAGE, CORE_VMID}},
        .smmu_count = 2,
        .smmus = {{.base = AT(0x40), .size = AT(0x20), .bank_count = 8},
                  {.base = AT(0x80), .size = AT(0x20), .bank_count = 4}},
        .el2_memory_base = AT(EL2_PAGE),
        .el2_memory_size = AT(EL2_END - EL2_PAGE),
        .core_vmid = CORE_VMID,
        .vcpus_per_vm = 8,
        .images_per_vm = 5,
        .max_share_count = SHARE_LIMIT,
        .max_dma_count = DMA_LIMIT,
        .smmu_host_offset = HOST_OFFSET,
        .npt_level1_tables = NPT_LEVEL1,
        .npt_level2_tables = NPT_LEVEL2,
        .npt_level3_tables = NPT_LEVEL3,
        .spt_level2_tables = SPT_LEVEL2,
        .spt_level3_tables = SPT_LEVEL3,
        .boot_pattern = UINT64_C(0xb007b007b007b007),
    };
}

/* Content that tells who drew it and when. */
static inline uint64_t drawn_word(uint32_t vmid, uint64_t number)
{
    return UINT64_C(0xd0000) + vmid * UINT64_C(0x100) + number;
}

/* The board's oracle; a cipher tells what it is of. */
static inline uint64_t drawn(const struct el2_draw *draw)
{
    if (draw->reason == EL2_DRAW_ENCRYPTED ||
        draw->reason == EL2_DRAW_DECRYPTED) {
        return el2_oracle_bytes(draw);
    }
    return drawn_word(draw->vmid, draw->number);
}

/* What a page of the board holds at boot. */
static inline uint64_t boot_word(uint64_t pfn)
{
    const struct el2_platform platform = board();
    return el2_platform_boot_word(&platform, pfn);
}

static inline struct el2_machine *model_of_board(void)
{
    struct el2_platform platform = board();
    const char *why = NULL;
    struct el2_machine *model = el2_create_model(&platform, drawn, &why);
    assert_non_null(model);
    return model;
}

static inline struct el2_machine *primitives_of_board(void)
{
    struct el2_platform platform = board();
    const char *why = NULL;
    struct el2_machine *primitives =
        el2_create_primitives(&platform, drawn, &why);
    assert_non_null(primitives);
    return primitives;
}

/* Names of cells and of the values that they may hold. */
static inline el2_cell page_of(uint64_t pfn)
{
    return el2_cell_make(EL2_CELL_PAGE, 0, pfn);
}

static inline el2_cell npt_of(uint32_t v, uint64_t gfn)
{
    return el2_cell_make(EL2_CELL_NPT, v, gfn);
}

static inline el2_cell block_of(uint32_t v, uint64_t gfn)
{
    return el2_cell_make(EL2_CELL_NPT_BLOCK, v, gfn / EL2_PAGES_PER_BLOCK);
}

static inline el2_cell spt_of(uint32_t bank, uint64_t gfn)
{
    return el2_cell_make(EL2_CELL_SPT, bank, gfn);
}

static inline el2_cell bank_of(uint32_t bank)
{
    return el2_cell_make(EL2_CELL_BANK, bank, 0);
}

static inline el2_cell state_of(uint32_t v)
{
    return el2_cell_make(EL2_CELL_VM_STATE, v, 0);
}

static inline el2_cell vcpu_of(uint32_t v, uint32_t c)
{
    return el2_cell_make(EL2_CELL_VCPU, v, c);
}

static inline el2_cell inc_exe_of(uint32_t v)
{
    return el2_cell_make(EL2_CELL_INC_EXE, v, 0);
}

static inline el2_cell image_of(uint32_t v, uint32_t i)
{
    return el2_cell_make(EL2_CELL_IMAGE, v, i);
}

static inline el2_cell remap_of(uint32_t v, uint32_t i)
{
    return el2_cell_make(EL2_CELL_IMAGE_REMAP, v, i);
}

static inline el2_cell core_cell(void)
{
    return el2_cell_make(EL2_CELL_CORE, 0, 0);
}

static inline el2_cell memory_of(uint64_t pfn)
{
    return el2_cell_make(EL2_CELL_MEMORY, 0, pfn);
}

static inline el2_cell unknown_of(uint64_t pfn)
{
    return el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, pfn);
}

static inline el2_cell log_of(uint32_t v)
{
    return el2_cell_make(EL2_CELL_DATA_LOG, v, 0);
}

static inline el2_cell npt_tables_of(uint32_t v)
{
    return el2_cell_make(EL2_CELL_NPT_TABLES, v, 0);
}

static inline el2_cell spt_tables_cell(void)
{
    return el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0);
}

static inline struct el2_value number(uint64_t value)
{
    return (struct el2_value){{value, 0}};
}

static inline struct el2_value two(uint64_t first, uint64_t second)
{
    return (struct el2_value){{first, second}};
}

static inline struct el2_value npt_tables(uint64_t level1, uint64_t level2,
                                          uint64_t level3)
{
    return (struct el2_value){{level1 | level2 << 32, level3}};
}

static inline struct el2_value spt_tables(uint64_t level2, uint64_t level3)
{
    return (struct el2_value){{level2, level3}};
}

static inline struct el2_value next_vmid(uint64_t vmid)
{
    return (struct el2_value){{vmid, EL2_REMAP_START}};
}

static inline struct el2_value next_remap(uint64_t vmid, uint64_t remap_ptr)
{
    return (struct el2_value){{vmid, remap_ptr}};
}

/* A page of the host that nobody uses. */
static inline struct el2_value host_record(uint64_t pfn)
{
    return el2_value_page(EL2_HOSTVISOR, 0, pfn + HOST_OFFSET);
}

/* A level-3 entry for the page with these attributes. */
static inline struct el2_value mapped(uint64_t pfn, uint64_t attributes)
{
    return el2_value_entry(AT(pfn) | attributes, 3, pfn);
}

static inline struct el2_value mapped_block(uint64_t pfn)
{
    return el2_value_entry(AT(pfn) | (EL2_S2_KERNEL & ~EL2_PAGE_NOT_BLOCK), 2,
                           pfn);
}

/* The host's entry for a page that was taken from it. */
static inline struct el2_value taken(void)
{
    return el2_value_entry(EL2_S2_TAKEN, 3, EL2_NO_TRANSLATION);
}

static inline struct el2_value nothing(void)
{
    return (struct el2_value){{0, 0}};
}

/* Locks that a panic may leave held. */
#define HELD_PAGE   el2_lock_bit(EL2_LOCK_PAGE)
#define HELD_SPT    el2_lock_bit(EL2_LOCK_SPT)
#define HELD_SMMU   el2_lock_bit(EL2_LOCK_SMMU)
#define HELD_CORE   el2_lock_bit(EL2_LOCK_CORE)
#define HELD_NPT(v) el2_lock_bit(EL2_LOCK_NPT + (v))
#define HELD_VM(v)  el2_lock_bit(EL2_LOCK_VM + (v))

#define MODEL_CASE_CALLS   12
#define MODEL_CASE_CHANGES 8

/* A change that a case expects. Page 0 never changes: its cell, 0, ends a
 * list of changes. */
struct change {
    el2_cell cell;
    struct el2_value after;
};

struct model_case {
    const char *shows;
    struct el2_call before[MODEL_CASE_CALLS]; /* number 0 ends them */
    struct el2_call call;
    enum el2_outcome outcome;
    uint64_t result;
    enum el2_access access;
    el2_lock_set held;
    uint64_t torn_pfn; /* when the page lock is held */
    struct change changes[MODEL_CASE_CHANGES];
};

/* One call, whatever comes of it. */
static inline struct el2_step step_of(struct el2_machine *machine,
                                      struct el2_call call)
{
    struct el2_step step;
    machine->operations->step(machine, &call, &step);
    return step;
}

/* One call that must not panic. */
static inline void run(struct el2_machine *machine, struct el2_call call)
{
    struct el2_step step = step_of(machine, call);
    if (step.panicked) {
        fail_msg("%s panicked: %s", el2_calls[call.number].name,
                 el2_outcome_name(step.outcome));
    }
}

static inline void run_all(struct el2_machine *machine,
                           const struct el2_call *calls, size_t limit)
{
    for (size_t i = 0; i < limit && calls[i].number != 0; i++) {
        run(machine, calls[i]);
    }
}

static inline struct el2_value value_of(struct el2_machine *machine,
                                        el2_cell cell)
{
    return machine->operations->observe(machine, cell);
}

static inline bool same(const char *shows, const char *what, uint64_t expected,
                        uint64_t actual)
{
    if (expected != actual) {
        print_error("%s: %s 0x%" PRIx64 ", expected 0x%" PRIx64 "\n", shows,
                    what, actual, expected);
    }
    return expected == actual;
}

static inline bool has_value(struct el2_machine *machine, const char *shows,
                             el2_cell cell, struct el2_value expected)
{
    struct el2_value actual = value_of(machine, cell);
    if (!el2_value_equal(actual, expected)) {
        print_error("%s: cell 0x%" PRIx64 " is {0x%" PRIx64 ", 0x%" PRIx64
                    "}, expected {0x%" PRIx64 ", 0x%" PRIx64 "}\n",
                    shows, cell, actual.words[0], actual.words[1],
                    expected.words[0], expected.words[1]);
        return false;
    }
    return true;
}

static inline void assert_value(struct el2_machine *machine, const char *shows,
                                el2_cell cell, struct el2_value expected)
{
    assert_true(has_value(machine, shows, cell, expected));
}

/* Everything that the step changed stands in the list. */
static inline bool changed_nothing_else(struct el2_machine *machine,
                                        const struct model_case *c)
{
    bool good = true;
    struct el2_touched touched = machine->operations->touched(machine);
    for (size_t i = 0; i < touched.count; i++) {
        el2_cell cell = touched.cells[i];
        struct el2_value before = machine->operations->before(machine, cell);
        bool listed = el2_value_equal(before, touched.values[i]);
        for (size_t k = 0; k < MODEL_CASE_CHANGES && !listed; k++) {
            listed = c->changes[k].cell == cell;
        }
        if (!listed) {
            print_error("%s: cell 0x%" PRIx64 " changed\n", c->shows, cell);
            good = false;
        }
    }
    return good;
}

static inline bool changed_as_listed(struct el2_machine *machine,
                                     const struct model_case *c)
{
    bool good = true;
    for (size_t i = 0; i < MODEL_CASE_CHANGES && c->changes[i].cell != 0; i++) {
        const struct change *change = &c->changes[i];
        good &= has_value(machine, c->shows, change->cell, change->after);
        if (el2_value_equal(machine->operations->before(machine, change->cell),
                            change->after)) {
            print_error("%s: cell 0x%" PRIx64 " was so before\n", c->shows,
                        change->cell);
            good = false;
        }
    }
    return good;
}

static inline bool ended_as_listed(const struct model_case *c,
                                   const struct el2_step *step)
{
    bool good = same(c->shows, "panic", el2_outcome_is_panic(c->outcome),
                     step->panicked);
    good &= same(c->shows, "result", c->result, step->result);
    good &= same(c->shows, "access", c->access, step->access);
    good &= same(c->shows, "locks", c->held, step->held);
    good &= same(c->shows, "fault", 0, step->fault != NULL);
    return good;
}

static inline bool case_holds(struct el2_machine *machine,
                              const struct model_case *c)
{
    machine->operations->reset(machine);
    run_all(machine, c->before, MODEL_CASE_CALLS);
    struct el2_step step = step_of(machine, c->call);
    bool good = same(c->shows, "outcome", c->outcome, step.outcome);
    if (!good) {
        print_error("  that is %s, expected %s\n",
                    el2_outcome_name(step.outcome),
                    el2_outcome_name(c->outcome));
    }
    good &= ended_as_listed(c, &step);
    if ((c->held & HELD_PAGE) != 0) {
        good &= same(c->shows, "torn page", c->torn_pfn, step.torn_pfn);
    }
    good &= changed_nothing_else(machine, c);
    good &= changed_as_listed(machine, c);
    return good;
}

/* The same on the primitives, which do not name their outcomes; what they tear
 * when they panic is theirs. */
static inline bool case_holds_spelled_out(struct el2_machine *primitives,
                                          const struct model_case *c)
{
    primitives->operations->reset(primitives);
    run_all(primitives, c->before, MODEL_CASE_CALLS);
    struct el2_step step = step_of(primitives, c->call);
    bool good = ended_as_listed(c, &step);
    if (!step.panicked) {
        good &= changed_nothing_else(primitives, c);
        good &= changed_as_listed(primitives, c);
    }
    return good;
}

/* Every case on a model of the board, and on the primitives; all that fail are
 * printed. */
static inline void check_cases(const struct model_case *cases, size_t count)
{
    struct el2_machine *model = model_of_board();
    struct el2_machine *primitives = primitives_of_board();
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += !case_holds(model, &cases[i]);
        failed += !case_holds_spelled_out(primitives, &cases[i]);
    }
    model->operations->destroy(model);
    primitives->operations->destroy(primitives);
    assert_int_equal(failed, 0);
}

#endif
