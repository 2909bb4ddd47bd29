/*
 * What holds for every type and every format, over the registry and the golden files: adding a golden file is adding tests.
 * Nothing here names a type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "golden.h"
#include "spoil.h"
#include "wire/unpack.h"

#define BODY_BYTES_MAX 1048576
#define FAILURES_MAX   120 /* allocations that are failed, one at a time */
#define LONG_BYTES     2048

static struct span
input_of(const struct golden *g)
{
    return buf_span((struct buf *)&g->input);
}

/* An outcome is either records that pass their check, or a reason. */
static void
assert_sane(const struct outcome *out)
{
    if (out->rc == 0) {
        assert_int_equal(out->why.code, WHY_NONE);
        assert_true(out->records > 0);
    } else {
        assert_int_equal(out->rc, -1);
        assert_int_not_equal(out->why.code, WHY_NONE);
        assert_true(text_is_utf8(span_str(out->why.note)));
    }
}

static void
assert_json(const struct golden *g, const struct outcome *out)
{
    if (out->rc != 0)
        fail_msg("%s: %s %u:%u %s: %s", g->name, why_name(out->why.code), out->why.line, out->why.column,
                 out->why.field, out->why.note);
    if (!span_equal(buf_span(&out->json), buf_span(&g->json)))
        fail_msg("%s:\n got %s\nwant %s", g->name, buf_cstr((struct buf *)&out->json),
                 buf_cstr((struct buf *)&g->json));
}

static void
assert_refused(const struct golden *g, const struct outcome *out, const struct buf *expected)
{
    char got[128];
    struct span want = text_trim(span_of(expected->p, expected->n > 0 ? expected->n - 1 : 0));

    (void)snprintf(got, sizeof got, "%s %u:%u", why_name(out->why.code), out->why.line, out->why.column);
    if (!span_is(want, got))
        fail_msg("%s: got %s (%s: %s), want %.*s", g->name, got, out->why.field, out->why.note, (int)want.n,
                 want.p);
    assert_int_equal(out->rc, -1);
}

static void
reads_as_expected(void **state)
{
    const struct golden *g = *state;
    struct outcome out;

    golden_read(g, input_of(g), false, &out);
    if (g->refusal.n > 0)
        assert_refused(g, &out, &g->refusal);
    else
        assert_json(g, &out);
    golden_outcome_release(&out);
}

/* What strict reading refuses, lenient reading reports at the same place. */
static void
strict_reading_refuses_what_lenient_reading_reports(void **state)
{
    const struct golden *g = *state;
    struct outcome strict, lenient;

    golden_read(g, input_of(g), true, &strict);
    golden_read(g, input_of(g), false, &lenient);
    if (g->strict.n > 0) {
        assert_refused(g, &strict, &g->strict);
        assert_true(lenient.warnings > 0);
        assert_int_equal(lenient.first.line, strict.why.line);
        assert_int_equal(lenient.first.column, strict.why.column);
        assert_string_equal(lenient.first.field, strict.why.field);
    } else if (g->refusal.n > 0) {
        assert_int_equal(strict.rc, -1);
    } else {
        assert_json(g, &strict);
        assert_int_equal(lenient.warnings, 0);
    }
    golden_outcome_release(&strict);
    golden_outcome_release(&lenient);
}

static void
its_reader_is_detected(void **state)
{
    const struct golden *g = *state;
    const struct type *type = NULL;
    struct why why = {.code = WHY_NONE};

    if (g->refusal.n > 0)
        return;
    if (g->reader->probe == NULL) { /* only by name: the file is detected as what else it is */
        assert_non_null(registry_detect(input_of(g), &type, &why));
        assert_ptr_not_equal(type, g->type);
        return;
    }
    if (registry_detect(input_of(g), &type, &why) == NULL) { /* a tie, if anything: it names the candidates */
        assert_int_equal(why.code, WHY_FORMAT_AMBIGUOUS);
        assert_non_null(strstr(why.note, g->reader->format));
        return;
    }
    assert_ptr_equal(registry_detect(input_of(g), &type, &why), g->reader);
    assert_ptr_equal(type, g->type);
}

/* A long refusal is an accepted golden with one thing wrong: damage finds the same there. */
static bool
is_repetition(const struct golden *g)
{
    return g->refusal.n > 0 && g->input.n > LONG_BYTES;
}

static void
any_truncation_is_survived(void **state)
{
    const struct golden *g = *state;

    if (is_repetition(g))
        return;
    for (size_t n = 0; n < g->input.n; n++) {
        uint8_t *copy = malloc(n > 0 ? n : 1); /* exactly, so that a read behind it is seen */
        struct outcome out;

        assert_non_null(copy);
        memcpy(copy, g->input.p, n);
        golden_read(g, span_of(copy, n), false, &out);
        assert_sane(&out);
        golden_outcome_release(&out);
        free(copy);
    }
}

static void
any_damaged_byte_is_survived(void **state)
{
    static const uint8_t damage[] = {0, 0xFF, 0xC0, '\n', '\t', '"', '<'};
    const struct golden *g = *state;
    uint8_t *copy;

    if (is_repetition(g))
        return;
    copy = malloc(g->input.n);
    assert_non_null(copy);
    for (size_t at = 0; at < g->input.n; at++) {
        struct outcome out;

        memcpy(copy, g->input.p, g->input.n);
        copy[at] = damage[at % sizeof damage];
        golden_read(g, span_of(copy, g->input.n), false, &out);
        assert_sane(&out);
        golden_outcome_release(&out);
    }
    free(copy);
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
    static const char *const bad[] = {"\xFF", "\xC0\x80", "\xED\xA0\x80"};
    const struct golden *g = *state;
    struct buf copy;

    if (g->refusal.n > 0)
        return;
    buf_init(&copy, BODY_BYTES_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct outcome out;

        buf_clear(&copy);
        buf_put(&copy, g->input.p, g->input.n * 2 / 3);
        buf_put_str(&copy, bad[i]);
        buf_put(&copy, g->input.p + g->input.n * 2 / 3, g->input.n - g->input.n * 2 / 3);
        golden_read(g, buf_span(&copy), false, &out);
        assert_int_equal(out.rc, -1);
        golden_outcome_release(&out);
    }
    buf_release(&copy);
}

/* LF, CR LF and CR say the same. */
static void
line_ends_do_not_matter(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    const struct golden *g = *state;
    struct buf copy;

    if (g->refusal.n > 0)
        return;
    buf_init(&copy, BODY_BYTES_MAX);
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        struct outcome out;

        buf_clear(&copy);
        for (size_t i = 0; i < g->input.n; i++) {
            if (g->input.p[i] == '\n')
                buf_put_str(&copy, ends[e]);
            else if (g->input.p[i] != '\r')
                buf_put_byte(&copy, g->input.p[i]);
        }
        golden_read(g, buf_span(&copy), false, &out);
        assert_json(g, &out);
        golden_outcome_release(&out);
    }
    buf_release(&copy);
}

static void
an_oversize_input_is_refused_unread(void **state)
{
    const struct golden *g = *state;
    struct outcome out;

    golden_read(g, span_of(g->input.p, g->reader->input_max + 1), false,
                &out); /* would be read far behind its end */
    assert_int_equal(out.rc, -1);
    assert_int_equal(out.why.code, WHY_INPUT_SIZE);
    golden_outcome_release(&out);
}

static void
failing_allocations_are_reasons(void **state)
{
    const struct golden *g = *state;

    for (unsigned long k = 1; k <= FAILURES_MAX; k++) {
        struct outcome out;

        mem_fail_at(k);
        golden_read(g, input_of(g), false, &out);
        mem_fail_at(0);
        assert_sane(&out);
        if (g->json.n > 0 && out.rc == 0 && !buf_failed(&out.json))
            assert_json(g, &out);
        golden_outcome_release(&out);
    }
}

/* A record on its way: written, packed, read back. */
struct visit {
    const struct golden *g;
    struct buf text, body, json, again;
    bool is_other; /* written by a writer of another form */
    struct subject subject;
};

static void
visit_init(struct visit *v, const struct golden *g)
{
    *v = (struct visit){.g = g};
    buf_init(&v->text, BODY_BYTES_MAX);
    buf_init(&v->body, BODY_BYTES_MAX);
    buf_init(&v->json, BODY_BYTES_MAX);
    buf_init(&v->again, BODY_BYTES_MAX);
}

static void
visit_release(struct visit *v)
{
    buf_release(&v->text);
    buf_release(&v->body);
    buf_release(&v->json);
    buf_release(&v->again);
}

static void
visit_all(const struct golden *g, registry_emit_fn *fn)
{
    struct visit v;
    struct convert how = {0};
    struct why why = {.code = WHY_NONE};

    if (g->refusal.n > 0)
        return;
    visit_init(&v, g);
    assert_int_equal(registry_read(input_of(g), g->reader->format, &how, fn, &v, &why), 0);
    visit_release(&v);
}

static int
take_again(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct subject subject;

    (void)why;
    if (type != v->g->type ||
        v->is_other) /* another form of it, with losses: that it can be read is all that is asked */
        return 0;
    type->json(msg, &v->again);
    buf_put_byte(&v->again, '\n');
    assert_int_equal(type->subject(msg, &subject), 0);
    assert_string_equal(subject.key, v->subject.key); /* whatever the format */
    assert_int_equal(utc_compare(subject.epoch, v->subject.epoch), 0);
    return 0;
}

static void
begin_visit(struct visit *v, const struct type *type, const ProtobufCMessage *msg)
{
    buf_clear(&v->text);
    buf_clear(&v->body);
    buf_clear(&v->json);
    buf_clear(&v->again);
    type->json(msg, &v->json);
    buf_put_byte(&v->json, '\n');
    assert_int_equal(type->subject(msg, &v->subject), 0);
    assert_true(v->subject.key[0] != 0);
    assert_false(utc_is_zero(v->subject.epoch));
}

/* Read v->text as ${format}: one record, the same. */
static void
assert_same(struct visit *v, const char *format, bool exactly)
{
    struct convert how = {0};
    struct why why = {.code = WHY_NONE};

    if (registry_read(buf_span(&v->text), format, &how, take_again, v, &why) != 0)
        fail_msg("%s as %s: %u:%u %s: %s in %s", v->g->name, format, why.line, why.column, why.field,
                 why.note, buf_cstr(&v->text));
    if (exactly && !span_equal(buf_span(&v->json), buf_span(&v->again)))
        fail_msg("%s as %s:\n got %s\nwant %s", v->g->name, format, buf_cstr(&v->again), buf_cstr(&v->json));
}

static int
write_and_read(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct convert how = {.alpha5 = true};

    (void)why;
    for (size_t i = 0; type->writers[i] != NULL; i++) {
        const struct writer *writer = type->writers[i];
        struct why refusal = {.code = WHY_NONE};
        int rc;

        begin_visit(v, type, msg);
        if (writer->begin != NULL)
            writer->begin(&v->text);
        rc = writer->write(msg, &how, &v->text, &refusal);
        if (writer->end != NULL)
            writer->end(&v->text);
        assert_false(buf_failed(&v->text));
        if (rc != 0) {
            assert_true(!writer->lossless || (writer->fits != NULL && !writer->fits(msg)));
            assert_int_equal(refusal.code, WHY_CANNOT_HOLD);
            assert_true(refusal.field[0] != 0);
            continue;
        }
        v->is_other = writer->fits != NULL && !writer->fits(msg);
        if (registry_reader(writer->format, NULL) != NULL)
            assert_same(v, writer->format, writer->lossless && !v->is_other);
        v->is_other = false;
    }
    return 0;
}

static void
lossless_writers_lose_nothing(void **state)
{
    visit_all(*state, write_and_read);
}

static int
read_source(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct source source;
    char word[LIMIT_NAME_BYTES + 1];

    (void)why;
    begin_visit(v, type, msg);
    type->source(msg, &source);
    assert_true(span_is(source.format, v->g->reader->format));
    assert_true(source.original.n > 0);
    (void)snprintf(word, sizeof word, "%.*s", (int)source.format.n, (const char *)source.format.p);
    buf_put_span(&v->text, source.preamble);
    buf_put_span(&v->text, source.original);
    buf_put_span(&v->text, source.trailer);
    assert_same(v, word, true);
    return 0;
}

static void
the_original_reads_alone(void **state)
{
    visit_all(*state, read_source);
}

static int
pack_and_unpack(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct arena arena;
    ProtobufCMessage *again;

    begin_visit(v, type, msg);
    pack(msg, &v->body);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    again = registry_unpack(type, buf_span(&v->body), &arena, why);
    if (again == NULL)
        fail_msg("%s: %s: %s", v->g->name, why->field, why->note);
    type->json(again, &v->again);
    buf_put_byte(&v->again, '\n');
    assert_true(span_equal(buf_span(&v->json), buf_span(&v->again)));
    arena_release(&arena);
    return 0;
}

static void
a_packed_body_says_the_same(void **state)
{
    visit_all(*state, pack_and_unpack);
}

/* A body from a hostile origin: every byte changed in turn. What passes the check can be shown and written. */
/* Wherever it says to be, it is on the Earth. */
static void
locate(const struct type *type, const ProtobufCMessage *msg)
{
    struct area_list places, earth;
    struct arena arena;

    if (type->places == NULL)
        return;
    arena_init(&arena, LIMIT_API_BYTES);
    area_list_init(&places, &arena);
    area_list_init(&earth, &arena);
    area_add_box(&earth, -180, -90, 180, 90);
    type->places(msg, &places);
    assert_int_equal(area_list_meets(&places, &earth), places.first != NULL || places.failed);
    arena_release(&arena);
}

static int
damage_body(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct arena arena;

    (void)why;
    begin_visit(v, type, msg);
    pack(msg, &v->body);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    for (size_t at = 0; at < v->body.n; at++) {
        struct why refusal = {.code = WHY_NONE};
        struct convert how = {0};
        struct subject subject;
        ProtobufCMessage *again;
        uint8_t good = v->body.p[at];

        v->body.p[at] = (uint8_t)(at % 3 == 0 ? good + 1 : at % 3 == 1 ? good ^ 0x80 : 0);
        arena_clear(&arena);
        again = registry_unpack(type, buf_span(&v->body), &arena, &refusal);
        v->body.p[at] = good;
        assert_true((again == NULL) == (refusal.code != WHY_NONE));
        if (again == NULL)
            continue;
        buf_clear(&v->text);
        type->json(again, &v->text);
        type->summary(again, &v->text);
        locate(type, again);
        assert_true(text_is_utf8(buf_span(&v->text)));
        assert_int_equal(type->subject(again, &subject), 0);
        for (size_t i = 0; type->writers[i] != NULL; i++)
            (void)type->writers[i]->write(again, &how, &v->text, &refusal);
    }
    arena_release(&arena);
    return 0;
}

static void
a_damaged_body_is_refused_or_harmless(void **state)
{
    visit_all(*state, damage_body);
}

static int
spoil(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct arena arena;
    ProtobufCMessage *copy;

    begin_visit(v, type, msg);
    pack(msg, &v->body);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    copy = registry_unpack(type, buf_span(&v->body), &arena, why);
    assert_non_null(copy);
    spoil_all(v->g->name, type, copy);
    assert_int_equal(type->check(copy, why), 0); /* it was these that were refused */
    arena_release(&arena);
    return 0;
}

static void
a_spoilt_body_is_refused(void **state)
{
    visit_all(*state, spoil);
}

static int
summarise(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;

    (void)why;
    begin_visit(v, type, msg);
    type->summary(msg, &v->text);
    assert_true(v->text.n > 0);
    assert_null(memchr(v->text.p, '\n', v->text.n));
    assert_null(memchr(v->json.p, '\n', v->json.n - 1));
    return 0;
}

static void
summary_and_json_are_one_line(void **state)
{
    visit_all(*state, summarise);
}

static const struct {
    const char *name;
    CMUnitTestFunction function;
} checks[] = {
#define CHECK(function)                                                                                      \
    {                                                                                                        \
#function, function                                                                                  \
    }
    CHECK(reads_as_expected),
    CHECK(strict_reading_refuses_what_lenient_reading_reports),
    CHECK(its_reader_is_detected),
    CHECK(any_truncation_is_survived),
    CHECK(any_damaged_byte_is_survived),
    CHECK(bytes_that_are_no_text_are_refused),
    CHECK(line_ends_do_not_matter),
    CHECK(an_oversize_input_is_refused_unread),
    CHECK(failing_allocations_are_reasons),
    CHECK(lossless_writers_lose_nothing),
    CHECK(the_original_reads_alone),
    CHECK(a_packed_body_says_the_same),
    CHECK(a_damaged_body_is_refused_or_harmless),
    CHECK(a_spoilt_body_is_refused),
    CHECK(summary_and_json_are_one_line),
};

/* conformance [PART OF A GOLDEN'S NAME] */
int
main(int argc, char **argv)
{
    size_t n_checks = sizeof checks / sizeof *checks;
    size_t n;
    size_t count = 0;
    struct golden *goldens = golden_load(GOLDEN_ROOT, &n);
    struct CMUnitTest *tests = mem_new(n * n_checks * sizeof *tests);

    for (size_t g = 0; g < n; g++) {
        if (argc > 1 && strstr(goldens[g].name, argv[1]) == NULL)
            continue;
        for (size_t c = 0; c < n_checks; c++) {
            char name[256];

            (void)snprintf(name, sizeof name, "%s %s", goldens[g].name, checks[c].name);
            tests[count++] =
                (struct CMUnitTest){mem_strdup(name), checks[c].function, NULL, NULL, &goldens[g]};
        }
    }
    if (count == 0) {
        fprintf(stderr, "no golden file of that name\n");
        return 1;
    }
    return _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
}
