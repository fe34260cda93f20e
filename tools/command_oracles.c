/* el2diff oracles: everything that can be seen to be wrong. */
#include "devicetree/known.h"
#include "fuzz/divergence.h"
#include "fuzz/oracle.h"
#include "fuzz/pairing.h"
#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff oracles [--target NAME]\n"
    "\n"
    "List the oracles, a line each: a name, and what it sees. All that any\n"
    "fuzz target has, or only those of one. 'el2diff replay' tells of a\n"
    "divergence which oracles saw it.\n"
    "\n"
    "  step       a cell is not what it must be after a call\n"
    "  end        the same at the end of a program, when no call told of it\n"
    "  invariant  one of the ten is broken (.specification, .other: after a\n"
    "             call, of one machine; .end: of the specification's state)\n"
    "  fault      the guard of the EL2 code's board saw it\n"
    "  process    the whole target ends: a sanitizer, a limit of the engine\n"
    "  signature  a divergence is told as one of this observation\n"
    "\n"
    "Example: el2diff oracles --target fuzz_smmu\n";

/* What no machine and no comparison is asked about. */
static const struct {
    const char *name;
    const char *sees;
} process_oracles[] = {
    {"process.boot", "the EL2 code panics while it boots"},
    {"process.address", "AddressSanitizer: a stray pointer in the EL2 code"},
    {"process.undefined", "UBSan: undefined behaviour in the EL2 code"},
    {"process.timeout", "a call that does not come back"},
    {"process.memory", "a target that outgrows its memory"},
};

#define PROCESS_ORACLES (sizeof process_oracles / sizeof process_oracles[0])

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "el2diff oracles: %s: %s\n", what, why);
    return EXIT_BAD_INPUT;
}

static void print_oracle(const char *name, const char *sees)
{
    printf("%-40s%s\n", name, sees);
}

/* When a step differs in several, the first one is told. */
static void print_signature(enum el2_observation observation)
{
    char name[ORACLE_NAME_SIZE];
    snprintf(name, sizeof name, "signature.%s",
             divergence_observation_name(observation));
    print_oracle(name, "the first of the differences at a step");
}

/* The other machine of a target, and what its runs can check. */
struct subject {
    struct el2_machine *other;
    struct check_scope scope;
};

/* More than there are targets. */
#define SUBJECT_LIMIT 16

struct subjects {
    struct subject all[SUBJECT_LIMIT];
    size_t count;
};

/* NULL, or why the machine of the target does not come up. */
static const char *add_subject(struct subjects *subjects,
                               const struct pairing *pairing,
                               const struct el2_platform *platform)
{
    const char *why = "there are too many";
    if (subjects->count == SUBJECT_LIMIT) {
        return why;
    }
    struct subject *subject = &subjects->all[subjects->count];
    subject->other = pairing->create_other(platform, &why);
    if (subject->other == NULL) {
        return why;
    }
    pairing_scope(pairing, &subject->scope);
    subjects->count++;
    return NULL;
}

/* As the first of the subjects that has it tells it. */
static void print_if_any_has(const struct subjects *subjects, unsigned oracle)
{
    for (size_t i = 0; i < subjects->count; i++) {
        const struct subject *subject = &subjects->all[i];
        const struct el2_machine_operations *other = subject->other->operations;
        if (oracle_exists(oracle, &subject->scope, other)) {
            char name[ORACLE_NAME_SIZE];
            char sees[ORACLE_SEES_SIZE];
            oracle_name(oracle, other, name, sizeof name);
            oracle_sees(oracle, other, sees, sizeof sees);
            print_oracle(name, sees);
            return;
        }
    }
}

static void print_all(const struct subjects *subjects)
{
    for (unsigned i = 0; i < ORACLE_LIMIT; i++) {
        print_if_any_has(subjects, i);
    }
    for (size_t i = 0; i < PROCESS_ORACLES; i++) {
        print_oracle(process_oracles[i].name, process_oracles[i].sees);
    }
    for (unsigned i = 0; i < EL2_OBSERVATION_COUNT; i++) {
        print_signature((enum el2_observation)i);
    }
}

/* Of one target, or of all for NULL. */
static int list(const struct pairing *only)
{
    static struct subjects subjects;
    static struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = NULL;
    if (!platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why)) {
        return refuse(KNOWN_PLATFORM_DEFAULT, why);
    }
    for (size_t i = 0; pairing_at(i) != NULL && reason == NULL; i++) {
        if (only == NULL || only == pairing_at(i)) {
            reason = add_subject(&subjects, pairing_at(i), &platform);
        }
    }
    if (reason == NULL) {
        print_all(&subjects);
    }
    for (size_t i = 0; i < subjects.count; i++) {
        subjects.all[i].other->operations->destroy(subjects.all[i].other);
    }
    return reason == NULL ? EXIT_GOOD : refuse(KNOWN_PLATFORM_DEFAULT, reason);
}

int command_oracles(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (argc == 1) {
        return list(NULL);
    }
    if (argc != 3 || strcmp(argv[1], "--target") != 0) {
        return refuse(argv[1], "no such option (see --help)");
    }
    const struct pairing *pairing = pairing_find(argv[2]);
    return pairing != NULL ? list(pairing) : refuse(argv[2], "no such target");
}
