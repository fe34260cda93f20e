#include "fuzz/statistics.h"

#include "fuzz/pairing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* "el2stat" and the version of the file. */
#define MAGIC UINT64_C(0x0374617473326c65)

static const char not_counters[] = "not a file of counters";
static const char other_version[] =
    "a file of counters of another version of el2diff";

static uint64_t mix_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t mix_name(uint64_t hash, const char *name)
{
    while (*name != '\0') {
        hash = mix_word(hash, (unsigned char)*name++);
    }
    return mix_word(hash, 0);
}

/* Differs when anything is counted elsewhere in the file. */
static uint64_t layout(void)
{
    uint64_t hash = sizeof(struct statistics);
    char name[CHECK_NAME_SIZE];
    for (unsigned i = 0; i < EL2_OUTCOME_COUNT; i++) {
        hash = mix_name(hash, el2_outcome_name((enum el2_outcome)i));
    }
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        check_name(i, name, sizeof name);
        hash = mix_name(hash, name);
    }
    for (unsigned i = 0; i < PAGE_STANDING_COUNT; i++) {
        hash = mix_name(hash, page_standing_name((enum page_standing)i));
    }
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        hash =
            mix_name(hash, el2_calls[n].name != NULL ? el2_calls[n].name : "");
    }
    return hash;
}

/* NULL when the file, of `length` bytes, holds counters of this version. */
static const char *check_file(const struct statistics *statistics,
                              size_t length)
{
    const uint64_t version = UINT64_C(0xff) << 56;
    if (length < sizeof statistics->magic ||
        (statistics->magic & ~version) != (MAGIC & ~version)) {
        return not_counters;
    }
    if (length != sizeof *statistics || statistics->magic != MAGIC ||
        statistics->layout != layout()) {
        return other_version;
    }
    bool ends = memchr(statistics->target, '\0', STATISTICS_TARGET_SIZE);
    for (size_t i = 0; i < STATISTICS_KNOWN_LIMIT; i++) {
        ends = ends && memchr(statistics->known[i].signature, '\0',
                              DIVERGENCE_SIGNATURE_SIZE);
    }
    return ends ? NULL : not_counters;
}

bool statistics_read(const char *path, struct statistics *statistics,
                     const char **why)
{
    FILE *file = fopen(path, "rb");
    *why = "cannot be read";
    if (file == NULL) {
        return false;
    }
    size_t length = fread(statistics, 1, sizeof *statistics, file);
    bool failed = ferror(file) != 0;
    if (length == sizeof *statistics && fgetc(file) != EOF) {
        length++; /* a longer file */
    }
    fclose(file);
    if (!failed) {
        *why = check_file(statistics, length);
    }
    return *why == NULL;
}

/* Counters in a file that is empty or holds such; takes the open file. */
static struct statistics *map_file(int file)
{
    void *memory = MAP_FAILED;
    if (ftruncate(file, sizeof(struct statistics)) == 0) {
        memory = mmap(NULL, sizeof(struct statistics), PROT_READ | PROT_WRITE,
                      MAP_SHARED, file, 0);
    }
    return memory == MAP_FAILED ? NULL : memory;
}

static void begin(struct statistics *statistics, const char *target)
{
    memset(statistics, 0, sizeof *statistics);
    statistics->layout = layout();
    snprintf(statistics->target, sizeof statistics->target, "%s", target);
    statistics->magic = MAGIC; /* last: now it can be read */
}

struct statistics *statistics_open(const char *path, const char *target,
                                   const char **why)
{
    static struct statistics unseen;
    struct stat status;
    *why = NULL;
    if (path == NULL) {
        begin(&unseen, target);
        return &unseen;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        *why = "cannot be written";
    } else if (status.st_size != 0 && statistics_read(path, &unseen, why) &&
               strcmp(unseen.target, target) != 0) {
        *why = "counts for another target";
    }
    struct statistics *statistics = *why == NULL ? map_file(file) : NULL;
    if (file >= 0) {
        close(file);
    }
    if (statistics == NULL) {
        *why = *why != NULL ? *why : "cannot be written";
    } else if (status.st_size == 0) {
        begin(statistics, target);
    }
    return statistics;
}

void statistics_add_past(struct statistics *statistics, const char *signature)
{
    statistics->past++;
    for (size_t i = 0; i < STATISTICS_KNOWN_LIMIT; i++) {
        struct statistics_known *known = &statistics->known[i];
        if (known->signature[0] == '\0') {
            snprintf(known->signature, sizeof known->signature, "%s",
                     signature);
        }
        if (strcmp(known->signature, signature) == 0) {
            known->past++;
            return;
        }
    }
}

uint64_t statistics_median_length(const struct statistics *statistics)
{
    uint64_t half = statistics->counts.programs / 2;
    uint64_t length = 0;
    uint64_t shorter = statistics->counts.lengths[0];
    while (length < PROGRAM_CALL_LIMIT && shorter <= half) {
        shorter += statistics->counts.lengths[++length];
    }
    return length;
}

const char *statistics_unreachable(enum el2_outcome outcome)
{
    switch (outcome) {
    case EL2_OUTCOME_NONE:
        return "of machines that do not name their outcomes";
    case EL2_OUTCOME_PANIC_UNNAMED:
        return "of machines that do not name their panics";
    default:
        return NULL;
    }
}

static bool takes_an_smmu(const struct el2_call_description *call)
{
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (call->arguments[i].kind == EL2_ARGUMENT_SMMU) {
            return true;
        }
    }
    return false;
}

bool statistics_scope(const struct statistics *statistics,
                      struct check_scope *scope)
{
    const struct pairing *pairing = pairing_find(statistics->target);
    if (pairing == NULL) {
        return false;
    }
    pairing_scope(pairing, scope);
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        scope->makes[n] &=
            statistics->smmus != 0 || !takes_an_smmu(&el2_calls[n]);
    }
    return true;
}

bool statistics_is_vacuous(const struct statistics *statistics, unsigned check,
                           const struct check_scope *scope)
{
    return statistics->counts.calls > 0 &&
           statistics->counts.checks[check] == 0 &&
           check_cannot(check, scope) == NULL;
}
