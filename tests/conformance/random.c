/*
 * What holds for messages that nobody wrote: each golden's records, changed at random in what their schema says they have, as far as
 * their type's check allows. Written in every format of the type and read back they are the same; what a writer that is not lossless
 * leaves out, it tells. Nothing here names a type.
 *
 * random [--seed N] [--rounds N] [PREFIX]: of the goldens whose name begins with PREFIX. A failure names its seed and its round, with which
 * it comes again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "golden.h"
#include "record.pb-c.h"
#include "wire/unpack.h"

#define BODY_BYTES_MAX 1048576
#define PLACES_MAX     4096
#define CHANGES_MAX    24
#define SHOWN_MAX      20

struct rng {
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t
next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static size_t
below(struct rng *r, size_t n)
{
    return (size_t)(next(r) % n);
}

#define PICK(r, list) (list)[below(r, sizeof(list) / sizeof *(list))]

/* A member that may be changed. */
struct change_place {
    const ProtobufCFieldDescriptor *field;
    char *message;
    size_t index; /* in a list */
};

struct run {
    const struct golden *golden;
    struct rng rng;
    struct arena arena;
    struct change_place place[PLACES_MAX];
    size_t places;
    uint64_t seed, round;
    struct buf text, body, json, again;
    size_t warnings; /* of the writer */
    bool is_other;   /* of another form, or of another type */
    size_t written, failed;
};

/* --- Texts of a kind ------------------------------------------------------------------------------------------------ */

static const char *const numbers[] = {"0",     "-0",     "0.0",        "1",     "-1",
                                      "+7",    "1E10",   "1.5e-10",    "0.5",   "360",
                                      "-90",   "99999",  "0.000001",   "1D3",   "123456.789",
                                      "1e300", "-1E-99", "2147483647", "00.10", "1000000000000000.123456789"};
static const char *const times[] = {"2016-12-31T23:59:60",     "2016-12-31T23:59:60.999999999Z",
                                    "2024-02-29T00:00:00.000", "2016-366T23:59:60.5",
                                    "1999-001T00:00:00Z",      "0001-01-01T00:00:00",
                                    "9999-12-31T23:59:59",     "2032-02-01T12:00:00.123456789012",
                                    "2026-11-30T23:59:59.1Z"};
static const char *const texts[] = {"x",         "A B",    "a=b", "<&>\"'",  "\xC3\xA9\xE6\x97\xA5",
                                    "[km]",      "a|b",    "\\n", "COMMENT", "a,b",
                                    "#",         "!x",     "]]>", "a;b",     "NaN",
                                    "N/A",       "0",      "-",   "1 2 3",   "\"q\"",
                                    "{}",        "&amp;",  "<x>", "a/b",     "2024-02-29",
                                    "META_STOP", "a\\\"b", "X"};

static bool
is_time(struct span s)
{
    struct utc t;

    return utc_parse(s, &t) == 0;
}

/* One digit another, as often the last. */
static void
change_digit(struct rng *r, char *text)
{
    size_t n = strlen(text);

    for (int tries = 0; tries < 20 && n > 0; tries++) {
        size_t at = tries == 0 ? n - 1 : below(r, n);

        if (text[at] < '0' || text[at] > '9')
            continue;
        text[at] = (char)('0' + below(r, 10));
        return;
    }
}

/* Something of the kind of ${old}, or of any kind where nothing is. */
static char *
another(struct run *run, const char *old)
{
    struct span s = span_str(old);
    struct rng *r = &run->rng;
    bool is_number = num_is_decimal(s);
    const char *from = old;
    char *text;

    if (s.n == 0)
        from = below(r, 3) == 0 ? PICK(r, texts) : below(r, 2) == 0 ? PICK(r, numbers) : PICK(r, times);
    else if (below(r, 8) == 0)
        from = ""; /* not given */
    else if (below(r, 2) == 0)
        from = is_number ? PICK(r, numbers) : is_time(s) ? PICK(r, times) : PICK(r, texts);
    text = arena_alloc(&run->arena, strlen(from) + 8);
    if (text == NULL)
        return NULL;
    memcpy(text, from, strlen(from) + 1);
    if (from == old && (is_number || is_time(s)))
        change_digit(r, text);
    else if (from == old && below(r, 2) == 0)
        memcpy(text + s.n, " z", 3);
    return text;
}

/* --- Where a message may be changed ------------------------------------------------------------------------------- */

static void find_places(struct run *run, ProtobufCMessage *msg);

static void
find_in(struct run *run, ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
    char *member = (char *)msg + field->offset;
    size_t n = 1;

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        memcpy(&n, (char *)msg + field->quantifier_offset, sizeof n);
    for (size_t i = 0; i < n && run->places < PLACES_MAX; i++) {
        void *element = member;

        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (field->label == PROTOBUF_C_LABEL_REPEATED)
                memcpy(&element, (*(char **)(void *)member) + i * sizeof(void *), sizeof element);
            else
                memcpy(&element, member, sizeof element);
            if (element != NULL)
                find_places(run, element);
        }
        if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_UINT64 ||
            field->label == PROTOBUF_C_LABEL_REPEATED)
            run->place[run->places++] = (struct change_place){field, (char *)msg, i};
    }
}

static void
find_places(struct run *run, ProtobufCMessage *msg)
{
    if (msg->descriptor == &parallax__v1__source__descriptor)
        return;
    for (unsigned i = 0; i < msg->descriptor->n_fields; i++)
        find_in(run, msg, &msg->descriptor->fields[i]);
}

/* Is it still what its type means, and small enough? */
static bool
is_good(const struct run *run, const ProtobufCMessage *msg)
{
    struct why why = {.code = WHY_NONE};

    return run->golden->type->check(msg, &why) == 0 &&
           protobuf_c_message_get_packed_size(msg) <= run->golden->type->body_max;
}

/* Leave out element ${p}->index of a list. */
static void
drop(struct run *run, const struct change_place *p, const ProtobufCMessage *msg)
{
    void **list, *gone;
    size_t n;

    memcpy(&n, p->message + p->field->quantifier_offset, sizeof n);
    memcpy(&list, p->message + p->field->offset, sizeof list);
    if (p->index >= n ||
        (p->field->type != PROTOBUF_C_TYPE_MESSAGE && p->field->type != PROTOBUF_C_TYPE_STRING))
        return;
    gone = list[p->index];
    memmove(list + p->index, list + p->index + 1, (n - p->index - 1) * sizeof *list);
    n--;
    memcpy(p->message + p->field->quantifier_offset, &n, sizeof n);
    if (is_good(run, msg))
        return;
    memmove(list + p->index + 1, list + p->index, (n - p->index) * sizeof *list);
    list[p->index] = gone;
    n++;
    memcpy(p->message + p->field->quantifier_offset, &n, sizeof n);
}

static void
change_text(struct run *run, char **at, const ProtobufCMessage *msg)
{
    char *old = *at, *text = another(run, old);

    if (text == NULL)
        return;
    *at = text;
    if (!is_good(run, msg))
        *at = old;
}

static void
change_count(struct run *run, uint64_t *at, const ProtobufCMessage *msg)
{
    static const uint64_t counts[] = {0, 1, 5, 99999, 100000, 339999, 340000, 999999999, 2147483647};
    uint64_t old = *at;

    *at = PICK(&run->rng, counts);
    if (!is_good(run, msg))
        *at = old;
}

static void
change(struct run *run, ProtobufCMessage *msg)
{
    size_t changes = 1 + below(&run->rng, CHANGES_MAX);

    for (size_t i = 0; i < changes; i++) {
        const struct change_place *p;
        char *member;

        run->places = 0; /* a list may have become shorter */
        find_places(run, msg);
        if (run->places == 0)
            return;
        p = &run->place[below(&run->rng, run->places)];
        member = p->message + p->field->offset;
        if (p->field->label == PROTOBUF_C_LABEL_REPEATED &&
            (p->field->type != PROTOBUF_C_TYPE_STRING || below(&run->rng, 4) == 0))
            drop(run, p, msg);
        else if (p->field->type == PROTOBUF_C_TYPE_UINT64)
            change_count(run, (uint64_t *)(void *)member, msg);
        else if (p->field->label == PROTOBUF_C_LABEL_REPEATED)
            change_text(run, &(*(char ***)(void *)member)[p->index], msg);
        else
            change_text(run, (char **)(void *)member, msg);
    }
}

/* --- Written and read back ---------------------------------------------------------------------------------------- */

static void
count_warning(void *cookie, const struct warning *w)
{
    struct run *run = cookie;

    (void)w;
    run->warnings++;
}

static int
take_again(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct run *run = cookie;

    (void)why;
    if (type == run->golden->type)
        type->json(msg, &run->again);
    else
        run->is_other = true; /* a notice as an alert: that it can be read is all that is asked */
    return 0;
}

/* Is every name of the one JSON text in the other, which may have more? */
static bool
has_names(struct span json, struct span other)
{
    for (size_t i = 0; i < json.n; i++) {
        size_t from = i;

        if (json.p[i] != '"')
            continue;
        for (i++; i < json.n && json.p[i] != '"'; i++)
            i += json.p[i] == '\\';
        if (i + 1 < json.n && json.p[i + 1] == ':' &&
            memmem(other.p, other.n, json.p + from, i + 2 - from) == NULL)
            return false;
    }
    return true;
}

/* Is what was read back what was written? Of a writer with losses: is all there, be it spelled in another way? */
static bool
is_same(struct run *run, bool exactly)
{
    return exactly ? span_equal(buf_span(&run->json), buf_span(&run->again))
                   : has_names(buf_span(&run->json), buf_span(&run->again));
}

static void
report(struct run *run, const struct writer *writer, const char *what, const struct why *why)
{
    if (run->failed++ >= SHOWN_MAX)
        return;
    printf("%s as %s, --seed %" PRIu64 " round %" PRIu64 ": %s", run->golden->name, writer->format, run->seed,
           run->round, what);
    if (why->code != WHY_NONE)
        printf(": %s %u:%u %s: %s", why_name(why->code), why->line, why->column, why->field, why->note);
    printf("\n  is   %s\n", buf_cstr(&run->json));
    if (run->again.n > 0)
        printf("  back %s\n", buf_cstr(&run->again));
    printf("  text %.1500s\n", buf_cstr(&run->text));
}

static void
write_and_read(struct run *run, const struct writer *writer, const ProtobufCMessage *msg)
{
    struct convert how = {.alpha5 = true, .warn = count_warning, .cookie = run}, quiet = {0};
    struct why why = {.code = WHY_NONE};
    int rc;

    buf_clear(&run->text);
    buf_clear(&run->again);
    run->warnings = 0;
    run->is_other = writer->fits != NULL && !writer->fits(msg);
    if (writer->begin != NULL)
        writer->begin(&run->text);
    rc = writer->write(msg, &how, &run->text, &why);
    if (writer->end != NULL)
        writer->end(&run->text);
    if (rc != 0) {
        if (why.code != WHY_CANNOT_HOLD || why.field[0] == 0)
            report(run, writer, "refused for no loss", &why);
        return;
    }
    run->written++;
    if (registry_reader(writer->format, NULL) == NULL)
        return;
    if (registry_read(buf_span(&run->text), writer->format, &quiet, take_again, run, &why) != 0)
        report(run, writer, "not read back", &why);
    else if (!run->is_other && (writer->lossless || run->warnings == 0) && !is_same(run, writer->lossless))
        report(run, writer, writer->lossless ? "another message" : "another message, and no word of it",
               &why);
}

static int
take_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct run *run = cookie;
    ProtobufCMessage *copy;

    if (type != run->golden->type)
        return 0;
    buf_clear(&run->body);
    arena_clear(&run->arena);
    (void)protobuf_c_message_pack(msg, buf_add(&run->body, protobuf_c_message_get_packed_size(msg)));
    copy = unpack(type->schema, buf_span(&run->body), false, WHY_BODY_SHAPE, &run->arena, why);
    if (copy == NULL)
        return -1;
    change(run, copy);
    buf_clear(&run->json);
    type->json(copy, &run->json);
    for (size_t i = 0; type->writers[i] != NULL; i++)
        write_and_read(run, type->writers[i], copy);
    return 0;
}

static void
try_golden(struct run *run, uint64_t rounds)
{
    struct convert how = {0};

    if (run->golden->refusal.n > 0)
        return;
    for (uint64_t i = 0; i < rounds; i++) {
        struct why why = {.code = WHY_NONE};

        run->round = run->seed + i;
        run->rng.state = run->round;
        if (registry_read(buf_span((struct buf *)(uintptr_t)&run->golden->input), run->golden->reader->format,
                          &how, take_record, run, &why) != 0) {
            printf("%s: %s\n", run->golden->name, why.note);
            run->failed++;
        }
    }
}

static void
read_options(int argc, char **argv, uint64_t *seed, uint64_t *rounds, const char **prefix)
{
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            *seed = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0)
            *rounds = strtoull(argv[++i], NULL, 10);
        else
            *prefix = argv[i];
    }
}

/* Everything is given back, so that the sanitizer sees what a reader or writer did not. */
static int
finish(struct run *run, struct golden *all, size_t n)
{
    int status = run->written > 0 && run->failed == 0 ? 0 : 1;

    for (size_t i = 0; i < n; i++) {
        buf_release(&all[i].input);
        buf_release(&all[i].json);
        buf_release(&all[i].refusal);
        buf_release(&all[i].strict);
    }
    free(all);
    arena_release(&run->arena);
    buf_release(&run->text);
    buf_release(&run->body);
    buf_release(&run->json);
    buf_release(&run->again);
    free(run);
    return status;
}

int
main(int argc, char **argv)
{
    uint64_t seed = 1, rounds = 8;
    const char *prefix = "";
    struct run *run = calloc(1, sizeof *run);
    struct golden *all;
    size_t n;

    read_options(argc, argv, &seed, &rounds, &prefix);
    if (run == NULL)
        return 1;
    printf("seed %" PRIu64 ", %" PRIu64 " rounds\n", seed, rounds);
    arena_init(&run->arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&run->text, BODY_BYTES_MAX);
    buf_init(&run->body, BODY_BYTES_MAX);
    buf_init(&run->json, BODY_BYTES_MAX);
    buf_init(&run->again, BODY_BYTES_MAX);
    all = golden_load(GOLDEN_ROOT, &n);
    run->seed = seed;
    for (size_t i = 0; i < n; i++) {
        run->golden = &all[i];
        if (strncmp(all[i].name, prefix, strlen(prefix)) == 0)
            try_golden(run, rounds);
    }
    printf("%zu written, %zu failed\n", run->written, run->failed);
    return finish(run, all, n);
}
