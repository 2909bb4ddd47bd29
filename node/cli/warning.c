#include "cli/warning.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limit.h"
#include "cli/screen.h"

void
warning_print(void *cookie, const struct warning *w)
{
    struct warning_sink *sink = cookie;
    if (sink->n++ >= LIMIT_WARNING_COUNT)
        return;
    fprintf(stderr, "%s:", sink->file);
    if (w->line != 0)
        fprintf(stderr, "%" PRIu32 ":%" PRIu32 ":", w->line, w->column);
    fprintf(stderr, " %swarning:%s ", screen_tone(stderr, TONE_WARN), screen_tone(stderr, TONE_PLAIN));
    if (w->field[0] != '\0')
        fprintf(stderr, "%s: ", w->field);
    fprintf(stderr, "%s\n", w->note);
}

void
warning_end(const struct warning_sink *sink)
{
    if (sink->n > LIMIT_WARNING_COUNT)
        fprintf(stderr, "%s: warning: %" PRIu64 " more of them\n", sink->file, sink->n - LIMIT_WARNING_COUNT);
}

int
warning_no_writer(const struct args *a, const struct type *type, const char *format)
{
    struct buf all;
    buf_init(&all, 4096);
    for (size_t i = 0; type->writers[i] != NULL; i++)
        buf_put_fmt(&all, "%s%s", i > 0 ? ", " : "", type->writers[i]->format);
    int status = args_usage(a, "%.64s is no format that %s records can be written in: expected one of %s",
                            format, type->name, buf_cstr(&all));
    buf_release(&all);
    return status;
}
