/*
 * Notices: record types whose form is ours, because their communities have none that a machine reads (docs/decisions/0011-notices.md). One table a type gives the reader,
 * the check, canonical JSON, readable text, the form that a person fills in, and the JSON schema in proto/schema.
 */
#ifndef TYPES_NOTICE_H
#define TYPES_NOTICE_H

#include <stddef.h>

#include "types/fieldmap.h"
#include "types/type.h"

struct notice_help {
    const char *example; /* a value, as it would stand in a notice */
    const char *hint;    /* for whoever fills it in */
};

#define NOTICE_OBJECTS 2
#define NOTICE_ORDERS  4

struct notice {
    const struct fieldmap *map; /* [0] is `notice`: its one word, "DISTRESS/1", tells which form this is */
    const struct notice_help *help; /* one a field */
    const char *format;             /* "distress-json" */
    const char *title;
    const char *key;                    /* field that names what the notice is about, for its issuer */
    const char *epoch[2];               /* fields that hold the time of the data; the first that is given */
    const char *object[NOTICE_OBJECTS]; /* fields that name a space object */
    const char *object_kind
        [NOTICE_OBJECTS]; /* "norad", "cospar", "neo": all of one object; "": the field names its kind; "any": so it does, checked */
    const char *object_name; /* field with the name of that object; NULL: none */
    void (*identity)(const ProtobufCMessage *msg,
                     struct buf *out);   /* for struct type; NULL: from object and object_name */
    const char *summary[4];              /* fields that say in one line what it is about */
    const char *order[NOTICE_ORDERS][2]; /* fields of which the first may not be above the second */
    /* What goes over several fields; NULL: nothing. */
    int (*check)(const ProtobufCMessage *msg, struct why *why);
};

int notice_check(const struct notice *n, const ProtobufCMessage *msg, struct why *why);
int notice_subject(const struct notice *n, const ProtobufCMessage *msg, struct subject *out);
void notice_identity(const struct notice *n, const ProtobufCMessage *msg, struct buf *out);
void notice_summary(const struct notice *n, const ProtobufCMessage *msg, struct buf *out);
int notice_probe(const struct notice *n, struct span head);
int notice_read(const struct notice *n, struct span input, const struct convert *how, struct arena *a,
                type_emit_fn *emit, void *cookie, struct why *why);
int notice_write_json(const struct notice *n, const ProtobufCMessage *msg, struct buf *out);
int notice_write_text(const struct notice *n, const ProtobufCMessage *msg, struct buf *out);
/*
 * An event of a notice: about ${scope}, in the word of the notice's id, so that a later notice of the same id takes its place. ${at}, ${issued} and ${closes} are
 * fields, "" or NULL: not given. 1, for struct type.
 */
size_t notice_event(struct type_event *out, const char *kind, const char *scope, const char *id,
                    const char *at, const char *issued, const char *closes);
/* The place that two fields hold, and how far off it may be (NULL, "": not said): a circle. Nothing where either is not given. */
void notice_place(struct area_list *out, const char *latitude_deg, const char *longitude_deg,
                  const char *radius_km);
/* "ID of ISSUER" (NULL: ID alone); what does not fit into ${size} ends in a hash of all of it. */
void notice_label(const char *id, const char *issuer, char *out, size_t size);
/* Is ${text} one of ${words}, NULL-terminated? */
bool notice_is_one_of(const char *text, const char *const *words);
/* A notice to be filled in: refused with the place of each value that still is a hint. */
void notice_form(const struct notice *n, struct buf *out);
/* JSON Schema (2020-12), with one worked example. */
void notice_schema(const struct notice *n, struct buf *out);

/* One row of a table: FIELDS(F) is F(keyword, member, kind, flags, unit, min, max, words, example, hint) for each. */
#define NOTICE_ROW(keyword, member, kind, flags, unit, min, max, words, example, hint)                       \
    {keyword, unit, min, max, words, NULL, offsetof(Notice, member), kind, 0, (flags) | FIELD_FORM},
#define NOTICE_HELP(keyword, member, kind, flags, unit, min, max, words, example, hint) {example, hint},

/*
 * The type ${word} whose message is typedef'd as Notice, with fields FIELDS and a `static const struct notice about` that says the rest; ${schema} is the
 * message's descriptor.
 */
#define NOTICE_MAP(FIELDS, descriptor)                                                                       \
    static const struct field_block blocks[] = {{.name = "data"}};                                           \
    static const struct field fields[] = {FIELDS(NOTICE_ROW)};                                               \
    static const struct notice_help help[] = {FIELDS(NOTICE_HELP)};                                          \
    static const struct fieldmap map = {                                                                     \
        .field = fields,                                                                                     \
        .count = sizeof fields / sizeof *fields,                                                             \
        .block = blocks,                                                                                     \
        .block_count = 1,                                                                                    \
        .part = {{.schema = &(descriptor),                                                                   \
                  .n_extras = offsetof(Notice, n_extras),                                                    \
                  .extras = offsetof(Notice, extras)}},                                                      \
        .source = offsetof(Notice, source),                                                                  \
    }

#define NOTICE_TYPE(word, is_alert, type_title, descriptor)                                                  \
    NOTICE_TYPE_FULL(word, is_alert, type_title, descriptor, NULL, NULL, NULL)

/* The same with one writer more. */
#define NOTICE_TYPE_ALSO(word, is_alert, type_title, descriptor, also)                                       \
    NOTICE_TYPE_FULL(word, is_alert, type_title, descriptor, also, NULL, NULL)

/* The same with one writer more, and with figures. */
#define NOTICE_TYPE_FULL(word, is_alert, type_title, descriptor, also, figures_of, names_of)                 \
    NOTICE_TYPE_EVENTS(word, is_alert, type_title, descriptor, also, figures_of, names_of, NULL)

/* The same with all of these, and with events. */
#define NOTICE_TYPE_EVENTS(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of)    \
    NOTICE_TYPE_ALL(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of, NULL, NULL)

/* The same with all of these, and with places on the Earth. */
#define NOTICE_TYPE_PLACES(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of,    \
                           places_of)                                                                        \
    NOTICE_TYPE_ALL(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of,           \
                    places_of, NULL)

/* The same with events, and with what it claims of a place. */
#define NOTICE_TYPE_EXTENT(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of,    \
                           extent_of)                                                                        \
    NOTICE_TYPE_ALL(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of, NULL,     \
                    extent_of)

#define NOTICE_TYPE_ALL(word, is_alert, type_title, descriptor, also, figures_of, names_of, events_of,       \
                        places_of, extent_of)                                                                \
    static int check(const ProtobufCMessage *msg, struct why *why)                                           \
    {                                                                                                        \
        return notice_check(&about, msg, why);                                                               \
    }                                                                                                        \
    static int subject(const ProtobufCMessage *msg, struct subject *out)                                     \
    {                                                                                                        \
        return notice_subject(&about, msg, out);                                                             \
    }                                                                                                        \
    static void identity(const ProtobufCMessage *msg, const struct subject *about_it, struct buf *out)       \
    {                                                                                                        \
        (void)about_it;                                                                                      \
        notice_identity(&about, msg, out);                                                                   \
    }                                                                                                        \
    static void summary(const ProtobufCMessage *msg, struct buf *out)                                        \
    {                                                                                                        \
        notice_summary(&about, msg, out);                                                                    \
    }                                                                                                        \
    static void json(const ProtobufCMessage *msg, struct buf *out)                                           \
    {                                                                                                        \
        fieldmap_json(&map, msg, out);                                                                       \
    }                                                                                                        \
    static void source(const ProtobufCMessage *msg, struct source *out)                                      \
    {                                                                                                        \
        fieldmap_source(&map, msg, out);                                                                     \
    }                                                                                                        \
    static void form(struct buf *out)                                                                        \
    {                                                                                                        \
        notice_form(&about, out);                                                                            \
    }                                                                                                        \
    static void schema(struct buf *out)                                                                      \
    {                                                                                                        \
        notice_schema(&about, out);                                                                          \
    }                                                                                                        \
    static int probe(struct span head)                                                                       \
    {                                                                                                        \
        return notice_probe(&about, head);                                                                   \
    }                                                                                                        \
    static int read_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,  \
                         void *cookie, struct why *why)                                                      \
    {                                                                                                        \
        return notice_read(&about, input, how, a, emit, cookie, why);                                        \
    }                                                                                                        \
    static int write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out,           \
                          struct why *why)                                                                   \
    {                                                                                                        \
        (void)how, (void)why;                                                                                \
        return notice_write_json(&about, msg, out);                                                          \
    }                                                                                                        \
    static int write_text(const ProtobufCMessage *msg, const struct convert *how, struct buf *out,           \
                          struct why *why)                                                                   \
    {                                                                                                        \
        (void)how, (void)why;                                                                                \
        return notice_write_text(&about, msg, out);                                                          \
    }                                                                                                        \
    static const struct reader json_reader = {                                                               \
        #word "-json", "application/json", type_title " as JSON", LIMIT_INPUT_BYTES, probe, read_json};      \
    static const struct writer json_writer = {.format = #word "-json",                                       \
                                              .media = "application/json",                                   \
                                              .title = type_title " as JSON, an array",                      \
                                              .lossless = true,                                              \
                                              .begin = jsonmap_begin,                                        \
                                              .between = jsonmap_between,                                    \
                                              .end = jsonmap_end,                                            \
                                              .write = write_json};                                          \
    static const struct writer text_writer = {                                                               \
        .format = "text", .media = "text/plain", .title = "for people", .write = write_text};                \
    static const struct reader *const readers[] = {&json_reader, NULL};                                      \
    static const struct writer *const writers[] = {&json_writer, &text_writer, also, NULL};                  \
    const struct type type_##word = {                                                                        \
        .name = #word,                                                                                       \
        .title = type_title,                                                                                 \
        .version = 1,                                                                                        \
        .body_max = LIMIT_BODY_BYTES,                                                                        \
        .alert = is_alert,                                                                                   \
        .schema = &(descriptor),                                                                             \
        .check = check,                                                                                      \
        .subject = subject,                                                                                  \
        .identity = identity,                                                                                \
        .summary = summary,                                                                                  \
        .json = json,                                                                                        \
        .source = source,                                                                                    \
        .figures = figures_of,                                                                               \
        .figure_names = names_of,                                                                            \
        .events = events_of,                                                                                 \
        .places = places_of,                                                                                 \
        .extent = extent_of,                                                                                 \
        .readers = readers,                                                                                  \
        .writers = writers,                                                                                  \
        .form = form,                                                                                        \
        .json_schema = schema,                                                                               \
        .doc = #word ".md",                                                                                  \
    }

#endif
