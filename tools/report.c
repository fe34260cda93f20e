#include "tools/report.h"

#include "tools/divergence_json.h"
#include "tools/minimized_output.h"
#include "tools/program_platform.h"
#include "tools/report_page.h"
#include "tools/report_run.h"
#include "tools/report_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "not enough memory";

/* A member that is text from outside. */
static bool add_readable(cJSON *object, const char *key, const char *bytes)
{
    char *text = report_readable(bytes);
    bool added = text != NULL && cJSON_AddStringToObject(object, key, text);
    free(text);
    return added;
}

/* The command that replays a program of this name. */
static bool add_replay(cJSON *object, const char *key,
                       const struct report *report, const char *file)
{
    char *platform = report_shell_word(report->platform);
    char *program = report_shell_word(file);
    char *command = NULL;
    size_t size;
    FILE *stream = open_memstream(&command, &size);
    if (stream != NULL && platform != NULL && program != NULL) {
        fprintf(stream, "el2diff replay --target %s --platform %s %s%s",
                report->pairing->target, platform,
                file[0] == '-' && file[1] != '\0' ? "./" : "", program);
    }
    bool added = stream != NULL && fclose(stream) == 0 && platform != NULL &&
                 program != NULL &&
                 cJSON_AddStringToObject(object, key, command) != NULL;
    free(command);
    free(program);
    free(platform);
    return added;
}

/* The board: what is where, and what the host's pages are called relative to
 * its RAM, as programs call them. */
static bool add_platform(cJSON *document, const struct report *report)
{
    const struct el2_platform *platform = &report->pair->platform;
    cJSON *object = cJSON_AddObjectToObject(document, "platform");
    cJSON *regions = cJSON_AddArrayToObject(object, "regions");
    uint64_t ram = 0;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        cJSON *item = cJSON_CreateObject();
        json_add_hex(item, "first", region->base);
        json_add_hex(item, "pages", region->page_count);
        cJSON_AddNumberToObject(item, "owner", region->owner);
        if (region->owner == EL2_HOSTVISOR) {
            json_add_hex(item, "ram", ram);
            ram += region->page_count;
        }
        cJSON_AddItemToArray(regions, item);
    }
    cJSON_AddNumberToObject(object, "el2", platform->core_vmid);
    return add_readable(object, "name", report->platform);
}

/* The minimized program as text and as a test, and its run. */
static const char *add_output(cJSON *run, const struct minimized_output *output,
                              enum minimized_form form, const char *key)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    bool written =
        stream != NULL && minimized_output_write(output, form, stream);
    written = stream != NULL && fclose(stream) == 0 && written &&
              cJSON_AddStringToObject(run, key, text) != NULL;
    free(text);
    return written ? NULL : no_memory;
}

static const char *add_minimized_run(cJSON *document,
                                     const struct report *report,
                                     const struct minimized_output *output)
{
    enum lockstep_end end;
    struct divergence divergence;
    cJSON *run =
        report_run(&report->pair->lockstep, output->program, &end, &divergence);
    if (run == NULL) {
        return no_memory;
    }
    cJSON_AddItemToObject(document, "minimized", run);
    cJSON_DeleteItemFromObject(run, "text");
    const char *why = add_output(run, output, MINIMIZED_TEXT, "text");
    if (why == NULL) {
        why = add_output(run, output, MINIMIZED_TEST, "test");
    }
    cJSON_AddBoolToObject(run, "complete", output->minimized->complete);
    return why != NULL || add_replay(run, "replay", report, "minimized.txt")
               ? why
               : no_memory;
}

/* NULL, or why it could not. */
static const char *add_minimized(cJSON *document, const struct report *report)
{
    struct minimizer_room *room = malloc(sizeof *room);
    struct program *program = malloc(sizeof *program);
    char *platform = report_readable(report->platform);
    struct minimized minimized;
    const char *why = no_memory;
    if (room != NULL && program != NULL && platform != NULL) {
        *program = *report->program;
        program_name_platform(program, report->platform);
        struct minimized_output output = {
            .pairing = report->pairing,
            .platform = platform,
            .program = program,
            .calls_before = program->call_count,
            .minimized = &minimized,
        };
        why = minimize(&report->pair->lockstep, program, MINIMIZE_EFFORT_LIMIT,
                       room, &minimized)
                  ? add_minimized_run(document, report, &output)
                  : "the program does not diverge when it is run again";
    }
    free(platform);
    free(program);
    free(room);
    return why;
}

/* Everything that the page draws; NULL, or why it could not. */
static const char *fill(cJSON *document, const struct report *report,
                        bool *diverged)
{
    struct lockstep *lockstep = &report->pair->lockstep;
    struct divergence divergence;
    enum lockstep_end end;
    if (!add_readable(document, "shown", report->shown) ||
        !add_platform(document, report)) {
        return no_memory;
    }
    cJSON_AddStringToObject(document, "target", report->pairing->target);
    cJSON_AddStringToObject(document, "compares", report->pairing->says);
    cJSON_AddStringToObject(document, "specification",
                            lockstep->specification->operations->name);
    cJSON_AddStringToObject(document, "other",
                            lockstep->other->operations->name);
    cJSON_AddBoolToObject(document, "other_is_el2_code",
                          report->pairing->other_is_el2_code);
    cJSON *run = report_run(lockstep, report->program, &end, &divergence);
    if (run == NULL) {
        return no_memory;
    }
    cJSON_AddItemToObject(document, "run", run);
    *diverged = end == LOCKSTEP_DIVERGED;
    if (!add_replay(run, "replay", report, report->shown)) {
        return no_memory;
    }
    return *diverged && report->minimize ? add_minimized(document, report)
                                         : NULL;
}

/* NULL, or why the stream refuses it. */
static const char *print_page(FILE *stream, const cJSON *document)
{
    char *json = cJSON_PrintUnformatted(document);
    if (json == NULL) {
        return no_memory;
    }
    errno = 0;
    fwrite(report_page.head, 1, report_page.head_size, stream);
    report_print_json(stream, json);
    fwrite(report_page.tail, 1, report_page.tail_size, stream);
    cJSON_free(json);
    return ferror(stream) ? strerror(errno) : NULL;
}

bool report_print(FILE *stream, const struct report *report, bool *diverged,
                  const char **why)
{
    struct report named = *report;
    struct lockstep *lockstep = &report->pair->lockstep;
    const uint32_t period = lockstep->end_comparison_period;
    const lockstep_watch before = lockstep->before;
    const lockstep_watch after = lockstep->after;
    void *context = lockstep->watch_context;
    if (named.platform == NULL) {
        named.platform = report->pair->platform.name;
    }
    if (report->program->failing_table != 0 &&
        !lockstep_can_fail_tables(lockstep)) {
        *why = "these machines cannot make a table fail";
        return false;
    }
    cJSON *document = cJSON_CreateObject();
    *why = document == NULL ? no_memory : fill(document, &named, diverged);
    lockstep->end_comparison_period = period;
    lockstep->before = before;
    lockstep->after = after;
    lockstep->watch_context = context;
    if (*why == NULL) {
        *why = print_page(stream, document);
    }
    cJSON_Delete(document);
    return *why == NULL;
}

bool report_write(FILE *stream, const struct pairing *pairing,
                  struct paired_machines *pair, const struct program *program,
                  const char *shown, bool minimize, const char **why)
{
    const struct report report = {
        .pairing = pairing,
        .pair = pair,
        .program = program,
        .shown = shown,
        .minimize = minimize,
    };
    bool diverged;
    return report_print(stream, &report, &diverged, why);
}
