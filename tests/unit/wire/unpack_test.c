#include "wire/unpack.h"

#include "probe.h"
#include "peer.pb-c.h"
#include "record.pb-c.h"

/* A header with every field. */
static void
put_header(struct buf *out)
{
    static uint8_t bytes[32] = {1, 2, 3, 0xFF, 0x80};
    static char text[] = "CC-BY-4.0";
    Parallax__V1__Utc utc = PARALLAX__V1__UTC__INIT;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__RecordId *ids[] = {&id, &id, &id};
    Parallax__V1__Rights rights = PARALLAX__V1__RIGHTS__INIT;
    Parallax__V1__Header h = PARALLAX__V1__HEADER__INIT;
    ProtobufCBinaryData id_bytes = {16, bytes};
    ProtobufCBinaryData hash_bytes = {32, bytes};
    ProtobufCBinaryData chunks[] = {hash_bytes, hash_bytes};

    utc.mjd = -61368;
    utc.ns = 86400999999999;
    id.log = id_bytes;
    id.index = UINT64_MAX;
    rights.licence = rights.onward = text;
    h.format = 1;
    h.log = h.salt = h.event = id_bytes;
    h.body_hash = h.key_commitment = hash_bytes;
    h.type = text;
    h.mode = PARALLAX__V1__MODE__EXERCISE;
    h.kind = PARALLAX__V1__KIND__UPDATE;
    h.body_length = 100000;
    h.created = h.epoch = h.expires = h.embargo_until = &utc;
    h.n_references = 3;
    h.references = ids;
    h.rights = &rights;
    h.n_chunks = 2;
    h.chunks = chunks;
    pack(&h.base, out);
    assert_false(buf_failed(out));
}

static void
a_packed_message_is_unpacked_and_packed_to_the_same_bytes(void **state)
{
    struct why why;
    struct arena a;
    struct buf b;
    struct buf again;
    Parallax__V1__Header *h;

    why_clear(&why);
    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    buf_init(&b, LIMIT_HEADER_BYTES);
    buf_init(&again, LIMIT_HEADER_BYTES);
    put_header(&b);
    h = (Parallax__V1__Header *)unpack(&parallax__v1__header__descriptor, buf_span(&b), true,
                                       WHY_HEADER_SHAPE, &a, &why);
    assert_non_null(h);
    assert_int_equal(why.code, WHY_NONE);
    assert_int_equal(h->n_references, 3);
    assert_true(h->references[2]->index == UINT64_MAX);
    assert_int_equal(h->created->mjd, -61368);
    assert_string_equal(h->rights->licence, "CC-BY-4.0");
    assert_int_equal(h->n_chunks, 2);
    pack(&h->base, &again);
    assert_true(span_equal(buf_span(&b), buf_span(&again)));
    buf_release(&b);
    buf_release(&again);
    arena_release(&a);
}

static void
packing_obeys_the_ceiling_of_the_buffer(void **state)
{
    Parallax__V1__Utc utc = PARALLAX__V1__UTC__INIT;
    struct buf b;

    utc.mjd = 1;
    utc.ns = 1;
    buf_init(&b, 3);
    pack(&utc.base, &b);
    assert_true(buf_failed(&b));
    buf_release(&b);
    buf_init(&b, 4);
    pack(&utc.base, &b);
    assert_false(buf_failed(&b));
    assert_int_equal(b.n, 4);
    buf_release(&b);
}

static void
no_bytes_are_an_empty_message(void **state)
{
    struct why why;
    struct arena a;

    why_clear(&why);
    arena_init(&a, 100000);
    assert_non_null(unpack(&probe_schema, span_of(NULL, 0), false, WHY_BODY_SHAPE, &a, &why));
    assert_non_null(
        unpack(&parallax__v1__frame__descriptor, span_of(NULL, 0), true, WHY_FRAME_SHAPE, &a, &why));
    arena_release(&a);
}

static void
every_type_is_taken_alone_and_packed(void **state)
{
    struct why why;
    struct arena a;
    struct buf b;
    struct probe *p;

    why_clear(&why);
    buf_init(&b, 10000);
    put_probe(&b);
    assert_int_equal(judge(buf_span(&b)), WHY_NONE);
    arena_init(&a, 100000);
    p = (struct probe *)unpack(&probe_schema, buf_span(&b), false, WHY_BODY_SHAPE, &a, &why);
    assert_non_null(p);
    for (unsigned i = 0; i < 14; i++) {
        bool eight =
            i == PROTOBUF_C_TYPE_SFIXED64 || i == PROTOBUF_C_TYPE_FIXED64 || i == PROTOBUF_C_TYPE_DOUBLE;
        bool four =
            i == PROTOBUF_C_TYPE_SFIXED32 || i == PROTOBUF_C_TYPE_FIXED32 || i == PROTOBUF_C_TYPE_FLOAT;

        assert_int_equal(p->lists[i].n, eight ? 3 : four ? 5 : 4);
    }
    assert_int_equal(p->lists[16].n, 2);
    assert_string_equal(((struct probe **)p->lists[16].items)[1]->word, "hi");
    buf_release(&b);
    arena_release(&a);
}

static void
a_message_cut_at_any_byte_is_refused_or_ends_at_a_field(void **state)
{
    struct buf b;
    size_t taken = 0;

    buf_init(&b, 10000);
    put_probe(&b);
    for (size_t n = 0; n <= b.n; n++)
        taken += judge(span_of(b.p, n)) == WHY_NONE;
    assert_int_equal(taken, 14 * 2 + 4 + 1);
    buf_release(&b);
}

static void
bytes_of_any_kind_are_refused_or_unpacked_alike(void **state)
{
    struct buf b;
    uint64_t seed = 88172645463325252u; /* xorshift64 (Marsaglia 2003): the same bytes every time */
    unsigned taken = 0;

    buf_init(&b, 10000);
    for (unsigned round = 0; round < 20000; round++) {
        buf_clear(&b);
        put_probe(&b);
        for (unsigned i = 0; i <= round % 4; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            b.p[(seed >> 32) % b.n] = (uint8_t)seed;
        }
        taken += judge(span_of(b.p, b.n - (seed >> 20) % 8)) == WHY_NONE;
    }
    assert_true(taken > 100 && taken < 19900);
    buf_release(&b);
}

static void
tags_that_no_writer_makes_are_refused(void **state)
{
    assert_int_equal(JUDGE("\xC0\2\1"), WHY_NONE);
    assert_int_equal(JUDGE("\0\1"), WHY_BODY_SHAPE);                     /* field 0 */
    assert_int_equal(JUDGE("\x80\0\1"), WHY_BODY_SHAPE);                 /* field 0, longer */
    assert_int_equal(JUDGE("\xC3\2\xC4\2"), WHY_BODY_SHAPE);             /* a group */
    assert_int_equal(JUDGE("\xC4\2"), WHY_BODY_SHAPE);                   /* the end of a group */
    assert_int_equal(JUDGE("\xC6\2\1"), WHY_BODY_SHAPE);                 /* wire type 6 */
    assert_int_equal(JUDGE("\xC7\2\1"), WHY_BODY_SHAPE);                 /* wire type 7 */
    assert_int_equal(JUDGE("\xF8\xFF\xFF\xFF\x0F\1"), WHY_NONE);         /* field 2^29 - 1 */
    assert_int_equal(JUDGE("\x80\x80\x80\x80\x10\1"), WHY_BODY_SHAPE);   /* field 2^29 */
    assert_int_equal(JUDGE("\xC0\x82\x80\x80\x80\0\1"), WHY_BODY_SHAPE); /* 6 bytes */
    assert_int_equal(JUDGE("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xC0"), WHY_BODY_SHAPE);
}

static void
a_varint_has_at_most_64_bits(void **state)
{
    assert_int_equal(JUDGE("\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"), WHY_NONE);
    assert_int_equal(JUDGE("\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"),
                     WHY_NONE); /* longer than it must be */
    assert_int_equal(JUDGE("\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\2"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x22\x0A\x80\x80\x80\x80\x80\x80\x80\x80\x80\1"), WHY_NONE); /* packed */
    assert_int_equal(JUDGE("\x22\x0A\x80\x80\x80\x80\x80\x80\x80\x80\x80\2"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x22\x0B\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x22\2\1\x80"), WHY_BODY_SHAPE);       /* cut inside the last element */
    assert_int_equal(JUDGE("\x22\2\1\x80\x20\1"), WHY_BODY_SHAPE); /* and not continued by what follows */
    assert_int_equal(JUDGE("\x20"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x20\x80"), WHY_BODY_SHAPE);
}

static void
a_length_stays_inside_the_message_around_it(void **state)
{
    assert_int_equal(JUDGE("\x82\1\2ab"), WHY_NONE);
    assert_int_equal(JUDGE("\x82\1\3ab"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x82\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x82\1\xFF\xFF\xFF\xFF\x0F"
                           "ab"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x82\1\xFF\xFF\xFF\xFF\x1F"
                           "ab"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x82\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"
                           "ab"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x82\1\x82\x80\x80\x80\x80\0"
                           "ab"),
                     WHY_BODY_SHAPE);
    /* The inner length fits the bytes but not the message it is in. */
    assert_int_equal(JUDGE("\xD2\2\4\x82\1\1aabc"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xD2\2\4\x82\1\2aabc"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xD2\2\2\x09\1\1\1\1\1\1\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xD2\2\1\xC0\2\1"), WHY_BODY_SHAPE);
}

static void
a_known_field_has_its_own_wire_type(void **state)
{
    assert_int_equal(JUDGE("\xC5\2\1\1\1\1"), WHY_BODY_SHAPE);         /* 40: fixed32 for uint32 */
    assert_int_equal(JUDGE("\xC1\2\1\1\1\1\1\1\1\1"), WHY_BODY_SHAPE); /* 40: fixed64 */
    assert_int_equal(JUDGE("\xC2\2\1\1"), WHY_BODY_SHAPE);             /* 40: packed, but it is single */
    assert_int_equal(JUDGE("\xC8\2\1"), WHY_BODY_SHAPE);               /* 41: varint for string */
    assert_int_equal(JUDGE("\xD0\2\1"), WHY_BODY_SHAPE);               /* 42: varint for message */
    assert_int_equal(JUDGE("\x88\1\1"), WHY_BODY_SHAPE);               /* 17: varint for repeated message */
    assert_int_equal(JUDGE("\x1A\5"
                           "12345"),
                     WHY_BODY_SHAPE); /* 3: packed fixed32, 5 bytes */
    assert_int_equal(JUDGE("\x32\x0C"
                           "123456789012"),
                     WHY_BODY_SHAPE);                              /* 6: packed fixed64, 12 bytes */
    assert_int_equal(JUDGE("\x6A\2\1\2"), WHY_BODY_SHAPE);         /* 13: packed bools 1 and 2 */
    assert_int_equal(JUDGE("\x6A\2\x81\0"), WHY_BODY_SHAPE);       /* 13: a packed bool of two bytes */
    assert_int_equal(JUDGE("\x6A\0"), WHY_NONE);                   /* nothing, packed */
    assert_int_equal(JUDGE("\x70\xFF\xFF\xFF\xFF\x0F"), WHY_NONE); /* 14: any number is an enum */
}

static void
unknown_fields_are_skipped_in_bounds(void **state)
{
    assert_int_equal(JUDGE("\x90\1\x96\1"), WHY_NONE); /* 18: varint */
    assert_int_equal(JUDGE("\x91\1"
                           "12345678"),
                     WHY_NONE);
    assert_int_equal(JUDGE("\x91\1"
                           "1234567"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x95\1"
                           "1234"),
                     WHY_NONE);
    assert_int_equal(JUDGE("\x95\1"
                           "123"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\x92\1\3\xFF\xFF\xFF"), WHY_NONE); /* not looked into */
    assert_int_equal(JUDGE("\x92\1\4\xFF\xFF\xFF"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xB0\6\1"), WHY_NONE); /* 102: behind the last range */
    assert_int_equal(JUDGE("\x98\6\1"), WHY_NONE); /* 99: before a range */
    assert_int_equal(JUDGE("\xD8\2\1"), WHY_NONE); /* 43: behind a range */
}

static void
strings_are_utf8_without_nul_and_bytes_are_anything(void **state)
{
    assert_int_equal(JUDGE("\xCA\2\0"), WHY_NONE);
    assert_int_equal(JUDGE("\xCA\2\4\xF0\x9F\x9B\xB0"), WHY_NONE);
    assert_int_equal(JUDGE("\xCA\2\3"
                           "a\0b"),
                     WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xCA\2\1\0"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xCA\2\1\xFF"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xCA\2\1\xC3"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xCA\2\1\xC3\xA9\2"),
                     WHY_BODY_SHAPE); /* the rest of a character outside the string */
    assert_int_equal(JUDGE("\x7A\2\xC0\x80"), WHY_BODY_SHAPE); /* repeated */
    assert_int_equal(JUDGE("\x82\1\3\0\xFF\xC3"), WHY_NONE);
    assert_int_equal(JUDGE("\xD2\2\4\xCA\2\1\0"), WHY_BODY_SHAPE); /* in a child */
}

static void
a_single_field_occurs_once(void **state)
{
    assert_int_equal(JUDGE("\xC0\2\1\xCA\2\1x"), WHY_NONE);
    assert_int_equal(JUDGE("\xC0\2\1\xC0\2\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xCA\2\1x\xC0\2\1\xCA\2\1x"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xD2\2\0\xD2\2\0"), WHY_BODY_SHAPE);   /* protobuf would merge these */
    assert_int_equal(JUDGE("\xD2\2\3\xC0\2\1\xC0\2\1"), WHY_NONE); /* one in the child, one around it */
    assert_int_equal(JUDGE("\x8A\1\3\xC0\2\1\x8A\1\3\xC0\2\1"), WHY_NONE); /* one in each of two siblings */
    assert_int_equal(JUDGE("\x8A\1\6\xC0\2\1\xC0\2\1"), WHY_BODY_SHAPE);
    /* A child in between does not make the message around it forget. */
    assert_int_equal(JUDGE("\xC0\2\1\xD2\2\3\xC0\2\1\xC0\2\1"), WHY_BODY_SHAPE);
}

static void
a_choice_is_made_once(void **state)
{
    assert_int_equal(JUDGE("\xA0\6\1"), WHY_NONE);
    assert_int_equal(JUDGE("\xAA\6\1x"), WHY_NONE);
    assert_int_equal(JUDGE("\xA0\6\1\xAA\6\1x"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xAA\6\1x\xA0\6\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xA0\6\1\xA0\6\1"), WHY_BODY_SHAPE);
    assert_int_equal(JUDGE("\xC0\2\1\xA0\6\1"), WHY_NONE);
}

static void
critical_fields_must_be_known_at_the_top_only(void **state)
{
    static const struct {
        const char *bytes;
        bool critical;
        enum why_code want;
    } cases[] = {
        {"\x90\1\1", true, WHY_HEADER_CRITICAL}, /* 18 */
        {"\xF8\1\1", true, WHY_HEADER_CRITICAL}, /* 31 */
        {"\x80\2\1", true, WHY_NONE},            /* 32 */
        {"\x90\1\1", false, WHY_NONE},
        {"\xD2\2\3\x90\1\1", true, WHY_NONE}, /* in a child */
        {"\xC0\2\1\x90\1\1", true, WHY_HEADER_CRITICAL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct why why;

        why_clear(&why);
        assert_int_equal(prescan(&probe_schema, span_str(cases[i].bytes), 8, 100, cases[i].critical,
                                 WHY_HEADER_SHAPE, &why),
                         cases[i].want == WHY_NONE ? 0 : -1);
        assert_int_equal(why.code, cases[i].want);
    }
}

static void
a_refusal_names_the_field_and_the_place(void **state)
{
    struct why why;

    why_clear(&why);
    assert_int_equal(
        prescan(&probe_schema, span_of("\xC0\2\1\xCA\2\1\xFF", 7), 8, 100, false, WHY_FRAME_SHAPE, &why), -1);
    assert_int_equal(why.code, WHY_FRAME_SHAPE);
    assert_string_equal(why.field, "word");
    assert_string_equal(why.note, "a string is not UTF-8 before byte 7");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_message_is_unpacked_and_packed_to_the_same_bytes),
        cmocka_unit_test(packing_obeys_the_ceiling_of_the_buffer),
        cmocka_unit_test(no_bytes_are_an_empty_message),
        cmocka_unit_test(every_type_is_taken_alone_and_packed),
        cmocka_unit_test(a_message_cut_at_any_byte_is_refused_or_ends_at_a_field),
        cmocka_unit_test(bytes_of_any_kind_are_refused_or_unpacked_alike),
        cmocka_unit_test(tags_that_no_writer_makes_are_refused),
        cmocka_unit_test(a_varint_has_at_most_64_bits),
        cmocka_unit_test(a_length_stays_inside_the_message_around_it),
        cmocka_unit_test(a_known_field_has_its_own_wire_type),
        cmocka_unit_test(unknown_fields_are_skipped_in_bounds),
        cmocka_unit_test(strings_are_utf8_without_nul_and_bytes_are_anything),
        cmocka_unit_test(a_single_field_occurs_once),
        cmocka_unit_test(a_choice_is_made_once),
        cmocka_unit_test(critical_fields_must_be_known_at_the_top_only),
        cmocka_unit_test(a_refusal_names_the_field_and_the_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
