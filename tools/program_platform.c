#include "tools/program_platform.h"

#include "devicetree/known.h"

#include <stdio.h>
#include <string.h>

const char *program_platform(const struct program *program,
                             enum program_form form)
{
    bool known = known_platform_find(program->platform) != NULL;
    if (program->platform[0] == '\0' ||
        (form == PROGRAM_FORM_BYTES && !known)) {
        return KNOWN_PLATFORM_DEFAULT;
    }
    return program->platform;
}

void program_name_platform(struct program *program, const char *platform)
{
    bool is_named = known_platform_find(platform) != NULL &&
                    strcmp(platform, KNOWN_PLATFORM_DEFAULT) != 0 &&
                    strlen(platform) < sizeof program->platform;
    snprintf(program->platform, sizeof program->platform, "%.*s",
             (int)(sizeof program->platform - 1), is_named ? platform : "");
}
