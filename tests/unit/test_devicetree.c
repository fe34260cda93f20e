/*
 * Platforms from device trees: what is understood, each refusal with its
 * words, and trees that are damaged.
 *
 * Most cases are the built-in platform "tiny" with a few properties changed.
 * PLATFORM_SOURCES is the directory of the .dts files.
 */
#define _DEFAULT_SOURCE /* mkstemps() */

#include "devicetree/blob.h"
#include "devicetree/known.h"
#include "devicetree/memory.h"

#include <inttypes.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TREE_SIZE 65536
#define MIB       (UINT64_C(1) << 20)

/* Where things are in tiny.dts. */
#define MEMORY   "/memory@40000000"
#define RESERVED "/reserved-memory"
#define OWN      RESERVED "/el2@80200000"
#define EL2      "/el2"
#define GIC      "/interrupt-controller@8000000"
#define SMMU0    "/iommu@9000000"
#define SMMU1    "/iommu@9100000"

/* What a change does to a property. */
enum change_kind {
    CHANGE_NOTHING,
    CHANGE_CELLS,
    CHANGE_STRING,
    CHANGE_REMOVE,  /* the property, or with a NULL property the node */
    CHANGE_RESERVE, /* a range into the memory reservation block */
};

#define CELL_LIMIT 40

struct change {
    enum change_kind kind;
    const char *path; /* made when it is missing */
    const char *property;
    const char *string;
    uint32_t count;
    uint32_t cells[CELL_LIMIT];
};

#define CHANGE_LIMIT 4

struct tree_case {
    const char *shows;
    const char *why; /* NULL: accepted */
    struct change changes[CHANGE_LIMIT];
};

/* clang-format off */
#define CELLS(path, property, ...)                                             \
    {CHANGE_CELLS, path, property, NULL,                                       \
     sizeof((uint32_t[]){__VA_ARGS__}) / 4, {__VA_ARGS__}}
#define STRING(path, property, string)                                         \
    {CHANGE_STRING, path, property, string, 0, {0}}
#define REMOVE(path, property) {CHANGE_REMOVE, path, property, NULL, 0, {0}}
#define RESERVE(...) {CHANGE_RESERVE, "/", NULL, NULL, 4, {__VA_ARGS__}}
/* clang-format on */

static int node_at(void *tree, const char *path)
{
    int node = fdt_path_offset(tree, path);
    if (node == -FDT_ERR_NOTFOUND) {
        const char *name = strrchr(path, '/') + 1;
        int length = (int)(name - path) - 1;
        int parent =
            length == 0 ? 0 : fdt_path_offset_namelen(tree, path, length);
        assert_true(parent >= 0);
        node = fdt_add_subnode(tree, parent, name);
    }
    assert_true(node >= 0);
    return node;
}

static void apply(void *tree, const struct change *change)
{
    fdt32_t cells[CELL_LIMIT];
    int result = 0;
    for (uint32_t i = 0; i < change->count; i++) {
        cells[i] = cpu_to_fdt32(change->cells[i]);
    }
    switch (change->kind) {
    case CHANGE_NOTHING:
        break;
    case CHANGE_CELLS:
        result = fdt_setprop(tree, node_at(tree, change->path),
                             change->property, cells, 4 * (int)change->count);
        break;
    case CHANGE_STRING:
        result =
            fdt_setprop(tree, node_at(tree, change->path), change->property,
                        change->string, (int)strlen(change->string) + 1);
        break;
    case CHANGE_REMOVE:
        result = change->property == NULL
                     ? fdt_del_node(tree, node_at(tree, change->path))
                     : fdt_delprop(tree, node_at(tree, change->path),
                                   change->property);
        break;
    case CHANGE_RESERVE:
        result = fdt_add_mem_rsv(
            tree, (uint64_t)change->cells[0] << 32 | change->cells[1],
            (uint64_t)change->cells[2] << 32 | change->cells[3]);
        break;
    }
    assert_int_equal(result, 0);
}

static const struct known_platform *tiny(void)
{
    return known_platform_find("tiny");
}

/* A copy of tiny with room for changes; the caller frees it. */
static void *open_tiny(void)
{
    void *tree = malloc(TREE_SIZE);
    assert_non_null(tree);
    assert_int_equal(fdt_open_into(tiny()->tree, tree, TREE_SIZE), 0);
    return tree;
}

static bool read_changed(const struct change *changes, uint32_t count,
                         struct el2_platform *platform, char *why)
{
    void *tree = open_tiny();
    bool understood;
    for (uint32_t i = 0; i < count; i++) {
        apply(tree, &changes[i]);
    }
    understood = devicetree_read(tree, fdt_totalsize(tree), "changed", platform,
                                 why, DEVICETREE_WHY_SIZE);
    free(tree);
    return understood;
}

/* All cases run, so that one failure does not hide another. */
static void run_cases(const struct tree_case *cases, size_t count)
{
    unsigned failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct el2_platform platform;
        char why[DEVICETREE_WHY_SIZE] = "accepted";
        const char *expected = cases[i].why == NULL ? "accepted" : cases[i].why;
        read_changed(cases[i].changes, CHANGE_LIMIT, &platform, why);
        if (strcmp(why, expected) != 0) {
            print_error("%s\n  expected: %s\n  got:      %s\n", cases[i].shows,
                        expected, why);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

#define RUN(cases) run_cases(cases, sizeof(cases) / sizeof((cases)[0]))

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

static void test_refuses_smmus(void **state)
{
    static const struct tree_case cases[] = {
        {"a third SMMU",
         SMMU1 ": one SMMU more than the 2 there may be",
         {STRING("/a", "compatible", "arm,mmu-401"),
          CELLS("/a", "#global-interrupts", 0),
          CELLS("/a", "interrupts", 1, 2, 3),
          CELLS("/a", "reg", 0, 0x9900000, 0, 0x10000)}},
        {"global interrupts are not said",
         SMMU0 "/#global-interrupts: missing",
         {REMOVE(SMMU0, "#global-interrupts")}},
        {"no interrupts",
         SMMU0 ": no context bank: 0 interrupts, 1 of them global",
         {REMOVE(SMMU0, "interrupts")}},
        {"global interrupts only",
         SMMU1 ": no context bank: 5 interrupts, 5 of them global",
         {CELLS(SMMU1, "#global-interrupts", 5)}},
        {"nine banks",
         SMMU0 ": 9 context banks, an SMMU may have 8",
         {CELLS(SMMU0, "#global-interrupts", 0)}},
        {"half a specifier",
         SMMU0 "/interrupts: 8 bytes, must be a multiple of 3 cells of 4",
         {CELLS(SMMU0, "interrupts", 1, 2)}},
        {"no interrupt parent",
         SMMU0 "/interrupts: no interrupt parent with #interrupt-cells",
         {REMOVE("/", "interrupt-parent")}},
        {"interrupt parents in a circle",
         SMMU0 "/interrupts: no interrupt parent with #interrupt-cells",
         {CELLS(MEMORY, "interrupt-parent", 0x77),
          CELLS(MEMORY, "phandle", 0x77),
          CELLS(SMMU0, "interrupt-parent", 0x77)}},
        {"an interrupt parent that does not exist",
         "/interrupt-parent: no node has phandle 0x77",
         {CELLS("/", "interrupt-parent", 0x77)}},
        {"specifiers without cells",
         GIC "/#interrupt-cells: 0, so that interrupts cannot be told apart",
         {CELLS(GIC, "#interrupt-cells", 0)}},
        {"an extended interrupt of nobody",
         SMMU0 "/interrupts-extended: no node has phandle 0x77",
         {CELLS(SMMU0, "interrupts-extended", 0x77, 1)}},
        {"an extended interrupt of no controller",
         MEMORY "/#interrupt-cells: missing, but iommu@9000000 names it as a "
                "controller",
         {CELLS(SMMU0, "interrupts-extended", 0x77, 1),
          CELLS(MEMORY, "phandle", 0x77)}},
        {"half an extended interrupt",
         SMMU0 "/interrupts-extended: ends within a specifier of 3 cells",
         {CELLS(GIC, "phandle", 0x77), CELLS("/", "interrupt-parent", 0x77),
          CELLS(SMMU0, "interrupts-extended", 0x77, 1, 2)}},
        {"no window",
         SMMU0 "/reg: missing: no register window",
         {REMOVE(SMMU0, "reg")}},
        {"a window past the physical address space",
         SMMU0 "/reg: register window 0xfffffff000, 0x10000 bytes long, goes "
               "past 2^40",
         {CELLS(SMMU0, "reg", 0xff, 0xfffff000, 0, 0x10000)}},
        {"a window that wraps around",
         SMMU0 "/reg: 0xfffffffffffff000, 0x10000 bytes long, wraps around",
         {CELLS(SMMU0, "reg", 0xffffffff, 0xfffff000, 0, 0x10000)}},
        {"a window that is not page-aligned",
         SMMU0 "/reg: register window 0x9000800, 0x10000 bytes long, is not "
               "page-aligned",
         {CELLS(SMMU0, "reg", 0, 0x9000800, 0, 0x10000)}},
        {"a window with room for seven banks",
         SMMU0 "/reg: register window of 0xf000 bytes, 8 context banks need "
               "0x10000",
         {CELLS(SMMU0, "reg", 0, 0x9000000, 0, 0xf000)}},
        {"windows overlap",
         SMMU1 "/reg: register window overlaps that of iommu@9000000",
         {CELLS(SMMU1, "reg", 0, 0x900f000, 0, 0x10000)}},
        {"a window in RAM",
         SMMU1 "/reg: register window at 0x403ff000 overlaps RAM "
               "0x40000000..0x40400000",
         {CELLS(SMMU1, "reg", 0, 0x403ff000, 0, 0x10000)}},
        {"a window in EL2's memory",
         SMMU1 "/reg: register window at 0x80200000 overlaps RAM "
               "0x80000000..0x80300000",
         {CELLS(SMMU1, "reg", 0, 0x80200000, 0, 0x10000)}},
    };
    (void)state;
    RUN(cases);
}

/* The SMMU /bus/a in place of SMMU1: two changes make it one, and the bus has
 * one cell of address and two of size, as a node has by default not. */
#define BUS "/bus"
#define BUS_SMMU(reg_address)                                                  \
    STRING(BUS "/a", "compatible", "arm,mmu-500"),                             \
        CELLS(BUS "/a", "reg", 0, reg_address, 0x10000)

static void test_refuses_buses(void **state)
{
    static const struct tree_case cases[] = {
        {"a bus without ranges",
         BUS "/ranges: missing, so that a has no physical address",
         {REMOVE(SMMU1, NULL), CELLS(BUS, "x", 0), BUS_SMMU(0)}},
        {"ranges of half an entry",
         BUS "/ranges: 8 bytes, must be a multiple of the 20 that one entry "
             "takes",
         {REMOVE(SMMU1, NULL), CELLS(BUS, "ranges", 0, 0), BUS_SMMU(0)}},
        {"ranges without that window",
         BUS "/ranges: no entry holds 0x8000, 0x10000 bytes long, of a",
         {REMOVE(SMMU1, NULL),
          CELLS(BUS, "ranges", 0, 0, 0, 0x9100000, 0x10000), BUS_SMMU(0x8000)}},
        {"ranges that wrap around",
         BUS "/ranges: no entry holds 0x10000, 0x10000 bytes long, of a",
         {REMOVE(SMMU1, NULL),
          CELLS(BUS, "ranges", 0, 0, 0xffffffff, 0xffff1000, 0x20000),
          BUS_SMMU(0x10000)}},
    };
    static const struct change smmu[] = {
        CELLS(BUS "/a", "#global-interrupts", 0),
        CELLS(BUS "/a", "interrupts", 1, 2, 3),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct change changes[CHANGE_LIMIT + 2];
        struct el2_platform platform;
        char why[DEVICETREE_WHY_SIZE];
        memcpy(changes, cases[i].changes, sizeof(cases[i].changes));
        memcpy(changes + CHANGE_LIMIT, smmu, sizeof(smmu));
        assert_false(read_changed(changes, CHANGE_LIMIT + 2, &platform, why));
        assert_string_equal(why, cases[i].why);
    }
}

static void test_refuses_phandles(void **state)
{
    static const struct tree_case cases[] = {
        {"of two nodes",
         SMMU0 "/phandle: 0x77 is also that of " MEMORY,
         {CELLS(MEMORY, "phandle", 0x77), CELLS(SMMU0, "phandle", 0x77)}},
        {"0",
         MEMORY "/phandle: 0x0 is not a phandle",
         {CELLS(MEMORY, "phandle", 0)}},
        {"of two cells",
         MEMORY "/phandle: 8 bytes, must be one cell of 4",
         {CELLS(MEMORY, "phandle", 1, 2)}},
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

struct expected_region {
    uint64_t base; /* bytes */
    uint64_t end;
    bool own;
};

static void assert_regions(const struct el2_platform *platform,
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

static void read_accepted(struct el2_platform *platform,
                          const struct change *changes, uint32_t count)
{
    char why[DEVICETREE_WHY_SIZE] = "";
    if (!read_changed(changes, count, platform, why)) {
        fail_msg("refused: %s", why);
    }
}

#define ACCEPT(platform, ...)                                                  \
    read_accepted(platform, (struct change[]){__VA_ARGS__},                    \
                  sizeof((struct change[]){__VA_ARGS__}) /                     \
                      sizeof(struct change))

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

static void assert_smmu(const struct el2_platform *platform, uint32_t index,
                        uint64_t base, uint64_t size, uint32_t banks)
{
    assert_true(index < platform->smmu_count);
    assert_int_equal(platform->smmus[index].base, base);
    assert_int_equal(platform->smmus[index].size, size);
    assert_int_equal(platform->smmus[index].bank_count, banks);
}

static void test_smmus_are_read(void **state)
{
    struct el2_platform platform;
    (void)state;
    /* Disabled, of another kind, and with interrupts of a nearer parent. */
    ACCEPT(&platform, STRING(SMMU0, "status", "disabled"),
           STRING(SMMU1, "status", "ok"), STRING(MEMORY, "status", "okay"));
    assert_int_equal(platform.smmu_count, 1);
    assert_smmu(&platform, 0, 0x9100000, 0x10000, 4);
    ACCEPT(&platform, STRING(SMMU0, "compatible", "arm,smmu-v3"),
           STRING(SMMU1, "compatible", "arm,mmu-401"));
    assert_int_equal(platform.smmu_count, 1);
    assert_smmu(&platform, 0, 0x9100000, 0x10000, 4);
    ACCEPT(&platform, CELLS("/a", "phandle", 0x77),
           CELLS("/a", "#interrupt-cells", 1),
           CELLS(SMMU1, "interrupt-parent", 0x77),
           CELLS(SMMU1, "interrupts", 1, 2, 3));
    assert_int_equal(platform.smmu_count, 2);
    assert_smmu(&platform, 0, 0x9000000, 0x10000, 8);
    assert_smmu(&platform, 1, 0x9100000, 0x10000, 2);
    /* interrupts-extended comes before interrupts. */
    ACCEPT(&platform, CELLS("/a", "phandle", 0x77),
           CELLS("/a", "#interrupt-cells", 1), CELLS("/b", "phandle", 0x78),
           CELLS("/b", "#interrupt-cells", 2),
           CELLS(SMMU1, "interrupts-extended", 0x77, 1, 0x78, 1, 2, 0x77, 3,
                 0x77, 4));
    assert_smmu(&platform, 1, 0x9100000, 0x10000, 3);
}

static void test_smmu_of_a_disabled_bus_is_none(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, STRING(BUS, "status", "disabled"), BUS_SMMU(0));
    assert_int_equal(platform.smmu_count, 2);
}

static void test_names_are_made_to_fit(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    (void)state;
    assert_true(devicetree_read(tiny()->tree, tiny()->size,
                                "My_Board.v2-with-a-long-name", &platform, why,
                                sizeof(why)));
    assert_string_equal(platform.name, "my-board-v2-wi");
    assert_true(devicetree_read(tiny()->tree, tiny()->size, "", &platform, why,
                                sizeof(why)));
    assert_string_equal(platform.name, "unnamed");
}

static void load(const char *name, struct el2_platform *platform)
{
    char why[DEVICETREE_WHY_SIZE] = "";
    if (!platform_load(name, platform, why, sizeof(why))) {
        fail_msg("%s: %s", name, why);
    }
    assert_string_equal(platform->name, name);
}

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

static void test_source_gives_the_built_in(void **state)
{
    struct el2_platform compiled;
    struct el2_platform built_in;
    char why[DEVICETREE_WHY_SIZE] = "";
    (void)state;
    load("two-socket", &built_in);
    if (!platform_load(PLATFORM_SOURCES "/two-socket.dts", &compiled, why,
                       sizeof(why))) {
        fail_msg("%s", why);
    }
    assert_memory_equal(&compiled, &built_in, sizeof(compiled));
}

/* A file with these bytes and that ending; the caller unlinks it. */
static void write_file(char path[64], const char *ending, const void *bytes,
                       size_t size)
{
    int file;
    snprintf(path, 64, "/tmp/Board-XXXXXX%s", ending);
    file = mkstemps(path, (int)strlen(ending));
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
}

static void test_blob_file(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE] = "";
    char path[64];
    bool loaded;
    (void)state;
    write_file(path, ".dtb", tiny()->tree, tiny()->size);
    loaded = platform_load(path, &platform, why, sizeof(why));
    unlink(path);
    assert_string_equal(why, "");
    assert_true(loaded);
    assert_memory_equal(platform.name, "board-", 6);
    assert_int_equal(platform.core_vmid, 4);
}

static void assert_not_loaded(const char *name, const char *expected)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE] = "";
    assert_false(platform_load(name, &platform, why, sizeof(why)));
    assert_string_equal(why, expected);
}

static void test_refuses_files(void **state)
{
    static const char source[] = "/dts-v1/;\n/ { broken };\n";
    char path[64];
    char expected[192];
    (void)state;
    assert_not_loaded("small", "neither a file nor a built-in platform (tiny, "
                               "qemu-virt-2g, two-socket, bench-16m, "
                               "bench-16g, explore-pages, explore-calls)");
    assert_not_loaded("/nowhere/a.dtb",
                      "cannot be opened: No such file or directory");
    assert_not_loaded("/nowhere/a.dts",
                      "dtc refuses it: FATAL ERROR: Couldn't open "
                      "\"/nowhere/a.dts\": No such file or directory");
    assert_not_loaded("/tmp", "cannot be read: Is a directory");
    write_file(path, ".dts", source, strlen(source));
    snprintf(expected, sizeof(expected),
             "dtc refuses it: Error: %s:2.12-13 syntax error", path);
    assert_not_loaded(path, expected);
    unlink(path);
}

static void test_says_when_dtc_is_missing(void **state)
{
    char *path = getenv("PATH");
    char *kept = path == NULL ? NULL : strdup(path);
    (void)state;
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_not_loaded(PLATFORM_SOURCES "/tiny.dts",
                      "dtc, which compiles device tree sources, cannot be "
                      "run: No such file or directory");
    if (kept == NULL) {
        unsetenv("PATH");
    } else {
        setenv("PATH", kept, 1);
    }
    free(kept);
}

/*
 * Damaged trees. The copy that is read ends where the tree does and is not
 * aligned, so that a sanitizer sees any byte too many.
 */
static bool read_exactly(const void *tree, size_t size, char *why)
{
    struct el2_platform platform;
    unsigned char *copy = malloc(size + 1);
    bool understood;
    assert_non_null(copy);
    memcpy(copy + 1, tree, size);
    understood = devicetree_read(copy + 1, size, "damaged", &platform, why,
                                 DEVICETREE_WHY_SIZE);
    free(copy);
    return understood;
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < tiny()->size; size++) {
        char why[DEVICETREE_WHY_SIZE] = "";
        char expected[128];
        if (size < sizeof(struct fdt_header)) {
            snprintf(expected, sizeof(expected),
                     "header: %zu bytes are too few for a device tree blob",
                     size);
        } else {
            snprintf(expected, sizeof(expected),
                     "header: truncated, %zu bytes announced and %zu given",
                     tiny()->size, size);
        }
        assert_false(read_exactly(tiny()->tree, size, why));
        assert_string_equal(why, expected);
    }
}

/* Truncated with a header that does not give it away. */
static void test_every_hidden_truncation_is_refused(void **state)
{
    unsigned char *tree = malloc(tiny()->size);
    uint32_t structure_end;
    (void)state;
    assert_non_null(tree);
    memcpy(tree, tiny()->tree, tiny()->size);
    structure_end = fdt_size_dt_struct(tree);
    for (uint32_t size = 0; size < structure_end; size++) {
        char why[DEVICETREE_WHY_SIZE] = "";
        fdt_set_size_dt_struct(tree, size);
        assert_false(read_exactly(tree, tiny()->size, why));
        assert_memory_equal(why, "structure block, ", 17);
    }
    free(tree);
}

/* Whatever a flipped byte does, it does not crash; and a refusal says why. */
static void test_every_byte_flipped(void **state)
{
    static const unsigned char flips[] = {0x01, 0x04, 0x20, 0x80, 0xff};
    size_t refused = 0;
    unsigned char *tree = malloc(tiny()->size);
    (void)state;
    assert_non_null(tree);
    memcpy(tree, tiny()->tree, tiny()->size);
    for (size_t at = 0; at < tiny()->size; at++) {
        for (size_t i = 0; i < sizeof(flips); i++) {
            char why[DEVICETREE_WHY_SIZE] = "";
            tree[at] ^= flips[i];
            if (!read_exactly(tree, tiny()->size, why)) {
                assert_string_not_equal(why, "");
                refused++;
            }
            tree[at] ^= flips[i];
        }
    }
    free(tree);
    assert_true(refused > tiny()->size);
}

static void assert_damaged(const void *tree, size_t size, const char *expected)
{
    char why[DEVICETREE_WHY_SIZE] = "";
    assert_false(read_exactly(tree, size, why));
    assert_string_equal(why, expected);
}

static void test_refuses_headers(void **state)
{
    void *tree = open_tiny();
    size_t size = fdt_totalsize(tree);
    uint32_t kept;
    (void)state;

    fdt_set_magic(tree, 0x12345678);
    assert_damaged(tree, size,
                   "header: not a device tree blob (FDT_ERR_BADMAGIC)");
    fdt_set_magic(tree, FDT_MAGIC);

    fdt_set_version(tree, 16);
    assert_damaged(tree, size,
                   "header: format version 16 is older than 17, the oldest "
                   "understood");
    fdt_set_version(tree, 17);

    kept = fdt_off_dt_struct(tree);
    fdt_set_off_dt_struct(tree, kept + 2);
    assert_damaged(tree, size,
                   "header: structure block misplaced or too "
                   "large");
    fdt_set_off_dt_struct(tree, kept);

    kept = fdt_off_mem_rsvmap(tree);
    fdt_set_off_mem_rsvmap(tree, kept + 4);
    assert_damaged(tree, size,
                   "header: memory reservation block misplaced or "
                   "without an end");
    fdt_set_off_mem_rsvmap(tree, kept);
    free(tree);

    tree = calloc(1, DEVICETREE_SIZE_LIMIT + 1);
    assert_damaged(tree, DEVICETREE_SIZE_LIMIT + 1,
                   "header: more than the 2097152 bytes that a device tree "
                   "blob may have");
    free(tree);
}

/* Each replaces one tag, or one cell after it, of a tree of a few nodes. */
static void test_refuses_structures(void **state)
{
    /* "/" { p = <1>; a {}; } as a structure block */
    static const uint32_t good[] = {FDT_BEGIN_NODE,
                                    0,
                                    FDT_PROP,
                                    4,
                                    0,
                                    1,
                                    FDT_BEGIN_NODE,
                                    0x61000000,
                                    FDT_END_NODE,
                                    FDT_END_NODE,
                                    FDT_END};
    enum {
        GOOD_COUNT = sizeof(good) / 4
    };
    static const struct {
        uint32_t at;
        uint32_t cell;
        const char *why;
    } damages[] = {
        {0, FDT_PROP, "offset 0x0: a property outside of any node"},
        {0, FDT_END_NODE, "offset 0x0: a node ends that did not begin"},
        {0, FDT_END, "offset 0x0: the tree ends within a node or has none"},
        {0, 7, "offset 0x0: not a tag"},
        {1, 0x61000000, "offset 0x0: the root node has a name"},
        {3, 0xfffffff4,
         "offset 0x8: a property goes past the end of the block"},
        {3, 29, "offset 0x8: a property goes past the end of the block"},
        {4, 1000,
         "offset 0x8: the name of a property lies outside of the strings "
         "block, is too long, not terminated or not printable"},
        {4, 2,
         "offset 0x8: the name of a property lies outside of the strings "
         "block, is too long, not terminated or not printable"},
        {7, 0, "offset 0x18: a node without a name"},
        {7, 0x610a6200,
         "offset 0x18: the name of a node is too long, not terminated or not "
         "printable"},
        {8, FDT_END, "offset 0x20: the tree ends within a node or has none"},
        {9, FDT_NOP, "offset 0x28: the tree ends within a node or has none"},
        {10, FDT_BEGIN_NODE, "offset 0x28: a second root node"},
        {10, FDT_NOP, "offset 0x2c: the block ends before the tree does"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        /* Header, an empty reservation block, structure, strings "p\0x". */
        struct {
            struct fdt_header header;
            struct fdt_reserve_entry end;
            fdt32_t structure[GOOD_COUNT];
            char strings[4];
        } tree;
        char expected[256];
        memset(&tree, 0, sizeof(tree));
        fdt_set_magic(&tree, FDT_MAGIC);
        fdt_set_totalsize(&tree, sizeof(tree));
        fdt_set_off_mem_rsvmap(&tree, sizeof(tree.header));
        fdt_set_off_dt_struct(&tree, sizeof(tree.header) + sizeof(tree.end));
        fdt_set_size_dt_struct(&tree, sizeof(tree.structure));
        fdt_set_off_dt_strings(&tree, sizeof(tree.header) + sizeof(tree.end) +
                                          sizeof(tree.structure));
        fdt_set_size_dt_strings(&tree, 3);
        fdt_set_version(&tree, 17);
        fdt_set_last_comp_version(&tree, 16);
        memcpy(tree.strings, "p\0x", 3);
        for (uint32_t j = 0; j < GOOD_COUNT; j++) {
            tree.structure[j] = cpu_to_fdt32(good[j]);
        }
        assert_damaged(&tree, sizeof(tree),
                       "/: no memory: no enabled node with device_type "
                       "\"memory\" and a range in its reg");
        tree.structure[damages[i].at] = cpu_to_fdt32(damages[i].cell);
        snprintf(expected, sizeof(expected), "structure block, %s",
                 damages[i].why);
        assert_damaged(&tree, sizeof(tree), expected);
    }
}

/* The structure block is the last one and ends within a property. */
static void test_refuses_half_a_property(void **state)
{
    struct {
        struct fdt_header header;
        struct fdt_reserve_entry end;
        fdt32_t structure[4];
    } tree;
    (void)state;
    memset(&tree, 0, sizeof(tree));
    fdt_set_magic(&tree, FDT_MAGIC);
    fdt_set_totalsize(&tree, sizeof(tree));
    fdt_set_off_mem_rsvmap(&tree, sizeof(tree.header));
    fdt_set_off_dt_struct(&tree, sizeof(tree.header) + sizeof(tree.end));
    fdt_set_size_dt_struct(&tree, sizeof(tree.structure));
    fdt_set_off_dt_strings(&tree, sizeof(tree.header));
    fdt_set_size_dt_strings(&tree, 1);
    fdt_set_version(&tree, 17);
    fdt_set_last_comp_version(&tree, 16);
    tree.structure[0] = cpu_to_fdt32(FDT_BEGIN_NODE);
    tree.structure[2] = cpu_to_fdt32(FDT_PROP);
    assert_damaged(&tree, sizeof(tree),
                   "structure block, offset 0x8: the block ends within a "
                   "property");
}

/* fdt_end_node() of the node before, then a property: sequential writing does
 * not refuse it. */
static void test_refuses_a_property_after_a_child(void **state)
{
    char tree[512];
    (void)state;
    assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
    assert_int_equal(fdt_finish_reservemap(tree), 0);
    assert_int_equal(fdt_begin_node(tree, ""), 0);
    assert_int_equal(fdt_begin_node(tree, "a"), 0);
    assert_int_equal(fdt_end_node(tree), 0);
    assert_int_equal(fdt_property_u32(tree, "late", 1), 0);
    assert_int_equal(fdt_end_node(tree), 0);
    assert_int_equal(fdt_finish(tree), 0);
    assert_damaged(tree, fdt_totalsize(tree),
                   "structure block, offset 0x14: a property after a child "
                   "node");
}

static void build_nested(char *tree, int size, int depth)
{
    assert_int_equal(fdt_create(tree, size), 0);
    assert_int_equal(fdt_finish_reservemap(tree), 0);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(fdt_begin_node(tree, i == 0 ? "" : "a"), 0);
    }
    for (int i = 0; i < depth; i++) {
        assert_int_equal(fdt_end_node(tree), 0);
    }
    assert_int_equal(fdt_finish(tree), 0);
}

static void test_depth_is_bounded(void **state)
{
    char tree[4096];
    (void)state;
    build_nested(tree, sizeof(tree), DEVICETREE_DEPTH_LIMIT);
    assert_damaged(tree, fdt_totalsize(tree),
                   "/: no memory: no enabled node with device_type "
                   "\"memory\" and a range in its reg");
    build_nested(tree, sizeof(tree), DEVICETREE_DEPTH_LIMIT + 1);
    assert_damaged(tree, fdt_totalsize(tree),
                   "structure block, offset 0x200: nodes are nested too "
                   "deeply");
}

/* Add properties until `free` bytes are left; the nodes below this one pay
 * for them whenever they look at their parent. */
static void fill_with_properties(char *tree, int free_bytes)
{
    char name[16];
    int used = 0;
    for (int i = 0; used < free_bytes; i++, used += 16) {
        snprintf(name, sizeof(name), "p%d", i % 64);
        assert_int_equal(fdt_property_u32(tree, name, 1), 0);
    }
}

/*
 * As large as trees may be and as slow as they can be made: a bus with
 * half of the tree as properties, above as many memory ranges as are
 * understood, in a node that has the other half, and phandles everywhere.
 */
static void test_time_is_bounded(void **state)
{
    enum {
        SIZE = DEVICETREE_SIZE_LIMIT
    };
    char *tree = malloc(SIZE);
    char why[DEVICETREE_WHY_SIZE];
    (void)state;
    assert_non_null(tree);
    assert_int_equal(fdt_create(tree, SIZE), 0);
    assert_int_equal(fdt_finish_reservemap(tree), 0);
    assert_int_equal(fdt_begin_node(tree, ""), 0);
    assert_int_equal(fdt_begin_node(tree, "bus"), 0);
    fill_with_properties(tree, SIZE / 3);
    assert_int_equal(fdt_property(tree, "ranges", NULL, 0), 0);
    for (uint32_t i = 0; i < DEVICETREE_SIZE_LIMIT / 512; i++) {
        char name[32];
        fdt32_t reg[] = {0, cpu_to_fdt32(i * 0x2000), cpu_to_fdt32(0x1000)};
        snprintf(name, sizeof(name), "memory@%" PRIx32, i * 0x2000);
        assert_int_equal(fdt_begin_node(tree, name), 0);
        assert_int_equal(fdt_property(tree, "device_type", "memory", 7), 0);
        assert_int_equal(fdt_property_u32(tree, "phandle", i + 1), 0);
        assert_int_equal(fdt_property(tree, "reg", reg, sizeof(reg)), 0);
        assert_int_equal(fdt_end_node(tree), 0);
    }
    assert_int_equal(fdt_begin_node(tree, "rest"), 0);
    fill_with_properties(tree, SIZE / 3);
    assert_int_equal(fdt_end_node(tree), 0);
    assert_int_equal(fdt_end_node(tree), 0);
    assert_int_equal(fdt_end_node(tree), 0);
    assert_int_equal(fdt_finish(tree), 0);
    alarm(60);
    assert_false(read_exactly(tree, fdt_totalsize(tree), why));
    alarm(0);
    assert_string_equal(why, "/bus/memory@200000/reg: one range of this kind "
                             "more than the 256 that are understood");
    free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_memory),
        cmocka_unit_test(test_refuses_el2_memory),
        cmocka_unit_test(test_refuses_limits),
        cmocka_unit_test(test_refuses_smmus),
        cmocka_unit_test(test_refuses_buses),
        cmocka_unit_test(test_refuses_phandles),
        cmocka_unit_test(test_counts_regions),
        cmocka_unit_test(test_adjacent_memory_is_merged),
        cmocka_unit_test(test_memory_is_rounded_inward),
        cmocka_unit_test(test_reservations_are_rounded_outward),
        cmocka_unit_test(test_reservations_may_overlap),
        cmocka_unit_test(test_reservation_across_a_hole),
        cmocka_unit_test(test_el2_memory_may_be_reserved_twice),
        cmocka_unit_test(test_el2_memory_by_compatible),
        cmocka_unit_test(test_el2_memory_is_carved),
        cmocka_unit_test(test_limits_are_read),
        cmocka_unit_test(test_limits_have_defaults),
        cmocka_unit_test(test_smmus_are_read),
        cmocka_unit_test(test_smmu_of_a_disabled_bus_is_none),
        cmocka_unit_test(test_names_are_made_to_fit),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_qemu_virt_2g),
        cmocka_unit_test(test_two_socket),
        cmocka_unit_test(test_bench_platforms),
        cmocka_unit_test(test_el2_memory_needed),
        cmocka_unit_test(test_ram_pages_are_counted),
        cmocka_unit_test(test_known_platforms),
        cmocka_unit_test(test_source_gives_the_built_in),
        cmocka_unit_test(test_blob_file),
        cmocka_unit_test(test_refuses_files),
        cmocka_unit_test(test_says_when_dtc_is_missing),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_hidden_truncation_is_refused),
        cmocka_unit_test(test_every_byte_flipped),
        cmocka_unit_test(test_refuses_headers),
        cmocka_unit_test(test_refuses_structures),
        cmocka_unit_test(test_refuses_half_a_property),
        cmocka_unit_test(test_refuses_a_property_after_a_child),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_time_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
