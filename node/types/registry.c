#include "types/registry.h"

#include <stdio.h>

#include "types/fill.h"
#include "types/stranger.h"
#include "wire/unpack.h"

#define HEAD_BYTES 4096

const struct type *
registry_type(struct span name)
{
    for (size_t i = 0; types_table[i] != NULL; i++) {
        if (span_is(name, types_table[i]->name))
            return types_table[i];
    }
    return NULL;
}

const struct type *
registry_type_cstr(const char *name)
{
    return registry_type(span_str(name));
}

const struct reader *
registry_reader(const char *format, const struct type **type)
{
    for (size_t i = 0; types_table[i] != NULL; i++) {
        for (size_t k = 0; types_table[i]->readers[k] != NULL; k++) {
            if (strcmp(types_table[i]->readers[k]->format, format) != 0)
                continue;
            if (type != NULL)
                *type = types_table[i];
            return types_table[i]->readers[k];
        }
    }
    return NULL;
}

const struct writer *
registry_writer(const struct type *type, const char *format)
{
    for (size_t k = 0; type->writers[k] != NULL; k++) {
        if (strcmp(type->writers[k]->format, format) == 0)
            return type->writers[k];
    }
    return NULL;
}

const struct profile *
registry_profile(const char *name, const struct type **type)
{
    for (size_t i = 0; types_table[i] != NULL; i++) {
        for (size_t k = 0; types_table[i]->profiles != NULL && types_table[i]->profiles[k] != NULL; k++) {
            if (strcmp(types_table[i]->profiles[k]->name, name) != 0)
                continue;
            *type = types_table[i];
            return types_table[i]->profiles[k];
        }
    }
    return NULL;
}

const struct reader *
registry_detect(struct span input, const struct type **type, struct why *why)
{
    struct span head = span_of(input.p, input.n < HEAD_BYTES ? input.n : HEAD_BYTES);
    const struct reader *best = NULL;
    const struct reader *second = NULL;
    int best_score = 0;
    int second_score = 0;

    for (size_t i = 0; types_table[i] != NULL; i++) {
        for (size_t k = 0; types_table[i]->readers[k] != NULL; k++) {
            const struct reader *reader = types_table[i]->readers[k];
            int score = head.n > 0 && reader->probe != NULL ? reader->probe(head) : 0;

            if (score > best_score) {
                second = best;
                second_score = best_score;
                best = reader;
                best_score = score;
                *type = types_table[i];
            } else if (score > second_score) {
                second = reader;
                second_score = score;
            }
        }
    }
    if (best == NULL) {
        (void)stranger_refuse(head, why);
        return NULL;
    }
    if (best_score == second_score) {
        why_set(why, WHY_FORMAT_AMBIGUOUS, 0, 0, NULL, "may be %s or %s: name the format", best->format,
                second->format);
        return NULL;
    }
    return best;
}

struct reading {
    const struct type *type;
    const struct arena *arena; /* of the reader */
    registry_emit_fn *emit;
    void *cookie;
};

/*
 * Is there no need to measure ${msg}? What it takes packed is less than what it took in the arena: a text loses its NUL and its
 * pointer, 8 bytes, and gains 5 at most. What is borrowed is its source.
 */
static bool
is_small(const struct reading *r, const ProtobufCMessage *msg)
{
    struct source source;

    if (r->type->check_read == NULL)
        return false;
    r->type->source(msg, &source);
    return r->arena->used + source.original.n + source.preamble.n + source.trailer.n <= r->type->body_max;
}

static int
check_and_emit(void *cookie, const ProtobufCMessage *msg, struct why *why)
{
    const struct reading *r = cookie;
    size_t bytes;

    if ((r->type->check_read != NULL ? r->type->check_read : r->type->check)(msg, why) != 0)
        return -1;
    if (is_small(r, msg))
        return r->emit(r->cookie, r->type, msg, why);
    bytes = protobuf_c_message_get_packed_size(msg);
    if (bytes > r->type->body_max)
        return why_set(why, WHY_BODY_SIZE, 0, 0, NULL, "a record of %zu bytes: expected at most %zu", bytes,
                       r->type->body_max);
    return r->emit(r->cookie, r->type, msg, why);
}

static int
read_with(const struct reader *reader, struct span input, const struct convert *how, struct reading *reading,
          struct why *why)
{
    struct arena arena;
    int rc;

    if (input.n > reader->input_max)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "%zu bytes: %s takes at most %zu", input.n,
                       reader->format, reader->input_max);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    reading->arena = &arena;
    rc = reader->read(input, how, &arena, check_and_emit, reading, why);
    arena_release(&arena);
    return rc;
}

/* The other kinds of messages in an <ndm>, each by the reader of its own. ${how} notes those that are found meanwhile. */
static int
read_foreign(struct span input, const struct convert *how, const struct reader *first,
             struct reading *reading, struct why *why)
{
    const struct reader *done[FOREIGN_MAX + 1] = {first};
    size_t done_n = 1;

    for (size_t i = 0; i < how->foreign->n; i++) {
        const struct foreign *f = how->foreign;
        const struct reader *reader;
        struct why none;
        char head[64];
        size_t k = 0;

        why_clear(&none);
        (void)snprintf(head, sizeof head, "<%s id=\"\">", f->name[i]);
        reader = registry_detect(span_str(head), &reading->type, &none);
        while (reader != NULL && k < done_n && done[k] != reader)
            k++;
        if (reader != NULL && k < done_n)
            continue; /* the reader before noted it as foreign to itself */
        if (reader == NULL && how->strict)
            return why_set(why, WHY_FORMAT_UNKNOWN, f->line[i], f->column[i], f->name[i],
                           "a message that no reader knows");
        if (reader == NULL) {
            fill_warn(how, (struct place){f->line[i], f->column[i]}, f->name[i],
                      "messages that no reader knows: passed over");
            continue;
        }
        done[done_n++] = reader;
        if (read_with(reader, input, how, reading, why) != 0)
            return -1;
    }
    return 0;
}

int
registry_read(struct span input, const char *format, const struct convert *how, registry_emit_fn *emit,
              void *cookie, struct why *why)
{
    struct reading reading = {.emit = emit, .cookie = cookie};
    struct foreign foreign = {.n = 0};
    struct convert all = *how;
    const struct reader *reader;

    reader =
        format != NULL ? registry_reader(format, &reading.type) : registry_detect(input, &reading.type, why);
    if (reader == NULL && format != NULL)
        return why_set(why, WHY_FORMAT_UNKNOWN, 0, 0, NULL, "no reader of that name");
    if (reader == NULL)
        return -1;
    if (format != NULL)
        return read_with(reader, input, how, &reading, why);
    all.foreign = &foreign;
    if (read_with(reader, input, &all, &reading, why) != 0)
        return -1;
    return read_foreign(input, &all, reader, &reading, why);
}

ProtobufCMessage *
registry_unpack(const struct type *type, struct span body, struct arena *a, struct why *why)
{
    ProtobufCMessage *msg;

    if (body.n > type->body_max) {
        why_set(why, WHY_BODY_SIZE, 0, 0, NULL, "%zu bytes: a body of type %s has at most %zu", body.n,
                type->name, type->body_max);
        return NULL;
    }
    msg = unpack(type->schema, body, false, WHY_BODY_SHAPE, a, why);
    if (msg == NULL || type->check(msg, why) != 0)
        return NULL;
    return msg;
}
