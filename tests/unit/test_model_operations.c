/* Every outcome of every page operation: semantics.md section 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

/* A page of the host, and where VM 1 or 2 has it. */
#define PAGE HOST_PAGE
#define GFN  UINT64_C(0x55)
/* The iova page of PAGE in a bank of the host. */
#define DMA_GFN (PAGE + HOST_OFFSET)

#define HOST_FAULT(pfn)                                                        \
    {                                                                          \
        EL2_CALL_map_page_host,                                                \
        {                                                                      \
            AT(pfn)                                                            \
        }                                                                      \
    }
#define GIVE(v, pfn)                                                           \
    {                                                                          \
        EL2_CALL_assign_pfn_to_vm,                                             \
        {                                                                      \
            v, GFN, pfn                                                        \
        }                                                                      \
    }
#define GIVE_TO_DEVICE(v, pfn)                                                 \
    {                                                                          \
        EL2_CALL_assign_pfn_to_smmu,                                           \
        {                                                                      \
            v, GFN, pfn                                                        \
        }                                                                      \
    }
#define SHARE(v, pfn)                                                          \
    {                                                                          \
        EL2_CALL_grant_vm_page,                                                \
        {                                                                      \
            v, pfn                                                             \
        }                                                                      \
    }
/* The host maps its page for a device, which counts. */
#define HOST_DMA(bank)                                                         \
    {                                                                          \
        EL2_CALL_update_smmu_page,                                             \
        {                                                                      \
            0, bank, 0, AT(DMA_GFN), AT(PAGE) | EL2_SMMU_PAGE                  \
        }                                                                      \
    }
/* A block in a table, over the page at `gfn`. */
#define BLOCK(v, gfn)                                                          \
    {                                                                          \
        EL2_CALL_npt_map,                                                      \
        {                                                                      \
            v, AT(gfn), AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK, 2                \
        }                                                                      \
    }

static void map_page_host(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a page without owner is mapped as a device",
         .call = HOST_FAULT(DEVICE_PAGE),
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, DEVICE_PAGE),
                      mapped(DEVICE_PAGE, EL2_S2_DEVICE)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "page 0 has no owner, although a region holds it",
         .call = HOST_FAULT(0),
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, 0), mapped(0, EL2_S2_DEVICE)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "the last page of physical memory",
         .call = HOST_FAULT(EL2_PFN_SPACE - 1),
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, EL2_PFN_SPACE - 1),
                      mapped(EL2_PFN_SPACE - 1, EL2_S2_DEVICE)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "the host's own page is mapped as memory",
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_HOST_MAPPED_OWN,
         .changes = {{npt_of(0, PAGE), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "an address inside the page is rounded down",
         .call = {EL2_CALL_map_page_host, {AT(DEVICE_PAGE) + 0xabc}},
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, DEVICE_PAGE),
                      mapped(DEVICE_PAGE, EL2_S2_DEVICE)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "a second fault changes nothing",
         .before = {HOST_FAULT(PAGE)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_HOST_MAPPED_OWN},
        {.shows = "the host's page stays its own while a device uses it",
         .before = {HOST_DMA(0)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_HOST_MAPPED_OWN,
         .changes = {{npt_of(0, PAGE), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "the host may map what a VM shares",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_HOST_MAPPED_SHARED,
         .changes = {{npt_of(0, PAGE), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(0), npt_tables(1, 1, 1)}}},
        {.shows = "a VM's private page panics",
         .before = {GIVE(1, PAGE)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a count of INVALID is no share (E11)",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "EL2's own page panics",
         .call = HOST_FAULT(EL2_PAGE),
         .outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = EL2_PAGE},
        {.shows = "a block of the host is not split",
         .before = {BLOCK(0, PAGE)},
         .call = HOST_FAULT(PAGE),
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
        {.shows = "no level-3 table is left",
         .before = {HOST_FAULT(0x10), HOST_FAULT(0x200), HOST_FAULT(0x400),
                    HOST_FAULT(0x600)},
         .call = HOST_FAULT(0x800),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = 0x800},
    };
    CHECK(cases);
}

static void clear_vm_page(void **state)
{
    (void)state;
    const struct el2_call clear = {EL2_CALL_clear_vm_page, {1, PAGE}};
    const struct model_case cases[] = {
        {.shows = "a page that the host does not map",
         .before = {GIVE(1, PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_CLEARED,
         .changes = {{page_of(PAGE), host_record(PAGE)},
                     {memory_of(PAGE), number(0)}}},
        {.shows = "the host loses its mapping of a shared page (E1)",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE), HOST_FAULT(PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_CLEARED,
         .changes = {{npt_of(0, PAGE), taken()},
                     {page_of(PAGE), host_record(PAGE)},
                     {memory_of(PAGE), number(0)}}},
        {.shows = "a page that the VM never mapped",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_CLEARED,
         .changes = {{page_of(PAGE), host_record(PAGE)},
                     {memory_of(PAGE), number(0)}}},
        {.shows = "the host's page stays as it is",
         .before = {HOST_FAULT(PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_NOT_OWNER},
        {.shows = "another VM's page stays as it is",
         .before = {GIVE(2, PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_NOT_OWNER},
        {.shows = "a page without owner stays as it is",
         .call = {EL2_CALL_clear_vm_page, {1, DEVICE_PAGE}},
         .outcome = EL2_OUTCOME_NOT_OWNER},
        {.shows = "a block of the host is not split",
         .before = {GIVE(1, PAGE), BLOCK(0, PAGE)},
         .call = clear,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void assign_pfn_to_vm(void **state)
{
    (void)state;
    const struct el2_call assign = GIVE(1, PAGE);
    const struct model_case cases[] = {
        {.shows = "a page of the host becomes the VM's, its content decided",
         .call = assign,
         .outcome = EL2_OUTCOME_ASSIGNED,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, GFN)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)}}},
        {.shows = "the host loses its mapping; the VM's second draw",
         .before = {GIVE(1, PAGE + 1), HOST_FAULT(PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_ASSIGNED,
         .changes = {{npt_of(0, PAGE), taken()},
                     {page_of(PAGE), el2_value_page(1, 0, GFN)},
                     {memory_of(PAGE), number(drawn_word(1, 1))},
                     {log_of(1), number(2)}}},
        {.shows = "a host device still uses the page",
         .before = {HOST_DMA(0)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "the VM's page at the same gfn",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_ALREADY_OWN},
        {.shows = "a page that came through the SMMU is now mapped (E3)",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_ALREADY_OWN,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, GFN)}}},
        {.shows = "a gfn that was not known",
         .before = {{EL2_CALL_assign_pfn_to_vm, {1, EL2_INVALID64, PAGE}}},
         .call = assign,
         .outcome = EL2_OUTCOME_GFN_LEARNT,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, GFN)}}},
        {.shows = "the VM has the page elsewhere",
         .before = {{EL2_CALL_assign_pfn_to_vm, {1, GFN + 1, PAGE}}},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_OTHER_GFN,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "another VM's page",
         .before = {GIVE(2, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page without owner",
         .call = GIVE(1, DEVICE_PAGE),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = DEVICE_PAGE},
        {.shows = "EL2's page",
         .call = GIVE(1, EL2_PAGE),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = EL2_PAGE},
        {.shows = "a block of the host is not split",
         .before = {BLOCK(0, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void map_pfn_vm(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a page, whatever attributes the caller asks for",
         .call = {EL2_CALL_map_pfn_vm, {1, AT(GFN) + 7, AT(PAGE) | 0x5a5, 3}},
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(1, GFN), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "bits above the address are dropped",
         .call = {EL2_CALL_map_pfn_vm,
                  {1, AT(GFN), AT(PAGE) | UINT64_C(0xffff) << 48, 3}},
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(1, GFN), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "level 1 means a page",
         .call = {EL2_CALL_map_pfn_vm, {1, AT(GFN), AT(PAGE), 1}},
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(1, GFN), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "a level whose low 32 bits are 2 means a page",
         .call = {EL2_CALL_map_pfn_vm,
                  {1, AT(GFN), AT(PAGE), UINT64_C(1) << 32 | 2}},
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(1, GFN), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "a block, which takes no level-3 table",
         .call = {EL2_CALL_map_pfn_vm, {1, AT(GFN), AT(PAGE), 2}},
         .outcome = EL2_OUTCOME_MAPPED_BLOCK,
         .changes = {{block_of(1, GFN), mapped_block(PAGE)},
                     {npt_tables_of(1), npt_tables(1, 1, 0)}}},
        {.shows = "a block is not split",
         .before = {BLOCK(1, GFN)},
         .call = {EL2_CALL_map_pfn_vm, {1, AT(GFN), AT(PAGE), 3}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_NPT(1)},
    };
    CHECK(cases);
}

static void map_vm_io(void **state)
{
    (void)state;
    const struct el2_call map = {EL2_CALL_map_vm_io,
                                 {2, AT(GFN) + 8, AT(DEVICE_PAGE) + 16}};
    const struct model_case cases[] = {
        {.shows = "a page without owner is mapped as a device",
         .call = map,
         .outcome = EL2_OUTCOME_DEVICE_MAPPED,
         .changes = {{npt_of(2, GFN), mapped(DEVICE_PAGE, EL2_S2_DEVICE)},
                     {npt_tables_of(2), npt_tables(1, 1, 1)}}},
        {.shows = "the host's page is not mapped",
         .call = {EL2_CALL_map_vm_io, {2, AT(GFN), AT(PAGE)}},
         .outcome = EL2_OUTCOME_NOT_A_DEVICE},
        {.shows = "the VM's own page is not mapped",
         .before = {GIVE(2, PAGE)},
         .call = {EL2_CALL_map_vm_io, {2, AT(GFN), AT(PAGE)}},
         .outcome = EL2_OUTCOME_NOT_A_DEVICE},
        {.shows = "a block is not split",
         .before = {BLOCK(2, GFN)},
         .call = map,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(2),
         .torn_pfn = DEVICE_PAGE},
    };
    CHECK(cases);
}

static void grant_vm_page(void **state)
{
    (void)state;
    const struct el2_call grant = SHARE(1, PAGE);
    const struct model_case cases[] = {
        {.shows = "the first share",
         .before = {GIVE(1, PAGE)},
         .call = grant,
         .outcome = EL2_OUTCOME_GRANTED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, GFN)}}},
        {.shows = "the last share that the limit allows",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE), SHARE(1, PAGE)},
         .call = grant,
         .outcome = EL2_OUTCOME_GRANTED,
         .changes = {{page_of(PAGE), el2_value_page(1, SHARE_LIMIT, GFN)}}},
        {.shows = "one more than the limit",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE), SHARE(1, PAGE),
                    SHARE(1, PAGE)},
         .call = grant,
         .outcome = EL2_OUTCOME_SHARE_LIMIT},
        {.shows = "a count of INVALID is above every limit",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = grant,
         .outcome = EL2_OUTCOME_SHARE_LIMIT},
        {.shows = "the host's page",
         .call = grant,
         .outcome = EL2_OUTCOME_NOT_OWNER},
        {.shows = "another VM's page",
         .before = {GIVE(2, PAGE)},
         .call = grant,
         .outcome = EL2_OUTCOME_NOT_OWNER},
    };
    CHECK(cases);
}

static void revoke_vm_page(void **state)
{
    (void)state;
    const struct el2_call revoke = {EL2_CALL_revoke_vm_page, {1, PAGE}};
    const struct model_case cases[] = {
        {.shows = "one share less, the host keeps its mapping",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE), SHARE(1, PAGE),
                    HOST_FAULT(PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_REVOKED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, GFN)}}},
        {.shows = "the last share: the host loses it, its content is decided",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE), HOST_FAULT(PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_REVOKED_LAST,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, GFN)},
                     {npt_of(0, PAGE), taken()},
                     {memory_of(PAGE), number(drawn_word(1, 1))},
                     {log_of(1), number(2)}}},
        {.shows = "the last share of a page that the host did not map",
         .before = {GIVE(1, PAGE), SHARE(1, PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_REVOKED_LAST,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, GFN)},
                     {memory_of(PAGE), number(drawn_word(1, 1))},
                     {log_of(1), number(2)}}},
        {.shows = "a page that is not shared",
         .before = {GIVE(1, PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_NOT_SHARED},
        {.shows = "a count of INVALID is no share (E11)",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_NOT_SHARED},
        {.shows = "the host's page, which a device uses",
         .before = {HOST_DMA(0)},
         .call = revoke,
         .outcome = EL2_OUTCOME_NOT_OWNER},
        {.shows = "another VM's shared page",
         .before = {GIVE(2, PAGE), SHARE(2, PAGE)},
         .call = revoke,
         .outcome = EL2_OUTCOME_NOT_OWNER},
    };
    CHECK(cases);
}

/* The record of a panicking revoke is torn: only the end is checked. */
static void revoke_does_not_split_a_block(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call before[] = {GIVE(1, PAGE), SHARE(1, PAGE),
                                      BLOCK(0, PAGE)};
    run_all(model, before, 3);
    struct el2_step step =
        step_of(model, (struct el2_call){EL2_CALL_revoke_vm_page, {1, PAGE}});
    assert_int_equal(step.outcome, EL2_OUTCOME_PANIC_BLOCK_SPLIT);
    assert_int_equal(step.held, HELD_PAGE | HELD_NPT(0));
    assert_int_equal(step.torn_pfn, PAGE);
    assert_value(model, "content", memory_of(PAGE), number(drawn_word(1, 0)));
    model->operations->destroy(model);
}

static void assign_pfn_to_smmu(void **state)
{
    (void)state;
    const struct el2_call assign = GIVE_TO_DEVICE(1, PAGE);
    const struct model_case cases[] = {
        {.shows = "a page of the host; its content is not decided (E2)",
         .call = assign,
         .outcome = EL2_OUTCOME_ASSIGNED_TO_DEVICE,
         .changes = {{page_of(PAGE), el2_value_page(1, EL2_INVALID, GFN)}}},
        {.shows = "the host loses its mapping",
         .before = {HOST_FAULT(PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_ASSIGNED_TO_DEVICE,
         .changes = {{page_of(PAGE), el2_value_page(1, EL2_INVALID, GFN)},
                     {npt_of(0, PAGE), taken()}}},
        {.shows = "a host device still uses the page",
         .before = {HOST_DMA(0)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "the VM's page, at any gfn",
         .before = {{EL2_CALL_assign_pfn_to_vm, {1, GFN + 1, PAGE}}},
         .call = assign,
         .outcome = EL2_OUTCOME_ALREADY_OWN},
        {.shows = "another VM's page",
         .before = {GIVE(2, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page without owner",
         .call = GIVE_TO_DEVICE(1, DEVICE_PAGE),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = DEVICE_PAGE},
        {.shows = "a block of the host is not split",
         .before = {BLOCK(0, PAGE)},
         .call = assign,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

/* Bank 2 of SMMU 1 has id 10. */
static void update_smmu_page(void **state)
{
    (void)state;
    const uint64_t desc = AT(PAGE) | EL2_SMMU_PAGE;
    const struct el2_call update = {EL2_CALL_update_smmu_page,
                                    {1, 2, 1, AT(GFN) + 9, desc}};
    const struct model_case cases[] = {
        {.shows = "a VM's page, which is not counted",
         .before = {GIVE_TO_DEVICE(1, PAGE)},
         .call = update,
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(10, GFN), mapped(PAGE, EL2_SMMU_PAGE)},
                     {spt_tables_cell(), spt_tables(1, 1)}}},
        {.shows = "the host's page is counted",
         .call = HOST_DMA(0),
         .outcome = EL2_OUTCOME_DMA_MAPPED_AND_COUNTED,
         .changes = {{spt_of(0, DMA_GFN), mapped(PAGE, EL2_SMMU_PAGE)},
                     {spt_tables_cell(), spt_tables(1, 1)},
                     {page_of(PAGE), el2_value_page(0, 1, DMA_GFN)}}},
        {.shows = "mapping it again counts again",
         .before = {HOST_DMA(0)},
         .call = HOST_DMA(0),
         .outcome = EL2_OUTCOME_DMA_MAPPED_AND_COUNTED,
         .changes = {{page_of(PAGE), el2_value_page(0, 2, DMA_GFN)}}},
        {.shows = "a full count stays as it is",
         .before = {HOST_DMA(0), HOST_DMA(1)},
         .call = HOST_DMA(0),
         .outcome = EL2_OUTCOME_DMA_COUNT_LIMIT},
        {.shows = "another VM's page",
         .before = {GIVE_TO_DEVICE(2, PAGE)},
         .call = update,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page whose gfn is not the iova's",
         .before = {{EL2_CALL_assign_pfn_to_smmu, {1, GFN + 1, PAGE}}},
         .call = update,
         .outcome = EL2_OUTCOME_PANIC_OTHER_GFN,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "no SMMU table is left",
         .before = {GIVE_TO_DEVICE(1, PAGE),
                    {EL2_CALL_spt_map, {0, 0, 0, 0}},
                    {EL2_CALL_spt_map, {0, 0, EL2_BLOCK_SIZE, 0}},
                    {EL2_CALL_spt_map, {0, 0, 2 * EL2_BLOCK_SIZE, 0}}},
         .call = update,
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_PAGE | HELD_SPT,
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void unmap_smmu_page(void **state)
{
    (void)state;
    const uint64_t desc = AT(PAGE) | EL2_SMMU_PAGE;
    const struct model_case cases[] = {
        {.shows = "nothing is mapped there",
         .before = {HOST_DMA(0)},
         .call = {EL2_CALL_unmap_smmu_page, {1, 0, AT(DMA_GFN)}},
         .outcome = EL2_OUTCOME_DMA_NOT_MAPPED},
        {.shows = "the host's page is counted down",
         .before = {HOST_DMA(0), HOST_DMA(1)},
         .call = {EL2_CALL_unmap_smmu_page, {1, 0, AT(DMA_GFN) + 5}},
         .outcome = EL2_OUTCOME_DMA_UNMAPPED_AND_COUNTED,
         .changes = {{spt_of(1, DMA_GFN), nothing()},
                     {page_of(PAGE), el2_value_page(0, 1, DMA_GFN)}}},
        {.shows = "the count of a VM's page is not a device's",
         .before = {GIVE(1, PAGE),
                    SHARE(1, PAGE),
                    {EL2_CALL_update_smmu_page, {1, 2, 1, AT(GFN), desc}}},
         .call = {EL2_CALL_unmap_smmu_page, {2, 1, AT(GFN)}},
         .outcome = EL2_OUTCOME_DMA_UNMAPPED,
         .changes = {{spt_of(10, GFN), nothing()}}},
        {.shows = "a count of the host's page stays above zero",
         .before = {{EL2_CALL_spt_map, {0, 0, AT(DMA_GFN), desc}}},
         .call = {EL2_CALL_unmap_smmu_page, {0, 0, AT(DMA_GFN)}},
         .outcome = EL2_OUTCOME_DMA_UNMAPPED,
         .changes = {{spt_of(0, DMA_GFN), nothing()}}},
    };
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_page_host),
        cmocka_unit_test(clear_vm_page),
        cmocka_unit_test(assign_pfn_to_vm),
        cmocka_unit_test(map_pfn_vm),
        cmocka_unit_test(map_vm_io),
        cmocka_unit_test(grant_vm_page),
        cmocka_unit_test(revoke_vm_page),
        cmocka_unit_test(revoke_does_not_split_a_block),
        cmocka_unit_test(assign_pfn_to_smmu),
        cmocka_unit_test(update_smmu_page),
        cmocka_unit_test(unmap_smmu_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
