#include "fuzz/vectors/read.h"

#include <inttypes.h>
#include <stdlib.h>

/* A range of physical addresses: `base` and `size`, whole pages, in bytes. */
static bool read_range(struct json_reader *reader, const cJSON *base,
                       const cJSON *size, uint64_t *from, uint64_t *bytes)
{
    if (!json_hex(reader, base, EL2_PHYSICAL_SPACE - 1, from) ||
        !json_hex(reader, size, EL2_PHYSICAL_SPACE, bytes)) {
        return false;
    }
    if (*bytes == 0 || *bytes > EL2_PHYSICAL_SPACE - *from) {
        return json_fail(reader, size, "is zero or reaches beyond 2^40");
    }
    return ((*from | *bytes) & EL2_PAGE_OFFSET) == 0 ||
           json_fail(reader, NULL, "base and size must be whole pages");
}

/* A region without records is device memory: nothing to keep of it. */
static bool read_region(struct json_reader *reader, const cJSON *item,
                        struct el2_platform *platform)
{
    enum {
        BASE,
        SIZE,
        OWNED,
        OWNER,
        COUNT
    };
    static const char *const names[COUNT] = {"base", "size", "owned", "owner"};
    const cJSON *members[COUNT];
    uint64_t base;
    uint64_t size;
    uint64_t owner;
    if (!json_members(reader, item, names, COUNT, ~(1u << OWNER), members) ||
        !read_range(reader, members[BASE], members[SIZE], &base, &size)) {
        return false;
    }
    if (!cJSON_IsBool(members[OWNED])) {
        return json_fail(reader, members[OWNED], "expected true or false");
    }
    if (cJSON_IsTrue(members[OWNED]) != (members[OWNER] != NULL)) {
        return json_fail(reader, NULL, "owned and owner contradict each other");
    }
    if (members[OWNER] == NULL) {
        return true;
    }
    if (!json_number(reader, members[OWNER], UINT32_MAX, &owner)) {
        return false;
    }
    if (owner != EL2_HOSTVISOR && owner != platform->core_vmid) {
        return json_fail(reader, members[OWNER], "expected 0 or %" PRIu32,
                         platform->core_vmid);
    }
    if (platform->region_count == EL2_REGION_LIMIT) {
        return json_fail(reader, NULL, "more than %d regions",
                         EL2_REGION_LIMIT);
    }
    platform->regions[platform->region_count++] = (struct el2_region){
        base / EL2_PAGE_SIZE, size / EL2_PAGE_SIZE, (uint32_t)owner};
    return true;
}

static int ascending(const void *a, const void *b)
{
    const struct el2_region *left = a;
    const struct el2_region *right = b;
    return (left->base > right->base) - (left->base < right->base);
}

static bool read_regions(struct json_reader *reader, const cJSON *regions,
                         struct el2_platform *platform)
{
    if (!json_is_array(reader, regions)) {
        return false;
    }
    size_t outer = json_enter(reader, regions);
    size_t index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, regions)
    {
        size_t mark = json_enter_element(reader, index++);
        if (!read_region(reader, item, platform)) {
            return false;
        }
        json_leave(reader, mark);
    }
    qsort(platform->regions, platform->region_count,
          sizeof(platform->regions[0]), ascending);
    for (uint32_t i = 1; i < platform->region_count; i++) {
        const struct el2_region *lower = &platform->regions[i - 1];
        const struct el2_region *upper = &platform->regions[i];
        if (upper->base - lower->base < lower->page_count) {
            return json_fail(
                reader, NULL,
                "the owned regions at 0x%" PRIx64 " and 0x%" PRIx64 " overlap",
                lower->base * EL2_PAGE_SIZE, upper->base * EL2_PAGE_SIZE);
        }
    }
    json_leave(reader, outer);
    return true;
}

static bool read_smmu(struct json_reader *reader, const cJSON *item,
                      struct el2_platform *platform)
{
    enum {
        BASE,
        SIZE,
        BANKS,
        COUNT
    };
    static const char *const names[COUNT] = {"base", "size", "banks"};
    const cJSON *members[COUNT];
    uint64_t base;
    uint64_t size;
    uint64_t banks;
    if (!json_members(reader, item, names, COUNT, JSON_ALL, members) ||
        !read_range(reader, members[BASE], members[SIZE], &base, &size) ||
        !json_number(reader, members[BANKS], EL2_BANKS_PER_SMMU, &banks)) {
        return false;
    }
    if (platform->smmu_count == EL2_SMMU_LIMIT) {
        return json_fail(reader, NULL, "more than %d SMMUs", EL2_SMMU_LIMIT);
    }
    platform->smmus[platform->smmu_count++] =
        (struct el2_smmu){base, size, (uint32_t)banks};
    return true;
}

static bool read_smmus(struct json_reader *reader, const cJSON *smmus,
                       struct el2_platform *platform)
{
    if (!json_is_array(reader, smmus)) {
        return false;
    }
    size_t outer = json_enter(reader, smmus);
    size_t index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, smmus)
    {
        size_t mark = json_enter_element(reader, index++);
        if (!read_smmu(reader, item, platform)) {
            return false;
        }
        json_leave(reader, mark);
    }
    json_leave(reader, outer);
    return true;
}

/* A limit that may be left out, which keeps its default. */
static bool read_limit(struct json_reader *reader, const cJSON *item,
                       uint64_t minimum, uint64_t maximum, uint32_t *limit)
{
    uint64_t value;
    if (item == NULL) {
        return true;
    }
    if (!json_number(reader, item, maximum, &value)) {
        return false;
    }
    if (value < minimum) {
        return json_fail(reader, item, "expected at least %" PRIu64, minimum);
    }
    *limit = (uint32_t)value;
    return true;
}

/* Tables of each level, in order, at most as many as the defaults. */
static bool read_pool(struct json_reader *reader, const cJSON *item,
                      size_t count, uint32_t *const *tables)
{
    uint64_t values[3];
    if (item == NULL) {
        return true;
    }
    if (!json_numbers(reader, item, count, UINT32_MAX, values)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i] > *tables[i]) {
            return json_fail(reader, item,
                             "a pool has at most %" PRIu32
                             " of these tables, not %" PRIu64,
                             *tables[i], values[i]);
        }
        *tables[i] = (uint32_t)values[i];
    }
    return true;
}

static bool read_limits(struct json_reader *reader, const cJSON *limits,
                        struct el2_platform *platform)
{
    enum {
        SHARE,
        DMA,
        NPT,
        SPT,
        CORE,
        VCPUS,
        IMAGES,
        COUNT
    };
    static const char *const names[COUNT] = {
        "max_share", "host_share", "npt_pool", "spt_pool",
        "core_vmid", "vcpus",      "images"};
    const cJSON *members[COUNT];
    uint32_t *const npt[] = {&platform->npt_level1_tables,
                             &platform->npt_level2_tables,
                             &platform->npt_level3_tables};
    uint32_t *const spt[] = {&platform->spt_level2_tables,
                             &platform->spt_level3_tables};
    if (limits == NULL) {
        return true;
    }
    size_t outer = json_enter(reader, limits);
    if (!json_members(reader, limits, names, COUNT, 0, members) ||
        !read_limit(reader, members[SHARE], 0, UINT32_MAX - 1,
                    &platform->max_share_count) ||
        !read_limit(reader, members[DMA], 0, UINT32_MAX - 1,
                    &platform->max_dma_count) ||
        !read_pool(reader, members[NPT], 3, npt) ||
        !read_pool(reader, members[SPT], 2, spt) ||
        !read_limit(reader, members[CORE], 1, EL2_VMID_LIMIT - 1,
                    &platform->core_vmid) ||
        !read_limit(reader, members[VCPUS], 1, EL2_VCPU_LIMIT,
                    &platform->vcpus_per_vm) ||
        !read_limit(reader, members[IMAGES], 0, EL2_IMAGE_LIMIT,
                    &platform->images_per_vm)) {
        return false;
    }
    json_leave(reader, outer);
    return true;
}

/* semantics.md section 1: EL2_SMMU_CFG_SIZE. */
static bool dma_limit_suffices(struct json_reader *reader,
                               const struct el2_platform *platform)
{
    uint32_t banks = 0;
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        banks += platform->smmus[i].bank_count;
    }
    return platform->max_dma_count >= banks ||
           json_fail(reader, NULL,
                     "limits.host_share: %" PRIu32
                     " is less than the number of banks, %" PRIu32,
                     platform->max_dma_count, banks);
}

bool vector_read_platform(struct json_reader *reader,
                          const struct vector_platform_members *members,
                          struct el2_platform *platform)
{
    enum {
        REGIONS,
        SMMU,
        COUNT
    };
    static const char *const names[COUNT] = {"regions", "smmu"};
    const cJSON *parts[COUNT];
    el2_platform_defaults(platform);
    if (!read_limits(reader, members->limits, platform)) {
        return false;
    }
    size_t outer = json_enter(reader, members->platform);
    if (!json_members(reader, members->platform, names, COUNT, JSON_ALL,
                      parts) ||
        !read_regions(reader, parts[REGIONS], platform) ||
        !read_smmus(reader, parts[SMMU], platform)) {
        return false;
    }
    json_leave(reader, outer);
    if (!json_hex(reader, members->host_offset, EL2_GFN_SPACE - 1,
                  &platform->smmu_host_offset)) {
        return false;
    }
    if (members->boot_pattern != NULL &&
        !json_hex(reader, members->boot_pattern, UINT64_MAX,
                  &platform->boot_pattern)) {
        return false;
    }
    return dma_limit_suffices(reader, platform);
}
