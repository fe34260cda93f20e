/*
 * Which cells a store to a translation table changes, learnt from the tables
 * alone. A cell too many is compared in vain, a cell too few is a change that
 * nobody sees: the tests ask that the cells are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/table_index.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>

/* Roots of vmid 0, of vmid 1 and of bank 2, and pages for tables. */
#define HOST_ROOT AT(EL2_PAGE)
#define VM_ROOT   AT(EL2_PAGE + 1)
#define BANK_ROOT AT(EL2_PAGE + 2)
#define TABLE(n)  AT(EL2_PAGE + 4 + (n))
#define LINK(n)   (TABLE(n) | EL2_DESCRIPTOR_TABLE)
#define PAGE_DESC (AT(HOST_PAGE) | EL2_DESCRIPTOR_PAGE)

enum {
    CELLS = 2048
};

struct fixture {
    struct el2_platform platform;
    struct physical memory;
    struct table_index index;
    size_t step_log; /* where the step's stores begin */
    el2_cell room[CELLS];
    struct cell_list cells;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *why = NULL;
    *state = f;
    if (f == NULL) {
        return -1;
    }
    f->platform = board();
    f->cells = (struct cell_list){.cells = f->room, .limit = CELLS};
    if (!physical_create(&f->memory, &f->platform, &why) ||
        !table_index_create(&f->index, &f->memory)) {
        return -1;
    }
    table_index_add_npt_root(&f->index, 0, HOST_ROOT);
    table_index_add_npt_root(&f->index, 1, VM_ROOT);
    table_index_add_bank_root(&f->index, 2, BANK_ROOT);
    table_index_reset(&f->index);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    table_index_destroy(&f->index);
    physical_destroy(&f->memory);
    free(f);
    return 0;
}

static void put(struct fixture *f, uint64_t table, uint64_t index,
                uint64_t descriptor)
{
    physical_store(&f->memory, table + index * sizeof(uint64_t), descriptor);
}

/* The step has made its stores. */
static void end_step(struct fixture *f)
{
    f->cells.count = 0;
    f->cells.overflow = false;
    table_index_begin_step(&f->index);
    do {
        for (size_t i = f->step_log; i < f->memory.log_length; i++) {
            table_index_store(&f->index, &f->memory.log[i], &f->cells);
        }
    } while (table_index_again(&f->index));
    f->step_log = f->memory.log_length;
}

static bool lists(const struct fixture *f, el2_cell cell)
{
    for (size_t i = 0; i < f->cells.count; i++) {
        if (f->cells.cells[i] == cell) {
            return true;
        }
    }
    return false;
}

/* Tables 0, 1 and 2 of vmid 1 at indices 3, 5 and 7, in a step. */
static void link_vm_tables(struct fixture *f)
{
    put(f, VM_ROOT, 3, LINK(0));
    put(f, TABLE(0), 5, LINK(1));
    put(f, TABLE(1), 7, LINK(2));
    end_step(f);
}

#define VM_GFN                                                                 \
    (UINT64_C(3) << 27 | UINT64_C(5) << 18 | UINT64_C(7) << 9 | UINT64_C(9))

static void top_down(void **state)
{
    struct fixture *f = *state;
    put(f, VM_ROOT, 3, LINK(0));
    put(f, TABLE(0), 5, LINK(1));
    put(f, TABLE(1), 7, LINK(2));
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    assert_true(lists(f, npt_tables_of(1)));
    assert_false(lists(f, npt_of(1, VM_GFN + 1)));
    assert_false(lists(f, npt_of(0, VM_GFN)));
    assert_false(lists(f, npt_tables_of(0)));
}

/* A table is filled before it is linked, as break-before-make asks. */
static void bottom_up(void **state)
{
    struct fixture *f = *state;
    put(f, TABLE(2), 9, PAGE_DESC);
    put(f, TABLE(1), 7, LINK(2));
    put(f, TABLE(0), 5, LINK(1));
    put(f, VM_ROOT, 3, LINK(0));
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    assert_true(lists(f, npt_tables_of(1)));
}

/* Tables are known in later steps too. */
static void later_steps(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    assert_int_equal(f->cells.count, 1);
    put(f, TABLE(2), 511, PAGE_DESC);
    put(f, TABLE(2), 0, PAGE_DESC);
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN - 9)));
    assert_true(lists(f, npt_of(1, VM_GFN - 9 + 511)));
    assert_int_equal(f->cells.count, 2);
    put(f, TABLE(2), 9, 0);
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
}

static void step_without_stores(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    end_step(f);
    assert_int_equal(f->cells.count, 0);
}

static void block(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(1), 8, AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK);
    end_step(f);
    assert_true(lists(f, block_of(1, VM_GFN + 512)));
}

/* The level-3 table that was there goes out of use with all that it held. */
static void block_replaces_table(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    put(f, TABLE(1), 7, AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK);
    end_step(f);
    assert_true(lists(f, block_of(1, VM_GFN)));
}

/* A table takes the place of a block and holds nothing yet: the block is gone
 * all the same. */
static void empty_table_replaces_block(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(1), 8, AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK);
    end_step(f);
    put(f, TABLE(1), 8, LINK(3));
    end_step(f);
    assert_true(lists(f, block_of(1, VM_GFN + 512)));
}

/* A table with content of an earlier step: all of it is new where it is
 * linked. */
static void table_with_content(void **state)
{
    struct fixture *f = *state;
    put(f, TABLE(2), 9, PAGE_DESC);
    put(f, TABLE(2), 20, PAGE_DESC);
    end_step(f);
    assert_int_equal(f->cells.count, 0); /* reached from nowhere */
    link_vm_tables(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    assert_true(lists(f, npt_of(1, VM_GFN + 11)));
}

/* The same two levels down. */
static void tree_with_content(void **state)
{
    struct fixture *f = *state;
    put(f, TABLE(1), 7, LINK(2));
    put(f, TABLE(2), 9, PAGE_DESC);
    put(f, TABLE(1), 8, AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK);
    end_step(f);
    put(f, TABLE(0), 5, LINK(1));
    put(f, VM_ROOT, 3, LINK(0));
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    assert_true(lists(f, block_of(1, VM_GFN + 512)));
}

/* A table linked at another place too: what it holds appears there, and what
 * is stored to it later is told at one of its places at least. */
static void relinked(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    put(f, TABLE(1), 12, LINK(2));
    end_step(f);
    const uint64_t moved = VM_GFN + 5 * 512;
    assert_true(lists(f, npt_of(1, moved)));
    put(f, TABLE(2), 10, PAGE_DESC);
    end_step(f);
    assert_true(lists(f, npt_of(1, moved + 1)));
}

/* What was stored to a table while a block hid it is told when it is linked
 * again at the same place. */
static void stored_while_hidden(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(1), 7, AT(HOST_PAGE) | EL2_DESCRIPTOR_BLOCK);
    end_step(f);
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    put(f, TABLE(1), 7, LINK(2));
    end_step(f);
    assert_true(lists(f, npt_of(1, VM_GFN)));
    /* Linked as before: nothing new. */
    put(f, TABLE(1), 7, LINK(2));
    end_step(f);
    assert_false(lists(f, npt_of(1, VM_GFN)));
}

/* A VM's table in the host's tree. */
static void linked_by_another_owner(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(2), 9, PAGE_DESC);
    end_step(f);
    put(f, HOST_ROOT, 0, LINK(3));
    put(f, TABLE(3), 0, LINK(4));
    put(f, TABLE(4), 0, LINK(2));
    end_step(f);
    assert_true(lists(f, npt_of(0, 9)));
    assert_true(lists(f, npt_tables_of(0)));
}

/* A bank's root is two tables of level 1; the second covers bit 39. */
static void bank(void **state)
{
    struct fixture *f = *state;
    put(f, BANK_ROOT, 5, LINK(0));
    put(f, TABLE(0), 7, LINK(1));
    put(f, TABLE(1), 9, PAGE_DESC);
    put(f, BANK_ROOT + EL2_PAGE_SIZE, 5, LINK(2));
    put(f, TABLE(2), 7, LINK(3));
    put(f, TABLE(3), 9, PAGE_DESC);
    end_step(f);
    const uint64_t gfn = UINT64_C(5) << 18 | UINT64_C(7) << 9 | 9;
    assert_true(lists(f, spt_of(2, gfn)));
    assert_true(lists(f, spt_of(2, gfn | UINT64_C(1) << 27)));
    assert_true(lists(f, spt_tables_cell()));
    assert_false(lists(f, spt_of(0, gfn)));
}

/* A bank's entry is emptied at the root: told at the first page below it. */
static void bank_root_emptied(void **state)
{
    struct fixture *f = *state;
    put(f, BANK_ROOT, 5, LINK(0));
    put(f, TABLE(0), 7, LINK(1));
    put(f, TABLE(1), 0, PAGE_DESC);
    end_step(f);
    put(f, BANK_ROOT, 5, 0);
    end_step(f);
    assert_true(lists(f, spt_of(2, UINT64_C(5) << 18)));
}

/* A link to where EL2 has no memory is an entry and nothing more. */
static void linked_outside(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    put(f, TABLE(1), 7, AT(HOST_PAGE) | EL2_DESCRIPTOR_TABLE);
    put(f, TABLE(1), 8, EL2_DESCRIPTOR_ADDRESS | EL2_DESCRIPTOR_TABLE);
    end_step(f);
    assert_true(lists(f, block_of(1, VM_GFN)));
    assert_true(lists(f, block_of(1, VM_GFN + 512)));
}

/* After a reset only the roots are known. */
static void reset(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        link_vm_tables(f);
        assert_true(lists(f, npt_tables_of(1)));
        physical_reset(&f->memory);
        table_index_reset(&f->index);
        f->step_log = 0;
        put(f, TABLE(2), 9, PAGE_DESC);
        end_step(f);
        assert_int_equal(f->cells.count, 0);
        put(f, HOST_ROOT, 1, LINK(0));
        put(f, TABLE(0), 0, LINK(1));
        put(f, TABLE(1), 0, LINK(2));
        end_step(f);
        assert_true(lists(f, npt_of(0, (UINT64_C(1) << 27) + 9)));
        physical_reset(&f->memory);
        table_index_reset(&f->index);
        f->step_log = 0;
    }
}

static void list_is_full(void **state)
{
    struct fixture *f = *state;
    link_vm_tables(f);
    f->cells.limit = 1;
    put(f, TABLE(2), 9, PAGE_DESC);
    put(f, TABLE(2), 10, PAGE_DESC);
    end_step(f);
    assert_int_equal(f->cells.count, 1);
    assert_true(f->cells.overflow);
}

#define WITH_TABLES(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLES(top_down),
        WITH_TABLES(bottom_up),
        WITH_TABLES(later_steps),
        WITH_TABLES(step_without_stores),
        WITH_TABLES(block),
        WITH_TABLES(block_replaces_table),
        WITH_TABLES(empty_table_replaces_block),
        WITH_TABLES(table_with_content),
        WITH_TABLES(tree_with_content),
        WITH_TABLES(relinked),
        WITH_TABLES(stored_while_hidden),
        WITH_TABLES(linked_by_another_owner),
        WITH_TABLES(bank),
        WITH_TABLES(bank_root_emptied),
        WITH_TABLES(linked_outside),
        WITH_TABLES(reset),
        WITH_TABLES(list_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
