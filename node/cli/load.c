#include "cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/mem.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "wire/unpack.h"

/* A record holds its own source text and its fields: five times the input is more than any format makes of
 * it. */
#define BODIES_BYTES_MAX (5 * (size_t)LIMIT_INPUT_BYTES)

void
load_init(struct load *l, const char *path)
{
    memset(l, 0, sizeof *l);
    input_init(&l->in, path);
    buf_init(&l->bodies, BODIES_BYTES_MAX);
}

void
load_release(struct load *l)
{
    input_release(&l->in);
    buf_release(&l->bodies);
    free(l->records);
}

static int
add(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct load *l = cookie;
    size_t at = l->bodies.n;
    pack(msg, &l->bodies);
    if (buf_failed(&l->bodies))
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "its records take more than %zu bytes",
                       BODIES_BYTES_MAX);
    size_t n = l->bodies.n - at;
    if (n > type->body_max)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "record %zu takes %zu bytes: expected at most %zu",
                       l->n + 1, n, type->body_max);
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 64 : l->cap * 2;
        l->records = mem_resize(l->records, l->cap * sizeof *l->records);
    }
    l->records[l->n++] = (struct load_record){type, at, n};
    return 0;
}

int
load_read(struct load *l, const char *path, const char *format, bool strict)
{
    struct warning_sink sink = {.file = l->in.name};
    struct convert how = {.strict = strict, .warn = warning_print, .cookie = &sink};
    struct why why;
    why_clear(&why);
    int r = input_read(&l->in, path, format, &how, add, l, &why);
    warning_end(&sink);
    if (r != 0)
        return args_refuse(&why, l->in.name);
    if (l->n > 0)
        return EXIT_DONE;
    fprintf(stderr, "%s: it holds no record\n", l->in.name);
    return EXIT_FAILED;
}

int
load_text(struct load *l, const char *name, struct span text, const char *format)
{
    struct convert how = {.strict = true};
    struct why why;

    why_clear(&why);
    (void)snprintf(l->in.name, sizeof l->in.name, "%s", name);
    if (registry_read(text, format, &how, add, l, &why) != 0)
        return args_refuse(&why, name);
    return EXIT_DONE;
}

void
load_types(const struct load *l, struct buf *out)
{
    bool first = true;
    for (size_t i = 0; types_table[i] != NULL; i++) {
        size_t n = 0;
        for (size_t j = 0; j < l->n; j++)
            n += l->records[j].type == types_table[i];
        if (n == 0)
            continue;
        buf_put_fmt(out, "%s%zu %s", first ? "" : ", ", n, types_table[i]->name);
        first = false;
    }
    buf_put_str(out, l->n == 1 ? " record" : " records");
}
