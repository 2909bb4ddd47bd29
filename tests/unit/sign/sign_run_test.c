/* The real loop in a child process, killed and started again as the supervisor would do it. */
#include "sign/sign_run.h"
#include "sign/signer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypt/hash.h"
#include "role.pb-c.h"

#define LINE "f/nn-one/aa000000000000000000000000000000"

static const uint8_t LOG_ID[16] = {0xaa};
static struct secret *log_key, *witness_key;
static char db[100], sock[108];
static int listen_fd;
static pid_t child;

static int
answer(void *server, struct span request, struct buf *out)
{
    return signer_answer(server, request, out);
}

static int
commit(void *server)
{
    return signer_commit(server);
}

static void
start(void)
{
    child = fork();
    if (child == 0) {
        char error[200];
        struct sign_args args = {
            .listen_fd = listen_fd, .ready_fd = -1, .stop_fd = -1, .answer = answer, .commit = commit};

        args.server = signer_open(db, "nn-one", log_key, witness_key, error);
        _exit(args.server == NULL || sign_run(&args) != 0);
    }
}

static void
finish(void)
{
    int status;

    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status)); /* it had not ended by itself */
}

static int
begin(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(db, sizeof db, "/tmp/sign-run-%d.db", getpid());
    snprintf(sock, sizeof sock, "/tmp/sign-run-%d.sock", getpid());
    memcpy(address.sun_path, sock, strlen(sock));
    listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listen_fd, 4), 0);
    start();
    return 0;
}

static int
end(void **state)
{
    char name[120];

    finish();
    close(listen_fd);
    unlink(sock);
    unlink(db);
    snprintf(name, sizeof name, "%s-wal", db);
    unlink(name);
    return 0;
}

static int
call(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, sock, strlen(sock));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void
put(int fd, uint64_t token, uint64_t old_size, unsigned n)
{
    Parallax__Role__SignRequest r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Append a = PARALLAX__ROLE__SIGN_REQUEST__APPEND__INIT;
    uint8_t leaves[32 * 8] = {0}, bytes[2000];
    size_t size;

    for (unsigned i = 0; i < n; i++)
        leaves[32 * i] = (uint8_t)(old_size + i);
    a.log = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)LOG_ID};
    a.origin_line = (char *)(uintptr_t)LINE;
    a.old_size = old_size;
    a.leaves = (ProtobufCBinaryData){32u * n, leaves};
    r.token = token;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND;
    r.append = &a;
    size = parallax__role__sign_request__pack(&r, bytes + 4);
    bytes[0] = (uint8_t)size;
    bytes[1] = (uint8_t)(size >> 8);
    bytes[2] = bytes[3] = 0;
    assert_int_equal(write(fd, bytes, size + 4), size + 4);
}

static void
get_bytes(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, p, n);

        assert_true(got > 0);
        p += got;
        n -= (size_t)got;
    }
}

static Parallax__Role__SignAnswer *
get(int fd)
{
    static uint8_t bytes[1 << 20];
    uint8_t head[4];
    size_t n;
    Parallax__Role__SignAnswer *a;

    get_bytes(fd, head, 4);
    n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
    assert_true(n <= sizeof bytes);
    get_bytes(fd, bytes, n);
    a = parallax__role__sign_answer__unpack(NULL, n, bytes);
    assert_non_null(a);
    return a;
}

static void
many_requests_at_once_are_answered_in_order(void **state)
{
    int fd = call();

    for (uint64_t i = 0; i < 200; i++)
        put(fd, i + 1, i, 1);
    for (uint64_t i = 0; i < 200; i++) {
        Parallax__Role__SignAnswer *a = get(fd);

        assert_int_equal(a->token, i + 1);
        assert_true(a->ok);
        assert_int_equal(a->size, i + 1);
        parallax__role__sign_answer__free_unpacked(a, NULL);
    }
    close(fd);
}

static void
a_killed_signer_goes_on_where_it_was(void **state)
{
    int fd = call();
    Parallax__Role__SignAnswer *first, *again;
    uint8_t c;

    put(fd, 1, 0, 3);
    first = get(fd);
    assert_true(first->ok);
    for (int round = 0; round < 5; round++) { /* killed at any moment while it works */
        put(fd, 2, 3, 4);
        finish();
        while (read(fd, &c, 1) > 0)
            ;
        close(fd);
        start();
        fd = call(); /* the listening socket outlives it */
        put(fd, 3, 3, 4);
        again = get(fd);
        assert_true(again->ok);
        assert_int_equal(again->size, 7);
        if (round > 0)
            assert_memory_equal(again->signature.data, first->signature.data, 64);
        parallax__role__sign_answer__free_unpacked(first, NULL);
        first = again;
    }
    parallax__role__sign_answer__free_unpacked(first, NULL);
    close(fd);
}

static void
nonsense_costs_its_connection_only(void **state)
{
    int fd = call(), next;
    uint8_t c;
    Parallax__Role__SignAnswer *a;

    assert_int_equal(write(fd, "\xff\xff\xff\xff????", 8), 8);
    assert_int_equal(read(fd, &c, 1), 0);
    close(fd);
    fd = call();
    assert_int_equal(write(fd, "\3\0\0\0\xff\xff\xff", 7), 7);
    a = get(fd);
    assert_false(a->ok);
    parallax__role__sign_answer__free_unpacked(a, NULL);
    next = call(); /* a newer core replaces the older one */
    put(next, 9, 0, 1);
    a = get(next);
    assert_true(a->ok);
    parallax__role__sign_answer__free_unpacked(a, NULL);
    assert_int_equal(read(fd, &c, 1), 0);
    close(fd);
    close(next);
}

#define RUN_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_TEST(many_requests_at_once_are_answered_in_order),
        RUN_TEST(a_killed_signer_goes_on_where_it_was),
        RUN_TEST(nonsense_costs_its_connection_only),
    };
    int failed;

    secret_start();
    signal(SIGPIPE, SIG_IGN);
    log_key = secret_new_random();
    witness_key = secret_new_random();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_free(log_key);
    secret_free(witness_key);
    return failed;
}
