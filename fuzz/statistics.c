#include "fuzz/statistics.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* "el2stat" and the version of the layout. */
#define MAGIC UINT64_C(0x0274617473326c65)

static struct statistics *map_file(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) {
        return NULL;
    }
    void *memory = MAP_FAILED;
    if (ftruncate(file, sizeof(struct statistics)) == 0) {
        memory = mmap(NULL, sizeof(struct statistics), PROT_READ | PROT_WRITE,
                      MAP_SHARED, file, 0);
    }
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

struct statistics *statistics_open(const char *path, const char **why)
{
    static struct statistics unseen;
    struct statistics *statistics = path == NULL ? NULL : map_file(path);
    *why = path != NULL && statistics == NULL ? "cannot be written" : NULL;
    if (statistics == NULL) {
        return &unseen;
    }
    if (statistics->magic != MAGIC) {
        *statistics = (struct statistics){.magic = MAGIC};
    }
    return statistics;
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

bool statistics_read(const char *path, struct statistics *statistics)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t length = read(file, statistics, sizeof *statistics);
    close(file);
    return length == (ssize_t)sizeof *statistics && statistics->magic == MAGIC;
}
