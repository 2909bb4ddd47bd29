/* Records for tests of filters: a text in a format of its type, and a header for it. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/where.h"
#include "base/file.h"
#include "types/registry.h"

struct sample {
    struct where_record record;
    Parallax__V1__Header header;
    Parallax__V1__Utc created;
    struct arena arena;
};

static inline int
sample_keep(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct sample *s = cookie;
    size_t n = protobuf_c_message_get_packed_size(msg);
    uint8_t *bytes = malloc(n + 1);

    if (s->record.msg == NULL) {
        s->record.type = type;
        protobuf_c_message_pack(msg, bytes);
        s->record.msg = registry_unpack(type, span_of(bytes, n), &s->arena, why);
        assert_non_null(s->record.msg);
    }
    free(bytes);
    return 0;
}

/* The first record of ${text}, of fr-cnes/open/alert, in mode TEST, created 2032-02-11T00:00:00Z, looked at on 2032-02-12. */
static inline void
sample_read(struct sample *s, struct span text)
{
    struct convert how = {.strict = false};
    struct utc now;
    struct why why;

    memset(s, 0, sizeof *s);
    arena_init(&s->arena, LIMIT_ARENA_BODY_BYTES);
    why_clear(&why);
    if (registry_read(text, NULL, &how, sample_keep, s, &why) != 0)
        fail_msg("%s", why.note);
    assert_int_equal(utc_parse(span_str("2032-02-12T00:00:00Z"), &now), 0);
    parallax__v1__header__init(&s->header);
    parallax__v1__utc__init(&s->created);
    s->created.mjd = now.mjd - 1;
    s->header.created = &s->created;
    s->header.type = (char *)(uintptr_t)s->record.type->name;
    s->header.mode = PARALLAX__V1__MODE__TEST;
    s->header.kind = PARALLAX__V1__KIND__INITIAL;
    s->header.sealing = PARALLAX__V1__SEALING__NONE;
    s->record.header = &s->header;
    s->record.origin = "fr-cnes";
    s->record.audience = span_str("open");
    s->record.class_name = span_str("alert");
    s->record.now = now;
}

/* The same of a golden file, "distress/golden/01-full.distress-json". */
static inline void
sample_golden(struct sample *s, const char *name)
{
    char path[256];
    struct buf text;

    (void)snprintf(path, sizeof path, "../../../node/types/%s", name);
    buf_init(&text, LIMIT_INPUT_BYTES);
    assert_int_equal(file_read(path, &text), 0);
    sample_read(s, buf_span(&text));
    buf_release(&text);
}

static inline void
sample_release(struct sample *s)
{
    arena_release(&s->arena);
}

#endif
