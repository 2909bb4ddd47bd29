#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/limit.h"
#include "core/record.h"
#include "wire/unpack.h"

static const uint8_t log_id[LOG_ID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static uint8_t bytes32[32];
static uint8_t bytes16[16];

static struct arena arena;
static struct why why;
static struct buf out;
static Parallax__V1__Header head;
static Parallax__V1__Utc created;

static ProtobufCBinaryData
data(const void *p, size_t n)
{
    return (ProtobufCBinaryData){n, (uint8_t *)(uintptr_t)p};
}

/* A header that is right; each test spoils one thing. */
static int
setup(void **state)
{
    static const Parallax__V1__Header fresh = PARALLAX__V1__HEADER__INIT;

    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&out, 1 << 20);
    why_clear(&why);
    parallax__v1__utc__init(&created);
    created.mjd = 60000;
    head = fresh;
    head.format = 1;
    head.log = data(log_id, LOG_ID_BYTES);
    head.type = (char *)(uintptr_t) "orbit";
    head.type_version = 1;
    head.mode = PARALLAX__V1__MODE__REAL;
    head.kind = PARALLAX__V1__KIND__INITIAL;
    head.sealing = PARALLAX__V1__SEALING__NONE;
    head.body_length = 5;
    head.body_hash = data(bytes32, 32);
    head.salt = data(bytes16, 16);
    head.created = &created;
    return 0;
}

static int
teardown(void **state)
{
    arena_release(&arena);
    buf_release(&out);
    return 0;
}

static Parallax__V1__Header *
read_head(void)
{
    why_clear(&why);
    arena_clear(&arena);
    buf_clear(&out);
    pack(&head.base, &out);
    return record_header_read(buf_span(&out), log_id, &arena, &why);
}

static void
assert_refused(enum why_code code, const char *field)
{
    assert_null(read_head());
    if (why.code != code || strcmp(why.field, field) != 0)
        fail_msg("%s %s: %s", why_name(why.code), why.field, why.note);
}

static void
what_is_made_is_read_again_value_by_value(void **state)
{
    Parallax__V1__RecordId reference = PARALLAX__V1__RECORD_ID__INIT;
    const Parallax__V1__RecordId *references[] = {&reference};
    Parallax__V1__Rights rights = PARALLAX__V1__RIGHTS__INIT;
    struct record_new r = {.type = "conjunction",
                           .type_version = 2,
                           .mode = PARALLAX__V1__MODE__EXERCISE,
                           .kind = PARALLAX__V1__KIND__UPDATE,
                           .created = {60000, 86399999999999},
                           .epoch = {57753, 86400500000000}, /* inside the leap second of 2016-12-31 */
                           .body = span_str("hello"),
                           .salt = {9, 8, 7},
                           .references = references,
                           .references_n = 1,
                           .rights = &rights};
    Parallax__V1__Header *h;

    reference.log = data(log_id, LOG_ID_BYTES);
    reference.index = 77;
    rights.source_class = PARALLAX__V1__SOURCE_CLASS__ACADEMIC;
    rights.licence = (char *)(uintptr_t) "CC-BY-4.0";
    assert_int_equal(record_header_make(log_id, &r, &out, &why), 0);
    h = record_header_read(buf_span(&out), log_id, &arena, &why);
    assert_non_null(h);
    assert_string_equal(h->type, "conjunction");
    assert_int_equal(h->type_version, 2);
    assert_int_equal(h->mode, PARALLAX__V1__MODE__EXERCISE);
    assert_int_equal(h->kind, PARALLAX__V1__KIND__UPDATE);
    assert_int_equal(h->body_length, 5);
    assert_memory_equal(h->salt.data, r.salt, 16);
    assert_int_equal(record_utc(h->epoch).ns, 86400500000000);
    assert_null(h->expires);
    assert_int_equal(h->references[0]->index, 77);
    assert_string_equal(h->rights->licence, "CC-BY-4.0");
    assert_int_equal(record_body_check(h, span_str("hello"), &why), 0);
}

static void
a_bad_value_is_named(void **state)
{
    static const struct {
        size_t offset;
        int value;
        const char *field;
    } rows[] = {
        {offsetof(Parallax__V1__Header, format), 0, "format"},
        {offsetof(Parallax__V1__Header, format), 2, "format"},
        {offsetof(Parallax__V1__Header, mode), 0, "mode"}, /* unspecified: a drill is never guessed */
        {offsetof(Parallax__V1__Header, mode), 5, "mode"},
        {offsetof(Parallax__V1__Header, mode), -1, "mode"},
        {offsetof(Parallax__V1__Header, kind), 0, "kind"},
        {offsetof(Parallax__V1__Header, kind), 10, "kind"},
        {offsetof(Parallax__V1__Header, sealing), 0, "sealing"},
        {offsetof(Parallax__V1__Header, sealing), 4, "sealing"},
        {offsetof(Parallax__V1__Header, sealing), 2, "key_commitment"},
        {offsetof(Parallax__V1__Header, type_version), 0, "type_version"},
    };

    assert_non_null(read_head());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int *value = (int *)(void *)((char *)&head + rows[i].offset);
        int keep = *value;

        *value = rows[i].value;
        assert_refused(WHY_HEADER_VALUE, rows[i].field);
        *value = keep;
    }
    assert_non_null(read_head());
}

static void
a_length_that_does_not_fit_is_named(void **state)
{
    static uint8_t large[65];
    struct {
        ProtobufCBinaryData *part;
        size_t n;
        const char *field;
    } rows[] = {
        {&head.log, 15, "log"},
        {&head.log, 0, "log"},
        {&head.body_hash, 31, "body_hash"},
        {&head.body_hash, 0, "body_hash"},
        {&head.salt, 15, "salt"},
        {&head.salt, 17, "salt"},
        {&head.event, 65, "event"},
        {&head.key_commitment, 32, "key_commitment"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ProtobufCBinaryData keep = *rows[i].part;

        *rows[i].part = data(large, rows[i].n);
        assert_refused(WHY_HEADER_VALUE, rows[i].field);
        *rows[i].part = keep;
    }
    head.log = data(bytes16, 16);
    assert_refused(WHY_HEADER_LOG, "log");
}

static void
types_fit_their_kinds(void **state)
{
    static const char *const bad[] = {"", "Orbit", "9orbit", "or bit", "orbit\n"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        head.type = (char *)(uintptr_t)bad[i];
        assert_refused(WHY_HEADER_VALUE, "type");
    }
    head.type = (char *)(uintptr_t) "";
    head.kind = PARALLAX__V1__KIND__DESCRIPTOR;
    assert_refused(WHY_HEADER_VALUE, "type_version");
    head.type_version = 0;
    assert_non_null(read_head());
    head.kind = PARALLAX__V1__KIND__REVEAL;
    assert_non_null(read_head());
    head.kind = PARALLAX__V1__KIND__CLOSE;
    head.type = (char *)(uintptr_t) "orbit";
    assert_refused(WHY_HEADER_VALUE, "type");
}

static void
times_must_exist(void **state)
{
    static const struct {
        int32_t mjd;
        int64_t ns;
    } bad[] = {
        {60000, -1},    {60000, 86400000000000}, {0, 0}, {57753, 86401000000000}, {INT32_MAX, 0},
        {INT32_MIN, 0}, {60000, INT64_MAX},
    };
    Parallax__V1__Utc t = PARALLAX__V1__UTC__INIT;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t.mjd = bad[i].mjd;
        t.ns = bad[i].ns;
        head.epoch = &t;
        assert_refused(WHY_HEADER_VALUE, "epoch");
        head.epoch = NULL;
        head.expires = &t;
        assert_refused(WHY_HEADER_VALUE, "expires");
        head.expires = NULL;
        assert_true(utc_is_zero(record_utc(&t)));
    }
    assert_true(utc_is_zero(record_utc(NULL)));
    head.created = NULL;
    assert_refused(WHY_HEADER_VALUE, "created");
}

static void
an_embargo_has_a_time_and_a_commitment(void **state)
{
    head.embargo_until = &created;
    assert_refused(WHY_HEADER_VALUE, "embargo_until");
    head.sealing = PARALLAX__V1__SEALING__EMBARGO;
    head.key_commitment = data(bytes32, 32);
    assert_non_null(read_head());
    head.embargo_until = NULL;
    assert_refused(WHY_HEADER_VALUE, "embargo_until");
    head.sealing = PARALLAX__V1__SEALING__LOG;
    assert_non_null(read_head());
}

static void
a_large_body_is_as_many_chunks_as_it_takes(void **state)
{
    ProtobufCBinaryData chunks[3] = {data(bytes32, 32), data(bytes32, 32), data(bytes32, 32)};

    head.body_length = LIMIT_BODY_BYTES;
    assert_non_null(read_head());
    head.chunks = chunks;
    head.n_chunks = 1;
    assert_refused(WHY_HEADER_VALUE, "chunks");
    head.n_chunks = 0;
    head.body_length = LIMIT_BODY_BYTES + 1;
    assert_refused(WHY_BODY_SIZE, "body_length");
    head.n_chunks = 2;
    assert_non_null(read_head());
    head.n_chunks = 3;
    assert_refused(WHY_HEADER_VALUE, "chunks");
    head.n_chunks = 2;
    chunks[1].len = 31;
    assert_refused(WHY_HEADER_VALUE, "chunks");
    chunks[1].len = 32;
    head.body_length = UINT64_MAX;
    assert_refused(WHY_HEADER_VALUE, "chunks");
    head.n_chunks = 0;
}

static void
references_and_rights_are_checked(void **state)
{
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__RecordId *ids[LIMIT_REF_COUNT + 1];
    Parallax__V1__Rights rights = PARALLAX__V1__RIGHTS__INIT;

    id.log = data(log_id, LOG_ID_BYTES);
    for (size_t i = 0; i <= LIMIT_REF_COUNT; i++)
        ids[i] = &id;
    head.references = ids;
    head.n_references = LIMIT_REF_COUNT;
    assert_non_null(read_head());
    head.n_references++;
    assert_refused(WHY_HEADER_VALUE, "references");
    head.n_references = 1;
    id.log.len = 15;
    assert_refused(WHY_HEADER_VALUE, "references");
    head.n_references = 0;
    head.rights = &rights;
    assert_refused(WHY_HEADER_VALUE, "rights");
    rights.source_class = PARALLAX__V1__SOURCE_CLASS__INTERNATIONAL;
    assert_non_null(read_head());
    rights.source_class = (Parallax__V1__SourceClass)5;
    assert_refused(WHY_HEADER_VALUE, "rights");
}

static void
an_unknown_critical_field_is_its_own_reason_and_another_one_is_kept(void **state)
{
    assert_non_null(read_head());
    buf_put(&out, "\xF2\x01\x01x", 4); /* field 30 */
    assert_null(record_header_read(buf_span(&out), log_id, &arena, &why));
    assert_int_equal(why.code, WHY_HEADER_CRITICAL);
    assert_non_null(read_head());
    buf_put(&out, "\x8a\x02\x01x", 4); /* field 33 */
    assert_non_null(record_header_read(buf_span(&out), log_id, &arena, &why));
}

static void
a_cut_header_is_refused_at_each_byte(void **state)
{
    size_t n;
    unsigned good = 0;

    assert_non_null(read_head());
    n = out.n;
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = malloc(cut + 1); /* so that the sanitizer sees a step over the end */

        memcpy(copy, out.p, cut);
        arena_clear(&arena);
        why_clear(&why);
        good += record_header_read(span_of(copy, cut), log_id, &arena, &why) != NULL;
        free(copy);
    }
    assert_int_equal(good, 0);
}

static void
a_body_that_does_not_match_is_the_senders_and_a_false_length_the_origins(void **state)
{
    Parallax__V1__Header *h;

    hash_sha256(span_str("hello"), bytes32);
    h = read_head();
    assert_int_equal(record_body_check(h, span_str("hello"), &why), 0);
    assert_int_equal(record_body_check(h, span_str("hellp"), &why), -1);
    assert_int_equal(why.code, WHY_BODY_HASH);
    why_clear(&why);
    assert_int_equal(record_body_check(h, span_str("hello!"), &why), -1);
    assert_int_equal(why.code, WHY_BODY_HASH);
    why_clear(&why);
    h->body_length = 6;
    assert_int_equal(record_body_check(h, span_str("hello"), &why), -1);
    assert_int_equal(why.code, WHY_BODY_SIZE);
    memset(bytes32, 0, sizeof bytes32);
}

static void
a_header_that_would_be_refused_is_not_made(void **state)
{
    static char licence[LIMIT_HEADER_BYTES];
    Parallax__V1__Rights rights = PARALLAX__V1__RIGHTS__INIT;
    struct record_new r = {.type = "orbit",
                           .type_version = 1,
                           .mode = PARALLAX__V1__MODE__REAL,
                           .kind = PARALLAX__V1__KIND__INITIAL,
                           .created = {60000, 0}};

    assert_int_equal(record_header_make(log_id, &r, &out, &why), 0);
    r.mode = PARALLAX__V1__MODE__MODE_UNSPECIFIED;
    assert_int_equal(record_header_make(log_id, &r, &out, &why), -1);
    assert_string_equal(why.field, "mode");
    r.mode = PARALLAX__V1__MODE__TEST;
    memset(licence, 'x', sizeof licence - 1);
    rights.licence = licence;
    rights.source_class = PARALLAX__V1__SOURCE_CLASS__GOVERNMENT;
    r.rights = &rights;
    why_clear(&why);
    assert_int_equal(record_header_make(log_id, &r, &out, &why), -1);
    assert_int_equal(why.code, WHY_HEADER_SIZE);
    licence[sizeof licence - 300] = 0;
    why_clear(&why);
    buf_clear(&out);
    assert_int_equal(record_header_make(log_id, &r, &out, &why), 0);
    assert_in_range(out.n, LIMIT_HEADER_BYTES - 300, LIMIT_HEADER_BYTES);
}

static void
ids_are_printed_and_parsed(void **state)
{
    static const char *const bad[] = {
        "",
        "0102030405060708090a0b0c0d0e0f10",
        "0102030405060708090a0b0c0d0e0f10:",
        "0102030405060708090a0b0c0d0e0f10:01",
        "0102030405060708090a0b0c0d0e0f10:-1",
        "0102030405060708090a0b0c0d0e0f10:+1",
        "0102030405060708090a0b0c0d0e0f10:1 ",
        "0102030405060708090a0b0c0d0e0f10:18446744073709551616",
        "0102030405060708090a0b0c0d0e0fxx:1",
        "0102030405060708090a0b0c0d0e0f1:1",
        "0102030405060708090a0b0c0d0e0f1010:1",
    };
    char text[RECORD_ID_TEXT_MAX];
    uint8_t log[LOG_ID_BYTES];
    uint64_t index;

    record_id_print(log_id, UINT64_MAX, text);
    assert_string_equal(text, "0102030405060708090a0b0c0d0e0f10:18446744073709551615");
    assert_int_equal(record_id_parse(span_str(text), log, &index), 0);
    assert_memory_equal(log, log_id, LOG_ID_BYTES);
    assert_true(index == UINT64_MAX);
    assert_int_equal(record_id_parse(span_str("0102030405060708090A0B0C0D0E0F10:0"), log, &index), 0);
    assert_int_equal(index, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (record_id_parse(span_str(bad[i]), log, &index) == 0)
            fail_msg("taken: %s", bad[i]);
    }
}

static void
words_and_numbers_of_mode_and_kind_agree(void **state)
{
    Parallax__V1__Mode mode;

    for (int i = 1; i <= 4; i++) {
        assert_int_equal(record_mode_parse(span_str(record_mode_name(i)), &mode), 0);
        assert_int_equal(mode, i);
        assert_string_equal(record_mode_name(i), parallax__v1__mode__descriptor.values[i].name);
    }
    for (int i = 1; i <= 9; i++)
        assert_string_equal(record_kind_name(i), parallax__v1__kind__descriptor.values[i].name);
    assert_string_equal(record_mode_name(0), "?");
    assert_string_equal(record_mode_name(5), "?");
    assert_string_equal(record_kind_name(-1), "?");
    assert_string_equal(record_kind_name(10), "?");
    assert_int_equal(record_mode_parse(span_str("?"), &mode), -1);
    assert_int_equal(record_mode_parse(span_str(""), &mode), -1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_made_is_read_again_value_by_value),
        TEST(a_bad_value_is_named),
        TEST(a_length_that_does_not_fit_is_named),
        TEST(types_fit_their_kinds),
        TEST(times_must_exist),
        TEST(an_embargo_has_a_time_and_a_commitment),
        TEST(a_large_body_is_as_many_chunks_as_it_takes),
        TEST(references_and_rights_are_checked),
        TEST(an_unknown_critical_field_is_its_own_reason_and_another_one_is_kept),
        TEST(a_cut_header_is_refused_at_each_byte),
        TEST(a_body_that_does_not_match_is_the_senders_and_a_false_length_the_origins),
        TEST(a_header_that_would_be_refused_is_not_made),
        TEST(ids_are_printed_and_parsed),
        TEST(words_and_numbers_of_mode_and_kind_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
