/* One value of a field, from its text into the message: units, numbers, words, times; what is tolerated of them. For fill.c. */
#ifndef TYPES_FILL_VALUE_H
#define TYPES_FILL_VALUE_H

#include "types/fill.h"

/* Is ${value} (trimmed) no value: empty, or NaN where a number belongs? */
bool fill_value_is_nothing(const struct field *field, struct span value);

/* Put ${value} (trimmed) into the part that is being filled. ${unit}.p NULL: none given. 0, or -1 with why. */
int fill_value_put(struct fill *f, const struct field *field, struct span value, struct span unit,
                   struct place at);

/* Spell ${text} as the standard does where it only has a blank too many: a time, a path. 0, or -1 with why. */
int fill_value_spell(struct fill *f, const struct field *field, char *text, struct place at);

#endif
