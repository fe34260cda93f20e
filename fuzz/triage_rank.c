/* Which findings are likely one cause, and which to read first. */
#include "fuzz/isolation.h"
#include "fuzz/triage.h"

#include <stdlib.h>
#include <string.h>

static const struct divergence *divergence_of(const struct triage_finding *f)
{
    return &f->least.minimized.divergence;
}

static bool same_sights(const struct triage_finding *a,
                        const struct triage_finding *b)
{
    return memcmp(&divergence_of(a)->seen_by, &divergence_of(b)->seen_by,
                  sizeof divergence_of(a)->seen_by) == 0;
}

static bool share_way(const struct triage_finding *a,
                      const struct triage_finding *b)
{
    for (size_t i = 0; i < a->way_count; i++) {
        for (size_t n = 0; n < b->way_count; n++) {
            if (strcmp(a->ways[i], b->ways[n]) == 0) {
                return true;
            }
        }
    }
    return false;
}

/*
 * NULL, or why the two are likely one cause: a mistake shows at the step that
 * makes it in one way or another, by how the program came there; and one in
 * what several calls share shows after each of them, to the same oracles.
 */
static const char *likeness(const struct triage_finding *a,
                            const struct triage_finding *b)
{
    const struct divergence *first = divergence_of(a);
    const struct divergence *second = divergence_of(b);
    if (a->least.pairing != b->least.pairing) {
        return NULL;
    }
    if (share_way(a, b)) {
        return "the same calls";
    }
    if (first->call.number == second->call.number &&
        first->outcome == second->outcome) {
        return "the same call and outcome";
    }
    if (first->observation == second->observation && same_sights(a, b)) {
        return "the same oracles after another call";
    }
    return NULL;
}

/* In how many respects the two are alike. */
static unsigned similarity(const struct triage_finding *a,
                           const struct triage_finding *b)
{
    const struct divergence *first = divergence_of(a);
    const struct divergence *second = divergence_of(b);
    unsigned respects = first->call.number == second->call.number;
    respects += first->outcome == second->outcome;
    respects += first->observation == second->observation;
    respects += same_sights(a, b);
    respects += share_way(a, b);
    return respects;
}

static struct triage_finding *cause_of(struct triage_finding *finding)
{
    while (finding->cause != finding) {
        finding = finding->cause;
    }
    return finding;
}

/* The simpler program explains the other: fewer calls, then more files, then
 * the name. Never 0 for two findings of a triage. */
static int compare_simplicity(const void *a, const void *b)
{
    const struct triage_finding *first = *(struct triage_finding *const *)a;
    const struct triage_finding *second = *(struct triage_finding *const *)b;
    size_t calls = first->least.program.call_count;
    size_t other = second->least.program.call_count;
    if (calls != other) {
        return calls < other ? -1 : 1;
    }
    if (first->files.count != second->files.count) {
        return first->files.count > second->files.count ? -1 : 1;
    }
    int order = strcmp(first->signature, second->signature);
    return order != 0                                     ? order
           : first->least.pairing < second->least.pairing ? -1
                                                          : 1;
}

/* The findings are in the order of simplicity: each goes under the first
 * that is like it, and so does all that is under it. */
static void find_causes(struct triage *triage)
{
    for (size_t i = 1; i < triage->count; i++) {
        struct triage_finding *finding = triage->findings[i];
        for (size_t n = 0; n < i; n++) {
            const char *why = likeness(triage->findings[n], finding);
            if (why == NULL) {
                continue;
            }
            struct triage_finding *cause = cause_of(triage->findings[n]);
            struct triage_finding *own = cause_of(finding);
            if (own != cause) {
                /* The simpler of the two causes keeps the other. */
                bool is_simpler = compare_simplicity(&own, &cause) < 0;
                (is_simpler ? cause : own)->cause = is_simpler ? own : cause;
            }
            finding->likeness =
                finding->likeness != NULL ? finding->likeness : why;
        }
    }
    for (size_t i = 0; i < triage->count; i++) {
        triage->findings[i]->cause = cause_of(triage->findings[i]);
    }
}

/* Of two causes, which is rather listed next when both differ as much from
 * what is listed: what breaks isolation, then what more files show. */
static bool is_rather(const struct triage_finding *a,
                      const struct triage_finding *b)
{
    enum isolation first = divergence_isolation(divergence_of(a));
    enum isolation second = divergence_isolation(divergence_of(b));
    if (first != second) {
        return first > second;
    }
    if (a->files.count != b->files.count) {
        return a->files.count > b->files.count;
    }
    return compare_simplicity(&a, &b) < 0;
}

/* How alike the cause is to the one of the listed that is most like it. */
static unsigned nearest(const struct triage_finding *cause,
                        struct triage_finding *const *listed, size_t count)
{
    unsigned most = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned likeness = similarity(cause, listed[i]);
        most = likeness > most ? likeness : most;
    }
    return most;
}

/* Put the causes first, the next always the one least like those before. */
static size_t list_causes(struct triage_finding **findings, size_t count)
{
    size_t causes = 0;
    for (;; causes++) {
        size_t best = count;
        unsigned best_nearest = 0;
        for (size_t i = causes; i < count; i++) {
            unsigned near = nearest(findings[i], findings, causes);
            if (findings[i]->cause == findings[i] &&
                (best == count || near < best_nearest ||
                 (near == best_nearest &&
                  is_rather(findings[i], findings[best])))) {
                best = i;
                best_nearest = near;
            }
        }
        if (best == count) {
            return causes;
        }
        struct triage_finding *next = findings[best];
        findings[best] = findings[causes];
        findings[causes] = next;
    }
}

/* Of the folders: the first with a signature has no more than that. */
static void name_findings(struct triage *triage)
{
    for (size_t i = 0; i < triage->count; i++) {
        struct triage_finding *finding = triage->findings[i];
        bool is_first = true;
        for (size_t n = 0; n < i; n++) {
            is_first = is_first && strcmp(triage->findings[n]->signature,
                                          finding->signature) != 0;
        }
        (void)snprintf(finding->name, sizeof finding->name, "%s%s%s",
                       finding->signature, is_first ? "" : ".",
                       is_first ? ""
                                : pairing_at(finding->least.pairing)->target);
    }
}

/* Each cause and what is under it, side by side. */
static void put_under_causes(struct triage_finding **findings, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        size_t end = at + 1;
        for (size_t i = end; i < count && findings[at]->cause == findings[at];
             i++) {
            struct triage_finding *like = findings[i];
            if (like->cause != findings[at]) {
                continue;
            }
            for (size_t n = i; n > end; n--) {
                findings[n] = findings[n - 1];
            }
            findings[end++] = like;
        }
    }
}

void triage_rank(struct triage *triage)
{
    struct triage_finding **findings = triage->findings;
    size_t count = triage->count;
    if (count == 0) {
        return;
    }
    qsort(findings, count, sizeof(void *), compare_simplicity);
    find_causes(triage);
    size_t causes = list_causes(findings, count);
    qsort(findings + causes, count - causes, sizeof(void *),
          compare_simplicity);
    put_under_causes(findings, count);
    name_findings(triage);
}
