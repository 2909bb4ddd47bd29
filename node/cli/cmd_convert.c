/* convert: one file from one format into another of the same record type, with no node at all. All of it or
 * nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "cli/args.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/spool.h"
#include "cli/warning.h"
#include "types/registry.h"
#include "types/xmlmap.h"

#define CHUNK_BYTES 65536
#define NAMED_MAX   10 /* records that cannot be written are named up to here, then counted */

struct conversion {
    const struct args *args;
    struct input in;
    const struct convert *how;
    const struct writer *writer;
    struct buf out;     /* what is not in ${spool} yet */
    struct spool spool; /* it waits until it is whole */
    uint64_t records;
    uint64_t refused;
    bool has_no_writer;
};

/* Say which record the output format cannot hold, and why. */
static void
name_refused(struct conversion *c, const struct type *type, const ProtobufCMessage *msg,
             const struct why *why)
{
    struct buf text;

    if (c->refused++ >= NAMED_MAX)
        return;
    buf_init(&text, LIMIT_LOG_LINE_BYTES);
    why_print(why, c->in.name, &text);
    buf_put_fmt(&text, " (record %" PRIu64 ": ", c->records);
    type->summary(msg, &text);
    fprintf(stderr, "%s)\n", buf_cstr(&text));
    buf_release(&text);
}

/* The writer ${to} of the type; "ndm-xml" is the one that writes the message into an <ndm>. */
static const struct writer *
pick_writer(const struct type *type, const ProtobufCMessage *msg, const char *to)
{
    if (strcmp(to, "ndm-xml") != 0)
        return registry_writer(type, to);
    for (size_t i = 0; type->writers[i] != NULL; i++) {
        const struct writer *w = type->writers[i];

        if (w->begin == xmlmap_begin && (w->fits == NULL || w->fits(msg)))
            return w;
    }
    return NULL;
}

/* Do both put the same around and between their records? */
static bool
stands_with(const struct writer *a, const struct writer *b)
{
    void (*const frame[][2])(struct buf *) = {
        {a->begin, b->begin}, {a->between, b->between}, {a->end, b->end}};
    bool same = true;

    for (size_t i = 0; a != b && i < sizeof frame / sizeof *frame; i++) {
        struct buf text[2];

        for (int k = 0; k < 2; k++) {
            buf_init(&text[k], LIMIT_LINE_BYTES);
            if (frame[i][k] != NULL)
                frame[i][k](&text[k]);
        }
        same = same && span_equal(buf_span(&text[0]), buf_span(&text[1]));
        buf_release(&text[0]);
        buf_release(&text[1]);
    }
    return same;
}

static int
spool(struct conversion *c, struct why *why)
{
    int rc = spool_put(&c->spool, buf_span(&c->out), why);

    buf_clear(&c->out);
    return rc;
}

/* What was spooled, to standard output. */
static int
unspool(struct conversion *c)
{
    uint64_t n = spool_bytes(&c->spool);
    int rc = 0;

    buf_clear(&c->out);
    for (uint64_t at = 0; at < n && rc == 0; at += CHUNK_BYTES) {
        rc = spool_read(&c->spool, at, n - at < CHUNK_BYTES ? (size_t)(n - at) : CHUNK_BYTES, &c->out);
        if (rc == 0)
            screen_flush(&c->out);
    }
    return rc;
}

static int
convert_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct conversion *c = cookie;
    const struct writer *writer;
    struct why refusal;

    why_clear(&refusal);
    writer = pick_writer(type, msg, args_get(c->args, "to"));
    if (writer == NULL) {
        c->has_no_writer = true;
        (void)warning_no_writer(c->args, type, args_get(c->args, "to"));
        return why_set(why, WHY_FORMAT_UNKNOWN, 0, 0, NULL, "no writer of that name");
    }
    if (c->records > 0 && !stands_with(c->writer, writer))
        return why_set(
            why, WHY_CANNOT_HOLD, 0, 0, NULL,
            "records of several kinds: expected json, ndjson or ndm-xml, which hold them side by side");
    c->writer = writer;
    if (c->records == 0) {
        if (c->writer->begin != NULL)
            c->writer->begin(&c->out);
    } else if (c->writer->between != NULL) {
        c->writer->between(&c->out);
    }
    c->records++;
    if (c->writer->write(msg, c->how, &c->out, &refusal) != 0)
        name_refused(c, type, msg, &refusal);
    if (c->refused > 0)
        buf_clear(&c->out); /* it will not be written */
    if (buf_failed(&c->out))
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "the output would be larger than %d bytes",
                       LIMIT_OUTPUT_BYTES);
    return c->out.n < CHUNK_BYTES ? 0 : spool(c, why);
}

static int
finish(struct conversion *c)
{
    struct why why;

    if (c->refused > 0) {
        fprintf(stderr,
                "%s: %" PRIu64 " of %" PRIu64 " records cannot be written as %s: nothing was written\n",
                c->in.name, c->refused, c->records, c->writer->format);
        return EXIT_FAILED;
    }
    why_clear(&why);
    if (c->writer->end != NULL)
        c->writer->end(&c->out);
    if (spool(c, &why) != 0)
        return args_refuse(&why, "the output");
    return unspool(c) == 0 ? EXIT_DONE
                           : args_fail(c->args, "the output cannot be read back: %s", strerror(errno));
}

static int
convert_file(struct conversion *c, const char *path)
{
    struct warning_sink sink = {.file = c->in.name};
    struct convert how = {.strict = args_has(c->args, "strict"),
                          .alpha5 = args_has(c->args, "alpha5"),
                          .warn = warning_print,
                          .cookie = &sink};
    struct why why;
    int rc;

    why_clear(&why);
    c->how = &how;
    rc = input_read(&c->in, path, args_get(c->args, "from"), &how, convert_record, c, &why);
    warning_end(&sink);
    if (rc == 0)
        return finish(c);
    return c->has_no_writer ? EXIT_USAGE : args_refuse(&why, c->in.name);
}

int
cmd_convert(int argc, char **argv)
{
    struct args a;
    struct conversion c = {.args = &a};
    const char *path;
    int status;

    if (!args_read(&a, "convert", 0, 1, argc, argv, &status))
        return status;
    if (!args_has(&a, "to"))
        return args_usage(&a, "--to FORMAT is missing");
    if (args_has(&a, "from") && registry_reader(args_get(&a, "from"), NULL) == NULL)
        return args_usage(&a, "%.64s is no format that can be read", args_get(&a, "from"));
    path = a.n > 0 ? a.at[0] : "-";
    input_init(&c.in, path);
    buf_init(&c.out, LIMIT_OUTPUT_BYTES);
    spool_init(&c.spool, LIMIT_CONVERTED_BYTES);
    status = convert_file(&c, path);
    buf_release(&c.out);
    spool_release(&c.spool);
    input_release(&c.in);
    return status;
}
