/* Tolerances of readers and losses of writers, on standard error with their place; the first
 * LIMIT_WARNING_COUNT of an input. */
#ifndef CLI_WARNING_H
#define CLI_WARNING_H

#include "cli/args.h"
#include "types/type.h"

struct warning_sink {
    const char *file; /* or the record */
    uint64_t n;       /* all that came */
};

/* For struct convert: ${cookie} is a struct warning_sink. */
void warning_print(void *cookie, const struct warning *w);
/* Say how many were not printed. */
void warning_end(const struct warning_sink *sink);

/* Say that ${type} has no writer ${format} and which it has. Returns EXIT_USAGE. */
int warning_no_writer(const struct args *a, const struct type *type, const char *format);

#endif
