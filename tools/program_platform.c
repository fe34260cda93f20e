#include "tools/program_platform.h"

#include "devicetree/known.h"

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
