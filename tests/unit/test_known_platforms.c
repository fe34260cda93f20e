/* The built-in platforms: what each of them is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/expected_platform.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

static void test_tiny(void **state)
{
    struct el2_platform platform;
    (void)state;
    load("tiny", &platform);
    ASSERT_REGIONS(&platform, {0x40000000, 0x40400000, false},
                   {0x80000000, 0x80200000, false},
                   {0x80200000, 0x80300000, true});
    assert_int_equal(platform.smmu_count, 2);
    assert_smmu(&platform, 0, 0x9000000, 0x10000, 8);
    assert_smmu(&platform, 1, 0x9100000, 0x10000, 4);
    assert_int_equal(platform.core_vmid, 4);
    assert_int_equal(platform.npt_level1_tables, 2);
    assert_int_equal(platform.npt_level2_tables, 4);
    assert_int_equal(platform.npt_level3_tables, 8);
    assert_int_equal(platform.spt_level2_tables, 3);
    assert_int_equal(platform.spt_level3_tables, 5);
    assert_int_equal(platform.max_share_count, 100);
}

static void test_qemu_virt_2g(void **state)
{
    struct el2_platform platform;
    (void)state;
    load("qemu-virt-2g", &platform);
    ASSERT_REGIONS(&platform, {0x40000000, 0x9d400000, false},
                   {0x9d400000, 0xc0000000, true});
    assert_int_equal(platform.smmu_count, 0);
    assert_int_equal(platform.core_vmid, 16);
}

static void test_two_socket(void **state)
{
    struct el2_platform platform;
    (void)state;
    load("two-socket", &platform);
    ASSERT_REGIONS(
        &platform, {0x0, 0x200000, false}, {0x210000, 0x7bfff000, false},
        {0x880000000, 0x8c0000000, false}, {0x8c0000000, 0x8e0000000, true},
        {0x8e0000000, 0xa00000000, false}, {0x4000000000, 0x40f0000000, false},
        {0x4400000000, 0x4500000000, false});
    assert_int_equal(platform.smmu_count, 2);
    assert_smmu(&platform, 0, 0x120000000, 0x80000, 8);
    assert_smmu(&platform, 1, 0x5020000000, 0x20000, 6);
    assert_int_equal(platform.npt_level3_tables, 4096);
}

/* They differ in the host's memory and in nothing else. */
static void test_bench_platforms(void **state)
{
    struct el2_platform small;
    struct el2_platform large;
    (void)state;
    load("bench-16m", &small);
    load("bench-16g", &large);
    ASSERT_REGIONS(&small, {0x38000000, 0x40000000, true},
                   {0x40000000, 0x40000000 + 16 * MIB, false});
    ASSERT_REGIONS(&large, {0x38000000, 0x40000000, true},
                   {0x40000000, 0x40000000 + 16384 * MIB, false});
    assert_int_equal(small.smmu_count, 2);
    assert_smmu(&small, 0, 0x9000000, 0x10000, 8);
    assert_smmu(&small, 1, 0x9100000, 0x10000, 8);
    small.regions[1].page_count = large.regions[1].page_count;
    memcpy(small.name, large.name, sizeof(small.name));
    assert_memory_equal(&small, &large, sizeof(small));
}

static void test_known_platforms(void **state)
{
    (void)state;
    assert_non_null(known_platform_find(KNOWN_PLATFORM_DEFAULT));
    assert_null(known_platform_find("tin"));
    for (size_t i = 0; i < known_platform_count(); i++) {
        const struct known_platform *known = known_platform_at(i);
        struct el2_platform platform;
        assert_ptr_equal(known_platform_find(known->name), known);
        load(known->name, &platform);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_qemu_virt_2g),
        cmocka_unit_test(test_two_socket),
        cmocka_unit_test(test_bench_platforms),
        cmocka_unit_test(test_known_platforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
