#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/note.h"

#define DASH "\xE2\x80\x94 "
/* The vector of C2SP signed-note. */
#define VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define TEXT "This is an example message.\n"
#define LINE                                                                                                 \
    DASH "example.com/foo "                                                                                  \
         "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

static struct note note;
static struct why why;

static int
setup(void **state)
{
    secret_start();
    why_clear(&why);
    return 0;
}

static int
read_note(const char *text)
{
    why_clear(&why);
    return note_read(span_str(text), LIMIT_ROSTER_BYTES, WHY_HEAD_SHAPE, &note, &why);
}

static void
the_published_note_verifies_under_its_published_key(void **state)
{
    struct note_key key;

    assert_int_equal(note_key_parse(span_str(VKEY), &key), 0);
    assert_string_equal(key.name, "example.com/foo");
    assert_int_equal(read_note(TEXT "\n" LINE), 0);
    assert_true(span_is(note.text, TEXT));
    assert_int_equal(note.n, 1);
    assert_int_equal(note_check(&note, &key), 1);
    assert_int_equal(note_open(&note, &key, 1), 1);
}

static void
a_vkey_is_printed_as_it_was_read(void **state)
{
    struct note_key key;
    struct buf out;

    buf_init(&out, 1024);
    assert_int_equal(note_key_parse(span_str(VKEY), &key), 0);
    note_key_print(&key, &out);
    assert_string_equal(buf_cstr(&out), VKEY);
    buf_release(&out);
}

static void
a_vkey_with_another_id_name_type_or_key_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "+",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", /* id */
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", /* type 2 */
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k ",
        "example.com/foo+530d903a+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* a point of small order */
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    };
    struct note_key key;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (note_key_parse(span_str(bad[i]), &key) == 0)
            fail_msg("taken: %s", bad[i]);
    }
}

static void
every_flipped_bit_of_the_published_note_is_refused_or_unknown(void **state)
{
    char bytes[] = TEXT "\n" LINE;
    struct note_key key;

    assert_int_equal(note_key_parse(span_str(VKEY), &key), 0);
    for (size_t bit = 0; bit < (sizeof bytes - 1) * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        why_clear(&why);
        if (note_read(span_of(bytes, sizeof bytes - 1), LIMIT_ROSTER_BYTES, WHY_HEAD_SHAPE, &note, &why) == 0)
            assert_true(note_open(&note, &key, 1) <= 0);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
}

static void
unknown_pairs_are_ignored_and_a_known_one_must_be_good(void **state)
{
    struct secret *s = secret_new_random();
    struct secret *other = secret_new_random();
    uint8_t public[SIG_KEY_BYTES];
    struct note_key keys[2];
    struct buf out;
    struct buf bad;

    sig_public(s, public);
    note_key_make("example.org/one", NOTE_TYPE_SIGN, public, &keys[0]);
    sig_public(other, public);
    note_key_make("example.org/two", NOTE_TYPE_SIGN, public, &keys[1]);
    buf_init(&out, 4096);
    buf_put_str(&out, TEXT "\n" LINE); /* known to nobody here */
    note_sign(span_str(TEXT), "example.org/one", s, &out);
    note_sign(span_str(TEXT), "example.org/else", other,
              &out); /* the key of two under another name: unknown */
    assert_int_equal(read_note(buf_cstr(&out)), 0);
    assert_int_equal(note_open(&note, keys, 2), 1);
    assert_int_equal(note_check(&note, &keys[1]), 0);
    note_sign(span_str(TEXT), "example.org/two", other, &out);
    note_sign(span_str(TEXT), "example.org/two", other, &out); /* a key twice is one key */
    assert_int_equal(read_note(buf_cstr(&out)), 0);
    assert_int_equal(note_open(&note, keys, 2), 2);
    /* A line with the right name and id over another text. */
    buf_init(&bad, 4096);
    buf_put_span(&bad, buf_span(&out));
    note_sign(span_str("Another text.\n"), "example.org/two", other, &bad);
    assert_int_equal(read_note(buf_cstr(&bad)), 0);
    assert_int_equal(note_open(&note, keys, 1), 1); /* to who does not know two, it says nothing */
    assert_int_equal(note_open(&note, keys, 2), -1);
    buf_release(&out);
    buf_release(&bad);
    secret_free(s);
    secret_free(other);
}

/* A cosignature under a key's id is not its signature of the text. */
static void
a_signature_of_another_length_is_bad(void **state)
{
    struct secret *s = secret_new_random();
    uint8_t public[SIG_KEY_BYTES];
    uint8_t sig[NOTE_SIG_MAX] = {0};
    struct note_key key;
    struct buf out;

    sig_public(s, public);
    note_key_make("n", NOTE_TYPE_SIGN, public, &key);
    sig_sign(s, span_str(TEXT), sig);
    buf_init(&out, 4096);
    buf_put_str(&out, TEXT "\n");
    note_line_print("n", key.id, span_of(sig, sizeof sig), &out);
    assert_int_equal(read_note(buf_cstr(&out)), 0);
    assert_int_equal(note_check(&note, &key), -1);
    buf_release(&out);
    secret_free(s);
}

static void
the_text_ends_at_the_last_empty_line(void **state)
{
    assert_int_equal(read_note("one\n\ntwo\n\n" LINE), 0);
    assert_true(span_is(note.text, "one\n\ntwo\n"));
    assert_int_equal(read_note("\n\n" LINE), 0);
    assert_true(span_is(note.text, "\n"));
    /* Lines above it are text, even if they look like signatures. */
    assert_int_equal(read_note(TEXT "\n" LINE "\n" LINE), 0);
    assert_int_equal(note.n, 1);
}

static void
what_is_no_note_is_refused_at_its_line(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
    } rows[] = {
        {"", 0},
        {"\n", 0},
        {TEXT, 0},
        {TEXT "\n", 0},
        {TEXT LINE, 0},
        {"\n" LINE, 0},
        {TEXT "\nno line\n", 3},
        {TEXT "\n" LINE "no line\n", 4},
        {TEXT "\n" DASH "name\n", 3},
        {TEXT "\n" DASH " AAAAAAAA\n", 3}, /* no name */
        {TEXT "\n" DASH "na+me AAAAAAAA\n", 3},
        {TEXT "\n" DASH "na\xC2\xA0me AAAAAAAA\n", 3},
        {TEXT "\n" DASH "na\xE2\x80\x83me AAAAAAAA\n", 3},
        {TEXT "\n" DASH "na\xE3\x80\x80me AAAAAAAA\n", 3},
        {TEXT "\n" DASH "name AAAAAA==\n", 3}, /* an id and nothing else */
        {TEXT "\n" DASH "name AAAAAAA\n", 3},
        {TEXT "\n" DASH "name AAAAAAB=\n", 3}, /* not canonical */
        {TEXT "\n" DASH "name  AAAAAAAA\n", 3},
        {TEXT "\n" DASH "name AAAAAAAA \n", 3},
        {TEXT "\n" DASH "name AAAAAAAA", 3}, /* no newline */
        {TEXT "\n- name AAAAAAAA\n", 3},     /* not an em dash */
        {"a\tb\n\n" LINE, 1},
        {"a\r\n\n" LINE, 1},
        {"a\nb\x1f\n\n" LINE, 2},
        {"a\nb\xff\n\n" LINE, 2},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (read_note(rows[i].text) == 0)
            fail_msg("taken: %s", rows[i].text);
        assert_int_equal(why.code, WHY_HEAD_SHAPE);
        if (why.line != rows[i].line)
            fail_msg("%s: line %u (%s)", rows[i].text, why.line, why.note);
    }
    assert_int_equal(read_note(TEXT "\n" DASH "name AAAAAAA=\n"), 0);
}

static void
size_and_number_of_lines_are_limited(void **state)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_put_str(&out, TEXT "\n");
    for (unsigned i = 0; i < LIMIT_NOTE_LINES_COUNT; i++)
        buf_put_str(&out, LINE);
    assert_int_equal(read_note(buf_cstr(&out)), 0);
    assert_int_equal(note.n, LIMIT_NOTE_LINES_COUNT);
    assert_int_equal(note_read(buf_span(&out), out.n - 1, WHY_HEAD_SHAPE, &note, &why), -1);
    buf_put_str(&out, LINE);
    assert_int_equal(read_note(buf_cstr(&out)), -1);
    assert_int_equal(why.line, 3 + LIMIT_NOTE_LINES_COUNT);
    buf_release(&out);
}

/* ML-DSA-44 (C2SP type 0x06) signs with 2,420 bytes: such a line is kept as unknown. */
static void
a_line_of_a_longer_kind_of_signature_is_read_over(void **state)
{
    struct note_key key;
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_put_str(&out, TEXT "\n" DASH "example.com/pq ");
    for (unsigned i = 0; i < (4 + 8 + 2420) / 3; i++)
        buf_put_str(&out, "QUFB");
    buf_put_str(&out, "QUE=\n" LINE);
    assert_int_equal(note_key_parse(span_str(VKEY), &key), 0);
    assert_int_equal(read_note(buf_cstr(&out)), 0);
    assert_int_equal(note.n, 2);
    assert_int_equal(note_open(&note, &key, 1), 1);
    buf_release(&out);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        TEST(the_published_note_verifies_under_its_published_key),
        TEST(a_vkey_is_printed_as_it_was_read),
        TEST(a_vkey_with_another_id_name_type_or_key_is_refused),
        TEST(every_flipped_bit_of_the_published_note_is_refused_or_unknown),
        TEST(unknown_pairs_are_ignored_and_a_known_one_must_be_good),
        TEST(a_signature_of_another_length_is_bad),
        TEST(the_text_ends_at_the_last_empty_line),
        TEST(what_is_no_note_is_refused_at_its_line),
        TEST(size_and_number_of_lines_are_limited),
        TEST(a_line_of_a_longer_kind_of_signature_is_read_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
