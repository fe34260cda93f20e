/*
 * Memory in device trees: which ranges are the host's, which are EL2's and
 * which are nobody's, each refusal with its words, and how its pages are
 * counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/memory.h"
#include "tests/unit/changed_tree.h"
#include "tests/unit/expected_platform.h"

static void test_refuses_memory(void **state)
{
    static const struct tree_case cases[] = {
        {"no memory node",
         "/: no memory: no enabled node with device_type \"memory\" and a "
         "range in its reg",
         {REMOVE(MEMORY, NULL)}},
        {"a memory node without device_type is none",
         "/: no memory: no enabled node with device_type \"memory\" and a "
         "range in its reg",
         {REMOVE(MEMORY, "device_type")}},
        {"a disabled memory node is none",
         "/: no memory: no enabled node with device_type \"memory\" and a "
         "range in its reg",
         {STRING(MEMORY, "status", "disabled")}},
        {"a memory node of empty ranges only",
         "/: no memory: no enabled node with device_type \"memory\" and a "
         "range in its reg",
         {CELLS(MEMORY, "reg", 0, 0x40000000, 0, 0)}},
        {"reg is not a number of ranges",
         MEMORY "/reg: 12 bytes, must be a multiple of the 16 that one range "
                "takes",
         {CELLS(MEMORY, "reg", 0, 0x40000000, 0)}},
        {"ranges of one node overlap",
         MEMORY "/reg: RAM at 0x40100000 overlaps RAM 0x40000000..0x40200000 "
                "of memory@40000000",
         {CELLS(MEMORY, "reg", 0, 0x40100000, 0, 0x200000, 0, 0x40000000, 0,
                0x200000)}},
        {"ranges of two nodes overlap",
         "/memory@0/reg: RAM at 0x80100000 overlaps RAM "
         "0x80000000..0x80300000 of memory@40000000",
         {STRING("/memory@0", "device_type", "memory"),
          CELLS("/memory@0", "reg", 0, 0x80100000, 0, 0x1000)}},
        {"RAM past the physical address space",
         MEMORY "/reg: 0xfffffff000, 0x2000 bytes long, goes past 2^40",
         {CELLS(MEMORY, "reg", 0xff, 0xfffff000, 0, 0x2000)}},
        {"RAM that wraps around",
         MEMORY "/reg: 0xfffffffffffff000, 0x2000 bytes long, wraps around",
         {CELLS(MEMORY, "reg", 0xffffffff, 0xfffff000, 0, 0x2000)}},
        {"addresses of three cells",
         "/#address-cells: 3, must be 1 or 2 where addresses are read",
         {CELLS("/", "#address-cells", 3)}},
        {"sizes without cells",
         "/#size-cells: 0, must be 1 or 2 where addresses are read",
         {CELLS("/", "#size-cells", 0)}},
        {"cells are one cell",
         "/#size-cells: 8 bytes, must be one cell of 4",
         {CELLS("/", "#size-cells", 0, 2)}},
        {"the host has nothing",
         "/: no memory is left for the host",
         {RESERVE(0, 0x40000000, 0, 0x400000),
          RESERVE(0, 0x80000000, 0, 0x200000)}},
        {"a reservation past the physical address space",
         "/(memory reservation block): 0xffffffff000, 0x1000 bytes long, goes "
         "past 2^40",
         {RESERVE(0xfff, 0xfffff000, 0, 0x1000)}},
        {"a reservation whose range makes no sense",
         RESERVED "/a/reg: 4 bytes, must be a multiple of the 16 that one "
                  "range takes",
         {CELLS(RESERVED "/a", "reg", 1)}},
        {"RAM without room for its DMA addresses, by default",
         "/smmu-host-offset: 0x8000000 pages leave no room below 2^40 to map "
         "RAM, which ends at 0x8000001000",
         {REMOVE(EL2, NULL), REMOVE(OWN, NULL),
          CELLS(MEMORY, "reg", 0, 0x40000000, 0, 0x40000000, 0x7f, 0xfffff000,
                0, 0x2000)}},
        {"RAM without room for its DMA addresses",
         EL2 "/smmu-host-offset: 0xff7fd01 pages leave no room below 2^40 to "
             "map RAM, which ends at 0x80300000",
         {CELLS(EL2, "smmu-host-offset", 0, 0x0ff7fd01)}},
    };
    (void)state;
    RUN(cases);
}

static void test_refuses_el2_memory(void **state)
{
    static const struct tree_case cases[] = {
        {"too small by a page",
         OWN "/reg: EL2 needs 0x76000 bytes of its own and is given 0x75000",
         {CELLS(OWN, "reg", 0, 0x80200000, 0, 0x75000),
          CELLS(MEMORY, "reg", 0, 0x80000000, 0, 0x275000)}},
        {"exactly large enough",
         NULL,
         {CELLS(OWN, "reg", 0, 0x80200000, 0, 0x76000),
          CELLS(MEMORY, "reg", 0, 0x80000000, 0, 0x276000)}},
        {"not page-aligned",
         OWN "/reg: EL2's memory 0x80200800..0x80300000 is not page-aligned",
         {CELLS(OWN, "reg", 0, 0x80200800, 0, 0xff800)}},
        {"not RAM",
         OWN "/reg: EL2's memory 0x70000000..0x70100000 is not RAM",
         {CELLS(OWN, "reg", 0, 0x70000000, 0, 0x100000)}},
        {"partly RAM",
         OWN "/reg: EL2's memory 0x80280000..0x80380000 is not RAM",
         {CELLS(OWN, "reg", 0, 0x80280000, 0, 0x100000)}},
        {"page 0",
         OWN "/reg: EL2's memory has page 0, whose address cannot stand in a "
             "table",
         {CELLS(OWN, "reg", 0, 0, 0, 0x100000),
          CELLS(MEMORY, "reg", 0, 0, 0, 0x400000)}},
        {"someone else's too",
         OWN "/reg: EL2's memory 0x80200000..0x80300000 overlaps that of a",
         {CELLS(RESERVED "/a", "reg", 0, 0x802ff800, 0, 0x1000)}},
        {"two ranges",
         OWN "/reg: 2 ranges, EL2's memory is one",
         {CELLS(OWN, "reg", 0, 0x80200000, 0, 0x80000, 0, 0x80280000, 0,
                0x80000)}},
        {"no range",
         OWN "/reg: 0 ranges, EL2's memory is one",
         {REMOVE(OWN, "reg")}},
        {"memory-region leads nowhere",
         EL2 "/memory-region: phandle 0x77 is not that of an enabled child of "
             "/reserved-memory",
         {CELLS(EL2, "memory-region", 0x77)}},
        {"memory-region leads to something else",
         EL2 "/memory-region: phandle 0x77 is not that of an enabled child of "
             "/reserved-memory",
         {CELLS(EL2, "memory-region", 0x77), CELLS(MEMORY, "phandle", 0x77)}},
        {"memory-region leads to a disabled node",
         EL2 "/memory-region: phandle 0x77 is not that of an enabled child of "
             "/reserved-memory",
         {CELLS(EL2, "memory-region", 0x77), CELLS(OWN, "phandle", 0x77),
          STRING(OWN, "status", "disabled")}},
        {"memory-region is one phandle",
         EL2 "/memory-region: 8 bytes, must be one cell of 4",
         {CELLS(EL2, "memory-region", 1, 1)}},
        {"two nodes say that they are EL2's",
         OWN "/compatible: a second \"el2diff,el2-memory\" node",
         {REMOVE(EL2, "memory-region"),
          STRING(OWN, "compatible", "el2diff,el2-memory"),
          STRING(RESERVED "/a", "compatible", "el2diff,el2-memory")}},
        {"reserved memory that is not mapped to physical addresses",
         RESERVED "/ranges: missing, so that el2@80200000 has no physical "
                  "address",
         {REMOVE(RESERVED, "ranges")}},
        {"nothing is named and no range is large enough",
         "/: EL2 needs 0x222a0000 bytes of its own, and no range of RAM that "
         "is not reserved is as large",
         {REMOVE(EL2, NULL), REMOVE(OWN, NULL),
          CELLS(MEMORY, "reg", 0, 0x40000000, 0, 0x8000000)}},
    };
    (void)state;
    RUN(cases);
}

/* Memory in `count` ranges of one page, two pages apart. */
static void set_scattered_memory(void *tree, uint32_t count)
{
    int node = node_at(tree, MEMORY);
    assert_int_equal(fdt_delprop(tree, node, "reg"), 0);
    for (uint32_t i = 0; i < count; i++) {
        node = node_at(tree, MEMORY);
        fdt_appendprop_u64(tree, node, "reg", 0x50000000 + i * 0x2000);
        fdt_appendprop_u64(tree, node, "reg", 0x1000);
    }
    node = node_at(tree, MEMORY);
    fdt_appendprop_u64(tree, node, "reg", 0x80200000);
    assert_int_equal(fdt_appendprop_u64(tree, node, "reg", 0x100000), 0);
}

static void test_counts_regions(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    void *tree = open_tiny();
    (void)state;
    set_scattered_memory(tree, EL2_REGION_LIMIT - 1);
    assert_true(devicetree_read(tree, fdt_totalsize(tree), "a", &platform, why,
                                sizeof(why)));
    assert_int_equal(platform.region_count, EL2_REGION_LIMIT);

    set_scattered_memory(tree, EL2_REGION_LIMIT);
    assert_false(devicetree_read(tree, fdt_totalsize(tree), "a", &platform, why,
                                 sizeof(why)));
    assert_string_equal(why, "/: 33 regions of memory, there may be 32");

    set_scattered_memory(tree, 256);
    assert_false(devicetree_read(tree, fdt_totalsize(tree), "a", &platform, why,
                                 sizeof(why)));
    assert_string_equal(why, MEMORY "/reg: 257 ranges, more than the 256 that "
                                    "are understood");
    free(tree);
}

static void test_adjacent_memory_is_merged(void **state)
{
    struct el2_platform platform;
    (void)state;
    /* 0x50001000 lies in the middle of neither range's whole pages. */
    ACCEPT(&platform, CELLS(MEMORY, "reg", 0, 0x80000000, 0, 0x300000, 0,
                            0x50000000, 0, 0x1800, 0, 0x50001800, 0, 0x2800));
    ASSERT_REGIONS(&platform, {0x50000000, 0x50004000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

static void test_memory_is_rounded_inward(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, CELLS(MEMORY, "reg", 0, 0x80000000, 0, 0x300000, 0,
                            0x50000001, 0, 0x3fff, 0, 0x60000800, 0, 0x1000));
    ASSERT_REGIONS(&platform, {0x50001000, 0x50004000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

static void test_reservations_are_rounded_outward(void **state)
{
    struct el2_platform platform;
    (void)state;
    /* One crosses the start of RAM, one lies in no RAM, one is disabled, one
     * has no place, one is in the reservation block. */
    ACCEPT(&platform,
           CELLS(RESERVED "/a", "reg", 0, 0x3ffff000, 0, 0x1001, 0, 0x100, 0, 1,
                 0, 0x40010fff, 0, 2),
           CELLS(RESERVED "/b", "reg", 0, 0x40100000, 0, 0x1000),
           STRING(RESERVED "/b", "status", "disabled"),
           CELLS(RESERVED "/c", "size", 0, 0x100000),
           RESERVE(0, 0x80000000, 0, 0x1));
    ASSERT_REGIONS(&platform, {0x40001000, 0x40010000, false},
                   {0x40012000, 0x40400000, false},
                   {0x80001000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

static void test_reservations_may_overlap(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, CELLS(RESERVED "/a", "reg", 0, 0x40100000, 0, 0x100000),
           CELLS(RESERVED "/b", "reg", 0, 0x40120000, 0, 0x10000),
           CELLS(RESERVED "/c", "reg", 0, 0x401f0000, 0, 0x20000));
    ASSERT_REGIONS(&platform, {0x40000000, 0x40100000, false},
                   {0x40210000, 0x40400000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

static void test_reservation_across_a_hole(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform,
           CELLS(RESERVED "/a", "reg", 0, 0x403ff000, 0, 0x3fc02000));
    ASSERT_REGIONS(&platform, {0x40000000, 0x403ff000, false},
                   {0x80001000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

/* Firmware often reserves EL2's memory in the reservation block as well. */
static void test_el2_memory_may_be_reserved_twice(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, RESERVE(0, 0x80200000, 0, 0x100000));
    ASSERT_REGIONS(&platform, {0x40000000, 0x40400000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
}

static void test_el2_memory_by_compatible(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, REMOVE(EL2, "memory-region"),
           CELLS(RESERVED "/a", "reg", 0, 0x40000000, 0, 0x100000),
           STRING(RESERVED "/a", "compatible", "el2diff,el2-memory"));
    ASSERT_REGIONS(&platform, {0x40000000, 0x40100000, true},
                   {0x40100000, 0x40400000, false},
                   {0x80000000, 0x80200000, false});
}

static void test_el2_memory_is_carved(void **state)
{
    struct el2_platform platform;
    (void)state;
    /* At a 2 MiB boundary below the end of the highest range. */
    ACCEPT(&platform, REMOVE(OWN, NULL), REMOVE(EL2, "memory-region"));
    ASSERT_REGIONS(&platform, {0x40000000, 0x40400000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
    /* That range has no 2 MiB boundary: only what is needed. */
    ACCEPT(&platform, REMOVE(OWN, NULL), REMOVE(EL2, "memory-region"),
           CELLS(MEMORY, "reg", 0, 0x40001000, 0, 0x1ff000));
    ASSERT_REGIONS(&platform, {0x40001000, 0x40200000 - 0x75000, false},
                   {0x40200000 - 0x75000, 0x40200000, true});
    /* The highest range is too small. */
    ACCEPT(&platform, REMOVE(OWN, NULL), REMOVE(EL2, "memory-region"),
           CELLS(MEMORY, "reg", 0, 0x40000000, 0, 0x400000, 0, 0x80000000, 0,
                 0x10000));
    ASSERT_REGIONS(&platform, {0x40000000, 0x40200000, false},
                   {0x40200000, 0x40400000, true},
                   {0x80000000, 0x80010000, false});
    /* Page 0 is the host's, or nobody's, never EL2's. */
    ACCEPT(&platform, REMOVE(OWN, NULL), REMOVE(EL2, "memory-region"),
           CELLS(MEMORY, "reg", 0, 0, 0, 0x200000));
    ASSERT_REGIONS(&platform, {0, 0x200000 - 0x75000, false},
                   {0x200000 - 0x75000, 0x200000, true});
}

/* The contract of el2/platform.h's el2_memory, spelled out for tiny. */
static void test_el2_memory_needed(void **state)
{
    struct el2_platform platform;
    uint64_t pages = 1024 + 512 + 256;
    uint64_t records = 7;               /* 1792 * 16 bytes */
    uint64_t npt = 5 * (1 + 2 + 4 + 8); /* host, 3 VMs, EL2 */
    uint64_t spt = 16 * 2 + 3 + 5;
    (void)state;
    load("tiny", &platform);
    assert_int_equal(devicetree_el2_memory_needed(&platform, pages),
                     (records + npt + spt) * EL2_PAGE_SIZE);
}

static void test_ram_pages_are_counted(void **state)
{
    struct el2_platform platform;
    (void)state;
    load("tiny", &platform);
    assert_int_equal(el2_platform_ram_pfn(&platform, 0), 0x40000);
    assert_int_equal(el2_platform_ram_pfn(&platform, 1023), 0x403ff);
    assert_int_equal(el2_platform_ram_pfn(&platform, 1024), 0x80000);
    assert_int_equal(el2_platform_ram_pfn(&platform, 1535), 0x801ff);
    assert_int_equal(el2_platform_ram_pfn(&platform, 1536), 0x40000);
    assert_int_equal(el2_platform_ram_pfn(&platform, UINT64_MAX),
                     0x40000 + UINT64_MAX % 1536);
    assert_int_equal(el2_platform_own_pfn(&platform, 0), 0x80200);
    assert_int_equal(el2_platform_own_pfn(&platform, 255), 0x802ff);
    assert_int_equal(el2_platform_own_pfn(&platform, 256), 0x80200);
    el2_platform_defaults(&platform);
    assert_int_equal(el2_platform_ram_pfn(&platform, 5), 0);
    assert_int_equal(el2_platform_own_pfn(&platform, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_memory),
        cmocka_unit_test(test_refuses_el2_memory),
        cmocka_unit_test(test_counts_regions),
        cmocka_unit_test(test_adjacent_memory_is_merged),
        cmocka_unit_test(test_memory_is_rounded_inward),
        cmocka_unit_test(test_reservations_are_rounded_outward),
        cmocka_unit_test(test_reservations_may_overlap),
        cmocka_unit_test(test_reservation_across_a_hole),
        cmocka_unit_test(test_el2_memory_may_be_reserved_twice),
        cmocka_unit_test(test_el2_memory_by_compatible),
        cmocka_unit_test(test_el2_memory_is_carved),
        cmocka_unit_test(test_el2_memory_needed),
        cmocka_unit_test(test_ram_pages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
