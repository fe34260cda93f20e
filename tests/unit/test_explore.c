/*
 * Exploration: what a domain stands for, that every state is found and none
 * twice, that workers, folding and interruptions change nothing, and that what
 * differs or dies is told with the way there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "explore/domain.h"
#include "explore/expansion.h"
#include "explore/explore.h"
#include "explore/renaming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY (UINT64_C(64) << 20)

static struct program domain;
static struct paired_machines pair;
static struct exploration exploration;

static void parse(const char *text)
{
    struct program_error error;
    if (!domain_parse(text, strlen(text), &domain, &error)) {
        fail_msg("line %zu: %s", error.line, error.message);
    }
}

static void boot(const char *target)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = "no reason";
    assert_true(platform_load("explore-pages", &platform, why, sizeof why));
    assert_true(pairing_boot(pairing_find(target), &platform, &pair, &reason));
}

static enum explore_end run(size_t depth, size_t workers, bool folds,
                            const char *state_file)
{
    exploration.pair = &pair;
    exploration.domain = &domain;
    exploration.folds = folds;
    exploration.depth_limit = depth;
    exploration.memory = MEMORY;
    exploration.workers = workers;
    exploration.state_file = state_file;
    memset(&exploration.counts, 0, sizeof exploration.counts);
    return explore(&exploration);
}

/* Of the built-in pages, on the specification and the EL2 code. */
static int set_up(void **state)
{
    (void)state;
    memset(&exploration, 0, sizeof exploration);
    parse(known_domain_find("pages")->text);
    boot("fuzz_pages");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pairing_shut_down(&pair);
    return 0;
}

static void choices(void **state)
{
    char text[PROGRAM_CALL_TEXT_LIMIT];
    (void)state;
    parse("el2diff program 1\n"
          "register_kvm # {not, a, choice}\n"
          "grant_vm_page vm={1,2} pfn={ram+0x0,0x7}\n");
    assert_int_equal(domain.call_count, 5);
    program_print_call(&domain.calls[1], text, sizeof text);
    assert_string_equal(text, "grant_vm_page vm=1 pfn=ram+0x0");
    program_print_call(&domain.calls[2], text, sizeof text);
    assert_string_equal(text, "grant_vm_page vm=1 pfn=0x7");
    program_print_call(&domain.calls[4], text, sizeof text);
    assert_string_equal(text, "grant_vm_page vm=2 pfn=0x7");
}

static void assert_refused(const char *text, size_t line)
{
    struct program_error error;
    assert_false(domain_parse(text, strlen(text), &domain, &error));
    assert_int_equal(error.line, line);
    assert_true(error.message[0] != '\0');
}

static void bad_choices(void **state)
{
    (void)state;
    assert_refused("el2diff program 1\nvm_poweroff vm={1,2\n", 2);
    assert_refused("el2diff program 1\nvm_poweroff vm=}1{\n", 2);
    assert_refused("el2diff program 1\n\nvm_poweroff vm={1,zwei}\n", 3);
    assert_refused("el2diff program 1\nregister_kvm\nvm_poweroff vm={1,{2}}\n",
                   3);
    assert_refused("el2diff program 1\n"
                   "smmu_map iova={1,2,3,4} pa={1,2,3,4} prot={1,2,3,4} "
                   "bank={1,2,3,4} smmu={1,2,3,4,5,6}\n",
                   2);
}

/* Everything that counts of a state of explore-pages, looked at. */
struct looked_at {
    struct el2_value values[64];
};

static void look(struct el2_machine *machine, struct looked_at *looked)
{
    const uint64_t page = el2_platform_ram_pfn(&pair.platform, 0);
    el2_cell cells[64];
    size_t count = 0;
    memset(looked, 0, sizeof *looked);
    for (uint64_t i = 0; i < 3; i++) {
        cells[count++] = el2_cell_make(EL2_CELL_PAGE, 0, page + i);
        cells[count++] = el2_cell_make(EL2_CELL_NPT, 0, page + i);
        cells[count++] = el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, page + i);
        cells[count++] = el2_cell_make(
            EL2_CELL_SPT, 0, page + i + pair.platform.smmu_host_offset);
    }
    for (uint64_t v = 1; v <= 2; v++) {
        cells[count++] = el2_cell_make(EL2_CELL_VM_STATE, v, 0);
        cells[count++] = el2_cell_make(EL2_CELL_NPT, v, 0x10);
    }
    cells[count++] = el2_cell_make(EL2_CELL_SPT, 0, 0x10);
    cells[count++] = el2_cell_make(EL2_CELL_BANK, 0, 0);
    cells[count++] = el2_cell_make(EL2_CELL_CORE, 0, 0);
    for (size_t i = 0; i < count; i++) {
        looked->values[i] = machine->operations->observe(machine, cells[i]);
    }
}

#define STATES 20000

static struct looked_at seen[STATES];
static size_t seen_count;

static void note_state(struct el2_machine *machine)
{
    struct looked_at looked;
    look(machine, &looked);
    for (size_t i = 0; i < seen_count; i++) {
        if (memcmp(&seen[i], &looked, sizeof looked) == 0) {
            return;
        }
    }
    assert_true(seen_count < STATES);
    seen[seen_count++] = looked;
}

/* Every program of so many calls, one by one. */
static void walk(struct el2_machine *machine, size_t depth)
{
    note_state(machine);
    for (size_t i = 0; depth > 0 && i < domain.call_count; i++) {
        struct el2_call call;
        struct el2_step step;
        program_resolve(&domain.calls[i], &pair.platform, &call);
        if (!machine->operations->admits(machine, domain.run, &call)) {
            continue;
        }
        size_t position = machine->operations->position(machine);
        machine->operations->step(machine, &call, &step);
        if (!step.panicked) {
            walk(machine, depth - 1);
        }
        machine->operations->rewind(machine, position);
    }
}

static void every_state_once(void **state)
{
    (void)state;
    struct el2_machine *machine = pair.lockstep.specification;
    machine->operations->reset(machine);
    seen_count = 0;
    walk(machine, 3);
    assert_int_equal(run(3, 1, false, NULL), EXPLORE_DEPTH_REACHED);
    assert_int_equal(exploration.counts.states, seen_count);
}

static void workers_change_nothing(void **state)
{
    static struct exploration_counts one;
    (void)state;
    assert_int_equal(run(4, 1, true, NULL), EXPLORE_DEPTH_REACHED);
    one = exploration.counts;
    for (size_t workers = 2; workers < 5; workers++) {
        assert_int_equal(run(4, workers, true, NULL), EXPLORE_DEPTH_REACHED);
        assert_memory_equal(&one, &exploration.counts, sizeof one);
    }
}

/* Two VMs and three pages have 12 renamings; nothing is folded that no renaming
 * explains, and what is folded is as deep and ends as all. */
static void folding(void **state)
{
    static struct exploration_counts folded;
    (void)state;
    run(4, 2, true, NULL);
    folded = exploration.counts;
    run(4, 2, false, NULL);
    assert_in_range(exploration.counts.states, folded.states + 1,
                    12 * folded.states);
    for (size_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        for (size_t i = 0; i < EL2_OUTCOME_COUNT; i++) {
            assert_int_equal(exploration.counts.ends[number][i] == 0,
                             folded.ends[number][i] == 0);
        }
    }
}

/* The states of a walk, told apart by their hash or by their folded hash. */
struct walk {
    bool folds;
    size_t count;
    size_t from; /* the state whose calls are being made */
    struct found_state states[10000];
};

static struct renamings renamings;

static uint64_t name_of(const struct walk *walk, const struct state_hash *hash)
{
    return walk->folds ? state_hash_fold(&renamings, hash)
                       : hash->by_renaming[0];
}

/* Which state of the walk has that name; walk->count when none has. */
static size_t find_state(const struct walk *walk, uint64_t name)
{
    size_t i = 0;
    while (i < walk->count && name_of(walk, &walk->states[i].hash) != name) {
        i++;
    }
    return i;
}

static void ignore_begin(void *context, size_t call)
{
    (void)context;
    (void)call;
}

static void ignore_step(void *context, size_t call, const struct el2_step *step)
{
    (void)context;
    (void)call;
    (void)step;
}

static bool know_nothing(void *context, uint64_t exact)
{
    (void)context;
    (void)exact;
    return false;
}

static void add_state(void *context, size_t call, const struct state_hash *hash)
{
    struct walk *walk = context;
    if (find_state(walk, name_of(walk, hash)) < walk->count) {
        return;
    }
    assert_in_range(walk->count, 1,
                    sizeof walk->states / sizeof walk->states[0] - 1);
    struct found_state *state = &walk->states[walk->count++];
    *state = (struct found_state){walk->states[walk->from].path, *hash};
    state->path.calls[state->path.length++] = (uint16_t)call;
}

static void walk_to(size_t depth, struct walk *walk)
{
    static struct el2_call calls[PROGRAM_CALL_LIMIT];
    struct divergence divergence;
    size_t call;
    program_resolve_all(&domain, &pair.platform, calls);
    renamings_create(&renamings, &pair.platform, calls, domain.call_count,
                     true);
    struct expansion expansion = {
        .lockstep = &pair.lockstep,
        .renamings = &renamings,
        .run = domain.run,
        .calls = calls,
        .call_count = domain.call_count,
        .listener = {walk, ignore_begin, ignore_step, know_nothing, add_state},
    };
    assert_true(expansion_create(&expansion));
    walk->states[0] = (struct found_state){.path = {.length = 0}};
    walk->count = 1;
    for (walk->from = 0; walk->from < walk->count; walk->from++) {
        const struct found_state *state = &walk->states[walk->from];
        if (state->path.length < depth) {
            assert_int_equal(
                expansion_run(&expansion, state, &call, &divergence),
                EXPANSION_DONE);
        }
    }
    expansion_destroy(&expansion);
}

/* Every state is, by other names, one that is found with folding too, and none
 * of these stands for more states than there are names. */
static void folding_loses_no_state(void **state)
{
    static struct walk folded = {.folds = true};
    static struct walk all;
    static size_t stands_for[sizeof folded.states / sizeof folded.states[0]];
    (void)state;
    walk_to(4, &folded);
    walk_to(4, &all);
    assert_int_equal(renamings.count, 12);
    assert_in_range(all.count, folded.count + 1, 12 * folded.count);
    for (size_t i = 0; i < all.count; i++) {
        uint64_t name = state_hash_fold(&renamings, &all.states[i].hash);
        size_t at = find_state(&folded, name);
        assert_in_range(at, 0, folded.count - 1);
        stands_for[at]++;
        assert_in_range(stands_for[at], 1, 12);
    }
}

/* A domain that speaks of one page only has no other name for it. */
static void lopsided_domain(void **state)
{
    uint64_t states;
    (void)state;
    parse("el2diff program 1\n"
          "register_kvm\n"
          "assign_pfn_to_vm vm=1 gfn=0x10 pfn={ram+0x0,ram+0x2}\n"
          "map_page_host addr={ram+0x0,ram+0x1000}\n");
    run(6, 1, true, NULL);
    states = exploration.counts.states;
    run(6, 1, false, NULL);
    assert_int_equal(exploration.counts.states, states);
}

static volatile bool interrupted;
static unsigned batches_left;

static void count_down(void *context, const struct exploration_counts *counts,
                       double seconds)
{
    (void)context;
    (void)counts;
    (void)seconds;
    interrupted = --batches_left == 0;
}

static void interruption(void **state)
{
    static struct exploration_counts whole;
    char path[] = "/tmp/el2diff-explore-XXXXXX";
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    close(file);
    remove(path);
    run(5, 2, true, NULL);
    whole = exploration.counts;
    unsigned interruptions = 0;
    exploration.interrupted = &interrupted;
    exploration.progress = count_down;
    do {
        batches_left = 10;
        interrupted = false;
        interruptions++;
    } while (run(5, 2, true, path) == EXPLORE_INTERRUPTED);
    assert_in_range(interruptions, 3, 100);
    assert_true(exploration.resumed);
    assert_memory_equal(&whole, &exploration.counts, sizeof whole);
    remove(path);
}

static void foreign_state_file(void **state)
{
    char path[] = "/tmp/el2diff-explore-XXXXXX";
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    assert_int_equal(write(file, "something else", 14), 14);
    close(file);
    assert_int_equal(run(3, 1, true, path), EXPLORE_FAILED);
    assert_non_null(strstr(exploration.why, "no exploration"));
    remove(path);
    assert_int_equal(run(3, 1, true, path), EXPLORE_DEPTH_REACHED);
    assert_int_equal(run(3, 1, false, path), EXPLORE_FAILED);
    assert_non_null(strstr(exploration.why, "another folding"));
    remove(path);
}

static void full_memory(void **state)
{
    (void)state;
    exploration.memory = 1;
    exploration.pair = &pair;
    exploration.domain = &domain;
    exploration.depth_limit = 4;
    exploration.workers = 1;
    assert_int_equal(explore(&exploration), EXPLORE_MEMORY_FULL);
}

/* The published texts disagree; the first disagreement is the least. */
static void divergence(void **state)
{
    static struct program program;
    struct divergence found;
    (void)state;
    pairing_shut_down(&pair);
    boot("fuzz_published");
    assert_int_equal(run(10, 2, true, NULL), EXPLORE_DIVERGED);
    program = domain;
    program.call_count = 0;
    for (size_t i = 0; i < exploration.path.length; i++) {
        program.calls[program.call_count++] =
            domain.calls[exploration.path.calls[i]];
    }
    assert_int_equal(lockstep_run(&pair.lockstep, &program, &found),
                     LOCKSTEP_SAME);
    program.calls[program.call_count++] = domain.calls[exploration.call];
    assert_int_equal(lockstep_run(&pair.lockstep, &program, &found),
                     LOCKSTEP_DIVERGED);
    assert_int_equal(found.step, exploration.path.length);
}

static void (*honest_step)(struct el2_machine *machine,
                           const struct el2_call *call, struct el2_step *step);

static void die_of_grant(struct el2_machine *machine,
                         const struct el2_call *call, struct el2_step *step)
{
    if (call->number == EL2_CALL_grant_vm_page) {
        abort();
    }
    honest_step(machine, call, step);
}

static void crash(void **state)
{
    static struct el2_machine_operations operations;
    (void)state;
    operations = *pair.lockstep.other->operations;
    honest_step = operations.step;
    operations.step = die_of_grant;
    pair.lockstep.other->operations = &operations;
    assert_int_equal(run(10, 2, true, NULL), EXPLORE_CRASHED);
    assert_int_equal(domain.calls[exploration.call].number,
                     EL2_CALL_grant_vm_page);
    assert_int_equal(exploration.path.length, 0);
}

/* A machine that cannot go back by itself is led there again. */
static void without_going_back(void **state)
{
    static struct el2_machine_operations operations;
    static struct exploration_counts with;
    (void)state;
    run(3, 1, true, NULL);
    with = exploration.counts;
    operations = *pair.lockstep.other->operations;
    operations.keep = NULL;
    operations.go_back = NULL;
    pair.lockstep.other->operations = &operations;
    assert_int_equal(run(3, 1, true, NULL), EXPLORE_DEPTH_REACHED);
    assert_memory_equal(&with, &exploration.counts, sizeof with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices),
        cmocka_unit_test(bad_choices),
        cmocka_unit_test_setup_teardown(every_state_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(workers_change_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(folding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folding_loses_no_state, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lopsided_domain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(interruption, set_up, tear_down),
        cmocka_unit_test_setup_teardown(foreign_state_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(divergence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(crash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_going_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
