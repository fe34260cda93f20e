# Embed explore/domains/*.txt as built-in domains (struct known_domain,
# explore/domain.h): KNOWN_DOMAIN_SOURCE is the C file.
set(KNOWN_DOMAIN_SOURCE ${CMAKE_BINARY_DIR}/known_domains.c)
file(GLOB DOMAIN_FILES CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/explore/domains/*.txt)
set(texts "")
set(entries "")
foreach(file ${DOMAIN_FILES})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REPEAT "....." 12 line)
    string(REGEX REPLACE "(${line})" "\\1\n    " bytes "${bytes}")
    string(APPEND texts
           "static const char ${name}[] = {\n    ${bytes}\n    0x00,\n};\n\n")
    string(APPEND entries "    {\"${name}\", ${name}},\n")
endforeach()
file(CONFIGURE OUTPUT ${KNOWN_DOMAIN_SOURCE} CONTENT
"/* Made from explore/domains/ by cmake/domains.cmake. */
#include \"explore/domain.h\"

#include <string.h>

@texts@static const struct known_domain domains[] = {
@entries@};

const struct known_domain *known_domain_at(size_t index)
{
    return index < sizeof domains / sizeof domains[0] ? &domains[index] : NULL;
}

const struct known_domain *known_domain_find(const char *name)
{
    for (size_t i = 0; known_domain_at(i) != NULL; i++) {
        if (strcmp(domains[i].name, name) == 0) {
            return &domains[i];
        }
    }
    return NULL;
}
" @ONLY)
