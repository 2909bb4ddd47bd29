#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "federation.h"

static const uint8_t log_id[LOG_ID_BYTES] = {0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const uint8_t root[HASH_BYTES] = {0x5d, 0xc9, 0xda, 0x79};

#define FEDERATION "00112233445566778899aabbccddeeff"
#define ORIGIN     FEDERATION "/fr-cnes/deadbeef000102030405060708090a0b"

struct made {
    struct roster *roster;
    struct checkpoint head;
    struct cosignature line;
    uint8_t log_key[SIG_KEY_BYTES];
    uint8_t witness_key[SIG_KEY_BYTES];
};

static int
setup(void **state)
{
    struct made *made = calloc(1, sizeof *made);

    secret_start();
    made->roster = roster_new();
    (void)snprintf(made->roster->federation, sizeof made->roster->federation, "%s", FEDERATION);
    federation_head(made->roster, "fr-cnes", log_id, 8, root, &made->head);
    federation_cosign(made->roster, ORIGIN, &made->head, "de-dlr", 1790000000, &made->line);
    federation_public("fr-cnes", "log", made->log_key);
    federation_public("de-dlr", "witness", made->witness_key);
    *state = made;
    return 0;
}

static int
teardown(void **state)
{
    struct made *made = *state;

    roster_free(made->roster);
    free(made);
    return 0;
}

static void
names_and_texts_are_those_of_c2sp(void **state)
{
    char line[ORIGIN_LINE_MAX];
    struct buf out;

    checkpoint_origin_line(FEDERATION, "fr-cnes", log_id, line);
    assert_string_equal(line, ORIGIN);
    buf_init(&out, 1024);
    checkpoint_text(line, UINT64_MAX, root, &out);
    assert_string_equal(buf_cstr(&out),
                        ORIGIN "\n18446744073709551615\nXcnaeQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    buf_clear(&out);
    checkpoint_cosign_text(line, 8, root, 1790000000, &out);
    assert_string_equal(buf_cstr(&out), "cosignature/v1\ntime 1790000000\n" ORIGIN
                                        "\n8\nXcnaeQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    checkpoint_witness_name(FEDERATION, "de-dlr", line);
    assert_string_equal(line, FEDERATION "/de-dlr/witness");
    buf_release(&out);
}

/* Key ids of a key differ by name and type: a log key is never taken for a cosigner's. */
static void
a_key_id_is_bound_to_name_and_type(void **state)
{
    const struct made *made = *state;
    uint8_t want[HASH_BYTES];
    uint8_t id[KEY_ID_BYTES];
    struct buf bytes;

    buf_init(&bytes, 256);
    buf_put_str(&bytes, "name\n\x04");
    buf_put(&bytes, made->log_key, SIG_KEY_BYTES);
    hash_sha256(buf_span(&bytes), want);
    checkpoint_key_id("name", 0x04, made->log_key, id);
    assert_memory_equal(id, want, KEY_ID_BYTES);
    checkpoint_key_id("name", 0x01, made->log_key, id);
    assert_memory_not_equal(id, want, KEY_ID_BYTES);
    checkpoint_key_id("nama", 0x04, made->log_key, id);
    assert_memory_not_equal(id, want, KEY_ID_BYTES);
    buf_release(&bytes);
}

static void
every_flipped_bit_of_a_head_is_refused(void **state)
{
    struct made *made = *state;
    struct {
        uint8_t *p;
        size_t n;
    } parts[] = {{made->head.root, HASH_BYTES},
                 {made->head.signature, SIG_BYTES},
                 {made->head.key_id, KEY_ID_BYTES},
                 {made->log_key, SIG_KEY_BYTES},
                 {(uint8_t *)&made->head.size, sizeof made->head.size}};

    assert_true(checkpoint_verify(&made->head, ORIGIN, made->log_key));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (size_t bit = 0; bit < parts[i].n * 8; bit++) {
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(checkpoint_verify(&made->head, ORIGIN, made->log_key));
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    assert_false(checkpoint_verify(&made->head, ORIGIN "0", made->log_key));
    assert_false(
        checkpoint_verify(&made->head, FEDERATION "/de-dlr/deadbeef000102030405060708090a0b", made->log_key));
}

static void
every_flipped_bit_of_a_cosignature_is_refused(void **state)
{
    struct made *made = *state;
    struct {
        uint8_t *p;
        size_t n;
    } parts[] = {{made->head.root, HASH_BYTES},
                 {made->line.signature, SIG_BYTES},
                 {made->witness_key, SIG_KEY_BYTES},
                 {(uint8_t *)&made->line.time, sizeof made->line.time},
                 {(uint8_t *)&made->head.size, sizeof made->head.size}};

    assert_true(checkpoint_verify_cosignature(&made->head, ORIGIN, &made->line, made->witness_key));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (size_t bit = 0; bit < parts[i].n * 8; bit++) {
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(checkpoint_verify_cosignature(&made->head, ORIGIN, &made->line, made->witness_key));
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    assert_false(checkpoint_verify_cosignature(&made->head, ORIGIN "0", &made->line, made->witness_key));
    assert_false(checkpoint_verify_cosignature(&made->head, ORIGIN, &made->line, made->log_key));
}

/* What is printed is a note: its log line and its cosignature line stand under their names and ids. */
static void
a_printed_checkpoint_is_a_note_of_its_parts(void **state)
{
    const struct made *made = *state;
    struct note_key key;
    struct note note;
    struct why why = {0};
    struct buf out;

    buf_init(&out, LIMIT_ROSTER_BYTES);
    checkpoint_print(&made->head, FEDERATION, ORIGIN, &made->line, 1, &out);
    assert_int_equal(note_read(buf_span(&out), LIMIT_ROSTER_BYTES, WHY_HEAD_SHAPE, &note, &why), 0);
    assert_true(span_is(note.text, ORIGIN "\n8\nXcnaeQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"));
    assert_int_equal(note.n, 2);
    note_key_make(ORIGIN, NOTE_TYPE_SIGN, made->log_key, &key);
    assert_int_equal(note_open(&note, &key, 1), 1);
    assert_true(note_line_is(&note.line[1], FEDERATION "/de-dlr/witness", made->line.key_id));
    assert_int_equal(note.line[1].signature_n, 8 + SIG_BYTES);
    assert_memory_equal(note.line[1].signature, "\0\0\0\0\x6a\xb1\x3b\x80", 8); /* 1790000000 */
    assert_memory_equal(note.line[1].signature + 8, made->line.signature, SIG_BYTES);
    buf_release(&out);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(names_and_texts_are_those_of_c2sp),
        TEST(a_key_id_is_bound_to_name_and_type),
        TEST(every_flipped_bit_of_a_head_is_refused),
        TEST(every_flipped_bit_of_a_cosignature_is_refused),
        TEST(a_printed_checkpoint_is_a_note_of_its_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
