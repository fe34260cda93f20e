/* Calls at a limit: found where they are, and only there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/limits.h"
#include "fuzz/operand_draw.h"

#include <string.h>

#define ROUNDS 400

static struct guide guide;
static struct program program;

static int set_up(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    (void)state;
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    assert_true(guide_create(&guide, &platform, &reason));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guide_destroy(&guide);
    return 0;
}

/* Begin with these calls, all of which change something. */
static void begin(const char *text)
{
    struct program_error error;
    assert_true(program_parse(text, strlen(text), &program, &error));
    assert_int_equal(guide_follow(&guide, &program), program.call_count);
}

/* The same call with one of its operands further by so much. */
static struct guide_ending ending_beside(const struct program_call *call,
                                         uint32_t argument, uint64_t distance)
{
    struct program_call beside = *call;
    struct operand *operand = &beside.operands[argument];
    *operand = operand_make(el2_calls[call->number].arguments[argument].kind,
                            operand->base, operand->value + distance);
    return guide_probe(&guide, program.run, &beside);
}

/* Which operand of the call has changed; the number of operands for none. */
static uint32_t changed_operand(const struct program_call *before,
                                const struct program_call *after)
{
    uint32_t i = 0;
    uint32_t count = el2_calls[before->number].argument_count;
    while (i < count && before->operands[i].value == after->operands[i].value) {
        i++;
    }
    return i;
}

/* Whichever operand is moved: next to where it is now the call ends
 * otherwise. Some operand of some seed must be. */
static void check_approaches(const char *text)
{
    unsigned moved = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        begin(text);
        struct random random = random_from(seed);
        size_t position = guide_position(&guide);
        struct program_call call = program.calls[program.call_count - 1];
        const struct program_call before = call;
        guide_undo(&guide);
        limits_approach(&random, &guide, program.run, &call);
        uint32_t i = changed_operand(&before, &call);
        if (i == el2_calls[call.number].argument_count) {
            continue;
        }
        moved++;
        struct guide_ending here = ending_beside(&call, i, 0);
        struct guide_ending above = ending_beside(&call, i, 1);
        struct guide_ending below = ending_beside(&call, i, UINT64_MAX);
        assert_false(guide_same_ending(&here, &above) &&
                     guide_same_ending(&here, &below));
        assert_true(guide_position(&guide) <= position);
    }
    assert_in_range(moved, ROUNDS / 4, ROUNDS);
}

static void approaches_limits(void **state)
{
    (void)state;
    check_approaches("el2diff program 1\n"
                     "register_kvm\n"
                     "vm_fault vm=1 addr=0x40000000 desc=ram+0x1000|0x7ff "
                     "level=3\n");
    check_approaches("el2diff program 1\n"
                     "register_kvm\n"
                     "set_boot_info vm=1 load_addr=0x40000000 size=0x3000\n");
    check_approaches("el2diff program 1\n"
                     "smmu_alloc_pgd bank=1 vm=0 smmu=0\n");
}

/* Append the last call once more as often as it can be made. */
static bool exhaust(const char *text, uint32_t seed)
{
    begin(text);
    struct random random = random_from(seed);
    struct program_call call = program.calls[--program.call_count];
    guide_undo(&guide);
    return limits_exhaust(&random, &guide, &program, &call);
}

/* A page is shared a hundred times, and once more in vain, if the page stays
 * the same one. */
static void shares_are_used_up(void **state)
{
    (void)state;
    unsigned used_up = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        bool goes_on = exhaust("el2diff program 1\n"
                               "register_kvm\n"
                               "assign_pfn_to_vm vm=1 gfn=0x100 pfn=ram+0x10\n"
                               "grant_vm_page vm=1 pfn=ram+0x10\n",
                               seed);
        assert_true(goes_on);
        assert_in_range(program.call_count, 3, 2 + 103);
        if (program.call_count == 2 + 101) {
            assert_int_equal(guide.step.outcome, EL2_OUTCOME_SHARE_LIMIT);
            used_up++;
        }
    }
    assert_in_range(used_up, ROUNDS / 8, ROUNDS);
}

/* So are vmids, and that panics. */
static void vmids_are_used_up(void **state)
{
    (void)state;
    assert_false(exhaust("el2diff program 1\nregister_kvm\n", 1));
    assert_int_equal(guide.step.outcome, EL2_OUTCOME_PANIC_NO_VMID_LEFT);
    assert_int_equal(program.call_count, guide.platform.core_vmid);
}

/* A call that does nothing is not repeated, and leaves no trace. */
static void nothing_is_used_up(void **state)
{
    (void)state;
    begin("el2diff program 1\nregister_kvm\n");
    const struct program_call idle = {EL2_CALL_revoke_vm_page,
                                      {{OPERAND_NUMBER, 1}, {OPERAND_RAM, 4}}};
    struct random random = random_from(1);
    size_t position = guide_position(&guide);
    assert_true(limits_exhaust(&random, &guide, &program, &idle));
    assert_int_equal(program.call_count, 1);
    assert_int_equal(guide_position(&guide), position);
}

/* Nor is one that could be made for ever: each time the same page is ciphered
 * anew. */
static void what_never_ends_is_not_repeated(void **state)
{
    (void)state;
    unsigned dropped = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        bool goes_on =
            exhaust("el2diff program 1\n"
                    "register_kvm\n"
                    "set_boot_info vm=1 load_addr=0x40000000 size=0x1000\n"
                    "remap_vm_image vm=1 pfn=ram+0x0 i=0\n"
                    "verify_vm_image vm=1\n"
                    "encrypt_buf vm=1 in=ram+0x42000 out=ram+0x200000\n",
                    seed);
        if (program.call_count == 4) {
            assert_true(goes_on);
            dropped++;
        }
        assert_in_range(program.call_count, 4, 4 + 101);
    }
    assert_in_range(dropped, ROUNDS / 16, ROUNDS - 1);
}

/* For some seed the next page goes to the same VM at its next address. */
static void next_page_is_done_too(void **state)
{
    (void)state;
    unsigned done = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        begin("el2diff program 1\n"
              "register_kvm\n"
              "assign_pfn_to_vm vm=1 gfn=0x100 pfn=ram+0x10\n"
              "grant_vm_page vm=1 pfn=ram+0x10\n");
        struct random random = random_from(seed);
        limits_echo(&random, &guide, &program, 2);
        size_t kept = program.call_count;
        assert_in_range(kept, 3, 5);
        assert_int_equal(guide_follow(&guide, &program), kept);
        done += kept == 5 && program.calls[3].operands[2].value == 0x11 &&
                program.calls[4].operands[1].value == 0x11;
    }
    assert_in_range(done, ROUNDS / 32, ROUNDS);
}

#define WITH_GUIDE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GUIDE(approaches_limits),
        WITH_GUIDE(shares_are_used_up),
        WITH_GUIDE(vmids_are_used_up),
        WITH_GUIDE(nothing_is_used_up),
        WITH_GUIDE(what_never_ends_is_not_repeated),
        WITH_GUIDE(next_page_is_done_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
