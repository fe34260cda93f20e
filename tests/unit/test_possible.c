/*
 * What fuzz/possible.h says of calls about one page, held against the
 * specification: in every state of a page, of what maps it and of who asks
 * that keeps the invariants of section 7, each such call is made, and the ends
 * that it has are exactly those that are held to be possible.
 *
 * A page operation reads nothing of other pages, so that one page with two
 * VMs, one bank and full or empty pools shows all that it can do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/outcome_table.h"
#include "fuzz/possible.h"
#include "model/invariants.h"
#include "model/state.h"
#include "model/tables.h"
#include "tests/unit/model_cases.h"

#define PAGE      HOST_PAGE /* the first of a block */
#define PAST_END  EL2_PFN_SPACE
#define GFN       UINT64_C(0x55)
#define OTHER_GFN UINT64_C(0x66)
#define DMA_GFN   (PAGE + HOST_OFFSET)
#define WINDOW    AT(0x40)

/* A record, and at which page. */
struct record {
    uint64_t pfn;
    struct page page;
};

enum host_entry {
    NEVER_MAPPED,
    MAPPED,
    TAKEN
};
enum vm_entry {
    NOTHING,
    A_PAGE,
    A_BLOCK
};

struct situation {
    struct record record;
    enum host_entry host;
    enum vm_entry vm;
    enum el2_vm_state vm_state;
    uint32_t bank_owner;
    bool bank_maps; /* the page, at its gfn */
    bool pools_empty;
};

static const uint32_t counts[] = {0, 1, 2, 3, EL2_INVALID};
static const uint64_t gfns[] = {GFN, OTHER_GFN, DMA_GFN, EL2_INVALID64};
static const uint32_t owners[] = {EL2_HOSTVISOR, 1, 2};

/* All records that a page can have: 60 of a page of RAM, and those of pages
 * that never change. */
enum {
    RECORDS = 3 * 5 * 4,
    ALL_RECORDS = RECORDS + 3
};

static struct record record_at(unsigned i)
{
    static const uint64_t fixed[] = {DEVICE_PAGE, EL2_PAGE, 0};
    if (i >= RECORDS) {
        return (struct record){.pfn = fixed[i - RECORDS]};
    }
    return (struct record){PAGE,
                           {owners[i / 20], counts[i / 4 % 5], gfns[i % 4]}};
}

static void use_up_pools(struct model *m)
{
    for (uint32_t v = 0; v < 3; v++) {
        state_set(m, npt_tables_of(v),
                  npt_tables(m->platform.npt_level1_tables,
                             m->platform.npt_level2_tables,
                             m->platform.npt_level3_tables));
    }
    state_set(m, spt_tables_cell(),
              spt_tables(m->platform.spt_level2_tables,
                         m->platform.spt_level3_tables));
}

static void map_for_host(struct model *m, const struct situation *s)
{
    uint64_t addr = AT(s->record.pfn);
    if (s->host != NEVER_MAPPED) {
        model_npt_map(m, EL2_HOSTVISOR, addr, 3, addr | EL2_S2_KERNEL);
    }
    if (s->host == TAKEN) {
        model_clear_pfn_host(m, s->record.pfn);
    }
}

/* What a VM has at GFN maps no page of anybody. */
static void map_for_vm(struct model *m, const struct situation *s)
{
    if (s->vm != NOTHING) {
        model_npt_map(m, 1, AT(GFN), s->vm == A_BLOCK ? 2 : 3,
                      AT(UINT64_C(0x100000)) | (s->vm == A_BLOCK ? 1 : 3));
    }
}

/* False when calls never lead there. */
static bool arrange(struct model *m, const struct situation *s)
{
    m->machine.operations->reset(&m->machine);
    if (s->record.pfn == PAGE) {
        page_set(m, PAGE, s->record.page);
    }
    vm_set_state(m, 1, s->vm_state);
    vm_set_state(m, 2, EL2_VM_READY);
    bank_set_owner(m, 0, s->bank_owner);
    map_for_host(m, s);
    map_for_vm(m, s);
    struct page page = page_get(m, s->record.pfn);
    if (s->bank_maps) {
        model_spt_map(m, 0, AT(page.gfn % (EL2_IOVA_SPACE / EL2_PAGE_SIZE)),
                      AT(s->record.pfn) | EL2_SMMU_PAGE);
    }
    if (s->pools_empty) {
        use_up_pools(m);
    }
    struct el2_violation violation;
    if (!invariants_hold_everywhere(m, &violation)) {
        return false;
    }
    /* Count INVALID is set with a gfn, by assign_pfn_to_smmu only. */
    if (page.count == EL2_INVALID && page.gfn == EL2_INVALID64 &&
        page.owner != EL2_INVALID) {
        return false;
    }
    /* Of a dead VM no invariant says what its bank maps: pages that were its
     * own, and so pages of RAM. */
    return !s->bank_maps || s->record.pfn == PAGE;
}

struct reached {
    bool ends[EL2_CALL_NUMBER_LIMIT][EL2_OUTCOME_COUNT][PAGE_STANDING_COUNT][2];
};

static void make(struct model *m, const struct el2_call *call,
                 struct reached *reached)
{
    const struct el2_machine_operations *operations = m->machine.operations;
    if (!operations->admits(&m->machine, EL2_RUN_CONTRACTS, call)) {
        return;
    }
    struct page_state state =
        page_state_before(&m->machine, &m->platform, call);
    struct el2_step step;
    size_t position = operations->position(&m->machine);
    operations->step(&m->machine, call, &step);
    reached->ends[call->number][step.outcome][state.standing][state.host_maps] =
        true;
    operations->rewind(&m->machine, position);
}

/* Of section 4. */
static void make_operations(struct model *m, uint64_t pfn,
                            struct reached *reached)
{
    const uint64_t desc = AT(pfn) | 3;
    const struct el2_call calls[] = {
        {EL2_CALL_map_page_host, {AT(pfn)}},
        {EL2_CALL_clear_vm_page, {1, pfn}},
        {EL2_CALL_assign_pfn_to_vm, {1, GFN, pfn}},
        {EL2_CALL_map_pfn_vm, {1, AT(GFN), desc, 3}},
        {EL2_CALL_map_pfn_vm, {1, AT(GFN), desc, 2}},
        {EL2_CALL_map_pfn_vm, {1, AT(GFN), 0, 3}},
        {EL2_CALL_map_vm_io, {1, AT(GFN), AT(pfn)}},
        {EL2_CALL_grant_vm_page, {1, pfn}},
        {EL2_CALL_revoke_vm_page, {1, pfn}},
        {EL2_CALL_assign_pfn_to_smmu, {1, GFN, pfn}},
        {EL2_CALL_update_smmu_page, {1, 0, 0, AT(GFN), desc}},
        {EL2_CALL_update_smmu_page, {1, 0, 0, AT(DMA_GFN), desc}},
        {EL2_CALL_update_smmu_page, {0, 0, 0, AT(GFN), desc}},
        {EL2_CALL_update_smmu_page, {0, 0, 0, AT(DMA_GFN), desc}},
        {EL2_CALL_unmap_smmu_page, {0, 0, AT(GFN)}},
        {EL2_CALL_unmap_smmu_page, {0, 0, AT(OTHER_GFN)}},
        {EL2_CALL_unmap_smmu_page, {0, 0, AT(DMA_GFN)}},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        make(m, &calls[i], reached);
    }
}

/* Of section 6, also with arguments out of range. */
static void make_hypercalls(struct model *m, uint64_t pfn,
                            struct reached *reached)
{
    const uint64_t desc = AT(pfn) | 3;
    const uint64_t bad_prot = UINT64_C(1) << 63;
    const struct el2_call calls[] = {
        {EL2_CALL_host_fault, {AT(pfn)}},
        {EL2_CALL_host_fault, {AT(PAST_END)}},
        {EL2_CALL_host_fault, {WINDOW}},
        {EL2_CALL_host_fault, {WINDOW + 1}},
        {EL2_CALL_decrypt_buf, {1, AT(pfn)}},
        {EL2_CALL_decrypt_buf, {0, AT(pfn)}},
        {EL2_CALL_decrypt_buf, {1, AT(PAST_END)}},
        {EL2_CALL_smmu_map, {AT(GFN), AT(pfn), 0, 0, 0}},
        {EL2_CALL_smmu_map, {AT(DMA_GFN), AT(pfn), 0, 0, 0}},
        {EL2_CALL_smmu_map, {AT(GFN), AT(pfn), bad_prot, 0, 0}},
        {EL2_CALL_smmu_map, {AT(GFN), AT(pfn), 0, 8, 0}},
        {EL2_CALL_smmu_clear, {AT(GFN), 0, 0}},
        {EL2_CALL_smmu_clear, {AT(OTHER_GFN), 0, 0}},
        {EL2_CALL_smmu_clear, {AT(DMA_GFN), 0, 0}},
        {EL2_CALL_smmu_clear, {AT(GFN), 8, 0}},
        {EL2_CALL_vm_fault, {1, AT(GFN), desc, 3}},
        {EL2_CALL_vm_fault, {1, 0, desc, 3}},
        {EL2_CALL_vm_fault, {1, AT(GFN), 0, 3}},
        {EL2_CALL_vm_fault, {1, AT(GFN), AT(PAST_END), 3}},
        {EL2_CALL_vm_fault, {1, AT(GFN), desc, 2}},
        {EL2_CALL_vm_fault, {1, AT(GFN), AT(PAGE + 1), 2}},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        make(m, &calls[i], reached);
    }
}

static void in_situation(struct model *m, const struct situation *s,
                         struct reached *reached)
{
    if (arrange(m, s)) {
        make_operations(m, s->record.pfn, reached);
        make_hypercalls(m, s->record.pfn, reached);
    }
}

static void with_record(struct model *m, struct record record,
                        struct reached *reached)
{
    static const enum el2_vm_state states[] = {
        EL2_VM_UNUSED, EL2_VM_READY, EL2_VM_VERIFIED, EL2_VM_POWEROFF};
    static const uint32_t bank_owners[] = {EL2_INVALID, EL2_HOSTVISOR, 1, 2};
    for (unsigned i = 0; i < 3 * 3 * 4 * 4 * 4; i++) {
        struct situation s = {
            .record = record,
            .host = (enum host_entry)(i % 3),
            .vm = (enum vm_entry)(i / 3 % 3),
            .vm_state = states[i / 9 % 4],
            .bank_owner = bank_owners[i / 36 % 4],
            .bank_maps = (i / 144 & 1) != 0,
            .pools_empty = (i / 144 & 2) != 0,
        };
        in_situation(m, &s, reached);
    }
}

static void on_board(uint32_t share_limit, uint32_t dma_limit,
                     struct reached *reached)
{
    struct el2_platform platform = board();
    platform.max_share_count = share_limit;
    platform.max_dma_count = dma_limit;
    const char *why = NULL;
    struct el2_machine *machine = el2_create_model(&platform, drawn, &why);
    assert_non_null(machine);
    for (unsigned i = 0; i < ALL_RECORDS; i++) {
        with_record((struct model *)(void *)machine, record_at(i), reached);
    }
    machine->operations->destroy(machine);
}

static unsigned compare_end(const struct reached *reached, uint32_t n,
                            unsigned outcome)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < 2 * PAGE_STANDING_COUNT; i++) {
        struct page_state state = {(enum page_standing)(i / 2), i % 2 == 1};
        bool can = reached->ends[n][outcome][i / 2][i % 2];
        bool is_page = state.standing != PAGE_NONE || !state.host_maps;
        const char *why = impossible_why(n, (enum el2_outcome)outcome, state);
        if (is_page && can != (why == NULL)) {
            print_error("%s %s %s%s: %s, held to be %s\n", el2_calls[n].name,
                        el2_outcome_name((enum el2_outcome)outcome),
                        page_standing_name(state.standing),
                        state.host_maps ? " mapped" : "",
                        can ? "happens" : "never happens",
                        why == NULL ? "possible" : why);
            wrong++;
        }
    }
    return wrong;
}

static void every_state_of_a_page(void **state)
{
    (void)state;
    static struct reached reached;
    unsigned wrong = 0;
    on_board(SHARE_LIMIT, DMA_LIMIT, &reached);
    on_board(1, 1, &reached);
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        for (unsigned o = 0; page_state_is_of(n) && o < EL2_OUTCOME_COUNT;
             o++) {
            wrong += compare_end(&reached, n, o);
        }
    }
    assert_int_equal(wrong, 0);
}

/* What is named as impossible is what the table does not have. */
static void named_ends(void **state)
{
    (void)state;
    const struct impossible_end *end;
    for (size_t i = 0; (end = impossible_end_at(i)) != NULL; i++) {
        for (unsigned s = 0; s < PAGE_STANDING_COUNT; s++) {
            if ((end->standings >> s & 1) != 0) {
                struct page_state at = {(enum page_standing)s, false};
                const char *why = impossible_why(
                    end->call, (enum el2_outcome)end->outcome, at);
                assert_ptr_equal(why, end->why);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_of_a_page),
        cmocka_unit_test(named_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
