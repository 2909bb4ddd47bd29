#include "cli/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"

#define NO_LINE   UINT32_MAX
#define NAMED_MAX 500 /* misses of an input that are named; more are counted */

void
profile_init(struct profile_run *r, const struct profile *profile, const struct input *in)
{
    *r = (struct profile_run){.profile = profile, .in = in};
    buf_init(&r->text, LIMIT_INPUT_BYTES);
    buf_init(&r->told, LIMIT_API_BYTES);
    buf_init(&r->json, LIMIT_API_BYTES);
}

void
profile_release(struct profile_run *r)
{
    buf_release(&r->text);
    buf_release(&r->told);
    buf_release(&r->json);
}

static void
on_miss(void *cookie, uint32_t line, const char *field, const char *note)
{
    struct profile_run *r = cookie;

    if (r->misses++ >= NAMED_MAX)
        return;
    buf_put_fmt(&r->json, "%s{", r->misses > 1 ? "," : "");
    buf_put_fmt(&r->told, "%s:", r->name);
    if (line > 0 && r->line != NO_LINE) {
        buf_put_fmt(&r->told, "%" PRIu32 ":", r->line + line);
        buf_put_fmt(&r->json, "\"line\":%" PRIu32 ",", r->line + line);
    }
    if (field != NULL) {
        buf_put_fmt(&r->json, "\"field\":\"%s\",", field);
        buf_put_fmt(&r->told, " %s:", field);
    }
    buf_put_str(&r->json, "\"note\":");
    text_json(&r->json, span_str(note));
    buf_put_byte(&r->json, '}');
    buf_put_fmt(&r->told, " %s\n", note);
}

/* The message that was put together is complete. */
static void
look(struct profile_run *r)
{
    if (r->text.n > 0)
        r->profile->check(buf_span(&r->text), on_miss, r);
    buf_clear(&r->text);
}

static uint32_t
count_lines(const uint8_t *from, const uint8_t *to)
{
    uint32_t n = 0;

    for (const uint8_t *p = from; p < to; p++)
        n += *p == '\n' || (*p == '\r' && (p + 1 == to || p[1] != '\n'));
    return n;
}

/* Lines before ${original}: exactly where it lies in the file that was read, else those of the messages before it. */
static void
place(struct profile_run *r, struct span original)
{
    uintptr_t start = (uintptr_t)r->in->whole.p, at = (uintptr_t)original.p;

    if (at >= start && at < start + r->in->whole.n) {
        if (r->counted == NULL || (uintptr_t)r->counted > at) {
            r->counted = r->in->whole.p;
            r->lines = 0;
        }
        r->lines += count_lines(r->counted, original.p);
        r->counted = original.p;
    }
    r->line = r->lines;
    if (r->counted == NULL)
        r->lines += count_lines(original.p, original.p + original.n);
}

/* A message in another format, as the one that the profile is of. */
static void
take_written(struct profile_run *r, const struct type *type, const ProtobufCMessage *msg, uint32_t piece)
{
    const struct writer *writer = registry_writer(type, r->profile->format);
    const struct convert how = {0};
    struct why why;

    why_clear(&why);
    if (piece > 0 || writer == NULL || writer->write(msg, &how, &r->text, &why) != 0) {
        buf_clear(&r->text);
        on_miss(r, 0, NULL,
                piece > 0 ? "long, and not in the format of the profile: write it as that first"
                          : "not a message of this profile");
    }
    r->line = NO_LINE;
    look(r);
}

void
profile_take(struct profile_run *r, const struct type *type, const ProtobufCMessage *msg)
{
    const struct type *wanted;
    struct source source;

    (void)registry_profile(r->profile->name, &wanted);
    type->source(msg, &source);
    if (source.piece <= 1 || strcmp(r->name, r->in->name) != 0) {
        look(r);
        if (strcmp(r->name, r->in->name) != 0) {
            r->lines = 0;
            r->counted = NULL;
        }
        (void)snprintf(r->name, sizeof r->name, "%s", r->in->name);
        place(r, source.original);
    } else if (r->counted == NULL) {
        r->lines += count_lines(source.original.p, source.original.p + source.original.n);
    }
    if (type != wanted) {
        r->line = NO_LINE;
        on_miss(r, 0, NULL, "a record of another type than this profile is of");
    } else if (!span_is(source.format, r->profile->format)) {
        take_written(r, type, msg, source.piece);
    } else {
        /* The originals of the pieces are the text. */
        if (source.piece <= 1)
            buf_put_span(&r->text, source.preamble);
        buf_put_span(&r->text, source.original);
    }
}

void
profile_end(struct profile_run *r)
{
    look(r);
}

void
profile_print(const struct profile_run *r)
{
    fwrite(r->told.p, 1, r->told.n, stdout);
    if (r->misses == 0)
        printf("%s: meets %s\n", r->name, r->profile->title);
    else
        printf("%s: misses %" PRIu64 " of %s\n", r->name, r->misses, r->profile->title);
}

void
profile_json(const struct profile_run *r, struct buf *out)
{
    buf_put_fmt(out, ",\"profile\":\"%s\",\"met\":%s,\"missing\":[", r->profile->name,
                r->misses == 0 ? "true" : "false");
    buf_put_span(out, buf_span((struct buf *)&r->json));
    buf_put_byte(out, ']');
}
