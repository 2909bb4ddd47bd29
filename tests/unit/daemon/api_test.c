#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "bed.h"

#define REAL PARALLAX__V1__MODE__REAL

static int
setup(void **state)
{
    struct bed *b = bed_new();

    bed_start(b);
    *state = b;
    return 0;
}

static int
teardown(void **state)
{
    bed_free(*state);
    return 0;
}

static Parallax__V1__Request
status_request(Parallax__V1__StatusRequest *s)
{
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;

    parallax__v1__status_request__init(s);
    r.what_case = PARALLAX__V1__REQUEST__WHAT_STATUS;
    r.status = s;
    return r;
}

/* The server still answers others. */
static void
assert_alive(struct bed *b)
{
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a = bed_ask(b, fd, &r);

    assert_int_equal(a->what_case, PARALLAX__V1__ANSWER__WHAT_STATUS);
    bed_answer_free(a);
    close(fd);
    bed_turn(b);
}

static void
status_says_that_the_picture_is_being_made_and_how_far_it_is(void **state)
{
    struct bed *b = *state;
    struct event rebuild = {.kind = EVENT_REBUILD};
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_publish_orbit(b, fd, 5, 1, REAL);
    a = bed_ask(b, fd, &r);
    assert_false(a->status->rebuilding);
    bed_answer_free(a);
    bed_step(b, &rebuild);
    a = bed_ask(b, fd, &r);
    assert_true(a->status->rebuilding);
    assert_true(a->status->rebuild_done < a->status->rebuild_total && a->status->rebuild_total >= 2);
    bed_answer_free(a);
    close(fd);
    bed_turn(b);
}

static void
status_names_the_node_its_logs_and_its_counts(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_publish_orbit(b, fd, 5, 1, REAL);
    b->ctx.disk_low = true;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->error, "");
    assert_string_equal(a->status->node, "fr-cnes");
    assert_string_equal(a->status->federation, b->roster->federation);
    assert_int_equal(a->status->roster_version, 1);
    assert_memory_equal(a->status->roster_hash.data, b->roster->hash, HASH_BYTES);
    assert_int_equal(a->status->time_ms, BED_WALL_MS);
    assert_int_equal(a->status->records, 4); /* three descriptors and the orbit */
    assert_int_equal(a->status->delivery, 4);
    assert_int_equal(a->status->incarnation.len, 16);
    assert_true(a->status->disk_low);
    assert_int_equal(a->status->n_peers, 2);
    assert_string_equal(a->status->peers[0]->node, "de-dlr");
    assert_string_equal(a->status->peers[0]->state, "connecting");
    assert_int_equal(a->status->n_logs, 3);
    for (size_t i = 0; i < 3; i++) {
        const Parallax__V1__LogStatus *log = a->status->logs[i];
        bool data = strcmp(log->series, "fr-cnes/open/data") == 0;

        assert_string_equal(log->state, "open");
        assert_true(log->own);
        assert_int_equal(log->size, data ? 2 : 1);
        assert_int_equal(log->head_size, log->size);
        assert_int_equal(log->root.len, HASH_BYTES);
        assert_int_equal(log->heartbeat_ms, BED_WALL_MS);
    }
    bed_answer_free(a);
    close(fd);
}

static void
a_refused_publication_is_answered_and_counted(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_send_orbit(b, fd, 3, 5, 1, PARALLAX__V1__MODE__MODE_UNSPECIFIED);
    a = bed_receive(b, fd);
    assert_int_equal(a->token, 3);
    assert_string_equal(a->error_name, "MODE_MISSING");
    assert_non_null(strstr(a->error, "REAL, EXERCISE"));
    assert_int_equal(a->what_case, PARALLAX__V1__ANSWER__WHAT__NOT_SET);
    bed_answer_free(a);
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->status->n_rejects, 1);
    assert_string_equal(a->status->rejects[0]->why, "MODE_MISSING");
    assert_string_equal(a->status->rejects[0]->blame, "user");
    assert_int_equal(a->status->rejects[0]->count, 1);
    bed_answer_free(a);
    close(fd);
}

static void
several_publishes_in_flight_are_answered_in_the_order_of_requests(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    b->hold_signer = true;
    for (unsigned i = 0; i < 6; i++)
        bed_send_orbit(b, fd, 100 + i, 40 + i, 1, i == 3 ? 0 : REAL); /* the fourth is refused at once */
    r.token = 106;
    bed_send(b, fd, &r);
    assert_null(bed_receive(b, fd));
    assert_int_equal(b->publishes, 6);
    b->hold_signer = false;
    for (unsigned i = 0; i < 7; i++) {
        a = bed_receive(b, fd);
        assert_non_null(a);
        assert_int_equal(a->token, 100 + i);
        assert_int_equal(a->what_case, i == 3   ? PARALLAX__V1__ANSWER__WHAT__NOT_SET
                                       : i == 6 ? PARALLAX__V1__ANSWER__WHAT_STATUS
                                                : PARALLAX__V1__ANSWER__WHAT_PUBLISH);
        if (i < 3) {
            assert_int_equal(a->publish->n_ranges, 1);
            assert_int_equal(a->publish->ranges[0]->first, 1 + i);
            assert_int_equal(a->publish->ranges[0]->count, 1);
            assert_int_equal(a->publish->ranges[0]->log.len, LOG_ID_BYTES);
        }
        bed_answer_free(a);
    }
    close(fd);
}

static void
no_more_publishes_than_stated_are_in_flight(void **state)
{
    struct bed *b = *state;
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    b->hold_signer = true;
    for (unsigned i = 0; i < LIMIT_API_FLIGHT_COUNT + 5; i++)
        bed_send_orbit(b, fd, i + 1, 100 + i, 1, REAL);
    assert_null(bed_receive(b, fd));
    assert_int_equal(b->publishes, LIMIT_API_FLIGHT_COUNT);
    assert_int_equal(api_timeout_ms(b->api), -1);
    b->hold_signer = false;
    for (unsigned i = 0; i < LIMIT_API_FLIGHT_COUNT + 5; i++) {
        a = bed_receive(b, fd);
        assert_non_null(a);
        assert_int_equal(a->token, i + 1);
        assert_string_equal(a->error, "");
        bed_answer_free(a);
    }
    close(fd);
}

static void
a_client_that_left_is_forgotten_with_its_publishes(void **state)
{
    struct bed *b = *state;
    int fd = bed_connect(b), other = bed_connect(b);
    struct store_counts counts;
    Parallax__V1__Answer *a;

    b->hold_signer = true;
    for (unsigned i = 0; i < 3; i++)
        bed_send_orbit(b, fd, i, 40 + i, 1, REAL);
    bed_send_orbit(b, other, 77, 50, 1, REAL);
    bed_turn(b);
    bed_turn(b);
    close(fd);
    bed_turn(b);
    b->hold_signer = false;
    a = bed_receive(b, other);
    assert_int_equal(a->token, 77);
    assert_string_equal(a->error, "");
    bed_answer_free(a);
    assert_int_equal(store_counts(b->store, &counts), 0);
    assert_int_equal(counts.records, 3 + 4); /* what was taken was published all the same */
    close(other);
}

static void
a_client_that_sends_no_more_still_gets_its_answers(void **state)
{
    struct bed *b = *state;
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    b->hold_signer = true;
    bed_send_orbit(b, fd, 8, 40, 1, REAL);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    bed_turn(b);
    bed_turn(b);
    b->hold_signer = false;
    a = bed_receive(b, fd);
    assert_int_equal(a->token, 8);
    assert_string_equal(a->error, "");
    bed_answer_free(a);
    assert_true(bed_is_closed(b, fd));
    close(fd);
}

static void
a_request_may_come_byte_by_byte(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    uint8_t bytes[64];
    size_t n;
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    r.token = UINT64_MAX;
    n = parallax__v1__request__pack(&r, bytes + 4);
    bytes[0] = (uint8_t)n;
    bytes[1] = bytes[2] = bytes[3] = 0;
    for (size_t i = 0; i < 4 + n; i++) {
        bed_send_bytes(b, fd, span_of(bytes + i, 1));
        bed_turn(b);
    }
    a = bed_receive(b, fd);
    assert_true(a->token == UINT64_MAX);
    bed_answer_free(a);
    close(fd);
}

/* ${bytes} are no request: one refusal, then the end. Others notice nothing. */
static void
assert_refused(struct bed *b, struct span bytes, const char *name)
{
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_send_bytes(b, fd, bytes);
    a = bed_receive(b, fd);
    assert_non_null(a);
    assert_string_equal(a->error_name, name);
    assert_true(strlen(a->error) > 0);
    bed_answer_free(a);
    assert_true(bed_is_closed(b, fd));
    close(fd);
    assert_alive(b);
}

static void
bytes_that_are_no_request_are_refused(void **state)
{
    struct bed *b = *state;
    static const uint8_t zero[] = {0, 0, 0, 0}, huge[] = {0xff, 0xff, 0xff, 0xff, 1, 2, 3},
                         over[] = {1, 0, 0x10, 0}, junk[] = {3, 0, 0, 0, 0xff, 0xff, 0xff},
                         cut[] = {2, 0, 0, 0, 0x12, 0x40}, group[] = {2, 0, 0, 0, 0x0b, 0x0c},
                         twice[] = {6, 0, 0, 0, 0x12, 0, 0x12, 0, 0x12, 0},
                         utf8[] = {5, 0, 0, 0, 0x22, 3, 0x0a, 1, 0xff};

    assert_refused(b, span_of(zero, sizeof zero), "FRAME_SIZE");
    assert_refused(b, span_of(huge, sizeof huge), "FRAME_SIZE");
    assert_refused(b, span_of(over, sizeof over), "FRAME_SIZE");
    assert_refused(b, span_of(junk, sizeof junk), "FRAME_SHAPE");
    assert_refused(b, span_of(cut, sizeof cut), "FRAME_SHAPE");
    assert_refused(b, span_of(group, sizeof group), "FRAME_SHAPE");
    assert_refused(b, span_of(twice, sizeof twice), "FRAME_SHAPE");
    assert_refused(b, span_of(utf8, sizeof utf8), "FRAME_SHAPE");
}

static void
a_request_of_a_later_version_is_refused_and_the_next_is_answered(void **state)
{
    struct bed *b = *state;
    static const uint8_t later[] = {5, 0, 0, 0, 0x08, 5, 0x82, 0x7d, 0};
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_send_bytes(b, fd, span_of(later, sizeof later));
    a = bed_receive(b, fd);
    assert_int_equal(a->token, 5);
    assert_string_equal(a->error_name, "FRAME_SHAPE");
    bed_answer_free(a);
    bed_answer_free(bed_ask(b, fd, &r));
    close(fd);
}

static void
the_largest_request_is_taken(void **state)
{
    struct bed *b = *state;
    uint8_t *bytes = calloc(1, 4 + LIMIT_API_BYTES);
    size_t n = LIMIT_API_BYTES;
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    /* A token, then one unknown field that takes the rest. */
    bytes[2] = (uint8_t)(n >> 16);
    bytes[4] = 0x08;
    bytes[5] = 9;
    bytes[6] = 0x82; /* of field 2000 */
    bytes[7] = 0x7d;
    n -= 7;
    bytes[8] = (uint8_t)(n | 0x80);
    bytes[9] = (uint8_t)(n >> 7 | 0x80);
    bytes[10] = (uint8_t)(n >> 14);
    bed_send_bytes(b, fd, span_of(bytes, 4 + LIMIT_API_BYTES));
    a = bed_receive(b, fd);
    assert_non_null(a);
    assert_int_equal(a->token, 9);
    bed_answer_free(a);
    free(bytes);
    close(fd);
}

/* Requests whose answers nobody reads are not answered ahead: only one answer waits here. */
static void
a_slow_reader_gets_no_further_than_one_answer(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__LogRequest log = PARALLAX__V1__LOG_REQUEST__INIT;
    struct node_log_status status;
    int fd = bed_connect(b), got = 0;
    unsigned before;
    Parallax__V1__Answer *a;

    for (unsigned i = 0; i < 200; i++)
        bed_publish_orbit(b, fd, 1000 + i, 1, REAL);
    before = b->publishes;
    for (size_t i = 0; i < node_logs_count(b->node); i++) {
        node_log_status(b->node, i, &status);
        if (status.row->size > 100)
            log.log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)status.row->id};
    }
    log.count = 200;
    r.what_case = PARALLAX__V1__REQUEST__WHAT_LOG;
    r.log = &log;
    for (unsigned i = 0; i < 40; i++)
        bed_send(b, fd, &r);
    bed_send_orbit(b, fd, 4711, 2000, 1, REAL);
    for (unsigned i = 0; i < 100; i++)
        bed_turn(b);
    assert_int_equal(b->publishes, before); /* the socket is full long before */
    assert_int_equal(api_timeout_ms(b->api), -1);
    while ((a = bed_receive(b, fd)) != NULL) {
        bool last = a->token == 4711;

        assert_string_equal(a->error, "");
        assert_true(last || a->log->n_rows == 200);
        bed_answer_free(a);
        got++;
        if (last)
            break;
    }
    assert_int_equal(got, 41);
    assert_int_equal(b->publishes, before + 1);
    close(fd);
}

static void
one_connection_too_many_is_closed_and_makes_room_when_another_leaves(void **state)
{
    struct bed *b = *state;
    int fd[LIMIT_API_CLIENT_COUNT], over;

    for (size_t i = 0; i < LIMIT_API_CLIENT_COUNT; i++) {
        fd[i] = bed_connect(b);
        bed_turn(b);
    }
    over = bed_connect(b);
    assert_true(bed_is_closed(b, over));
    close(over);
    for (size_t i = 0; i < LIMIT_API_CLIENT_COUNT; i++)
        assert_false(bed_is_closed(b, fd[i]));
    close(fd[0]);
    bed_turn(b);
    assert_alive(b);
    for (size_t i = 1; i < LIMIT_API_CLIENT_COUNT; i++)
        close(fd[i]);
    bed_turn(b);
    assert_alive(b);
}

static void
one_client_that_asks_without_end_does_not_starve_another(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request r = status_request(&s);
    static const uint8_t one[] = {2, 0, 0, 0, 0x12, 0}; /* status */
    static uint8_t many[60000];
    int greedy = bed_connect(b), fd = bed_connect(b);

    for (size_t i = 0; i < sizeof many; i += 6)
        memcpy(many + i, one, 6);
    assert_true(send(greedy, many, sizeof many, MSG_NOSIGNAL) > 6000);
    bed_turn(b); /* accepts */
    bed_turn(b);
    r.token = 55;
    bed_send(b, fd, &r);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(api_timeout_ms(b->api), 0); /* there is always more of the greedy one */
        bed_turn(b);
        while (recv(greedy, many, sizeof many, 0) > 0)
            ;
    }
    assert_true(recv(fd, many, sizeof many, 0) > 0);
    close(greedy);
    close(fd);
}

/* Needs root to become somebody else; others see that root's rule cannot be shown here. */
static void
another_user_is_not_served(void **state)
{
    struct bed *b = *state;
    int status = 0;
    pid_t child;

    if (geteuid() != 0) {
        skip();
        return;
    }
    assert_int_equal(chmod(b->dir, 0711), 0);
    assert_int_equal(chmod(b->path, 0666), 0);
    child = fork();
    if (child == 0) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        uint8_t byte;
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", b->path);
        if (setuid(65534) != 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
            _exit(2);
        _exit(read(fd, &byte, 1) == 0 ? 0 : 1); /* waits for the server to close */
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct pollfd fds[BED_FDS];
        size_t n = api_pollfds(b->api, fds, BED_FDS);

        assert_true(poll(fds, n, 20) >= 0);
        api_poll(b->api, fds, n);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_alive(b);
}

static void
what_the_plug_role_says_is_kept_for_the_status(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request ask = status_request(&s), tell = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PluginsRequest all = PARALLAX__V1__PLUGINS_REQUEST__INIT;
    Parallax__V1__PluginStatus one = PARALLAX__V1__PLUGIN_STATUS__INIT, *list[LIMIT_PLUGIN_COUNT + 1];
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    one.name = (char *)(uintptr_t) "watch";
    one.state = (char *)(uintptr_t) "running";
    one.cursor = 7;
    for (size_t i = 0; i <= LIMIT_PLUGIN_COUNT; i++)
        list[i] = &one;
    all.plugins = list;
    tell.what_case = PARALLAX__V1__REQUEST__WHAT_PLUGINS;
    tell.plugins = &all;
    for (all.n_plugins = 1; all.n_plugins <= LIMIT_PLUGIN_COUNT + 1; all.n_plugins += LIMIT_PLUGIN_COUNT) {
        a = bed_ask(b, fd, &tell);
        assert_string_equal(a->error_name, all.n_plugins == 1 ? "" : "LIMIT");
        bed_answer_free(a);
        a = bed_ask(b, fd, &ask); /* a refused report leaves the one before */
        assert_int_equal(a->status->n_plugins, 1);
        assert_string_equal(a->status->plugins[0]->name, "watch");
        assert_int_equal(a->status->plugins[0]->cursor, 7);
        assert_int_equal(a->status->plugins[0]->reported_ms, BED_WALL_MS);
        bed_answer_free(a);
    }
    all.n_plugins = 0;
    bed_answer_free(bed_ask(b, fd, &tell));
    a = bed_ask(b, fd, &ask);
    assert_int_equal(a->status->n_plugins, 0);
    bed_answer_free(a);
    close(fd);
}

static void
what_the_feed_role_says_is_kept_for_the_status(void **state)
{
    struct bed *b = *state;
    Parallax__V1__StatusRequest s;
    Parallax__V1__Request ask = status_request(&s), tell = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__FeedsRequest all = PARALLAX__V1__FEEDS_REQUEST__INIT;
    Parallax__V1__FeedStatus one = PARALLAX__V1__FEED_STATUS__INIT, *list[] = {&one};
    char longer[LIMIT_FEED_REPORT_BYTES + 1];
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    one.subscribers = 3;
    all.feeds = list;
    all.n_feeds = 1;
    tell.what_case = PARALLAX__V1__REQUEST__WHAT_FEEDS;
    tell.feeds = &all;
    for (int i = 0; i < 2; i++) {
        one.endpoint = i == 0 ? (char *)(uintptr_t) "run/feed.sock" : longer;
        a = bed_ask(b, fd, &tell);
        assert_string_equal(a->error_name, i == 0 ? "" : "LIMIT");
        bed_answer_free(a);
        a = bed_ask(b, fd, &ask); /* a refused report leaves the one before */
        assert_int_equal(a->status->n_feeds, 1);
        assert_string_equal(a->status->feeds[0]->endpoint, "run/feed.sock");
        assert_int_equal(a->status->feeds[0]->subscribers, 3);
        assert_int_equal(a->status->feeds[0]->reported_ms, BED_WALL_MS);
        bed_answer_free(a);
    }
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(status_names_the_node_its_logs_and_its_counts),
        TEST(status_says_that_the_picture_is_being_made_and_how_far_it_is),
        TEST(what_the_plug_role_says_is_kept_for_the_status),
        TEST(what_the_feed_role_says_is_kept_for_the_status),
        TEST(a_refused_publication_is_answered_and_counted),
        TEST(several_publishes_in_flight_are_answered_in_the_order_of_requests),
        TEST(no_more_publishes_than_stated_are_in_flight),
        TEST(a_client_that_left_is_forgotten_with_its_publishes),
        TEST(a_client_that_sends_no_more_still_gets_its_answers),
        TEST(a_request_may_come_byte_by_byte),
        TEST(bytes_that_are_no_request_are_refused),
        TEST(a_request_of_a_later_version_is_refused_and_the_next_is_answered),
        TEST(the_largest_request_is_taken),
        TEST(a_slow_reader_gets_no_further_than_one_answer),
        TEST(one_connection_too_many_is_closed_and_makes_room_when_another_leaves),
        TEST(one_client_that_asks_without_end_does_not_starve_another),
        TEST(another_user_is_not_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
