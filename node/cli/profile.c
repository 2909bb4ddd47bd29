#include "cli/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"

#define NO_LINE   UINT32_MAX
#define NAMED_MAX 500 /* misses of an input that are named; more are counted */

void
profile_init(struct profile_run *r, const struct profile *profile)
{
    *r = (struct profile_run){.profile = profile};
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
count_lines(struct span text)
{
    uint32_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n' || (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'));
    return n;
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
    if (source.piece <= 1) {
        look(r);
        r->line = r->lines;
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
    r->lines += count_lines(source.original);
}

void
profile_end(struct profile_run *r)
{
    look(r);
}

void
profile_print(const struct profile_run *r, const char *file)
{
    struct span left = buf_span((struct buf *)&r->told);

    while (left.n > 0) {
        const uint8_t *end = memchr(left.p, '\n', left.n);
        size_t n = end != NULL ? (size_t)(end - left.p) : left.n;

        printf("%s:%.*s\n", file, (int)n, (const char *)left.p);
        left = n < left.n ? span_of(left.p + n + 1, left.n - n - 1) : span_of(NULL, 0);
    }
    if (r->misses == 0)
        printf("%s: meets %s\n", file, r->profile->title);
    else
        printf("%s: misses %" PRIu64 " of %s\n", file, r->misses, r->profile->title);
}

void
profile_json(const struct profile_run *r, struct buf *out)
{
    buf_put_fmt(out, ",\"profile\":\"%s\",\"met\":%s,\"missing\":[", r->profile->name,
                r->misses == 0 ? "true" : "false");
    buf_put_span(out, buf_span((struct buf *)&r->json));
    buf_put_byte(out, ']');
}
