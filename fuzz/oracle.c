#include "fuzz/oracle.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)ORACLE_FAULT < (int)ORACLE_LIMIT,
               "an oracle has no room in a set");

void oracle_set_add(struct oracle_set *set, unsigned oracle)
{
    if (oracle < ORACLE_LIMIT) {
        set->words[oracle / 64] |= UINT64_C(1) << (oracle % 64);
    }
}

bool oracle_set_has(const struct oracle_set *set, unsigned oracle)
{
    return oracle < ORACLE_LIMIT &&
           (set->words[oracle / 64] >> (oracle % 64) & 1) != 0;
}

unsigned oracle_of_fault(const struct el2_machine_operations *other,
                         const char *fault)
{
    const struct el2_fault *faults = other->faults;
    for (unsigned i = 0; faults != NULL && faults[i].name != NULL; i++) {
        if (strcmp(faults[i].says, fault) == 0) {
            return ORACLE_FAULT + i;
        }
    }
    return ORACLE_LIMIT;
}

/* NULL when the guard has no such fault. */
static const struct el2_fault *
fault_of_oracle(unsigned oracle, const struct el2_machine_operations *other)
{
    const struct el2_fault *fault = other->faults;
    for (unsigned i = ORACLE_FAULT; fault != NULL && fault->name != NULL; i++) {
        if (i == oracle) {
            return fault;
        }
        fault++;
    }
    return NULL;
}

static bool check_is_oracle(unsigned check, const struct check_scope *scope)
{
    if (check >= CHECK_INVARIANT_OF_SPECIFICATION) {
        bool of_other =
            check >= CHECK_INVARIANT_OF_OTHER && check < CHECK_INVARIANT_AT_END;
        return scope->invariants && (!of_other || scope->other_invariants);
    }
    if (check >= CHECK_CELL_AFTER_STEP) {
        /* A page that differs after a call does so in one of three ways. */
        unsigned kind = (check - CHECK_CELL_AFTER_STEP) % EL2_CELL_KIND_COUNT;
        return check != CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_PAGE &&
               (scope->observable >> kind & 1) != 0;
    }
    /* The panic is two; what is torn is not compared. */
    return check != CHECK_PANIC && check != CHECK_TORN;
}

bool oracle_exists(unsigned oracle, const struct check_scope *scope,
                   const struct el2_machine_operations *other)
{
    if (oracle < CHECK_GUARD_OF_OTHER) {
        return check_is_oracle(oracle, scope);
    }
    return oracle < ORACLE_FAULT || fault_of_oracle(oracle, other) != NULL;
}

static const struct {
    const char *name;
    const char *sees;
} details[ORACLE_FAULT - CHECK_GUARD_OF_OTHER] = {
    [ORACLE_PANIC_MISSING -
     CHECK_GUARD_OF_OTHER] = {"panic.missing",
                              "a call that only the specification panics at"},
    [ORACLE_PANIC_UNEXPECTED - CHECK_GUARD_OF_OTHER] =
        {"panic.unexpected", "a call that only the other machine panics at"},
    [ORACLE_OWNER -
        CHECK_GUARD_OF_OTHER] = {"step.page.owner",
                                 "the owner of a page after a call"},
    [ORACLE_COUNT -
        CHECK_GUARD_OF_OTHER] = {"step.page.count",
                                 "the share count of a page after a call"},
    [ORACLE_GFN - CHECK_GUARD_OF_OTHER] = {"step.page.gfn",
                                           "the gfn of a page after a call"},
};

void oracle_name(unsigned oracle, const struct el2_machine_operations *other,
                 char *name, size_t size)
{
    if (oracle < CHECK_GUARD_OF_OTHER) {
        check_name(oracle, name, size);
    } else if (oracle < ORACLE_FAULT) {
        snprintf(name, size, "%s", details[oracle - CHECK_GUARD_OF_OTHER].name);
    } else {
        snprintf(name, size, "fault.%s", fault_of_oracle(oracle, other)->name);
    }
}

/* Where one of the ten is looked at; their names say what it is. */
static void invariant_sees(unsigned check, char *text, size_t size)
{
    const char *where = "by a call of the specification";
    if (check >= CHECK_INVARIANT_AT_END) {
        where = "anywhere in the specification, at the end";
    } else if (check >= CHECK_INVARIANT_OF_OTHER) {
        where = "by a call of the other machine";
    }
    unsigned which =
        (check - CHECK_INVARIANT_OF_SPECIFICATION) % EL2_INVARIANT_COUNT;
    snprintf(text, size, "%s broken %s", el2_invariant_names[which], where);
}

static void check_sees(unsigned check, char *text, size_t size)
{
    static const char *const single[CHECK_CELL_AFTER_STEP] = {
        [CHECK_RESULT] = "what a call gives",
        [CHECK_ACCESS] = "how a load or store ends",
        [CHECK_BLOCK_PAGES] = "where a page inside a block is translated to",
    };
    char name[CHECK_NAME_SIZE];
    check_name(check, name, sizeof name);
    if (check >= CHECK_INVARIANT_OF_SPECIFICATION) {
        invariant_sees(check, text, size);
    } else if (check >= CHECK_CELL_AFTER_STEP) {
        snprintf(text, size, "%s cells %s", strchr(name, '.') + 1,
                 check >= CHECK_CELL_AT_END
                     ? "when all is compared at the end of a program"
                     : "that a call touched");
    } else {
        snprintf(text, size, "%s", single[check]);
    }
}

void oracle_sees(unsigned oracle, const struct el2_machine_operations *other,
                 char *text, size_t size)
{
    if (oracle < CHECK_GUARD_OF_OTHER) {
        check_sees(oracle, text, size);
    } else if (oracle < ORACLE_FAULT) {
        snprintf(text, size, "%s", details[oracle - CHECK_GUARD_OF_OTHER].sees);
    } else {
        snprintf(text, size, "%s", fault_of_oracle(oracle, other)->says);
    }
}
