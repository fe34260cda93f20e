/*
 * el2diff platform: what was understood of a device tree.
 */
#include "devicetree/known.h"
#include "devicetree/memory.h"
#include "tools/commands.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff platform [--json] [FILE...]\n"
    "\n"
    "Show the platform that a machine would boot: regions of memory and who\n"
    "owns them, SMMUs, limits and table pools. FILE is a built-in platform,\n"
    "a device tree blob, or a device tree source (.dts, compiled by dtc).\n"
    "Without FILE: list the built-in platforms.\n"
    "\n"
    "  --json  a JSON object for each FILE, one a line; 64-bit values are\n"
    "          hex strings\n"
    "\n"
    "Exit status: 0, or 2 when a FILE is refused.\n"
    "\n"
    "Example: el2diff platform tiny board.dts\n";

/* Bytes as people read them, in the largest unit that there is one of. */
static const char *human_size(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;
    uint64_t in_unit;
    while (unit < 4 && bytes >> (10 * (unit + 1)) != 0) {
        unit++;
    }
    in_unit = UINT64_C(1) << (10 * unit);
    if (bytes % in_unit == 0) {
        snprintf(text, 32, "%" PRIu64 " %s", bytes / in_unit, units[unit]);
    } else {
        snprintf(text, 32, "%.1f %s", (double)bytes / (double)in_unit,
                 units[unit]);
    }
    return text;
}

static const char *owner_name(const struct el2_platform *platform,
                              uint32_t owner)
{
    return owner == platform->core_vmid ? "el2" : "host";
}

static uint64_t page_count(const struct el2_platform *platform)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        count += platform->regions[i].page_count;
    }
    return count;
}

static uint64_t el2_memory_needed(const struct el2_platform *platform)
{
    return devicetree_el2_memory_needed(platform, page_count(platform));
}

static void print_range(uint64_t base, uint64_t size, const char *rest)
{
    char text[32];
    printf("  0x%010" PRIx64 "..0x%010" PRIx64 "  %-12s %s\n", base,
           base + size, human_size(size, text), rest);
}

static void print_memory(const struct el2_platform *platform)
{
    char needed[32];
    char given[32];
    printf("memory\n");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        print_range(region->base * EL2_PAGE_SIZE,
                    region->page_count * EL2_PAGE_SIZE,
                    owner_name(platform, region->owner));
    }
    printf("  of its own, EL2 needs %s and has %s\n",
           human_size(el2_memory_needed(platform), needed),
           human_size(platform->el2_memory_size, given));
}

static void print_smmus(const struct el2_platform *platform)
{
    printf("SMMUs\n");
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        char banks[48];
        snprintf(banks, sizeof(banks),
                 "SMMU %" PRIu32 ", %" PRIu32 " context banks", i,
                 smmu->bank_count);
        print_range(smmu->base, smmu->size, banks);
    }
    if (platform->smmu_count == 0) {
        printf("  none\n");
    }
}

static void print_limits(const struct el2_platform *platform)
{
    printf("limits\n");
    printf("  vms               %" PRIu32 "\n", platform->core_vmid - 1);
    printf("  vcpus-per-vm      %" PRIu32 "\n", platform->vcpus_per_vm);
    printf("  images-per-vm     %" PRIu32 "\n", platform->images_per_vm);
    printf("  max-share-count   %" PRIu32 "\n", platform->max_share_count);
    printf("  max-dma-count     %" PRIu32 "\n", platform->max_dma_count);
    printf("  smmu-host-offset  0x%" PRIx64 " pages\n",
           platform->smmu_host_offset);
    printf("  boot-pattern      0x%016" PRIx64 "\n", platform->boot_pattern);
    printf("table pools\n");
    printf("  npt-tables        %" PRIu32 " %" PRIu32 " %" PRIu32
           "  (level 1, 2, 3; each vmid)\n",
           platform->npt_level1_tables, platform->npt_level2_tables,
           platform->npt_level3_tables);
    printf("  spt-tables        %" PRIu32 " %" PRIu32
           "  (level 2, 3; all banks together)\n",
           platform->spt_level2_tables, platform->spt_level3_tables);
}

static void print_platform(const struct el2_platform *platform)
{
    printf("%s\n", platform->name);
    print_memory(platform);
    print_smmus(platform);
    print_limits(platform);
}

/* These add to an object and are false when memory has run out. */

static bool add_hex(cJSON *object, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_number(cJSON *object, const char *name, uint32_t value)
{
    return cJSON_AddNumberToObject(object, name, value) != NULL;
}

/* A new object at the end of an array; NULL when memory has run out. */
static cJSON *new_element(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static bool add_regions(cJSON *object, const struct el2_platform *platform)
{
    cJSON *regions = cJSON_AddArrayToObject(object, "regions");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        const char *owner = owner_name(platform, region->owner);
        cJSON *element = new_element(regions);
        if (!add_hex(element, "base", region->base * EL2_PAGE_SIZE) ||
            !add_hex(element, "size", region->page_count * EL2_PAGE_SIZE) ||
            cJSON_AddStringToObject(element, "owner", owner) == NULL) {
            return false;
        }
    }
    return true;
}

static bool add_smmus(cJSON *object, const struct el2_platform *platform)
{
    cJSON *smmus = cJSON_AddArrayToObject(object, "smmus");
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        cJSON *element = new_element(smmus);
        if (!add_hex(element, "base", smmu->base) ||
            !add_hex(element, "size", smmu->size) ||
            !add_number(element, "banks", smmu->bank_count)) {
            return false;
        }
    }
    return smmus != NULL;
}

static bool add_own(cJSON *object, const struct el2_platform *platform)
{
    cJSON *own = cJSON_AddObjectToObject(object, "el2-memory");
    return add_hex(own, "base", platform->el2_memory_base) &&
           add_hex(own, "size", platform->el2_memory_size) &&
           add_hex(own, "needed", el2_memory_needed(platform));
}

static bool add_tables(cJSON *object, const char *name, const uint32_t *tables,
                       uint32_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (uint32_t i = 0; i < count; i++) {
        cJSON *number = cJSON_CreateNumber(tables[i]);
        if (!cJSON_AddItemToArray(array, number)) {
            cJSON_Delete(number);
            return false;
        }
    }
    return true;
}

static bool add_limits(cJSON *object, const struct el2_platform *platform)
{
    const uint32_t npt[] = {platform->npt_level1_tables,
                            platform->npt_level2_tables,
                            platform->npt_level3_tables};
    const uint32_t spt[] = {platform->spt_level2_tables,
                            platform->spt_level3_tables};
    return add_number(object, "vms", platform->core_vmid - 1) &&
           add_number(object, "vcpus-per-vm", platform->vcpus_per_vm) &&
           add_number(object, "images-per-vm", platform->images_per_vm) &&
           add_number(object, "max-share-count", platform->max_share_count) &&
           add_number(object, "max-dma-count", platform->max_dma_count) &&
           add_hex(object, "smmu-host-offset", platform->smmu_host_offset) &&
           add_hex(object, "boot-pattern", platform->boot_pattern) &&
           add_tables(object, "npt-tables", npt, 3) &&
           add_tables(object, "spt-tables", spt, 2);
}

/* One line. False when memory has run out. */
static bool print_json(const struct el2_platform *platform)
{
    char *text = NULL;
    cJSON *object = cJSON_CreateObject();
    if (cJSON_AddStringToObject(object, "name", platform->name) != NULL &&
        add_regions(object, platform) && add_own(object, platform) &&
        add_smmus(object, platform) && add_limits(object, platform)) {
        text = cJSON_PrintUnformatted(object);
    }
    cJSON_Delete(object);
    if (text == NULL) {
        return false;
    }
    puts(text);
    cJSON_free(text);
    return true;
}

static void list_built_in(void)
{
    for (size_t i = 0; i < known_platform_count(); i++) {
        const char *name = known_platform_at(i)->name;
        bool is_default = strcmp(name, KNOWN_PLATFORM_DEFAULT) == 0;
        printf("%s%s\n", name, is_default ? " (default)" : "");
    }
}

static int show(const char *file, bool json)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    if (!platform_load(file, &platform, why, sizeof(why))) {
        fprintf(stderr, "el2diff platform: %s: %s\n", file, why);
        return EXIT_BAD_INPUT;
    }
    if (!json) {
        print_platform(&platform);
    } else if (!print_json(&platform)) {
        fprintf(stderr, "el2diff platform: %s: not enough memory\n", file);
        return EXIT_BAD_INPUT;
    }
    return EXIT_GOOD;
}

/* What the words after the command's name ask for. */
struct request {
    bool help;
    bool json;
    int file_count;
};

static bool is_option(const char *word)
{
    return word[0] == '-';
}

static bool read_words(int argc, char **argv, struct request *request)
{
    *request = (struct request){.help = false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            request->help = true;
        } else if (strcmp(argv[i], "--json") == 0) {
            request->json = true;
        } else if (is_option(argv[i])) {
            fprintf(stderr,
                    "el2diff platform: %s: no such option, see --help\n",
                    argv[i]);
            return false;
        } else {
            request->file_count++;
        }
    }
    return true;
}

/* Every FILE is shown, also after one that is refused. */
int command_platform(int argc, char **argv)
{
    struct request request;
    int status = EXIT_GOOD;
    if (!read_words(argc, argv, &request)) {
        return EXIT_BAD_INPUT;
    }
    if (request.help) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (request.file_count == 0) {
        list_built_in();
    }
    for (int i = 1; i < argc; i++) {
        if (!is_option(argv[i]) && show(argv[i], request.json) != EXIT_GOOD) {
            status = EXIT_BAD_INPUT;
        }
    }
    return status;
}
