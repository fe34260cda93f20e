#include "tools/explore_report.h"

#include "fuzz/possible.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* Told of each end of a call of the domain that no state showed. */
typedef void (*unseen_visitor)(void *context, uint32_t number,
                               enum el2_outcome outcome);

static bool is_of_domain(const struct program *domain, uint32_t number)
{
    for (size_t i = 0; i < domain->call_count; i++) {
        if (domain->calls[i].number == number) {
            return true;
        }
    }
    return false;
}

static void visit_unseen(const struct exploration *exploration,
                         unseen_visitor visitor, void *context)
{
    for (uint32_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        if (!is_of_domain(exploration->domain, number)) {
            continue;
        }
        for (unsigned i = 0; i < EL2_OUTCOME_COUNT; i++) {
            enum el2_outcome outcome = (enum el2_outcome)i;
            if (exploration->counts.ends[number][i] == 0 &&
                possible_outcome(number, outcome)) {
                visitor(context, number, outcome);
            }
        }
    }
}

static double rate(const struct exploration *exploration)
{
    return exploration->took > 0
               ? (double)exploration->counts.transitions / exploration->took
               : 0;
}

static void print_unseen(void *context, uint32_t number,
                         enum el2_outcome outcome)
{
    size_t *count = context;
    if ((*count)++ == 0) {
        printf("ends of calls that no state shows:\n");
    }
    printf("    %s.%s\n", el2_calls[number].name, el2_outcome_name(outcome));
}

static void print_program(const struct explore_report *report)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    char text[DIVERGENCE_TEXT_SIZE];
    if (report->divergence != NULL) {
        divergence_signature(report->divergence, signature, sizeof signature);
        divergence_describe(report->divergence, text, sizeof text);
        printf("DIVERGENCE %s\n%s", signature, text);
    } else {
        printf("%s at the last of these calls\n",
               report->end == EXPLORE_CRASHED ? "the machine died"
                                              : "another end than before");
    }
    printf("the shortest program, which `el2diff replay --target %s` "
           "replays:\n\n",
           report->pairing->target);
    program_print_stream(report->program, stdout);
}

void explore_report_text(const struct explore_report *report)
{
    const struct exploration *exploration = report->exploration;
    const struct exploration_counts *counts = &exploration->counts;
    size_t unseen = 0;
    printf("%s: %s: %llu states, %llu transitions, depth %llu, %.1f s, %.0f "
           "transitions/s\n",
           report->platform, explore_end_name(report->end),
           (unsigned long long)counts->states,
           (unsigned long long)counts->transitions,
           (unsigned long long)counts->depth, exploration->took,
           rate(exploration));
    if (counts->waiting > 0) {
        printf("%llu states were not expanded\n",
               (unsigned long long)counts->waiting);
    }
    if (report->program != NULL) {
        print_program(report);
    } else {
        visit_unseen(exploration, print_unseen, &unseen);
    }
}

static void add_unseen(void *context, uint32_t number, enum el2_outcome outcome)
{
    char text[128];
    snprintf(text, sizeof text, "%s.%s", el2_calls[number].name,
             el2_outcome_name(outcome));
    cJSON_AddItemToArray(context, cJSON_CreateString(text));
}

static void add_divergence(cJSON *divergences,
                           const struct explore_report *report)
{
    static char text[PROGRAM_CALL_TEXT_LIMIT * (EXPLORE_DEPTH_LIMIT + 8)];
    char signature[DIVERGENCE_SIGNATURE_SIZE] = "";
    cJSON *item = cJSON_CreateObject();
    if (report->divergence != NULL) {
        divergence_signature(report->divergence, signature, sizeof signature);
    } else {
        snprintf(signature, sizeof signature, "%s",
                 explore_end_name(report->end));
    }
    program_print(report->program, text, sizeof text);
    cJSON_AddStringToObject(item, "signature", signature);
    cJSON_AddNumberToObject(item, "calls", (double)report->program->call_count);
    cJSON_AddStringToObject(item, "program", text);
    cJSON_AddItemToArray(divergences, item);
}

static void add_counts(cJSON *root, const struct explore_report *report)
{
    const struct exploration *exploration = report->exploration;
    const struct exploration_counts *counts = &exploration->counts;
    cJSON_AddStringToObject(root, "platform", report->platform);
    cJSON_AddStringToObject(root, "target", report->pairing->target);
    cJSON_AddStringToObject(root, "end", explore_end_name(report->end));
    cJSON_AddBoolToObject(root, "exhausted", report->end == EXPLORE_EXHAUSTED);
    cJSON_AddBoolToObject(root, "folds", exploration->folds);
    cJSON_AddNumberToObject(root, "states", (double)counts->states);
    cJSON_AddNumberToObject(root, "transitions", (double)counts->transitions);
    cJSON_AddNumberToObject(root, "panics", (double)counts->panics);
    cJSON_AddNumberToObject(root, "depth", (double)counts->depth);
    cJSON_AddNumberToObject(root, "waiting", (double)counts->waiting);
    cJSON_AddNumberToObject(root, "seconds", exploration->took);
}

bool explore_report_json(const struct explore_report *report)
{
    cJSON *root = cJSON_CreateObject();
    add_counts(root, report);
    cJSON *divergences = cJSON_AddArrayToObject(root, "divergences");
    if (report->program != NULL) {
        add_divergence(divergences, report);
    }
    visit_unseen(report->exploration, add_unseen,
                 cJSON_AddArrayToObject(root, "unseen"));
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (text == NULL) {
        return false;
    }
    puts(text);
    cJSON_free(text);
    return true;
}
