# Join the page of `el2diff report` from its parts and write it as a C file
# (struct report_page, tools/report_page.h):
#
#   cmake -DINPUT=tools/report -DOUTPUT=report_page.c -P report_page.cmake
#
# In page.html, @STYLE@ is page.css, and @SCRIPT@ is the parts of the script, one
# after the other; @STYLE_HASH@ and @SCRIPT_HASH@ are what a
# Content-Security-Policy calls them, and @DATA@ is where the JSON goes.
cmake_minimum_required(VERSION 3.20)

foreach(variable INPUT OUTPUT)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "report_page.cmake: -D${variable}=... is missing")
  endif()
endforeach()

# Set `result` to the SHA-256 of a text in base64 (RFC 4648): 32 bytes are ten
# groups of three, and two more.
function(hash_of text result)
  set(alphabet
      ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 digits "${text}")
  string(APPEND digits 00)
  set(encoded "")
  foreach(group RANGE 10)
    math(EXPR at "${group} * 6")
    string(SUBSTRING "${digits}" ${at} 6 bytes)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${bytes} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND encoded ${letter})
    endforeach()
  endforeach()
  string(LENGTH "${encoded}" length)
  math(EXPR length "${length} - 1")
  string(SUBSTRING "${encoded}" 0 ${length} encoded)
  set(${result} "sha256-${encoded}=" PARENT_SCOPE)
endfunction()

# Set `result` to the bytes of a text as the elements of an array in C.
function(bytes_of text result)
  file(WRITE "${OUTPUT}.part" "${text}")
  file(READ "${OUTPUT}.part" bytes HEX)
  file(REMOVE "${OUTPUT}.part")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  # Twelve bytes a line.
  string(REPEAT "....." 12 line)
  string(REGEX REPLACE "(${line})" "\\1\n    " bytes "${bytes}")
  set(${result} "${bytes}" PARENT_SCOPE)
endfunction()

file(READ "${INPUT}/page.html" page)
file(READ "${INPUT}/page.css" style)
set(script "")
foreach(part run calls map state page)
  file(READ "${INPUT}/${part}.js" text)
  string(APPEND script "${text}")
endforeach()
foreach(part style script)
  # Nothing in it may end its element, or look like one inside it.
  if("${${part}}" MATCHES "</(style|script)|<script|<!--")
    message(FATAL_ERROR "report_page.cmake: ${INPUT}: markup in the ${part}")
  endif()
endforeach()

hash_of("${style}" style_hash)
hash_of("${script}" script_hash)
string(REPLACE "@STYLE_HASH@" "${style_hash}" page "${page}")
string(REPLACE "@SCRIPT_HASH@" "${script_hash}" page "${page}")
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")

string(FIND "${page}" "@DATA@" at)
if(at EQUAL -1)
  message(FATAL_ERROR "report_page.cmake: ${INPUT}/page.html has no @DATA@")
endif()
string(SUBSTRING "${page}" 0 ${at} head)
string(LENGTH "@DATA@" length)
math(EXPR at "${at} + ${length}")
string(SUBSTRING "${page}" ${at} -1 tail)
bytes_of("${head}" head)
bytes_of("${tail}" tail)

file(WRITE "${OUTPUT}" "/* Made from ${INPUT} by report_page.cmake. */
#include \"tools/report_page.h\"

static const unsigned char head[] = {
    ${head}
};

static const unsigned char tail[] = {
    ${tail}
};

const struct report_page report_page = {
    head,
    sizeof head,
    tail,
    sizeof tail,
};
")
