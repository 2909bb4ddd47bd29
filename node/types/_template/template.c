/* One measured value of one thing. */
#include <stddef.h>

#include "base/text.h"
#include "syntax/json.h"
#include "template.pb-c.h"
#include "types/designator.h"
#include "types/jsonmap.h"

static const struct field_block blocks[] = {{.name = "data"}};

/* One row a keyword: readers, writers, check and canonical JSON work from it. */
static const struct field fields[] = {
    {.keyword = "NAME",
     .offset = offsetof(Parallax__V1__Template, name),
     .kind = FIELD_TEXT,
     .flags = FIELD_MUST},
    {.keyword = "TIME",
     .offset = offsetof(Parallax__V1__Template, time),
     .kind = FIELD_TIME,
     .flags = FIELD_MUST},
    {.keyword = "VALUE",
     .offset = offsetof(Parallax__V1__Template, value),
     .kind = FIELD_REAL,
     .flags = FIELD_MUST,
     .unit = "m",
     .min = "0"},
};

static const struct fieldmap map = {
    .field = fields,
    .count = sizeof fields / sizeof *fields,
    .block = blocks,
    .block_count = 1,
    .part = {{.schema = &parallax__v1__template__descriptor,
              .n_extras = offsetof(Parallax__V1__Template, n_extras),
              .extras = offsetof(Parallax__V1__Template, extras)}},
    .source = offsetof(Parallax__V1__Template, source),
};

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    return fieldmap_check(&map, msg, why);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Template *template = (const Parallax__V1__Template *)msg;

    *out = (struct subject){0};
    designator_key(template->name, out->key, sizeof out->key);
    out->epoch = designator_utc(span_str(template->time), span_str("UTC"));
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Template *template = (const Parallax__V1__Template *)msg;

    text_quote(out, span_str(template->name), 40);
    buf_put_str(out, " ");
    fieldmap_number(out, span_str(template->value));
    buf_put_str(out, " m");
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(&map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&map, msg, out);
}

static int
probe(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "NAME") && json_has_key(head, "VALUE") ? 50 : 0;
}

static int
read_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    return jsonmap_read(&map, "template-json", NULL, input, how, a, emit, cookie, why);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct reader reader = {.format = "template-json",
                                     .media = "application/json",
                                     .title = "measured values as JSON",
                                     .input_max = LIMIT_INPUT_BYTES,
                                     .probe = probe,
                                     .read = read_json};
static const struct writer writer = {.format = "template-json",
                                     .media = "application/json",
                                     .title = "measured values as JSON, an array",
                                     .lossless = true,
                                     .begin = jsonmap_begin,
                                     .between = jsonmap_between,
                                     .end = jsonmap_end,
                                     .write = write_json};

static const struct reader *const readers[] = {&reader, NULL};
static const struct writer *const writers[] = {&writer, NULL};

const struct type type_template = {
    .name = "template",
    .title = "One measured value of one thing",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__template__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "template.md",
};
