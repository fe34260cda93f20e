/*
 * The minimizer, on a machine that is right but for one fault: it sees all
 * calls since the reset and says when it has gone wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/guide.h"
#include "fuzz/minimize.h"
#include "tests/unit/liar.h"
#include "tests/unit/random_calls.h"

/* Whether the last of these calls, all made since the reset, goes wrong. */
typedef bool (*fires)(const struct el2_call *calls, size_t count);

static struct {
    struct el2_call calls[PROGRAM_CALL_LIMIT];
    size_t count;
    fires fires;
} faulty;

static void faulty_reset(struct el2_machine *machine)
{
    faulty.count = 0;
    liar_reset(machine);
}

static void faulty_step(struct el2_machine *machine,
                        const struct el2_call *call, struct el2_step *step)
{
    liar_step(machine, call, step);
    faulty.calls[faulty.count++] = *call;
    step->fault = faulty.fires(faulty.calls, faulty.count)
                      ? "the machine went wrong"
                      : NULL;
}

static int set_up_faulty(void **state)
{
    int status = set_up(state);
    struct fixture *f = *state;
    f->liar.operations.reset = faulty_reset;
    f->liar.operations.step = faulty_step;
    return status;
}

static bool run_minimizer(struct fixture *f, struct minimized *minimized)
{
    static struct minimizer_room room;
    return minimize(&f->lockstep, &f->program, MINIMIZE_EFFORT_LIMIT, &room,
                    minimized);
}

static void signature_of(const struct divergence *divergence,
                         char text[DIVERGENCE_SIGNATURE_SIZE])
{
    divergence_signature(divergence, text, DIVERGENCE_SIGNATURE_SIZE);
}

static bool never(const struct el2_call *calls, size_t count)
{
    (void)calls;
    (void)count;
    return false;
}

/* The signature of the program, or "" when it does not diverge. */
static void run_for_signature(struct fixture *f, const struct program *program,
                              char text[DIVERGENCE_SIGNATURE_SIZE])
{
    struct divergence divergence;
    text[0] = '\0';
    if (lockstep_run(&f->lockstep, program, &divergence) == LOCKSTEP_DIVERGED) {
        signature_of(&divergence, text);
    }
}

/* By brute force: without any one of its calls it diverges otherwise. */
static void assert_needs_each_call(struct fixture *f, const char *signature)
{
    static struct program less;
    char actual[DIVERGENCE_SIGNATURE_SIZE];
    for (size_t without = 0; without < f->program.call_count; without++) {
        less = f->program;
        less.call_count = 0;
        for (size_t i = 0; i < f->program.call_count; i++) {
            if (i != without) {
                less.calls[less.call_count++] = f->program.calls[i];
            }
        }
        run_for_signature(f, &less, actual);
        assert_string_not_equal(actual, signature);
    }
}

/* Of page 0 nothing is followed, so the simplest page is mostly the next. */
static void assert_text(const struct program *program, const char *expected)
{
    static char text[16 * PROGRAM_CALL_TEXT_LIMIT];
    assert_in_range(program_print(program, text, sizeof text), 1,
                    sizeof text - 1);
    assert_string_equal(text, expected);
}

/* Minimize the program with a machine that goes wrong there; it must become
 * this text. */
static void assert_becomes(struct fixture *f, fires fires, const char *expected)
{
    struct minimized minimized;
    faulty.fires = fires;
    assert_true(run_minimizer(f, &minimized));
    assert_true(minimized.complete);
    assert_text(&f->program, expected);
}

static bool has(const struct el2_call *calls, size_t count, uint32_t number)
{
    size_t at = 0;
    while (at < count && calls[at].number != number) {
        at++;
    }
    return at < count;
}

static size_t count_of(const struct el2_call *calls, size_t count,
                       uint32_t number)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += calls[i].number == number;
    }
    return found;
}

static bool last_is(const struct el2_call *calls, size_t count, uint32_t number)
{
    return calls[count - 1].number == number;
}

/* After a bank was given away and the host mapped a page. */
static bool after_two_calls(const struct el2_call *calls, size_t count)
{
    return last_is(calls, count, EL2_CALL_grant_vm_page) &&
           has(calls, count, EL2_CALL_smmu_alloc_pgd) &&
           has(calls, count, EL2_CALL_map_page_host);
}

/* The three calls, with what they need to be made, are all that is left. */
static void two_calls(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 9)}});
    add(f, (struct el2_call){EL2_CALL_register_kvm, {0}});
    assert_becomes(f, after_two_calls,
                   "el2diff program 1\n"
                   "smmu_alloc_pgd bank=0 vm=0 smmu=0\n"
                   "prot_and_map_vm_s2pt vm=1 addr=0x0 desc=ram+0x1000 level=3"
                   "\n"
                   "map_page_host addr=ram+0x0\n"
                   "grant_vm_page vm=1 pfn=ram+0x1\n");
}

static void no_divergence(void **state)
{
    static struct program before;
    struct fixture *f = *state;
    struct minimized minimized;
    faulty.fires = after_two_calls;
    add_calls(f);
    f->program.call_count = STEP_SHARE;
    before = f->program;
    assert_false(run_minimizer(f, &minimized));
    assert_true(program_equal(&f->program, &before));
}

/* What comes after the divergence goes first: without that, 1000 calls that
 * cannot go by halves would be run again and again. */
static bool at_third_call(const struct el2_call *calls, size_t count)
{
    (void)calls;
    return count == 3;
}

static void tail_is_cut(void **state)
{
    struct fixture *f = *state;
    struct minimized minimized;
    faulty.fires = at_third_call;
    for (size_t i = 0; i < PROGRAM_CALL_LIMIT; i++) {
        add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + i)}});
    }
    assert_true(run_minimizer(f, &minimized));
    assert_int_equal(f->program.call_count, 3);
    assert_in_range(minimized.effort, 1, 200000);
}

/* An even number of calls before it. */
static bool after_even(const struct el2_call *calls, size_t count)
{
    return last_is(calls, count, EL2_CALL_map_page_host) && count % 2 == 1;
}

static void only_two_at_once(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_register_kvm, {0}});
    add(f, (struct el2_call){EL2_CALL_register_kvm, {0}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 9)}});
    assert_becomes(f, after_even,
                   "el2diff program 1\n"
                   "map_page_host addr=ram+0x1000\n");
}

/* A VM whose image has a size goes wrong when it is registered. */
static bool at_vm_fault_of_last(const struct el2_call *calls, size_t count)
{
    size_t vms = count_of(calls, count, EL2_CALL_register_kvm);
    return last_is(calls, count, EL2_CALL_vm_fault) && vms > 0 &&
           calls[count - 1].arguments[0] == vms;
}

/* The last VM is the first once the others are gone: each registration goes
 * with a change of all numbers. */
static void fewer_vms(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        add(f, (struct el2_call){EL2_CALL_register_kvm, {0}});
    }
    add(f, (struct el2_call){EL2_CALL_vm_fault, {3, AT(GFN), AT(PAGE), 3}});
    assert_becomes(f, at_vm_fault_of_last,
                   "el2diff program 1\n"
                   "register_kvm\n"
                   "vm_fault vm=1 addr=0x1000 desc=ram+0x1000 level=3\n");
}

/* Two calls do what the registration of a VM does alone. */
static bool after_two_or_one(const struct el2_call *calls, size_t count)
{
    return last_is(calls, count, EL2_CALL_map_page_host) &&
           (has(calls, count, EL2_CALL_register_kvm) ||
            (has(calls, count, EL2_CALL_smmu_alloc_pgd) &&
             has(calls, count, EL2_CALL_vm_poweroff)));
}

static void one_call_for_two(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_smmu_alloc_pgd, {0, 0, 0}});
    add(f, (struct el2_call){EL2_CALL_vm_poweroff, {1}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE)}});
    assert_becomes(f, after_two_or_one,
                   "el2diff program 1\n"
                   "register_kvm\n"
                   "map_page_host addr=ram+0x1000\n");
}

/* The host maps a page twice, and that page has been cleared in the name of a
 * VM, or is the ninth. */
static bool twice_after_clear(const struct el2_call *calls, size_t count)
{
    uint64_t page = calls[count - 1].arguments[0];
    size_t times = 0;
    for (size_t i = 0; i < count; i++) {
        times += calls[i].number == EL2_CALL_map_page_host &&
                 calls[i].arguments[0] == page;
    }
    return last_is(calls, count, EL2_CALL_map_page_host) && times == 2 &&
           (page == AT(PAGE + 9) || has(calls, count, EL2_CALL_clear_vm_page));
}

/* Nothing is simpler about the ninth page, but that the other call can go. */
static void operands_made_equal(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_vm_poweroff, {1}});
    add(f, (struct el2_call){EL2_CALL_clear_vm_page, {1, PAGE + 9}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 5)}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 5)}});
    assert_becomes(f, twice_after_clear,
                   "el2diff program 1\n"
                   "map_page_host addr=ram+0x19000\n"
                   "map_page_host addr=ram+0x19000\n");
}

/* A page and its neighbour, by different calls. */
static bool neighbours(const struct el2_call *calls, size_t count)
{
    const struct el2_call *last = &calls[count - 1];
    return count > 1 && last->number == EL2_CALL_map_page_host &&
           last[-1].number == EL2_CALL_prot_and_map_vm_s2pt &&
           last->arguments[0] ==
               (last[-1].arguments[2] & EL2_DESCRIPTOR_ADDRESS) + EL2_PAGE_SIZE;
}

/* Values that only together can be simpler stay together; those that nobody
 * looks at become the simplest there are. */
static void operands_move_together(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_prot_and_map_vm_s2pt,
                             {7, AT(GFN), AT(PAGE + 700) | 0x7ff, 3}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 701)}});
    assert_becomes(f, neighbours,
                   "el2diff program 1\n"
                   "prot_and_map_vm_s2pt vm=1 addr=0x0 desc=ram+0x1000 level=3"
                   "\n"
                   "map_page_host addr=ram+0x2000\n");
}

static bool at_walk(const struct el2_call *calls, size_t count)
{
    return last_is(calls, count, EL2_CALL_npt_walk);
}

/* Table primitives are made in no other run; without the entry the walk would
 * end otherwise. */
static void run_of_tables_stays(void **state)
{
    struct fixture *f = *state;
    f->program.run = EL2_RUN_TABLES;
    add(f, (struct el2_call){EL2_CALL_npt_map, {3, AT(GFN), AT(PAGE) | 3, 3}});
    add(f, (struct el2_call){EL2_CALL_npt_walk, {3, AT(GFN)}});
    assert_becomes(f, at_walk,
                   "el2diff program 1\n"
                   "run tables\n"
                   "npt_map vm=0 addr=0x0 desc=ram+0x0|0x1 level=3\n"
                   "npt_walk vm=0 addr=0x0\n");
}

/* No table ever fails on the liar. */
static void limit_nothing(struct el2_machine *machine,
                          const struct el2_table_pool *pool, uint32_t tables)
{
    (void)machine;
    (void)pool;
    (void)tables;
}

/* Tables fail a table too soon on the liar. */
static void limit_too_low(struct el2_machine *machine,
                          const struct el2_table_pool *pool, uint32_t tables)
{
    liar_limit_tables(machine, pool, tables == 0 ? 0 : tables - 1);
}

static void add_map(struct fixture *f, uint64_t gfn, uint64_t pfn)
{
    add(f, (struct el2_call){EL2_CALL_prot_and_map_vm_s2pt,
                             {1, AT(gfn), AT(pfn), 3}});
}

/* The table keeps its place in the call although calls before it go, which
 * took tables as well; then an earlier one does. */
static void failing_table_stays_in_its_call(void **state)
{
    struct fixture *f = *state;
    struct minimized minimized;
    f->liar.operations.limit_tables = limit_nothing;
    add(f, (struct el2_call){EL2_CALL_smmu_alloc_pgd, {0, 0, 0}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 1)}});
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 513)}});
    add(f, (struct el2_call){EL2_CALL_smmu_map,
                             {AT(DMA_GFN), AT(PAGE + 1), 0, 0, 0}});
    add_map(f, GFN, PAGE);
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 1)}});
    f->program.failing_table = 9; /* the last of add_map() */
    faulty.fires = never;
    assert_true(run_minimizer(f, &minimized));
    assert_true(minimized.complete);
    assert_text(&f->program,
                "el2diff program 1\n"
                "fail table 1\n"
                "prot_and_map_vm_s2pt vm=1 addr=0x0 desc=ram+0x1000 level=3\n");
}

/* A call after the divergence is needed as long as it takes the table. */
static void call_of_failing_table_stays(void **state)
{
    struct fixture *f = *state;
    struct minimized minimized;
    f->liar.operations.limit_tables = limit_too_low;
    add_map(f, GFN, PAGE);
    add(f, (struct el2_call){EL2_CALL_grant_vm_page, {1, PAGE}});
    add_map(f, GFN + 512, PAGE + 1);
    add(f, (struct el2_call){EL2_CALL_grant_vm_page, {1, PAGE}});
    f->program.failing_table = 4;
    faulty.fires = never;
    assert_true(run_minimizer(f, &minimized));
    assert_text(
        &f->program,
        "el2diff program 1\n"
        "fail table 4\n"
        "prot_and_map_vm_s2pt vm=1 addr=0x0 desc=ram+0x1000 level=3\n"
        "prot_and_map_vm_s2pt vm=1 addr=0x200000 desc=ram+0x2000 level=3\n");
}

/* A table that has nothing to do with it is not made to fail. */
static void failing_table_goes(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE) + (1 << 30)}});
    f->program.failing_table = 9;
    assert_becomes(
        f, after_two_calls,
        "el2diff program 1\n"
        "smmu_alloc_pgd bank=0 vm=0 smmu=0\n"
        "prot_and_map_vm_s2pt vm=1 addr=0x0 desc=ram+0x1000 level=3\n"
        "map_page_host addr=ram+0x0\n"
        "grant_vm_page vm=1 pfn=ram+0x1\n");
}

static void never_called(void *context, const struct lockstep_call *call)
{
    (void)context;
    (void)call;
    fail();
}

static void lockstep_is_left_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct minimized minimized;
    int context;
    faulty.fires = after_two_calls;
    add_calls(f);
    f->lockstep.before = never_called;
    f->lockstep.after = never_called;
    f->lockstep.watch_context = &context;
    f->lockstep.end_comparison_period = 7;
    assert_true(run_minimizer(f, &minimized));
    assert_ptr_equal(f->lockstep.before, never_called);
    assert_ptr_equal(f->lockstep.after, never_called);
    assert_ptr_equal(f->lockstep.watch_context, &context);
    assert_int_equal(f->lockstep.end_comparison_period, 7);
}

/* What is given up is said, and what is left still diverges. */
static void effort_is_limited(void **state)
{
    static struct minimizer_room room;
    struct fixture *f = *state;
    struct minimized minimized;
    struct divergence divergence;
    faulty.fires = after_two_calls;
    for (uint64_t i = 0; i < 30; i++) {
        add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE + 9 + i)}});
    }
    add_calls(f);
    assert_true(minimize(&f->lockstep, &f->program, 100, &room, &minimized));
    assert_false(minimized.complete);
    assert_in_range(minimized.effort, 100, 200);
    assert_int_equal(lockstep_run(&f->lockstep, &f->program, &divergence),
                     LOCKSTEP_DIVERGED);
}

/* Two calls in order, then one at which the machine goes wrong. */
static uint32_t first_number;
static uint32_t second_number;
static uint32_t last_number;

static bool after_random_calls(const struct el2_call *calls, size_t count)
{
    size_t first = 0;
    while (first < count && calls[first].number != first_number) {
        first++;
    }
    return last_is(calls, count, last_number) && first + 1 < count &&
           has(&calls[first + 1], count - first - 1, second_number);
}

/* Up to 60 random calls, none of which panics or is skipped. */
static void draw_program(struct fixture *f, struct guide *guide, uint64_t *seed)
{
    struct program *program = &f->program;
    size_t length = 3 + draw(seed) % 58;
    program->run = one_in(seed, 8) ? EL2_RUN_TABLES : EL2_RUN_CONTRACTS;
    program->call_count = 0;
    guide_begin(guide);
    for (size_t i = 0; i < length; i++) {
        add(f, random_call(seed, program->run));
        enum guide_verdict verdict =
            guide_try(guide, program->run, &program->calls[i]);
        if (verdict == GUIDE_PANICS || verdict == GUIDE_SKIPPED) {
            program->call_count--;
            i--;
        }
    }
}

static void draw_fault(const struct program *program, uint64_t *seed)
{
    size_t last = 2 + draw(seed) % (program->call_count - 2);
    size_t second = 1 + draw(seed) % (last - 1);
    first_number = program->calls[draw(seed) % second].number;
    second_number = program->calls[second].number;
    last_number = program->calls[last].number;
}

static void check_minimized(struct fixture *f, const char *signature,
                            const struct minimized *minimized)
{
    char actual[DIVERGENCE_SIGNATURE_SIZE];
    assert_true(minimized->complete);
    signature_of(&minimized->divergence, actual);
    assert_string_equal(actual, signature);
    run_for_signature(f, &f->program, actual);
    assert_string_equal(actual, signature);
    assert_needs_each_call(f, signature);
}

/* The program and what it became become the same once more. */
static void check_again(struct fixture *f, const struct program *before,
                        const struct minimized *minimized)
{
    static struct program once;
    struct minimized again;
    once = f->program;
    assert_true(run_minimizer(f, &again));
    assert_true(program_equal(&f->program, &once));
    f->program = *before;
    assert_true(run_minimizer(f, &again));
    assert_true(program_equal(&f->program, &once));
    assert_int_equal(again.runs, minimized->runs);
}

/* Least, the same again, with the same signature, and all that in the end. */
static void random_programs(void **state)
{
    static struct program before;
    struct fixture *f = *state;
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    struct minimized minimized;
    uint64_t seed = 1;
    size_t diverged = 0;
    const char *why;
    struct guide guide;
    assert_true(guide_create(&guide, &f->platform, &why));
    faulty.fires = after_random_calls;
    for (int i = 0; i < 1000; i++) {
        draw_program(f, &guide, &seed);
        draw_fault(&f->program, &seed);
        if (one_in(&seed, 8)) {
            last_number = EL2_CALL_NUMBER_LIMIT; /* no call has it */
        }
        before = f->program;
        run_for_signature(f, &before, signature);
        bool diverges = run_minimizer(f, &minimized);
        assert_int_equal(diverges, signature[0] != '\0');
        if (diverges) {
            diverged++;
            check_minimized(f, signature, &minimized);
            if (diverged % 16 == 0) {
                check_again(f, &before, &minimized);
            }
        } else {
            assert_true(program_equal(&f->program, &before));
        }
    }
    guide_destroy(&guide);
    assert_in_range(diverged, 700, 950);
}

#define WITH_FAULT(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up_faulty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAULT(two_calls),
        WITH_FAULT(no_divergence),
        WITH_FAULT(tail_is_cut),
        WITH_FAULT(only_two_at_once),
        WITH_FAULT(fewer_vms),
        WITH_FAULT(one_call_for_two),
        WITH_FAULT(operands_made_equal),
        WITH_FAULT(operands_move_together),
        WITH_FAULT(run_of_tables_stays),
        WITH_FAULT(lockstep_is_left_as_it_was),
        WITH_FAULT(failing_table_stays_in_its_call),
        WITH_FAULT(lockstep_is_left_as_it_was),
        WITH_FAULT(call_of_failing_table_stays),
        WITH_FAULT(lockstep_is_left_as_it_was),
        WITH_FAULT(failing_table_goes),
        WITH_FAULT(lockstep_is_left_as_it_was),
        WITH_FAULT(effort_is_limited),
        WITH_FAULT(random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
