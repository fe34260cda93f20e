/* Page-table maps and their pools: semantics.md section 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define GFN   UINT64_C(0x5055)
#define PAGE  HOST_PAGE
#define BLOCK (AT(PAGE) | EL2_DESCRIPTOR_BLOCK)

#define MAP(v, addr, desc, level)                                              \
    {                                                                          \
        EL2_CALL_npt_map,                                                      \
        {                                                                      \
            v, addr, desc, level                                               \
        }                                                                      \
    }
#define SPT_MAP(bank, iova, desc)                                              \
    {                                                                          \
        EL2_CALL_spt_map,                                                      \
        {                                                                      \
            bank, 0, iova, desc                                                \
        }                                                                      \
    }

/* What one table of each level covers. */
#define LEVEL3_SPAN EL2_BLOCK_SIZE
#define LEVEL2_SPAN (512 * LEVEL3_SPAN)
#define LEVEL1_SPAN (512 * LEVEL2_SPAN)

static struct el2_value entry(uint64_t descriptor, uint32_t level, uint64_t pfn)
{
    return el2_value_entry(descriptor, level, pfn);
}

static void npt_map(void **state)
{
    (void)state;
    const uint64_t desc = AT(PAGE) | 0x7c3;
    const struct model_case cases[] = {
        {.shows = "a page takes a table of each level",
         .call = MAP(3, AT(GFN) + 5, desc, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN), entry(desc, 3, PAGE)},
                     {npt_tables_of(3), npt_tables(1, 1, 1)}}},
        {.shows = "a neighbour takes none",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(3, AT(GFN + 1), desc, 0),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN + 1), entry(desc, 3, PAGE)}}},
        {.shows = "the next 2 MiB take a level-3 table",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(3, AT(GFN) + LEVEL3_SPAN, desc, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN + 512), entry(desc, 3, PAGE)},
                     {npt_tables_of(3), npt_tables(1, 1, 2)}}},
        {.shows = "the next 1 GiB takes two tables",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(3, AT(GFN) + LEVEL2_SPAN, desc, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN + (512 << 9)), entry(desc, 3, PAGE)},
                     {npt_tables_of(3), npt_tables(1, 2, 2)}}},
        {.shows = "the next 512 GiB take three tables",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(3, AT(GFN) + LEVEL1_SPAN, desc, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN + (512 << 18)), entry(desc, 3, PAGE)},
                     {npt_tables_of(3), npt_tables(2, 2, 2)}}},
        {.shows = "each vmid has pools of its own",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(4, AT(GFN), desc, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(4, GFN), entry(desc, 3, PAGE)},
                     {npt_tables_of(4), npt_tables(1, 1, 1)}}},
        {.shows = "an entry is replaced",
         .before = {MAP(3, AT(GFN), desc, 3)},
         .call = MAP(3, AT(GFN), AT(PAGE + 1) | 0xfff, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN), mapped(PAGE + 1, EL2_S2_KERNEL)}}},
        {.shows = "a page descriptor of an invalid type translates to nothing",
         .call = MAP(3, AT(GFN), AT(PAGE) | 1, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(3, GFN),
                      entry(AT(PAGE) | 1, 3, EL2_NO_TRANSLATION)},
                     {npt_tables_of(3), npt_tables(1, 1, 1)}}},
        {.shows = "a block takes no level-3 table",
         .call = MAP(3, AT(GFN), BLOCK, 2),
         .outcome = EL2_OUTCOME_MAPPED_BLOCK,
         .changes = {{block_of(3, GFN), entry(BLOCK, 2, PAGE)},
                     {npt_tables_of(3), npt_tables(1, 1, 0)}}},
        {.shows = "a block descriptor of an invalid type",
         .call = MAP(3, AT(GFN), AT(PAGE) | 2, 2),
         .outcome = EL2_OUTCOME_MAPPED_BLOCK,
         .changes = {{block_of(3, GFN),
                      entry(AT(PAGE) | 2, 2, EL2_NO_TRANSLATION)},
                     {npt_tables_of(3), npt_tables(1, 1, 0)}}},
        {.shows = "a block replaces a block",
         .before = {MAP(3, AT(GFN), BLOCK, 2)},
         .call = MAP(3, AT(GFN), BLOCK + EL2_BLOCK_SIZE, 2),
         .outcome = EL2_OUTCOME_MAPPED_BLOCK,
         .changes = {{block_of(3, GFN),
                      entry(BLOCK + EL2_BLOCK_SIZE, 2, PAGE + 512)}}},
        {.shows = "a page inside a block panics, before its table is taken",
         .before = {MAP(3, AT(GFN), BLOCK, 2)},
         .call = MAP(3, AT(GFN), desc, 3),
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_NPT(3)},
        {.shows = "so does one inside a block of an invalid type",
         .before = {MAP(3, AT(GFN), AT(PAGE) | 2, 2)},
         .call = MAP(3, AT(GFN), desc, 3),
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_NPT(3)},
    };
    CHECK(cases);
}

/* Section 3: a map that panics leaves the map, and the pools, as they were. */
static void npt_pools(void **state)
{
    (void)state;
    const uint64_t d = AT(PAGE) | 3;
    const struct model_case cases[] = {
        {.shows = "no level-1 table is left",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL1_SPAN, d, 3)},
         .call = MAP(1, 2 * LEVEL1_SPAN, d, 3),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_NPT(1)},
        {.shows = "no level-2 table is left: the level-1 one is not taken",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL2_SPAN, d, 3),
                    MAP(1, 2 * LEVEL2_SPAN, d, 3)},
         .call = MAP(1, LEVEL1_SPAN, d, 3),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_NPT(1)},
        {.shows = "no level-2 table is left for a block",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL2_SPAN, d, 3),
                    MAP(1, 2 * LEVEL2_SPAN, d, 3)},
         .call = MAP(1, LEVEL1_SPAN, BLOCK, 2),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_NPT(1)},
        {.shows = "no level-3 table is left: none of the others is taken",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL3_SPAN, d, 3),
                    MAP(1, 2 * LEVEL3_SPAN, d, 3),
                    MAP(1, 3 * LEVEL3_SPAN, d, 3)},
         .call = MAP(1, LEVEL1_SPAN, d, 3),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_NPT(1)},
        {.shows = "without level-3 tables a block can still be mapped",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL3_SPAN, d, 3),
                    MAP(1, 2 * LEVEL3_SPAN, d, 3),
                    MAP(1, 3 * LEVEL3_SPAN, d, 3)},
         .call = MAP(1, LEVEL1_SPAN, BLOCK, 2),
         .outcome = EL2_OUTCOME_MAPPED_BLOCK,
         .changes = {{block_of(1, LEVEL1_SPAN / EL2_PAGE_SIZE),
                      entry(BLOCK, 2, PAGE)},
                     {npt_tables_of(1), npt_tables(2, 2, 4)}}},
        {.shows = "with all tables taken a page goes into one of them",
         .before = {MAP(1, 0, d, 3), MAP(1, LEVEL3_SPAN, d, 3),
                    MAP(1, 2 * LEVEL3_SPAN, d, 3),
                    MAP(1, 3 * LEVEL3_SPAN, d, 3)},
         .call = MAP(1, 3 * LEVEL3_SPAN + AT(1), d, 3),
         .outcome = EL2_OUTCOME_MAPPED_PAGE,
         .changes = {{npt_of(1, 3 * 512 + 1), entry(d, 3, PAGE)}}},
        {.shows = "a table that a block replaced is lost, not used again",
         .before = {MAP(1, 0, d, 3), MAP(1, 0, BLOCK, 2),
                    MAP(1, LEVEL3_SPAN, d, 3), MAP(1, 2 * LEVEL3_SPAN, d, 3),
                    MAP(1, 3 * LEVEL3_SPAN, d, 3)},
         .call = MAP(1, 4 * LEVEL3_SPAN, d, 3),
         .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
         .held = HELD_NPT(1)},
    };
    CHECK(cases);
}

static void walks(void **state)
{
    (void)state;
    const uint64_t desc = AT(PAGE) | 0x7c3;
    const struct model_case cases[] = {
        {.shows = "a walk gives the descriptor",
         .before = {MAP(2, AT(GFN), desc, 3)},
         .call = {EL2_CALL_npt_walk, {2, AT(GFN) + 1}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = desc},
        {.shows = "inside a block it gives the block's",
         .before = {MAP(2, AT(GFN), BLOCK, 2)},
         .call = {EL2_CALL_npt_walk, {2, AT(GFN + 3)}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = BLOCK},
        {.shows = "there is nothing in another vmid's table",
         .before = {MAP(2, AT(GFN), desc, 3)},
         .call = {EL2_CALL_npt_walk, {3, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING},
        {.shows = "a walk takes no table",
         .call = {EL2_CALL_npt_walk, {2, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING},
        {.shows = "the level of a page",
         .before = {MAP(2, AT(GFN), desc, 3)},
         .call = {EL2_CALL_npt_level, {2, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = 3},
        {.shows = "the level of a block",
         .before = {MAP(2, AT(GFN), BLOCK, 2)},
         .call = {EL2_CALL_npt_level, {2, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = 2},
        {.shows = "an entry without an address has no level",
         .before = {MAP(2, AT(GFN), EL2_S2_TAKEN, 3)},
         .call = {EL2_CALL_npt_level, {2, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING},
        {.shows = "but a walk finds it",
         .before = {MAP(2, AT(GFN), EL2_S2_TAKEN, 3)},
         .call = {EL2_CALL_npt_walk, {2, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = EL2_S2_TAKEN},
        {.shows = "a bank's walk gives the descriptor",
         .before = {SPT_MAP(1, AT(GFN), desc)},
         .call = {EL2_CALL_spt_walk, {1, 0, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = desc},
        {.shows = "the same bank of the other SMMU has another table",
         .before = {SPT_MAP(1, AT(GFN), desc)},
         .call = {EL2_CALL_spt_walk, {1, 1, AT(GFN)}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING},
    };
    CHECK(cases);
}

static void clear_pfn_host(void **state)
{
    (void)state;
    const struct el2_call clear = {EL2_CALL_clear_pfn_host, {PAGE}};
    const struct model_case cases[] = {
        {.shows = "a page that the host maps is marked as taken",
         .before = {MAP(0, AT(PAGE), AT(PAGE) | 0xfff, 3)},
         .call = clear,
         .outcome = EL2_OUTCOME_HOST_UNMAPPED,
         .changes = {{npt_of(0, PAGE), taken()}}},
        {.shows = "a page that it does not map takes no table",
         .call = clear,
         .outcome = EL2_OUTCOME_HOST_NOT_MAPPED},
        {.shows = "a page that was taken before",
         .before = {MAP(0, AT(PAGE), EL2_S2_TAKEN, 3)},
         .call = clear,
         .outcome = EL2_OUTCOME_HOST_NOT_MAPPED},
        {.shows = "a block of the host is not split",
         .before = {MAP(0, AT(PAGE), BLOCK, 2)},
         .call = clear,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_NPT(0)},
    };
    CHECK(cases);
}

static void spt_map(void **state)
{
    (void)state;
    const uint64_t d = AT(PAGE) | EL2_SMMU_PAGE;
    const struct model_case cases[] = {
        {.shows = "a mapping takes a table of both levels",
         .call = SPT_MAP(1, AT(GFN) + 7, d),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(1, GFN), entry(d, 3, PAGE)},
                     {spt_tables_cell(), spt_tables(1, 1)}}},
        {.shows = "an empty descriptor takes them too",
         .call = SPT_MAP(1, AT(GFN), 0),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_tables_cell(), spt_tables(1, 1)}}},
        {.shows = "a level-2 table covers 1 GiB",
         .before = {SPT_MAP(1, 0, d)},
         .call = SPT_MAP(1, LEVEL2_SPAN - AT(1), d),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(1, 512 * 512 - 1), entry(d, 3, PAGE)},
                     {spt_tables_cell(), spt_tables(1, 2)}}},
        {.shows = "another bank has tables of its own",
         .before = {SPT_MAP(1, 0, d)},
         .call = SPT_MAP(2, 0, d),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(2, 0), entry(d, 3, PAGE)},
                     {spt_tables_cell(), spt_tables(2, 2)}}},
        {.shows = "an entry of an invalid type translates to nothing",
         .call = SPT_MAP(1, 0, AT(PAGE) | 1),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(1, 0), entry(AT(PAGE) | 1, 3, EL2_NO_TRANSLATION)},
                     {spt_tables_cell(), spt_tables(1, 1)}}},
        {.shows = "no level-2 table is left: the level-3 one is not taken",
         .before = {SPT_MAP(1, 0, d), SPT_MAP(2, 0, d)},
         .call = SPT_MAP(3, 0, d),
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_SPT},
        {.shows = "no level-3 table is left: the level-2 one is not taken",
         .before = {SPT_MAP(1, 0, d), SPT_MAP(1, LEVEL3_SPAN, d),
                    SPT_MAP(1, 2 * LEVEL3_SPAN, d)},
         .call = SPT_MAP(2, 0, d),
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_SPT},
    };
    CHECK(cases);
}

static void spt_unmap_and_init(void **state)
{
    (void)state;
    const uint64_t d = AT(PAGE) | EL2_SMMU_PAGE;
    const struct model_case cases[] = {
        {.shows = "a mapping is removed and given back",
         .before = {SPT_MAP(1, AT(GFN), d)},
         .call = {EL2_CALL_spt_unmap, {1, 0, AT(GFN)}},
         .outcome = EL2_OUTCOME_DMA_UNMAPPED,
         .result = d,
         .changes = {{spt_of(1, GFN), nothing()}}},
        {.shows = "where nothing is, no table is taken",
         .call = {EL2_CALL_spt_unmap, {1, 0, AT(GFN)}},
         .outcome = EL2_OUTCOME_DMA_NOT_MAPPED},
        {.shows = "a bank forgets its entries and keeps the count of tables",
         .before = {SPT_MAP(1, 0, d), SPT_MAP(1, LEVEL2_SPAN, d),
                    SPT_MAP(1, AT(1), d)},
         .call = {EL2_CALL_spt_init, {1, 0}},
         .outcome = EL2_OUTCOME_BANK_EMPTIED,
         .changes = {{spt_of(1, 0), nothing()},
                     {spt_of(1, 1), nothing()},
                     {spt_of(1, LEVEL2_SPAN / EL2_PAGE_SIZE), nothing()}}},
        {.shows = "the other banks keep theirs",
         .before = {SPT_MAP(1, 0, d)},
         .call = {EL2_CALL_spt_init, {0, 0}},
         .outcome = EL2_OUTCOME_BANK_EMPTIED},
        {.shows = "the bank needs new tables afterwards",
         .before = {SPT_MAP(1, 0, d), {EL2_CALL_spt_init, {1, 0}}},
         .call = SPT_MAP(1, 0, d),
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {{spt_of(1, 0), entry(d, 3, PAGE)},
                     {spt_tables_cell(), spt_tables(2, 2)}}},
        {.shows = "the lost tables are not used again",
         .before = {SPT_MAP(1, 0, d),
                    {EL2_CALL_spt_init, {1, 0}},
                    SPT_MAP(1, 0, d),
                    {EL2_CALL_spt_init, {1, 0}}},
         .call = SPT_MAP(1, 0, d),
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_SPT},
    };
    CHECK(cases);
}

/* A block replaces every level-3 entry that was there. */
static void block_replaces_pages(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call calls[] = {
        MAP(1, AT(0x200), AT(0x10) | 3, 3), MAP(1, AT(0x3ff), AT(0x11) | 3, 3),
        MAP(1, AT(0x1ff), AT(0x12) | 3, 3), MAP(1, AT(0x400), AT(0x13) | 3, 3),
        MAP(1, AT(0x200), BLOCK, 2)};
    run_all(model, calls, 5);
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        assert_value(model, "page of the block", npt_of(1, 0x200 + i),
                     entry(BLOCK, 2, PAGE + i));
    }
    assert_value(model, "page before the block", npt_of(1, 0x1ff),
                 entry(AT(0x12) | 3, 3, 0x12));
    assert_value(model, "page after the block", npt_of(1, 0x400),
                 entry(AT(0x13) | 3, 3, 0x13));
    /* What the step says of before tells the pages from the block. */
    struct el2_value before =
        model->operations->before(model, npt_of(1, 0x200));
    assert_true(el2_value_equal(before, entry(AT(0x10) | 3, 3, 0x10)));
    before = model->operations->before(model, npt_of(1, 0x201));
    assert_true(el2_value_equal(before, nothing()));
    model->operations->destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npt_map),
        cmocka_unit_test(npt_pools),
        cmocka_unit_test(walks),
        cmocka_unit_test(clear_pfn_host),
        cmocka_unit_test(spt_map),
        cmocka_unit_test(spt_unmap_and_init),
        cmocka_unit_test(block_replaces_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
