/* Each role is confined in a child of its own, in a node's directory made for it, and tries what it may not. */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char directory[100];

static bool
opens(const char *path, int flags)
{
    int fd = open(path, flags, 0600);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool
makes_socket(int family, int type)
{
    int fd = socket(family, type, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool
has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

/* What a role can do, one digit each. */
struct power {
    bool inet, unix_socket, writes_here, reads_signing_key, reads_transport_key, reads_etc, reads_elsewhere;
    bool executes, kills, forks;
};

static void
try(struct power *p, bool starts)
{
    char *argv[] = {(char *)(uintptr_t) "true", NULL};
    long child;

    p->inet = makes_socket(AF_INET, SOCK_STREAM);
    p->unix_socket = makes_socket(AF_UNIX, SOCK_STREAM);
    p->writes_here = opens("new", O_WRONLY | O_CREAT);
    p->reads_signing_key = opens("keys/log.key", O_RDONLY);
    p->reads_transport_key = opens("keys/transport.key", O_RDONLY);
    p->reads_etc = opens("/etc/hosts", O_RDONLY);
    p->reads_elsewhere = opens("../sandbox-elsewhere", O_RDONLY);
    p->kills = kill(getppid(), 0) == 0;
    child = syscall(SYS_fork);
    if (child == 0)
        _exit(0);
    p->forks = child > 0;
    p->executes = starts;
    if (!starts)
        p->executes = execv("/bin/true", argv) == 0; /* where it may, nothing is told: that fails the test */
}

/* The powers of ${role}, told through a pipe. */
static struct power
powers(const char *role)
{
    static struct conf conf;
    struct power p = {.executes = true};
    int pair[2], status;
    pid_t child;

    strcpy(conf.keys, "keys");
    strcpy(conf.plugins, "plugins");
    assert_int_equal(pipe(pair), 0);
    child = fork();
    if (child == 0) {
        if (chdir(directory) != 0 || sandbox_enter(role, &conf) != 0)
            _exit(1);
        try(&p, strncmp(role, "plug", 4) == 0);
        _exit(write(pair[1], &p, sizeof p) == (ssize_t)sizeof p ? 0 : 2);
    }
    close(pair[1]);
    assert_int_equal(read(pair[0], &p, sizeof p), sizeof p);
    close(pair[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return p;
}

static int
make_directory(void **state)
{
    char path[160];

    snprintf(directory, sizeof directory, "/tmp/sandbox-test-%d", getpid());
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(path, sizeof path, "%s/keys", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/keys/log.key", directory);
    assert_int_equal(file_create(path, span_str("secret"), 0600), 0);
    snprintf(path, sizeof path, "%s/keys/transport.key", directory);
    assert_int_equal(file_create(path, span_str("secret"), 0600), 0);
    assert_int_equal(file_write("/tmp/sandbox-elsewhere", span_str("theirs"), 0600), 0);
    return 0;
}

static int
remove_directory(void **state)
{
    static const char *const files[] = {"keys/log.key", "keys/transport.key", "new"};
    char path[160];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/keys", directory);
    rmdir(path);
    rmdir(directory);
    unlink("/tmp/sandbox-elsewhere");
    return 0;
}

static void
the_gate_has_the_network_and_one_key(void **state)
{
    struct power p = powers("gate");

    assert_true(p.inet && p.reads_etc && p.reads_transport_key);
    assert_false(p.unix_socket);
    if (has_landlock())
        assert_false(p.reads_signing_key || p.writes_here || p.reads_elsewhere);
}

static void
the_signer_has_no_sockets(void **state)
{
    struct power p = powers("sign");

    assert_true(p.writes_here && p.reads_signing_key);
    assert_false(p.inet || p.unix_socket);
    if (has_landlock())
        assert_false(p.reads_elsewhere);
}

static void
the_core_has_local_sockets_only(void **state)
{
    struct power p = powers("core");

    assert_true(p.writes_here && p.unix_socket);
    assert_false(p.inet);
    if (has_landlock())
        assert_false(p.reads_elsewhere);
}

static void
the_watch_has_local_sockets_and_no_key_and_no_store(void **state)
{
    struct power p = powers("watch");

    assert_true(p.unix_socket && p.reads_etc);
    assert_false(p.inet);
    if (has_landlock())
        assert_false(p.reads_signing_key || p.reads_transport_key || p.writes_here || p.reads_elsewhere);
}

static void
the_feed_has_local_sockets_and_no_file_of_the_node(void **state)
{
    struct power p = powers("feed");

    assert_true(p.unix_socket && p.reads_etc);
    assert_false(p.inet);
    if (has_landlock())
        assert_false(p.reads_signing_key || p.reads_transport_key || p.writes_here || p.reads_elsewhere);
}

static void
no_role_starts_or_kills_programs(void **state)
{
    static const char *const roles[] = {"sign", "core", "gate", "watch", "feed"};

    for (size_t i = 0; i < 5; i++) {
        struct power p = powers(roles[i]);

        assert_false(p.executes || p.kills || p.forks);
    }
}

static void
the_plug_role_starts_programs_and_has_no_keys_and_no_files_of_the_node(void **state)
{
    struct power p = powers("plug"), q = powers("plug-network");

    assert_true(p.unix_socket && p.kills && p.forks && q.unix_socket);
    assert_false(p.inet);
    assert_true(q.inet);
    if (has_landlock())
        assert_false(p.writes_here || p.reads_signing_key || p.reads_transport_key || p.reads_elsewhere);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gate_has_the_network_and_one_key),
        cmocka_unit_test(the_signer_has_no_sockets),
        cmocka_unit_test(the_core_has_local_sockets_only),
        cmocka_unit_test(the_watch_has_local_sockets_and_no_key_and_no_store),
        cmocka_unit_test(the_feed_has_local_sockets_and_no_file_of_the_node),
        cmocka_unit_test(no_role_starts_or_kills_programs),
        cmocka_unit_test(the_plug_role_starts_programs_and_has_no_keys_and_no_files_of_the_node),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
