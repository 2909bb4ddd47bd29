#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/note.h"
#include "world.h"

/* The bundle of a record, verified with nothing but the fingerprint of the roster; NULL answer text when refused. */
static void
prove(struct bed *b, int fd, Parallax__V1__RecordId *id, struct buf *scratch, struct bundle_result *out)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PROVE);
    Parallax__V1__ProveRequest q = PARALLAX__V1__PROVE_REQUEST__INIT;
    Parallax__V1__Answer *a;
    struct why why;

    why_clear(&why);
    q.id = id;
    r.prove = &q;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->error, "");
    if (bundle_verify(span_of(a->prove->proof.data, a->prove->proof.len), NULL, b->roster->hash, scratch, out,
                      &why) != 0)
        fail_msg("%s", why.note);
    assert_memory_equal(out->log, id->log.data, LOG_ID_BYTES);
    assert_int_equal(out->index, id->index);
    bed_answer_free(a);
}

static void
a_proof_holds_offline_under_the_newest_head_with_all_its_lines(void **state)
{
    struct bed *b = *state;
    Parallax__V1__RecordId id = world_id(b, WHOLE, 1);
    const struct bed_log *l = &b->other[WHOLE];
    struct bundle_result result;
    struct buf scratch;
    int fd = bed_connect(b);

    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    prove(b, fd, &id, &scratch, &result);
    assert_string_equal(result.origin, "jp-jaxa");
    assert_int_equal(result.size, 2);
    assert_int_equal(result.good_n, 2);
    assert_int_equal(result.lost_n, 0);
    assert_true(span_equal(result.header, buf_span(&l->header[1])));
    assert_true(span_equal(result.body, buf_span(&l->body[1])));
    buf_release(&scratch);
    close(fd);
}

static void
a_record_published_here_is_proved_as_soon_as_it_is_acknowledged(void **state)
{
    struct bed *b = *state;
    struct node_log_status status;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    struct bundle_result result;
    struct buf scratch;
    int fd = bed_connect(b);

    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    for (unsigned i = 0; i < 5; i++)
        bed_publish_orbit(b, fd, i + 1, 1, REAL);
    for (size_t i = 0; i < node_logs_count(b->node); i++) {
        node_log_status(b->node, i, &status);
        if (status.row->own && status.row->size == 6)
            id.log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)status.row->id};
    }
    for (id.index = 0; id.index < 6; id.index++) {
        prove(b, fd, &id, &scratch, &result);
        assert_string_equal(result.origin, "fr-cnes");
        assert_int_equal(result.size, 6);
        assert_int_equal(result.good_n, 1); /* the heartbeat */
    }
    buf_release(&scratch);
    close(fd);
}

static void
in_the_middle_of_catching_up_an_older_head_proves(void **state)
{
    struct bed *b = *state;
    Parallax__V1__RecordId id = world_id(b, HALF, 2);
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PROVE);
    Parallax__V1__ProveRequest q = PARALLAX__V1__PROVE_REQUEST__INIT;
    struct bundle_result result;
    struct buf scratch;
    int fd = bed_connect(b);

    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    prove(b, fd, &id, &scratch, &result);
    assert_int_equal(result.size, 4);
    assert_int_equal(result.good_n, 0); /* the lines that we keep are over another head */
    assert_int_equal(result.lost_n, 0);
    id.index = 5; /* its only head covers leaves that are not here */
    q.id = &id;
    r.prove = &q;
    world_refused(b, fd, &r, "FIELD_RANGE");
    id.index = 6;
    world_refused(b, fd, &r, "FIELD_RANGE");
    q.id = NULL;
    world_refused(b, fd, &r, "FIELD_MISSING");
    buf_release(&scratch);
    close(fd);
}

/* The log of LARGE says nothing but descriptor and bodies: its row has no head at all, only its batches have. */
static void
a_log_without_a_known_head_is_proved_by_its_last_batch(void **state)
{
    struct bed *b = *state;
    Parallax__V1__RecordId id = world_id(b, LARGE, 3);
    struct bundle_result result;
    struct buf scratch;
    int fd = bed_connect(b);

    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    prove(b, fd, &id, &scratch, &result);
    assert_int_equal(result.size, 9);
    assert_int_equal(result.body.n, LARGE_BYTES);
    buf_release(&scratch);
    close(fd);
}

static void
a_log_is_told_with_its_descriptor_its_checkpoint_and_every_leaf(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_LOG);
    Parallax__V1__LogRequest q = PARALLAX__V1__LOG_REQUEST__INIT;
    Parallax__V1__Descriptor *d;
    Parallax__V1__Answer *a;
    char line[ORIGIN_LINE_MAX], start[ORIGIN_LINE_MAX + 8], *text;
    unsigned lines = 0;
    int fd = bed_connect(b);

    r.log = &q;
    q.log = (ProtobufCBinaryData){LOG_ID_BYTES, b->other[WHOLE].row.id};
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->log->status->series, "jp-jaxa/open/alert");
    assert_int_equal(a->log->status->n_cosigners, 1);
    assert_string_equal(a->log->status->cosigners[0], "de-dlr");
    assert_int_equal(a->log->n_rows, 0);
    d = parallax__v1__descriptor__unpack(NULL, a->log->descriptor.len, a->log->descriptor.data);
    assert_string_equal(d->node, "jp-jaxa");
    parallax__v1__descriptor__free_unpacked(d, NULL);
    checkpoint_origin_line(b->roster->federation, "jp-jaxa", b->other[WHOLE].row.id, line);
    (void)snprintf(start, sizeof start, "%s\n2\n", line);
    text = strndup((const char *)a->log->checkpoint.data, a->log->checkpoint.len);
    assert_memory_equal(text, start, strlen(start));
    for (char *at = strstr(text, "\n\n"); (at = strstr(at, "\n\xe2\x80\x94 ")) != NULL; at++)
        lines++;
    assert_int_equal(lines, 3); /* the log's, the heartbeat, a cosigner's */
    free(text);
    bed_answer_free(a);
    q.log.data = b->other[HALF].row.id;
    q.first = 3;
    q.count = 1000;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->log->n_rows, 3); /* the quarantined one is a leaf like any other */
    assert_int_equal(a->log->rows[1]->id->index, 4);
    assert_string_equal(a->log->rows[1]->quarantine, "BODY_SHAPE");
    assert_string_equal(a->log->status->state, "stale");
    assert_int_equal(a->log->status->head_size, 9);
    bed_answer_free(a);
    q.first = UINT64_MAX;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->log->n_rows, 0);
    bed_answer_free(a);
    close(fd);
}

static void
the_list_of_logs_names_those_whose_descriptor_is_not_held_too(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_LOGS);
    Parallax__V1__LogsRequest q = PARALLAX__V1__LOGS_REQUEST__INIT;
    Parallax__V1__Answer *a;
    uint8_t after[] = {0, 0, 0, 5};
    int fd = bed_connect(b);

    r.logs = &q;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->logs->n_logs, 7);
    assert_int_equal(a->logs->cursor.len, 0);
    assert_string_equal(a->logs->logs[HIDDEN]->origin, "de-dlr");
    assert_string_equal(a->logs->logs[HIDDEN]->series, "");
    bed_answer_free(a);
    q.after = (ProtobufCBinaryData){4, after};
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->logs->n_logs, 2);
    bed_answer_free(a);
    after[0] = 0xff;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->logs->n_logs, 0);
    bed_answer_free(a);
    q.after.len = 3;
    world_refused(b, fd, &r, "FIELD_VALUE");
    close(fd);
}

static void
nobody_holds_a_record_before_a_peer_said_so(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_HOLDERS);
    Parallax__V1__HoldersRequest q = PARALLAX__V1__HOLDERS_REQUEST__INIT;
    Parallax__V1__RecordId id = world_id(b, WHOLE, 1);
    Parallax__V1__Answer *a;
    int fd = bed_connect(b);

    q.id = &id;
    r.holders = &q;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->holders->index, 1);
    assert_int_equal(a->holders->n_holders, 0);
    bed_answer_free(a);
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_proof_holds_offline_under_the_newest_head_with_all_its_lines),
        TEST(a_record_published_here_is_proved_as_soon_as_it_is_acknowledged),
        TEST(in_the_middle_of_catching_up_an_older_head_proves),
        TEST(a_log_without_a_known_head_is_proved_by_its_last_batch),
        TEST(a_log_is_told_with_its_descriptor_its_checkpoint_and_every_leaf),
        TEST(the_list_of_logs_names_those_whose_descriptor_is_not_held_too),
        TEST(nobody_holds_a_record_before_a_peer_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
