/*
 * Device trees for tests: the built-in platform "tiny" with a few properties
 * changed, and whether it is refused then, with which words.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_CHANGED_TREE_H
#define TESTS_UNIT_CHANGED_TREE_H

#include "devicetree/blob.h"
#include "devicetree/known.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define TREE_SIZE 65536

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
    const char *path; /* made when it is missing */
    const char *property;
    const char *string;
    enum change_kind kind;
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
    {path, property, NULL, CHANGE_CELLS,                                       \
     sizeof((uint32_t[]){__VA_ARGS__}) / 4, {__VA_ARGS__}}
#define STRING(path, property, string)                                         \
    {path, property, string, CHANGE_STRING, 0, {0}}
#define REMOVE(path, property) {path, property, NULL, CHANGE_REMOVE, 0, {0}}
#define RESERVE(...) {"/", NULL, NULL, CHANGE_RESERVE, 4, {__VA_ARGS__}}
/* clang-format on */

static inline int node_at(void *tree, const char *path)
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

static inline void apply(void *tree, const struct change *change)
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

static inline const struct known_platform *tiny(void)
{
    return known_platform_find("tiny");
}

/* A copy of tiny with room for changes; the caller frees it. */
static inline void *open_tiny(void)
{
    void *tree = malloc(TREE_SIZE);
    assert_non_null(tree);
    assert_int_equal(fdt_open_into(tiny()->tree, tree, TREE_SIZE), 0);
    return tree;
}

static inline bool read_changed(const struct change *changes, uint32_t count,
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
static inline void run_cases(const struct tree_case *cases, size_t count)
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

static inline void read_accepted(struct el2_platform *platform,
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

#endif
