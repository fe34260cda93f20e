/*
 * The EL2 code's machine keeps where it is and goes back: after any detour it
 * does and holds what a machine does that never made it.
 */
#include "devicetree/known.h"
#include "fuzz/cell_set.h"
#include "fuzz/growth.h"
#include "fuzz/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define PROGRAMS 400
#define DETOURS  3

static struct el2_platform platform;
static struct guide guide;
static struct mutator mutator;
static struct program program;
static struct el2_call calls[PROGRAM_CALL_LIMIT];

/* A machine of EL2 code, what it touched and what its step was. */
struct side {
    struct el2_machine *machine;
    struct el2_step step;
    struct el2_touched touched;
    bool holds;
    struct el2_violation violation;
};

static struct side straight;
static struct side winding;

/* Runs in which an invariant was broken. */
static unsigned broken;

static void make(struct side *side, const struct el2_call *call)
{
    const struct el2_machine_operations *operations = side->machine->operations;
    operations->step(side->machine, call, &side->step);
    side->touched = operations->touched(side->machine);
    side->holds = side->step.panicked || operations->invariants_of_step(
                                             side->machine, &side->violation);
}

static void assert_same_value(el2_cell cell)
{
    struct el2_value a =
        straight.machine->operations->observe(straight.machine, cell);
    struct el2_value b =
        winding.machine->operations->observe(winding.machine, cell);
    if (!el2_value_equal(a, b)) {
        fail_msg("kind %d id %u index 0x%llx", (int)el2_cell_kind(cell),
                 el2_cell_id(cell), (unsigned long long)el2_cell_index(cell));
    }
}

static bool has_told(const struct side *side, el2_cell cell)
{
    for (size_t i = 0; i < side->touched.count; i++) {
        if (side->touched.cells[i] == cell) {
            return true;
        }
    }
    return false;
}

/* The winding one may tell of more: it has known more tables. */
static void assert_same(void)
{
    assert_int_equal(straight.step.panicked, winding.step.panicked);
    assert_int_equal(straight.step.has_result, winding.step.has_result);
    assert_int_equal(straight.step.result, winding.step.result);
    assert_int_equal(straight.step.held, winding.step.held);
    assert_ptr_equal(straight.step.fault, winding.step.fault);
    assert_int_equal(straight.holds, winding.holds);
    for (size_t i = 0; i < straight.touched.count; i++) {
        assert_same_value(straight.touched.cells[i]);
        assert_true(has_told(&winding, straight.touched.cells[i]));
    }
    for (size_t i = 0; i < winding.touched.count; i++) {
        assert_same_value(winding.touched.cells[i]);
    }
}

/* Calls of other programs, from here and back. */
static void wander(struct cell_set *cells, const struct el2_call *others,
                   size_t count, uint64_t number)
{
    winding.machine->operations->keep(winding.machine);
    for (size_t i = 0; i < DETOURS && count > 0; i++) {
        make(&winding, &others[(number * DETOURS + i) % count]);
        for (size_t k = 0; k < winding.touched.count; k++) {
            cell_set_add(cells, winding.touched.cells[k]);
        }
        winding.machine->operations->go_back(winding.machine);
    }
}

/* The calls on both, with detours before each. False when one panics. */
static bool go(struct cell_set *cells, const struct el2_call *way, size_t count,
               const struct el2_call *others, size_t other_count)
{
    for (size_t i = 0; i < count; i++) {
        wander(cells, others, other_count, i);
        make(&straight, &way[i]);
        make(&winding, &way[i]);
        assert_same();
        if (straight.step.panicked || !straight.holds) {
            return false;
        }
    }
    return true;
}

/* A program, and then what another one did: outside their contracts its calls
 * break invariants too. */
static void run(uint32_t seed)
{
    static struct el2_call others[PROGRAM_CALL_LIMIT];
    static uint8_t bytes[1 << 14];
    static size_t other_count;
    struct cell_set cells;
    assert_true(cell_set_create(&cells));
    size_t size = mutator_mutate(&mutator, bytes, 0, sizeof bytes, seed);
    program_decode(bytes, size, &program);
    program_resolve_all(&program, &platform, calls);
    straight.machine->operations->reset(straight.machine);
    winding.machine->operations->reset(winding.machine);
    if (go(&cells, calls, program.call_count, others, other_count) &&
        go(&cells, others, other_count, calls, program.call_count)) {
        wander(&cells, others, other_count, seed);
    }
    broken += !straight.holds;
    for (size_t i = 0; i < cells.count; i++) {
        assert_same_value(cells.cells[i]);
    }
    other_count = program.call_count;
    for (size_t i = 0; i < other_count; i++) {
        others[i] = calls[i];
    }
    cell_set_destroy(&cells);
}

static void wander_on(const char *name)
{
    const struct pairing *pairing = pairing_find("fuzz_pages");
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = "no reason";
    assert_true(platform_load(name, &platform, why, sizeof why));
    assert_true(guide_create(&guide, &platform, &reason));
    mutator_create(&mutator, pairing->weight);
    mutator.guides = &guide;
    mutator.guide_count = 1;
    straight.machine = el2_create_impl(&platform, &reason);
    winding.machine = el2_create_impl(&platform, &reason);
    assert_non_null(straight.machine);
    assert_non_null(winding.machine);
    for (uint32_t seed = 0; seed < PROGRAMS; seed++) {
        run(seed);
    }
    assert_in_range(broken, PROGRAMS / 100, 2 * PROGRAMS);
    straight.machine->operations->destroy(straight.machine);
    winding.machine->operations->destroy(winding.machine);
    guide_destroy(&guide);
}

static void tiny(void **state)
{
    (void)state;
    wander_on("tiny");
}

static void two_sockets(void **state)
{
    (void)state;
    wander_on("two-socket");
}

static void make_text(struct side *side, const char *text)
{
    struct program_error error;
    assert_true(program_parse(text, strlen(text), &program, &error));
    program_resolve_all(&program, &platform, calls);
    for (size_t i = 0; i < program.call_count; i++) {
        make(side, &calls[i]);
    }
}

/* What a VM's entry maps is known again when the entry is what it was: once
 * the page is taken from the VM, the entry breaks vm_iso, and no store to the
 * entry tells of that. */
static void mapping_known_again(void **state)
{
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = "no reason";
    (void)state;
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    winding.machine = el2_create_impl(&platform, &reason);
    assert_non_null(winding.machine);
    make_text(&winding, "el2diff program 1\n"
                        "register_kvm\n"
                        "assign_pfn_to_vm vm=1 gfn=0x10 pfn=ram+0x3\n"
                        "map_pfn_vm vm=1 addr=0x10000 desc=ram+0x37ff "
                        "level=3\n");
    assert_true(winding.holds);
    winding.machine->operations->keep(winding.machine);
    make_text(&winding, "el2diff program 1\n"
                        "map_vm_io vm=1 gpa=0x10000 pa=0x9200000\n");
    assert_false(winding.step.panicked);
    winding.machine->operations->go_back(winding.machine);
    make_text(&winding, "el2diff program 1\n"
                        "clear_vm_page vm=1 pfn=ram+0x3\n");
    assert_false(winding.step.panicked);
    assert_false(winding.holds);
    assert_int_equal(winding.violation.invariant, EL2_INVARIANT_VM_ISO);
    winding.machine->operations->destroy(winding.machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny),
        cmocka_unit_test(two_sockets),
        cmocka_unit_test(mapping_known_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
