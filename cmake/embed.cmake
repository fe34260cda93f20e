# Write a C file that holds a device tree blob as a built-in platform (struct
# known_platform, devicetree/known.h):
#
#   cmake -DINPUT=tiny.dtb -DNAME=tiny -DOUTPUT=tiny.c -P embed.cmake
#
# NAME is the platform's name; the symbol is known_platform_NAME, with '_' for
# each '-'.
cmake_minimum_required(VERSION 3.20)

foreach(variable INPUT NAME OUTPUT)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "embed.cmake: -D${variable}=... is missing")
  endif()
endforeach()
# EL2_PLATFORM_NAME_SIZE without its NUL.
string(LENGTH "${NAME}" length)
if(NOT NAME MATCHES "^[a-z0-9-]+$" OR length GREATER 14)
  message(FATAL_ERROR "embed.cmake: \"${NAME}\" cannot name a platform: at "
                      "most 14 lower-case letters, digits and '-'")
endif()

file(READ "${INPUT}" bytes HEX)
if(bytes STREQUAL "")
  message(FATAL_ERROR "embed.cmake: ${INPUT} is empty")
endif()
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
# Twelve bytes a line.
string(REPEAT "....." 12 line)
string(REGEX REPLACE "(${line})" "\\1\n    " bytes "${bytes}")
string(REPLACE "-" "_" symbol "${NAME}")
get_filename_component(input_name "${INPUT}" NAME)

file(WRITE "${OUTPUT}" "/* Made from ${input_name} by cmake/embed.cmake. */
#include \"devicetree/known.h\"

static const unsigned char tree[] = {
    ${bytes}
};

extern const struct known_platform known_platform_${symbol};
const struct known_platform known_platform_${symbol} = {
    \"${NAME}\",
    tree,
    sizeof(tree),
};
")
