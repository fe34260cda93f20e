#include "fuzz/triage_run.h"

#include "devicetree/known.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* CPU seconds for a program: programs that a fuzzer finds take hundredths,
 * also with sanitizers, but where each run is slow minimizing has no end. */
#define CPU_SECONDS_LIMIT 20

/* What a process writes is its result, or it was cut short. */
static bool write_all(int descriptor, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(descriptor, at, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written < 0 ? 0 : written;
        size -= written < 0 ? 0 : (size_t)written;
    }
    return true;
}

static bool read_all(int descriptor, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = read(descriptor, at, size);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got < 0 ? 0 : got;
        size -= got < 0 ? 0 : (size_t)got;
    }
    return true;
}

size_t triage_next_pairing(const struct triage_machines *machines, size_t at)
{
    for (; at < TRIAGE_PAIRING_LIMIT && pairing_at(at) != NULL; at++) {
        if (machines->only == NULL ? pairing_at(at)->is_as_read
                                   : pairing_at(at) == machines->only) {
            return at;
        }
    }
    return TRIAGE_PAIRING_LIMIT;
}

struct paired_machines *triage_boot(struct triage_machines *machines,
                                    size_t pairing, const char *platform,
                                    char *why, size_t why_size)
{
    struct paired_machines **pair = &machines->booted[pairing];
    struct el2_platform loaded;
    const char *reason = "not enough memory";
    if (*pair != NULL && strcmp(machines->booted_on[pairing], platform) == 0) {
        return *pair;
    }
    if (!platform_load(platform, &loaded, why, why_size)) {
        return NULL;
    }
    if (*pair != NULL) {
        pairing_shut_down(*pair);
    }
    struct paired_machines *room =
        *pair != NULL ? *pair : malloc(sizeof **pair);
    *pair = NULL;
    if (room == NULL ||
        !pairing_boot(pairing_at(pairing), &loaded, room, &reason)) {
        free(room);
        (void)snprintf(why, why_size, "%s", reason);
        return NULL;
    }
    *pair = room;
    (void)snprintf(machines->booted_on[pairing],
                   sizeof machines->booted_on[pairing], "%s", platform);
    return room;
}

void triage_shut_down(struct triage_machines *machines)
{
    for (size_t i = 0; i < TRIAGE_PAIRING_LIMIT; i++) {
        if (machines->booted[i] != NULL) {
            pairing_shut_down(machines->booted[i]);
            free(machines->booted[i]);
            machines->booted[i] = NULL;
        }
    }
}

/* All that a program is tried on comes up. */
static bool boot_all(struct triage_machines *machines,
                     struct triage_result *result)
{
    size_t at = 0;
    char why[sizeof result->why - 64];
    while ((at = triage_next_pairing(machines, at)) < TRIAGE_PAIRING_LIMIT) {
        if (triage_boot(machines, at, result->platform, why, sizeof why) ==
            NULL) {
            (void)snprintf(result->why, sizeof result->why, "platform %.*s: %s",
                           40, result->platform, why);
            return false;
        }
        at++;
    }
    return true;
}

/* Whether the program, as it is, diverges on a pairing that is up. */
static bool diverges(struct lockstep *lockstep, struct triage_result *result)
{
    uint32_t period = lockstep->end_comparison_period;
    lockstep->end_comparison_period = 1;
    enum lockstep_end end =
        lockstep_run(lockstep, &result->program, &result->minimized.divergence);
    lockstep->end_comparison_period = period;
    return end == LOCKSTEP_DIVERGED;
}

/* The first pairing on which the program diverges; or none. */
static struct lockstep *find_pairing(const struct triage_machines *machines,
                                     struct triage_result *result)
{
    size_t at = 0;
    while ((at = triage_next_pairing(machines, at)) < TRIAGE_PAIRING_LIMIT) {
        struct lockstep *lockstep = &machines->booted[at]->lockstep;
        if (diverges(lockstep, result)) {
            result->pairing = at;
            result->end = TRIAGE_DIVERGED;
            return lockstep;
        }
        at++;
    }
    result->end = TRIAGE_SAME;
    return NULL;
}

/* The result points to constants only, which are where they were: both
 * processes are the same image. */
static void tell(int out, const struct triage_result *result)
{
    if (!write_all(out, result, sizeof *result)) {
        _exit(1);
    }
}

/* Tell what the program does; and, when it diverges and there is time, the
 * same once more of what is left of it. */
_Noreturn static void run_in_child(const struct triage_machines *machines,
                                   struct triage_result *result, int out)
{
    static struct minimizer_room room;
    const struct rlimit limit = {CPU_SECONDS_LIMIT, CPU_SECONDS_LIMIT + 1};
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CPU, &limit);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    struct lockstep *lockstep = find_pairing(machines, result);
    tell(out, result);
    if (lockstep != NULL &&
        minimize(lockstep, &result->program, MINIMIZE_EFFORT_LIMIT, &room,
                 &result->minimized)) {
        tell(out, result);
    }
    _exit(0);
}

static void refuse(struct triage_result *result)
{
    result->end = TRIAGE_REFUSED;
    (void)snprintf(result->why, sizeof result->why, "%s", strerror(errno));
}

/* The last result that it gave, otherwise how it ended. */
static void wait_for_child(pid_t child, int in, struct triage_result *result)
{
    static struct triage_result given; /* large */
    int status = 0;
    result->end = TRIAGE_ENDED;
    while (read_all(in, &given, sizeof given)) {
        *result = given;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (result->end == TRIAGE_ENDED) {
        result->ended_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
}

void triage_run(struct triage_machines *machines, const struct program *program,
                const char *platform, struct triage_result *result)
{
    int ends[2];
    memset(result, 0, sizeof *result);
    result->program = *program;
    result->calls_before = program->call_count;
    (void)snprintf(result->platform, sizeof result->platform, "%s", platform);
    result->end = TRIAGE_REFUSED;
    if (!boot_all(machines, result)) {
        return;
    }
    if (pipe(ends) != 0) {
        refuse(result);
        return;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        run_in_child(machines, result, ends[1]);
    }
    (void)close(ends[1]);
    if (child < 0) {
        refuse(result);
    } else {
        wait_for_child(child, ends[0], result);
    }
    (void)close(ends[0]);
}
