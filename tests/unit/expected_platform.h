/*
 * What a test expects of a platform: its regions of memory and its SMMUs.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_EXPECTED_PLATFORM_H
#define TESTS_UNIT_EXPECTED_PLATFORM_H

#include "devicetree/known.h"

struct expected_region {
    uint64_t base; /* bytes */
    uint64_t end;
    bool own;
};

static inline void assert_regions(const struct el2_platform *platform,
                                  const struct expected_region *regions,
                                  uint32_t count)
{
    assert_int_equal(platform->region_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct el2_region *region = &platform->regions[i];
        uint32_t owner = regions[i].own ? platform->core_vmid : EL2_HOSTVISOR;
        assert_int_equal(region->base * EL2_PAGE_SIZE, regions[i].base);
        assert_int_equal((region->base + region->page_count) * EL2_PAGE_SIZE,
                         regions[i].end);
        assert_int_equal(region->owner, owner);
        if (regions[i].own) {
            assert_int_equal(platform->el2_memory_base, regions[i].base);
            assert_int_equal(platform->el2_memory_size,
                             regions[i].end - regions[i].base);
        }
    }
}

#define ASSERT_REGIONS(platform, ...)                                          \
    assert_regions(platform, (struct expected_region[]){__VA_ARGS__},          \
                   sizeof((struct expected_region[]){__VA_ARGS__}) /           \
                       sizeof(struct expected_region))

static inline void assert_smmu(const struct el2_platform *platform,
                               uint32_t index, uint64_t base, uint64_t size,
                               uint32_t banks)
{
    assert_true(index < platform->smmu_count);
    assert_int_equal(platform->smmus[index].base, base);
    assert_int_equal(platform->smmus[index].size, size);
    assert_int_equal(platform->smmus[index].bank_count, banks);
}

static inline void load(const char *name, struct el2_platform *platform)
{
    char why[DEVICETREE_WHY_SIZE] = "";
    if (!platform_load(name, platform, why, sizeof(why))) {
        fail_msg("%s: %s", name, why);
    }
    assert_string_equal(platform->name, name);
}

#endif
