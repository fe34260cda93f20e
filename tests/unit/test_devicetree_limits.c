/* EL2's limits in device trees: what they are read as, what they are when they
 * are left out, and each refusal with its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/changed_tree.h"

static void test_refuses_limits(void **state)
{
    static const struct tree_case cases[] = {
        {"no VM", EL2 "/vms: 0, must be 1 to 15", {CELLS(EL2, "vms", 0)}},
        {"too many VMs",
         EL2 "/vms: 16, must be 1 to 15",
         {CELLS(EL2, "vms", 16)}},
        {"no vCPU",
         EL2 "/vcpus-per-vm: 0, must be 1 to 8",
         {CELLS(EL2, "vcpus-per-vm", 0)}},
        {"too many vCPUs",
         EL2 "/vcpus-per-vm: 9, must be 1 to 8",
         {CELLS(EL2, "vcpus-per-vm", 9)}},
        {"no image",
         EL2 "/images-per-vm: 0, must be 1 to 5",
         {CELLS(EL2, "images-per-vm", 0)}},
        {"too many images",
         EL2 "/images-per-vm: 6, must be 1 to 5",
         {CELLS(EL2, "images-per-vm", 6)}},
        {"no share",
         EL2 "/max-share-count: 0, must be 1 to 4294967294",
         {CELLS(EL2, "max-share-count", 0)}},
        {"EL2_INVALID shares",
         EL2 "/max-share-count: 4294967295, must be 1 to 4294967294",
         {CELLS(EL2, "max-share-count", 0xffffffff)}},
        {"fewer DMA mappings than banks",
         EL2 "/max-dma-count: 11, must be 12 to 4294967294",
         {CELLS(EL2, "max-dma-count", 11)}},
        {"level-1 tables",
         EL2 "/npt-tables: 257, must be 1 to 256",
         {CELLS(EL2, "npt-tables", 257, 1, 1)}},
        {"level-2 tables",
         EL2 "/npt-tables: 2049, must be 1 to 2048",
         {CELLS(EL2, "npt-tables", 1, 2049, 1)}},
        {"level-3 tables",
         EL2 "/npt-tables: 5888, must be 1 to 5887",
         {CELLS(EL2, "npt-tables", 1, 1, 5888)}},
        {"no tables",
         EL2 "/npt-tables: 0, must be 1 to 5887",
         {CELLS(EL2, "npt-tables", 1, 1, 0)}},
        {"a level left out",
         EL2 "/npt-tables: 8 bytes, must be 3 cells of 4",
         {CELLS(EL2, "npt-tables", 1, 1)}},
        {"SMMU level-2 tables",
         EL2 "/spt-tables: 257, must be 1 to 256",
         {CELLS(EL2, "spt-tables", 257, 1)}},
        {"SMMU level-3 tables",
         EL2 "/spt-tables: 0, must be 1 to 256",
         {CELLS(EL2, "spt-tables", 1, 0)}},
        {"an SMMU level too many",
         EL2 "/spt-tables: 12 bytes, must be 2 cells of 4",
         {CELLS(EL2, "spt-tables", 1, 1, 1)}},
        {"an offset of one cell",
         EL2 "/smmu-host-offset: 4 bytes, must be two cells of 4",
         {CELLS(EL2, "smmu-host-offset", 1)}},
        {"a pattern of one cell",
         EL2 "/boot-pattern: 4 bytes, must be two cells of 4",
         {CELLS(EL2, "boot-pattern", 1)}},
        {"a number of two cells",
         EL2 "/vms: 8 bytes, must be one cell of 4",
         {CELLS(EL2, "vms", 0, 1)}},
        {"a misspelt limit",
         EL2 "/max-share-counts: unknown property",
         {CELLS(EL2, "max-share-counts", 1)}},
        {"two nodes of limits",
         EL2 "/compatible: a second \"el2diff,el2\" node",
         {STRING("/a", "compatible", "el2diff,el2")}},
    };
    (void)state;
    RUN(cases);
}

static void test_limits_are_read(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, CELLS(EL2, "vms", 2), CELLS(EL2, "vcpus-per-vm", 4),
           CELLS(EL2, "images-per-vm", 3), CELLS(EL2, "max-share-count", 7),
           CELLS(EL2, "max-dma-count", 12),
           CELLS(EL2, "smmu-host-offset", 0, 0x0ff7fd00),
           CELLS(EL2, "boot-pattern", 0x01234567, 0x89abcdef),
           CELLS(EL2, "npt-tables", 3, 5, 7), CELLS(EL2, "spt-tables", 2, 9));
    assert_string_equal(platform.name, "changed");
    assert_int_equal(platform.core_vmid, 3);
    assert_int_equal(platform.vcpus_per_vm, 4);
    assert_int_equal(platform.images_per_vm, 3);
    assert_int_equal(platform.max_share_count, 7);
    assert_int_equal(platform.max_dma_count, 12);
    assert_int_equal(platform.smmu_host_offset, 0x0ff7fd00);
    assert_int_equal(platform.boot_pattern, 0x0123456789abcdef);
    assert_int_equal(platform.npt_level1_tables, 3);
    assert_int_equal(platform.npt_level2_tables, 5);
    assert_int_equal(platform.npt_level3_tables, 7);
    assert_int_equal(platform.spt_level2_tables, 2);
    assert_int_equal(platform.spt_level3_tables, 9);
}

static void test_limits_have_defaults(void **state)
{
    struct el2_platform platform;
    struct el2_platform defaults;
    (void)state;
    ACCEPT(&platform, REMOVE(EL2, NULL), REMOVE(OWN, NULL),
           CELLS(MEMORY, "reg", 0, 0x40000000, 0, 0x40000000));
    el2_platform_defaults(&defaults);
    assert_int_equal(platform.core_vmid, 16);
    assert_int_equal(platform.vcpus_per_vm, 8);
    assert_int_equal(platform.images_per_vm, 5);
    assert_int_equal(platform.max_share_count, 100);
    assert_int_equal(platform.max_dma_count, 16);
    assert_int_equal(platform.smmu_host_offset, UINT64_C(1) << 27);
    assert_int_equal(platform.npt_level1_tables, 256);
    assert_int_equal(platform.npt_level2_tables, 2048);
    assert_int_equal(platform.npt_level3_tables, 5887);
    assert_int_equal(platform.spt_level2_tables, 256);
    assert_int_equal(platform.spt_level3_tables, 256);
    assert_int_not_equal(platform.boot_pattern, 0);
    assert_int_equal(defaults.core_vmid, platform.core_vmid);
    assert_int_equal(defaults.npt_level3_tables, platform.npt_level3_tables);
    assert_int_equal(defaults.region_count, 0);
    assert_int_equal(defaults.smmu_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_limits),
        cmocka_unit_test(test_limits_are_read),
        cmocka_unit_test(test_limits_have_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
