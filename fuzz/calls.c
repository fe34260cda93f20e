#include "el2/calls.h"

#define EL2_CALL(number, name, issuer, result, count, ...)                     \
    [(number)] = {#name,                                                       \
                  EL2_ISSUER_##issuer,                                         \
                  EL2_RESULT_##result,                                         \
                  (count),                                                     \
                  {__VA_ARGS__}},
const struct el2_call_description el2_calls[EL2_CALL_NUMBER_LIMIT] = {
#include "el2/calls.def"
};
#undef EL2_CALL
