#include "cli/load.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/screen.h"
#include "cli/warning.h"
#include "wire/unpack.h"

/* A record in the spool: its type's place in types_table (be16), its length (be32), its body. */
#define FRAME_BYTES 6
#define MIB         1048576

_Static_assert(LIMIT_BODY_BYTES + FRAME_BYTES <= LIMIT_BATCH_BYTES, "a window holds a record");

struct reading {
    struct load *l;
    struct screen_progress progress; /* MiB of a mapped file */
};

void
load_init(struct load *l, const char *path)
{
    memset(l, 0, sizeof *l);
    input_init(&l->in, path);
    spool_init(&l->records, LIMIT_PUBLISHED_BYTES);
    buf_init(&l->body, LIMIT_BODY_BYTES + FRAME_BYTES);
}

void
load_release(struct load *l)
{
    input_release(&l->in);
    spool_release(&l->records);
    buf_release(&l->body);
}

static size_t
place_of(const struct type *type)
{
    size_t i = 0;

    while (types_table[i] != type)
        i++;
    assert(i < LOAD_TYPES_MAX);
    return i;
}

static int
add(struct load *l, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    size_t place = place_of(type), n;

    buf_clear(&l->body);
    buf_put_be16(&l->body, (uint16_t)place);
    buf_put_be32(&l->body, 0);
    pack(msg, &l->body);
    n = l->body.n - (l->body.n < FRAME_BYTES ? l->body.n : FRAME_BYTES);
    if (buf_failed(&l->body) || n > type->body_max)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL,
                       "record %" PRIu64 " takes more than %zu bytes, or than there is memory", l->n + 1,
                       type->body_max);
    for (unsigned i = 0; i < 4; i++)
        l->body.p[2 + i] = (uint8_t)(n >> (24 - 8 * i));
    l->n++;
    l->by_type[place]++;
    return spool_put(&l->records, buf_span(&l->body), why);
}

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct reading *r = cookie;
    const struct span file = r->l->in.mapping.bytes;
    struct source source;

    if (add(r->l, type, msg, why) != 0)
        return -1;
    if (file.p == NULL)
        return 0;
    type->source(msg, &source);
    if (source.original.p >= file.p && source.original.p < file.p + file.n) {
        uint64_t mib = (uint64_t)(source.original.p - file.p) / MIB;

        r->progress.total = file.n / MIB;
        if (mib > r->progress.done)
            screen_progress_step(&r->progress, mib - r->progress.done);
    }
    return 0;
}

int
load_read(struct load *l, const char *path, const char *format, bool strict)
{
    struct warning_sink sink = {.file = l->in.name};
    struct convert how = {.strict = strict, .warn = warning_print, .cookie = &sink};
    struct reading reading = {.l = l};
    struct why why;
    int r;

    why_clear(&why);
    screen_progress_start(&reading.progress, "MiB read", 0);
    r = input_read(&l->in, path, format, &how, take, &reading, &why);
    screen_progress_end(&reading.progress);
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
    struct reading reading = {.l = l};
    struct why why;

    why_clear(&why);
    (void)snprintf(l->in.name, sizeof l->in.name, "%s", name);
    if (registry_read(text, format, &how, take, &reading, &why) != 0)
        return args_refuse(&why, name);
    return EXIT_DONE;
}

int
load_window(const struct load *l, uint64_t at, struct buf *out)
{
    uint64_t left = spool_bytes(&l->records) - at;

    buf_clear(out);
    if (spool_read(&l->records, at, left < LIMIT_BATCH_BYTES ? (size_t)left : LIMIT_BATCH_BYTES, out) == 0)
        return 0;
    fprintf(stderr, "%s: its records cannot be read back from the disk: %s\n", l->in.name, strerror(errno));
    return -1;
}

bool
load_take(struct span *window, struct load_record *r)
{
    const uint8_t *p = window->p;
    size_t n;

    if (window->n < FRAME_BYTES)
        return false;
    n = (size_t)p[2] << 24 | (size_t)p[3] << 16 | (size_t)p[4] << 8 | p[5];
    if (window->n - FRAME_BYTES < n)
        return false;
    *r = (struct load_record){types_table[(size_t)p[0] << 8 | p[1]], span_of(p + FRAME_BYTES, n)};
    *window = span_of(p + FRAME_BYTES + n, window->n - FRAME_BYTES - n);
    return true;
}

void
load_types(const struct load *l, struct buf *out)
{
    bool first = true;

    for (size_t i = 0; types_table[i] != NULL; i++) {
        if (l->by_type[i] == 0)
            continue;
        buf_put_fmt(out, "%s%" PRIu64 " %s", first ? "" : ", ", l->by_type[i], types_table[i]->name);
        first = false;
    }
    buf_put_str(out, l->n == 1 ? " record" : " records");
}
