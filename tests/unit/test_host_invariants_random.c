/*
 * The verdict on what a step changed is the verdict on the whole state: random
 * changes of records, entries, owners and states, each judged both ways. A
 * change that breaks something is taken back, as a step of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hand_board.h"
#include "tests/unit/random_calls.h"

enum {
    VMIDS = 3, /* the host and two VMs */
    BANKS = 3,
    CHANGES = 20000,
    CHANGES_PER_PROGRAM = 400,
    INVARIANTS = 10
};

/* Entries are at these pages only: the host's blocks, which hold all guest and
 * iova pages that are drawn, and the iova pages of the same. */
#define FIRST_PAGE HOST_PAGE
#define LAST_PAGE  (HOST_PAGE + 1024)

static const char *const names[INVARIANTS] = {
    "spt_cons", "host_npt_cons",  "host_flatmap", "host_s2_map",
    "host_iso", "page_0_invalid", "vm_iso",       "smmu_vm",
    "smmu_iso", "smmu_count"};

/* Section 7 from scratch: every entry of every table, every page. */
struct scratch {
    const struct hand_board *board;
    uint32_t broken; /* bit n: names[n] */
    uint32_t host_dma[LAST_PAGE];
};

static void note_broken(struct scratch *s, const char *name)
{
    for (uint32_t n = 0; n < INVARIANTS; n++) {
        if (strcmp(names[n], name) == 0) {
            s->broken |= UINT32_C(1) << n;
        }
    }
}

/* A page that an entry covers and how far it is from the entry's first. */
struct found {
    struct mmu_walk walk;
    uint64_t gfn;
    struct el2_record page;
    bool is_consistent;
};

static bool find(const struct hand_board *b, bool is_bank, uint32_t id,
                 uint64_t gfn, struct found *found)
{
    struct mmu_walk walk = walk_entry(b, is_bank, id, gfn);
    if (!walk.valid) {
        return false;
    }
    uint64_t covered = UINT64_C(1) << 9 * (3 - walk.level);
    uint64_t pfn = walk.output / EL2_PAGE_SIZE;
    uint64_t named = (walk.descriptor & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
    *found = (struct found){walk, gfn, el2_record_of_page(&b->el2, pfn),
                            pfn == named + gfn % covered};
    return true;
}

static bool vm_answers(const struct hand_board *b, uint32_t v)
{
    return v > 0 && v < CORE_VMID && b->el2.vm_state[v] <= EL2_VM_VERIFIED;
}

static void judge_npt(struct scratch *s, uint32_t v, uint64_t gfn)
{
    struct found found;
    if (!find(s->board, false, v, gfn, &found)) {
        return;
    }
    const struct el2_record *page = &found.page;
    bool is_own = page->owner == v || page->owner == EL2_INVALID;
    if (v != EL2_HOSTVISOR) {
        if (vm_answers(s->board, v) && !is_own) {
            note_broken(s, "vm_iso");
        }
        return;
    }
    if (!found.is_consistent) {
        note_broken(s, "host_npt_cons");
    }
    if (page->pfn != gfn) {
        note_broken(s, "host_flatmap");
    }
    if (!is_own && (page->count == 0 || page->count == EL2_INVALID)) {
        note_broken(s, "host_iso");
    }
}

static void judge_spt(struct scratch *s, uint32_t bank, uint64_t gfn)
{
    struct found found;
    if (!find(s->board, true, bank, gfn, &found)) {
        return;
    }
    uint32_t owner = s->board->el2.bank_owner[bank];
    const struct el2_record *page = &found.page;
    if (!found.is_consistent) {
        note_broken(s, "spt_cons");
    }
    if ((owner == EL2_HOSTVISOR || vm_answers(s->board, owner)) &&
        (page->owner != owner || page->gfn != gfn)) {
        note_broken(s, "smmu_iso");
    }
    if (owner == EL2_HOSTVISOR && page->pfn < LAST_PAGE) {
        s->host_dma[page->pfn]++;
    }
}

static void judge_record(struct scratch *s, uint64_t pfn)
{
    struct el2_record page = el2_record_of_page(&s->board->el2, pfn);
    if (page.owner != EL2_HOSTVISOR) {
        return;
    }
    if (page.gfn != pfn + HOST_OFFSET) {
        note_broken(s, "host_s2_map");
    }
    if (page.count < s->host_dma[pfn]) {
        note_broken(s, "smmu_count");
    }
}

static uint32_t judge_all(const struct hand_board *b)
{
    static struct scratch s;
    s = (struct scratch){.board = b};
    for (uint64_t gfn = FIRST_PAGE; gfn < LAST_PAGE; gfn++) {
        for (uint32_t v = 0; v < VMIDS; v++) {
            judge_npt(&s, v, gfn);
        }
        for (uint32_t bank = 0; bank < BANKS; bank++) {
            judge_spt(&s, bank, gfn);
            judge_spt(&s, bank, gfn + HOST_OFFSET);
        }
    }
    for (uint64_t pfn = FIRST_PAGE; pfn < LAST_PAGE; pfn++) {
        judge_record(&s, pfn);
    }
    for (uint32_t bank = 0; bank < BANKS; bank++) {
        uint32_t owner = b->el2.bank_owner[bank];
        if (owner != EL2_INVALID && owner >= CORE_VMID) {
            note_broken(&s, "smmu_vm");
        }
    }
    return s.broken;
}

/*
 * Entries that were stored while a table was out of use come back with it, and
 * nobody tells them: the index tells what a table holds when it learns it, and
 * this one it knows. Tell all that can be there.
 */
static void tell_linked(struct hand_board *b)
{
    const struct physical *memory = &b->host.memory;
    bool linked = false;
    for (size_t i = b->step_log; i < memory->log_length; i++) {
        uint64_t address = memory->log[i].address;
        uint64_t word = physical_load(memory, address);
        linked |= address >= b->el2.npt_memory &&
                  (word & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_TABLE &&
                  (word & EL2_DESCRIPTOR_ADDRESS) >= b->el2.memory_end;
    }
    for (uint64_t n = 0; linked && n < 6; n++) {
        uint64_t gfn = HOST_PAGE + n % 3 + n / 3 * 512;
        for (uint32_t id = 0; id < VMIDS; id++) {
            tell(b, npt_of(id, gfn));
            tell(b, spt_of(id, gfn));
            tell(b, spt_of(id, gfn + HOST_OFFSET));
        }
    }
}

static bool step_verdict(struct hand_board *b)
{
    tell_linked(b);
    return verdict(b);
}

/* Few of them, so that changes meet. */
static uint64_t some_page(uint64_t *seed)
{
    return HOST_PAGE + draw(seed) % 3 + (one_in(seed, 4) ? 512 : 0);
}

static uint64_t some_target(uint64_t *seed, uint64_t page)
{
    static const uint64_t rare[] = {DEVICE_PAGE, EL2_PAGE, 0};
    return one_in(seed, 2)   ? page
           : one_in(seed, 8) ? rare[draw(seed) % 3]
                             : some_page(seed);
}

static void change_record(struct hand_board *b, uint64_t *seed)
{
    static const uint32_t counts[] = {0, 1, 2, EL2_INVALID};
    uint64_t pfn = some_page(seed);
    uint64_t gfn = one_in(seed, 2) ? pfn : some_page(seed);
    if (one_in(seed, 2)) {
        put_host_record(b, pfn, (uint32_t)draw(seed) % 3);
    } else {
        put_record(b, pfn,
                   one_in(seed, 16) ? EL2_INVALID : (uint32_t)draw(seed) % 3,
                   counts[draw(seed) % 4], gfn);
    }
}

static void change_npt(struct hand_board *b, uint64_t *seed)
{
    static const uint64_t none[] = {0, EL2_S2_TAKEN, AT(HOST_PAGE) | 1};
    uint32_t v = (uint32_t)draw(seed) % VMIDS;
    uint64_t gfn = some_page(seed);
    if (one_in(seed, 3)) {
        put_entry(b, false, v, gfn, 3, none[draw(seed) % 3]);
    } else {
        put_npt(b, v, gfn, some_target(seed, gfn));
    }
}

static void change_block(struct hand_board *b, uint64_t *seed)
{
    uint32_t v = (uint32_t)draw(seed) % VMIDS;
    uint64_t gfn = HOST_PAGE + 512 * (draw(seed) % 2);
    if (one_in(seed, 2)) {
        put_entry(b, false, v, gfn, 2, 0);
    } else {
        put_block(b, v, gfn,
                  one_in(seed, 8) ? some_page(seed)
                                  : gfn + (one_in(seed, 4) ? 1024 : 0));
    }
}

static void change_spt(struct hand_board *b, uint64_t *seed)
{
    uint32_t bank = (uint32_t)draw(seed) % BANKS;
    uint64_t pfn = some_page(seed);
    uint64_t gfn = one_in(seed, 2) ? pfn : pfn + HOST_OFFSET;
    switch (draw(seed) % 8) {
    case 0:
        clear_bank(b, bank);
        break;
    case 1:
        put_spt_block(b, bank, gfn, one_in(seed, 2) ? pfn : HOST_PAGE);
        break;
    case 2:
    case 3:
        put_entry(b, true, bank, gfn, 3, 0);
        break;
    default:
        put_spt(b, bank, gfn, some_target(seed, pfn));
        break;
    }
}

static void change_variable(struct hand_board *b, uint64_t *seed)
{
    static const uint32_t owners[] = {EL2_INVALID, EL2_INVALID, 0,        0,
                                      1,           2,           CORE_VMID};
    static const uint32_t states[] = {EL2_VM_UNUSED, EL2_VM_READY,
                                      EL2_VM_VERIFIED, EL2_VM_POWEROFF};
    if (one_in(seed, 2)) {
        put_owner(b, (uint32_t)draw(seed) % BANKS, owners[draw(seed) % 7]);
    } else {
        put_state(b, 1 + (uint32_t)draw(seed) % 2, states[draw(seed) % 4]);
    }
}

static void change(struct hand_board *b, uint64_t *seed)
{
    void (*const changes[])(struct hand_board *, uint64_t *) = {
        change_record, change_record, change_npt,
        change_spt,    change_block,  change_variable};
    do {
        changes[draw(seed) % 6](b, seed);
    } while (one_in(seed, 4));
}

/* Back to `before`, whose stores end at `log`. */
static void take_back(struct hand_board *b, const struct el2 *before,
                      size_t log)
{
    const struct physical *memory = &b->host.memory;
    for (size_t i = b->step_log; i-- > log;) {
        put_word(b, memory->log[i].address, memory->log[i].before);
    }
    for (uint32_t bank = 0; bank < BANKS; bank++) {
        put_owner(b, bank, before->bank_owner[bank]);
    }
    for (uint32_t v = 0; v < VMIDS; v++) {
        put_state(b, v, before->vm_state[v]);
    }
}

static uint32_t bit_of(const char *name)
{
    for (uint32_t n = 0; n < INVARIANTS; n++) {
        if (strcmp(names[n], name) == 0) {
            return n;
        }
    }
    fail_msg("no invariant is called %s", name);
    return 0;
}

static void step_and_whole_state_agree(void **state)
{
    (void)state;
    struct hand_board *b = create_hand_board();
    uint64_t seed = 0x5eed;
    uint32_t holds = 0;
    uint32_t times[INVARIANTS] = {0};
    for (uint32_t i = 0; i < CHANGES; i++) {
        if (i % CHANGES_PER_PROGRAM == 0) {
            reset_hand_board(b);
        }
        const struct el2 before = b->el2;
        size_t log = b->host.memory.log_length;
        change(b, &seed);
        bool step_holds = step_verdict(b);
        uint32_t broken = judge_all(b);
        if (step_holds != (broken == 0)) {
            fail_msg("change %u: the step %s, but of the whole state %#x is "
                     "broken",
                     i,
                     step_holds ? "holds"
                                : el2_invariant_names[b->violation.invariant],
                     broken);
        }
        if (step_holds) {
            holds++;
            continue;
        }
        uint32_t n = bit_of(el2_invariant_names[b->violation.invariant]);
        assert_true(broken >> n & 1);
        times[n]++;
        take_back(b, &before, log);
        assert_true(step_verdict(b));
        assert_int_equal(judge_all(b), 0);
    }
    assert_true(holds > CHANGES / 4);
    for (uint32_t n = 0; n < INVARIANTS; n++) {
        if (strcmp(names[n], "page_0_invalid") != 0) {
            print_message("%s: %u times\n", names[n], times[n]);
            assert_true(times[n] > 20);
        }
    }
    destroy_hand_board(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_and_whole_state_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
