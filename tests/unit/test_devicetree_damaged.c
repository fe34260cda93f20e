/*
 * Device trees that are damaged: each is refused with its words, or read
 * without harm. And trees as deep, and as slow to read, as they can be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/changed_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The copy that is read ends where the tree does and is not aligned, so that a
 * sanitizer sees any byte too many. */
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
